"""Application records (申請記録): who applied for which children's hours, where it stands, and who decided."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    Select,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.applications import hours, matching
from callcenter.applications.flow import DECIDED, STATES, State, side_of
from callcenter.applications.guards import DECIDED_WORDS
from callcenter.applications.matching import Fact
from callcenter.calendar import REIWA_BEGINS
from callcenter.db import Choice, InPeriod, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.callers import Caller, staff_id
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.items import Item
from callcenter.privacy.lens.folding import fold
from callcenter.privacy.subjects import Erase, PersonKind, belongs_to, is_person
from callcenter.privacy.vault import Grouped, Kind, new_group, sealed
from callcenter.programmes import Period, Programme, next_number


class Channel(StrEnum):
    LOGO = "logo"
    POST = "post"


CHANNELS = {Channel.LOGO: _l("LoGoフォーム"), Channel.POST: _l("郵送")}


class Band(StrEnum):
    """Day is 7:00 to 22:00, night the rest."""

    DAY = "day"
    NIGHT = "night"


BANDS = {Band.DAY: _l("昼間"), Band.NIGHT: _l("夜間")}


@dataclass(frozen=True)
class Declared:
    """What an applicant wrote about themselves, exactly as written."""

    name: str
    kana: str | None = None
    address: str | None = None
    phone: str | None = None
    mail: str | None = None
    account: str | None = None


class Application(InPeriod, Grouped, Row):
    """One application as it was received. `fiscal_year` is that of the uses, the period that of the receipt."""

    __tablename__ = "application"
    __subject__ = is_person(
        PersonKind.APPLICANT, show=("number", "fiscal_year", "channel", "state"), at="received_at"
    )
    __table_args__ = (
        UniqueConstraint("programme_id", "number", name="uq_application_number"),
        UniqueConstraint("programme_id", "external_id", name="uq_application_external_id"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[str] = mapped_column(Words(Why.NUMBER, 20))
    external_id: Mapped[str | None] = mapped_column(Words(Why.NUMBER, 80))
    fiscal_year: Mapped[int]
    channel: Mapped[Channel] = mapped_column(Choice(Channel))
    received_at: Mapped[datetime] = mapped_column(Moment, index=True)
    entered_at: Mapped[datetime] = mapped_column(Moment)
    entered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[State] = mapped_column(Choice(State))
    applicant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("caller.id"), index=True)
    name: str = sealed(Item.NAME, nullable=False)
    kana: str | None = sealed(Item.NAME)
    address: str | None = sealed(Item.ADDRESS)
    phone: str | None = sealed(Item.PHONE)
    mail: str | None = sealed(Item.MAIL)
    account: str | None = sealed(Item.ACCOUNT)

    period: Mapped[Period] = relationship(Period)
    programme: Mapped[Programme] = relationship(Programme)
    applicant: Mapped[Caller | None] = relationship(Caller)
    children: Mapped[list[Child]] = relationship(back_populates="application", order_by="Child.position")
    history: Mapped[list[StateChange]] = relationship(
        back_populates="application", order_by="StateChange.at, StateChange.id"
    )
    decisions: Mapped[list[Decision]] = relationship(
        back_populates="application", order_by="Decision.at, Decision.id"
    )

    @classmethod
    def receive(
        cls,
        period: Period,
        declared: Declared,
        *,
        by: Actor,
        channel: Channel,
        received_at: datetime,
        fiscal_year: int,
        applicant: Caller | None = None,
        external_id: str | None = None,
        number: str | None = None,
        recorded: bool = True,
    ) -> Application:
        """Take in an application (受付): its number, its keys, its first state. `received_at` is when it arrived.

        `number` may be one of many taken at once (`take_numbers`); `recorded=False` leaves the audit row to the
        one who makes many. Raises Invalid when the arrival lies in the future or the applicant in another programme."""
        if received_at > clock.now():
            raise Invalid("到着日時が未来になっています。", code="received_in_future")
        if (
            applicant is not None
            and applicant.period_id != period.id
            and applicant.period.programme_id != period.programme_id
        ):
            raise Invalid("ほかの事業の相談者は申請者にできません。", code="other_programme")
        application = cls(
            group=new_group(period.id, Kind.APPLICATION),
            period_id=period.id,
            programme_id=period.programme_id,
            number=number or take_numbers(period)[0],
            external_id=external_id,
            fiscal_year=fiscal_year,
            channel=channel,
            received_at=received_at,
            entered_at=clock.now(),
            entered_by_id=staff_id(by),
            state=State.RECEIVED,
            applicant=applicant,
            name=declared.name,
            kana=declared.kana,
            address=declared.address,
            phone=declared.phone,
            mail=declared.mail,
            account=declared.account,
        )
        application.period = period
        db.session.add(application)
        application._note_change(None, State.RECEIVED, by, received_at, None, None)
        if recorded:
            audit.record(
                Action.APPLICATION_CREATED, by=by, on=application, facts={"number": application.number}
            )
        return application

    @classmethod
    def visible_to(cls, person: Any) -> Select[Application]:
        """Applications of the programmes that a person is assigned to."""
        return select(cls).where(cls.period_id.in_(person.period_ids))

    # --- what it is

    @property
    def state_label(self) -> Any:
        return STATES[self.state]

    @property
    def decision(self) -> Decision | None:
        """The decision that stands, if any: the newest one, while the application is decided."""
        return self.decisions[-1] if self.decisions and self.state in DECIDED else None

    def matches(self, fact: Fact, said: str) -> bool:
        """Whether what a caller said is what the record holds. The operator learns nothing but yes or no."""
        if fact is Fact.NUMBER:
            return matching.is_same_number(said, self.number)
        if fact is Fact.APPLICANT_NAME:
            return matching.is_same_name(said, self.name, self.kana)
        if fact is Fact.CHILD_BIRTH_DATE:
            return matching.is_same_day(said, *(child.birth_date for child in self.children))
        if fact is Fact.ADDRESS:
            return matching.is_same_address(said, self.address)
        return matching.is_same_phone(said, self.phone)

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("application", self.id)]

    # --- what it does

    def add_child(
        self, *, name: str, kana: str | None = None, birth_date: date | None = None, is_multiple: bool = False
    ) -> Child:
        """Add a child; `is_multiple` for one of twins or more (多胎)."""
        child = Child(
            group=self.group,
            position=len(self.children),
            is_multiple=is_multiple,
            name=name,
            kana=kana,
            birth_date=birth_date.isoformat() if birth_date else None,
        )
        child.identity = child.identity_under(self.period_id)
        self.children.append(child)
        return child

    def move(
        self, after: State, *, by: Any, reason: str | None = None, at: datetime | None = None
    ) -> StateChange:
        """Move on to a state that is no decision.

        Raises Forbidden when the move is the other side's or the person may not move applications, Conflict when
        there is no such move, Invalid for a decision (see `decide`)."""
        if after in DECIDED:
            raise Invalid("決定は「決定」から行ってください。", code="decision_needed")
        self._require_move(after, by)
        before, self.state = self.state, after
        change = self._note_change(before, after, by, at or clock.now(), reason, None)
        self._record(Action.APPLICATION_STATE_CHANGED, before, after, by, reason)
        return change

    def decide(
        self,
        outcome: State,
        *,
        by: Any,
        decided_on: date,
        reason: str | None = None,
        amount: int | None = None,
        document_number: str | None = None,
        at: datetime | None = None,
    ) -> Decision:
        """The ward decides: 交付決定, 一部交付 or 不交付決定. `amount` is in yen.

        Raises Forbidden for anybody but ward staff, Conflict unless the ward is reviewing, Invalid for an outcome that
        is no decision, an amount that does not fit it, or a refusal without a reason."""
        if outcome not in DECIDED:
            raise Invalid("決定の種類を選んでください。", code="no_decision")
        self._require_move(outcome, by)
        if (outcome is State.REFUSED) is bool(amount):
            raise Invalid("不交付の金額は空欄に、交付の金額は1円以上にしてください。", code="decision_amount")
        if outcome is not State.GRANTED and not (reason or "").strip():
            raise Invalid("一部交付・不交付の理由を入力してください。", code="reason_missing")
        decision = Decision(
            group=self.group,
            outcome=outcome,
            decider_id=by.id,
            decider_side=by.side,
            at=at or clock.now(),
            decided_on=decided_on,
            amount=amount or None,
            document_number=document_number or None,
            reason=reason or None,
        )
        before = self.state
        self.decisions.append(decision)
        db.session.flush()  # the database lets the state be decided once the decision stands
        self.state = outcome
        self._note_change(before, outcome, by, decision.at, reason, decision)
        self._record(Action.APPLICATION_DECIDED, before, outcome, by, reason)
        return decision

    def _require_move(self, after: State, by: Any) -> None:
        side = side_of(self.state, after)
        if side is None:
            raise Conflict(
                "いまの状態からは、その状態に進められません。開き直してください。", code="no_such_step"
            )
        needed = Permission.APPLICATIONS_DECIDE if side is Side.WARD else Permission.APPLICATIONS_WRITE
        if getattr(by, "side", None) is not side or not by.may(needed):
            message = (
                "この状態を変えられるのは区職員だけです。"
                if side is Side.WARD
                else "この状態を変える権限がありません。"
            )
            raise Forbidden(message, code="other_side")

    def _note_change(
        self,
        before: State | None,
        after: State,
        by: Actor,
        at: datetime,
        reason: str | None,
        decision: Decision | None,
    ) -> StateChange:
        change = StateChange(
            group=self.group,
            before=before,
            after=after,
            at=at,
            by_id=staff_id(by),
            by_side=getattr(by, "side", Side.CONTRACTOR),
            decision=decision,
            reason=reason or None,
        )
        self.history.append(change)
        return change

    def _record(self, action: Action, before: State, after: State, by: Actor, reason: str | None) -> None:
        facts = {"number": self.number, "before": before.value, "after": after.value}
        audit.record(action, by=by, on=self, facts=facts, reason=reason or None)


class Child(Grouped, Row):
    """A child named in an application. `identity` is the same for the same child in all applications of a period."""

    __tablename__ = "child"
    __subject__ = belongs_to("application_id", show=("is_multiple",))
    __table_args__ = (UniqueConstraint("application_id", "position"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    position: Mapped[int]
    is_multiple: Mapped[bool]
    identity: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    name: str = sealed(Item.NAME, nullable=False)
    kana: str | None = sealed(Item.NAME)
    birth_date: str | None = sealed(Item.BIRTH_DATE)

    application: Mapped[Application] = relationship(back_populates="children")
    uses: Mapped[list[Use]] = relationship(back_populates="child", order_by="Use.used_from")
    transfers: Mapped[list[Transfer]] = relationship(back_populates="child", order_by="Transfer.at")

    @property
    def born_on(self) -> date | None:
        return date.fromisoformat(self.birth_date) if self.birth_date else None

    def identity_under(self, period_id: uuid.UUID) -> bytes | None:
        """The keyed digest of folded kana (or name) and birth date under a period's key: one child, whoever of the
        parents applies. None without a birth date. Source: docs/rules.md#child-identity."""
        if not self.birth_date:
            return None
        who = fold(self.kana or self.name).replace(" ", "")
        return vault.digest(period_id, "child", f"{who}|{self.birth_date}")

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return self.application.lens_keys()

    def add_use(
        self,
        *,
        used_from: datetime,
        used_to: datetime,
        provider: str,
        amount: int,
        band: Band = Band.DAY,
    ) -> list[Use]:
        """Add a use; one that runs past 31 March becomes two, its fee shared by the minute (allocation by clock time).

        `amount` is the childcare fee in yen. Raises ValueError when it ends before it begins."""
        parts = hours.split_by_fiscal_year(used_from, used_to)
        whole, left, uses = hours.minutes_between(used_from, used_to), amount, []
        for year, start, end in parts:
            minutes = hours.minutes_between(start, end)
            share = left if end == used_to else amount * minutes // whole
            left -= share
            uses.append(
                Use(
                    fiscal_year=year,
                    used_from=start,
                    used_to=end,
                    minutes=minutes,
                    provider=provider,
                    amount=share,
                    band=band,
                )
            )
        self.uses.extend(uses)
        return uses

    def add_transfer(self, *, fiscal_year: int, counted_hours: int, from_ward: str, by: Actor) -> Transfer:
        """Hours that another ward granted in a fiscal year before the family moved in (転入前の利用)."""
        if counted_hours < 0:
            raise Invalid("時間数は0以上で入力してください。", code="negative_hours")
        transfer = Transfer(
            fiscal_year=fiscal_year,
            hours=counted_hours,
            from_ward=from_ward,
            at=clock.now(),
            by_id=staff_id(by),
        )
        facts = {"transferred_hours": counted_hours, "fiscal_year": fiscal_year}
        self.transfers.append(transfer)
        audit.record(Action.APPLICATION_UPDATED, by=by, on=self.application, facts=facts)
        return transfer


class Use(Row):
    """One use of a sitter for one child within one fiscal year. `minutes` are those that count."""

    __tablename__ = "use"
    __subject__ = belongs_to(
        "child_id",
        erase=Erase.KEEP,
        show=("used_from", "used_to", "minutes", "provider", "amount", "band"),
        at="used_from",
    )
    __table_args__ = (
        CheckConstraint("used_from < used_to", name="order"),
        CheckConstraint("minutes >= 0 AND amount >= 0", name="not_negative"),
    )

    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("child.id"), index=True)
    fiscal_year: Mapped[int]
    used_from: Mapped[datetime] = mapped_column(Moment)
    used_to: Mapped[datetime] = mapped_column(Moment)
    minutes: Mapped[int]
    provider: Mapped[str] = mapped_column(Words(Why.PROVIDER, 120))
    amount: Mapped[int]
    band: Mapped[Band] = mapped_column(Choice(Band))

    child: Mapped[Child] = relationship(back_populates="uses")

    @property
    def hours(self) -> int:
        """Full hours of this use alone."""
        return self.minutes // 60


class Transfer(Row):
    """Hours granted elsewhere, as stated or shown; the newest row of a child and year counts."""

    __tablename__ = "transfer"
    __subject__ = belongs_to(
        "child_id", erase=Erase.KEEP, show=("fiscal_year", "hours", "from_ward"), at="at"
    )
    __table_args__ = (CheckConstraint("hours >= 0", name="not_negative"),)

    child_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("child.id"), index=True)
    fiscal_year: Mapped[int]
    hours: Mapped[int]
    from_ward: Mapped[str] = mapped_column(Words(Why.PLACE, 40))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    child: Mapped[Child] = relationship(back_populates="transfers")


class Decision(Grouped, Row):
    """What the ward decided. The database itself refuses a decider who is not the ward's."""

    __tablename__ = "decision"
    __subject__ = belongs_to(
        "application_id", show=("outcome", "decided_on", "amount", "document_number"), at="at"
    )
    __table_args__ = (
        ForeignKeyConstraint(["decider_id", "decider_side"], ["staff.id", "staff.side"]),
        CheckConstraint("decider_side = 'ward'", name="ward_decides"),
        CheckConstraint(f"outcome IN ({DECIDED_WORDS})", name="outcome"),
        CheckConstraint("(outcome = 'refused') = (amount IS NULL)", name="amount"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    outcome: Mapped[State] = mapped_column(Choice(State))
    decider_id: Mapped[uuid.UUID]
    decider_side: Mapped[Side] = mapped_column(Choice(Side))
    at: Mapped[datetime] = mapped_column(Moment)
    decided_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[int | None]
    document_number: Mapped[str | None] = mapped_column(Words(Why.NUMBER, 60))
    reason: str | None = sealed(Item.CONSULTATION)

    application: Mapped[Application] = relationship(back_populates="decisions")


class StateChange(Grouped, Row):
    """An application went from one state to another: who, when, why. Only the ward leaves 区審査中, only by a
    decision row does an application become decided; the database says so too."""

    __tablename__ = "state_change"
    __subject__ = belongs_to("application_id", show=("before", "after"), at="at")
    __table_args__ = (
        ForeignKeyConstraint(["by_id", "by_side"], ["staff.id", "staff.side"]),
        CheckConstraint("by_id IS NOT NULL OR by_side = 'contractor'", name="known_ward"),
        CheckConstraint(f"by_side = 'ward' OR after NOT IN ({DECIDED_WORDS})", name="ward_decides"),
        CheckConstraint("by_side = 'ward' OR coalesce(before, '') <> 'ward_review'", name="ward_reviews"),
        CheckConstraint(f"decision_id IS NOT NULL OR after NOT IN ({DECIDED_WORDS})", name="decision_row"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    before: Mapped[State | None] = mapped_column(Choice(State))
    after: Mapped[State] = mapped_column(Choice(State))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID | None]
    by_side: Mapped[Side] = mapped_column(Choice(Side))
    decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("decision.id"))
    reason: str | None = sealed(Item.CONSULTATION)

    application: Mapped[Application] = relationship(back_populates="history")
    decision: Mapped[Decision | None] = relationship(Decision)


def take_numbers(period: Period, count: int = 1) -> list[str]:
    """The next 受付番号 of a programme, headed by the year of receipt: ["R8-00123"]."""
    first = next_number(period.programme_id, Kind.APPLICATION, count)
    year = period.fiscal_year - REIWA_BEGINS.year + 1
    return [f"R{year}-{first + step:05d}" for step in range(count)]


def make_known(applications: Iterable[Application]) -> None:
    """Learn the data keys of a list of applications with one query, before their sealed values are read."""
    vault.prefetch(application.group_id for application in applications)
