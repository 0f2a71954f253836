"""対応不要: what an editor looked at in the work list and left, with the reason; it hides a row for 90 days."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import DataKey, Grouped, Kind, period_group, sealed
from callcenter.programmes import period_for

HIDES_FOR = timedelta(days=90)


class Matter(StrEnum):
    """What a row of the work list is about. SEARCH: searches alike; the others: one record each."""

    SEARCH = "search"
    WISH = "wish"
    NEVER_TOLD = "never_told"
    REPEATED = "repeated"
    UNTOLD = "untold"


class Dismissal(Grouped, Row):
    """Somebody decided that nothing is to be done, and why. `about_id` is the record; None for searches, which name
    their dismissal themselves."""

    __tablename__ = "faq_dismissal"
    __subject__ = apart("an editor's reason about searches and articles; belongs to no caller")

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    matter: Mapped[Matter] = mapped_column(Choice(Matter))
    about_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: str = sealed(Item.CONSULTATION, nullable=False)

    by: Mapped[Staff] = relationship(Staff, foreign_keys=[by_id])

    @classmethod
    def make(
        cls,
        programme_id: uuid.UUID,
        matter: Matter,
        *,
        by: Staff,
        reason: str,
        about_id: uuid.UUID | None = None,
        count: int = 1,
    ) -> Dismissal:
        """Nothing is to be done about this. Raises Invalid without a reason or with a secret link in it."""
        if not reason.strip():
            raise Invalid("対応不要とする理由を入力してください。", code="reason_missing")
        paste_guard(reason)
        period = period_for(programme_id, clock.today())
        group = db.session.get_one(DataKey, period_group(period.id, Kind.AUDIT))
        row = cls(
            group=group,
            programme_id=programme_id,
            matter=matter,
            about_id=about_id,
            at=clock.now(),
            by_id=by.id,
        )
        row.reason = reason.strip()
        db.session.add(row)
        audit.record(Action.FAQ_DISMISSED, by=by, on=row, facts={"matter": matter, "count": count})
        return row

    def undo(self, *, by: Staff) -> None:
        """It is to be looked at again. Raises Conflict when that was said before."""
        if self.undone_at is not None:
            raise Conflict("すでに元に戻されています。", code="undone_already")
        self.undone_at, self.undone_by_id = clock.now(), by.id
        audit.record(Action.FAQ_DISMISSAL_UNDONE, by=by, on=self, facts={"matter": self.matter})


def dismissed(matter: Matter, about: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """Condition: a row of this kind is hidden by a dismissal that still holds."""
    query = select(Dismissal.id).where(Dismissal.matter == matter, Dismissal.about_id == about, *holds())
    return query.exists()


def holds() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions on Dismissal: not undone, and not older than it hides."""
    return Dismissal.undone_at.is_(None), Dismissal.at > clock.now() - HIDES_FOR
