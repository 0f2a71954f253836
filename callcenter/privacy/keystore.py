"""The keystore: key files outside the database, each 0600, in a directory apart from the data.

A key has a name `purpose.version` (`house.1`, `period-0198….2`, `database.1`). A file holds the key itself, or,
where the office set a passphrase, the key sealed under a random root, which is sealed under the passphrase
(argon2id, RFC 9106). The register beside them lists every key ever made, with its fingerprint, never the key."""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callcenter.clock import now
from callcenter.errors import Conflict, Invalid, Unavailable

KEY_BYTES = 32
ARGON2 = {"time_cost": 3, "memory_cost": 65536, "parallelism": 2}
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[1-9][0-9]{0,8}")
HOUSE_PURPOSES = ("house", "database", "cookies", "audit-signing")


class KeyState(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class KeyEntry:
    """A line of the register: which key, since when, in what state, and a fingerprint that is not the key."""

    name: str
    made_at: str
    state: KeyState
    fingerprint: str
    destroyed_at: str | None = None

    @property
    def purpose(self) -> str:
        return _purpose(self.name)

    @property
    def version(self) -> int:
        return _version(self.name)


@dataclass(frozen=True)
class Copy:
    """A copy of key files outside the keystore: which keys, on what medium, since when, and what became of it."""

    medium: str
    made_at: str
    keys: tuple[str, ...]
    returned_at: str | None = None


@dataclass(frozen=True)
class Register:
    """What the register file says."""

    keys: tuple[KeyEntry, ...] = ()
    copies: tuple[Copy, ...] = ()
    passphrase: bool = False


@dataclass
class _Read:
    """What this process has read so far, and of which state of the register that holds."""

    signature: tuple[int, ...] | None = None
    register: Register = field(default_factory=Register)
    keys: dict[str, bytes] = field(default_factory=dict)


class Keystore:
    """Reads and makes keys. Looks at the register file before each answer, so that a mended keystore works without
    a restart, and a key that another process destroyed is forgotten here too."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._known = _Read()
        self._root: bytes | None = None
        self._lock = threading.RLock()
        self._held = 0

    # --- what it is

    @property
    def exists(self) -> bool:
        return self._register_file.exists()

    @property
    def has_passphrase(self) -> bool:
        """Whether a passphrase is set, as far as can be told (a house starts with a damaged keystore, too)."""
        try:
            return self._fresh().register.passphrase
        except Unavailable:
            return self._root_file.exists()

    @property
    def is_sealed(self) -> bool:
        """True while a passphrase is set and nobody has given it to this process."""
        return self._root is None and self.has_passphrase

    def signature(self) -> tuple[int, ...] | None:
        """Changes whenever the register changes; None while there is no register."""
        try:
            stat = self._register_file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def entries(self) -> list[KeyEntry]:
        """The register, oldest first. Raises Unavailable when it is missing or damaged."""
        return list(self._fresh().register.keys)

    def entry(self, name: str) -> KeyEntry | None:
        """The line of one key, or None for a key that the register does not know."""
        return next((e for e in self._fresh().register.keys if e.name == name), None)

    def copies(self) -> list[Copy]:
        """The register of copies, oldest first."""
        return list(self._fresh().register.copies)

    def versions(self, purpose: str) -> list[KeyEntry]:
        """All keys ever made for a purpose, oldest first."""
        return sorted((e for e in self.entries() if e.purpose == purpose), key=lambda e: e.version)

    def current(self, purpose: str) -> str:
        """Name of the newest active key of a purpose. Raises Unavailable when there is none."""
        active = [e.name for e in self.versions(purpose) if e.state is KeyState.ACTIVE]
        if not active:
            raise self._missing(purpose)
        return active[-1]

    def get(self, name: str) -> bytes:
        """The 32 bytes of a key. Raises Unavailable (keys_missing, keys_sealed, keys_exposed, keys_damaged,
        key_erased)."""
        known = self._fresh()
        key = known.keys.get(name)
        if key is None:
            with self._lock:
                key = known.keys[name] = self._read(name, known.register)
        return key

    # --- what it does

    def create(self, passphrase: str | None = None) -> None:
        """Make the directory, the register and the keys of the house itself. Raises Conflict where keys lie
        already: making them anew would lose everything they sealed."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory.chmod(0o700)
        with self._alone():
            unfinished = self.directory / "unfinished"
            if self.exists or (any(self.directory.glob("*.key*")) and not unfinished.exists()):
                raise Conflict("この場所にはすでに鍵があります。", code="keys_exist")
            unfinished.touch(0o600)
            if passphrase:
                self._set_passphrase(passphrase)
            made = tuple(self._make(f"{purpose}.1") for purpose in HOUSE_PURPOSES)
            self._write_register(Register(made, passphrase=bool(passphrase)))
            unfinished.unlink()

    def make(self, purpose: str) -> str:
        """Make the next version of a key; returns its name. It is on the disk when this returns."""
        with self._alone():
            register = self._fresh().register
            entry = self._make(f"{purpose}.{self._next_version(purpose, register)}")
            self._write_register(replace(register, keys=(*register.keys, entry)))
            return entry.name

    def retire(self, name: str) -> None:
        """No new value is sealed with this key; old ones still open."""
        self._change(name, state=KeyState.RETIRED)

    def destroy(self, name: str) -> None:
        """Overwrite and remove a key file and what a broken-off write left of it. What it sealed never opens again
        (NIST SP 800-88r2, cryptographic erase). May be repeated."""
        with self._alone():
            for file in (self._file(name), _beside(self._file(name)), _aside(self._file(name))):
                if file.exists():
                    _overwrite(file)
                    file.unlink()
            _sync_directory(self.directory)
            self._known.keys.pop(name, None)
            entry = self.entry(name)
            if entry is not None and entry.state is not KeyState.DESTROYED:
                self._change(name, state=KeyState.DESTROYED, destroyed_at=now().isoformat())

    def note_copy(self, medium: str, names: list[str]) -> Copy:
        """Enter a copy of key files into the register of copies."""
        with self._alone():
            register = self._fresh().register
            copy = Copy(medium, now().isoformat(), tuple(names))
            self._write_register(replace(register, copies=(*register.copies, copy)))
            return copy

    def copies_of(self, name: str) -> list[Copy]:
        """Copies of a key that were not brought back yet."""
        return [c for c in self.copies() if name in c.keys and c.returned_at is None]

    def unseal(self, passphrase: str) -> None:
        """Give the passphrase to this process. Raises Invalid when it is wrong."""
        self._root = self._open_root(passphrase)

    def seal_with(self, passphrase: str) -> None:
        """Set the passphrase, or change it: after this every key file is sealed. Where a run broke off, run it
        again: files already sealed stay as they are. The house must be unsealed to change it."""
        with self._alone():
            register = self._fresh().register
            if register.passphrase or self._root_file.exists():
                root = self._root or self._open_root(passphrase)
            else:
                root = secrets.token_bytes(KEY_BYTES)
            self._write_root(root, passphrase)
            self._root = root
            self._write_register(replace(register, passphrase=True))
            for file in sorted(self.directory.glob("*.key")):
                self._seal_file(file)

    def forget(self) -> None:
        """Drop every key from memory; they are read again when asked for."""
        with self._lock:
            self._known = _Read()

    # --- private

    @property
    def _register_file(self) -> Path:
        return self.directory / "register.json"

    @property
    def _root_file(self) -> Path:
        return self.directory / "root.json"

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise self._missing("?")
        return self.directory / f"{name}.key"

    def _fresh(self) -> _Read:
        """What was read, read anew if the register changed since."""
        known, signature = self._known, self.signature()
        if signature is None:
            self.forget()
            raise self._missing("register")
        if signature != known.signature:
            with self._lock:
                known = self._known = _Read(signature, self._read_register())
        return known

    def _read_register(self) -> Register:
        try:
            lines = json.loads(_read_private(self._register_file))
            keys = (KeyEntry(**{**line, "state": KeyState(line["state"])}) for line in lines["keys"])
            copies = (Copy(**{**line, "keys": tuple(line["keys"])}) for line in lines["copies"])
            return Register(tuple(keys), tuple(copies), bool(lines["passphrase"]))
        except FileNotFoundError:
            raise self._missing("register") from None
        except (ValueError, KeyError, TypeError):
            raise _damaged("register") from None

    def _make(self, name: str) -> KeyEntry:
        key = secrets.token_bytes(KEY_BYTES)
        self._write_file(self._file(name), self._wrap(name, key))
        return KeyEntry(name, now().isoformat(), KeyState.ACTIVE, fingerprint(key))

    def _next_version(self, purpose: str, register: Register) -> int:
        """Above every version in the register and every file: a file the register lost may have sealed something."""
        known = [e.version for e in register.keys if e.purpose == purpose]
        files = [f.stem for f in self.directory.glob(f"{purpose}.*.key")]
        return 1 + max([*known, *(_version(name) for name in files if NAME.fullmatch(name))], default=0)

    def _read(self, name: str, register: Register) -> bytes:
        entry = next((e for e in register.keys if e.name == name), None)
        if entry is not None and entry.state is KeyState.DESTROYED:
            raise Unavailable("このデータの鍵はもうありません（消去済み）。", code="key_erased")
        try:
            key = self._unwrap(name, _read_private(self._file(name)))
        except FileNotFoundError:
            raise self._missing(name) from None
        if len(key) != KEY_BYTES or (entry is not None and fingerprint(key) != entry.fingerprint):
            raise _damaged(name)
        return key

    def _wrap(self, name: str, key: bytes) -> str:
        if self._root is None and not self.has_passphrase:
            return f"plain {key.hex()}"
        nonce = secrets.token_bytes(12)
        return f"sealed {(nonce + AESGCM(self._opened_root()).encrypt(nonce, key, name.encode())).hex()}"

    def _unwrap(self, name: str, text: str) -> bytes:
        kind, _, body = text.strip().partition(" ")
        try:
            raw = bytes.fromhex(body)
            if kind == "plain":
                return raw
            if kind == "sealed" and len(raw) > 12:
                return AESGCM(self._opened_root()).decrypt(raw[:12], raw[12:], name.encode())
        except (InvalidTag, ValueError):
            pass
        raise _damaged(name)

    def _opened_root(self) -> bytes:
        if self._root is None:
            raise Unavailable(
                "鍵が封印されています。担当者が合言葉を入力するまでお待ちください。", code="keys_sealed"
            )
        return self._root

    def _set_passphrase(self, passphrase: str) -> None:
        self._root = secrets.token_bytes(KEY_BYTES)
        self._write_root(self._root, passphrase)

    def _write_root(self, root: bytes, passphrase: str) -> None:
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        sealed = nonce + AESGCM(_stretch(passphrase, salt, ARGON2)).encrypt(nonce, root, b"root")
        self._write_file(self._root_file, json.dumps({**ARGON2, "salt": salt.hex(), "root": sealed.hex()}))

    def _open_root(self, passphrase: str) -> bytes:
        try:
            kept = json.loads(_read_private(self._root_file))
            salt, sealed = bytes.fromhex(kept.pop("salt")), bytes.fromhex(kept.pop("root"))
            stretched = _stretch(passphrase, salt, kept)
        except FileNotFoundError:
            raise self._missing("root") from None
        except (ValueError, KeyError, TypeError):
            raise _damaged("root") from None
        try:
            return AESGCM(stretched).decrypt(sealed[:12], sealed[12:], b"root")
        except InvalidTag:
            raise Invalid("合言葉が違います。もう一度入力してください。", code="wrong_passphrase") from None

    def _seal_file(self, file: Path) -> None:
        """Put the sealed form in place of the plain one, and overwrite the plain one."""
        text, aside = _read_private(file), _aside(file)
        if not text.startswith("sealed "):
            aside.unlink(missing_ok=True)
            os.link(file, aside)
            self._write_file(file, self._wrap(file.stem, self._unwrap(file.stem, text)))
        if aside.exists():
            _overwrite(aside)
            aside.unlink()
            _sync_directory(self.directory)

    def _change(self, name: str, **changes: Any) -> None:
        with self._alone():
            register = self._fresh().register
            changed = tuple(replace(e, **changes) if e.name == name else e for e in register.keys)
            self._write_register(replace(register, keys=changed))

    def _write_register(self, register: Register) -> None:
        self._write_file(self._register_file, json.dumps(asdict(register), indent=1))

    def _write_file(self, file: Path, text: str) -> None:
        """Write beside, flush, rename, flush the directory: a file is there whole or not at all."""
        beside = _beside(file)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.rename(file)
        _sync_directory(self.directory)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else, in this process or another, changes the keystore meanwhile."""
        with self._lock:
            if self._held:
                yield
                return
            try:
                handle = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                raise self._missing("register") from None
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                self._held += 1
                yield
            finally:
                self._held = 0
                os.close(handle)

    def _missing(self, name: str) -> Unavailable:
        return Unavailable(
            f"鍵 {name} が見つかりません。鍵の置き場所を確かめてください。", code="keys_missing"
        )


def fingerprint(key: bytes) -> str:
    """A short name for a key that gives nothing of it away."""
    return hmac.new(key, b"fingerprint", "sha256").hexdigest()[:32]


def made_at(entry: KeyEntry) -> datetime:
    """When a key was made, aware UTC."""
    return datetime.fromisoformat(entry.made_at)


def destroyed_at(entry: KeyEntry) -> datetime | None:
    """When a key was destroyed, aware UTC; None while it stands."""
    return datetime.fromisoformat(entry.destroyed_at) if entry.destroyed_at else None


def _damaged(name: str) -> Unavailable:
    return Unavailable(
        f"鍵ファイル {name} が壊れています。控えの媒体から戻してください。", code="keys_damaged"
    )


def _read_private(file: Path) -> str:
    """Text of a file that nobody but its owner may read. Raises Unavailable (keys_exposed), FileNotFoundError."""
    try:
        with file.open() as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise Unavailable(
                    f"鍵ファイル {file.stem} を他の利用者が読める状態です。権限を 0600 に直してください。",
                    code="keys_exposed",
                )
            return opened.read()
    except NotADirectoryError:
        raise FileNotFoundError(file) from None
    except PermissionError:
        raise Unavailable(f"鍵ファイル {file.stem} を読む権限がありません。", code="keys_missing") from None
    except UnicodeDecodeError:
        raise _damaged(file.stem) from None


def _stretch(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, hash_len=KEY_BYTES, type=Type.ID, **cost)


def _purpose(name: str) -> str:
    return name.rpartition(".")[0]


def _version(name: str) -> int:
    return int(name.rpartition(".")[2])


def _beside(file: Path) -> Path:
    return file.with_name(file.name + ".new")


def _aside(file: Path) -> Path:
    return file.with_name(file.name + ".old")


def _overwrite(file: Path) -> None:
    with file.open("r+b") as out:
        out.write(secrets.token_bytes(file.stat().st_size))
        out.flush()
        os.fsync(out.fileno())


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
