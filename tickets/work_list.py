"""What the FAQ lacks, as its editor sees it: searches in vain, wishes, drafts that wait, answers that do not help.

Figures and their definitions: docs/rules.md#faq-work, docs/rules.md#repeat-calls."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, case, func, literal_column, or_, select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.db import db
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.privacy import vault
from kb.asked import MOST
from kb.dismissals import Dismissal, Matter, dismissed
from kb.doubts import doubts_of
from kb.feedback import Feedback
from kb.linked import standing
from kb.models import Article, ArticleRevision, State
from kb.searches import LEFT_AFTER, FaqSearch, Source, likeness
from kb.shelf import find
from kb.wishes import Wish
from tickets import labels
from tickets.blueprint import address
from tickets.consultations import Consultation, Outcome, ToldArticle
from tickets.models import Ticket, label

SHOWN = 20
TOP = 10
AGAIN_WITHIN_DAYS = 7
QUIET_FOR = timedelta(days=90)
ANSWERED = (Outcome.RESOLVED, Outcome.TO_WARD)

_filed, _told, _caller = Consultation.__table__.c, ToldArticle.__table__.c, Caller.__table__.c
_ticket = Ticket.__table__.c


@dataclass(frozen=True)
class Line:
    """A row of the work list: what, why it stands here, where it comes from, and what can be done."""

    what: str
    why: str
    url: str = ""
    write_url: str = ""
    write_label: str = ""
    matter: Matter | None = None
    about: uuid.UUID | None = None


@dataclass(frozen=True)
class Section:
    """Rows of one kind, at most `SHOWN` of `count`."""

    name: str
    title: str
    hint: str
    count: int
    lines: Sequence[Line] = field(default_factory=list)
    seen: Sequence[uuid.UUID] = field(default_factory=list)


def sections(person: Staff, days: int) -> list[Section]:
    """The whole list, of the last so many days."""
    since = clock.now() - timedelta(days=days)
    return [
        *_searched(person, since),
        _wishes(person),
        _in_doubt(person),
        _links(person),
        _waiting(person),
        _voices(person, since),
        _untold(person, since),
        _repeated(person, since),
        _most_told(person, since),
        _never_told(person),
    ]


# --- searches and wishes -----------------------------------------------------------------------------------


def _searched(person: Staff, since: datetime) -> Iterator[Section]:
    rows = list(db.session.scalars(_in_vain(person, since)))
    vault.prefetch(row.group_id for row in rows)
    nothing = [row for row in rows if not row.found]
    left = [row for row in rows if row.found and row.searched_at < clock.now() - LEFT_AFTER]
    parts = (
        ("unanswered", _("見つからなかった検索"), _("探しても記事が1件も出なかった質問。似た言い方はまとめています。"), nothing),
        ("abandoned", _("役に立たなかった検索"), _("記事は出たのに、15分以内に開きも案内もされなかった質問。"), left),
    )  # fmt: skip
    for name, title, hint, found in parts:
        groups = alike(found)
        yield Section(
            name,
            title,
            hint,
            len(groups),
            [_group(g) for g in groups[:SHOWN]],
            [g[0].id for g in groups[:SHOWN]],
        )


def _in_vain(person: Staff, since: datetime) -> Select[FaqSearch]:
    """Searches that helped nobody, the newest first, at most so many as can be compared."""
    held = select(Dismissal.id).where(Dismissal.id == FaqSearch.dismissal_id, Dismissal.undone_at.is_(None))
    return (
        select(FaqSearch)
        .where(FaqSearch.programme_id.in_(person.programme_ids), FaqSearch.searched_at >= since)
        .where(FaqSearch.article_id.is_(None), FaqSearch.opened_at.is_(None), FaqSearch.told_at.is_(None))
        .where(or_(FaqSearch.dismissal_id.is_(None), ~held.exists()))
        .order_by(FaqSearch.searched_at.desc())
        .limit(MOST)
    )


def alike(rows: Iterable[FaqSearch]) -> list[list[FaqSearch]]:
    """Searches that ask the same together, the most frequent first, within a group the newest first."""
    groups: dict[tuple[uuid.UUID, str], list[FaqSearch]] = {}
    for row in rows:
        groups.setdefault((row.programme_id, likeness(row.text)), []).append(row)
    return sorted(groups.values(), key=lambda group: (-len(group), -group[0].searched_at.timestamp()))


def alike_in_vain(person: Staff, row: FaqSearch) -> list[FaqSearch]:
    """This search and all open ones that ask the same."""
    key = likeness(row.text)
    open_ones = db.session.scalars(_in_vain(person, clock.now() - QUIET_FOR))
    return [
        one for one in open_ones if one.programme_id == row.programme_id and likeness(one.text) == key
    ] or [row]


def _group(rows: Sequence[FaqSearch]) -> Line:
    newest = rows[0]
    public = sum(row.source is Source.PUBLIC for row in rows)
    why = [_("%(count)d回、最後は%(at)s", count=len(rows), at=labels.when(newest.searched_at).text)]
    if public:
        why.append(_("うち公開サイト %(count)d回", count=public))
    if newest.found:
        why.append(_("記事は%(found)d件出た", found=newest.found))
    return Line(
        what=_("「%(words)s」", words=_short(newest.text)),
        why="、".join(why),
        write_url=url_for("kb.new_article", origin=f"search-{newest.id}"),
        matter=Matter.SEARCH,
        about=newest.id,
    )


def _wishes(person: Staff) -> Section:
    query = (
        select(Wish)
        .where(Wish.programme_id.in_(person.programme_ids), Wish.article_id.is_(None))
        .where(~dismissed(Matter.WISH, Wish.__table__.c.id))
        .options(joinedload(Wish.staff))
        .order_by(Wish.wished_at)
    )
    rows = list(db.session.scalars(query))
    lines = [
        Line(
            what=_("「%(words)s」", words=_short(row.text)),
            why="　".join(
                filter(None, [_("%(who)sが%(at)sに依頼", who=row.staff.display_name, at=labels.when(row.wished_at).text), row.note or ""])
            ),
            write_url=url_for("kb.new_article", origin=f"wish-{row.id}"),
            matter=Matter.WISH,
            about=row.id,
        )
        for row in rows[:SHOWN]
    ]  # fmt: skip
    hint = _("相談を受ける人が、記事を書いてほしいと頼んだ質問。古い順。")
    return Section("wishes", _("記事の依頼"), hint, len(rows), lines, [row.id for row in rows[:SHOWN]])


# --- articles ----------------------------------------------------------------------------------------------


def _in_doubt(person: Staff) -> Section:
    """要確認: approved answers that must be looked at again (docs/rules.md#doubts)."""
    reasons = {
        revision_id: found
        for programme_id in person.programme_ids
        for revision_id, found in doubts_of(programme_id, clock.today()).items()
    }
    query = (
        select(ArticleRevision.id.label("revision_id"), Article.id, Article.number, ArticleRevision.question)
        .join(Article, Article.id == ArticleRevision.article_id)
        .where(ArticleRevision.id.in_(reasons))
        .order_by(Article.number)
    )
    rows = sorted(
        db.session.execute(query), key=lambda row: min(one.since for one in reasons[row.revision_id])
    )
    lines = [
        replace(
            _article_line(row, " ".join(one.text for one in reasons[row.revision_id])),
            write_url=url_for("kb.edit_article", article_id=row.id),
        )
        for row in rows[:SHOWN]
    ]
    hint = _("規則が変わった、見直しの期日を過ぎた、年度が替わった記事。直すか、区が確かめるまで残ります。")
    return Section("doubts", _("要確認の記事"), hint, len(rows), lines)


def _links(person: Staff) -> Section:
    """Links that lead nowhere, and external ones that nobody has opened for 90 days."""
    found = [
        one
        for programme_id in person.programme_ids
        for linked in (standing(programme_id),)
        for one in (*linked.broken, *linked.refused, *linked.unconfirmed)
    ]
    lines = [
        Line(
            what=one.link.words or one.link.address,
            why="、".join(
                [
                    one.reason or _("90日以内に確かめた人がいません"),
                    *(label for label, _question in one.articles.values()),
                ]
            ),
            url=url_for("kb.article", article_id=next(iter(one.articles))),
        )
        for one in found[:SHOWN]
    ]
    hint = _("記事の中のリンクで、開けないもの、長く確かめていないもの。「リンク」の画面で確かめます。")
    return Section("links", _("確かめるリンク"), hint, len(found), lines)


def _waiting(person: Staff) -> Section:
    """Drafts that wait for the ward's word, the longest waiting first."""
    query = (
        select(Article.id, Article.number, ArticleRevision.number.label("version"), ArticleRevision.question, ArticleRevision.made_at, ArticleRevision.needs_ward)
        .join(ArticleRevision, (ArticleRevision.article_id == Article.id) & (ArticleRevision.number == Article.latest_number))
        .where(Article.programme_id.in_(person.programme_ids), Article.state != State.ARCHIVED)
        .where(ArticleRevision.approved_at.is_(None))
        .order_by(ArticleRevision.made_at)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    lines = []
    for row in rows[:SHOWN]:
        days = (clock.now() - row.made_at).days
        why = _("第%(version)d版を%(days)d日待っています", version=row.version, days=days)
        if row.needs_ward:
            why += _("。要区確認")
        url = url_for("kb.revision", article_id=row.id, number=row.version)
        lines.append(Line(what=f"F-{row.number} {row.question}", why=why, url=url))
    hint = _("保存されたまま、区の承認を待っている版。長く待っている順。")
    return Section("waiting", _("区の承認待ち"), hint, len(rows), lines)


def _voices(person: Staff, since: datetime) -> Section:
    """解決しなかった: what visitors of the public site say, article by article, the most often first."""
    told = (Feedback.is_solved.is_(False), Feedback.done_at.is_(None), Feedback.at >= since)
    times = (
        select(Feedback.article_id, func.count().label("times"))
        .where(*told)
        .group_by(Feedback.article_id)
        .subquery()
    )
    query = (
        _articles(select(Article.id, Article.number, ArticleRevision.question, times.c.times), person)
        .join(times, times.c.article_id == Article.id)
        .order_by(times.c.times.desc(), Article.number)
    )
    rows = db.session.execute(query).all()
    words = select(Feedback).where(*told, Feedback.article_id.in_([row.id for row in rows[:SHOWN]]))
    newest: dict[uuid.UUID, Feedback] = {}
    for one in db.session.scalars(words.order_by(Feedback.at)):
        if one.text:
            newest[one.article_id] = one
    lines = []
    for row in rows[:SHOWN]:
        why = _("%(count)d人が「解決しなかった」", count=row.times)
        if said := newest.get(row.id):
            why += _("。最後の声「%(words)s」", words=_short(said.text or ""))
        lines.append(
            replace(
                _article_line(row, why),
                url=url_for("kb.feedback"),
                write_url=url_for("kb.edit_article", article_id=row.id),
            )
        )
    hint = _("公開サイトで解決しなかったと答えた人がいる記事。「お声」の画面で対応済みにすると消えます。")
    return Section(
        "voices", _("公開サイトで解決しなかった"), hint, len(rows), lines, [one.id for one in newest.values()]
    )


def _most_told(person: Staff, since: datetime) -> Section:
    counted = _counted(since)
    query = (
        _articles(select(Article.id, Article.number, ArticleRevision.question, counted.c.times), person)
        .join(counted, counted.c.article_id == Article.id)
        .order_by(counted.c.times.desc(), Article.number)
    )
    rows = db.session.execute(query).all()
    lines = [_article_line(row, _("%(count)d回案内", count=row.times)) for row in rows[:TOP]]
    hint = _("この期間によく案内された記事。読み上げる回答がよいか、見直すときの順番に。")
    return Section("most_told", _("よく案内された記事"), hint, len(rows), lines)


def _counted(since: datetime) -> Any:
    """How often each article was told since a moment."""
    return (
        select(ArticleRevision.article_id, func.count().label("times"))
        .join(ToldArticle.__table__, _told.revision_id == ArticleRevision.id)
        .where(_told.told_at >= since)
        .group_by(ArticleRevision.article_id)
        .subquery()
    )


def _never_told(person: Staff) -> Section:
    """Articles that could be told for 90 days and never were."""
    since = clock.now() - QUIET_FOR
    told = (
        select(_told.id)
        .join(ArticleRevision, ArticleRevision.id == _told.revision_id)
        .where(ArticleRevision.article_id == Article.id, _told.told_at >= since)
        .correlate(Article)
        .exists()
    )
    query = (
        _articles(
            select(Article.id, Article.number, ArticleRevision.question, ArticleRevision.approved_at), person
        )
        .where(ArticleRevision.approved_at < since, ~told)
        .where(~dismissed(Matter.NEVER_TOLD, Article.__table__.c.id))
        .order_by(ArticleRevision.approved_at, Article.number)
    )
    rows = db.session.execute(query).all()
    lines = [
        _article_line(
            row,
            _("%(at)sに承認されてから案内がない", at=labels.when(row.approved_at).text),
            Matter.NEVER_TOLD,
        )
        for row in rows[:SHOWN]
    ]
    hint = _("90日以上公開していて、90日のあいだ一度も案内されなかった記事。")
    return Section("never_told", _("案内されない記事"), hint, len(rows), lines)


def _repeated(person: Staff, since: datetime) -> Section:
    """Articles after which the same caller was there again within seven days (docs/rules.md#repeat-calls)."""
    contacts = _next_contacts(person, since)
    again = case((_within_days(contacts.c.started_at, contacts.c.next_at), 1), else_=0)
    figures = (
        select(
            ArticleRevision.article_id,
            func.count().label("times"),
            func.sum(again).label("again"),
        )
        .join(ToldArticle.__table__, _told.revision_id == ArticleRevision.id)
        .join(contacts, contacts.c.id == _told.consultation_id)
        .group_by(ArticleRevision.article_id)
        .subquery()
    )
    query = (
        _articles(
            select(Article.id, Article.number, ArticleRevision.question, figures.c.times, figures.c.again),
            person,
        )
        .join(figures, figures.c.article_id == Article.id)
        .where(figures.c.again > 0, ~dismissed(Matter.REPEATED, Article.__table__.c.id))
        .order_by(figures.c.again.desc(), figures.c.times, Article.number)
    )
    rows = db.session.execute(query).all()
    lines = [
        _article_line(
            row,
            _(
                "%(again)d件 / 案内した%(times)d件（%(share)d%%）",
                again=row.again,
                times=row.times,
                share=round(100 * row.again / row.times),
            ),
            Matter.REPEATED,
        )
        for row in rows[:SHOWN]
    ]
    hint = _("案内したあと7日以内に、同じ相談者からまた相談があった記事。匿名の相談は数えません。")
    return Section("repeated", _("案内のあとに再び相談"), hint, len(rows), lines)


def _next_contacts(person: Staff, since: datetime) -> Any:
    """Each consultation of a known caller since a moment, with when the next one of the same caller began. Callers who
    were merged are one."""
    who = func.coalesce(_caller.merged_into_id, _caller.id)
    following = func.lead(_filed.started_at).over(partition_by=who, order_by=(_filed.started_at, _filed.id))
    return (
        select(_filed.id, _filed.started_at, following.label("next_at"))
        .join(Caller.__table__, _caller.id == _filed.caller_id)
        .where(_filed.period_id.in_(person.period_ids), _filed.received_at >= since)
        .subquery()
    )


def _within_days(first: ColumnElement[Any], then: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one moment is at most seven times 24 hours after another, in the words of either database."""
    if db.engine.dialect.name == "postgresql":
        return then <= first + literal_column(f"INTERVAL '{AGAIN_WITHIN_DAYS} days'")
    return func.julianday(then) - func.julianday(first) <= AGAIN_WITHIN_DAYS


def _articles(query: Any, person: Staff) -> Any:
    """Articles that may be told, in the version that is right now."""
    return query.join(
        ArticleRevision,
        (ArticleRevision.article_id == Article.id) & (ArticleRevision.number == Article.current_number),
    ).where(Article.programme_id.in_(person.programme_ids), Article.state == State.PUBLISHED)


def _article_line(row: Any, why: str, matter: Matter | None = None) -> Line:
    return Line(
        what=f"F-{row.number} {row.question}",
        why=why,
        url=url_for("kb.article", article_id=row.id),
        write_url=url_for("kb.edit_article", article_id=row.id) if matter else "",
        write_label=_("新しい版を書く"),
        matter=matter,
        about=row.id,
    )


# --- consultations that were answered without the FAQ ------------------------------------------------------


def _untold(person: Staff, since: datetime) -> Section:
    """完結 and 区へ without an article that was told: whether one would have been there, or one is missing."""
    told = select(_told.id).where(_told.consultation_id == _filed.id).exists()
    about = (
        _filed.period_id.in_(person.period_ids),
        _filed.received_at >= since,
        _filed.outcome.in_(ANSWERED),
        ~told,
        _ticket.import_id.is_(None),
        ~dismissed(Matter.UNTOLD, _filed.id),
    )
    joined = Consultation.__table__.join(Ticket.__table__, _ticket.id == _filed.ticket_id)
    count = db.session.scalar(select(func.count()).select_from(joined).where(*about)) or 0
    query = (
        select(_filed.id, _filed.group_id, _filed.content, _filed.outcome, _filed.received_at, _ticket.number, _ticket.programme_id)
        .select_from(joined)
        .where(*about)
        .order_by(_filed.received_at.desc())
        .limit(SHOWN)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    vault.prefetch(row.group_id for row in rows)
    hint = _("「完結」か「区へ」で終わり、FAQを案内した記録がない相談。候補がなければ記事が足りません。")
    lines = [_untold_line(row, person) for row in rows]
    return Section("untold", _("FAQを使わずに答えた相談"), hint, count, lines, [row.id for row in rows])


def _untold_line(row: Any, person: Staff) -> Line:
    text = vault.open_value(Consultation.content, Consultation, row.id, row.group_id, row.content) or ""
    found = find(text, [row.programme_id], limit=1)
    near = _("近い記事 %(number)s", number=found[0].number) if found else _("近い記事なし")
    return Line(
        what=f"{label(row.number)} {_short(text)}",
        why="、".join([str(labels.OUTCOMES[row.outcome]), labels.when(row.received_at).text, near]),
        url=f"{address(row.number, row.programme_id, person)}#consultation-{row.id.hex}",
        write_url=url_for("kb.new_article", origin=f"consultation-{row.id}"),
        matter=Matter.UNTOLD,
        about=row.id,
    )


TITLES = {
    Matter.SEARCH: _l("検索"),
    Matter.WISH: _l("記事の依頼"),
    Matter.NEVER_TOLD: _l("案内されない記事"),
    Matter.REPEATED: _l("案内のあとに再び相談"),
    Matter.UNTOLD: _l("FAQを使わずに答えた相談"),
}


def left_undone(person: Staff, limit: int = SHOWN) -> list[Dismissal]:
    """What was left with a reason, the newest first."""
    query = (
        select(Dismissal)
        .where(Dismissal.programme_id.in_(person.programme_ids), Dismissal.undone_at.is_(None))
        .options(joinedload(Dismissal.by))
        .order_by(Dismissal.at.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _short(text: str, longest: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
