"""Lists of articles: the category tree with counts, and one page of rows."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from callcenter.clock import today
from callcenter.db import db
from callcenter.people.staff import Staff
from kb.articles.approval import sees_drafts
from kb.articles.article import Article, State
from kb.articles.categories import FaqCategory
from kb.articles.content import PATH
from kb.articles.revision import ArticleRevision, covers
from kb.upkeep.doubts import doubts_of

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What a list shows: which articles (one of labels.SHELVES), below which category, which page (from 1)."""

    shelf: str = "told"
    category: str = ""
    page: int = 1


def rows_of(person: Staff, wanted: Wanted) -> tuple[list[Any], int]:
    """One page of articles that a person may see, by category (those with the oldest article first) and number, and
    how many there are."""
    query = _listed(person, wanted.shelf)
    if wanted.category:
        below = FaqCategory.path.startswith(wanted.category + PATH, autoescape=True)
        query = query.where(or_(FaqCategory.path == wanted.category, below))
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = query.limit(PAGE).offset((wanted.page - 1) * PAGE)
    return list(db.session.execute(page)), total


def waiting(person: Staff) -> int:
    """How many articles wait for the ward, of those a person may see."""
    if not sees_drafts(person):
        return 0
    listed = _listed(person, "drafts").order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(listed)) or 0


def tree_of(person: Staff, shelf: str) -> list[dict[str, Any]]:
    """Categories of what the list holds, each with its depth (0 to 2) and how many articles stand below it."""
    listed = _listed(person, shelf).order_by(None).subquery()
    counts: Counter[str] = Counter()
    oldest: dict[str, int] = {}
    figures = select(listed.c.path, func.count(), func.min(listed.c.number)).group_by(listed.c.path)
    for path, count, number in db.session.execute(figures):
        for above in _lineage(path or ""):
            counts[above] += count
            oldest[above] = min(number, oldest.get(above, number))
    return [
        {"path": path, "name": path.split(PATH)[-1], "depth": path.count(PATH), "count": counts[path]}
        for path in sorted(counts, key=lambda path: [(oldest[above], above) for above in _lineage(path)])
    ]


def _lineage(path: str) -> list[str]:
    levels = path.split(PATH) if path else []
    return [PATH.join(levels[: depth + 1]) for depth in range(len(levels))]


def _listed(person: Staff, shelf: str) -> Select[*tuple[Any, ...]]:
    revision = ArticleRevision
    shown = (
        Article.latest_number
        if shelf == "drafts"
        else func.coalesce(Article.number_told(today()), Article.latest_number)
    )
    query = (
        select(
            Article.id,
            revision.id.label("revision_id"),
            Article.number,
            Article.state,
            revision.question,
            revision.needs_ward,
            revision.approved_at,
            revision.valid_from,
            revision.valid_to,
            FaqCategory.path,
        )
        .join(revision, and_(revision.article_id == Article.id, revision.number == shown))
        .outerjoin(FaqCategory, FaqCategory.id == revision.category_id)
        .where(Article.programme_id.in_(person.programme_ids), *_on(shelf, person))
        .order_by(
            func.min(Article.number).over(partition_by=FaqCategory.path), FaqCategory.path, Article.number
        )
    )
    return query if sees_drafts(person) else query.where(Article.current_number.is_not(None))


def _on(shelf: str, person: Staff) -> list[ColumnElement[bool]]:
    if shelf == "drafts":
        approved = func.coalesce(Article.scheduled_number, Article.current_number, 0)
        return [Article.latest_number != approved, Article.state != State.ARCHIVED]
    if shelf == "archived":
        return [Article.state == State.ARCHIVED]
    if shelf == "all":
        return []
    told = [Article.state == State.PUBLISHED, *covers(today())]
    if shelf == "doubtful":
        return [*told, ArticleRevision.id.in_(in_doubt(person.programme_ids))]
    return told


def in_doubt(programme_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """The revisions that are told today and must be looked at again."""
    day = today()
    return [one for programme_id in programme_ids for one in doubts_of(programme_id, day)]
