"""From when to when a person may handle personal items (取扱者の指定・解除)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.clock import now
from callcenter.db import Moment, Row, Why, Words

if TYPE_CHECKING:
    from callcenter.people.staff import Staff


class Designation(Row):
    """A span of days in which a person is a designated handler; both days count. The history is never rewritten."""

    __tablename__ = "designation"
    __table_args__ = (CheckConstraint("released_on IS NULL OR designated_on <= released_on", name="order"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    designated_on: Mapped[date] = mapped_column(Date)
    designated_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    recorded_at: Mapped[datetime] = mapped_column(Moment, default=now)
    released_on: Mapped[date | None] = mapped_column(Date)
    released_by: Mapped[str | None] = mapped_column(Words(Why.NUMBER, 40))
    release_recorded_at: Mapped[datetime | None] = mapped_column(Moment)

    staff: Mapped[Staff] = relationship(back_populates="designations")

    def covers(self, day: date) -> bool:
        return self.designated_on <= day and (self.released_on is None or day <= self.released_on)

    def overlaps(self, start: date, end: date | None) -> bool:
        return (end is None or self.designated_on <= end) and (
            self.released_on is None or start <= self.released_on
        )
