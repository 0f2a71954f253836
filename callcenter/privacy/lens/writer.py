"""The writing side of a lens file: putting and removing documents inside one transaction."""

# ruff: noqa: S608 (names of shelves are constants of the code, checked when their tables are made)

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from callcenter.clock import japan
from callcenter.privacy.lens.documents import Document, Stored, store

SECOND_BITS = 8
REMEMBERED_SECONDS = 10_000


class Writer:
    """Writes inside a transaction that somebody else begins and ends."""

    def __init__(self, connection: Any):
        self._connection = connection
        self._next: dict[tuple[str, int], int] = {}

    @property
    def followed(self) -> int:
        """The sequence up to which the file holds everything."""
        return self._connection.execute("SELECT followed FROM lens").fetchone()[0]

    def follow(self, sequence: int) -> None:
        """Set the sequence, in this transaction."""
        self._connection.execute("UPDATE lens SET followed = ? WHERE followed <> ?", (sequence, sequence))

    def put(self, shelf: str, documents: Iterable[Document]) -> int:
        """Add or replace; a document that is there unchanged is left alone. How many were written."""
        return self.put_stored(shelf, map(store, documents))

    def put_stored(self, shelf: str, rows: Iterable[Stored]) -> int:
        """`put` of what `store` made (perhaps in another process). Oldest first is fastest."""
        return sum(self._put(shelf, row) for row in sorted(rows, key=lambda row: row.at_ms))

    def remove(self, shelf: str, ids: Iterable[UUID]) -> int:
        """Take documents out; unknown ones are passed over. How many were there.

        Their tokens stay in the (encrypted) file until it is optimised or rebuilt."""
        removed = 0
        for id in ids:
            known = self._known(shelf, id.bytes)
            if known:
                self._forget(shelf, known[0])
                removed += 1
        return removed

    def _put(self, shelf: str, row: Stored) -> bool:
        known = self._known(shelf, row.id)
        if known and known[2] == row.digest:
            return False
        if known:
            self._forget(shelf, known[0])
        place = known[0] if known and known[1] == row.at_ms else self._free_place(shelf, row.at_ms)
        self._connection.execute(
            f"INSERT INTO doc_{shelf} (place, id, at_ms, digest) VALUES (?, ?, ?, ?)",
            (place, row.id, row.at_ms, row.digest),
        )
        self._connection.execute(
            f"INSERT INTO fts_{shelf} (rowid, body, who, tag) VALUES (?, ?, ?, ?)",
            (place, row.body, row.who, row.tag),
        )
        return True

    def _known(self, shelf: str, id: bytes) -> tuple[int, int, bytes] | None:
        query = f"SELECT place, at_ms, digest FROM doc_{shelf} WHERE id = ?"
        return self._connection.execute(query, (id,)).fetchone()

    def _forget(self, shelf: str, place: int) -> None:
        self._connection.execute(f"DELETE FROM fts_{shelf} WHERE rowid = ?", (place,))
        self._connection.execute(f"DELETE FROM doc_{shelf} WHERE place = ?", (place,))
        self._next.clear()  # a place has become free

    def _free_place(self, shelf: str, at_ms: int) -> int:
        """A row number that sorts like the moment. Where more than a second has room for fall together (dates without
        a time), they spread into the next, before midnight into the one before, so that none slips into another day."""
        natural = place_of(at_ms)
        step = -1 if _is_late(at_ms) else 1
        if len(self._next) > REMEMBERED_SECONDS:
            self._next.clear()
        place = self._next.get((shelf, natural), natural)
        taken = f"SELECT 1 FROM doc_{shelf} WHERE place = ?"
        while self._connection.execute(taken, (place,)).fetchone():
            place += step
        self._next[shelf, natural] = place + step
        return place


def place_of(at_ms: int) -> int:
    """Row number of a moment in milliseconds since 1970; earlier ones all stand at the beginning."""
    seconds, rest = divmod(max(at_ms, 0), 1000)
    return seconds << SECOND_BITS | rest >> 2


def _is_late(at_ms: int) -> bool:
    return japan(datetime.fromtimestamp(max(at_ms, 0) / 1000, UTC)).hour == 23
