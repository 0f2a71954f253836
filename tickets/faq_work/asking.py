"""What was searched and asked for in vain. Figures: docs/rules.md#faq-work."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.privacy import vault
from kb.finding.asked import MOST
from kb.finding.dismissals import Dismissal, Matter, dismissed
from kb.finding.searches import LEFT_AFTER, FaqSearch, Source, likeness
from kb.finding.wishes import Wish
from tickets.faq_work.rows import SHOWN, Line, Section, short
from tickets.signs import labels

LOOKED_BACK = timedelta(days=90)


def searched(person: Staff, since: datetime) -> Iterator[Section]:
    """Searches in vain since a moment: those that found nothing, and those that were left."""
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
    open_ones = db.session.scalars(_in_vain(person, clock.now() - LOOKED_BACK))
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
        what=_("「%(words)s」", words=short(newest.text)),
        why="、".join(why),
        write_url=url_for("kb.new_article", origin=f"search-{newest.id}"),
        matter=Matter.SEARCH,
        about=newest.id,
    )


def wishes(person: Staff) -> Section:
    """Articles that agents asked for, the oldest first."""
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
            what=_("「%(words)s」", words=short(row.text)),
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
