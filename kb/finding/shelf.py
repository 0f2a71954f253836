"""Looking things up on the shelf: one index a programme, made anew when its articles changed, and what it finds."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy import Select, select

from callcenter import clock
from callcenter.db import db
from kb.articles.article import Article, State
from kb.articles.categories import FaqCategory
from kb.articles.content import aloud
from kb.articles.rendering import plain_text
from kb.articles.revision import ArticleRevision, covers
from kb.articles.stamp import Shelf
from kb.index.correction import Correction
from kb.index.explaining import Place, Reason, mark, reason
from kb.index.search import Analysis, Entry, Hit, Index
from kb.index.synonyms import Synonyms
from kb.upkeep.doubts import Doubt, doubts_of
from kb.words.lists import SynonymGroup

LONGEST_TYPED = 10_000
"""Characters of a consultation that are looked up."""


@dataclass(frozen=True)
class Found:
    """An article that was found, in the revision that was searched: enough for a list or a suggestion."""

    article_id: uuid.UUID
    revision_id: uuid.UUID
    number: str
    external_id: str
    version: int
    question: str
    marked: Markup
    why: Markup
    aloud: str
    answer: str
    category: str
    source: str
    needs_ward: bool
    score: float
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Findings:
    """What a question found, and what in it was taken for mistyped."""

    found: list[Found]
    corrections: tuple[Correction, ...] = ()


def find(
    text: str,
    programme_ids: Sequence[uuid.UUID],
    *,
    limit: int = 5,
    drafts: bool = False,
    worth: float = 0.0,
) -> list[Found]:
    """The best articles for what was typed, best first: `look` without its corrections."""
    return look(text, programme_ids, limit=limit, drafts=drafts, worth=worth).found


def look(
    text: str,
    programme_ids: Sequence[uuid.UUID],
    *,
    limit: int = 5,
    drafts: bool = False,
    worth: float = 0.0,
    exactly: bool = False,
) -> Findings:
    """The best articles for what was typed, best first, with what was set right in it. Approved and valid today; with
    `drafts` the newest revision of every article that is not archived, approved or not. `worth` leaves out what
    scores less than that share of the best; `exactly` sets nothing right."""
    hits: list[tuple[Hit, Made]] = []
    corrections: list[Correction] = []
    for programme_id in programme_ids:
        made = _indexes().get(programme_id, drafts)
        found, changed = made.index.look(text[:LONGEST_TYPED], limit, exactly=exactly)
        hits += [(hit, made) for hit in found]
        corrections += changed
    best = sorted(hits, key=lambda pair: -pair[0].score)[:limit]
    best = [pair for pair in best if pair[0].score >= worth * best[0][0].score]
    return Findings(_shown(best), tuple(dict.fromkeys(corrections)))


def trial(text: str, programme_id: uuid.UUID, groups: Sequence[Sequence[str]], limit: int = 5) -> list[Found]:
    """What a question would find with other synonyms. Makes an index for this one question: 3 ms an article."""
    made = _made(programme_id, False, Synonyms(groups))
    return _shown([(hit, made) for hit in made.index.find(text[:LONGEST_TYPED], limit)])


def _shown(hits: Sequence[tuple[Hit, Made]]) -> list[Found]:
    rows = {row.id: row for row in db.session.execute(_columns([hit.key for hit, _of in hits]))}
    return [_found(rows[hit.key], hit, made) for hit, made in hits if hit.key in rows]


def told_now(article_ids: Sequence[uuid.UUID], programme_ids: Sequence[uuid.UUID]) -> list[Found]:
    """These articles as agents may tell them today, in the same order; what may not be told is left out."""
    if not article_ids:
        return []
    told = Article.told_today().where(Article.programme_id.in_(programme_ids), Article.id.in_(article_ids))
    current = told.with_only_columns(ArticleRevision.id)
    rows = {row.article_id: row for row in db.session.execute(_columns(list(db.session.scalars(current))))}
    doubts = {
        revision: why for one in programme_ids for revision, why in _indexes().get(one, False).doubts.items()
    }
    return [_plain(rows[found], doubts) for found in article_ids if found in rows]


def warm(programme_ids: Iterable[uuid.UUID]) -> None:
    """Make the indexes ready before the first word is typed."""
    for programme_id in programme_ids:
        index_of(programme_id)


def index_of(programme_id: uuid.UUID, *, drafts: bool = False) -> Index:
    """The index of a programme as of now: the one in memory, or a new one when articles, synonyms or the day changed."""
    return _indexes().get(programme_id, drafts).index


def _indexes() -> Indexes:
    indexes: Indexes = current_app.extensions.setdefault("faq_indexes", Indexes())
    return indexes


@dataclass(frozen=True)
class Made:
    """What is kept in memory of a programme: its index, and which of its answers are in doubt."""

    index: Index
    doubts: dict[uuid.UUID, list[Doubt]]


class Indexes:
    """The indexes of this process. While one is made anew, other threads go on with the one before."""

    def __init__(self) -> None:
        self._made: dict[tuple[uuid.UUID, bool], tuple[tuple[Any, date], Made]] = {}
        self._lock = threading.Lock()

    def get(self, programme_id: uuid.UUID, drafts: bool) -> Made:
        stamp = db.session.scalars(select(Shelf.stamp).where(Shelf.programme_id == programme_id)).first()
        state = (stamp, clock.today())
        known = self._made.get((programme_id, drafts))
        if known and known[0] == state:
            return known[1]
        if not self._lock.acquire(blocking=known is None):
            return known[1]  # type: ignore[index]
        try:
            known = self._made.get((programme_id, drafts))
            if not known or known[0] != state:
                known = self._made[programme_id, drafts] = (state, _made(programme_id, drafts))
            return known[1]
        finally:
            self._lock.release()


def _made(programme_id: uuid.UUID, drafts: bool, synonyms: Synonyms | None = None) -> Made:
    synonyms = synonyms or Synonyms(SynonymGroup.of(programme_id))
    rows = db.session.execute(_searched(programme_id, drafts))
    entries = (Entry(r.id, r.question, r.variants, r.answer, r.path or "", r.forms) for r in rows)
    index = Index(((entry.key, Analysis.of(entry, synonyms)) for entry in entries), synonyms)
    return Made(index, doubts_of(programme_id, clock.today()))


def _searched(programme_id: uuid.UUID, drafts: bool) -> Select[*tuple[Any, ...]]:
    revision = ArticleRevision
    number = Article.latest_number if drafts else Article.number_told(clock.today())
    query = (
        select(
            revision.id,
            revision.question,
            revision.variants,
            revision.answer,
            revision.forms,
            FaqCategory.path,
        )
        .join(Article, (Article.id == revision.article_id) & (revision.number == number))
        .outerjoin(FaqCategory, FaqCategory.id == revision.category_id)
        .where(Article.programme_id == programme_id)
        .order_by(Article.number)
    )
    if drafts:
        return query.where(Article.state != State.ARCHIVED)
    return query.where(Article.state == State.PUBLISHED, *covers(clock.today()))


def _columns(revision_ids: list[Any]) -> Select[*tuple[Any, ...]]:
    revision = ArticleRevision
    return (
        select(
            revision.id,
            revision.article_id,
            revision.number.label("version"),
            revision.question,
            revision.variants,
            revision.answer,
            revision.read_aloud,
            revision.source,
            revision.needs_ward,
            Article.number,
            Article.external_id,
            FaqCategory.path,
        )
        .join(Article, Article.id == revision.article_id)
        .outerjoin(FaqCategory, FaqCategory.id == revision.category_id)
        .where(revision.id.in_(revision_ids))
    )


def _found(row: Any, hit: Hit, made: Made) -> Found:
    index = made.index
    why = reason(
        row.question,
        row.variants,
        row.path or "",
        plain_text(row.answer),
        terms=hit.terms,
        synonyms=index.synonyms,
        rarity=index.rarity,
    )
    marked = mark(row.question, hit.terms, index.synonyms)
    return replace(_plain(row, made.doubts), marked=marked, why=_said(why), score=hit.score)


def _plain(row: Any, doubts: Mapping[uuid.UUID, Sequence[Doubt]]) -> Found:
    """An article that nobody searched for: nothing in it is marked."""
    answer = plain_text(row.answer)
    return Found(
        article_id=row.article_id,
        revision_id=row.id,
        number=f"F-{row.number}",
        external_id=row.external_id,
        version=row.version,
        question=row.question,
        marked=escape(row.question),
        why=Markup(),
        aloud=aloud(row.read_aloud, answer),
        answer=answer,
        category=row.path or "",
        source=row.source,
        needs_ward=row.needs_ward,
        score=0.0,
        doubts=tuple(doubts.get(row.id, ())),
    )


def _said(why: Reason) -> Markup:
    """Where an article matched, for a reader; nothing when it is the question, which stands there marked."""
    if why.place is Place.QUESTION:
        return Markup()
    names = {Place.VARIANT: _("言い換え"), Place.CATEGORY: _("分類"), Place.ANSWER: _("回答")}
    return Markup("%s「%s」") % (names[why.place], why.marked)
