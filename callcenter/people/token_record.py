"""An access token of the JSON API as it is kept, and how it ends. Once ended it never comes back."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.people.session_record import Ended, end_all
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import Grouped, sealed


class ApiToken(Grouped, Row):
    """A person's token for programs (docs/rules.md#access-tokens). Only the digest of its secret is kept; `scopes` is
    `read` or permissions with blanks between. `last_used_on` is the last Japanese day on which it was used."""

    __tablename__ = "api_token"
    __subject__ = apart("what a member of staff wrote about a program of their own")

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    purpose = sealed(Item.STAFF, nullable=False)
    digest: Mapped[str] = mapped_column(Words(Why.KEY, 64), unique=True)
    scopes: Mapped[str] = mapped_column(Words(Why.STATE))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    last_used_on: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[Ended | None] = mapped_column(Choice(Ended))

    def is_living(self, at: datetime) -> bool:
        return self.ended_at is None and at < self.expires_at


def change_living(*conditions: object, **values: object) -> int:
    """Change tokens that have not ended; returns how many. The one way a token is changed after it was made."""
    statement = update(ApiToken).where(ApiToken.ended_at.is_(None), *conditions).values(**values)  # type: ignore[arg-type]
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount


def end_tokens(staff_id: uuid.UUID, *, why: Ended) -> int:
    """End all access tokens of a person. Returns how many."""
    return change_living(ApiToken.staff_id == staff_id, ended_at=now(), ended_why=why)


def end_at_latest(staff_id: uuid.UUID, moment: datetime) -> int:
    """Let no token of a person live beyond a moment: that of their release."""
    return change_living(ApiToken.staff_id == staff_id, ApiToken.expires_at > moment, expires_at=moment)


def shut_out(staff_id: uuid.UUID, *, why: Ended, but: uuid.UUID | None = None) -> None:
    """End a person's sessions, except perhaps the one they act with, and their access tokens."""
    end_all(staff_id, why=why, but=but)
    end_tokens(staff_id, why=why)
