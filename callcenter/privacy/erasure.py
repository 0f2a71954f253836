"""Erasing: one person, or a whole contract period with its keys (消去). Resumable, idempotent, audited.

What erasing a row means stands on its model (`subjects`). A period ends in the order of NIST SP 800-88r2's
cryptographic erase: no new data, keys destroyed, lens file gone, rows purged, then proven by a scan and signed."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    ForeignKey,
    Table,
    Update,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Choice, Moment, Row, Why, Words, db, writing
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.privacy import audit, checkpoints, subjects
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import KeyState
from callcenter.privacy.subjects import Erase, Person
from callcenter.privacy.vault import (
    ERASED,
    LOOK_AFTER_SECONDS,
    ClosedKey,
    DataKey,
    Grouped,
    SealedBytes,
    current_vault,
    purpose_of,
)


class ErasureState(StrEnum):
    """A period's way out. FREEZING: no new records. ERASING: keys are being destroyed. ERASED: proven and signed."""

    FREEZING = "freezing"
    ERASING = "erasing"
    ERASED = "erased"


class PeriodErasure(Row):
    """The erasure of a contract period: how far it is, who asked, who agreed, and its certificate."""

    __tablename__ = "period_erasure"

    period_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("period.id"), unique=True)
    state: Mapped[ErasureState] = mapped_column(Choice(ErasureState))
    asked_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    agreed_by: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    certificate: Mapped[str | None] = mapped_column(Words(Why.FACTS))


# --- one person ------------------------------------------------------------------------------------------


class Erased(NamedTuple):
    """What was erased of a person: rows changed or removed, and data keys destroyed."""

    rows: int
    keys: int


def erase_person(person: Person, *, by: audit.Actor, reason: str) -> Erased:
    """Erase one person in this transaction: sealed values and digests of their rows go (or the rows, as declared),
    the data keys that then seal nothing any more are destroyed, the lens is told. Statistics columns stay.

    Raises NotFound when there is no row of them, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("理由を入力してください。", code="reason_missing")
    found = [
        (model, db.session.scalars(subjects.rows_of(model, person)).all()) for model in subjects.registered()
    ]
    if not any(rows for model, rows in found if subjects.subject_of(model).kind is person.kind):  # type: ignore[union-attr]
        raise NotFound("この人の記録はありません。", code="person_unknown")
    period_id = next((p for _, rows in found for row in rows if (p := getattr(row, "period_id", None))), None)
    groups = {row.group_id for _, rows in found for row in rows if hasattr(row, "group_id")}
    count = sum(_erase_row(model, row) for model, rows in reversed(found) for row in rows)
    db.session.flush()
    keys = _destroy_idle_keys(groups)
    facts = {"kind": person.kind.value, "ids": [i.hex for i in person.ids], "rows": count, "keys": keys}
    audit.record(
        Action.PERSON_ERASED,
        by=by,
        on=(person.kind.value, person.ids[0]),
        period_id=period_id,
        facts=facts,
        reason=reason,
    )
    return Erased(count, keys)


def _erase_row(model: type, row: Any) -> int:
    subject = subjects.subject_of(model)
    if subject is None or subject.erase is Erase.KEEP:
        return 0
    if subject.also is not None:
        subject.also(row)
    if subject.erase is Erase.ROW:
        db.session.delete(row)
        return 1
    for column in subjects.table_of(model).columns:
        if isinstance(column.type, SealedBytes):
            setattr(row, f"_{column.name}", None if column.nullable else ERASED)
    for key in subjects.digests(model):
        setattr(row, key, None)
    return 1


def _destroy_idle_keys(groups: set[uuid.UUID]) -> int:
    """Destroy those data keys under which no value is left (a case of two people keeps its key for the other)."""
    idle = {g for g in groups if not any(_seals_something(table, g) for table in _grouped_tables())}
    if idle:
        db.session.execute(update(DataKey).where(DataKey.id.in_(idle)).values(wrapped=ERASED))
        current_vault().forget(idle)
    return len(idle)


def _seals_something(table: Table, group_id: uuid.UUID) -> bool:
    values = [c for c in table.columns if isinstance(c.type, SealedBytes)]
    left = or_(*(c.is_not(None) & (c != ERASED) for c in values))
    return (
        db.session.scalar(select(select(table.c.id).where(table.c.group_id == group_id, left).exists()))
        or False
    )


def _grouped_tables() -> list[Table]:
    return [
        subjects.table_of(m)
        for m in subjects.models()
        if issubclass(m, Grouped) and subjects.sealed_columns(m)
    ]


# --- a period --------------------------------------------------------------------------------------------

BATCH = 2_000
LIMITS = (
    "紙の書類、区へ引き渡したファイル、通信事業者に残る記録は、この消去の対象外です。",
    "バックアップには暗号文が保存期限まで残ります。鍵がないため復号できません（強度は AES-256 と鍵の写しの管理によります）。",
    "監査記録は証跡として残ります。記録は番号だけを持ち、理由と検索語は鍵とともに読めなくなりました。",
)


def freeze_period(period_id: uuid.UUID, *, by: audit.Actor, second_person: audit.Actor) -> ErasureState:
    """Take no new records into a period; what is there can still be read (the last export to the ward). Returns the
    state it is in. Raises Invalid unless two persons ask, NotFound for no such period."""
    if by.actor_id == second_person.actor_id:
        raise Invalid("消去には二人の承認が必要です。別の人が承認してください。", code="two_persons")
    if db.session.execute(select(_period().c.id).where(_period().c.id == period_id)).first() is None:
        raise NotFound("その年度はありません。", code="no_period")
    known = standing(period_id)
    if known is None:
        with writing():
            known = PeriodErasure(
                period_id=period_id,
                state=ErasureState.FREEZING,
                asked_by=by.actor_id,
                agreed_by=second_person.actor_id,
                begun_at=now(),
            )
            db.session.add(known)
            for name in _standing_keys(period_id):
                if db.session.get(ClosedKey, name) is None:
                    db.session.add(ClosedKey(name=name, at=now()))
            _record(period_id, by, second_person, "freezing")
    for name in _standing_keys(period_id):
        current_vault().keystore.retire(name)
    state = standing(period_id).state  # type: ignore[union-attr]
    db.session.rollback()
    return state


def erase_period(
    period_id: uuid.UUID,
    *,
    by: audit.Actor,
    second_person: audit.Actor,
    ends: Iterable[Callable[[uuid.UUID], None]] = (),
    facts: Mapping[str, Any] | None = None,
    pause_seconds: float = LOOK_AFTER_SECONDS + 1,
) -> dict[str, Any]:
    """Erase a contract period for good, and return its signed certificate (消去証明). Broken off at any point, the
    next call goes on; called again after the end, it returns the same certificate. `ends`: what else goes with the
    period (`Lens.destroy`, its sealed files), called after the keys are gone, perhaps more than once. `facts` go into
    the certificate (contract, scan report, backups that still hold ciphertext). Outside any transaction of the caller.

    Raises Conflict while records of another period still hang on this one (carry them over first)."""
    if freeze_period(period_id, by=by, second_person=second_person) is ErasureState.FREEZING:
        _begin_erasing(period_id, by, second_person)
    row = standing(period_id)
    assert row is not None
    if row.state is ErasureState.ERASING:
        db.session.rollback()
        keystore = current_vault().keystore
        for entry in keystore.versions(purpose_of(period_id)):
            keystore.destroy(entry.name)
        current_vault().forget()
        for end in ends:
            end(period_id)
        time.sleep(pause_seconds)  # other processes drop the keys they remember
        _purge(period_id, by)
        with writing():
            row = standing(period_id)
            row.state, row.erased_at = ErasureState.ERASED, now()  # type: ignore[union-attr]
            _record(period_id, by, second_person, "erased")
        _truncate_log()
    return _certify(period_id, by, facts or {})


def standing(period_id: uuid.UUID) -> PeriodErasure | None:
    """A period's erasure, or None while nobody asked for it."""
    return db.session.scalars(select(PeriodErasure).where(PeriodErasure.period_id == period_id)).first()


def _begin_erasing(period_id: uuid.UUID, by: audit.Actor, second_person: audit.Actor) -> None:
    hanging = _hanging(period_id)
    if hanging:
        raise Conflict(
            f"別の年度の記録がこの年度の記録につながっています（{'、'.join(hanging)}）。先に新しい年度へ引き継いでください。",
            code="rows_hang_on_it",
        )
    counts = {table.name: _count(table, period_id) for table in period_tables()}
    db.session.rollback()
    with writing():
        row = standing(period_id)
        assert row is not None
        row.state, row.certificate = ErasureState.ERASING, json.dumps({"before": counts})
        _record(period_id, by, second_person, "erasing")


def period_tables() -> list[Table]:
    """Tables whose rows go with their period, children before parents."""
    ordered = reversed(db.metadata.sorted_tables)
    return [t for t in ordered if t.name not in _STAY and _in_period(t, uuid.UUID(int=0)) is not None]


_STAY = frozenset({"period", "data_key", "audit_entry", "period_erasure", "lens_cursor"})


def _in_period(table: Table, period_id: uuid.UUID, seen: tuple[str, ...] = ()) -> ColumnElement[bool] | None:
    """Which rows of a table lie in a period: by their own column, by their key, or by the rows they must belong to."""
    if table.name in seen or table.name in _STAY:
        return None
    if "period_id" in table.c:
        return table.c.period_id == period_id
    if "group_id" in table.c:
        keys = DataKey.__table__
        return table.c.group_id.in_(select(keys.c.id).where(keys.c.period_id == period_id))
    ways = []
    for column, target in _foreign_keys(table):
        reached = None if column.nullable else _in_period(target, period_id, (*seen, table.name))
        if reached is not None:
            ways.append(column.in_(select(target.c.id).where(reached)))
    return or_(*ways) if ways else None


def _foreign_keys(table: Table) -> Iterator[tuple[Column[Any], Table]]:
    """Columns that hold the id of a row elsewhere, and where."""
    for constraint in table.foreign_key_constraints:
        for element in constraint.elements:
            if element.column.name == "id":
                yield element.parent, element.column.table


def _hanging(period_id: uuid.UUID) -> list[str]:
    """Rows outside the period that could not live without a row inside it."""
    found = []
    for table in period_tables():
        inside = _in_period(table, period_id)
        for column, target in _foreign_keys(table):
            reached = _in_period(target, period_id)
            if column.nullable or reached is None or inside is None:
                continue
            query = select(func.count()).where(column.in_(select(target.c.id).where(reached)), ~inside)
            if count := db.session.scalar(query.select_from(table)):
                found.append(f"{table.name} {count} 件")
    return found


def _purge(period_id: uuid.UUID, by: audit.Actor) -> None:
    """Remove all rows of a period in small transactions; other periods are served between them."""
    tables = period_tables()
    for table in tables:
        _cut_links(table, period_id, by)
    for table in [*tables, cast(Table, DataKey.__table__)]:
        inside = (
            table.c.period_id == period_id if table is DataKey.__table__ else _in_period(table, period_id)
        )
        batch = select(table.c.id).where(inside).limit(BATCH)  # type: ignore[arg-type]
        _repeat(delete(table).where(table.c.id.in_(batch)), table, period_id, by)


def _cut_links(table: Table, period_id: uuid.UUID, by: audit.Actor) -> None:
    """Let go of rows of this table, wherever a row may live without them: itself, or a row of another period."""
    inside = _in_period(table, period_id)
    for other in db.metadata.sorted_tables:
        for column, target in _foreign_keys(other):
            if target is table and column.nullable and "id" in other.c:
                linked = column.in_(select(table.c.id).where(inside))  # type: ignore[arg-type]
                batch = select(other.c.id).where(linked).limit(BATCH)
                _repeat(
                    update(other).where(other.c.id.in_(batch)).values({column.name: None}),
                    other,
                    period_id,
                    by,
                )


def _repeat(statement: Delete | Update, table: Table, period_id: uuid.UUID, by: audit.Actor) -> None:
    while True:
        with writing():
            result: Any = db.session.execute(statement, execution_options={"synchronize_session": False})
            count = result.rowcount
            if not count:
                db.session.rollback()
                return
            facts = {"step": "purged", "table": table.name, "count": count}
            audit.record(Action.PERIOD_ERASED, by=by, on=("period", period_id), facts=facts)


def _count(table: Table, period_id: uuid.UUID) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(_in_period(table, period_id))) or 0  # type: ignore[arg-type]


def _standing_keys(period_id: uuid.UUID) -> list[str]:
    entries = current_vault().keystore.versions(purpose_of(period_id))
    return [e.name for e in entries if e.state is not KeyState.DESTROYED]


def _truncate_log() -> None:
    """SQLite: bring the write-ahead log into the file and empty it, so that no old page stays beside."""
    if db.engine.dialect.name == "sqlite":
        raw = db.engine.raw_connection()
        try:
            raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        finally:
            raw.close()


def _record(period_id: uuid.UUID, by: audit.Actor, second_person: audit.Actor, step: str) -> None:
    facts = {"step": step, "second_person": second_person.actor_id}
    audit.record(Action.PERIOD_ERASED, by=by, on=("period", period_id), facts=facts)


def _period() -> Table:
    return db.metadata.tables["period"]


# --- the certificate -------------------------------------------------------------------------------------


def _certify(period_id: uuid.UUID, by: audit.Actor, facts: Mapping[str, Any]) -> dict[str, Any]:
    row = standing(period_id)
    assert row is not None
    kept = json.loads(row.certificate or "{}")
    if "signature" in kept:
        db.session.rollback()
        return kept
    keystore, purpose = current_vault().keystore, purpose_of(period_id)
    entries = keystore.versions(purpose)
    body = {
        "format": "madoguchi-erasure-1",
        "period": period_id.hex,
        "fiscal_year": db.session.scalar(select(_period().c.fiscal_year).where(_period().c.id == period_id)),
        "asked_by": row.asked_by,
        "agreed_by": row.agreed_by,
        "begun_at": row.begun_at.isoformat(),
        "erased_at": row.erased_at.isoformat() if row.erased_at else None,
        "rows_before": kept.get("before", {}),
        "rows_after": {table.name: _count(table, period_id) for table in period_tables()},
        "method": "NIST SP 800-88r2 cryptographic erase: AES-256 key overwritten and removed",
        "keys": [
            {
                "name": e.name,
                "fingerprint": hashlib.sha256(e.fingerprint.encode()).hexdigest(),
                "made_at": e.made_at,
                "destroyed_at": e.destroyed_at,
                "copies_still_out": [c.medium for c in keystore.copies_of(e.name)],
            }
            for e in entries
        ],
        "limits": list(LIMITS),
        "facts": dict(facts),
    }
    db.session.rollback()
    checkpoints.sign()
    last = checkpoints.last()
    body["audit"] = {"origin": last.origin, "size": last.size, "root": last.root} if last else None
    db.session.rollback()
    certificate = sign_certificate(body)
    with writing():
        row = standing(period_id)
        row.certificate = json.dumps(certificate, ensure_ascii=False)  # type: ignore[union-attr]
        facts = {"step": "certified", "second_person": certificate["agreed_by"]}
        audit.record(Action.PERIOD_ERASED, by=by, on=("period", period_id), facts=facts)
    return certificate


def sign_certificate(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the signing key's public part and an Ed25519 signature over its canonical JSON."""
    keystore = current_vault().keystore
    private = Ed25519PrivateKey.from_private_bytes(keystore.get(keystore.current(checkpoints.PURPOSE)))
    signed = {**body, "public_key": private.public_key().public_bytes_raw().hex()}
    return {**signed, "signature": private.sign(_canonical(signed)).hex()}


def is_genuine(certificate: Mapping[str, Any], public_key: str) -> bool:
    """Whether a certificate is signed by this public key (hex) and unchanged."""
    signed = {name: value for name, value in certificate.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(certificate["signature"]), _canonical(signed))
    except (InvalidSignature, ValueError, KeyError):
        return False
    return signed.get("public_key") == public_key


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
