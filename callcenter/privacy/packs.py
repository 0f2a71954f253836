"""Audit packs: the whole trail with its checkpoints, public keys and verifier, for the ward to check by itself."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select

from callcenter.db import Intent, db, intent, writing
from callcenter.errors import Conflict
from callcenter.privacy import audit, checkpoints, verifier
from callcenter.privacy.actions import Action
from callcenter.privacy.checkpoints import AuditCheckpoint, Signed
from callcenter.privacy.vault import current_vault

Write = Callable[[str, Iterable[bytes]], None]

README = """監査記録（検証用）

この中にあるもの
  rows.jsonl         監査記録。1行が1件、番号順
  checkpoints.jsonl  署名（件数、全体のハッシュ値、時刻）
  checkpoint.txt     最後の署名。保管しておくと、次に受け取る記録がこれの続きであることを確かめられます
  public-keys.txt    署名を確かめる公開鍵
  verifier.py        検証プログラム（Python 3.9 以上だけで動きます。ネットワークは使いません）

確かめ方
  python3 verifier.py このフォルダまたはZIP --public-key 印刷された公開鍵 --previous 前回のcheckpoint.txt

「検証: 正常」と表示されれば、記録は書き換え・削除・挿入・並べ替えをされておらず、前回受け取ったときの続きです。
「検証: 異常」のときは、最初におかしくなった番号が表示されます。

理由や検索語は暗号文のまま入っています。この中の記録から個人情報は読めません。
"""


def export(target: Path, *, by: audit.Actor) -> Signed | None:
    """Write a pack into a new folder, or into a new `.zip`: everything up to a checkpoint signed now, this export's
    own entry included. A trail that cannot be signed any more is written too, for the verifier to say what is wrong.
    Returns the checkpoint, or None where none was ever made. Raises Conflict where something stands already."""
    if target.exists():
        raise Conflict(f"{target.name} はすでにあります。別の名前を指定してください。", code="target_exists")
    with writing():
        audit.record(Action.AUDIT_EXPORTED, by=by)
    whole = _signed()
    with intent(Intent.READ):
        last = checkpoints.last()
        size = last.size if last else 0
        with _open(target) as write:
            write("rows.jsonl", _lines(size if whole else None))
            write("checkpoints.jsonl", (_json({"size": c.size, "note": c.note}) for c in _checkpoints(size)))
            write("checkpoint.txt", [last.note.encode()] if last else [])
            keys = checkpoints.all_public_keys().items()
            write("public-keys.txt", (f"{name} {key}\n".encode() for name, key in keys))
            write("verifier.py", [Path(verifier.__file__).read_bytes()])
            write("README.txt", [README.encode()])
        exported = Signed(last.size, last.root, last.note) if last else None
        db.session.rollback()
    return exported


def verify_database(previous: str | None = None) -> verifier.Report:
    """Check the house's own trail with the same program that the ward has, trusting the keystore's keys."""
    with intent(Intent.READ), db.engine.connect() as connection:
        query = select(AuditCheckpoint.note, AuditCheckpoint.signers).order_by(AuditCheckpoint.size)
        signed = connection.execute(query).all()
        connection.rollback()
    trusted = checkpoints.public_keys(current_vault().keystore).values()
    known = {key for _note, signers in signed for key in json.loads(signers).values()}
    return verifier.verify(
        ((row["hash"], audit.canonical(row)) for row in checkpoints.rows_after(0)),
        [note for note, _signers in signed],
        [bytes.fromhex(key) for key in known],
        [bytes.fromhex(key) for key in trusted],
        previous,
        signed_to_the_end=False,
    )


def _signed() -> bool:
    try:
        checkpoints.sign()
    except checkpoints.Broken:
        return False
    return True


def _lines(size: int | None) -> Iterator[bytes]:
    for row in checkpoints.rows_after(0):
        if size is not None and row["seq"] > size:
            return
        yield b'{"hash":"%s","row":%s}\n' % (row["hash"].encode(), audit.canonical(row))


def _checkpoints(size: int) -> Iterator[AuditCheckpoint]:
    query = select(AuditCheckpoint).where(AuditCheckpoint.size <= size).order_by(AuditCheckpoint.size)
    return iter(db.session.scalars(query))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


@contextmanager
def _open(target: Path) -> Iterator[Write]:
    """Gives a function that writes one file of the pack. Nobody but the owner may read what it makes."""
    if target.suffix == ".zip":
        with _private(target) as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            yield lambda name, parts: _pour(archive.open(name, "w", force_zip64=True), parts)
    else:
        target.mkdir(mode=0o700, parents=True)
        yield lambda name, parts: _pour(_private(target / name), parts)


def _private(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _pour(out: IO[bytes], parts: Iterable[bytes]) -> None:
    with out:
        for part in parts:
            out.write(part)
