"""The kernel's own checks for the doctor: keys, data keys, sealed values, the trail, the database, the folders."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from callcenter.clock import now
from callcenter.db import db
from callcenter.errors import Damaged, Refusal, Unavailable
from callcenter.privacy import checkpoints, doctor, packs, subjects, triggers
from callcenter.privacy.audit import AuditEntry
from callcenter.privacy.doctor import Examination, Finding
from callcenter.privacy.erasure import ErasureState, PeriodErasure
from callcenter.privacy.keystore import HOUSE_PURPOSES, NAME, KeyState
from callcenter.privacy.vault import ERASED, ONCE_A_PERIOD, DataKey, Grouped, Kind, current_vault

SAMPLE = 50
WHOLE_TRAIL_UP_TO = 100_000
OVERDUE = timedelta(hours=1)
LEAST_FREE_BYTES = 1024**3


def keys(x: Examination) -> Iterator[Finding]:
    """The register and the files say the same; nobody else can read them; no rotation was left half done."""
    store = x.keystore
    if store.directory.stat().st_mode & 0o077:
        yield Finding(
            "keys_exposed", "鍵のフォルダの権限を 0700 に直してください（doctor --fix で直せます）。"
        )
    if store.is_sealed:
        yield Finding("keys_sealed", "鍵が封印されています。keys unseal で合言葉を入力してください。")
        return
    for entry in store.entries():
        file = store.directory / f"{entry.name}.key"
        if entry.state is KeyState.DESTROYED:
            if file.exists():
                sentence = (
                    "消去した鍵のファイルが戻っています。誰が置いたかを確かめ、ファイルを削除してください。"
                )
                yield Finding("destroyed_key_back", sentence, entry.name)
            continue
        try:
            store.get(entry.name)
        except Unavailable as problem:
            yield Finding(problem.code, problem.message, entry.name)
    yield from _stray_key_files(x)
    for purpose in sorted({e.purpose for e in store.entries()}):
        yield from _purpose(x, purpose)


def _stray_key_files(x: Examination) -> Iterator[Finding]:
    known = {f"{e.name}.key" for e in x.keystore.entries()} | {"register.json", "root.json", "lock"}
    for file in sorted(x.keystore.directory.iterdir()):
        if file.name in known:
            continue
        if NAME.fullmatch(file.stem) and file.suffix == ".key":
            sentence = "台帳にない鍵ファイルがあります。台帳が古い控えから戻されていないか確かめてください。"
            yield Finding("key_unregistered", sentence, file.name)
        else:
            sentence = "途中で止まった書込みの残りです。鍵の操作をもう一度実行すると片付きます。"
            yield Finding("key_leftover", sentence, file.name)


def _purpose(x: Examination, purpose: str) -> Iterator[Finding]:
    states = [e.state for e in x.keystore.versions(purpose)]
    standing = [s for s in states if s is not KeyState.DESTROYED]
    if purpose in HOUSE_PURPOSES and KeyState.ACTIVE not in states:
        yield Finding("keys_missing", "使える鍵がありません。控えの媒体から鍵を戻してください。", purpose)
    if len(standing) > 1:
        sentence = "鍵の交換が途中で止まっています。keys rotate をもう一度実行すると続きから終わります。"
        yield Finding("rotation_unfinished", sentence, purpose)


def mend_modes(x: Examination) -> int:
    """Take the rights of group and others from everything under the home and the keystore."""
    mended = 0
    for top in (x.settings.home, x.keystore.directory):
        for path in (top, *top.rglob("*")):
            if not path.is_symlink() and path.stat().st_mode & 0o077:
                path.chmod(path.stat().st_mode & 0o700)
                mended += 1
    return mended


def data_keys(x: Examination) -> Iterator[Finding]:
    """Every data key's wrapping key is there, and opens it."""
    used = db.session.execute(
        select(DataKey.kek, func.count()).where(DataKey.wrapped != ERASED).group_by(DataKey.kek)
    )
    for name, count in used.all():
        entry = x.keystore.entry(name)
        if entry is None or entry.state is KeyState.DESTROYED:
            sentence = f"{count} 件のデータ鍵を開く鍵がありません。鍵の控えを戻してください。"
            yield Finding("wrapping_key_gone", sentence, name)
        else:
            yield from _unwraps(name, x.deep)
    yield from _period_keys()


def _unwraps(kek: str, deep: bool) -> Iterator[Finding]:
    query = select(DataKey.id, DataKey.kek, DataKey.wrapped).where(
        DataKey.kek == kek, DataKey.wrapped != ERASED
    )
    if not deep:
        query = query.order_by(DataKey.id.desc()).limit(SAMPLE)
    for group_id, name, wrapped in db.session.execute(query).yield_per(1_000):
        try:
            current_vault().unwrap(group_id, name, wrapped)
        except Damaged:
            sentence = "データ鍵が壊れています。バックアップからこの行を戻してください。"
            yield Finding("data_key_damaged", sentence, group_id.hex)


def _period_keys() -> Iterator[Finding]:
    """Each period that is not being erased has its own keys, and the house has its two."""
    period = db.metadata.tables["period"]
    erased = select(PeriodErasure.period_id)
    living = db.session.scalars(select(period.c.id).where(period.c.id.not_in(erased))).all()
    wanted: list[tuple[uuid.UUID | None, Kind]] = [(p, kind) for p in living for kind in ONCE_A_PERIOD]
    wanted += [(None, Kind.HOUSE), (None, Kind.AUDIT)]
    there = {(row.period_id, row.kind) for row in db.session.execute(select(DataKey.period_id, DataKey.kind))}
    for period_id, kind in wanted:
        if (period_id, kind) not in there:
            sentence = "年度または事務所の鍵が欠けています。バックアップから data_key の行を戻してください。"
            yield Finding(
                "period_key_missing", sentence, f"{period_id.hex if period_id else 'house'} {kind.value}"
            )


def values(x: Examination) -> Iterator[Finding]:
    """Sealed values open: the newest of each table, or all."""
    for model in subjects.models():
        if issubclass(model, Grouped):
            yield from _values_of(model, x.deep)


def _values_of(model: Any, deep: bool) -> Iterator[Finding]:
    table = subjects.table_of(model)
    columns = list(subjects.sealed_columns(model))
    query = select(table.c.id, table.c.group_id, *(table.c[name] for name in columns)).order_by(
        table.c.id.desc()
    )
    for row in db.session.execute(query if deep else query.limit(SAMPLE)).yield_per(1_000):
        for name, value in zip(columns, row[2:], strict=True):
            if value is None or value == ERASED:
                continue
            try:
                current_vault().open(table.name, name, row.id, row.group_id, value)
            except Damaged:
                sentence = "保存された内容が壊れています。バックアップからこの行を戻してください。"
                yield Finding("value_damaged", sentence, f"{table.name}.{name} {row.id.hex}")
            except Refusal as problem:
                yield Finding(problem.code, problem.message, f"{table.name}.{name} {row.id.hex}")


def trail(x: Examination) -> Iterator[Finding]:
    """The audit trail holds, is signed in time, and cannot be changed."""
    for name in triggers.missing(db.session.connection()):
        sentence = (
            "記録を守るトリガーがありません。誰が外したかを確かめ、データベースの管理者が戻してください。"
        )
        yield Finding("trigger_missing", sentence, name)
    rows = db.session.scalar(select(func.max(AuditEntry.seq))) or 0
    last = checkpoints.last()
    signed = last.size if last else 0
    oldest = db.session.scalar(select(AuditEntry.at).where(AuditEntry.seq == signed + 1))
    if rows < signed:
        sentence = f"署名済みの監査記録が失われています（{rows + 1} 番以降）。復元の記録を確かめてください。"
        yield Finding("trail_truncated", sentence, str(rows + 1))
    if oldest is not None and now() - oldest > OVERDUE:
        sentence = "監査記録が1時間以上署名されていません。ワーカーが動いているか確かめてください。"
        yield Finding("checkpoint_overdue", sentence, str(signed + 1))
    db.session.rollback()
    if x.deep or rows <= WHOLE_TRAIL_UP_TO:
        report = packs.verify_database()
        if not report.ok:
            sentence = f"監査記録の検証に失敗しました: {report.japanese} 直ちに責任者へ報告してください。"
            yield Finding(f"trail_{report.code}", sentence, str(report.bad_seq or report.bad_size or ""))


def erasures(_x: Examination) -> Iterator[Finding]:
    """No erasure of a period was left half done."""
    for row in db.session.scalars(select(PeriodErasure).where(PeriodErasure.state == ErasureState.ERASING)):
        sentence = "年度の消去が途中で止まっています。同じ消去をもう一度実行すると続きから終わります。"
        yield Finding("erasure_unfinished", sentence, row.period_id.hex)


def database(x: Examination) -> Iterator[Finding]:
    """The file is whole, and every row that points somewhere points at something."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        yield from _sqlite(connection, x.deep)
    else:
        query = "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE NOT convalidated"
        for (name,) in connection.exec_driver_sql(query):
            yield Finding(
                "constraint_unchecked", "検査されていない制約があります。管理者に知らせてください。", name
            )


def _sqlite(connection: Any, deep: bool) -> Iterator[Finding]:
    tests = ["integrity_check", "cipher_integrity_check"] if deep else ["quick_check"]
    for test in tests:
        for (line,) in connection.exec_driver_sql(f"PRAGMA {test}"):
            if line != "ok":
                sentence = "データベースのファイルが壊れています。バックアップから戻してください。"
                yield Finding("database_damaged", sentence, f"{test}: {line}"[:120])
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        sentence = "つながる先のない行があります。バックアップと見比べてください。"
        yield Finding("foreign_key_broken", sentence, f"{row[0]} → {row[2]}")


def folders(x: Examination) -> Iterator[Finding]:
    """What the house writes is its own, and there is room to write."""
    for path in _under(x.settings.home):
        if not path.is_symlink() and path.stat().st_mode & 0o077:
            sentence = "他の利用者が触れる権限になっています（doctor --fix で直せます）。"
            yield Finding("mode_open", sentence, str(path.relative_to(x.settings.home)) or ".")
    for top in {x.settings.home, x.keystore.directory}:
        if top.exists() and shutil.disk_usage(top).free < LEAST_FREE_BYTES:
            yield Finding(
                "disk_nearly_full", "ディスクの空きが 1 GB を切りました。空きを作ってください。", str(top)
            )


def _under(top: Path) -> Iterator[Path]:
    yield top
    for folder, folders_below, files in os.walk(top):
        for name in (*folders_below, *files):
            yield Path(folder, name)


def keys_answer(x: Examination) -> Iterator[Finding]:
    """The keys that every request needs can be read."""
    for purpose in ("database", "cookies", "house"):
        x.keystore.get(x.keystore.current(purpose))
    yield from ()


def database_answers(_x: Examination) -> Iterator[Finding]:
    """The database answers."""
    db.session.execute(select(1))
    yield from ()


doctor.register("keys-answer", keys_answer, quick=True)
doctor.register("database-answers", database_answers, quick=True)
doctor.register("keys", keys)
doctor.register("folders", folders, fix=mend_modes)
doctor.register("database", database)
doctor.register("data-keys", data_keys)
doctor.register("sealed-values", values)
doctor.register("audit-trail", trail)
doctor.register("erasures", erasures)
