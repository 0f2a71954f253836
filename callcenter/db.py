"""The database: one engine, one base class, column types, and how transactions begin and end.

Two databases are served by the same models: an SQLCipher file (the embedded default) and PostgreSQL.
A GET reads in a plain transaction; a write takes the write lock with its first statement, so that a read
can never turn into a write on a stale view. What a transaction intends stands in `intent`."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlcipher3.dbapi2
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, ForeignKey, MetaData, String, Uuid, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import DateTime, TypeDecorator

from callcenter.config import Settings

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class _Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=_Base, disable_autonaming=True)

DATABASE_ERRORS = (SQLAlchemyError, sqlcipher3.dbapi2.Error)
"""Whatever a database that is away or out of order makes of a statement, or of a connection."""


class Intent(StrEnum):
    """What a transaction is going to do. READ: look only. NOTE: write audit rows of reads (flushed within
    100 ms). WRITE: change records (flushed before the answer)."""

    READ = "read"
    NOTE = "note"
    WRITE = "write"


_DEEDS = "after_commit"
_intent: ContextVar[Intent] = ContextVar("intent", default=Intent.WRITE)


@contextmanager
def intent(kind: Intent) -> Iterator[None]:
    """Let the transactions begun inside carry this intent."""
    token = _intent.set(kind)
    try:
        yield
    finally:
        _intent.reset(token)


def intended() -> Intent:
    """What the transactions begun now are going to do."""
    return _intent.get()


@contextmanager
def writing() -> Iterator[None]:
    """One commit at the end of the block, or nothing at all. For commands and the worker."""
    with intent(Intent.WRITE):
        try:
            yield
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise


def after_commit(deed: Callable[[], object]) -> None:
    """Do something that cannot be taken back once the transaction under way is committed; a rollback forgets it.

    The deed must not touch the database."""
    if not db.session().in_transaction():
        db.session.begin()  # so that a rollback is one
    db.session.info.setdefault(_DEEDS, []).append(deed)


@event.listens_for(Session, "after_commit")
def _do(session: Session) -> None:
    if not session.in_nested_transaction():
        for deed in session.info.pop(_DEEDS, ()):
            deed()


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _ended: SessionTransaction) -> None:
    session.info.pop(_DEEDS, None)


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7): milliseconds, then random bits; made by us before the insert."""
    stamp = time.time_ns() // 1_000_000
    bits = (stamp << 80) | secrets.randbits(80)
    bits = (bits & ~(0xF << 76)) | (0x7 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=bits)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite stores it as sortable text without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Why(StrEnum):
    """Why a text column may stand readable in the database. Anything else is sealed."""

    NUMBER = "a number of our own (受付番号, チケット番号)"
    STATE = "a state, kind or code from a list in the code"
    CATEGORY = "the office's own categories and teams"
    KNOWLEDGE = "the office's own knowledge: articles, clauses, rules"
    PLACE = "names of wards and programmes"
    PROVIDER = "a company on the public list of certified providers"
    KEY = "a key, digest or wrapped key"
    TECHNICAL = "a technical name: version, path, content type"
    FACTS = "counts, ids and codes of an audit row, never a personal item"
    SIGN_IN = "the sign-in name of a member of staff, given by the office"


class Words(TypeDecorator[str]):
    """Readable text, with the reason why it may be readable."""

    impl = String
    cache_ok = True

    def __init__(self, why: Why, length: int | None = None):
        super().__init__(length)
        self.why = why


class Choice(TypeDecorator[Any]):
    """A StrEnum kept by its value."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[StrEnum]):
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Any) -> Enum | None:
        return None if value is None else self.words(value)


if TYPE_CHECKING:  # the type checker cannot follow what Flask-SQLAlchemy builds at run time
    Model = _Base
else:
    Model = db.Model


class Row(Model):
    """A row with a UUIDv7 of its own from the moment it is made."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)

    def __init__(self, **values: Any):
        values.setdefault("id", new_id())
        super().__init__(**values)


def add_if_new(model: type[Row], **values: Any) -> bool:
    """Insert a row unless its key stands there already; True when it was inserted. Two callers at once: one True."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(model).values(**{"id": new_id(), **values}).on_conflict_do_nothing().returning(model.id)
    )
    return db.session.scalars(statement).first() is not None


class InPeriod:
    """A root row belongs to one contract year; `visible_to` filters on it."""

    period_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("period.id"), index=True)


# --- engines ---------------------------------------------------------------------------------------------


def connect(app: Flask, settings: Settings, database_key: Callable[[], bytes]) -> None:
    """Bind the session to PostgreSQL (`settings.database_url`) or to the SQLCipher file.

    `database_key` returns the 32-byte key of the file; it is asked for at every new connection, so that
    a missing key heals without a restart."""
    if settings.database_url:
        app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
        options: dict[str, Any] = {"pool_size": 16, "max_overflow": 16, "pool_pre_ping": True}
    else:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{settings.database_file}"
        options = {
            "module": sqlcipher3.dbapi2,
            "creator": lambda: _open_sqlcipher(settings.database_file, database_key()),
            "pool_size": 16,
            "max_overflow": 48,
        }
    # the texts of its errors name statements, never their values
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {**options, "hide_parameters": True}
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if settings.database_url:
        event.listen(engine, "begin", _begin_postgresql)
    else:
        event.listen(engine, "begin", _begin_sqlite)
    app.extensions["flusher"] = Flusher(engine, None if settings.database_url else settings.database_file)


def disconnect() -> None:
    """Give back every connection of this app and end its threads; the next use opens new ones.

    Raises RuntimeError when some thread still holds a connection after five seconds: it would be lost open."""
    for end in current_app.extensions.get("threads", ()):
        end()
    current_app.extensions["flusher"].stop()
    db.session.remove()
    pool = cast(QueuePool, db.engine.pool)
    until = time.monotonic() + 5
    while pool.checkedout():
        if time.monotonic() > until:
            raise RuntimeError(f"{pool.checkedout()} connections are still in use")
        time.sleep(0.01)
    db.engine.dispose()


def _open_sqlcipher(path: Path, key: bytes) -> Any:
    connection = sqlcipher3.dbapi2.connect(
        str(path), timeout=10, check_same_thread=False, isolation_level=None
    )
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -16000")
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return connection


def _begin_sqlite(connection: Connection) -> None:
    kind = _intent.get()
    if kind is Intent.READ:
        connection.exec_driver_sql("BEGIN")
        return
    wanted = "NORMAL" if kind is Intent.NOTE else "FULL"
    if connection.info.get("synchronous") != wanted:  # it stays with the connection
        connection.exec_driver_sql(f"PRAGMA synchronous = {wanted}")
        connection.info["synchronous"] = wanted
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if _intent.get() is Intent.NOTE:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


class Flusher:
    """Brings rows that record a read to the disk within 100 ms of their commit, many with one flush."""

    WITHIN_SECONDS = 0.08

    def __init__(self, engine: Engine, file: Path | None):
        self._engine = engine
        self._wal = Path(f"{file}-wal") if file else None
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def want(self) -> None:
        """Ask for a flush soon; returns at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._stopping.clear()
                self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
                self._thread.start()
        self._wanted.set()

    def stop(self) -> None:
        """End the thread after what it was asked for, so that it opens no connection any more. The next `want` starts
        another."""
        with self._lock:
            self._stopping.set()
            self._wanted.set()
            if self._thread is not None:
                self._thread.join(timeout=10)

    def flush(self) -> None:
        """Everything committed so far is on the disk when this returns."""
        if self._wal is not None:
            self._flush_wal(self._wal)
            return
        with self._engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_current_xact_id()")
            connection.commit()

    def _flush_wal(self, wal: Path) -> None:
        try:
            handle = os.open(wal, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _run(self) -> None:
        while not self._stopping.is_set() and self._wanted.wait(timeout=30):
            self._stopping.wait(self.WITHIN_SECONDS / 2)
            self._wanted.clear()
            try:
                self.flush()
            except Exception:  # the door of a thread: the next commit tries again
                self._stopping.wait(self.WITHIN_SECONDS)
