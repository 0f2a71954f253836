"""What became of what was said on a ticket: articles that were written from it, and call-backs about a wrong answer."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Moment, Row
from callcenter.people.staff import Staff
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from tickets.records.consultation import Consultation
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Reply
from tickets.records.ticket import Ticket


class ArticleOrigin(Row):
    """An article was written from what stands on a ticket: a consultation, a reply, or the ticket as a whole."""

    __tablename__ = "article_origin"
    __table_args__ = (
        UniqueConstraint("article_id", "ticket_id"),
        CheckConstraint("consultation_id IS NULL OR reply_id IS NULL", name="one_text"),
    )

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    consultation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    reply_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reply.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))

    article: Mapped[Article] = relationship(Article)
    ticket: Mapped[Ticket] = relationship(Ticket)
    consultation: Mapped[Consultation | None] = relationship(Consultation)
    reply: Mapped[Reply | None] = relationship(Reply)
    by: Mapped[Staff] = relationship(Staff)


class ToldRecall(Row):
    """Somebody who was told an older version will be called back about `revision_id`, the right one. Several consultations
    of one caller share one follow-up, which may stand on another of their tickets. `batch_id`: made by one press."""

    __tablename__ = "told_recall"
    __table_args__ = (UniqueConstraint("consultation_id", "revision_id"),)

    consultation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consultation.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article_revision.id"), index=True)
    follow_up_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("follow_up.id"), index=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(index=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))

    consultation: Mapped[Consultation] = relationship(Consultation)
    ticket: Mapped[Ticket] = relationship(Ticket)
    revision: Mapped[ArticleRevision] = relationship(ArticleRevision)
    follow_up: Mapped[FollowUp] = relationship(FollowUp)
    by: Mapped[Staff] = relationship(Staff)
