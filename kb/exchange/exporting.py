"""Articles written to a file: JSON Lines, CSV or a workbook, the same columns in each. What is written comes back
unchanged through the import (docs/rules.md#kb-import)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.sheets import delimited, workbook
from callcenter.sheets.delimited import UTF_8
from kb.articles.article import Article, State
from kb.articles.revision import ArticleRevision
from kb.exchange.line import CARE, Care, ImportLine
from kb.exchange.reading import Format
from kb.exchange.tables import HEADINGS, row_of

CHUNK = 250
SHEET = "FAQ"
CONTENT_TYPES = {
    Format.JSONL: "application/jsonl; charset=utf-8",
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(
    programme_id: uuid.UUID,
    target: BinaryIO,
    form: Format,
    *,
    by: audit.Actor,
    everything: bool = False,
    encoding: str = UTF_8,
) -> int:
    """Write the articles of a programme in the order of their numbers; returns how many. What agents may tell is written
    in its approved version; with `everything` each article that is not put away, in its newest version.

    Raises Unencodable when characters are not in cp932; the target is then worth nothing."""
    count = 0

    def lines() -> Iterator[ImportLine]:
        nonlocal count
        for line in lines_of(programme_id, everything=everything):
            count += 1
            yield line

    _WRITERS[form](lines(), target, encoding)
    facts = {"format": form.value, "count": count, "everything": everything}
    audit.record(Action.ARTICLES_EXPORTED, by=by, on=("programme", programme_id), facts=facts, read=True)
    return count


def lines_of(programme_id: uuid.UUID, *, everything: bool) -> Iterator[ImportLine]:
    """The articles as lines, read in chunks so that memory stays flat."""
    revision, last = ArticleRevision, 0
    number = Article.latest_number if everything else Article.number_told(clock.today())
    query = (
        select(revision, Article.number, Article.external_id, Article.review_on, Staff.sign_in_name)
        .join(Article, (Article.id == revision.article_id) & (revision.number == number))
        .outerjoin(Staff, Staff.id == Article.owner_id)
        .where(Article.programme_id == programme_id)
        .options(joinedload(revision.category))
        .order_by(Article.number)
        .limit(CHUNK)
    )
    query = query.where(Article.state != State.ARCHIVED if everything else Article.state == State.PUBLISHED)
    while rows := db.session.execute(query.where(Article.number > last)).all():
        for one, last, external_id, review_on, owner in rows:  # noqa: B007  the next chunk begins after the last
            yield ImportLine(external_id, one.content, Care(owner or "", review_on, frozenset(CARE)))
            db.session.expunge(one)


def _jsonl(lines: Iterator[ImportLine], target: BinaryIO, encoding: str) -> None:
    for line in lines:
        target.write(line.as_line())


def _csv(lines: Iterator[ImportLine], target: BinaryIO, encoding: str) -> None:
    for piece in delimited.written(list(HEADINGS.values()), map(row_of, lines), encoding):
        target.write(piece)


def _xlsx(lines: Iterator[ImportLine], target: BinaryIO, encoding: str) -> None:
    target.write(workbook.written(SHEET, list(HEADINGS.values()), map(row_of, lines)))


_WRITERS: dict[Format, Callable[[Iterator[ImportLine], BinaryIO, str], None]] = {
    Format.JSONL: _jsonl,
    Format.CSV: _csv,
    Format.XLSX: _xlsx,
}
