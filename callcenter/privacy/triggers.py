"""Database triggers, in one place for migrations and tests. The kernel's: the trail is append-only, and a closed key
takes no more data keys. A room's: what it registers as a `Guard`. Both databases; every statement may be run again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, event

from callcenter.db import db
from callcenter.privacy import approvals, checkpoints, erasure, vault  # noqa: F401 (their tables must be known here)

APPEND_ONLY = ("audit_entry", "audit_checkpoint", "audit_node")

_REFUSED = "the audit trail is append-only"
_CLOSED = "this wrapping key is closed"


def create(connection: Connection) -> None:
    """Put the triggers on their tables; a revision calls `triggers.create(op.get_bind())` after making the tables."""
    for statement in _statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Take them off again (a revision's way down; the tables go right after)."""
    sqlite = connection.dialect.name == "sqlite"
    for name, table in _names(connection.dialect.name):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
    if not sqlite:
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change() CASCADE")
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_closed_key() CASCADE")


def missing(connection: Connection) -> list[str]:
    """Names of triggers that should stand and do not (or are switched off)."""
    sqlite = connection.dialect.name == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    standing = {row[0] for row in connection.exec_driver_sql(query)}
    wanted = [name for name, _table in _names(connection.dialect.name)]
    wanted += [name for guard in GUARDS.values() for name in guard.names]
    return [name for name in wanted if name not in standing]


def _names(dialect: str) -> list[tuple[str, str]]:
    if dialect == "sqlite":
        pairs = [(f"{table}_no_{verb}", table) for table in APPEND_ONLY for verb in ("update", "delete")]
        return [*pairs, ("audit_entry_in_order", "audit_entry"), *_closed_names()]
    return [*((f"{table}_append_only", table) for table in APPEND_ONLY), *_closed_names()]


def _closed_names() -> list[tuple[str, str]]:
    return [("data_key_closed_insert", "data_key"), ("data_key_closed_update", "data_key")]


def _statements(dialect: str) -> list[str]:
    return _sqlite() if dialect == "sqlite" else _postgresql()


IN_ORDER = """
NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry)
OR EXISTS (SELECT 1 FROM audit_entry WHERE uid = NEW.uid)
OR EXISTS (SELECT 1 FROM audit_entry WHERE hash = NEW.hash)"""
"""When SQLite's INSERT OR REPLACE would remove a row: it fires no DELETE trigger (unless recursive_triggers is on)."""

CLOSED = "EXISTS (SELECT 1 FROM closed_key WHERE name = NEW.kek)"


EACH_ROW, EACH_STATEMENT = "FOR EACH ROW", "FOR EACH STATEMENT"


def _refuse(name: str, moment: str, table: str, complaint: str, when: str = "1") -> str:
    """SQLite's trigger that refuses."""
    action = f"SELECT RAISE(ABORT, '{complaint}')"
    return f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {moment} ON {table} WHEN {when} BEGIN {action}; END"


def _function(name: str, body: str) -> str:
    """PostgreSQL's function behind a trigger."""
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _trigger(name: str, moment: str, table: str, each: str, function: str) -> str:
    return f"CREATE OR REPLACE TRIGGER {name} BEFORE {moment} ON {table} {each} EXECUTE FUNCTION {function}()"


def _sqlite() -> list[str]:
    return [
        *(_refuse(f"{table}_no_update", "UPDATE", table, _REFUSED) for table in APPEND_ONLY),
        *(_refuse(f"{table}_no_delete", "DELETE", table, _REFUSED) for table in APPEND_ONLY),
        _refuse("audit_entry_in_order", "INSERT", "audit_entry", _REFUSED, IN_ORDER),
        _refuse("data_key_closed_insert", "INSERT", "data_key", _CLOSED, CLOSED),
        _refuse("data_key_closed_update", "UPDATE OF kek", "data_key", _CLOSED, CLOSED),
    ]


def _postgresql() -> list[str]:
    refuse = f"RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'insufficient_privilege';"
    refuse_closed = f"RAISE EXCEPTION '{_CLOSED}' USING ERRCODE = 'check_violation';"
    changes = "UPDATE OR DELETE OR TRUNCATE"
    return [
        _function("refuse_change", refuse),
        _function("refuse_closed_key", f"IF {CLOSED} THEN {refuse_closed} END IF; RETURN NEW;"),
        *(_trigger(f"{t}_append_only", changes, t, EACH_STATEMENT, "refuse_change") for t in APPEND_ONLY),
        _trigger("data_key_closed_insert", "INSERT", "data_key", EACH_ROW, "refuse_closed_key"),
        _trigger("data_key_closed_update", "UPDATE OF kek", "data_key", EACH_ROW, "refuse_closed_key"),
    ]


# --- what the rooms above guard


@dataclass(frozen=True)
class Guard:
    """A row of a table that the database refuses, however it is written: `when` (SQL over NEW, the same on both
    databases) is looked at for each insert and each update of `column`. A revision of the room calls `create`."""

    name: str
    table: str
    column: str
    when: str
    complaint: str

    @property
    def names(self) -> list[str]:
        """The triggers: one for inserts, one for updates."""
        return [f"{self.name}_insert", f"{self.name}_update"]

    def create(self, connection: Connection) -> None:
        moments = zip(self.names, ("INSERT", f"UPDATE OF {self.column}"), strict=True)
        if connection.dialect.name == "sqlite":
            for name, moment in moments:
                connection.exec_driver_sql(_refuse(name, moment, self.table, self.complaint, self.when))
            return
        refuse = f"RAISE EXCEPTION '{self.complaint}' USING ERRCODE = 'check_violation';"
        connection.exec_driver_sql(
            _function(f"refuse_{self.name}", f"IF {self.when} THEN {refuse} END IF; RETURN NEW;")
        )
        for name, moment in moments:
            connection.exec_driver_sql(_trigger(name, moment, self.table, EACH_ROW, f"refuse_{self.name}"))

    def drop(self, connection: Connection) -> None:
        sqlite = connection.dialect.name == "sqlite"
        for name in self.names:
            connection.exec_driver_sql(
                f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {self.table}")
            )
        if not sqlite:
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS refuse_{self.name}()")


GUARDS: dict[str, Guard] = {}


def register(guard: Guard) -> Guard:
    """Add a room's guard, so that the doctor misses it when it is gone."""
    GUARDS[guard.name] = guard
    return guard


@event.listens_for(db.metadata, "after_create")
def _after_create_all(_metadata: object, connection: Connection, **_options: object) -> None:
    create(connection)
    for guard in GUARDS.values():
        guard.create(connection)
