"""The installation itself: one row that says what this house is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Moment, Row, Why, Words, db

VERSION = "0.1.0"


class Installation(Row):
    """The one row of this table. `is_demo` is set when the house is prepared and by nothing else: a demo signs in
    without a second factor and says so in a banner; a real installation requires it."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("number = 1", name="only_one"),)

    number: Mapped[int] = mapped_column(Integer, unique=True, default=1)
    is_demo: Mapped[bool]
    prepared_at: Mapped[datetime] = mapped_column(Moment, default=now)
    version: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 40), default=VERSION)


def is_demo() -> bool:
    """Whether this house was prepared as a demo. False for a house that is not prepared."""
    return bool(db.session.scalar(select(Installation.is_demo)))
