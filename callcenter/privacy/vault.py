"""Sealed columns: what is written to the database is ciphertext, and what a row gives back is text.

Every row with sealed columns belongs to a group; a group has one data key, kept wrapped under the key of its
contract period (or of the house). AES-256-GCM with associated data `table|column|row id|group id`, so that a
value moved to another place does not open (NIST SP 800-38D)."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ForeignKey, Index, LargeBinary, event, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from callcenter.db import Choice, Moment, Row, Why, Words, db, new_id
from callcenter.errors import Damaged, Locked, Unavailable
from callcenter.privacy.items import Item
from callcenter.privacy.keystore import KeyState, Keystore

FORMAT = b"\x01"
ERASED = b"\x00"
"""What stands in place of a ciphertext, or of a wrapped key, after it was erased; reads as None."""
SHORTEST = len(FORMAT) + 12 + 16
REMEMBERED_KEYS = 50_000
LOOK_AFTER_SECONDS = 1.0


class Kind(StrEnum):
    """What a data key is for."""

    HOUSE = "house"
    AUDIT = "audit"
    LENS = "lens"
    DIGEST = "digest"
    CONTACT = "contact"
    TICKET = "ticket"
    CALLER = "caller"
    APPLICATION = "application"
    ARTICLE = "article"
    FILE = "file"
    DRAFT = "draft"
    COMPLAINT = "complaint"
    ESCALATION = "escalation"
    FEEDBACK = "feedback"


ONCE_A_PERIOD = (Kind.AUDIT, Kind.LENS, Kind.DIGEST)


class DataKey(Row):
    """A group's key, wrapped. `period_id` is null for the keys of the house itself."""

    __tablename__ = "data_key"
    __table_args__ = (Index("ix_data_key_period_kind", "period_id", "kind"),)

    period_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("period.id"))
    kind: Mapped[Kind] = mapped_column(Choice(Kind))
    kek: Mapped[str] = mapped_column(Words(Why.KEY, 80), index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class ClosedKey(db.Model):  # type: ignore[name-defined]
    """A wrapping key that takes no more data keys (a trigger refuses them), because it is about to be destroyed."""

    __tablename__ = "closed_key"
    __unaudited__ = True

    name: Mapped[str] = mapped_column(Words(Why.KEY, 80), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


class SealedBytes(TypeDecorator[bytes]):
    """A ciphertext column; carries the approved item that it keeps."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, item: Item):
        super().__init__()
        self.item = item


class Sealed:
    """The readable side of a sealed column: `row.subject` opens, `row.subject = text` seals."""

    def __init__(self, item: Item, nullable: bool):
        self.item, self.nullable, self.name = item, nullable, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        value = getattr(row, f"_{self.name}")
        if value is None or value == ERASED:
            return None
        return _vault.open(self.table(owner), self.name, row.id, row.group_id, value)

    def __set__(self, row: Any, text: str | None) -> None:
        if text is None:
            setattr(row, f"_{self.name}", None)
            return
        if row.group_id is None:
            raise ValueError(f"{type(row).__name__}.{self.name} needs its group before it can be sealed")
        ciphertext = _vault.seal(self.table(type(row)), self.name, row.id, row.group_id, text)
        setattr(row, f"_{self.name}", ciphertext)

    @staticmethod
    def table(owner: type) -> str:
        return owner.__tablename__  # type: ignore[attr-defined]


def sealed(item: Item, nullable: bool = True) -> Any:
    """A sealed text attribute of a `Grouped` row. The mapped column is `_name` (database column `name`)."""
    return Sealed(item, nullable)


class Grouped:
    """A row with sealed columns. Make it with `group=new_group(...)` or the group of the row it belongs to."""

    if TYPE_CHECKING:
        id: Mapped[uuid.UUID]

    def __init_subclass__(cls, **options: Any):
        for name, attribute in list(vars(cls).items()):
            if isinstance(attribute, Sealed):
                column = mapped_column(name, SealedBytes(attribute.item), nullable=attribute.nullable)
                setattr(cls, f"_{name}", column)
        super().__init_subclass__(**options)

    @declared_attr
    def group_id(cls) -> Mapped[uuid.UUID]:
        return mapped_column(ForeignKey("data_key.id"), index=True)

    @declared_attr
    def group(cls) -> Mapped[DataKey]:
        return relationship(DataKey)

    def __init__(self, *, group: DataKey, **values: Any):
        self.id = values.pop("id", None) or new_id()
        self.group_id = group.id
        self.group = group
        super().__init__(id=self.id, **values)  # type: ignore[call-arg]


class Vault:
    """Opens and seals with the keys of one keystore. One for each process; see `open_vault`."""

    def __init__(self, keystore: Keystore):
        self.keystore = keystore
        self.period_groups: dict[tuple[uuid.UUID | None, Kind], uuid.UUID] = {}
        self._remembered: OrderedDict[uuid.UUID, bytes] = OrderedDict()
        self._unwritten: OrderedDict[uuid.UUID, tuple[str, bytes]] = OrderedDict()
        self._lock = threading.Lock()
        self._signature = keystore.signature()
        self._look_at = 0.0

    def seal(self, table: str, column: str, row_id: uuid.UUID, group_id: uuid.UUID, text: str) -> bytes:
        return self.seal_bytes(
            f"{table}|{column}|{row_id.hex}", group_id, text.encode("utf-8", "surrogatepass")
        )

    def open(self, table: str, column: str, row_id: uuid.UUID, group_id: uuid.UUID, ciphertext: bytes) -> str:
        return self.open_bytes(f"{table}|{column}|{row_id.hex}", group_id, ciphertext).decode(
            "utf-8", "surrogatepass"
        )

    def seal_bytes(self, place: str, group_id: uuid.UUID, clear: bytes) -> bytes:
        """Format byte, nonce (12), ciphertext with tag. `place` names where it stands; it must be the same to open."""
        nonce = secrets.token_bytes(12)
        return FORMAT + nonce + AESGCM(self.key(group_id)).encrypt(nonce, clear, _bind(place, group_id))

    def open_bytes(self, place: str, group_id: uuid.UUID, ciphertext: bytes) -> bytes:
        """Raises Damaged when a byte was changed or the value stands in another place."""
        if ciphertext[:1] != FORMAT or len(ciphertext) < SHORTEST:
            raise _damaged(place)
        try:
            return AESGCM(self.key(group_id)).decrypt(
                ciphertext[1:13], ciphertext[13:], _bind(place, group_id)
            )
        except InvalidTag:
            raise _damaged(place) from None

    def key(self, group_id: uuid.UUID) -> bytes:
        """The data key of a group; from memory, else from its row. Raises Unavailable without its wrapping key,
        and (key_erased) when it was erased."""
        if time.monotonic() >= self._look_at:
            self._look()
        key = self._remembered.get(group_id)
        if key is None:
            row = db.session.get(DataKey, group_id)
            wrapped = (row.kek, row.wrapped) if row else self._unwritten.get(group_id)
            if wrapped is None:
                raise _erased()
            key = self.unwrap(group_id, *wrapped)
        return key

    def unwrap(self, group_id: uuid.UUID, kek: str, wrapped: bytes) -> bytes:
        """A data key from its row's values; remembered from now on. Raises Unavailable, Damaged."""
        key = self._disclose(group_id, kek, wrapped)
        self._remember(group_id, key)
        return key

    def wrap(self, group_id: uuid.UUID, kek: str, key: bytes) -> bytes:
        """A data key's wrapped form under a wrapping key: nonce (12), ciphertext with tag. Remembered from now on, and
        the wrapped form too, for a group whose row is not in the database yet."""
        wrapped = self._enclose(group_id, kek, key)
        self._remember(group_id, key)
        with self._lock:
            self._unwritten[group_id] = kek, wrapped
            while len(self._unwritten) > REMEMBERED_KEYS:
                self._unwritten.popitem(last=False)
        return wrapped

    def rewrap(self, group_id: uuid.UUID, old: str, new: str, wrapped: bytes) -> bytes:
        """The same data key under another wrapping key; not remembered. Raises Unavailable, Damaged."""
        return self._enclose(group_id, new, self._disclose(group_id, old, wrapped))

    def _disclose(self, group_id: uuid.UUID, kek: str, wrapped: bytes) -> bytes:
        if wrapped == ERASED:
            raise _erased()
        if len(wrapped) < SHORTEST - len(FORMAT):
            raise _damaged(f"data_key|wrapped|{group_id.hex}")
        try:
            return AESGCM(self.keystore.get(kek)).decrypt(wrapped[:12], wrapped[12:], _bind(kek, group_id))
        except InvalidTag:
            raise _damaged(f"data_key|wrapped|{group_id.hex}") from None

    def _enclose(self, group_id: uuid.UUID, kek: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.keystore.get(kek)).encrypt(nonce, key, _bind(kek, group_id))

    def forget(self, group_ids: Iterable[uuid.UUID] | None = None) -> None:
        """Drop these data keys from memory, or all of them (after an erasure or a sealing)."""
        with self._lock:
            self.period_groups.clear()
            if group_ids is None:
                self._remembered.clear()
                return
            for group_id in group_ids:
                self._remembered.pop(group_id, None)
                self._unwritten.pop(group_id, None)

    def remembers(self, group_id: uuid.UUID) -> bool:
        return group_id in self._remembered

    def _look(self) -> None:
        """Once a second: whatever happened to the keystore (a key destroyed, the medium gone) holds here too."""
        self._look_at = time.monotonic() + LOOK_AFTER_SECONDS
        signature = self.keystore.signature()
        if signature != self._signature or signature is None:
            self._signature = signature
            self.forget()

    def _remember(self, group_id: uuid.UUID, key: bytes) -> None:
        with self._lock:
            self._remembered[group_id] = key
            while len(self._remembered) > REMEMBERED_KEYS:
                self._remembered.popitem(last=False)


class _Current:
    """The vault of this process, put in place by `open_vault` at start."""

    def __init__(self) -> None:
        self.vault: Vault | None = None

    def __getattr__(self, name: str) -> Any:
        if self.vault is None:
            raise RuntimeError("the vault is not open; call open_vault first")
        return getattr(self.vault, name)


_vault = _Current()


def open_vault(keystore: Keystore) -> Vault:
    """Use this keystore in this process from now on."""
    _vault.vault = Vault(keystore)
    return _vault.vault


def current_vault() -> Vault:
    if _vault.vault is None:
        raise RuntimeError("the vault is not open; call open_vault first")
    return _vault.vault


def purpose_of(period_id: uuid.UUID | None) -> str:
    """The keystore's purpose whose keys wrap the data keys of a period, or of the house."""
    return "house" if period_id is None else f"period-{period_id.hex}"


def new_group(period_id: uuid.UUID | None, kind: Kind) -> DataKey:
    """A fresh data key for a new record, wrapped under the current key of its period. Not yet in the session:
    it goes in with the first row that has it."""
    group_id = new_id()
    kek = _current_kek(period_id)
    wrapped = current_vault().wrap(group_id, kek, secrets.token_bytes(32))
    return DataKey(id=group_id, period_id=period_id, kind=kind, kek=kek, wrapped=wrapped)


def _current_kek(period_id: uuid.UUID | None) -> str:
    """Name of the wrapping key for new groups. Raises Locked for a period that is frozen or erased."""
    keystore, purpose = current_vault().keystore, purpose_of(period_id)
    try:
        return keystore.current(purpose)
    except Unavailable:
        if keystore.exists and keystore.versions(purpose):
            raise Locked("この年度は締め切られ、新しい記録を入れられません。", code="period_frozen") from None
        raise


def period_group(period_id: uuid.UUID | None, kind: Kind) -> uuid.UUID:
    """Id of the one key of this kind that a period (or the house) has: AUDIT, LENS, DIGEST, HOUSE."""
    vault = current_vault()
    known = vault.period_groups.get((period_id, kind))
    if known is None:
        query = select(DataKey.id).where(DataKey.kind == kind, DataKey.period_id == period_id)
        with db.session.no_autoflush:
            known = db.session.scalars(query).first()
        if known is None:
            raise Unavailable("この年度の鍵がありません。", code="keys_missing")
        vault.period_groups[period_id, kind] = known
    return known


def period_key(period_id: uuid.UUID, kind: Kind) -> bytes:
    """The 32 bytes of a period's own key (LENS for its index file, DIGEST for keyed digests)."""
    return current_vault().key(period_group(period_id, kind))


def digest(period_id: uuid.UUID, purpose: str, value: str) -> bytes:
    """A keyed digest (HMAC-SHA-256) for uniqueness over a sealed value, and for nothing else."""
    return hmac.new(period_key(period_id, Kind.DIGEST), f"{purpose}|{value}".encode(), "sha256").digest()


def prefetch(group_ids: Iterable[uuid.UUID]) -> None:
    """Learn the keys of many groups with one query, before opening a list."""
    vault = current_vault()
    missing = [g for g in set(group_ids) if not vault.remembers(g)]
    for start in range(0, len(missing), 500):
        query = select(DataKey.id, DataKey.kek, DataKey.wrapped).where(
            DataKey.id.in_(missing[start : start + 500])
        )
        for group_id, kek, wrapped in db.session.execute(query):
            vault.unwrap(group_id, kek, wrapped)


def open_value(
    attribute: Any, owner: type, row_id: uuid.UUID, group_id: uuid.UUID, ciphertext: bytes | None
) -> str | None:
    """Open a ciphertext had by a Core select: `open_value(Ticket.subject, Ticket, id, group_id, value)`."""
    if ciphertext is None or ciphertext == ERASED:
        return None
    return current_vault().open(Sealed.table(owner), attribute.name, row_id, group_id, ciphertext)


def seal_value(
    attribute: Any, owner: type, row_id: uuid.UUID, group_id: uuid.UUID, text: str | None
) -> bytes | None:
    """Seal a text for a Core insert of many rows."""
    if text is None:
        return None
    return current_vault().seal(Sealed.table(owner), attribute.name, row_id, group_id, text)


def _bind(place: str, group_id: uuid.UUID) -> bytes:
    """Associated data: the format, where the value stands, and whose key it is under."""
    return FORMAT + f"|{place}|{group_id.hex}".encode()


def _erased() -> Unavailable:
    return Unavailable("このデータの鍵はもうありません（消去済み）。", code="key_erased")


def _damaged(place: str) -> Damaged:
    return Damaged(
        "保存された内容が壊れているため開けません。管理者に知らせてください。", facts={"place": place}
    )


@event.listens_for(DataKey, "before_insert")
def _under_the_current_key(_mapper: Any, _connection: Any, row: DataKey) -> None:
    """A key was replaced between making a group and writing it: wrap the group's key under the new one."""
    vault = current_vault()
    entry = vault.keystore.entry(row.kek)
    if entry is not None and entry.state is not KeyState.ACTIVE:
        current = vault.keystore.current(purpose_of(row.period_id))
        row.wrapped = vault.rewrap(row.id, row.kek, current, row.wrapped)
        row.kek = current
