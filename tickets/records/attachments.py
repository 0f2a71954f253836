"""Attachments of tickets: a row that names a sealed file, says whether it was scanned, and keeps who added it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Invalid
from callcenter.files import Accepted, Kind, Scan, Scanner, Store
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, sealed
from tickets.records.ticket import Ticket

MOST_ON_A_TICKET = 50


class Attachment(Grouped, Row):
    """A file on a ticket. Its bytes lie sealed under the ticket's key in the house's folder of files."""

    __tablename__ = "attachment"
    __subject__ = belongs_to("ticket_id", show=("kind", "size"), at="added_at")

    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[Kind] = mapped_column(Choice(Kind))
    size: Mapped[int]
    file: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 32), unique=True)
    scan: Mapped[Scan] = mapped_column(Choice(Scan))
    added_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    name: str = sealed(Item.CONSULTATION, nullable=False)

    ticket: Mapped[Ticket] = relationship(Ticket)
    by: Mapped[Staff] = relationship(Staff)

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Attachment]:
        """Files of tickets that a person may see."""
        return select(cls).where(cls.ticket_id.in_(Ticket.visible_to(person).with_only_columns(Ticket.id)))

    @classmethod
    def add(cls, ticket: Ticket, file: Accepted, verdict: Scan, store: Store, *, by: Staff) -> Attachment:
        """Keep an accepted file on a ticket. Raises Invalid for an infected one and for the fifty-first."""
        if verdict is Scan.INFECTED:
            raise Invalid("ウイルスが見つかったため、添付できません。", code="file_infected")
        known = select(cls.id).where(cls.ticket_id == ticket.id)
        if len(db.session.scalars(known).all()) >= MOST_ON_A_TICKET:
            raise Invalid(f"添付は1件のチケットに{MOST_ON_A_TICKET}個までです。", code="file_too_many")
        row = cls(
            group=ticket.group,
            ticket_id=ticket.id,
            kind=file.kind,
            size=len(file.content),
            file=store.keep(file.content, ticket.group_id),
            scan=verdict,
            added_at=clock.now(),
            by_id=by.id,
            name=file.name,
        )
        ticket.touched()
        db.session.add(row)
        facts = {"attachment": row.id.hex, "kind": file.kind, "size": row.size, "scan": verdict}
        audit.record(Action.ATTACHMENT_ADDED, by=by, on=ticket, facts=facts)
        return row

    def content(self, store: Store, scanner: Scanner) -> bytes:
        """The bytes. One that was not scanned is scanned now, if there is a scanner.

        Raises Unavailable while the scanner is away, Invalid when it finds something."""
        content = store.read(self.file, self.group_id)
        if self.scan is not Scan.CLEAN:
            scanner.require(content)
        return content
