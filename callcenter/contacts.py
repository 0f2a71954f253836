"""Contacts: every call, mail, letter and visit as it came in, kept before it is understood.

A contact is committed first. It is settled when it is filed to a ticket or closed with a reason; until then it
stands in the tray 未整理. Nothing inbound is ever dropped."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, InPeriod, Moment, Row, db
from callcenter.errors import Conflict, Invalid
from callcenter.people import phones
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, Kind, new_group, sealed
from callcenter.programmes import Period, next_number

if TYPE_CHECKING:
    from callcenter.privacy.audit import Actor


class Channel(StrEnum):
    """How somebody reached us (チャネル)."""

    PHONE = "phone"
    MAIL = "mail"
    CHAT = "chat"
    LETTER = "letter"
    FAX = "fax"
    COUNTER = "counter"
    FORM = "form"
    WARD = "ward"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ClosedAs(StrEnum):
    """Why a contact needs no ticket: nothing was consulted."""

    SILENT = "silent"
    WRONG_NUMBER = "wrong_number"
    OTHER_PROGRAMME = "other_programme"
    DUPLICATE = "duplicate"


class Contact(InPeriod, Grouped, Row):
    """One call, mail, chat, letter, fax or visit. `received_at` is when it reached us, `entered_at` when it was
    typed in; the two differ for what is entered late from paper."""

    __tablename__ = "contact"
    __subject__ = belongs_to("caller_id", show=("number", "channel", "direction"), at="received_at")
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        Index("ix_contact_tray", "period_id", "settled_at", "received_at"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    channel: Mapped[Channel] = mapped_column(Choice(Channel))
    direction: Mapped[Direction] = mapped_column(Choice(Direction), default=Direction.INBOUND)
    received_at: Mapped[datetime] = mapped_column(Moment)
    entered_at: Mapped[datetime] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    handler_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    caller_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("caller.id"), index=True)
    line: Mapped[phones.Line | None] = mapped_column(Choice(phones.Line))
    from_number = sealed(Item.PHONE)
    from_mail = sealed(Item.MAIL)
    subject = sealed(Item.CONSULTATION)
    body = sealed(Item.CONSULTATION)

    period: Mapped[Period] = relationship(Period)
    handler: Mapped[Staff | None] = relationship(Staff, foreign_keys=[handler_id])
    caller: Mapped[Caller | None] = relationship(Caller)
    closure: Mapped[ContactClosure | None] = relationship(back_populates="contact", uselist=False)

    @classmethod
    def receive(
        cls,
        period: Period,
        channel: Channel,
        *,
        by: Actor,
        handler: Staff | None = None,
        received_at: datetime | None = None,
        from_number: str | None = None,
        from_mail: str | None = None,
        subject: str | None = None,
        body: str | None = None,
        direction: Direction = Direction.INBOUND,
    ) -> Contact:
        """Keep a contact as it came. A call taken at the desk has its handler from the start.

        Raises Invalid for a time of receipt in the future."""
        moment = clock.now()
        received_at = received_at or moment
        if received_at > moment:
            raise Invalid(
                "受付日時が未来になっています。受けた日時を入力してください。", code="received_in_future"
            )
        contact = cls(
            period_id=period.id,
            programme_id=period.programme_id,
            group=new_group(period.id, Kind.CONTACT),
            number=next_number(period.programme_id, Kind.CONTACT),
            channel=channel,
            direction=direction,
            received_at=received_at,
            entered_at=moment,
            answered_at=moment if handler and channel is Channel.PHONE else None,
            handler_id=handler.id if handler else None,
            line=phones.read(from_number).line if from_number else None,
        )
        contact.from_number, contact.from_mail = from_number or None, from_mail or None
        contact.subject, contact.body = subject or None, body or None
        db.session.add(contact)
        audit.record(
            Action.CONTACT_RECEIVED, by=by, on=contact, facts={"channel": channel, "number": contact.number}
        )
        return contact

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Contact]:
        """Contacts of the programmes a person works for."""
        return select(cls).where(cls.period_id.in_(person.period_ids))

    @classmethod
    def unsettled(cls, person: Staff) -> Select[Contact]:
        """The tray 未整理: neither filed nor closed, oldest first."""
        return cls.visible_to(person).where(cls.settled_at.is_(None)).order_by(cls.received_at, cls.id)

    # --- what it is

    @property
    def label(self) -> str:
        """The number that people read out."""
        return f"C-{self.number:06d}"

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    @property
    def is_late_entry(self) -> bool:
        """Entered more than ten minutes after it was received: from paper, after an outage."""
        return (self.entered_at - self.received_at).total_seconds() > 600

    @property
    def seconds(self) -> int | None:
        """Length of the conversation, from answer to end."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return max(0, int((self.ended_at - self.answered_at).total_seconds()))

    # --- what is done to it

    def name_number(self, number: str | None, *, by: Actor) -> None:
        """Write down the number that the caller rang from, or corrected, as it was said."""
        self.from_number = number or None
        self.line = phones.read(number).line if number else None
        audit.record(Action.CONTACT_UPDATED, by=by, on=self, facts={"fields": ["from_number"]})

    def name_caller(self, caller: Caller | None, *, by: Actor) -> None:
        """Say who is calling, or take it back. Raises Invalid for a caller of another contract year."""
        if caller is not None and caller.period_id != self.period_id:
            raise Invalid("別の年度の相談者です。この年度に写してから選んでください。", code="other_period")
        self.caller_id = caller.id if caller else None
        facts = {"fields": ["caller"], "caller": caller.id.hex if caller else ""}
        audit.record(Action.CONTACT_UPDATED, by=by, on=self, facts=facts)

    def take(self, *, by: Staff) -> None:
        """Start working on an unsettled contact. Raises Conflict when it is settled already."""
        self.require_unsettled()
        self.handler_id = by.id
        audit.record(Action.CONTACT_UPDATED, by=by, on=self, facts={"fields": ["handler"]})

    def end(self, at: datetime | None = None) -> None:
        """The conversation is over (kept from the first time it is said)."""
        self.ended_at = self.ended_at or at or clock.now()

    def settle(self) -> None:
        """Filed or closed: it leaves the tray. Raises Conflict when it left already."""
        self.require_unsettled()
        self.end()
        self.settled_at = clock.now()

    def close(self, reason: ClosedAs, *, by: Staff) -> ContactClosure:
        """Close without a ticket: nobody spoke, a wrong number, another programme. One key at the desk."""
        self.settle()
        closure = ContactClosure(contact_id=self.id, reason=reason, closed_by_id=by.id, closed_at=clock.now())
        db.session.add(closure)
        audit.record(Action.CONTACT_CLOSED, by=by, on=self, facts={"reason": reason})
        return closure

    def reopen(self, *, by: Staff) -> None:
        """Take a closure back (元に戻す): the contact stands in the tray again."""
        if self.closure is None:
            raise Conflict("この受付は、対応なしで閉じられていません。", code="not_closed")
        db.session.delete(self.closure)
        self.settled_at = None
        audit.record(Action.CONTACT_UPDATED, by=by, on=self, facts={"fields": ["reopened"]})

    def require_unsettled(self) -> None:
        if self.is_settled:
            raise Conflict("この受付は、すでに整理が済んでいます。", code="settled")


class ContactClosure(Row):
    """A contact that needed no ticket: which kind, who said so, when."""

    __tablename__ = "contact_closure"

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), unique=True)
    reason: Mapped[ClosedAs] = mapped_column(Choice(ClosedAs))
    closed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[datetime] = mapped_column(Moment)

    contact: Mapped[Contact] = relationship(back_populates="closure")
    closed_by: Mapped[Staff] = relationship(Staff)


def tray_size(person: Any) -> int:
    """How many contacts wait in the tray that a person sees."""
    query = select(func.count()).select_from(Contact)
    where = Contact.period_id.in_(person.period_ids)
    return db.session.scalar(query.where(where, Contact.settled_at.is_(None))) or 0
