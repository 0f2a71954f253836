"""What visitors of the public site say about an article, and the key pair of a year to which they seal it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, Select, case, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.clock import now
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.errors import Conflict
from callcenter.people.staff import Staff
from callcenter.privacy import audit, sealbox
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import DataKey, Grouped, Kind, current_vault, new_group, sealed
from callcenter.programmes import Period
from kb.articles.article import Article


class FaceKey(Row):
    """The key pair of a contract year: visitors' words are sealed to its public half; the private half stands sealed
    under a group of the year and ends with it (docs/rules.md#nothing-personal)."""

    __tablename__ = "face_key"

    period_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("period.id"), unique=True)
    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_key.id"), index=True)
    public: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    private: Mapped[bytes] = mapped_column(LargeBinary)

    group: Mapped[DataKey] = relationship(DataKey)

    @classmethod
    def make(cls, period: Period, *, by: audit.Actor) -> FaceKey:
        """The pair of a year. Raises Locked for a year that is frozen or erased."""
        group = new_group(period.id, Kind.FEEDBACK)
        private, public = sealbox.make_pair()
        row = cls(period_id=period.id, group_id=group.id, group=group, public=public.hex())
        row.private = current_vault().seal_bytes(row._place, group.id, private)
        db.session.add(row)
        audit.record(Action.FACE_KEY_MADE, by=by, on=period, period_id=period.id)
        return row

    def open(self, message: bytes, place: str) -> bytes:
        """What a visitor sealed. Raises Damaged."""
        private = current_vault().open_bytes(self._place, self.group_id, self.private)
        return sealbox.open_sealed(private, message, place)

    @property
    def _place(self) -> str:
        return f"{self.__tablename__}|private|{self.id.hex}"


class Feedback(Grouped, Row):
    """One answer to 解決しましたか, with the words that came with it. Nobody knows whose it is."""

    __tablename__ = "faq_feedback"
    __subject__ = apart(
        "words of visitors of the public site, whose they are is not known; gone with the period"
    )

    period_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("period.id"), index=True)
    inbox_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article.id"), index=True)
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article_revision.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    is_solved: Mapped[bool]
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    text = sealed(Item.CONSULTATION)

    article: Mapped[Article] = relationship(Article)

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Feedback]:
        """What was said about the articles that a person may see; the newest first."""
        seen = Article.visible_to(person).with_only_columns(Article.id).order_by(None)
        return select(cls).where(cls.article_id.in_(seen)).order_by(cls.at.desc(), cls.id.desc())

    def finish(self, *, by: Staff) -> None:
        """An editor has dealt with it. Raises Conflict when somebody did before."""
        if self.done_at is not None:
            raise Conflict("このお声は、すでに対応済みです。", code="feedback_done")
        self.done_at, self.done_by_id = now(), by.id
        audit.record(Action.FEEDBACK_DONE, by=by, on=self, period_id=self.period_id)


def counts_of(article_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """By article: how many found their answer (`solved`), how many did not (`open`)."""
    solved = func.sum(case((Feedback.is_solved.is_(True), 1), else_=0))
    query = select(Feedback.article_id, func.count(), solved).group_by(Feedback.article_id)
    rows: Any = db.session.execute(query.where(Feedback.article_id.in_(list(article_ids))))
    return {article_id: {"solved": int(yes), "open": int(count - yes)} for article_id, count, yes in rows}
