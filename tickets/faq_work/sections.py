"""What the FAQ lacks, as its editor sees it: all sections in their order, and what was left with a reason."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.db import db
from callcenter.people.staff import Staff
from kb.finding.dismissals import Dismissal, Matter
from tickets.faq_work.articles import in_doubt, links, voices, waiting
from tickets.faq_work.asking import searched, wishes
from tickets.faq_work.rows import SHOWN, Section
from tickets.faq_work.telling import most_told, never_told, repeated, untold


def sections(person: Staff, days: int) -> list[Section]:
    """The whole list, of the last so many days."""
    since = clock.now() - timedelta(days=days)
    return [
        *searched(person, since),
        wishes(person),
        in_doubt(person),
        links(person),
        waiting(person),
        voices(person, since),
        untold(person, since),
        repeated(person, since),
        most_told(person, since),
        never_told(person),
    ]


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
