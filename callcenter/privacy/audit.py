"""The audit trail: one table, one order, chained by hashes, appended as the last statement before the commit.

`record` gathers entries in the session; the commit appends them under the chain's lock, so that the sequence is
the order of commits. A transaction that changed records and recorded nothing is refused. Reasons and search words
are sealed; the chain hashes their ciphertext, so the trail can be verified after its keys are gone.
Row hash = SHA-256(0x00 ‖ canonical JSON), the leaf hash of RFC 6962 §2.1; the JSON holds the hash before it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, Connection, Engine, Integer, LargeBinary, event, insert, select, text
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from callcenter.clock import now
from callcenter.db import Moment, Why, Words, db, new_id
from callcenter.privacy.actions import ABOUT_PEOPLE, REQUIRED_FACTS, Action
from callcenter.privacy.vault import Kind, current_vault, period_group

CHAIN_LOCK = 7_236_114
GENESIS = "0" * 64
UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
UNFIT_IN_REASONS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""The same without tabs and line ends: a reason may be a text of several lines."""


class Actor(Protocol):
    """Whoever acts: staff, the console operator, the system itself."""

    @property
    def actor_id(self) -> str: ...
    @property
    def actor_role(self) -> str: ...


@dataclass(frozen=True)
class NamedActor:
    """An actor that is no member of staff."""

    actor_id: str
    actor_role: str


CONSOLE = NamedActor("console", "console")
SYSTEM = NamedActor("system", "system")
STRANGER = NamedActor("anonymous", "anonymous")


@dataclass(frozen=True)
class Origin:
    """Where a request came from: remote address, sign-in session (its row id) and the request's own id."""

    address: str = ""
    session: str = ""
    request: str = ""


origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 (frozen)


@dataclass
class Entry:
    """What will be written about one deed."""

    action: Action
    by: Actor
    kind: str = ""
    object_id: str = ""
    period_id: uuid.UUID | None = None
    facts: dict[str, object] = field(default_factory=dict)
    reason: str | None = None
    read: bool = False
    result: str = "done"


class AuditEntry(db.Model):  # type: ignore[name-defined]
    """A link of the chain. Rows are only ever added; triggers refuse anything else."""

    __tablename__ = "audit_entry"
    __unaudited__ = True

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    uid: Mapped[uuid.UUID] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    action: Mapped[str] = mapped_column(Words(Why.STATE, 40), index=True)
    actor: Mapped[str] = mapped_column(Words(Why.NUMBER, 40), index=True)
    role: Mapped[str] = mapped_column(Words(Why.STATE, 30))
    address: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 64))
    session: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    request: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    kind: Mapped[str] = mapped_column(Words(Why.STATE, 40))
    object_id: Mapped[str] = mapped_column(Words(Why.NUMBER, 40), index=True)
    period_id: Mapped[uuid.UUID | None]
    result: Mapped[str] = mapped_column(Words(Why.STATE, 10))
    is_read: Mapped[bool]
    facts: Mapped[str] = mapped_column(Words(Why.FACTS))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    reason_group: Mapped[uuid.UUID | None]
    touches: Mapped[str] = mapped_column(Words(Why.FACTS))
    prev_hash: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    hash: Mapped[str] = mapped_column(Words(Why.KEY, 64), unique=True)


def record(
    action: Action,
    *,
    by: Actor,
    on: Any = None,
    period_id: uuid.UUID | None = None,
    facts: Mapping[str, object] | None = None,
    reason: str | None = None,
    read: bool = False,
    result: str = "done",
) -> None:
    """Add an entry to this transaction. `on` is a row, or a pair (kind, id). `facts` are plain and hold no
    personal item; `reason` is sealed under the period's key, or the house's where there is none. Raises ValueError
    when a fact that the action requires is missing, or a period for a reason that may name people."""
    facts = dict(facts or {})
    missing = REQUIRED_FACTS.get(action, frozenset()) - facts.keys()
    if missing:
        raise ValueError(f"{action} needs the facts {sorted(missing)}")
    kind, object_id = _name(on)
    period_id = (
        period_id or getattr(on, "period_id", None) or getattr(getattr(on, "group", None), "period_id", None)
    )
    if reason is not None and period_id is None and action in ABOUT_PEOPLE:
        raise ValueError(f"{action} may name people in its reason: it needs a period")
    put_back([Entry(action, by, kind, object_id, period_id, facts, reason, read, result)])


def touch(shelf: str, object_id: uuid.UUID) -> None:
    """Say that a document of the lens must be made anew after this commit (for changes made by Core statements)."""
    db.session.info.setdefault("touches", {})[shelf, object_id.hex] = None


def take_pending() -> list[Entry]:
    """Take the entries gathered so far out of the session (the border does this before it ends a read)."""
    return db.session.info.pop("audit", [])


def put_back(entries: list[Entry]) -> None:
    """Put taken entries into the transaction that shall carry them."""
    if not entries:
        return
    if not db.session().in_transaction():
        db.session.begin()  # so that a rollback before the first statement drops them too
    db.session.info.setdefault("audit", []).extend(entries)


def _name(on: Any) -> tuple[str, str]:
    if on is None:
        return "", ""
    if isinstance(on, tuple):
        return str(on[0]), on[1].hex if isinstance(on[1], uuid.UUID) else str(on[1])
    return on.__tablename__, on.id.hex


# --- what the session gathers ----------------------------------------------------------------------------

CHANGE = re.compile(
    r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM)\s+"?(\w+)', re.I
)


def _gather(session: Session, _context: Any, _instances: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if row in session.dirty and not session.is_modified(row):
            continue
        keys = getattr(row, "lens_keys", None)
        if keys is not None:
            for shelf, object_id in keys():
                session.info.setdefault("touches", {})[shelf, object_id.hex] = None


def _note_change(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    """Whatever changes a record, by the unit of work or by a bare statement, marks its connection."""
    if statement.startswith(("SELECT", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")):
        return
    found = CHANGE.search(statement) if statement[:4].upper() == "WITH" else CHANGE.match(statement)
    if found and found.group(1) not in _unaudited():
        connection.info["changed"] = True


def _unaudited() -> frozenset[str]:
    """Tables whose changes need no entry: the trail itself, sequences, sessions' clocks."""
    mappers = db.Model.registry.mappers  # type: ignore[attr-defined]
    known = _UNAUDITED.get(len(mappers))
    if known is None:
        names = (m.local_table.name for m in mappers if getattr(m.class_, "__unaudited__", False))
        known = _UNAUDITED[len(mappers)] = frozenset([*names, "alembic_version"])
    return known


_UNAUDITED: dict[int, frozenset[str]] = {}


_TRAIL = AuditEntry.__table__
_HEAD = select(_TRAIL.c.seq, _TRAIL.c.hash).order_by(_TRAIL.c.seq.desc()).limit(1)
_INSERT = insert(_TRAIL)
"""Made once, and past the unit of work: every request that is written down runs both."""


def _append(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint is no commit: its entries go with the whole
        return
    session.flush()
    connection = session.info.get("connection")
    changed = connection is not None and connection.info.pop("changed", False)
    touches = list(session.info.pop("touches", {}))
    entries: list[Entry] = session.info.pop("audit", [])
    if not entries:
        if changed or touches:
            raise RuntimeError("a change without an audit entry is refused")
        return
    seq, before = _lock_chain(session)
    rows = []
    for index, entry in enumerate(entries):
        seq += 1
        row = _row(entry, seq, before, touches if index == len(entries) - 1 else [])
        before = row["hash"]
        rows.append(row)
    session.execute(_INSERT, rows)


def _begin(connection: Connection) -> None:
    connection.info.pop("changed", None)


def _remember_connection(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    session.info["connection"] = connection


def _forget(session: Session, transaction: SessionTransaction) -> None:
    """The whole transaction is over, however it ended: nothing of it goes into the next one."""
    if transaction.parent is None:
        for name in ("audit", "touches", "savepoints", "connection"):
            session.info.pop(name, None)


def _remember_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        entries = session.info.get("audit", [])
        session.info.setdefault("savepoints", {})[transaction] = len(entries)


def _forget_savepoint(session: Session, transaction: SessionTransaction) -> None:
    """What was said inside a savepoint that is rolled back was not done. That something changed stays noted."""
    if transaction.nested:
        kept = session.info.get("savepoints", {}).pop(transaction, 0)
        del session.info.get("audit", [])[kept:]


event.listen(db.session, "before_flush", _gather)
event.listen(db.session, "before_commit", _append)
event.listen(db.session, "after_begin", _remember_connection)
event.listen(db.session, "after_transaction_create", _remember_savepoint)
event.listen(db.session, "after_soft_rollback", _forget_savepoint)
event.listen(db.session, "after_transaction_end", _forget)
event.listen(Engine, "begin", _begin)
event.listen(Engine, "before_cursor_execute", _note_change)


def _lock_chain(session: Session) -> tuple[int, str]:
    """Take the chain's lock and return its head. On SQLite the write lock is the chain's lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    head = session.execute(_HEAD).first()
    return (head.seq, head.hash) if head else (0, GENESIS)


def _row(entry: Entry, seq: int, before: str, touches: list[tuple[str, str]]) -> dict[str, Any]:
    uid, where = new_id(), origin.get()
    group, ciphertext = _seal_reason(entry, uid)
    row: dict[str, Any] = {
        "seq": seq,
        "uid": uid,
        "at": now(),
        "action": entry.action.value,
        "actor": _clip(entry.by.actor_id, 40),
        "role": _clip(entry.by.actor_role, 30),
        "address": _clip(where.address, 64),
        "session": _clip(where.session, 40),
        "request": _clip(where.request, 40),
        "kind": _clip(entry.kind, 40),
        "object_id": _clip(entry.object_id, 40),
        "period_id": entry.period_id,
        "result": entry.result,
        "is_read": entry.read,
        "facts": _clip(json.dumps(entry.facts, ensure_ascii=False, sort_keys=True, default=str)),
        "reason": ciphertext,
        "reason_group": group,
        "touches": json.dumps(touches),
        "prev_hash": before,
    }
    row["hash"] = leaf_hash(row)
    return row


def _clip(text: str, length: int | None = None) -> str:
    """What a stranger sent (an id in an address) must fit, or the entry could not be written: no surrogates, no
    control characters, not longer than its column."""
    return UNFIT.sub("\ufffd", text)[:length]


def _seal_reason(entry: Entry, uid: uuid.UUID) -> tuple[uuid.UUID | None, bytes | None]:
    if entry.reason is None:
        return None, None
    group = period_group(entry.period_id, Kind.AUDIT)
    reason = UNFIT_IN_REASONS.sub("\ufffd", entry.reason)
    return group, current_vault().seal_bytes(_reason_place(uid), group, reason.encode())


def open_reason(entry: AuditEntry) -> str | None:
    """The sealed reason or search words of an entry. Raises Unavailable when its key was erased."""
    if entry.reason is None or entry.reason_group is None:
        return None
    return current_vault().open_bytes(_reason_place(entry.uid), entry.reason_group, entry.reason).decode()


def _reason_place(uid: uuid.UUID) -> str:
    return f"audit_entry|reason|{uid.hex}"


# --- the canonical form ----------------------------------------------------------------------------------

HASHED = (
    "seq",
    "uid",
    "at",
    "action",
    "actor",
    "role",
    "address",
    "session",
    "request",
    "kind",
    "object_id",
    "period_id",
    "result",
    "is_read",
    "facts",
    "reason",
    "reason_group",
    "touches",
    "prev_hash",
)


_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as JSON values: the form that is hashed, exported and verified."""
    return {name: _plain_value(row[name]) for name in HASHED}


def leaf_hash(row: Mapping[str, Any]) -> str:
    """SHA-256(0x00 ‖ canonical form), in hex."""
    return hashlib.sha256(b"\x00" + canonical(row)).hexdigest()


def canonical(row: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: JSON with keys sorted, no blanks, UTF-8."""
    return _ENCODE(plain(row)).encode()


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
