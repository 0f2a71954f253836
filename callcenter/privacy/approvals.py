"""Items outside the seven (七項目以外): off until the ward enters the number and day of its consultation (付議番号).

Every entry is a row with who and when; the newest row of an item counts. Source: docs/rules.md#approved-items."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now, today
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra

NUMBER_LENGTH = 40


class Mark(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ItemApproval(Row):
    """The ward allowed (or no longer allows) an item outside the seven in one programme."""

    __tablename__ = "item_approval"
    __table_args__ = (Index("ix_item_approval_programme_id_item", "programme_id", "item"),)

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    item: Mapped[Extra] = mapped_column(Choice(Extra))
    mark: Mapped[Mark] = mapped_column(Choice(Mark))
    number: Mapped[str] = mapped_column(Words(Why.NUMBER, NUMBER_LENGTH))
    approved_on: Mapped[date] = mapped_column(Date)
    entered_at: Mapped[datetime] = mapped_column(Moment)
    entered_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))


def is_approved(programme_id: uuid.UUID, item: Extra | str) -> bool:
    """Whether a programme may keep this item now. Raises ValueError for a word that is no item."""
    newest = standing(programme_id, Extra(item))
    return newest is not None and newest.mark is Mark.GIVEN and newest.approved_on <= today()


def standing(programme_id: uuid.UUID, item: Extra) -> ItemApproval | None:
    """The newest entry of an item in a programme, or None when the ward never spoke of it."""
    query = select(ItemApproval).where(ItemApproval.programme_id == programme_id, ItemApproval.item == item)
    return db.session.scalars(query.order_by(ItemApproval.entered_at.desc(), ItemApproval.id.desc())).first()


def approve(programme_id: uuid.UUID, item: Extra, *, by: audit.Actor, number: str, on: date) -> ItemApproval:
    """Enter the ward's 付議番号 and day for an item. Raises Invalid for a missing or overlong number or a day to
    come, Conflict when the item is allowed already. Whether `by` may, the page asks (items:approve)."""
    number = number.strip()
    if not number or len(number) > NUMBER_LENGTH or not number.isprintable():
        raise Invalid(f"付議番号を{NUMBER_LENGTH}文字までで入力してください。", code="number_missing")
    if on > today():
        raise Invalid("付議の日付が先の日になっています。", code="day_to_come")
    if is_approved(programme_id, item):
        raise Conflict("この項目はすでに承認されています。", code="item_approved")
    return _enter(programme_id, item, Mark.GIVEN, by, number, on)


def withdraw(programme_id: uuid.UUID, item: Extra, *, by: audit.Actor) -> ItemApproval:
    """The ward no longer allows the item. Raises Conflict when it is not allowed now."""
    known = standing(programme_id, item)
    if known is None or known.mark is Mark.WITHDRAWN:
        raise Conflict("この項目は承認されていません。", code="item_not_approved")
    return _enter(programme_id, item, Mark.WITHDRAWN, by, known.number, today())


def _enter(
    programme_id: uuid.UUID, item: Extra, mark: Mark, by: audit.Actor, number: str, on: date
) -> ItemApproval:
    row = ItemApproval(
        programme_id=programme_id,
        item=item,
        mark=mark,
        number=number,
        approved_on=on,
        entered_at=now(),
        entered_by=by.actor_id,
    )
    db.session.add(row)
    facts = {"item": item.value, "mark": mark.value, "number": number, "approved_on": on.isoformat()}
    audit.record(Action.ITEM_APPROVED, by=by, on=("programme", programme_id), facts=facts)
    return row
