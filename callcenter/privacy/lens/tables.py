"""The tables of a lens file: how they are laid out, filled in one go, and examined."""

# ruff: noqa: S608 (names of shelves are constants of the code, checked when their tables are made)

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from callcenter.privacy.lens.folding import FOLDING

LAYOUT = 1
"""Goes up with every change of the tables or tokens: a lens of another layout is rebuilt."""
BUILDER_HASH_BYTES = 64 << 20
"""Tokens are gathered in so much memory before they are written: fewer pieces to merge."""
USUAL_HASH_BYTES = 1 << 20


def shelves_of(connection: Any) -> list[str]:
    """Names of the shelves that the file has."""
    query = "SELECT substr(name, 5) FROM sqlite_master WHERE type = 'table' AND name LIKE 'doc\\_%' ESCAPE '\\' ORDER BY 1"
    return [name for (name,) in connection.execute(query)]


def is_current(connection: Any) -> bool:
    """Whether the file was made with the present layout and folding."""
    made_as: tuple[int, int] = connection.execute("SELECT layout, folding FROM lens").fetchone()
    return made_as == (LAYOUT, FOLDING)


def begin_building(connection: Any, shelves: Iterable[str]) -> None:
    """Tables in an empty file, which is thrown away if anything goes wrong and so needs no log while it is made."""
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    _create_tables(connection, shelves)
    for shelf in shelves_of(connection):
        connection.execute(
            f"INSERT INTO fts_{shelf} (fts_{shelf}, rank) VALUES ('hashsize', ?)", (BUILDER_HASH_BYTES,)
        )


def end_building(connection: Any, file: Path) -> None:
    """Merge, commit, close and flush: from here on the file is used with a log."""
    for shelf in shelves_of(connection):
        connection.execute(f"INSERT INTO fts_{shelf} (fts_{shelf}) VALUES ('optimize')")
        connection.execute(
            f"INSERT INTO fts_{shelf} (fts_{shelf}, rank) VALUES ('hashsize', ?)", (USUAL_HASH_BYTES,)
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with file.open("rb") as handle:
        os.fsync(handle.fileno())


def optimize(connection: Any) -> None:
    """Merge all tokens into one piece; those of removed documents go, and their pages are overwritten."""
    connection.execute("PRAGMA secure_delete = ON")
    for shelf in shelves_of(connection):
        connection.execute(f"INSERT INTO fts_{shelf} (fts_{shelf}) VALUES ('optimize')")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def damages(connection: Any) -> list[str]:
    """What is wrong inside the file, as SQLite and FTS5 say it; nothing when it is whole."""
    said = [line for (line,) in connection.execute("PRAGMA quick_check") if line != "ok"]
    for shelf in shelves_of(connection):
        said += _shelf_damages(connection, shelf)
    return said


def _create_tables(connection: Any, shelves: Iterable[str]) -> None:
    """The tables of an empty lens file."""
    connection.execute(
        "CREATE TABLE lens (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), layout INTEGER NOT NULL, "
        "folding INTEGER NOT NULL, followed INTEGER NOT NULL)"
    )
    connection.execute("INSERT INTO lens VALUES (1, ?, ?, 0)", (LAYOUT, FOLDING))
    for shelf in shelves:
        if not shelf.isidentifier() or not shelf.isascii():
            raise ValueError(f"{shelf!r} is no name for a shelf")
        connection.execute(
            f"CREATE TABLE doc_{shelf} (place INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, at_ms INTEGER NOT NULL, "
            "digest BLOB NOT NULL)"
        )
        connection.execute(
            f"CREATE VIRTUAL TABLE fts_{shelf} USING fts5(body, who, tag, content='', contentless_delete=1, "
            "tokenize='ascii', prefix='1')"
        )


def _shelf_damages(connection: Any, shelf: str) -> list[str]:
    try:
        connection.execute(f"INSERT INTO fts_{shelf} (fts_{shelf}) VALUES ('integrity-check')")
    except sqlcipher.DatabaseError as damage:
        return [f"{shelf}: {damage}"]
    documents = connection.execute(f"SELECT count(*) FROM doc_{shelf}").fetchone()
    indexed = connection.execute(f"SELECT count(*) FROM fts_{shelf}_docsize").fetchone()
    return [] if documents == indexed else [f"{shelf}: {documents[0]} documents, {indexed[0]} indexed"]
