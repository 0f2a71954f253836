"""What happened to a ticket: rows with who, when and why."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    ForeignKey,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.applications.models import Application
from callcenter.db import Choice, Moment, Row
from callcenter.people.staff import Staff
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, sealed
from tickets.records.categories import Team
from tickets.records.state import TicketState

if TYPE_CHECKING:
    from tickets.records.ticket import Ticket


class TicketStateChange(Grouped, Row):
    """Open → waiting → closed → open: who, when, why."""

    __tablename__ = "ticket_state_change"
    __subject__ = belongs_to("ticket_id", show=("before", "after"), at="changed_at")

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    before: Mapped[TicketState] = mapped_column(Choice(TicketState))
    after: Mapped[TicketState] = mapped_column(Choice(TicketState))
    changed_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    reason = sealed(Item.CONSULTATION)

    by: Mapped[Staff] = relationship(Staff)


class Reassignment(Grouped, Row):
    """A ticket changed hands."""

    __tablename__ = "ticket_reassignment"
    __subject__ = belongs_to("ticket_id", at="reassigned_at")

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    before_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    after_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("team.id"))
    reassigned_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    reason = sealed(Item.CONSULTATION)

    before: Mapped[Staff | None] = relationship(Staff, foreign_keys=[before_id])
    after: Mapped[Staff | None] = relationship(Staff, foreign_keys=[after_id])
    team: Mapped[Team | None] = relationship(Team)
    by: Mapped[Staff] = relationship(Staff, foreign_keys=[by_id])


class TicketApplication(Row):
    """A ticket is about an application record."""

    __tablename__ = "ticket_application"

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    linked_at: Mapped[datetime] = mapped_column(Moment)
    linked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    unlinked_at: Mapped[datetime | None] = mapped_column(Moment)
    unlinked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    ticket: Mapped[Ticket] = relationship(back_populates="links")
    application: Mapped[Application] = relationship(Application)
    linked_by: Mapped[Staff] = relationship(Staff, foreign_keys=[linked_by_id])

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("ticket", self.ticket.id)]
