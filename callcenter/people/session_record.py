"""A sign-in session as it is kept, and how it ends. Once ended it never comes back."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Choice, Moment, Row, Why, Words, db

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
FRESH = timedelta(minutes=5)


class Factor(StrEnum):
    """What a person has shown so far."""

    PASSWORD = "password"
    TOTP = "totp"
    RECOVERY = "recovery"
    TOKEN = "token"
    """An access token of the JSON API, in place of a session; never written."""


class Ended(StrEnum):
    """Why a session is over. IDLE and TOO_OLD are found, not written."""

    SIGNED_OUT = "signed_out"
    KILLED = "killed"
    KILLED_BY_OFFICE = "killed_by_office"
    PASSWORD_CHANGED = "password_changed"
    FACTOR_CHANGED = "factor_changed"
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    REPLACED = "replaced"
    IDLE = "idle"
    TOO_OLD = "too_old"


class SignInSession(Row):
    """One sign-in at one browser. Only the digest of its token is kept. Changed by Core statements alone, each with
    `ended_at IS NULL`, so that a request still running cannot revive what was ended meanwhile."""

    __tablename__ = "sign_in_session"
    __unaudited__ = True  # being seen is no deed; beginning and ending are recorded where they are done

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    token_digest: Mapped[str] = mapped_column(Words(Why.KEY, 64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    address: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 64))
    factor: Mapped[Factor] = mapped_column(Choice(Factor))
    step_up_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    ended_why: Mapped[Ended | None] = mapped_column(Choice(Ended))

    def is_live(self, at: datetime) -> bool:
        return self.ended_at is None and why_over(self.created_at, self.last_seen_at, at) is None


@dataclass(frozen=True)
class SignIn:
    """What a request knows of its own session."""

    id: uuid.UUID
    token: str
    created_at: datetime
    last_seen_at: datetime
    factor: Factor
    step_up_at: datetime | None
    is_half: bool = False
    owes_clauses: bool = False
    is_demo: bool = False

    def is_fresh(self, at: datetime) -> bool:
        """Whether the person proved who they are within the last five minutes."""
        return self.step_up_at is not None and timedelta(0) <= at - self.step_up_at < FRESH

    def with_clauses(self) -> SignIn:
        """The same after the clauses were confirmed."""
        return replace(self, owes_clauses=False)


def why_over(created_at: datetime, last_seen_at: datetime, at: datetime) -> Ended | None:
    """IDLE after 30 minutes without an act of the person, TOO_OLD after 10 hours (one shift), else None."""
    if at - created_at >= ABSOLUTE:
        return Ended.TOO_OLD
    return Ended.IDLE if at - last_seen_at >= IDLE else None


def new_token() -> str:
    """A token of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token of 256 random bits: SHA-256, so that a stolen table opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def change_live(*conditions: object, **values: object) -> int:
    """Change sessions that have not ended; returns how many. The one way a session is changed after it began."""
    statement = update(SignInSession).where(SignInSession.ended_at.is_(None), *conditions).values(**values)  # type: ignore[arg-type]
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount


def end_all(staff_id: uuid.UUID, *, why: Ended, but: uuid.UUID | None = None) -> int:
    """End all sessions of a person, except perhaps the one they act with. Returns how many."""
    others = [SignInSession.id != but] if but else []
    return change_live(SignInSession.staff_id == staff_id, *others, ended_at=now(), ended_why=why)
