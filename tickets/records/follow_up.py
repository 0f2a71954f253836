"""Follow-ups: next steps that were promised for a day (次アクション)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Moment, Row, db
from callcenter.errors import Conflict
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, sealed

if TYPE_CHECKING:
    from tickets.records.ticket import Ticket


class FollowUp(Grouped, Row):
    """A next step promised for a day (次アクション)."""

    __tablename__ = "follow_up"
    __subject__ = belongs_to("ticket_id", show=("due_on",), at="made_at")
    __table_args__ = (Index("ix_follow_up_due", "owner_id", "done_at", "due_on"),)

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    due_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(Moment)
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    text = sealed(Item.CONSULTATION, nullable=False)

    ticket: Mapped[Ticket] = relationship(back_populates="follow_ups")
    owner: Mapped[Staff | None] = relationship(Staff, foreign_keys=[owner_id])
    made_by: Mapped[Staff] = relationship(Staff, foreign_keys=[made_by_id])

    def complete(self, *, by: Staff) -> None:
        """Done. Raises Conflict when it was done before."""
        if self.done_at is not None:
            raise Conflict("この予定は、すでに完了しています。", code="done_already")
        self.done_at, self.done_by_id = clock.now(), by.id
        audit.record(Action.FOLLOW_UP_DONE, by=by, on=self.ticket, facts={"due_on": self.due_on})

    def withdraw(self, *, by: Staff) -> None:
        """It was made by mistake and goes. Raises Conflict when it was done."""
        if self.done_at is not None:
            raise Conflict("この予定は、すでに完了しています。", code="done_already")
        audit.record(Action.FOLLOW_UP_WITHDRAWN, by=by, on=self.ticket, facts={"due_on": self.due_on})
        db.session.delete(self)
