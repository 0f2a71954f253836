"""An article written from what was searched or asked for: the words become a variant, and those who asked will hear."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from kb.articles import origins
from kb.articles.article import Article
from kb.articles.content import LONGEST_QUESTION, Content, Fault, beginning
from kb.finding.searches import FaqSearch, likeness
from kb.finding.wishes import Wish

MOST = 2_000
"""Searches that are compared with one another: of the newest."""


class Asked:
    """Words that somebody searched for or asked an article for."""

    def __init__(self, programme_id: uuid.UUID, text: str):
        self.programme_id, self.text = programme_id, text

    def draft(self) -> origins.Draft:
        """The words as the question and as a variant."""
        words = beginning(" ".join(self.text.split()), LONGEST_QUESTION)
        about = _(
            "「%(words)s」と探された、または頼まれた質問です。個人の情報が入っていないか確かめてください。",
            words=words,
        )
        return origins.Draft(about=about, question=words, variants=(words,))

    def faults(self, content: Content) -> list[Fault]:
        """Nobody's data is known to stand in a search."""
        return []

    def keep(self, article: Article, *, by: Any) -> None:
        """All that asked the same are answered by this article."""
        key = likeness(self.text)
        rows: list[FaqSearch | Wish] = [*open_searches(self.programme_id), *open_wishes(self.programme_id)]
        for row in rows:
            if likeness(row.text) == key:
                row.article_id = article.id


def open_searches(programme_id: uuid.UUID) -> Sequence[FaqSearch]:
    """The newest searches of a programme that no article was written from."""
    query = select(FaqSearch).where(FaqSearch.programme_id == programme_id, FaqSearch.article_id.is_(None))
    unhelped = FaqSearch.opened_at.is_(None), FaqSearch.told_at.is_(None)
    newest = query.where(*unhelped).order_by(FaqSearch.searched_at.desc()).limit(MOST)
    return list(db.session.scalars(newest))


def open_wishes(programme_id: uuid.UUID) -> Sequence[Wish]:
    """The wishes of a programme without an article yet."""
    query = select(Wish).where(Wish.programme_id == programme_id, Wish.article_id.is_(None))
    return list(db.session.scalars(query.order_by(Wish.wished_at.desc()).limit(MOST)))


def register() -> None:
    """Let articles be written from searches and wishes; the roof calls this."""
    origins.register("search", _of_search)
    origins.register("wish", _of_wish)


def _of_search(search_id: uuid.UUID, person: Staff) -> Asked | None:
    return _asked(db.session.get(FaqSearch, search_id), person)


def _of_wish(wish_id: uuid.UUID, person: Staff) -> Asked | None:
    return _asked(db.session.get(Wish, wish_id), person)


def _asked(row: FaqSearch | Wish | None, person: Staff) -> Asked | None:
    """One's own, or for those who look after the FAQ that of anybody in their programmes."""
    if row is None or row.programme_id not in person.programme_ids:
        return None
    mine = row.staff_id == person.id or person.may(Permission.KB_CURATE)
    return Asked(row.programme_id, row.text) if mine else None
