"""Signed checkpoints of the audit trail: how long it is and the root of its tree, as a C2SP checkpoint note.

The tree is RFC 6962's over the row hashes. Its compact range stands in each checkpoint, so that the next one costs
the new rows only; every eighth level of inner nodes is kept, so that a proof costs a few short queries."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import BigInteger, Integer, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Intent, Moment, Why, Words, db, intent, writing
from callcenter.errors import Conflict, NotFound
from callcenter.privacy import merkle
from callcenter.privacy.audit import GENESIS, HASHED, AuditEntry, canonical
from callcenter.privacy.keystore import KeyState, Keystore
from callcenter.privacy.vault import current_vault

PURPOSE = "audit-signing"
EVERY_ROWS = 1_000
EVERY = timedelta(minutes=10)
KEPT_LEVELS = 8
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class AuditCheckpoint(db.Model):  # type: ignore[name-defined]
    """The trail's first `size` rows have this root; the signed note says so."""

    __tablename__ = "audit_checkpoint"
    __unaudited__ = True

    size: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    at: Mapped[datetime] = mapped_column(Moment)
    origin: Mapped[str] = mapped_column(Words(Why.NUMBER, 60))
    signers: Mapped[str] = mapped_column(Words(Why.KEY))
    note: Mapped[str] = mapped_column(Words(Why.KEY))
    frontier: Mapped[str] = mapped_column(Words(Why.KEY))

    def range(self) -> merkle.CompactRange:
        """The tree at this size, ready to grow."""
        return merkle.CompactRange(self.size, [bytes.fromhex(h) for h in json.loads(self.frontier)])


class AuditNode(db.Model):  # type: ignore[name-defined]
    """A complete inner node of the tree, of a level that is a multiple of eight."""

    __tablename__ = "audit_node"
    __unaudited__ = True

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(Words(Why.KEY, 64))


class Signed(NamedTuple):
    """A checkpoint outside any transaction: rows covered, root in hex, and the signed note."""

    size: int
    root: str
    note: str


class Broken(Conflict):
    """The trail does not continue what was signed; nothing is signed over it."""

    status = 500
    code = "trail_broken"


# --- signing ---------------------------------------------------------------------------------------------


def last() -> AuditCheckpoint | None:
    """The newest checkpoint."""
    return db.session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)).first()


def is_due() -> bool:
    """A thousand rows, or any row older than ten minutes, are not signed yet."""
    known = last()
    signed = known.size if known else 0
    head = db.session.scalar(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)) or 0
    if head - signed >= EVERY_ROWS:
        return True
    oldest = db.session.scalar(select(AuditEntry.at).where(AuditEntry.seq == signed + 1))
    return oldest is not None and now() - oldest >= EVERY


def sign_due() -> Signed | None:
    """Sign when a checkpoint is due; the worker calls this every few seconds. Returns what it signed."""
    with intent(Intent.READ):
        due = is_due()
        db.session.rollback()
    return sign() if due else None


def sign() -> Signed | None:
    """Sign the trail as it stands, outside any transaction of the caller; None when no row is new. May be killed at
    any point. Raises Broken when the rows do not continue the last checkpoint, Unavailable without the key."""
    with intent(Intent.READ):
        known = last()
        tree = known.range() if known else merkle.CompactRange()
        before = _hash_at(tree.size)
        origin = known.origin if known else _origin()
        signed = tree.size
        db.session.rollback()
        kept = _grow(tree, before)
    if tree.size == signed:
        return None
    return _write(tree, kept, origin)


def _grow(tree: merkle.CompactRange, before: str) -> list[dict[str, Any]]:
    """Take the new rows into the tree, each checked against its own hash and the one before."""
    kept = []
    for row in rows_after(tree.size):
        leaf = hashlib.sha256(b"\x00" + canonical(row)).hexdigest()
        if row["seq"] != tree.size + 1 or row["prev_hash"] != before or row["hash"] != leaf:
            raise Broken(f"監査記録の {tree.size + 1} 番が前の記録とつながりません。署名を止めました。")
        before = leaf
        for level, index, node in tree.append(bytes.fromhex(leaf)):
            if level % KEPT_LEVELS == 0:
                kept.append({"level": level, "index": index, "hash": node.hex()})
    return kept


def _write(tree: merkle.CompactRange, kept: list[dict[str, Any]], origin: str) -> Signed:
    at, names = now(), _signing_keys(current_vault().keystore)
    text = note_text(origin, tree.size, tree.root(), at)
    note = text + "\n" + "".join(_signature_line(origin, name, text) for name in names)
    checkpoint = AuditCheckpoint(
        size=tree.size,
        root=tree.root().hex(),
        at=at,
        origin=origin,
        signers=json.dumps(public_keys(current_vault().keystore)),
        note=note,
        frontier=json.dumps([h.hex() for h in tree.hashes]),
    )
    with writing():
        newer = last()
        if newer is not None and newer.size >= tree.size:  # another worker was faster
            return Signed(newer.size, newer.root, newer.note)
        db.session.add(checkpoint)
        if kept:
            db.session.execute(insert(AuditNode), kept)
    return Signed(tree.size, tree.root().hex(), note)


def note_text(origin: str, size: int, root: bytes, at: datetime) -> str:
    """The signed part of a checkpoint (c2sp.org/tlog-checkpoint): origin, size, root, and the time as extension."""
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\nat {moment}\n"


def public_keys(keystore: Keystore) -> dict[str, str]:
    """Key name → public key in hex, of every signing key that still stands in the keystore."""
    return {
        name: _private_key(keystore, name).public_key().public_bytes_raw().hex()
        for name in _signing_keys(keystore)
    }


def all_public_keys() -> dict[str, str]:
    """The same of every key that ever signed a checkpoint, oldest first."""
    found: dict[str, str] = {}
    for signers in db.session.scalars(select(AuditCheckpoint.signers).distinct()):
        found |= json.loads(signers)
    return dict(sorted(found.items(), key=lambda pair: int(pair[0].rpartition(".")[2])))


def _signing_keys(keystore: Keystore) -> list[str]:
    """The current key, after those that it follows and that still stand: they sign together (cross-signature)."""
    keystore.current(PURPOSE)
    return [e.name for e in keystore.versions(PURPOSE) if e.state is not KeyState.DESTROYED]


def _private_key(keystore: Keystore, name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keystore.get(name))


def _signature_line(origin: str, name: str, text: str) -> str:
    """`— <name> <base64(key id ‖ signature)>` (c2sp.org/signed-note)."""
    private = _private_key(current_vault().keystore, name)
    public = private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    return f"— {origin} {base64.b64encode(key_id + private.sign(text.encode())).decode()}\n"


def _origin() -> str:
    """The trail's name for good: made from the id of its first row, so that another trail cannot pass for it."""
    first = db.session.scalar(select(AuditEntry.uid).where(AuditEntry.seq == 1))
    return f"madoguchi/{first.hex}" if first else "madoguchi/empty"


def _hash_at(seq: int) -> str:
    if seq == 0:
        return GENESIS
    known = db.session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == seq))
    if known is None:
        raise Broken(f"署名済みの監査記録 {seq} 番が失われています。署名を止めました。")
    return known


def rows_after(seq: int) -> Iterator[dict[str, Any]]:
    """Rows of the trail in order (columns `HASHED` and `hash`), read in chunks from a connection of their own."""
    table = AuditEntry.__table__
    columns = [table.c[name] for name in (*HASHED, "hash")]
    with intent(Intent.READ), db.engine.connect() as connection:
        while True:
            query = select(*columns).where(table.c.seq > seq).order_by(table.c.seq).limit(2_000)
            rows = connection.execute(query).mappings().all()
            connection.rollback()
            if not rows:
                return
            for row in rows:
                yield dict(row)
            seq = rows[-1]["seq"]


# --- proofs ----------------------------------------------------------------------------------------------


def inclusion(seq: int, size: int) -> list[bytes]:
    """Audit path of row `seq` in the signed tree of `size` rows. Raises NotFound outside it."""
    if not 1 <= seq <= size or (known := last()) is None or size > known.size:
        raise NotFound("この番号の記録はまだ署名されていません。", code="not_signed")
    return merkle.inclusion_proof(seq - 1, size, _node)


def consistency(old: int, new: int) -> list[bytes]:
    """Proof that the signed tree of `old` rows is a beginning of that of `new` rows. Raises NotFound outside them."""
    if not 1 <= old <= new or (known := last()) is None or new > known.size:
        raise NotFound("この大きさの署名はありません。", code="not_signed")
    return merkle.consistency_proof(old, new, _node)


def _node(level: int, index: int) -> bytes:
    """A complete subtree's hash, from the nearest kept level below it (or from the rows)."""
    base = level - level % KEPT_LEVELS
    first, count = index << (level - base), 1 << (level - base)
    if base == 0:
        column, place = AuditEntry.hash, AuditEntry.seq
        first += 1
    else:
        column, place = AuditNode.hash, AuditNode.index
    query = select(column).where(place >= first, place < first + count).order_by(place)
    if base:
        query = query.where(AuditNode.level == base)
    tree = merkle.CompactRange()
    for found in db.session.scalars(query):
        tree.append(bytes.fromhex(found))
    if tree.size != count:
        raise Broken(f"監査記録の木が欠けています（段 {base}、{first} から）。")
    return tree.root()
