"""Brings a filled SQLCipher house to PostgreSQL: the same rows, keys and lens, so that both databases answer for the
same tickets, and a million need not be made twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Boolean, Column

from bench.filling import Copier
from callcenter.db import Moment, db, disconnect
from callcenter.migrations import upgrade

ROWS = 5_000
ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_home(source: Path, target: Path) -> None:
    """Everything of a house but its rows: keys, files, the lens (which names the same ids)."""
    left_out = shutil.ignore_patterns("data", "run", "filled", "*.log")
    shutil.copytree(source, target, symlinks=True, ignore=left_out)


def move(source: Flask, target: Flask, say: Callable[[str], None]) -> None:
    """All rows of one app's database into the empty one of another, table by table."""
    with target.app_context():
        upgrade.to_head(db.engine)
        copier = Copier(db.engine)
        for table in db.metadata.sorted_tables:
            copier.empty(table.name)
    with source.app_context():
        raw = db.engine.raw_connection()
        for table in db.metadata.sorted_tables:
            names = [f'"{column.name}"' for column in table.columns]
            forms = [_form(column) for column in table.columns]
            cursor, count = raw.cursor(), 0
            cursor.execute(f"SELECT {', '.join(names)} FROM {table.name}")
            while rows := cursor.fetchmany(ROWS):
                lines = (
                    "\t".join([form(value) for form, value in zip(forms, row, strict=True)]) for row in rows
                )
                copier.write([(table.name, len(rows), (names, ("\n".join(lines) + "\n").encode()))])
                count += len(rows)
            if count >= ROWS:
                say(f"{table.name}: {count:,} rows")
        raw.close()
        disconnect()
    with target.app_context():
        copier.close()
        db.session.remove()


def _form(column: Column[Any]) -> Callable[[Any], str]:
    """How a value of this column stands in COPY's text (https://www.postgresql.org/docs/15/sql-copy.html)."""
    if isinstance(column.type, Moment):
        return lambda value: r"\N" if value is None else f"{value}+00"
    if isinstance(column.type, Boolean):
        return lambda value: r"\N" if value is None else "t" if value else "f"
    return _text


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return value.translate(ESCAPED) if isinstance(value, str) else str(value)
