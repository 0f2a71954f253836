"""支援措置: callers whose whereabouts must stay unknown. Silent for agents, off until the ward approved the item.

Nobody on the phone sees the flag. Whoever asks to see or tell such a person's data gets the same neutral words
as after a mismatch, and the supervisors are told. Source: docs/rules.md#protection."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, db
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.callers import Caller, staff_id
from callcenter.permissions import Permission
from callcenter.privacy import approvals, audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.items import Extra, Item
from callcenter.privacy.subjects import Erase, belongs_to
from callcenter.privacy.vault import Grouped, sealed

NEUTRAL_WORDS = _l(
    "お話しいただいた内容では、こちらで確認ができませんでした。担当から改めてご連絡します。(SVに引き継いでください)"
)
"""What is shown when something may not be told: one text for a mismatch, a lock and a protected person alike."""


class Mark(StrEnum):
    SET = "set"
    LIFTED = "lifted"


class Protection(Grouped, Row):
    """The flag was set or lifted: by whom, when, why. The newest row of a caller counts."""

    __tablename__ = "protection"
    __subject__ = belongs_to("caller_id", erase=Erase.ROW, at="at")

    caller_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"), index=True)
    mark: Mapped[Mark] = mapped_column(Choice(Mark))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: str = sealed(Item.CONSULTATION, nullable=False)

    caller: Mapped[Caller] = relationship(Caller)


class ProtectionAlert(Row):
    """Somebody wanted to see or tell a protected person's data: supervisors see this until one confirms it."""

    __tablename__ = "protection_alert"
    __subject__ = belongs_to("caller_id", erase=Erase.ROW, at="at")

    caller_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    caller: Mapped[Caller] = relationship(Caller)

    @classmethod
    def visible_to(cls, person: Any) -> Select[ProtectionAlert]:
        """Alerts about callers of a person's programmes, for those who may know of the flag; newest first."""
        query = select(cls).where(cls.caller_id.in_(Caller.visible_to(person).with_only_columns(Caller.id)))
        return query.where(person.may(Permission.PROTECTION_READ)).order_by(cls.at.desc())

    def confirm(self, *, by: Actor) -> None:
        """A supervisor has seen it. Raises Conflict when somebody had before."""
        if self.seen_at is not None:
            raise Conflict("この通知はすでに確認されています。", code="alert_seen")
        self.seen_at, self.seen_by_id = clock.now(), staff_id(by)
        audit.record(Action.PROTECTION_ALERT_SEEN, by=by, on=self)


def set_mark(caller: Caller, mark: Mark, *, by: Any, reason: str) -> Protection:
    """Set or lift the flag of a caller. Raises Forbidden for those who may not and while the ward has not approved
    the item (rule: only approved items), Invalid without a reason, Conflict when nothing would change."""
    if not by.may(Permission.PROTECTION_WRITE):
        raise Forbidden("支援措置の設定は区職員だけが行えます。", code="protection_write")
    if mark is Mark.SET and not approvals.is_approved(caller.period.programme_id, Extra.PROTECTION_FLAG):
        raise Forbidden(
            "支援措置の項目は、区の付議番号と日付が登録されるまで使えません。", code="item_not_approved"
        )
    if not reason.strip():
        raise Invalid("理由を入力してください。", code="reason_missing")
    if is_marked(caller) is (mark is Mark.SET):
        raise Conflict("すでにその状態です。", code="protection_unchanged")
    row = Protection(group=caller.group, caller_id=caller.id, mark=mark, at=clock.now(), by_id=staff_id(by))
    row.reason = reason
    db.session.add(row)
    audit.record(Action.PROTECTION_CHANGED, by=by, on=caller, facts={"mark": mark.value}, reason=reason)
    return row


def is_protected(*callers: Caller) -> bool:
    """Whether one of these callers, or of those merged with them, carries the flag now. Never shown; only acted upon."""
    return any(is_marked(member) for caller in callers for member in caller.family)


def is_marked(caller: Caller) -> bool:
    """Whether this one record carries the flag now."""
    query = select(Protection.mark).where(Protection.caller_id == caller.id)
    newest = db.session.scalars(query.order_by(Protection.at.desc(), Protection.id.desc())).first()
    return newest is Mark.SET


def alert(caller: Caller, *, by: Actor) -> None:
    """Tell the supervisors that somebody wanted a protected person's data. Call it where the answer is withheld;
    the answer itself must be `NEUTRAL_WORDS` with the status of any other answer."""
    db.session.add(ProtectionAlert(caller_id=caller.id, at=clock.now(), asked_by_id=staff_id(by)))
    audit.record(Action.PROTECTION_ASKED, by=by, on=caller, result="refused")
