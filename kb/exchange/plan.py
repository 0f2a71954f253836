"""What an import would do, without doing it: counts, the new articles, the changed ones with what they said before, and
the lines that would not be taken. Writes nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter.db import db
from callcenter.lines import LineFault, Rejected
from kb.articles.origins import personal_pieces
from kb.articles.revision import ArticleRevision
from kb.exchange.checking import Checker, Known, known_articles
from kb.exchange.line import CARE, ImportLine
from kb.exchange.reading import Format, Sink, reading

CHUNK = 250
MOST_SHOWN = 100
"""So many new and so many changed articles are shown one by one; all are counted."""


@dataclass(frozen=True)
class Planned:
    """An article that would be new or changed. `before` is its newest version, None for a new one; `care` are the columns
    beside its text (owner, review day) that would change."""

    external_id: str
    line: ImportLine
    article_id: uuid.UUID | None = None
    before: ArticleRevision | None = None
    care: tuple[str, ...] = ()


@dataclass
class Plan:
    """What a file would do."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: Rejected = field(default_factory=Rejected)
    absent: tuple[str, ...] = ()
    """Columns that the table does not have: of an article that is there already they become empty."""
    shown_new: list[Planned] = field(default_factory=list)
    shown_changed: list[Planned] = field(default_factory=list)
    personal: list[tuple[str, list[str]]] = field(default_factory=list)
    """Articles that would be new or changed and in which something looks personal: number, and the pieces."""

    @property
    def does_something(self) -> bool:
        return bool(self.new or self.changed)


def plan(programme_id: uuid.UUID, source: BinaryIO, form: Format, bad: Sink | None = None) -> Plan:
    """Look at a file as the import will. `bad` receives the lines that would not be taken. Raises Invalid for a file
    that is no table of articles."""
    made, checker, lines = Plan(), Checker(programme_id), reading(source, form, bad)
    chunk: list[ImportLine] = []
    for number, line in lines:
        try:
            chunk.append(checker.checked(number, line))
        except LineFault as fault:
            made.rejected.note(number, fault)
            lines.put_aside(fault.reason)
        if len(chunk) == CHUNK:
            _look(made, programme_id, checker, chunk)
            chunk = []
    _look(made, programme_id, checker, chunk)
    made.absent = tuple(name for name in lines.absent if name not in CARE)
    return made


def _look(made: Plan, programme_id: uuid.UUID, checker: Checker, lines: list[ImportLine]) -> None:
    known = known_articles(programme_id, [line.external_id for line in lines])
    for line in lines:
        there = known.get(line.external_id)
        if there is None:
            made.new += 1
            if len(made.shown_new) < MOST_SHOWN:
                made.shown_new.append(Planned(line.external_id, line))
        elif checker.is_same(line, there):
            made.unchanged += 1
            continue
        else:
            made.changed += 1
            if len(made.shown_changed) < MOST_SHOWN:
                made.shown_changed.append(_changed(checker, line, there))
        if len(made.personal) < MOST_SHOWN and (pieces := personal_pieces(line.content)):
            made.personal.append((line.external_id, pieces))


def _changed(checker: Checker, line: ImportLine, there: Known) -> Planned:
    query = select(ArticleRevision).where(
        ArticleRevision.article_id == there.id, ArticleRevision.number == there.latest_number
    )
    before = db.session.scalars(query.options(joinedload(ArticleRevision.category))).one()
    now = {"owner_id": there.owner_id, "review_on": there.review_on}
    care = tuple(name for name, value in checker.care_of(line).items() if now[name] != value)
    return Planned(line.external_id, line, there.id, before, care)
