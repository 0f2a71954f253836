"""Connections to lens files: how one is opened, and a few kept open for readers.

Opening costs a millisecond, so readers give theirs back. The link is looked at each time: when it points to another
file (a rebuilt lens), the old connections are dropped."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from callcenter.errors import Unavailable

PAGE_BYTES = 16384
"""With 4 KB pages the same queries took 1.6 to 2.2 times as long."""
BUSY_SECONDS = 10
SQLITE_ERROR = 1
IDLE_READERS = 2


def connect(file: Path, key: bytes, cache_kb: int) -> Any:
    """Open a lens file with its 32-byte key; makes it, readable by its owner alone, when it is not there."""
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlcipher.connect(
        str(file), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute(f"PRAGMA cipher_page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{cache_kb}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher.DatabaseError as problem:
        connection.close()
        raise unreadable(problem) from None
    return connection


def unreadable(problem: Any = None) -> Unavailable:
    """What people are told; the facts name SQLite's error, not its text, which may hold words that were searched."""
    return Unavailable(
        "検索の索引を作り直しています。しばらくしてからもう一度お試しください。",
        code="lens_unreadable",
        facts={"sqlite": getattr(problem, "sqlite_errorname", "")},
    )


def is_damage(refusal: Unavailable) -> bool:
    """Whether the file itself is broken (or was made under another key), not only out of reach."""
    return str(refusal.facts.get("sqlite", "")).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def is_our_mistake(problem: Any) -> bool:
    """A statement that is wrong in itself; a missing table is not: the file was made before the shelf was."""
    return problem.sqlite_errorcode == SQLITE_ERROR and not str(problem).startswith("no such table")


class Readers:
    """Reading connections to the file that a link names. Safe for threads; each borrower has one for itself."""

    def __init__(self, link: Path, key: bytes, cache_kb: int):
        self.link, self.key, self.cache_kb = link, key, cache_kb
        self._idle: list[Any] = []
        self._opened_for: tuple[str, int] | None = None
        self._lock = threading.Lock()

    def present(self) -> str:
        """Name of the file that the link names now. Raises Unavailable when there is none."""
        try:
            name = os.readlink(self.link)
            os.stat(self.link)
        except FileNotFoundError:
            raise Unavailable(
                "検索の索引を準備しています。しばらくしてからもう一度お試しください。", code="lens_missing"
            ) from None
        return name

    @contextmanager
    def borrow(self) -> Iterator[Any]:
        """A connection for the length of the block. Raises Unavailable when the file cannot be read."""
        wanted = (self.present(), os.getpid())
        connection = self._take(wanted) or self._open(wanted[0])
        try:
            yield connection
        except sqlcipher.DatabaseError as problem:
            connection.close()
            if is_our_mistake(problem):
                raise
            raise unreadable(problem) from None
        except BaseException:
            connection.close()
            raise
        self._give_back(wanted, connection)

    def close(self) -> None:
        """Close what is idle; what is lent is closed when it comes back."""
        with self._lock:
            idle, self._idle, self._opened_for = self._idle, [], None
        for connection in idle:
            connection.close()

    def _take(self, wanted: tuple[str, int]) -> Any | None:
        if self._opened_for != wanted:
            self.close()
        with self._lock:
            self._opened_for = wanted
            return self._idle.pop() if self._idle else None

    def _open(self, name: str) -> Any:
        connection = connect(self.link.parent / name, self.key, self.cache_kb)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, wanted: tuple[str, int], connection: Any) -> None:
        with self._lock:
            if self._opened_for == wanted and len(self._idle) < IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()
