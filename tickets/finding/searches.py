"""What somebody searched for, kept sealed for a day, so that a search has an address without a name standing in it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Moment, Row, db
from callcenter.people.staff import Staff
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import DataKey, Grouped, Kind, period_group, sealed

KEPT_FOR = timedelta(hours=24)
RECENT = 8


class Search(Grouped, Row):
    """A search of one person; nobody else opens it."""

    __tablename__ = "search"
    __unaudited__ = True
    __subject__ = apart("words that staff typed; gone after a day")

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    searched_at: Mapped[datetime] = mapped_column(Moment)
    text = sealed(Item.CONSULTATION, nullable=False)

    @classmethod
    def remember(cls, text: str, *, by: Staff) -> Search | None:
        """Keep a search, sealed under the newest period's key; older than a day go. The same words again are one.

        None for a person of no programme: there is nothing they could find, and no key to keep it under."""
        _forget_old()
        if not by.period_ids:
            return None
        known = next((row for row in cls.recent(by) if row.text == text), None)
        if known is not None:
            known.searched_at = clock.now()
            return known
        group = db.session.get_one(DataKey, period_group(by.period_ids[0], Kind.AUDIT))
        row = cls(group=group, staff_id=by.id, searched_at=clock.now(), text=text)
        db.session.add(row)
        return row

    @classmethod
    def recent(cls, person: Staff) -> list[Search]:
        """A person's last searches, newest first."""
        newer = clock.now() - KEPT_FOR
        query = select(cls).where(cls.staff_id == person.id, cls.searched_at > newer)
        return list(db.session.scalars(query.order_by(cls.searched_at.desc()).limit(RECENT)))


def _forget_old() -> None:
    db.session.execute(delete(Search).where(Search.searched_at < clock.now() - KEPT_FOR))
