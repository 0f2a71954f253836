"""One version of an article, whole, and never rewritten. A consultation keeps the one that was told."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    UniqueConstraint,
    or_,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from callcenter.db import Choice, Moment, Row, Why, Words
from callcenter.people.staff import Staff
from callcenter.permissions import Side
from kb.articles.approval import LONGEST_PAPER
from kb.articles.categories import FaqCategory
from kb.articles.content import Content
from kb.index.search import Entry

if TYPE_CHECKING:
    from kb.articles.article import Article


class ArticleRevision(Row):
    """One version of an article, whole. A consultation keeps the one that was told."""

    __tablename__ = "article_revision"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        ForeignKeyConstraint(["approved_by_id", "approved_side"], ["staff.id", "staff.side"]),
        CheckConstraint(
            "approved_at IS NULL OR (approved_by_id IS NOT NULL AND coalesce(approved_side, '') = 'ward')",
            name="ward_approves",
        ),
        CheckConstraint("approved_by_id IS NULL OR approved_at IS NOT NULL", name="approved_at"),
        CheckConstraint("valid_from <= valid_to", name="order"),
        CheckConstraint("(approval_paper IS NULL) = (approval_entered_by_id IS NULL)", name="paper"),
    )

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    question: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 200))
    variants: Mapped[list[str]] = mapped_column(JSON)
    answer: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    read_aloud: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 80))
    category_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("faq_category.id"), index=True)
    source: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 300))
    easy: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    say: Mapped[list[str]] = mapped_column(JSON)
    dont_say: Mapped[list[str]] = mapped_column(JSON)
    escalate_when: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 200))
    rule_keys: Mapped[list[str]] = mapped_column(JSON)
    is_public: Mapped[bool]
    needs_ward: Mapped[bool]
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    digest: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    forms: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    approved_by_id: Mapped[uuid.UUID | None]
    approved_side: Mapped[Side | None] = mapped_column(Choice(Side))
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    approval_paper: Mapped[str | None] = mapped_column(Words(Why.NUMBER, LONGEST_PAPER))
    approval_entered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(index=True)

    article: Mapped[Article] = relationship(back_populates="revisions")
    category: Mapped[FaqCategory | None] = relationship(FaqCategory)
    made_by: Mapped[Staff | None] = relationship(Staff, foreign_keys=[made_by_id])
    approval_entered_by: Mapped[Staff | None] = relationship(Staff, foreign_keys=[approval_entered_by_id])
    approved_by: Mapped[Staff | None] = relationship(
        Staff,
        primaryjoin=lambda: foreign(ArticleRevision.approved_by_id) == Staff.id,
        viewonly=True,
    )

    @property
    def content(self) -> Content:
        """What it says, as a value."""
        return Content(
            question=self.question,
            answer=self.answer,
            variants=tuple(self.variants),
            read_aloud=self.read_aloud,
            category=self.category.path if self.category else "",
            source=self.source,
            easy=self.easy,
            say=tuple(self.say),
            dont_say=tuple(self.dont_say),
            escalate_when=self.escalate_when,
            rule_keys=tuple(self.rule_keys),
            is_public=self.is_public,
            needs_ward=self.needs_ward,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )

    @property
    def aloud(self) -> str:
        return self.content.aloud

    def is_valid_on(self, day: date) -> bool:
        """Whether it may be told on a day: approved, and the day within its validity (both ends count)."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.approved_at is not None and begun and (self.valid_to is None or day <= self.valid_to)


def covers(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions on ArticleRevision: the day lies within its validity."""
    revision = ArticleRevision
    return (
        or_(revision.valid_from.is_(None), revision.valid_from <= day),
        or_(revision.valid_to.is_(None), revision.valid_to >= day),
    )


def revision_values(programme_id: uuid.UUID, content: Content) -> dict[str, object]:
    """The columns of a revision that come from its content. Makes the category when it is new."""
    category = FaqCategory.found_or_made(programme_id, content.category)
    return {
        "question": content.question,
        "variants": list(content.variants),
        "answer": content.answer,
        "read_aloud": content.read_aloud,
        "category_id": category.id if category else None,
        "source": content.source,
        "easy": content.easy,
        "say": list(content.say),
        "dont_say": list(content.dont_say),
        "escalate_when": content.escalate_when,
        "rule_keys": list(content.rule_keys),
        "is_public": content.is_public,
        "needs_ward": content.needs_ward,
        "valid_from": content.valid_from,
        "valid_to": content.valid_to,
        "digest": content.digest,
        "forms": entry_of(None, content).analysed_forms(),
    }


def entry_of(key: Hashable, content: Content, forms: str = "") -> Entry:
    """What search reads of an article."""
    return Entry(key, content.question, content.variants, content.answer, content.category, forms)
