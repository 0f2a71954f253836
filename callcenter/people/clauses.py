"""Confidentiality clauses: what everybody confirms before they may handle anything, version by version."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Date, ForeignKey, Integer, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now, today
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

FIRST_TEXT = Path(__file__).with_name("first_clauses.txt")
LONGEST_TEXT = 20_000


class ClausesVersion(Row):
    """A version of the text. From its day on nobody does anything before confirming it."""

    __tablename__ = "clauses_version"

    number: Mapped[int] = mapped_column(Integer, unique=True)
    text: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    in_force_on: Mapped[date] = mapped_column(Date)
    published_at: Mapped[datetime] = mapped_column(Moment, default=now)
    published_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))


class ClausesConfirmation(Row):
    """A person confirmed a version."""

    __tablename__ = "clauses_confirmation"
    __table_args__ = (UniqueConstraint("staff_id", "version_id"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clauses_version.id"))
    confirmed_at: Mapped[datetime] = mapped_column(Moment, default=now)


def in_force(day: Any) -> Select[uuid.UUID]:
    """Id of the version in force on a day (a date or a bound parameter): the highest number whose day has come."""
    query = select(ClausesVersion.id).where(ClausesVersion.in_force_on <= day)
    return query.order_by(ClausesVersion.number.desc()).limit(1)


def current() -> ClausesVersion | None:
    """The version in force today; None only in a house where none was ever published."""
    return db.session.scalars(select(ClausesVersion).where(ClausesVersion.id.in_(in_force(today())))).first()


def versions() -> list[ClausesVersion]:
    """All versions, newest first."""
    return list(db.session.scalars(select(ClausesVersion).order_by(ClausesVersion.number.desc())))


def publish(text: str, *, by: audit.Actor, in_force_on: date | None = None) -> ClausesVersion:
    """Publish a new version. From its day on everybody is asked again. Raises Invalid for an empty text."""
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise Invalid("条項の本文を20,000文字以内で入力してください。", code="bad_clauses")
    last = db.session.scalar(select(func.max(ClausesVersion.number))) or 0
    version = ClausesVersion(
        number=last + 1, text=text, in_force_on=in_force_on or today(), published_by=by.actor_id
    )
    db.session.add(version)
    facts = {"version": version.number, "in_force_on": version.in_force_on}
    audit.record(Action.CLAUSES_PUBLISHED, by=by, on=version, facts=facts)
    return version


def publish_first(*, by: audit.Actor) -> ClausesVersion:
    """Publish the text that comes with the house, as version 1, when a house is prepared."""
    return publish(FIRST_TEXT.read_text(), by=by)


def confirm(staff: Staff, version: ClausesVersion, *, read: str | None = None) -> None:
    """A person confirms the version in force; `read` is the id (hex) of the version that their page showed.

    Raises Conflict for any other version: a newer one came meanwhile."""
    now_in_force = current()
    if now_in_force is None or now_in_force.id != version.id or (read is not None and read != version.id.hex):
        raise Conflict(
            "条項が改訂されました。新しい条項を読んでから確認してください。", code="clauses_changed"
        )
    known = select(ClausesConfirmation.id).where(
        ClausesConfirmation.staff_id == staff.id, ClausesConfirmation.version_id == version.id
    )
    if db.session.scalar(known) is None:
        db.session.add(ClausesConfirmation(staff_id=staff.id, version_id=version.id))
        audit.record(Action.CLAUSES_CONFIRMED, by=staff, on=version, facts={"version": version.number})


def confirmations(version: ClausesVersion) -> dict[uuid.UUID, datetime]:
    """Who confirmed a version, and when."""
    query = select(ClausesConfirmation.staff_id, ClausesConfirmation.confirmed_at)
    rows = db.session.execute(query.where(ClausesConfirmation.version_id == version.id))
    return dict(rows.all())
