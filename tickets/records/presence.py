"""Presence: who else has a ticket open now, and who is typing. Kept for seconds, never part of the record."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Moment, Row, add_if_new, db
from callcenter.people.staff import Staff
from callcenter.privacy.subjects import apart
from tickets.records.ticket import Ticket

HERE = timedelta(seconds=25)
"""A page tells every ten seconds; who has not told twice has left."""


class Presence(Row):
    """A person has a ticket's page open."""

    __tablename__ = "presence"
    __unaudited__ = True
    __subject__ = apart("staff at their desks for some seconds, about no caller")
    __table_args__ = (UniqueConstraint("ticket_id", "staff_id"),)

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"))
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    seen_at: Mapped[datetime] = mapped_column(Moment, index=True)
    is_typing: Mapped[bool]


@dataclass(frozen=True)
class Other:
    """Somebody else on the same page."""

    name: str
    typing: bool


def here(ticket: Ticket, person: Staff, *, typing: bool) -> None:
    """The person looks at the ticket now. Forgets whoever has been away for some minutes."""
    seen = {"seen_at": clock.now(), "is_typing": typing}
    if not add_if_new(Presence, ticket_id=ticket.id, staff_id=person.id, **seen):
        mine = Presence.ticket_id == ticket.id, Presence.staff_id == person.id
        db.session.execute(update(Presence).where(*mine).values(seen))
    db.session.execute(delete(Presence).where(Presence.seen_at < clock.now() - 10 * HERE))


def gone(ticket: Ticket, person: Staff) -> None:
    """The person has closed the page."""
    db.session.execute(
        delete(Presence).where(Presence.ticket_id == ticket.id, Presence.staff_id == person.id)
    )


def others(ticket: Ticket, person: Staff) -> list[Other]:
    """Who else has the ticket open, the longest there first."""
    query = (
        select(Staff, Presence.is_typing)
        .join(Presence, Presence.staff_id == Staff.id)
        .where(Presence.ticket_id == ticket.id, Presence.staff_id != person.id)
        .where(Presence.seen_at >= clock.now() - HERE)
        .order_by(Presence.id)
    )
    return [Other(colleague.display_name, typing) for colleague, typing in db.session.execute(query)]
