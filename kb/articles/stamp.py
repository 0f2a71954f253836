"""The state of a programme's articles, by which whoever keeps an index or a copy knows that it is old."""

from __future__ import annotations

import uuid

from sqlalchemy import (
    ForeignKey,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Row, add_if_new, db, new_id


class Shelf(Row):
    """The state of a programme's articles: a token that is new after each change, by which indexes know they are old."""

    __tablename__ = "faq_shelf"
    __unaudited__ = True

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), unique=True)
    stamp: Mapped[uuid.UUID]

    @classmethod
    def stir(cls, programme_id: uuid.UUID) -> None:
        """Say that the articles or synonyms of a programme changed."""
        stamp = new_id()
        if not add_if_new(cls, programme_id=programme_id, stamp=stamp):
            db.session.execute(update(cls).where(cls.programme_id == programme_id).values(stamp=stamp))
