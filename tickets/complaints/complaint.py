"""Complaints (苦情): what was said, who owns it, the supervisor's call, and the approval that closes it.

Source: docs/rules.md#complaints."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.business_time import OfficeHours
from callcenter.db import Choice, InPeriod, Moment, Row, db
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, Kind, sealed
from callcenter.programmes import next_number
from tickets.escalation.urgency import WARD_HOURS
from tickets.records.ticket import Ticket

CALL_WITHIN = 1
"""Business days within which a supervisor calls back."""


class ComplaintKind(StrEnum):
    """What it is about; each is a line of its own in the reports. A wish (要望) asks for no call."""

    OFFICE = "office"
    PROGRAMME = "programme"
    WISH = "wish"


class ComplaintState(StrEnum):
    OPEN = "open"
    TO_APPROVE = "to_approve"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Deed(StrEnum):
    """What was done about a complaint."""

    RECORDED = "recorded"
    HANDED = "handed"
    CALLED = "called"
    DONE = "done"
    CLOSING_ASKED = "closing_asked"
    SENT_BACK = "sent_back"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


KINDS = {
    ComplaintKind.OFFICE: _l("苦情（事務局）"),
    ComplaintKind.PROGRAMME: _l("苦情（制度）"),
    ComplaintKind.WISH: _l("要望"),
}
S = ComplaintState
STATES = {S.OPEN: _l("対応中"), S.TO_APPROVE: _l("承認待ち"), S.CLOSED: _l("完了"), S.WITHDRAWN: _l("取下げ")}
DEEDS = {
    Deed.RECORDED: _l("受付"),
    Deed.HANDED: _l("担当の変更"),
    Deed.CALLED: _l("責任者の電話"),
    Deed.DONE: _l("対応"),
    Deed.CLOSING_ASKED: _l("完了の承認依頼"),
    Deed.SENT_BACK: _l("差戻し"),
    Deed.APPROVED: _l("完了の承認"),
    Deed.WITHDRAWN: _l("取下げ"),
}
POSSIBLE: dict[Deed, frozenset[ComplaintState]] = {
    Deed.HANDED: frozenset({S.OPEN}),
    Deed.CALLED: frozenset({S.OPEN, S.TO_APPROVE}),
    Deed.DONE: frozenset({S.OPEN}),
    Deed.CLOSING_ASKED: frozenset({S.OPEN}),
    Deed.SENT_BACK: frozenset({S.TO_APPROVE}),
    Deed.APPROVED: frozenset({S.TO_APPROVE}),
    Deed.WITHDRAWN: frozenset({S.OPEN}),
}


class Complaint(InPeriod, Grouped, Row):
    """One complaint of a caller, on the ticket of the case. What was said stands in the caller's own words."""

    __tablename__ = "complaint"
    __subject__ = belongs_to("ticket_id", show=("number", "kind", "state"), at="received_at")
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        CheckConstraint("approved_by_id <> closing_asked_by_id", name="two_people"),
        Index("ix_complaint_state", "programme_id", "state", "call_due_at"),
        Index("ix_complaint_received", "period_id", "received_at"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[int]
    kind: Mapped[ComplaintKind] = mapped_column(Choice(ComplaintKind))
    state: Mapped[ComplaintState] = mapped_column(Choice(ComplaintState), default=ComplaintState.OPEN)
    received_at: Mapped[datetime] = mapped_column(Moment)
    received_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    call_due_at: Mapped[datetime | None] = mapped_column(Moment)
    called_at: Mapped[datetime | None] = mapped_column(Moment)
    closing_asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column()
    facts = sealed(Item.CONSULTATION, nullable=False)

    __mapper_args__ = {"version_id_col": version}

    ticket: Mapped[Ticket] = relationship(Ticket)
    owner: Mapped[Staff] = relationship(Staff, foreign_keys=[owner_id])
    received_by: Mapped[Staff] = relationship(Staff, foreign_keys=[received_by_id])
    steps: Mapped[list[ComplaintStep]] = relationship(
        back_populates="complaint", order_by="ComplaintStep.at, ComplaintStep.id"
    )

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Complaint]:
        """Complaints on tickets that the person may see."""
        return select(cls).join(Ticket, Ticket.id == cls.ticket_id).where(*Ticket.visibility(person))

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """Whether it is neither closed nor withdrawn."""
        return cls.state.in_([S.OPEN, S.TO_APPROVE])

    @classmethod
    def record(
        cls,
        ticket: Ticket,
        kind: ComplaintKind,
        facts: str,
        *,
        by: Staff,
        owner: Staff | None = None,
        hours: OfficeHours = WARD_HOURS,
    ) -> Complaint:
        """Keep what was said. Without an owner it is its recorder's.

        Raises Invalid without facts or for an owner of another programme, Conflict for a closed ticket."""
        if ticket.is_closed:
            raise Conflict(
                _("このチケットは完了しています。再開してから苦情を記録してください。"), code="ticket_closed"
            )
        _require(facts, _("言われたことを、相談者のことばのまま入力してください。"), "facts_missing")
        at, owner = clock.now(), owner or by
        _require_member(owner, ticket)
        row = cls(
            period_id=ticket.period_id,
            group=ticket.group,
            programme_id=ticket.programme_id,
            ticket=ticket,
            number=next_number(ticket.programme_id, Kind.COMPLAINT),
            kind=kind,
            state=S.OPEN,
            received_at=at,
            received_by=by,
            owner=owner,
            call_due_at=None if kind is ComplaintKind.WISH else _call_due_at(at, hours),
        )
        paste_guard(facts)
        row.facts = facts.strip()
        db.session.add(row)
        row._step(Deed.RECORDED, at, by)
        ticket.touched()
        words = {"number": row.number, "ticket": ticket.number, "kind": kind}
        audit.record(Action.COMPLAINT_RECORDED, by=by, on=row, facts=words)
        return row

    # --- what it is

    @property
    def label(self) -> str:
        return label(self.number)

    @property
    def must_be_called(self) -> bool:
        """Whether the supervisor's call is still owed."""
        return (
            self.call_due_at is not None and self.called_at is None and self.state in (S.OPEN, S.TO_APPROVE)
        )

    def is_overdue(self, at: datetime) -> bool:
        """Whether the supervisor's call is late."""
        return self.must_be_called and self.call_due_at is not None and at > self.call_due_at

    def possible(self) -> list[Deed]:
        """What can be done now, in the order of the list."""
        return [deed for deed, states in POSSIBLE.items() if self.state in states]

    # --- what is done about it

    def hand_to(self, owner: Staff, *, by: Staff, reason: str = "") -> ComplaintStep:
        """Give it to another owner. Raises Invalid for somebody of another programme or who has it already."""
        _require_member(owner, self.ticket)
        if owner.id == self.owner_id:
            raise Invalid(_("すでにこの人の担当です。"), code="owner_already")
        at = self._at(Deed.HANDED)
        self.owner = owner
        return self._done(Deed.HANDED, at, by, reason, owner=owner.id.hex)

    def call(self, *, by: Staff, text: str, reached: bool) -> ComplaintStep:
        """A supervisor rang the caller; the first call that reached them meets the term.

        Raises Forbidden for who is no supervisor, Invalid without what was said or why nobody was reached."""
        self._require_handler(by)
        _require(text, _("話したこと、またはつながらなかった様子を入力してください。"), "text_missing")
        at = self._at(Deed.CALLED)
        if reached:
            self.called_at = self.called_at or at
        return self._done(Deed.CALLED, at, by, text, reached=reached)

    def note(self, *, by: Staff, text: str) -> ComplaintStep:
        """Something was done about it. Raises Invalid without a text."""
        _require(text, _("したことを入力してください。"), "text_missing")
        return self._done(Deed.DONE, self._at(Deed.DONE), by, text)

    def ask_to_close(self, *, by: Staff, text: str) -> ComplaintStep:
        """The owner, or a supervisor, says what came of it and asks another person to close it.

        Raises Forbidden for others, Conflict before the supervisor's call, Invalid without a result."""
        if by.id != self.owner_id and not by.may(Permission.COMPLAINTS_HANDLE):
            raise Forbidden(_("完了の承認を頼めるのは、担当者と責任者だけです。"), code="not_owner")
        _require(text, _("対応の結果を入力してください。"), "text_missing")
        at = self._at(Deed.CLOSING_ASKED)
        if self.must_be_called:
            raise Conflict(
                _("責任者の電話がまだです。電話して記録してから、完了の承認を頼んでください。"),
                code="call_missing",
            )
        self.state, self.closing_asked_by_id = S.TO_APPROVE, by.id
        return self._done(Deed.CLOSING_ASKED, at, by, text)

    def approve(self, *, by: Staff, text: str = "") -> ComplaintStep:
        """A supervisor who did not ask for it closes it. Raises Forbidden for anybody else."""
        self._require_handler(by)
        at = self._at(Deed.APPROVED)
        if by.id == self.closing_asked_by_id:
            raise Forbidden(
                _("承認を頼んだ人は、自分で承認できません。ほかの責任者に頼んでください。"),
                code="same_person",
            )
        self.state, self.approved_by_id, self.settled_at = S.CLOSED, by.id, at
        return self._done(Deed.APPROVED, at, by, text)

    def send_back(self, *, by: Staff, reason: str) -> ComplaintStep:
        """Not yet: the owner goes on. Raises Forbidden for who is no supervisor, Invalid without a reason."""
        self._require_handler(by)
        _require(reason, _("差し戻す理由を入力してください。"), "reason_missing")
        at = self._at(Deed.SENT_BACK)
        self.state, self.closing_asked_by_id = S.OPEN, None
        return self._done(Deed.SENT_BACK, at, by, reason)

    def withdraw(self, *, by: Staff, reason: str) -> ComplaintStep:
        """It was recorded by mistake. Raises Forbidden for who is no supervisor, Invalid without a reason."""
        self._require_handler(by)
        _require(reason, _("取り下げる理由を入力してください。"), "reason_missing")
        at = self._at(Deed.WITHDRAWN)
        self.state, self.settled_at = S.WITHDRAWN, at
        return self._done(Deed.WITHDRAWN, at, by, reason)

    def _at(self, deed: Deed) -> datetime:
        if self.state not in POSSIBLE[deed]:
            possible = "・".join(str(DEEDS[each]) for each in self.possible()) or _("ありません")
            message = _(
                "「%(state)s」の苦情に「%(deed)s」はできません。今できるのは %(possible)s です。",
                state=STATES[self.state],
                deed=DEEDS[deed],
                possible=possible,
            )
            raise Conflict(message, code="impossible_transition")
        return clock.now()

    def _require_handler(self, by: Staff) -> None:
        if not by.may(Permission.COMPLAINTS_HANDLE) or self.programme_id not in by.programme_ids:
            raise Forbidden(_("これができるのは責任者だけです。"), code="supervisor_only")

    def _done(self, deed: Deed, at: datetime, by: Staff, text: str, **facts: object) -> ComplaintStep:
        step = self._step(deed, at, by, text)
        self.ticket.touched()
        words = {"number": self.number, "deed": deed, **facts}
        audit.record(Action.COMPLAINT_CHANGED, by=by, on=self, facts=words)
        return step

    def _step(self, deed: Deed, at: datetime, by: Staff, text: str = "") -> ComplaintStep:
        paste_guard(text)
        step = ComplaintStep(complaint=self, group=self.group, deed=deed, at=at, by=by)
        step.text = text.strip() or None
        db.session.add(step)
        return step


class ComplaintStep(Grouped, Row):
    """One thing that was done about a complaint."""

    __tablename__ = "complaint_step"
    __subject__ = belongs_to("complaint_id", show=("deed",), at="at")

    complaint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("complaint.id"), index=True)
    deed: Mapped[Deed] = mapped_column(Choice(Deed))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    text = sealed(Item.CONSULTATION)

    complaint: Mapped[Complaint] = relationship(back_populates="steps")
    by: Mapped[Staff] = relationship(Staff)


def label(number: int) -> str:
    """K-000012: how a complaint's number is written and read out."""
    return f"K-{number:06d}"


def _call_due_at(at: datetime, hours: OfficeHours) -> datetime:
    """The close of the business day after the day on which it came, whatever the hour."""
    return hours.closing(hours.nth_business_day(clock.japan(at).date(), CALL_WITHIN))


def why_open(ticket: Ticket) -> list[str]:
    """What is open on a ticket: each complaint that nobody has closed. A guard of `tickets.records.closing`."""
    query = select(Complaint).where(Complaint.ticket_id == ticket.id, Complaint.is_open())
    rows = db.session.scalars(query.order_by(Complaint.number))
    return [
        _("苦情 %(label)s が「%(state)s」です。", label=row.label, state=STATES[row.state]) for row in rows
    ]


def _require(text: str, message: str, code: str) -> None:
    if not text.strip():
        raise Invalid(message, code=code)


def _require_member(owner: Staff, ticket: Ticket) -> None:
    if ticket.programme_id not in owner.programme_ids:
        raise Invalid(_("この人は、この事業の担当に登録されていません。"), code="owner_elsewhere")
