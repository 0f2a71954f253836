"""What only the database can say of a line that is to be brought in: is its number there twice, who is its owner, and
what does the article say now."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter.db import db
from callcenter.lines import LineFault
from callcenter.people.staff import Assignment, Staff
from kb.articles import origins
from kb.articles.article import Article
from kb.articles.images import unknown_images
from kb.articles.revision import ArticleRevision
from kb.exchange.line import ImportLine


@dataclass(frozen=True)
class Known:
    """An article that is there already, with its newest revision."""

    id: uuid.UUID
    latest_number: int
    digest: str
    is_approved: bool
    owner_id: uuid.UUID | None
    review_on: date | None


class Checker:
    """Checks the lines of one file, in their order."""

    def __init__(self, programme_id: uuid.UUID):
        self.programme_id = programme_id
        self._seen: dict[int, int] = {}

    def checked(self, number: int, line: ImportLine | LineFault) -> ImportLine:
        """The line, if it may be brought in. Raises LineFault."""
        if isinstance(line, LineFault):
            raise line
        first = self._seen.setdefault(hash(line.external_id), number)
        if first != number:
            raise LineFault("external_id", f"{first}行目と同じ番号です。")
        if line.care.owner and line.care.owner not in self._owners:
            raise LineFault("owner", "このサインイン名の人は、この事業にいません。")
        for fault in unknown_images(line.content, self.programme_id):
            raise LineFault(fault.field, fault.reason)
        self._require_clean(line)
        return line

    def is_same(self, line: ImportLine, known: Known) -> bool:
        """Whether the line changes nothing of the article."""
        now = {"owner_id": known.owner_id, "review_on": known.review_on}
        return known.digest == line.content.digest and all(
            now[name] == value for name, value in self.care_of(line).items()
        )

    def care_of(self, line: ImportLine) -> dict[str, Any]:
        """The columns of Article that the line says: owner and review day, as far as it has them."""
        values: dict[str, Any] = {}
        if "owner" in line.care.given:
            values["owner_id"] = self._owners[line.care.owner] if line.care.owner else None
        if "review_on" in line.care.given:
            values["review_on"] = line.care.review_on
        return values

    def _require_clean(self, line: ImportLine) -> None:
        """What must not stand in an article that was written from a consultation does not come in by a file either."""
        if line.external_id not in self._there:
            return
        query = select(Article).where(
            Article.programme_id == self.programme_id, Article.external_id == line.external_id
        )
        article = db.session.scalars(query.options(joinedload(Article.latest))).one()
        if article.latest.digest == line.content.digest:
            return
        for fault in origins.faults_of(article, line.content):
            reason = _("この記事のもとになった相談の、個人の情報が入っています。消してください。")
            raise LineFault(fault.field, reason)

    @cached_property
    def _there(self) -> frozenset[str]:
        """The numbers of the articles that were there before."""
        return frozenset(
            db.session.scalars(select(Article.external_id).where(Article.programme_id == self.programme_id))
        )

    @cached_property
    def _owners(self) -> dict[str, uuid.UUID]:
        """Sign-in name → id of everybody who is or was of the programme."""
        of_the_programme = Staff.assignments.any(Assignment.programme_id == self.programme_id)
        query = select(Staff.sign_in_name, Staff.id).where(of_the_programme)
        return {row.sign_in_name: row.id for row in db.session.execute(query)}


def known_articles(programme_id: uuid.UUID, external_ids: Iterable[str]) -> dict[str, Known]:
    """The articles of a programme with these numbers."""
    revision = ArticleRevision
    query = (
        select(
            Article.external_id,
            Article.id,
            Article.latest_number,
            Article.owner_id,
            Article.review_on,
            revision.digest,
            revision.approved_at,
        )
        .join(revision, (revision.article_id == Article.id) & (revision.number == Article.latest_number))
        .where(Article.programme_id == programme_id, Article.external_id.in_(list(external_ids)))
    )
    return {
        row.external_id: Known(
            row.id,
            row.latest_number,
            row.digest,
            row.approved_at is not None,
            row.owner_id,
            row.review_on,
        )
        for row in db.session.execute(query)
    }
