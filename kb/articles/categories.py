"""The categories of the FAQ."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Row, Why, Words, db


class FaqCategory(Row):
    """A category of the FAQ: a path of up to three levels, 申請 › 書類 › 領収書."""

    __tablename__ = "faq_category"
    __table_args__ = (UniqueConstraint("programme_id", "path"),)

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    path: Mapped[str] = mapped_column(Words(Why.CATEGORY, 130))

    @classmethod
    def found_or_made(cls, programme_id: uuid.UUID, path: str) -> FaqCategory | None:
        """The category with this path, made when it is new; None for no path."""
        if not path:
            return None
        known = db.session.scalars(
            select(cls).where(cls.programme_id == programme_id, cls.path == path)
        ).first()
        if known is None:
            known = cls(programme_id=programme_id, path=path)
            db.session.add(known)
            db.session.flush()
        return known
