"""What was looked up in the FAQ, kept sealed for a quarter: the editor sees what found nothing, and what helped nobody.

Words of a search are what a caller said. They stand under the key of the year, are gone with it, and after 90 days at
the latest. Source: docs/rules.md#faq-searches."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, db, writing
from callcenter.errors import NotFound
from callcenter.people.staff import Staff
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import DataKey, Grouped, Kind, period_group, sealed
from callcenter.programmes import period_for
from kb.articles.article import Article
from kb.finding.dismissals import Dismissal
from kb.index.analysis import content_words, folded, without_greetings

KEPT_FOR = timedelta(days=90)
GOES_ON = timedelta(minutes=2)
"""Within this, a search that goes on from the one before is the same search."""
LEFT_AFTER = timedelta(minutes=15)
"""A search of which nothing was opened or told by then was abandoned."""
LONGEST = 2_000


class Source(StrEnum):
    """Where somebody searched."""

    DESK = "desk"
    PUBLIC = "public"


class FaqSearch(Grouped, Row):
    """A search. `best` is the score of the best answer in hundredths; `article_id` the draft that was made from it."""

    __tablename__ = "faq_search"
    __unaudited__ = True  # what was looked up in the office's own knowledge is no look at anybody's record
    __subject__ = apart("words typed into the FAQ search; for whom is not known; gone after 90 days")
    __table_args__ = (
        Index("ix_faq_search_newest", "programme_id", "searched_at"),
        Index("ix_faq_search_of_person", "staff_id", "searched_at"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    source: Mapped[Source] = mapped_column(Choice(Source))
    searched_at: Mapped[datetime] = mapped_column(Moment)
    found: Mapped[int]
    best: Mapped[int]
    opened_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("article.id"))
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    article_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("article.id"), index=True)
    dismissal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("faq_dismissal.id"), index=True)
    text: str = sealed(Item.CONSULTATION, nullable=False)

    staff: Mapped[Staff | None] = relationship(Staff)
    dismissal: Mapped[Dismissal | None] = relationship(Dismissal)

    @classmethod
    def of(cls, search_id: uuid.UUID, person: Staff) -> FaqSearch:
        """A search of this person. Raises NotFound for somebody else's and for what is gone."""
        row = db.session.scalars(select(cls).where(cls.id == search_id, cls.staff_id == person.id)).first()
        if row is None:
            raise NotFound("この検索はもうありません。もう一度探してください。", code="no_search")
        return row

    @property
    def may_have_been_told(self) -> bool:
        return self.opened_at is not None or self.told_at is not None

    def open(self, article: Article) -> None:
        """Its searcher opened an article that it found; the first one stays."""
        if self.opened_at is None:
            self.opened_id, self.opened_at = article.id, clock.now()


def keep(
    programme_id: uuid.UUID,
    text: str,
    found: int,
    best_score: float,
    by: Staff | None = None,
    source: Source = Source.DESK,
    search_id: uuid.UUID | None = None,
) -> FaqSearch | None:
    """Keep a search: its words (2,000 characters), how many articles it found and the score of the best. What extends a
    search of the same person within two minutes is that search; `search_id`: the id that a new one gets. None for no words, or where no contract year is open."""
    text = text.strip()[:LONGEST]
    if not text:
        return None
    row = _gone_on(programme_id, text, by) if by is not None else None
    if row is None:
        try:
            period = period_for(programme_id, clock.today())
        except NotFound:
            return None
        group = db.session.get_one(DataKey, period_group(period.id, Kind.AUDIT))
        row = FaqSearch(
            id=search_id,
            group=group,
            programme_id=programme_id,
            staff_id=by.id if by else None,
            source=source,
            found=0,
            best=0,
        )
        db.session.add(row)
    row.text, row.found, row.best = text, found, round(best_score * 100)
    row.searched_at = clock.now()
    return row


def told(person: Staff, article_ids: Iterable[uuid.UUID]) -> None:
    """A person told these articles just now: what they searched in the last quarter of an hour, and did not open in
    vain, helped. Called when a consultation is filed."""
    if not (ids := list(article_ids)):
        return
    newer = clock.now() - LEFT_AFTER
    mine = FaqSearch.staff_id == person.id, FaqSearch.searched_at > newer, FaqSearch.told_at.is_(None)
    helped = FaqSearch.found > 0, FaqSearch.opened_id.is_(None) | FaqSearch.opened_id.in_(ids)
    db.session.execute(update(FaqSearch).where(*mine, *helped).values(told_at=clock.now()))


def opened_by(person: Staff, limit: int) -> list[tuple[uuid.UUID, datetime]]:
    """The articles that a person opened from searches, newest first, with the moment."""
    query = (
        select(FaqSearch.opened_id, FaqSearch.opened_at)
        .where(FaqSearch.staff_id == person.id, FaqSearch.opened_id.is_not(None))
        .order_by(FaqSearch.searched_at.desc())
        .limit(limit)
    )
    return [(article_id, at) for article_id, at in db.session.execute(query) if article_id and at]


def likeness(text: str) -> str:
    """What two searches have in common when they ask the same: their content words in any order, else the folded
    text. Pure."""
    words = sorted({word.form for word in content_words(without_greetings(text))})
    return " ".join(words) or folded(text)


def forget_old() -> None:
    """Searches older than 90 days go. A chore of the worker."""
    with writing():
        db.session.execute(delete(FaqSearch).where(FaqSearch.searched_at < clock.now() - KEPT_FOR))


def _gone_on(programme_id: uuid.UUID, text: str, by: Staff) -> FaqSearch | None:
    """The person's last search, when this one says it again or goes on from it."""
    query = select(FaqSearch).where(
        FaqSearch.staff_id == by.id,
        FaqSearch.programme_id == programme_id,
        FaqSearch.searched_at > clock.now() - GOES_ON,
    )
    last = db.session.scalars(query.order_by(FaqSearch.searched_at.desc()).limit(1)).first()
    if last is None or last.article_id or last.dismissal_id:
        return None
    before, now = folded(last.text), folded(text)
    if now == before or (now.startswith(before) and not last.may_have_been_told):
        return last
    return None
