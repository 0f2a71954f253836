"""The words of the shelf that the office keeps as data: its FAQ categories, and what callers call one thing."""

from __future__ import annotations

import uuid

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Row, Why, Words, db
from kb.synonyms import first_synonyms


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


class SynonymGroup(Row):
    """Words that callers use for one thing. The office starts with those of the seed and changes them here."""

    __tablename__ = "faq_synonym"

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    position: Mapped[int]
    words: Mapped[list[str]] = mapped_column(JSON)

    @classmethod
    def of(cls, programme_id: uuid.UUID) -> list[list[str]]:
        """The groups of a programme; those of the seed until the first are entered."""
        query = select(cls.words).where(cls.programme_id == programme_id).order_by(cls.position, cls.id)
        return list(db.session.scalars(query)) or first_synonyms()

    @classmethod
    def lay_out(cls, programme_id: uuid.UUID) -> None:
        """Enter the seed's groups, unless the programme has some."""
        if db.session.scalars(select(cls.id).where(cls.programme_id == programme_id)).first() is None:
            groups = enumerate(first_synonyms())
            db.session.add_all(cls(programme_id=programme_id, position=n, words=words) for n, words in groups)
