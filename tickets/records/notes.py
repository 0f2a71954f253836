"""Internal notes with who they call, and replies that are no consultation."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, db
from callcenter.errors import Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, sealed
from tickets.records.ticket import Ticket


class Author(StrEnum):
    CALLER = "caller"
    AGENT = "agent"


class Note(Grouped, Row):
    """An internal note on a ticket; never told to the caller."""

    __tablename__ = "note"
    __subject__ = belongs_to("ticket_id", at="written_at")

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    written_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    text = sealed(Item.CONSULTATION, nullable=False)

    ticket: Mapped[Ticket] = relationship(Ticket)
    by: Mapped[Staff | None] = relationship(Staff)
    mentions: Mapped[list[Mention]] = relationship(back_populates="note")

    @classmethod
    def write(cls, ticket: Ticket, *, by: Staff, text: str, mentioned: Iterable[Staff] = ()) -> Note:
        """Add a note; those mentioned find it on their start page. Raises Invalid for an empty text."""
        if not text.strip():
            raise Invalid("メモを入力してください。", code="note_empty")
        paste_guard(text)
        note = cls(
            ticket=ticket, ticket_id=ticket.id, group=ticket.group, written_at=clock.now(), by_id=by.id
        )
        note.text = text.strip()
        note.mentions = [Mention(staff_id=person.id) for person in dict.fromkeys(mentioned)]
        ticket.touched()
        db.session.add(note)
        audit.record(Action.NOTE_ADDED, by=by, on=ticket, facts={"mentions": len(note.mentions)})
        return note

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("ticket", self.ticket_id)]


class Mention(Row):
    """Somebody was called into a note by @name; gone from the start page once seen."""

    __tablename__ = "mention"
    __unaudited__ = True  # its note is in the trail; whether it was read is nobody's deed

    note_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("note.id"), index=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)

    note: Mapped[Note] = relationship(back_populates="mentions")
    staff: Mapped[Staff] = relationship(Staff)


class Reply(Grouped, Row):
    """What was sent or told on a ticket outside a consultation (an answer by mail or letter, an imported reply)."""

    __tablename__ = "reply"
    __subject__ = belongs_to("ticket_id", at="replied_at")

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    replied_at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[Author] = mapped_column(Choice(Author))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    text = sealed(Item.CONSULTATION, nullable=False)

    ticket: Mapped[Ticket] = relationship(Ticket)
    by: Mapped[Staff | None] = relationship(Staff)

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("ticket", self.ticket_id)]
