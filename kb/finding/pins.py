"""手元の記事: the articles that a person pinned, in their own order, and those they used last."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Moment, Row, add_if_new, db
from callcenter.errors import Invalid
from callcenter.people.staff import Staff
from kb.articles.article import Article
from kb.finding import searches

MOST = 12
RECENT = 10
Used = Callable[[Staff, int], list[tuple[uuid.UUID, datetime]]]

_uses: dict[str, Used] = {"opened": searches.opened_by}


class Pin(Row):
    """An article that a person keeps at hand."""

    __tablename__ = "faq_pin"
    __unaudited__ = True  # how somebody orders their own desk
    __table_args__ = (UniqueConstraint("staff_id", "article_id"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article.id"), index=True)
    position: Mapped[int]
    pinned_at: Mapped[datetime] = mapped_column(Moment)


def register_use(name: str, used: Used) -> None:
    """Say how an article is used besides: `used(person, limit)` gives article ids with the moment, newest first."""
    _uses[name] = used


def pin(article: Article, *, by: Staff) -> None:
    """Keep an article at hand, below the others. Twice is once. Raises Invalid beyond twelve."""
    mine = select(func.count(), func.max(Pin.position)).where(Pin.staff_id == by.id)
    count, last = db.session.execute(mine).one()
    known = select(Pin.id).where(Pin.staff_id == by.id, Pin.article_id == article.id)
    if db.session.scalars(known).first():
        return
    if count >= MOST:
        raise Invalid("ピン留めは12件までです。どれかを外してください。", code="too_many_pins")
    add_if_new(Pin, staff_id=by.id, article_id=article.id, position=(last or 0) + 1, pinned_at=clock.now())


def unpin(article: Article, *, by: Staff) -> None:
    """Keep it at hand no longer."""
    db.session.execute(delete(Pin).where(Pin.staff_id == by.id, Pin.article_id == article.id))


def move(article: Article, *, by: Staff, up: bool) -> None:
    """Change places with the one above, or below; at the end nothing changes."""
    query = select(Pin).where(Pin.staff_id == by.id).order_by(Pin.position, Pin.id).with_for_update()
    rows = list(db.session.scalars(query))
    at = next((n for n, row in enumerate(rows) if row.article_id == article.id), None)
    if at is None:
        return
    to = at - 1 if up else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    for position, row in enumerate(rows, 1):
        row.position = position


def pinned(person: Staff) -> list[uuid.UUID]:
    """The ids of the articles that a person pinned, in their order."""
    query = select(Pin.article_id).where(Pin.staff_id == person.id)
    return list(db.session.scalars(query.order_by(Pin.position, Pin.id)))


def recent(person: Staff, limit: int = RECENT) -> list[uuid.UUID]:
    """The articles that a person told or opened from a search last, newest first, each once."""
    uses = [use for used in _uses.values() for use in used(person, 3 * limit)]
    return _each_once([article_id for article_id, _at in sorted(uses, key=lambda use: use[1], reverse=True)])[
        :limit
    ]


def _each_once(ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    return list(dict.fromkeys(ids))
