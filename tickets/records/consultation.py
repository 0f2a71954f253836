"""Consultations: one contact filed to a ticket, with what was asked, what was answered, and from which FAQ version."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.contacts import Contact
from callcenter.db import Choice, InPeriod, Moment, Row, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.callers import Caller, Relation
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, sealed
from kb.articles.revision import ArticleRevision
from tickets.records.ticket import Ticket


class Outcome(StrEnum):
    """What came of a contact (対応結果)."""

    RESOLVED = "resolved"
    CALL_BACK = "call_back"
    HANDED_OVER = "handed_over"
    TO_WARD = "to_ward"
    COMPLAINT = "complaint"
    OTHER_PROGRAMME = "other_programme"
    SILENT = "silent"
    WRONG_NUMBER = "wrong_number"


class Consultation(InPeriod, Grouped, Row):
    """One contact filed to a ticket. The identity level is that of this contact alone; it is never carried on."""

    __tablename__ = "consultation"
    __subject__ = belongs_to("caller_id", "contact_id", at="received_at")
    __table_args__ = (
        CheckConstraint("identity_level BETWEEN 0 AND 3", name="identity_level"),
        Index("ix_consultation_newest", "period_id", "received_at"),
        Index("ix_consultation_handler", "handler_id", "received_at"),
    )

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), unique=True)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    caller_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("caller.id"), index=True)
    relation: Mapped[Relation] = mapped_column(Choice(Relation), default=Relation.UNKNOWN)
    identity_level: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[Outcome] = mapped_column(Choice(Outcome))
    started_at: Mapped[datetime] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    entered_at: Mapped[datetime] = mapped_column(Moment)
    handler_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    version: Mapped[int] = mapped_column()
    content = sealed(Item.CONSULTATION, nullable=False)
    answer = sealed(Item.CONSULTATION)

    __mapper_args__ = {"version_id_col": version}

    contact: Mapped[Contact] = relationship(Contact)
    ticket: Mapped[Ticket] = relationship(Ticket)
    caller: Mapped[Caller | None] = relationship(Caller)
    handler: Mapped[Staff | None] = relationship(Staff)
    told: Mapped[list[ToldArticle]] = relationship(
        back_populates="consultation", order_by="ToldArticle.told_at"
    )
    corrections: Mapped[list[Correction]] = relationship(order_by="Correction.corrected_at.desc()")

    @classmethod
    def file(
        cls,
        contact: Contact,
        ticket: Ticket,
        *,
        by: Staff,
        content: str,
        answer: str | None = None,
        outcome: Outcome = Outcome.RESOLVED,
        relation: Relation = Relation.UNKNOWN,
        identity_level: int = 0,
        told: Iterable[ArticleRevision] = (),
    ) -> Consultation:
        """File a contact to a ticket. The texts are sealed under the contact's own key.

        Raises Invalid without content or with a secret link in a text, Conflict when the contact is settled or the
        ticket is closed."""
        content, answer = checked(content, answer)
        if ticket.is_closed:
            raise Conflict(
                "このチケットは完了しています。再開してから記録してください。", code="ticket_closed"
            )
        contact.settle()
        row = cls(
            period_id=contact.period_id,
            group=contact.group,
            contact=contact,
            ticket=ticket,
            caller_id=contact.caller_id,
            relation=relation,
            identity_level=identity_level,
            outcome=outcome,
            started_at=contact.received_at,
            answered_at=contact.answered_at,
            ended_at=contact.ended_at,
            received_at=contact.received_at,
            entered_at=contact.entered_at,
            handler_id=by.id,
        )
        row.content, row.answer = content, answer
        row.told = [ToldArticle(revision_id=revision.id, told_at=clock.now()) for revision in told]
        ticket.caller_id = ticket.caller_id or contact.caller_id
        ticket.touched()
        db.session.add(row)
        facts = {
            "ticket": ticket.id.hex,
            "contact": contact.id.hex,
            "outcome": outcome,
            "level": identity_level,
        }
        audit.record(Action.CONSULTATION_FILED, by=by, on=row, facts=facts)
        return row

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("ticket", self.ticket.id)]

    def correct(self, *, by: Staff, content: str, answer: str | None, reason: str) -> Correction:
        """Replace the texts; the old ones stay, sealed, for those who may see them.

        Raises Invalid without a reason, or when nothing changes."""
        content, answer = checked(content, answer)
        if not reason.strip():
            raise Invalid("訂正の理由を入力してください。", code="reason_missing")
        if (content, answer) == (self.content, self.answer):
            raise Invalid("変わったところがありません。", code="nothing_changed")
        row = Correction(consultation_id=self.id, group=self.group, corrected_at=clock.now(), by_id=by.id)
        row.content, row.answer, row.reason = self.content, self.answer, reason.strip()
        self.content, self.answer = content, answer
        self.ticket.touched()
        db.session.add(row)
        audit.record(
            Action.CONSULTATION_CORRECTED, by=by, on=self, facts={"ticket": self.ticket_id.hex}, reason=reason
        )
        return row


class Correction(Grouped, Row):
    """What a consultation said before it was corrected, and why it was."""

    __tablename__ = "consultation_correction"
    __subject__ = belongs_to("consultation_id", at="corrected_at")

    consultation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consultation.id"), index=True)
    corrected_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    content = sealed(Item.CONSULTATION)
    answer = sealed(Item.CONSULTATION)
    reason = sealed(Item.CONSULTATION, nullable=False)

    by: Mapped[Staff] = relationship(Staff)


class ToldArticle(Row):
    """Which version of an FAQ article was told in a consultation."""

    __tablename__ = "told_article"
    __table_args__ = (UniqueConstraint("consultation_id", "revision_id"),)

    consultation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consultation.id"))
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article_revision.id"), index=True)
    told_at: Mapped[datetime] = mapped_column(Moment, index=True)

    consultation: Mapped[Consultation] = relationship(back_populates="told")
    revision: Mapped[ArticleRevision] = relationship(ArticleRevision)


def consultations_of(ticket: Ticket) -> list[Consultation]:
    """All consultations of a ticket, oldest first."""
    query = select(Consultation).where(Consultation.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(Consultation.started_at, Consultation.id)))


def checked(content: str, answer: str | None) -> tuple[str, str | None]:
    """The two texts without blank ends. Raises Invalid for an empty content or a secret link."""
    content, answer = content.strip(), (answer or "").strip() or None
    if not content:
        raise Invalid("相談内容を入力してください。", code="content_missing")
    for text in (content, answer):
        if text:
            paste_guard(text)
    return content, answer
