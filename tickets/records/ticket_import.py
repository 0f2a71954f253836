"""Files of tickets being brought in."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    ForeignKey,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Moment, Row, Why, Words

if TYPE_CHECKING:
    pass


class TicketImport(Row):
    """A file being brought in. Its tickets are seen by nobody until `valid_at` is set, by one small commit."""

    __tablename__ = "ticket_import"
    __unaudited__ = True

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))

    started_at: Mapped[datetime] = mapped_column(Moment)
    valid_at: Mapped[datetime | None] = mapped_column(Moment)
    started_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
