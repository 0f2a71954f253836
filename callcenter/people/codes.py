"""One-time codes that are handed to a person: the first administrator's set-up code, and invitations."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Choice, Moment, Row, Why, Words, db

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 24


class Purpose(StrEnum):
    SETUP = "setup"
    INVITATION = "invitation"


VALID_FOR = {Purpose.SETUP: timedelta(hours=24), Purpose.INVITATION: timedelta(days=3)}


class OneTimeCode(Row):
    """A code handed out once. Only its digest is kept: 24 letters of 30 are 117 random bits, beyond any guessing."""

    __tablename__ = "one_time_code"

    purpose: Mapped[Purpose] = mapped_column(Choice(Purpose))
    digest: Mapped[str] = mapped_column(Words(Why.KEY, 64), unique=True)
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"), index=True)
    made_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    made_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


def issue(purpose: Purpose, *, by: str, staff_id: uuid.UUID | None = None) -> str:
    """A new code, to be shown once; earlier unused ones for the same person and purpose are void."""
    withdraw(purpose, staff_id)
    code, at = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)), now()
    row = OneTimeCode(purpose=purpose, digest=_digest(code), staff_id=staff_id, made_by=by, made_at=at)
    row.expires_at = at + VALID_FOR[purpose]
    db.session.add(row)
    return "-".join(code[i : i + 4] for i in range(0, LENGTH, 4))


def withdraw(purpose: Purpose, staff_id: uuid.UUID | None) -> None:
    """Make unused codes of a purpose void."""
    open_ones = update(OneTimeCode).where(OneTimeCode.purpose == purpose, OneTimeCode.used_at.is_(None))
    db.session.execute(open_ones.where(OneTimeCode.staff_id == staff_id).values(used_at=now()))


def valid(purpose: Purpose, code: str) -> OneTimeCode | None:
    """The unused, unexpired code that was typed, in any case and with any dashes; None otherwise."""
    query = select(OneTimeCode).where(
        OneTimeCode.purpose == purpose, OneTimeCode.digest == _digest(_plain(code))
    )
    row = db.session.scalars(query).first()
    return row if row is not None and row.used_at is None and now() < row.expires_at else None


def use(row: OneTimeCode) -> bool:
    """Use a code up. False when another request was faster."""
    unused = update(OneTimeCode).where(OneTimeCode.id == row.id, OneTimeCode.used_at.is_(None))
    result = db.session.execute(unused.values(used_at=now()))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def open_invitations() -> dict[uuid.UUID, datetime]:
    """Who holds an unused invitation, and until when it is good."""
    query = select(OneTimeCode.staff_id, OneTimeCode.expires_at).where(
        OneTimeCode.purpose == Purpose.INVITATION,
        OneTimeCode.used_at.is_(None),
        OneTimeCode.expires_at > now(),
    )
    return {staff_id: until for staff_id, until in db.session.execute(query) if staff_id is not None}


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _plain(code: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c.isascii() and c.isalnum())
