"""How the links of a programme's articles stand: broken, refused, and external ones that nobody looked at for long."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.db import db
from kb.articles.article import Article, State
from kb.articles.link_checks import confirmed
from kb.articles.links import Link, LinkKind, Shelved, broken, links_of
from kb.articles.revision import ArticleRevision

LOOKED_AT_WITHIN = timedelta(days=90)


@dataclass
class Found:
    """A link, what is wrong with it, and the articles that have it: (id, label, question)."""

    link: Link
    reason: str = ""
    confirmed_at: datetime | None = None
    articles: dict[uuid.UUID, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Links:
    """The links of a programme by what has to be done about them."""

    broken: list[Found]
    refused: list[Found]
    unconfirmed: list[Found]
    fresh: list[Found]
    """External ones that somebody found right within 90 days."""


class Book:
    """The articles of a programme, as links look them up."""

    def __init__(self, programme_id: uuid.UUID):
        query = (
            select(
                Article.id, Article.number, Article.state, Article.current_number, ArticleRevision.is_public
            )
            .outerjoin(
                ArticleRevision,
                (ArticleRevision.article_id == Article.id)
                & (ArticleRevision.number == Article.current_number),
            )
            .where(Article.programme_id == programme_id)
        )
        self._known: dict[int | uuid.UUID, Shelved] = {}
        for row in db.session.execute(query):
            one = Shelved(
                f"F-{row.number}",
                row.state is State.ARCHIVED,
                row.current_number is not None,
                bool(row.is_public),
            )
            self._known[row.id] = self._known[row.number] = one

    def fault(self, link: Link, is_public: bool) -> str:
        """Why a reader of a public (or internal) article would not get where a link says; "" when they would."""
        if link.kind is LinkKind.REFUSED:
            return link.reason
        return broken(link, is_public, self._known.get) if link.kind is LinkKind.ARTICLE else ""


def standing(programme_id: uuid.UUID) -> Links:
    """All links of the articles that are told or written, with what is wrong with them."""
    book, last = Book(programme_id), confirmed(programme_id)
    rows: dict[tuple[Link, str], Found] = {}
    for revision, label in _revisions(programme_id):
        for link in links_of(revision.content):
            reason = book.fault(link, revision.is_public)
            found = rows.setdefault((link, reason), Found(link, reason, last.get(link.address)))
            found.articles[revision.article_id] = (label, revision.question)
    old = clock.now() - LOOKED_AT_WITHIN
    outside = [one for one in rows.values() if one.link.kind is LinkKind.EXTERNAL]
    fresh = [one for one in outside if one.confirmed_at and one.confirmed_at >= old]
    return Links(
        broken=[one for one in rows.values() if one.reason and one.link.kind is LinkKind.ARTICLE],
        refused=[one for one in rows.values() if one.link.kind is LinkKind.REFUSED],
        unconfirmed=[one for one in outside if one not in fresh],
        fresh=fresh,
    )


def _revisions(programme_id: uuid.UUID) -> Iterator[tuple[ArticleRevision, str]]:
    """What is told, and the newest draft, of every article that is not put away."""
    wanted = (ArticleRevision.number == Article.current_number) | (
        ArticleRevision.number == Article.latest_number
    )
    query = (
        select(ArticleRevision, Article.number)
        .join(Article, (Article.id == ArticleRevision.article_id) & wanted)
        .where(Article.programme_id == programme_id, Article.state != State.ARCHIVED)
        .options(joinedload(ArticleRevision.category))
        .order_by(Article.number, ArticleRevision.number)
    )
    for revision, number in db.session.execute(query):
        yield revision, f"F-{number}"
