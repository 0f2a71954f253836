"""The ward's rule of hours for a fiscal year: how many, cut where, approved by whom. Versions, never changed after approval."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from blinker import Signal
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.applications.hours import Cap, Crossing, Fraction
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Forbidden
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.subjects import apart
from callcenter.programmes import Programme

approved = Signal()
"""Sent with the rule that the ward has just approved, inside its transaction, and `by` whom."""


class HoursRule(Row):
    """One version of a programme's rule for one fiscal year. It counts as the ward's word only when approved."""

    __tablename__ = "hours_rule"
    __subject__ = apart("a rule of the ward, about nobody")
    __table_args__ = (
        UniqueConstraint("programme_id", "fiscal_year", "version"),
        ForeignKeyConstraint(["approved_by_id", "approved_by_side"], ["staff.id", "staff.side"]),
        CheckConstraint("approved_by_side = 'ward'", name="approved_by_ward"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approval_dated"),
        CheckConstraint("(approved_by_id IS NULL) = (approved_by_side IS NULL)", name="approval_sided"),
        CheckConstraint("base_hours > 0 AND multiple_hours >= base_hours", name="hours"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    fiscal_year: Mapped[int]
    version: Mapped[int]
    base_hours: Mapped[int] = mapped_column(Integer, default=Cap.base)
    multiple_hours: Mapped[int] = mapped_column(Integer, default=Cap.multiple)
    fraction: Mapped[Fraction] = mapped_column(Choice(Fraction), default=Cap.fraction)
    crossing: Mapped[Crossing] = mapped_column(Choice(Crossing), default=Cap.crossing)
    subtracts_transferred: Mapped[bool] = mapped_column(default=Cap.subtracts_transferred)
    source: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    approved_by_id: Mapped[uuid.UUID | None]
    approved_by_side: Mapped[Side | None] = mapped_column(Choice(Side))

    programme: Mapped[Programme] = relationship(Programme)

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None

    @property
    def cap(self) -> Cap:
        return Cap(
            self.base_hours, self.multiple_hours, self.fraction, self.crossing, self.subtracts_transferred
        )

    def approve(self, *, by: Any) -> None:
        """The ward says that this is its rule. Raises Forbidden for anybody else, Conflict when it was said before."""
        if not by.may(Permission.APPLICATIONS_DECIDE) or by.side is not Side.WARD:
            raise Forbidden("時間数の規則を承認できるのは区職員だけです。", code="ward_only")
        if self.is_approved:
            raise Conflict("この規則はすでに承認されています。", code="rule_approved")
        self.approved_at, self.approved_by_id, self.approved_by_side = clock.now(), by.id, by.side
        facts = {"fiscal_year": self.fiscal_year, "version": self.version}
        audit.record(Action.HOURS_RULE_APPROVED, by=by, on=self, facts=facts)
        approved.send(self, by=by)


def propose(programme_id: uuid.UUID, fiscal_year: int, cap: Cap, *, by: Actor, source: str = "") -> HoursRule:
    """Enter the next version of a year's rule; it waits for the ward's approval."""
    newest = select(func.max(HoursRule.version)).where(
        HoursRule.programme_id == programme_id, HoursRule.fiscal_year == fiscal_year
    )
    rule = HoursRule(
        programme_id=programme_id,
        fiscal_year=fiscal_year,
        version=(db.session.scalar(newest) or 0) + 1,
        base_hours=cap.base,
        multiple_hours=cap.multiple,
        fraction=cap.fraction,
        crossing=cap.crossing,
        subtracts_transferred=cap.subtracts_transferred,
        source=source,
        created_at=clock.now(),
    )
    db.session.add(rule)
    facts = {"fiscal_year": fiscal_year, "version": rule.version}
    audit.record(Action.HOURS_RULE_PROPOSED, by=by, on=rule, facts=facts)
    return rule


def rule_for(programme_id: uuid.UUID, fiscal_year: int) -> HoursRule | None:
    """The rule that counts for a year: the newest approved version, else the newest; None when there is none yet."""
    query = select(HoursRule).where(
        HoursRule.programme_id == programme_id, HoursRule.fiscal_year == fiscal_year
    )
    newest_first = HoursRule.approved_at.is_(None), HoursRule.version.desc()
    return db.session.scalars(query.order_by(*newest_first)).first()
