"""Bringing in a file of articles: laid down as drafts chunk by chunk, made valid by one small commit, in flat memory.

Running a file again changes nothing. A run that was killed leaves drafts, which the next run finds unchanged and
publishes if the ward approved."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import insert, select, update

from callcenter import clock
from callcenter.clock import today
from callcenter.console import PutAside
from callcenter.db import db, new_id, writing
from callcenter.errors import Forbidden
from callcenter.lines import LineFault
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Kind
from callcenter.programmes import Programme, next_number
from kb.import_line import ImportLine, read
from kb.models import Article, ArticleRevision, Shelf, State, revision_values
from kb.vocabulary import SynonymGroup

CHUNK = 250
LONGEST_LINE = 1024 * 1024
BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass
class Report:
    """What became of a file: counts of articles, and the lines that were not taken."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """An article that is there already."""

    id: uuid.UUID
    latest_number: int
    digest: str
    is_approved: bool


def ward_person(name: str, programme: Programme) -> Staff:
    """The ward's person with this sign-in name who may approve FAQ articles of a programme today.

    Raises Forbidden with the reason when there is none, or it is not the ward's."""
    person = Staff.named(name)
    if person is None:
        raise Forbidden("このサインイン名の利用者はいません。", code="no_such_person")
    if person.side is not Side.WARD or not person.may(Permission.KB_APPROVE):
        raise Forbidden("FAQを承認できるのは区の職員だけです。", code="ward_approves")
    if not person.is_active or not person.is_designated(today()) or programme.id not in person.programme_ids:
        raise Forbidden("この職員は、いまこの事業の取扱者ではありません。", code="not_designated")
    return person


class Importer:
    """One run over one file, for one programme. With `approved_by` (see `ward_person`) what was brought is published;
    articles marked `needs_ward` stay drafts. `bad` receives the raw rejected lines, when given."""

    def __init__(
        self,
        programme: Programme,
        *,
        by: audit.Actor,
        approved_by: Staff | None = None,
        bad: PutAside | None = None,
    ):
        self.programme_id, self.by, self.bad = programme.id, by, bad
        self.approver_id = approved_by.id if approved_by else None
        self.report = Report()
        self._batch_id = new_id()
        self._seen: dict[int, int] = {}
        self._waiting: list[uuid.UUID] = []

    def run(self, file: Path) -> Report:
        """Bring the file in. Good lines are kept, bad ones reported and stored nowhere in the house."""
        with writing():
            SynonymGroup.lay_out(self.programme_id)
            self._record(part=0)
        with file.open("rb") as source:
            for chunk in _chunked(self._good(source)):
                self._lay_down(chunk)
        self._make_valid()
        return self.report

    # --- reading

    def _good(self, source: BinaryIO) -> Iterator[ImportLine]:
        for number, raw in enumerate(iter(lambda: source.readline(LONGEST_LINE + 2), b""), 1):
            if not raw.strip(BLANK):
                continue
            try:
                yield self._read(number, raw)
            except LineFault as fault:
                self.report.rejected.append({"line": number, "column": fault.column, "reason": fault.reason})
                self._put_aside(raw, source)

    def _put_aside(self, raw: bytes, source: BinaryIO) -> None:
        """Copy a bad line, and the rest of one that is too long, piece by piece so that memory stays flat."""
        while raw:
            if self.bad is not None:
                self.bad.write(raw)
            if raw.endswith(b"\n"):
                return
            raw = source.readline(LONGEST_LINE)
        if self.bad is not None:
            self.bad.write(b"\n")

    def _read(self, number: int, raw: bytes) -> ImportLine:
        if len(raw) > LONGEST_LINE:
            raise LineFault("line", f"1行は{LONGEST_LINE // 1024}kBまでです。")
        line = read(raw)
        first = self._seen.setdefault(hash(line.external_id), number)
        if first != number:
            raise LineFault("external_id", f"{first}行目と同じ番号です。")
        return line

    # --- laying down drafts

    def _lay_down(self, lines: list[ImportLine]) -> None:
        with writing():
            known = self._known(lines)
            fresh = [line for line in lines if line.external_id not in known]
            there = [(line, known[line.external_id]) for line in lines if line.external_id in known]
            changed = [(line, one) for line, one in there if one.digest != line.content.digest]
            same = [one for line, one in there if one.digest == line.content.digest]
            self._insert(fresh)
            self._revise(changed)
            self._waiting += [one.id for one in same if not one.is_approved]
            self.report.new += len(fresh)
            self.report.changed += len(changed)
            self.report.unchanged += len(same)
            if fresh or changed:
                Shelf.stir(self.programme_id)
                self._record(part=1)

    def _known(self, lines: list[ImportLine]) -> dict[str, Known]:
        revision = ArticleRevision
        names = [line.external_id for line in lines]
        query = (
            select(
                Article.external_id, Article.id, Article.latest_number, revision.digest, revision.approved_at
            )
            .join(revision, (revision.article_id == Article.id) & (revision.number == Article.latest_number))
            .where(Article.programme_id == self.programme_id, Article.external_id.in_(names))
        )
        return {
            row.external_id: Known(row.id, row.latest_number, row.digest, row.approved_at is not None)
            for row in db.session.execute(query)
        }

    def _insert(self, lines: list[ImportLine]) -> None:
        if not lines:
            return
        moment, first = clock.now(), next_number(self.programme_id, Kind.ARTICLE, len(lines))
        articles, revisions = [], []
        for number, line in enumerate(lines, first):
            article_id = new_id()
            articles.append(
                {
                    "id": article_id,
                    "programme_id": self.programme_id,
                    "number": number,
                    "external_id": line.external_id,
                    "state": State.DRAFT,
                    "latest_number": 1,
                    "created_at": moment,
                    "updated_at": moment,
                }
            )
            revisions.append(self._revision(article_id, 1, line))
        db.session.execute(insert(Article), articles)
        db.session.execute(insert(ArticleRevision), revisions)

    def _revise(self, changed: list[tuple[ImportLine, Known]]) -> None:
        for line, before in changed:
            number = before.latest_number + 1
            db.session.execute(insert(ArticleRevision), [self._revision(before.id, number, line)])
            values = {"latest_number": number, "updated_at": clock.now()}
            db.session.execute(update(Article).where(Article.id == before.id).values(values))

    def _revision(self, article_id: uuid.UUID, number: int, line: ImportLine) -> dict[str, Any]:
        return {
            "id": new_id(),
            "article_id": article_id,
            "number": number,
            "made_at": clock.now(),
            "batch_id": self._batch_id,
            **revision_values(self.programme_id, line.content),
        }

    # --- making them valid

    def _make_valid(self) -> None:
        """One small commit: the ward's approval of what this run brought, and of what it found waiting."""
        with writing():
            if self.approver_id is not None:
                self.report.published = self._approve()
            self._record(part=2)

    def _approve(self) -> int:
        revision, moment = ArticleRevision, clock.now()
        approval = {"approved_by_id": self.approver_id, "approved_side": Side.WARD, "approved_at": moment}
        latest = select(Article.latest_number).where(Article.id == revision.article_id).scalar_subquery()
        may_be = (revision.needs_ward.is_(False), revision.approved_at.is_(None), revision.number == latest)
        for some in _chunked(iter(self._waiting)):
            waiting = update(revision).where(revision.article_id.in_(some), *may_be)
            db.session.execute(
                waiting.values(batch_id=self._batch_id), execution_options={"synchronize_session": False}
            )
        brought = update(revision).where(revision.batch_id == self._batch_id, *may_be).values(approval)
        db.session.execute(brought, execution_options={"synchronize_session": False})
        approved = select(revision.article_id).where(
            revision.batch_id == self._batch_id, revision.approved_at.is_not(None)
        )
        publish = (
            update(Article)
            .where(Article.id.in_(approved))
            .values(current_number=Article.latest_number, state=State.PUBLISHED, updated_at=moment)
        )
        result: Any = db.session.execute(publish, execution_options={"synchronize_session": False})
        if result.rowcount:
            Shelf.stir(self.programme_id)
        return int(result.rowcount)

    def _record(self, part: int) -> None:
        facts: dict[str, Any] = {
            "part": part,
            "new": self.report.new,
            "changed": self.report.changed,
            "rejected": len(self.report.rejected),
            "published": self.report.published,
            "batch": self._batch_id.hex,
        }
        if self.approver_id is not None:
            facts["approved_by"] = self.approver_id.hex
        audit.record(Action.ARTICLES_IMPORTED, by=self.by, on=("programme", self.programme_id), facts=facts)


def _chunked(things: Iterator[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for thing in things:
        chunk.append(thing)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
