"""Holding a lens against the database: every document opened again, and words counted by reading."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import NamedTuple
from uuid import UUID

from callcenter.db import Intent, db, intent
from callcenter.privacy.lens.documents import Document, store
from callcenter.privacy.lens.folding import fold
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.matching import Within
from callcenter.privacy.lens.query import Query
from callcenter.privacy.lens.rebuilding import chunks, pack, unpack
from callcenter.privacy.lens.shelves import Shelf, Shelves

WORDS = 24
LENGTHS = (1, 2, 2, 2, 3, 4, 8)
NAMED = 20
"""At most so many ids of each kind are named."""


@dataclass
class Finding:
    """What was found of one shelf. Ids are hex; `damaged` are records of the database that do not open.
    Words are counted, never named, for they may be names."""

    shelf: str
    documents: int = 0
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    words: int = 0
    wrong_words: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.extra or self.different or self.damaged or self.wrong_words)


@dataclass
class Report:
    """The lens of a period against its rows. `changed_meanwhile`: people worked while it was read, so that
    differences may be theirs; verify again."""

    period_id: str
    findings: list[Finding]
    damages: list[str]
    changed_meanwhile: bool = False

    @property
    def is_clean(self) -> bool:
        return not self.damages and all(finding.is_clean for finding in self.findings)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "clean": self.is_clean}


def verify(
    file: LensFile, shelves: Shelves, period_id: UUID, *, words: int = WORDS, tries: int = 3
) -> Report:
    """Compare a period's lens, followed up to now, with its rows: documents that lack, should not be there or differ,
    the soundness of the file, and for `words` words cut out of documents the total against a substring scan.

    Reads all again, up to `tries` times, when it differs while people work. Ends the session's transaction.
    Raises Unavailable when there is no lens."""
    with intent(Intent.READ):
        db.session.rollback()
        while True:
            before, tries = file.followed, tries - 1
            findings = [_compare(file, shelf, period_id, words) for shelf in shelves]
            report = Report(period_id.hex, findings, file.damages(), file.followed != before)
            if report.is_clean or not report.changed_meanwhile or not tries:
                return report


class _Word(NamedTuple):
    text: str
    within: Within


def _compare(file: LensFile, shelf: Shelf, period_id: UUID, words: int) -> Finding:
    finding = Finding(shelf.name)
    tried = _words(file, shelf, words)
    truth = dict.fromkeys(tried, 0)
    for ids in _parts(shelf.all_ids(db.session(), period_id)):
        opened, damaged = shelf.open(db.session(), ids)
        _name(finding.damaged, damaged)
        made = [document for document in opened if document.period_id == period_id]
        stored = file.digests_of(shelf.name, [document.id for document in made])
        for document in made:
            _compare_one(finding, document, stored.get(document.id))
            _count(truth, document)
    for ids in _parts(file.ids(shelf.name)):
        present = {
            document.id for document in shelf.open(db.session(), ids)[0] if document.period_id == period_id
        }
        _name(finding.extra, (id for id in ids if id not in present))
    for word in tried:
        finding.words += 1
        found = file.count(shelf.name, Query(phrases=(word.text,)), within=word.within)
        finding.wrong_words += found != truth[word]
    db.session.rollback()
    return finding


def _compare_one(finding: Finding, document: Document, digest: bytes | None) -> None:
    finding.documents += 1
    if digest is None:
        _name(finding.missing, [document.id])
    elif digest != store(document).digest:
        _name(finding.different, [document.id])


def _count(truth: dict[_Word, int], document: Document) -> None:
    texts = {Within.BODY: list(map(fold, document.body)), Within.WHO: list(map(fold, document.who))}
    for word in truth:
        truth[word] += any(fold(word.text) in text for text in texts[word.within])


def _words(file: LensFile, shelf: Shelf, count: int) -> list[_Word]:
    """Words cut out of documents chosen by chance."""
    ids = file.ids(shelf.name)
    chosen = random.sample(ids, min(count, len(ids)))
    words: set[_Word] = set()
    for document in shelf.open(db.session(), chosen)[0]:
        said = {Within.BODY: list(filter(None, map(fold, document.body)))}
        said[Within.WHO] = list(filter(None, map(fold, document.who)))
        sides = [within for within in (Within.BODY, Within.BODY, Within.WHO) if said[within]]
        if sides:
            within = random.choice(sides)
            text, length = random.choice(said[within]), random.choice(LENGTHS)
            at = random.randrange(max(1, len(text) - length + 1))
            words.add(_Word(text[at : at + length], within))
    return [word for word in words if fold(word.text)]


def _parts(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """Lists of ids; all are taken first, for the transaction does not live that long."""
    for part in chunks(pack(ids)):
        yield unpack(part)
        db.session.rollback()


def _name(ids: list[str], found: Iterable[UUID]) -> None:
    for id in found:
        if len(ids) < NAMED:
            ids.append(id.hex)
