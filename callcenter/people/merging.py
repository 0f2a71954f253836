"""Two records of one caller become one, and can be two again: nothing is moved, nothing is lost (統合と取消)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Moment, Row, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.callers import Caller, staff_id
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, sealed


class CallerMerge(Grouped, Row):
    """One caller was shown under another from `at` on, until `undone_at`."""

    __tablename__ = "caller_merge"
    __subject__ = belongs_to("merged_id", "into_id", at="at")

    merged_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"), index=True)
    into_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: str = sealed(Item.CONSULTATION, nullable=False)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    undone_reason: str | None = sealed(Item.CONSULTATION)

    merged: Mapped[Caller] = relationship(Caller, foreign_keys=[merged_id])
    into: Mapped[Caller] = relationship(Caller, foreign_keys=[into_id])

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("caller", self.merged_id), ("caller", self.into_id)]


def merge(caller: Caller, into: Caller, *, by: Actor, reason: str) -> CallerMerge:
    """Show `caller` under `into` from now on. Its numbers, mails and history stay with it and show under the survivor.

    Raises Invalid without a reason, and for a caller of another contract year (its keys end at another time);
    Conflict when either was merged already, so that chains and circles cannot come about."""
    if not reason.strip():
        raise Invalid("統合の理由を入力してください。", code="reason_missing")
    if caller.id == into.id:
        raise Invalid("同じ相談者どうしは統合できません。", code="same_caller")
    if caller.period_id != into.period_id:
        raise Invalid("年度の異なる相談者どうしは統合できません。", code="other_period")
    if caller.merged_into_id or into.merged_into_id:
        raise Conflict("すでに統合された相談者です。統合先を開いてください。", code="caller_merged")
    if caller.merged:
        raise Conflict(
            "この相談者には統合された人がいます。こちらを残す側にしてください。", code="merge_chain"
        )
    merged = CallerMerge(
        group=caller.group, merged_id=caller.id, into_id=into.id, at=clock.now(), by_id=staff_id(by)
    )
    merged.reason = reason
    caller.merged_into = into
    db.session.add(merged)
    audit.record(Action.CALLER_MERGED, by=by, on=caller, facts={"into": into.id.hex}, reason=reason)
    return merged


def unmerge(caller: Caller, *, by: Actor, reason: str) -> CallerMerge:
    """Let a merged caller stand for itself again. Raises Conflict when it is not merged, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("統合を取り消す理由を入力してください。", code="reason_missing")
    merged = current_merge(caller)
    if merged is None:
        raise Conflict("この相談者は統合されていません。", code="not_merged")
    merged.undone_at, merged.undone_by_id = clock.now(), staff_id(by)
    merged.undone_reason = reason
    caller.merged_into = None
    audit.record(Action.CALLER_UNMERGED, by=by, on=caller, facts={"from": merged.into_id.hex}, reason=reason)
    return merged


def current_merge(caller: Caller) -> CallerMerge | None:
    """The merge under which this caller is shown elsewhere now, if any."""
    query = select(CallerMerge).where(CallerMerge.merged_id == caller.id, CallerMerge.undone_at.is_(None))
    return db.session.scalars(query.order_by(CallerMerge.at.desc())).first()
