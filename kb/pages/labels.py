"""What people read for the words of the shelf, and the values its pages show."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.clock import today
from callcenter.people.labels import day, moment
from callcenter.people.staff import Staff
from kb.articles.approval import sees_drafts
from kb.articles.article import Article, State
from kb.articles.revision import ArticleRevision
from kb.finding.shelf import Findings, Found
from kb.upkeep.care import ArticleComment, ArticleConfirmation

MOST_PAIRS = 500_000
"""Equal pieces are compared pair by pair; twenty thousand empty lines on both sides took three minutes."""

FIELDS = {
    "question": _l("質問"),
    "answer": _l("回答"),
    "read_aloud": _l("読み上げる回答"),
    "easy": _l("やさしい日本語"),
    "say": _l("言うこと"),
    "escalate_when": _l("引き継ぐとき"),
}
SHELVES = {
    "told": _l("案内できるもの"),
    "doubtful": _l("要確認"),
    "drafts": _l("承認待ち"),
    "archived": _l("保管"),
    "all": _l("すべて"),
}


def validity(valid_from: date | None, valid_to: date | None) -> str:
    """令和8年4月1日から令和9年3月31日まで; "" for always."""
    if valid_from and valid_to:
        return _("%(first)sから%(last)sまで", first=day(valid_from), last=day(valid_to))
    if valid_from:
        return _("%(first)sから", first=day(valid_from))
    return _("%(last)sまで", last=day(valid_to)) if valid_to else ""


def standing(state: State, row: Any, *, in_doubt: bool = False) -> tuple[str, str]:
    """How a revision (or a listed row) of an article in a state stands, as a word and its tone. `in_doubt`: it is
    told, and must be looked at again."""
    if state is State.ARCHIVED:
        return _("保管"), "quiet"
    if row.needs_ward:
        return _("要区確認"), "ward"
    if row.approved_at is None:
        return _("承認待ち"), "new"
    now = today()
    if (row.valid_from and now < row.valid_from) or (row.valid_to and row.valid_to < now):
        return _("案内期間外"), "wait"
    return (_("要確認"), "late") if in_doubt else (_("案内中"), "done")


def suggestion(found: Found) -> dict[str, Any]:
    """An item of components/suggestions.html."""
    return {
        "number": found.number,
        "question": found.question,
        "marked": found.marked,
        "why": found.why,
        "aloud": found.aloud,
        "answer": found.answer if found.answer != found.aloud else "",
        "revision": str(found.revision_id),
        "version": found.version,
        "category": found.category,
        "doubts": [one.text for one in found.doubts],
    }


def corrections(findings: Findings) -> str:
    """“領収所”を“領収書”として探しました。 What was set right in a question; "" when nothing was."""
    pairs = [_("“%(typed)s”を“%(meant)s”", typed=one.typed, meant=one.meant) for one in findings.corrections]
    return _("%(pairs)sとして探しました。", pairs=_("、").join(pairs)) if pairs else ""


def line_of(field: str, line: int) -> str:
    """回答の3行目; a field of one line by its name alone."""
    if field in ("answer", "easy", "say"):
        return _("%(field)sの%(line)d行目", field=FIELDS[field], line=line)
    return str(FIELDS[field])


def remarked(remarks: Sequence[Mapping[str, Any]]) -> str:
    """What is said of an article's words after it was saved, three at most; "" when nothing stands better otherwise."""
    if not remarks:
        return ""
    pairs = dict.fromkeys((one["written"], one["instead"]) for one in remarks)
    words = [_("「%(written)s」は「%(instead)s」", written=a, instead=b) for a, b in list(pairs)[:3]]
    return _("用語の気づきが%(count)d件あります: %(words)s。", count=len(remarks), words=_("、").join(words))


def revision_row(revision: ArticleRevision, article: Article) -> dict[str, Any]:
    """A line of an article's history."""
    approved = revision.approved_by.name if revision.approved_by else ""
    return {
        "number": revision.number,
        "is_current": revision.number == article.current_number,
        "made_at": moment(revision.made_at),
        "made_by": revision.made_by.name if revision.made_by else _("取込"),
        "approved_at": moment(revision.approved_at),
        "approved_by": approved,
        "paper": revision.approval_paper or "",
        "entered_by": revision.approval_entered_by.name if revision.approval_entered_by else "",
        "is_scheduled": revision.number == article.scheduled_number,
        "needs_ward": revision.needs_ward,
    }


def confirmation_row(row: ArticleConfirmation) -> dict[str, str]:
    """A line of an article's history: the ward looked at it again."""
    return {"by": row.by.name, "at": moment(row.confirmed_at), "paper": row.paper or ""}


def comment_row(row: ArticleComment, reader: Staff) -> dict[str, Any]:
    """A remark as it stands on the page."""
    return {
        "id": row.id,
        "by": row.by.name,
        "at": moment(row.made_at),
        "revision": row.revision,
        "text": row.text,
        "settled": _("%(who)sが%(at)sに済み", who=row.settled_by.name, at=moment(row.settled_at))
        if row.settled_by
        else "",
        "may_settle": row.settled_at is None and (row.by_id == reader.id or sees_drafts(reader)),
    }


def difference(old: str, new: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Two texts cut into parts of components/diff.html: same, gone, come; line by line, then within changed lines."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if _pairs(before, after) > MOST_PAIRS:
        return _replaced(old, new)
    left: list[dict[str, str]] = []
    right: list[dict[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            left.append({"kind": "same", "text": "".join(before[a:b])})
            right.append({"kind": "same", "text": "".join(after[c:d])})
            continue
        gone, come = _characters("".join(before[a:b]), "".join(after[c:d]))
        left += gone
        right += come
    return left, right


def _characters(old: str, new: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    if max(len(old), len(new)) > 2000 or _pairs(old, new) > MOST_PAIRS:
        return _replaced(old, new)
    left, right = [], []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if old[a:b]:
            left.append({"kind": "same" if kind == "equal" else "gone", "text": old[a:b]})
        if new[c:d]:
            right.append({"kind": "same" if kind == "equal" else "come", "text": new[c:d]})
    return left, right


def _replaced(old: str, new: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    return [{"kind": "gone", "text": old}], [{"kind": "come", "text": new}]


def _pairs(left: Sequence[str], right: Sequence[str]) -> int:
    """How many pairs of equal pieces two texts have."""
    known = Counter(right)
    return sum(count * known[piece] for piece, count in Counter(left).items())
