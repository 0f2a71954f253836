"""What visitors see of one programme: its articles by category, by words, and one by one, from the store alone."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, select

from callcenter.clock import japan, today
from callcenter.privacy.lens.folding import highlight
from kb.index.explaining import mark
from kb.index.search import Analysis, Entry, Index
from kb.index.synonyms import Synonyms
from kb.public.store import ARTICLE, PICTURE, PROGRAMME

PATH = " › "
LONGEST_QUERY = 200
MOST_FOUND = 20
WORTH_SHOWING = 0.3
"""Share of the best score, as at the desk."""
RECENT = 5
AROUND = 45
"""Characters of an answer shown before and after what was found in it."""


@dataclass(frozen=True)
class Listed:
    """An article as lists name it."""

    number: int
    question: str
    category: str
    approved_at: datetime
    valid_to: date | None

    @property
    def day(self) -> date:
        """The day (in Japan) of the ward's approval."""
        return japan(self.approved_at).date()


@dataclass(frozen=True)
class Category:
    """A level of the tree: its path, how deep it lies (0 to 2) and the articles at and below it."""

    path: str
    articles: tuple[Listed, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition(PATH)[2]

    @property
    def depth(self) -> int:
        return self.path.count(PATH)

    @property
    def parent(self) -> str:
        return self.path.rpartition(PATH)[0]

    @property
    def address(self) -> str:
        """Its part of an address: 申請/書類. A level of dots alone would be taken for a folder above."""
        levels = (level.replace("/", "／") for level in self.path.split(PATH))
        return "/".join(level.replace(".", "．") if not level.strip(".") else level for level in levels)


@dataclass(frozen=True)
class Page:
    """An article whole. `answer` and `easy` were sanitised before they were laid down."""

    listed: Listed
    lead: str
    answer: Markup
    text: str
    easy: Markup
    source: str
    related: tuple[Listed, ...]
    is_under_review: bool
    revision_id: Any


@dataclass(frozen=True)
class Result:
    """A found article: its question with marks, a piece of the answer with marks, and the words it was found by."""

    listed: Listed
    marked: Markup
    excerpt: Markup
    why: tuple[str, ...]


@dataclass(frozen=True)
class Reader:
    """One programme as it was laid down under a stamp; articles whose last day has passed are left out."""

    code: str
    name: str
    ward: str
    is_demo: bool
    stamp: str
    synonyms: list[list[str]]
    day: date
    articles: tuple[Listed, ...]
    pictures: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)
    _kept: dict[str, Index] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, connection: Connection, programme: Any) -> Reader:
        """The programme of this row, as of today."""
        columns = (
            ARTICLE.c.number,
            ARTICLE.c.question,
            ARTICLE.c.category,
            ARTICLE.c.approved_at,
            ARTICLE.c.valid_to,
        )
        rows = connection.execute(
            select(*columns).where(ARTICLE.c.programme == programme.code).order_by(ARTICLE.c.number)
        )
        shown = select(PICTURE.c.id, PICTURE.c.content_type).where(PICTURE.c.programme == programme.code)
        day = today()
        listed = (
            Listed(
                row.number, row.question, row.category, datetime.fromisoformat(row.approved_at), row.valid_to
            )
            for row in rows
        )
        return cls(
            programme.code,
            programme.name,
            programme.ward,
            programme.is_demo,
            programme.stamp,
            programme.synonyms,
            day,
            tuple(one for one in listed if one.valid_to is None or day <= one.valid_to),
            {str(row.id): row.content_type for row in connection.execute(shown)},
        )

    @cached_property
    def by_number(self) -> dict[int, Listed]:
        return {one.number: one for one in self.articles}

    @cached_property
    def categories(self) -> dict[str, Category]:
        """The tree by path, categories in the order in which their oldest article came."""
        held: dict[str, list[Listed]] = {}
        for one in self.articles:
            levels = one.category.split(PATH) if one.category else []
            for depth in range(len(levels)):
                held.setdefault(PATH.join(levels[: depth + 1]), []).append(one)
        oldest = {path: articles[0].number for path, articles in held.items()}

        def place(path: str) -> list[tuple[int, str]]:
            levels = path.split(PATH)
            above = [PATH.join(levels[: depth + 1]) for depth in range(len(levels))]
            return [(oldest[one], one) for one in above]

        return {path: Category(path, tuple(held[path])) for path in sorted(held, key=place)}

    @cached_property
    def by_address(self) -> dict[str, Category]:
        return {category.address: category for category in self.categories.values()}

    @property
    def loose(self) -> list[Listed]:
        """Articles without a category."""
        return [one for one in self.articles if not one.category]

    def below(self, path: str) -> list[Category]:
        """The categories right below one; of "", the upper ones."""
        return [one for one in self.categories.values() if one.parent == path]

    def recent(self, most: int = RECENT) -> list[Listed]:
        """The articles approved last, newest first."""
        return sorted(self.articles, key=lambda one: (one.approved_at, one.number), reverse=True)[:most]

    def page(self, connection: Connection, number: int) -> Page | None:
        """An article whole, or None."""
        listed = self.by_number.get(number)
        here = (ARTICLE.c.programme == self.code) & (ARTICLE.c.number == number)
        row = connection.execute(select(ARTICLE).where(here)).first() if listed else None
        return self._page(listed, row) if listed and row else None

    def pages(self, connection: Connection) -> Iterator[Page]:
        """Every article whole, by number."""
        query = select(ARTICLE).where(ARTICLE.c.programme == self.code).order_by(ARTICLE.c.number)
        for row in connection.execute(query):
            if row.number in self.by_number:
                yield self._page(self.by_number[row.number], row)

    def _page(self, listed: Listed, row: Any) -> Page:
        return Page(
            listed,
            lead=row.lead,
            answer=Markup(row.answer_html),  # noqa: S704 (sanitised by the projection)
            text=row.answer_text,
            easy=Markup(row.easy_html),  # noqa: S704
            source=row.source,
            related=tuple(self.by_number[n] for n in row.related or () if n in self.by_number),
            is_under_review=row.is_under_review,
            revision_id=row.revision_id,
        )

    def picture(self, connection: Connection, image_id: Any) -> tuple[bytes, str] | None:
        """The bytes of a picture and their content type, or None."""
        here = (PICTURE.c.programme == self.code) & (PICTURE.c.id == image_id)
        row = connection.execute(select(PICTURE.c.content, PICTURE.c.content_type).where(here)).first()
        return (row.content, row.content_type) if row else None

    def index(self, connection: Connection) -> Index:
        """Made when the first visitor searches, and kept as long as this reader."""
        with self._lock:
            if "index" not in self._kept:
                self._kept["index"] = _indexed(entries(connection, self.code), self.synonyms)
            return self._kept["index"]

    def find(self, connection: Connection, query: str, most: int = MOST_FOUND) -> list[Result]:
        """The best articles for what was typed, best first, with the reason; [] when nothing fits."""
        index = self.index(connection)
        hits = [hit for hit in index.find(query[:LONGEST_QUERY], most) if hit.key in self.by_number]
        hits = [hit for hit in hits if hit.score >= WORTH_SHOWING * hits[0].score]
        return [self._result(connection, index, hit) for hit in hits]

    def _result(self, connection: Connection, index: Index, hit: Any) -> Result:
        listed = self.by_number[hit.key]
        here = (ARTICLE.c.programme == self.code) & (ARTICLE.c.number == listed.number)
        text = connection.scalar(select(ARTICLE.c.answer_text).where(here)) or ""
        piece = excerpt(text, hit.terms, index.synonyms)
        marked = mark(listed.question, hit.terms, index.synonyms)
        return Result(listed, marked, mark(piece, hit.terms, index.synonyms), _why(hit.terms, index.synonyms))


def programmes(connection: Connection) -> list[Any]:
    """The rows of the programmes laid down, by code."""
    return list(connection.execute(select(PROGRAMME).order_by(PROGRAMME.c.code)))


def entries(connection: Connection, code: str) -> list[Entry]:
    """What search reads of a programme's articles."""
    columns = (
        ARTICLE.c.number,
        ARTICLE.c.question,
        ARTICLE.c.variants,
        ARTICLE.c.answer_text,
        ARTICLE.c.category,
        ARTICLE.c.forms,
    )
    query = select(*columns).where(ARTICLE.c.programme == code).order_by(ARTICLE.c.number)
    return [Entry(*row) for row in connection.execute(query)]


def excerpt(text: str, terms: Iterable[str], synonyms: Synonyms) -> str:
    """The piece of a text around the first place that a search found; its beginning when it stands nowhere."""
    flat = " ".join(text.split())
    words = [word for term in terms for word in _words(term, synonyms)]
    spans = highlight(flat, words) if words else []
    middle = spans[0][0] if spans else 0
    start = max(0, middle - AROUND)
    end = min(len(flat), start + 2 * AROUND)
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")


def _words(term: str, synonyms: Synonyms) -> list[str]:
    if term[0] == "~":
        return synonyms.words(term)
    return [] if term[0] == "=" else [term]


def _why(terms: Iterable[str], synonyms: Synonyms) -> tuple[str, ...]:
    """The words that an article was found by, as people write them: a group's first word stands for the group."""
    groups = [synonyms.words(term)[0] for term in sorted(terms) if term[0] == "~"]
    words = [term for term in sorted(terms) if term[0] not in "=~"]
    return tuple(dict.fromkeys([*groups, *words]))[:5]


def _indexed(found: list[Entry], groups: list[list[str]]) -> Index:
    synonyms = Synonyms(groups)
    return Index(((entry.key, Analysis.of(entry, synonyms)) for entry in found), synonyms)
