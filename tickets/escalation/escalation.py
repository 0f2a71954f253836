"""Escalations: a question to the ward, from the office's first word to the answer that reached the caller.

The form is that of the paper 票, so that both can stand for each other. Source: docs/rules.md#escalation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.business_time import OfficeHours
from callcenter.db import Choice, InPeriod, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, Kind, sealed
from callcenter.programmes import next_number
from tickets.escalation import urgency as rules
from tickets.escalation.urgency import WARD_HOURS, Matter, Urgency
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket

LONGEST_PAPER = 60


class EscalationState(StrEnum):
    """Who owes the next word: the ward, the office (asked back), the office to the caller (answered), nobody."""

    WITH_WARD = "with_ward"
    ASKED_BACK = "asked_back"
    ANSWERED = "answered"
    TOLD = "told"
    WITHDRAWN = "withdrawn"


STATES = {
    EscalationState.WITH_WARD: "区の回答待ち",
    EscalationState.ASKED_BACK: "区からの照会",
    EscalationState.ANSWERED: "回答あり",
    EscalationState.TOLD: "相談者へ回答済み",
    EscalationState.WITHDRAWN: "取下げ",
}


class Deed(StrEnum):
    """What was done to an escalation."""

    RAISED = "raised"
    RANG = "rang"
    ASKED_BACK = "asked_back"
    REPLIED = "replied"
    ANSWERED = "answered"
    TOLD = "told"
    WITHDRAWN = "withdrawn"


S = EscalationState
POSSIBLE: dict[Deed, frozenset[EscalationState]] = {
    Deed.RANG: frozenset({S.WITH_WARD, S.ASKED_BACK}),
    Deed.ASKED_BACK: frozenset({S.WITH_WARD}),
    Deed.REPLIED: frozenset({S.ASKED_BACK}),
    Deed.ANSWERED: frozenset({S.WITH_WARD, S.ASKED_BACK}),
    Deed.TOLD: frozenset({S.ANSWERED}),
    Deed.WITHDRAWN: frozenset({S.WITH_WARD, S.ASKED_BACK}),
}
DEEDS = {
    Deed.RAISED: "区へ照会",
    Deed.RANG: "区へ電話",
    Deed.ASKED_BACK: "区からの照会",
    Deed.REPLIED: "照会への返事",
    Deed.ANSWERED: "区の回答",
    Deed.TOLD: "相談者へ回答",
    Deed.WITHDRAWN: "取下げ",
}


@dataclass(frozen=True)
class OnPaper:
    """The ward's word came on a printed 票: who of the ward signed it, and the number on the paper."""

    ward_name: str
    number: str


@dataclass(frozen=True)
class Question:
    """What the ward is asked. `because`: why values of a person stand in the texts, when they have to."""

    matter: Matter
    urgency: Urgency
    summary: str
    question: str
    proposal: str = ""
    wanted_at: datetime | None = None
    application: Application | None = None
    because: str = ""


class Escalation(InPeriod, Grouped, Row):
    """One question to the ward (エスカレーション票). It says who asks by the application's number alone."""

    __tablename__ = "escalation"
    __subject__ = belongs_to("ticket_id", show=("number", "state"), at="raised_at")
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        Index("ix_escalation_state", "programme_id", "state", "due_at"),
        Index("ix_escalation_raised", "period_id", "raised_at"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[int]
    matter: Mapped[Matter] = mapped_column(Choice(Matter))
    urgency: Mapped[Urgency] = mapped_column(Choice(Urgency))
    state: Mapped[EscalationState] = mapped_column(Choice(EscalationState), default=EscalationState.WITH_WARD)
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("application.id"))
    raised_at: Mapped[datetime] = mapped_column(Moment)
    raised_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    wanted_at: Mapped[datetime | None] = mapped_column(Moment)
    ring_by: Mapped[datetime | None] = mapped_column(Moment)
    rung_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    asked_back_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    is_for_faq: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()
    summary = sealed(Item.CONSULTATION, nullable=False)
    question = sealed(Item.CONSULTATION, nullable=False)
    proposal = sealed(Item.CONSULTATION)
    because = sealed(Item.CONSULTATION)

    __mapper_args__ = {"version_id_col": version}

    ticket: Mapped[Ticket] = relationship(Ticket)
    application: Mapped[Application | None] = relationship(Application)
    raised_by: Mapped[Staff] = relationship(Staff)
    steps: Mapped[list[EscalationStep]] = relationship(
        back_populates="escalation", order_by="EscalationStep.at"
    )

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Escalation]:
        """Questions on tickets that the person may see."""
        return select(cls).join(Ticket, Ticket.id == cls.ticket_id).where(*Ticket.visibility(person))

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """Whether somebody still owes a word."""
        return cls.state.in_([S.WITH_WARD, S.ASKED_BACK, S.ANSWERED])

    @classmethod
    def ask(
        cls, ticket: Ticket, asked: Question, *, by: Staff, hours: OfficeHours = WARD_HOURS
    ) -> Escalation:
        """Put a question to the ward; the ticket waits for its answer.

        Raises Invalid for missing texts, less urgency than the matter has, a wished day in the past, or an application
        that is none of the ticket's; Conflict for a ticket that is closed."""
        if ticket.is_closed:
            raise Conflict(
                _("このチケットは完了しています。再開してから区へ照会してください。"), code="ticket_closed"
            )
        _require_texts(summary=asked.summary, question=asked.question)
        if not rules.fits(asked.matter, asked.urgency):
            raise Invalid(
                _("この用件は、選んだ緊急度より急ぎです。緊急度を上げてください。"), code="urgency_too_low"
            )
        at = clock.now()
        if asked.wanted_at is not None and asked.wanted_at <= at:
            raise Invalid(_("回答希望日時は、いまより後にしてください。"), code="wanted_in_past")
        if asked.application is not None and asked.application not in ticket.applications:
            raise Invalid(_("このチケットに結び付けた申請から選んでください。"), code="application_elsewhere")
        row = cls(
            period_id=ticket.period_id,
            group=ticket.group,
            programme_id=ticket.programme_id,
            ticket=ticket,
            number=next_number(ticket.programme_id, Kind.ESCALATION),
            matter=asked.matter,
            urgency=asked.urgency,
            state=S.WITH_WARD,
            application=asked.application,
            raised_at=at,
            raised_by=by,
            wanted_at=asked.wanted_at,
            ring_by=rules.ring_by(asked.urgency, at),
            due_at=rules.due_at(asked.urgency, at, hours),
        )
        row.summary, row.question = asked.summary.strip(), asked.question.strip()
        row.proposal, row.because = asked.proposal.strip() or None, asked.because.strip() or None
        db.session.add(row)
        row._step(Deed.RAISED, at, by, "")
        if ticket.state is TicketState.OPEN:
            ticket.change_state(TicketState.WAITING, by=by, reason=_("区へ照会 %(label)s", label=row.label))
        else:
            ticket.touched()
        facts = {"number": row.number, "ticket": ticket.number, "urgency": row.urgency, "matter": row.matter}
        audit.record(Action.ESCALATION_RAISED, by=by, on=row, facts=facts)
        return row

    # --- what it is

    @property
    def label(self) -> str:
        return label(self.number)

    @property
    def is_settled(self) -> bool:
        return self.state in (S.TOLD, S.WITHDRAWN)

    @property
    def must_be_rung(self) -> bool:
        """Whether the supervisor has still to ring the ward about it."""
        return self.ring_by is not None and self.rung_at is None and self.state in POSSIBLE[Deed.RANG]

    @property
    def answer(self) -> EscalationStep | None:
        """The ward's answer, the newest."""
        return next((step for step in reversed(self.steps) if step.deed is Deed.ANSWERED), None)

    def is_overdue(self, at: datetime) -> bool:
        """Whether the ward's answer is late."""
        return self.state is S.WITH_WARD and at > self.due_at

    def possible(self) -> list[Deed]:
        """What can be done now, in the order of the list."""
        return [deed for deed, states in POSSIBLE.items() if self.state in states]

    # --- what is done to it

    def rang(self, *, by: Staff, spoke_with: str, said: str) -> EscalationStep:
        """即時: the supervisor rang the ward; with whom, and what was said. Raises Invalid without a name."""
        if not spoke_with.strip():
            raise Invalid(_("電話に出た人の名前を入力してください。"), code="name_missing")
        at = self._require(Deed.RANG)
        self.rung_at = self.rung_at or at
        step = self._step(Deed.RANG, at, by, said, ward_name=spoke_with)
        audit.record(Action.ESCALATION_RUNG, by=by, on=self, facts={"number": self.number})
        return step

    def ask_back(self, *, by: Staff, text: str, paper: OnPaper | None = None) -> EscalationStep:
        """The ward needs to know more; its clock stands still. Raises as `answer_with` does."""
        _require_texts(text=text)
        ward_name = _wards_word(by, paper)
        at = self._require(Deed.ASKED_BACK)
        self.state, self.asked_back_at = S.ASKED_BACK, at
        step = self._step(Deed.ASKED_BACK, at, by, text, ward_name=ward_name, paper=paper)
        audit.record(Action.ESCALATION_ASKED_BACK, by=by, on=self, facts=self._facts(paper))
        return step

    def reply(self, *, by: Staff, text: str, hours: OfficeHours = WARD_HOURS) -> EscalationStep:
        """The office tells the ward what it asked; the ward's clock runs again."""
        _require_texts(text=text)
        at = self._require(Deed.REPLIED)
        assert self.asked_back_at is not None
        self.due_at = rules.resumed(self.due_at, self.asked_back_at, at, hours)
        self.state, self.asked_back_at = S.WITH_WARD, None
        step = self._step(Deed.REPLIED, at, by, text)
        audit.record(Action.ESCALATION_REPLIED, by=by, on=self, facts={"number": self.number})
        return step

    def answer_with(
        self, *, by: Staff, text: str, is_for_faq: bool = False, paper: OnPaper | None = None
    ) -> EscalationStep:
        """The ward's answer: its own word, or from a signed paper that the office enters. The ticket is open again.

        Raises Forbidden unless the word is the ward's, Invalid for a paper without number or name, Conflict when there is
        nothing to answer."""
        _require_texts(text=text)
        ward_name = _wards_word(by, paper)
        at = self._require(Deed.ANSWERED)
        self.state, self.answered_at, self.is_for_faq, self.asked_back_at = S.ANSWERED, at, is_for_faq, None
        step = self._step(Deed.ANSWERED, at, by, text, ward_name=ward_name, paper=paper)
        facts = self._facts(paper) | {"in_time": at <= self.due_at}
        audit.record(Action.ESCALATION_ANSWERED, by=by, on=self, facts=facts)
        self._wake(by)
        return step

    def tell(self, *, by: Staff, text: str = "") -> EscalationStep:
        """The caller has the answer now. Raises Conflict before the ward has answered."""
        at = self._require(Deed.TOLD)
        self.state, self.told_at = S.TOLD, at
        step = self._step(Deed.TOLD, at, by, text)
        audit.record(Action.ESCALATION_TOLD, by=by, on=self, facts={"number": self.number})
        return step

    def withdraw(self, *, by: Staff, reason: str) -> EscalationStep:
        """It needs no answer any more. Raises Invalid without a reason."""
        if not reason.strip():
            raise Invalid(_("取り下げる理由を入力してください。"), code="reason_missing")
        at = self._require(Deed.WITHDRAWN)
        self.state, self.asked_back_at = S.WITHDRAWN, None
        step = self._step(Deed.WITHDRAWN, at, by, reason)
        audit.record(Action.ESCALATION_WITHDRAWN, by=by, on=self, facts={"number": self.number})
        self._wake(by)
        return step

    def _require(self, deed: Deed) -> datetime:
        if self.state not in POSSIBLE[deed]:
            possible = "・".join(DEEDS[each] for each in self.possible()) or _("ありません")
            message = _(
                "「%(state)s」の照会に「%(deed)s」はできません。今できるのは %(possible)s です。",
                state=STATES[self.state],
                deed=DEEDS[deed],
                possible=possible,
            )
            raise Conflict(message, code="impossible_transition")
        return clock.now()

    def _facts(self, paper: OnPaper | None) -> dict[str, object]:
        return {"number": self.number, "paper": paper.number if paper else ""}

    def _wake(self, by: Staff) -> None:
        """The ticket is the agent's again, unless another question of it is still with the ward."""
        others = select(Escalation.id).where(
            Escalation.ticket_id == self.ticket_id,
            Escalation.id != self.id,
            Escalation.state.in_([S.WITH_WARD, S.ASKED_BACK]),
        )
        if self.ticket.state is TicketState.WAITING and not db.session.scalar(select(others.exists())):
            reason = _("%(label)s %(state)s", label=self.label, state=STATES[self.state])
            self.ticket.change_state(TicketState.OPEN, by=by, reason=reason)
        else:
            self.ticket.touched()

    def _step(
        self,
        deed: Deed,
        at: datetime,
        by: Staff,
        text: str,
        *,
        ward_name: str = "",
        paper: OnPaper | None = None,
    ) -> EscalationStep:
        paste_guard(text)
        step = EscalationStep(
            escalation=self,
            group=self.group,
            deed=deed,
            at=at,
            by=by,
            paper=paper.number.strip() if paper else None,
        )
        step.text, step.ward_name = text.strip() or None, ward_name.strip() or None
        db.session.add(step)
        return step


class EscalationStep(Grouped, Row):
    """One word in the exchange with the ward. `ward_name`: who of the ward spoke or signed, when they did not sign in."""

    __tablename__ = "escalation_step"
    __subject__ = belongs_to("escalation_id", show=("deed",), at="at")
    __table_args__ = (CheckConstraint("paper IS NULL OR paper <> ''", name="paper"),)

    escalation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("escalation.id"), index=True)
    deed: Mapped[Deed] = mapped_column(Choice(Deed))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    paper: Mapped[str | None] = mapped_column(Words(Why.NUMBER, LONGEST_PAPER))
    text = sealed(Item.CONSULTATION)
    ward_name = sealed(Item.NAME)

    escalation: Mapped[Escalation] = relationship(back_populates="steps")
    by: Mapped[Staff] = relationship(Staff)


def label(number: int) -> str:
    """E-000012: how an escalation's number is written and read out."""
    return f"E-{number:06d}"


def _require_texts(**texts: str) -> None:
    missing = {"summary": _("相談の概要"), "question": _("区への質問"), "text": _("内容")}
    for name, text in texts.items():
        if not text.strip():
            raise Invalid(_("%(name)sを入力してください。", name=missing[name]), code=f"{name}_missing")


def _wards_word(by: Staff, paper: OnPaper | None) -> str:
    """The name of the ward's person when they did not sign in. Raises Forbidden unless the word is the ward's."""
    if paper is None:
        if by.side is not Side.WARD or not by.may(Permission.ESCALATIONS_ANSWER):
            raise Forbidden(_("回答できるのは区の職員だけです。"), code="ward_answers")
        return ""
    if not by.may(Permission.ESCALATIONS_ENTER):
        raise Forbidden(_("紙の回答を入力できるのは責任者だけです。"), code="paper_not_entered")
    if not paper.number.strip() or len(paper.number) > LONGEST_PAPER or not paper.number.isprintable():
        message = _("紙の番号を%(longest)d文字までで入力してください。", longest=LONGEST_PAPER)
        raise Invalid(message, code="paper_number")
    if not paper.ward_name.strip():
        raise Invalid(_("紙に回答した区の職員の名前を入力してください。"), code="name_missing")
    return paper.ward_name
