"""Bringing in a file of articles: laid down as drafts chunk by chunk, made valid by one small commit, in flat memory.

Running a file again changes nothing. A run that was killed leaves drafts, which the next run finds unchanged and
publishes if the ward approved."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import insert, select, update

from callcenter import clock
from callcenter.clock import today
from callcenter.db import db, new_id, writing
from callcenter.errors import Forbidden
from callcenter.lines import LineFault, Rejected
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Kind
from callcenter.programmes import Programme, next_number
from kb.articles.article import Article, State
from kb.articles.revision import ArticleRevision, revision_values
from kb.articles.stamp import Shelf
from kb.exchange.checking import Checker, Known, known_articles
from kb.exchange.line import ImportLine
from kb.exchange.reading import Format, Reading, Sink, reading
from kb.upkeep.rule_facts import RuleFact
from kb.words.lists import OfficeWord, SynonymGroup

CHUNK = 250


@dataclass
class Report:
    """What became of a file: counts of articles, and the lines that were not taken."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    rejected: Rejected = field(default_factory=Rejected)


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
    articles marked `needs_ward` stay drafts, and archived ones stay archived. `bad` receives the rejected lines, when given, ready to be mended."""

    def __init__(
        self,
        programme: Programme,
        *,
        by: audit.Actor,
        approved_by: Staff | None = None,
        bad: Sink | None = None,
    ):
        self.programme_id, self.by, self.bad = programme.id, by, bad
        self.approver_id = approved_by.id if approved_by else None
        self.report = Report()
        self._batch_id = new_id()
        self._checker = Checker(programme.id)
        self._waiting: list[uuid.UUID] = []

    def run(self, file: Path) -> Report:
        """Bring a file in; its ending tells the format. Good lines are kept, bad ones reported and stored nowhere in the
        house. Raises Invalid for a file that is no table of articles."""
        with file.open("rb") as source:
            return self.take(source, Format.of(file.name))

    def take(self, source: BinaryIO, form: Format) -> Report:
        """As `run`, from an open file."""
        lines = reading(source, form, self.bad)
        good = _chunked(self._good(lines))
        first = next(good, [])  # a file that is no table ends here, before anything is written
        with writing():
            SynonymGroup.lay_out(self.programme_id)
            OfficeWord.lay_out(self.programme_id)
            RuleFact.lay_out(self.programme_id)
            self._record(part=0)
        for chunk in chain([first], good) if first else ():
            self._lay_down(chunk)
        self._make_valid()
        return self.report

    # --- reading

    def _good(self, lines: Reading) -> Iterator[ImportLine]:
        for number, line in lines:
            try:
                yield self._checker.checked(number, line)
            except LineFault as fault:
                self.report.rejected.note(number, fault)
                lines.put_aside(fault.reason)

    # --- laying down drafts

    def _lay_down(self, lines: list[ImportLine]) -> None:
        with writing():
            known = known_articles(self.programme_id, [line.external_id for line in lines])
            fresh = [line for line in lines if line.external_id not in known]
            there = [(line, known[line.external_id]) for line in lines if line.external_id in known]
            changed = [(line, one) for line, one in there if not self._checker.is_same(line, one)]
            same = [one for line, one in there if self._checker.is_same(line, one)]
            self._insert(fresh)
            self._revise(changed)
            self._waiting += [one.id for one in same if not one.is_approved]
            self.report.new += len(fresh)
            self.report.changed += len(changed)
            self.report.unchanged += len(same)
            if fresh or changed:
                Shelf.stir(self.programme_id)
                self._record(part=1)

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
                    "owner_id": None,
                    "review_on": None,
                    **self._checker.care_of(line),
                    "created_at": moment,
                    "updated_at": moment,
                }
            )
            revisions.append(self._revision(article_id, 1, line))
        db.session.execute(insert(Article), articles)
        db.session.execute(insert(ArticleRevision), revisions)

    def _revise(self, changed: list[tuple[ImportLine, Known]]) -> None:
        for line, before in changed:
            number = before.latest_number
            if before.digest != line.content.digest:
                number += 1
                db.session.execute(insert(ArticleRevision), [self._revision(before.id, number, line)])
            elif not before.is_approved:
                self._waiting.append(before.id)
            values = {"latest_number": number, "updated_at": clock.now(), **self._checker.care_of(line)}
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
        put_away = select(Article.id).where(
            Article.state == State.ARCHIVED
        )  # comes back by a person's word alone
        may_be = (
            revision.needs_ward.is_(False),
            revision.approved_at.is_(None),
            revision.number == latest,
            revision.article_id.not_in(put_away),
        )
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
        quietly = {"synchronize_session": False}
        first_day = select(revision.valid_from).where(
            revision.article_id == Article.id, revision.number == Article.latest_number
        )
        waits = first_day.scalar_subquery() > today()
        later = update(Article).where(Article.id.in_(approved), Article.current_number.is_not(None), waits)
        scheduled: Any = db.session.execute(
            later.values(
                scheduled_number=Article.latest_number,
                scheduled_from=first_day.scalar_subquery(),
                updated_at=moment,
            ),
            execution_options=quietly,
        )
        now = update(Article).where(
            Article.id.in_(approved), Article.scheduled_number.is_distinct_from(Article.latest_number)
        )
        told = {"current_number": Article.latest_number, "scheduled_number": None, "scheduled_from": None}
        begun: Any = db.session.execute(
            now.values(**told, state=State.PUBLISHED, updated_at=moment), execution_options=quietly
        )
        published = int(scheduled.rowcount) + int(begun.rowcount)
        if published:
            Shelf.stir(self.programme_id)
        return published

    def _record(self, part: int) -> None:
        facts: dict[str, Any] = {
            "part": part,
            "new": self.report.new,
            "changed": self.report.changed,
            "rejected": self.report.rejected.total,
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
