"""What the public face reads and writes: tables of its own, in a file or a schema of its own, by a connection of its own.

Nothing of the house stands here but what is public already; what visitors send is sealed before it is written. The
house opens the store whole; the face may read, and put rows into the inbox, and that is all its connection lets it do:
on PostgreSQL by the rights of its role, on SQLite by an authorizer on its connection (docs/rules.md#public-face)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.schema import CreateSchema

from callcenter.config import BadSetting, Settings

SCHEMA = "face"
FORMAT = 3
"""Goes up when what is laid down changes its shape: the tables are then thrown away and laid down anew."""

METADATA = MetaData()

SHAPE = Table("face_shape", METADATA, Column("format", Integer, primary_key=True))
PROGRAMME = Table(
    "face_programme",
    METADATA,
    Column("code", String(40), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("ward", String(60), nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("stamp", String(36), nullable=False),
    Column("synonyms", JSON, nullable=False),
    Column("key_id", Uuid),
    Column("public_key", LargeBinary),
)
ARTICLE = Table(
    "face_article",
    METADATA,
    Column("programme", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("revision_id", Uuid, nullable=False),
    Column("question", String(200), nullable=False),
    Column("variants", JSON, nullable=False),
    Column("lead", Text, nullable=False),
    Column("answer_html", Text, nullable=False),
    Column("answer_text", Text, nullable=False),
    Column("easy_html", Text, nullable=False),
    Column("category", String(130), nullable=False),
    Column("related", JSON(none_as_null=True)),
    Column("source", String(300), nullable=False),
    Column("approved_at", String(40), nullable=False),
    Column("valid_to", Date),
    Column("is_under_review", Boolean, nullable=False),
    Column("forms", Text, nullable=False),
)
PICTURE = Table(
    "face_picture",
    METADATA,
    Column("programme", String(40), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("content_type", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
INBOX = Table(
    "face_inbox",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("programme", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("key_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("received_at", String(40), nullable=False),
)
READABLE = frozenset({SHAPE.name, PROGRAMME.name, ARTICLE.name, PICTURE.name})


class Store:
    """The face's tables behind one engine. `reading()` and `writing()` give a connection inside a transaction."""

    def __init__(self, engine: Engine, role: str | None = None):
        self.engine = engine
        self.role = role

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One view of the tables for the whole block."""
        with self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One commit at the end of the block, or nothing."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def make(self) -> None:
        """The tables, if they are missing, and what the face's role may do with them. For the house alone."""
        with self.writing() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
            METADATA.create_all(connection, tables=[SHAPE])
            if connection.scalar(select(SHAPE.c.format)) != FORMAT:
                METADATA.drop_all(connection, tables=[PROGRAMME, ARTICLE, PICTURE])
                connection.execute(delete(SHAPE))
                connection.execute(insert(SHAPE).values(format=FORMAT))
            METADATA.create_all(connection)
            if self.role and connection.scalar(ROLE_THERE, {"role": self.role}):
                grant(connection, self.role)

    def close(self) -> None:
        self.engine.dispose()


ROLE_THERE = text("SELECT 1 FROM pg_roles WHERE rolname = :role")


def grant(connection: Connection, role: str) -> None:
    """The rights of the face's role on PostgreSQL: read what is laid down, put rows into the inbox, nothing else."""
    name = connection.dialect.identifier_preparer.quote(role)
    readable = ", ".join(f"{SCHEMA}.{table}" for table in sorted(READABLE))
    for statement in (
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {name}",
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {name}",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name}",
        f"GRANT SELECT ON {readable} TO {name}",
        f"GRANT INSERT ON {SCHEMA}.{INBOX.name} TO {name}",
    ):
        connection.exec_driver_sql(statement)


def open_as_house(settings: Settings) -> Store:
    """The store as the house opens it. A connection lives as long as its transaction, so that nothing is held between."""
    if settings.face.database_url:
        if not settings.database_url:
            raise BadSetting(
                "CALLCENTER_FACE_DATABASE_URL needs DATABASE_URL: the house lays the face's schema down"
            )
        role = make_url(settings.face.database_url).username
        return Store(_postgresql(settings.database_url, poolclass=NullPool), role)
    return Store(_sqlite(settings.face_file, _open_whole, poolclass=NullPool))


def open_as_face(settings: Settings) -> Store:
    """The store as the face opens it: to read, and to put something into the inbox."""
    if settings.face.database_url:
        return Store(_postgresql(settings.face.database_url, pool_size=2, max_overflow=6, pool_pre_ping=True))
    return Store(_sqlite(settings.face_file, _open_narrow, poolclass=QueuePool, pool_size=2, max_overflow=14))


def _postgresql(url: str, **options: Any) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, connect_args={"connect_timeout": 5, "prepare_threshold": None}, **options
    )
    return engine.execution_options(schema_translate_map={None: SCHEMA})


def _sqlite(path: Path, opened: Any, **options: Any) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: opened(path), hide_parameters=True, **options)
    event.listen(engine, "begin", _begin)
    return engine


def _open_whole(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    connection = sqlite3.connect(path, timeout=10, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return connection


def _open_narrow(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=5,
        check_same_thread=False,
        isolation_level=None,
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -2000")
    connection.set_authorizer(_allowed)
    return connection


READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_FUNCTION})
FUNCTIONS = frozenset({"count", "max", "min", "coalesce", "lower", "length"})


def _allowed(
    deed: int, first: str | None, second: str | None, database: str | None, _inner: str | None
) -> int:
    """What the face's connection may do on SQLite: the same as its role on PostgreSQL."""
    if deed == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if second in FUNCTIONS else sqlite3.SQLITE_DENY
    if deed in READS:
        return sqlite3.SQLITE_OK
    if deed == sqlite3.SQLITE_READ and first in READABLE and database == "main":
        return sqlite3.SQLITE_OK
    if deed == sqlite3.SQLITE_INSERT and first == INBOX.name and database == "main":
        return sqlite3.SQLITE_OK
    if deed == sqlite3.SQLITE_PRAGMA and first == "read_uncommitted" and second is None:  # SQLAlchemy asks it
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
    )
