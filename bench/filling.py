"""Fills a house fast: two processes make and seal the rows with the importer's own code, one writes them.

The rows are those of an import; the safety of the disk is off while they are written, since a house that was broken
off is made anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from hashlib import sha256
from itertools import accumulate
from multiprocessing import get_context
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine

from callcenter import clock
from callcenter.calendar import fiscal_year
from callcenter.clock import japan
from callcenter.contacts import Channel
from callcenter.db import db, writing
from callcenter.privacy import audit
from callcenter.privacy.vault import Kind
from callcenter.programmes import Programme, next_number
from tickets.demo.matters import MATTERS, NOTES, Matter
from tickets.demo.names import family
from tickets.exchange.importing import Batch, Importer, lay_out_caller, period_of
from tickets.exchange.line import ImportLine, Message
from tickets.records.notes import Author
from tickets.records.state import TicketState

CHUNK = 1000
TICKETS_A_CALLER = 3
SENTENCES = 7
"""Of some 35 characters each: messages of about 250."""
RARE = [
    a + b
    for a in "春夏秋冬朝昼夕夜東西南北青白赤緑桜楓松竹"
    for b in "山川谷原林森橋坂丘浜島池町村里野道門庭窓"
]
HOW_OFTEN = list(accumulate(1 / rank**1.4 for rank in range(1, len(RARE) + 1)))
CHANNELS = (Channel.PHONE, Channel.PHONE, Channel.PHONE, Channel.MAIL, Channel.LETTER)

Rows = list[tuple[str, int, Any]]


def fill(programme: Programme, count: int, say: Callable[[str], None], processes: int = 2) -> None:
    """Lay `count` tickets of the last year into the house; valid at the end by one small commit, as an import is."""
    importer = _Laying(programme, by=audit.CONSOLE)
    importer._begin()
    for days in (0, 360):
        day = japan(clock.now() - timedelta(days=days)).date()
        year = fiscal_year(day)
        importer._periods[year] = period_of(programme.id, year, by=audit.CONSOLE)
    for matter in MATTERS:
        importer._category(matter.category)
    with writing():
        first = next_number(programme.id, Kind.TICKET, count), next_number(programme.id, Kind.CONTACT, count)
    db.session.remove()
    engine, began, done = db.engine, time.perf_counter(), 0
    writer = Copier(engine) if engine.dialect.name == "postgresql" else _Inserter(engine)
    starts = range(0, count, CHUNK)
    with ProcessPoolExecutor(
        processes, get_context("fork"), _begin_making, (importer, count, first)
    ) as makers:
        for rows in _ahead(makers, starts):
            writer.write(rows)
            done += CHUNK
            if done % 20_000 == 0:
                say(f"{done:,} tickets, {done / (time.perf_counter() - began):,.0f} a second")
    writer.close()
    importer.report.new = count
    importer._make_valid()


class _Laying(Importer):
    """The importer without a file; asks the database nothing while rows are made."""

    def _digest(self, period_id: UUID, line: ImportLine) -> bytes:
        return sha256(line.canonical.encode()).digest()


def _ahead(makers: ProcessPoolExecutor, starts: range) -> Iterator[Rows]:
    """The chunks in order, a few made in advance."""
    waiting = []
    for start in starts:
        waiting.append(makers.submit(_make, start))
        if len(waiting) > 6:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


# --- the processes that make rows ------------------------------------------------------------------------


class _Work(NamedTuple):
    importer: Importer
    count: int
    first: tuple[int, int]
    dialect: Any
    said: dict[str, list[str]]


_work: list[_Work] = []


def _begin_making(importer: Importer, count: int, first: tuple[int, int]) -> None:
    random = Random(count)
    said = {matter.subject: _pool(random, matter.said) for matter in MATTERS}
    said |= {matter.answer: _pool(random, (matter.answer,)) for matter in MATTERS}
    said[""] = _pool(random, NOTES)
    _work.append(_Work(importer, count, first, db.engine.dialect, said))


def _make(start: int) -> Rows:
    """A chunk of tickets with their callers, as rows ready for the database: (table, how many, values)."""
    work, random, batch = _work[0], Random(start), Batch()
    size = min(CHUNK, work.count - start)
    people = [_person(random) for _ in range(size // TICKETS_A_CALLER + 1)]
    lines = [_ticket(random, number, work, people) for number in range(start, start + size)]
    callers: dict[tuple[Any, str], Any] = {}
    for number, line in enumerate(lines):
        key = work.importer._period(line), line.caller["phone"]
        if key not in callers:
            callers[key] = lay_out_caller(batch, key[0], line.caller, None, line)
        contact = work.first[1] + start + number
        work.importer._lay_out(batch, work.first[0] + start + number, contact, line, callers[key])
    form = _copied if work.dialect.name == "postgresql" else _bound
    return [
        (table.name, len(batch._rows[table]), form(table, batch._rows[table], work.dialect))
        for table in db.metadata.sorted_tables
        if table in batch._rows
    ]


def _bound(table: Any, rows: list[dict[str, Any]], dialect: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and the values as the driver takes them, column by column through the column types."""
    names = [column.name for column in table.columns if any(column.name in row for row in rows)]
    columns = []
    for name in names:
        column = table.columns[name]
        default = column.default.arg if column.default is not None and column.default.is_scalar else None
        bind = column.type.dialect_impl(dialect).bind_processor(dialect)
        values = [row.get(name, default) for row in rows]
        columns.append(values if bind is None or _is_binary(values) else list(map(bind, values)))
    return names, list(zip(*columns, strict=True))


def _is_binary(values: list[Any]) -> bool:
    """Drivers wrap bytes into objects of their own, which no process can hand to another."""
    return any(isinstance(value, bytes) for value in values)


def _copied(table: Any, rows: list[dict[str, Any]], dialect: Any) -> tuple[list[str], bytes]:
    """The columns and the values as text for COPY (https://www.postgresql.org/docs/15/sql-copy.html)."""
    names, values = _bound(table, rows, dialect)
    return names, "".join("\t".join(map(_text, row)) + "\n" for row in values).encode()


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return str(value)


def _ticket(random: Random, number: int, work: _Work, people: list[dict[str, str]]) -> ImportLine:
    """A ticket of the year before today; older numbers are older tickets, one in twenty is open."""
    at = clock.now() - timedelta(seconds=(work.count - number) * (360 * 86400 / work.count) + 600)
    matter, rare = random.choice(MATTERS), random.choices(RARE, cum_weights=HOW_OFTEN)[0]
    return ImportLine(
        external_id=f"bench-{number}",
        opened_at=at,
        channel=random.choice(CHANNELS),
        category=matter.category,
        state=TicketState.OPEN if random.random() < 0.05 else TicketState.CLOSED,
        subject=f"{matter.subject}（{rare}）",
        caller=random.choice(people),
        messages=_messages(random, matter, at, work.said),
        canonical=str(number),
    )


def _person(random: Random) -> dict[str, str]:
    """Somebody with a number that cannot ring; there are 40,000 of these, so that several people share one."""
    made, head = family(random, 0).parent, random.choice(("03", "070", "080", "090"))
    return {"name": made.name, "kana": made.kana, "phone": f"{head}-0000-{random.randrange(10_000):04d}"}


def _messages(random: Random, matter: Matter, at: Any, said: dict[str, list[str]]) -> tuple[Message, ...]:
    return (
        Message(at, Author.CALLER, "consultation", _text_of(random, said[matter.subject])),
        Message(at + timedelta(minutes=4), Author.AGENT, "reply", _text_of(random, said[matter.answer])),
        Message(at + timedelta(minutes=9), Author.AGENT, "note", _text_of(random, said[""])),
    )


def _text_of(random: Random, pool: list[str]) -> str:
    return "".join(random.choices(pool, k=random.randint(SENTENCES - 3, SENTENCES + 3)))


def _pool(random: Random, own: tuple[str, ...], size: int = 300) -> list[str]:
    """Sentences to put messages together from: half of the matter itself, half of any, each with rarer words."""
    sentences = []
    for _ in range(size):
        sentence = random.choice(own if random.random() < 0.5 else random.choice(MATTERS).said)
        place, other = random.choices(RARE, cum_weights=HOW_OFTEN, k=2)
        sentences.append(f"{sentence[:24]}{place}の件、{random.randint(1, 28)}日に{other}で確認。")
    return sentences


# --- the process that writes them ------------------------------------------------------------------------


class _Inserter:
    """Writes to the SQLCipher file, without a journal."""

    def __init__(self, engine: Engine):
        self._raw = engine.raw_connection()
        self._cursor = self._raw.cursor()
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "foreign_keys = OFF",
            "cache_size = -200000",
        ):
            self._cursor.execute(f"PRAGMA {pragma}")
        self._cursor.execute("BEGIN IMMEDIATE")

    def write(self, rows: Rows) -> None:
        for table, _count, (names, values) in rows:
            places = ", ".join("?" * len(names))
            self._cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", values)

    def close(self) -> None:
        self._cursor.execute("COMMIT")
        self._cursor.execute("PRAGMA journal_mode = WAL")
        self._raw.detach()  # its pragmas go with it
        self._raw.close()


class Copier:
    """Writes to PostgreSQL with COPY; foreign keys are not looked up meanwhile."""

    def __init__(self, engine: Engine):
        self._raw = engine.raw_connection()
        self._cursor = self._raw.cursor()
        self._cursor.execute("SET session_replication_role = replica")
        self._cursor.execute("SET synchronous_commit = off")

    def empty(self, table: str) -> None:
        """Take out what the revisions laid into a table."""
        self._cursor.execute(f"TRUNCATE {table} CASCADE")

    def write(self, rows: Rows) -> None:
        for table, _count, (names, values) in rows:
            with self._cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                copy.write(values)
        self._raw.commit()

    def close(self) -> None:
        self._cursor.execute("SET session_replication_role = origin")
        self._raw.commit()
        self._raw.detach()
        self._raw.close()
        engine = db.engine
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
