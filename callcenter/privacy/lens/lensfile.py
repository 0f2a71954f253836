"""One lens file: the index of one period, an SQLCipher database that can be thrown away and made again.

For each shelf there is a table of documents and an FTS5 table with the same row numbers, which are made of the moment
of the document: newest first, and a span of days is a range of rows. The sequence up to which the file follows the
house stands in it, in the same transaction as the documents.

The path is a link to the present file; a rebuilt one is made beside it and then the link is moved."""

# ruff: noqa: S608 (names of shelves are constants of the code, checked when their tables are made)

import fcntl
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import sqlcipher3.dbapi2 as sqlcipher

from callcenter.clock import day_bounds
from callcenter.errors import Conflict, Unavailable
from callcenter.privacy.lens.connections import Readers, connect, is_our_mistake, unreadable
from callcenter.privacy.lens.documents import Document, exact_token
from callcenter.privacy.lens.matching import NOTHING, Within, expression
from callcenter.privacy.lens.query import Query
from callcenter.privacy.lens.tables import (
    begin_building,
    damages,
    end_building,
    is_current,
    optimize,
    shelves_of,
)
from callcenter.privacy.lens.writer import Writer, place_of

READER_CACHE_KB = 24_000
"""A long phrase of common words reads 20 MB of pairs among a million messages; with 8 MB it took twice as long."""
WRITER_CACHE_KB = 16_000
BUILDER_CACHE_KB = 64_000
END_OF_TIME = 1 << 62


class Hit(NamedTuple):
    """A document that was found. `place` orders hits: the greater, the newer."""

    id: UUID
    at: datetime
    place: int


class LensFile:
    """The lens of one period at `path` (a link), under its 32-byte `key`. Safe for threads."""

    def __init__(self, path: Path, key: bytes):
        self.path = path
        self._key = key
        self._readers = Readers(path, key, READER_CACHE_KB)
        self._writer: tuple[str, int, Any] | None = None
        self._writing = threading.Lock()

    # --- what it is

    @property
    def generation(self) -> str | None:
        """Name of the present file; another one after a rebuild; None when there is none."""
        return os.readlink(self.path) if self.path.exists() else None

    @property
    def bytes_on_disk(self) -> int:
        """The present file with its log."""
        return sum(f.stat().st_size for f in self.path.parent.glob(f"{self.generation or '-'}*"))

    def is_fit(self, shelves: Iterable[str]) -> bool:
        """Whether it is there, opens, is of the present layout and folding, and has just these shelves."""
        try:
            with self._readers.borrow() as connection:
                return is_current(connection) and shelves_of(connection) == sorted(shelves)
        except Unavailable:
            return False

    @property
    def followed(self) -> int:
        """The sequence of the house up to which it holds everything. Raises Unavailable."""
        with self._readers.borrow() as connection:
            return connection.execute("SELECT followed FROM lens").fetchone()[0]

    # --- what it answers

    def search(
        self,
        shelf: str,
        query: Query | None,
        tags: Sequence[Sequence[str]] = (),
        limit: int = 20,
        before: int | None = None,
        within: Within = Within.ALL,
    ) -> list[Hit]:
        """The newest hits, at most `limit`; with `before` (the place of a hit) those that come after it in the list.

        `tags` are groups; a document has one tag of each group. Raises Unavailable while there is no file."""
        start, end = _places(query)
        end = end if before is None else min(end, before)
        match = expression(query, tags, within)
        chosen = f"SELECT rowid AS place FROM fts_{shelf} WHERE fts_{shelf} MATCH ? AND" if match else ""
        chosen = chosen or f"SELECT place FROM doc_{shelf} WHERE ? IS NULL AND"
        column = "rowid" if match else "place"
        sql = (
            f"SELECT id, at_ms, place FROM ({chosen} {column} >= ? AND {column} < ? ORDER BY {column} DESC LIMIT ?) "
            f"JOIN doc_{shelf} USING (place) ORDER BY place DESC"
        )
        with self._readers.borrow() as connection:
            rows = connection.execute(sql, (match, start, end, limit)).fetchall()
        return [
            Hit(UUID(bytes=id), datetime.fromtimestamp(at_ms / 1000, UTC), place) for id, at_ms, place in rows
        ]

    def count(
        self,
        shelf: str,
        query: Query | None,
        tags: Sequence[Sequence[str]] = (),
        within: Within = Within.ALL,
    ) -> int:
        """The exact number of documents that `search` would find without a limit."""
        start, end = _places(query)
        match = expression(query, tags, within)
        sql = f"SELECT count(*) FROM fts_{shelf} WHERE fts_{shelf} MATCH ?"
        values: tuple[object, ...] = (match,)
        if match is None:
            sql, values = f"SELECT count(*) FROM doc_{shelf} WHERE place >= ? AND place < ?", (start, end)
        elif (start, end) != (0, END_OF_TIME):
            sql, values = f"{sql} AND rowid >= ? AND rowid < ?", (match, start, end)
        with self._readers.borrow() as connection:
            return connection.execute(sql, values).fetchone()[0]

    def exact(self, shelf: str, kind: str, value: str) -> list[UUID]:
        """Ids of all documents with this phone, mail, birth_date, number …, newest first."""
        token = exact_token(kind, value)
        sql = (
            f"SELECT id FROM (SELECT rowid AS place FROM fts_{shelf} WHERE fts_{shelf} MATCH ?) "
            f"JOIN doc_{shelf} USING (place) ORDER BY place DESC"
        )
        with self._readers.borrow() as connection:
            rows = connection.execute(sql, (f'"{token}"' if token else NOTHING,)).fetchall()
        return [UUID(bytes=id) for (id,) in rows]

    def ids(self, shelf: str) -> list[UUID]:
        """Every document's id, oldest first."""
        with self._readers.borrow() as connection:
            rows = connection.execute(f"SELECT id FROM doc_{shelf} ORDER BY place").fetchall()
        return [UUID(bytes=id) for (id,) in rows]

    def digests_of(self, shelf: str, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """The digests of those documents that it has."""
        query = f"SELECT digest FROM doc_{shelf} WHERE id = ?"
        with self._readers.borrow() as connection:
            rows = {id: connection.execute(query, (id.bytes,)).fetchone() for id in ids}
        return {id: row[0] for id, row in rows.items() if row}

    def damages(self) -> list[str]:
        """What is wrong inside the file, as SQLite and FTS5 say it; nothing when it is whole."""
        with self.connection() as connection:
            return damages(connection)

    # --- what it does

    def create(self, shelves: Iterable[str]) -> None:
        """An empty file, unless there is one. It has followed nothing yet."""
        if self.generation is None:
            with self.build(shelves):
                pass

    def put(self, shelf: str, documents: Iterable[Document], cursor: int | None = None) -> int:
        """Add or replace documents and, with `cursor`, set the sequence, in one transaction. How many changed."""
        with self.writing() as writer:
            changed = writer.put(shelf, documents)
            if cursor is not None:
                writer.follow(cursor)
        return changed

    def remove(self, shelf: str, ids: Iterable[UUID]) -> int:
        """Take documents out. How many were there."""
        with self.writing() as writer:
            return writer.remove(shelf, ids)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction: whole at the end of the block, or nothing. Waits for other writers, never for readers."""
        with self._writing:
            connection = self._open_writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writer(connection)
                connection.execute("COMMIT")
            except BaseException as problem:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(problem, sqlcipher.DatabaseError) and not is_our_mistake(problem):
                    raise unreadable(problem) from None
                raise

    def optimize(self) -> None:
        """Merge all tokens into one piece and take removed documents' tokens out for good (erasure of a person)."""
        with self.connection() as connection:
            optimize(connection)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """The writing connection outside a transaction, for maintenance."""
        with self._writing:
            yield self._open_writer()

    @contextmanager
    def build(self, shelves: Iterable[str]) -> Iterator[Writer]:
        """A new file beside the present one; takes its place when the block ends, or is removed when it raises.

        Raises Conflict while somebody else builds."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._only_builder():
            self._clear_but(self.generation)
            file = self.path.with_name(f"{self.path.stem}-{secrets.token_hex(4)}.db")
            connection = connect(file, self._key, BUILDER_CACHE_KB)
            try:
                begin_building(connection, shelves)
                yield Writer(connection)
                end_building(connection, file)
            except BaseException:
                connection.close()
                self._clear_but(self.generation)
                raise
            self._move_link(file)
            self._clear_but(file.name)

    def destroy(self) -> None:
        """Remove the file and everything beside it (the period is erased, or the lens shall be made anew)."""
        self.close()
        self.path.unlink(missing_ok=True)
        self._clear_but(None)

    def close(self) -> None:
        """Close all connections that are not in use; they open again when needed."""
        self._readers.close()
        with self._writing:
            if self._writer:
                self._writer[2].close()
            self._writer = None

    # --- private

    def _open_writer(self) -> Any:
        name = self._readers.present()
        if self._writer and self._writer[:2] != (name, os.getpid()):
            self._writer[2].close()
            self._writer = None
        if self._writer is None:
            connection = connect(self.path.parent / name, self._key, WRITER_CACHE_KB)
            self._writer = (name, os.getpid(), connection)
        return self._writer[2]

    @contextmanager
    def _only_builder(self) -> Iterator[None]:
        handle = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Conflict("この索引は別の処理が作り直しています。", code="lens_building") from None
        finally:
            os.close(handle)

    def _move_link(self, file: Path) -> None:
        beside = self.path.with_suffix(".next")
        beside.unlink(missing_ok=True)
        beside.symlink_to(file.name)
        beside.replace(self.path)

    def _clear_but(self, kept: str | None) -> None:
        for file in self.path.parent.glob(f"{self.path.stem}-*.db*"):
            if kept is None or not file.name.startswith(kept):
                file.unlink(missing_ok=True)


def _places(query: Query | None) -> tuple[int, int]:
    """The rows of the query's span of days: from, up to and without."""
    if query is None or query.between is None:
        return 0, END_OF_TIME
    first, last = query.between
    start = 0 if first == date.min else place_of(int(day_bounds(first)[0].timestamp() * 1000))
    end = END_OF_TIME if last.year == date.max.year else place_of(int(day_bounds(last)[1].timestamp() * 1000))
    return start, end
