"""Files: what may be kept, how it is checked, and how it lies on the disk: sealed in chunks, under a random name.

A kept file is a header (format, 16 random bytes) and chunks of 64 KiB, each AES-256-GCM under a key of its own file
(HKDF-SHA256 of the group's key); the nonce counts the chunks and marks the last one, so that nothing can be swapped,
cut off or added (the STREAM construction). It is on the disk, with its directory entry, before its row commits."""

from __future__ import annotations

import io
import os
import re
import secrets
import socket
import struct
import unicodedata
import uuid
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import puremagic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.db import after_commit
from callcenter.errors import Damaged, Invalid, NotFound, Unavailable
from callcenter.privacy.vault import current_vault

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 2000
NAME_BYTES = 255
CHUNK = 64 * 1024
HEADER = b"\x01"
SALT = 16


BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # of an unknown compression
    LookupError,  # of an encoding, or of a part that is not there
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
"""What zipfile raises for a package that is none, or that is damaged or locked."""


class Kind(StrEnum):
    """What may be kept."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    TEXT = "text"
    XLSX = "xlsx"
    DOCX = "docx"


KINDS = {
    Kind.PDF: "PDF",
    Kind.JPEG: _l("画像（JPEG）"),
    Kind.PNG: _l("画像（PNG）"),
    Kind.TEXT: _l("テキスト"),
    Kind.XLSX: "Excel",
    Kind.DOCX: "Word",
}

_HEADS = {
    Kind.PDF: b"%PDF-",
    Kind.JPEG: b"\xff\xd8\xff",
    Kind.PNG: b"\x89PNG\r\n\x1a\n",
    Kind.XLSX: b"PK\x03\x04",
    Kind.DOCX: b"PK\x03\x04",
}
_OPEN_XML = "application/vnd.openxmlformats-officedocument"

CONTENT_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.TEXT: "text/plain",
    Kind.XLSX: f"{_OPEN_XML}.spreadsheetml.sheet",
    Kind.DOCX: f"{_OPEN_XML}.wordprocessingml.document",
}

EXTENSIONS = {
    ".pdf": Kind.PDF,
    ".jpg": Kind.JPEG,
    ".jpeg": Kind.JPEG,
    ".png": Kind.PNG,
    ".txt": Kind.TEXT,
    ".xlsx": Kind.XLSX,
    ".docx": Kind.DOCX,
}


class Scan(StrEnum):
    """What the virus scanner said. UNSCANNED: there is none, or it did not answer."""

    UNSCANNED = "unscanned"
    CLEAN = "clean"
    INFECTED = "infected"


@dataclass(frozen=True)
class Accepted:
    """A file that may be kept: its name made safe, its kind, its bytes (of an image: without what cameras add)."""

    name: str
    kind: Kind
    content: bytes


def accept(name: str, content: bytes) -> Accepted:
    """Check a file by name, size and content. Raises Invalid with the reason, code `file_…`."""
    name = safe_name(name)
    if not content:
        raise Invalid(_("空のファイルです。"), code="file_empty")
    if len(content) > MOST_BYTES:
        raise Invalid(_("ファイルは10MBまでです。"), code="file_too_large")
    kind = EXTENSIONS.get(Path(name).suffix.lower())
    if kind is None:
        message = _(
            "この形式は添付できません。PDF・JPEG・PNG・テキスト・Excel（xlsx）・Word（docx）だけです。"
        )
        raise Invalid(message, code="file_kind")
    if not _looks_like(kind, content):
        raise Invalid(_("ファイルの中身が、名前の形式と違います。"), code="file_disguised")
    if kind in (Kind.JPEG, Kind.PNG):
        content = _bare_image(kind, content)
    if kind in (Kind.XLSX, Kind.DOCX):
        _check_office(kind, content)
    return Accepted(name, kind, content)


@dataclass(frozen=True)
class Drawn:
    """A picture that may be shown: drawn anew and no larger than asked."""

    kind: Kind
    content: bytes
    width: int
    height: int


def picture(name: str, content: bytes, longest: int) -> Drawn:
    """Check a picture (PNG, JPEG) and draw it anew, at most `longest` pixels wide or high. Raises Invalid (`file_…`)."""
    from PIL import Image

    file = accept(name, content)
    if file.kind not in (Kind.PNG, Kind.JPEG):
        raise Invalid(_("画像はPNGかJPEGを選んでください。"), code="file_kind")
    with Image.open(io.BytesIO(file.content), formats=[file.kind.name]) as drawn:
        if max(drawn.size) <= longest:
            return Drawn(file.kind, file.content, *drawn.size)
        smaller = drawn if drawn.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else drawn.convert("RGBA")
        if file.kind is Kind.JPEG and smaller.mode not in ("L", "RGB", "CMYK"):
            smaller = smaller.convert("RGB")
        smaller.thumbnail((longest, longest))
        out = io.BytesIO()
        smaller.save(out, file.kind.name, **({"quality": 88} if file.kind is Kind.JPEG else {}))
        return Drawn(file.kind, out.getvalue(), *smaller.size)


def safe_name(name: str) -> str:
    """A name to show and to download under: no path, no control or direction signs, 255 bytes with its extension kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(
        c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    plain = re.sub(r'[<>:"|?*]', "_", plain).strip(" .")
    if not plain:
        raise Invalid(_("ファイルの名前がありません。"), code="file_name")
    stem, suffix = os.path.splitext(plain)
    while len((stem + suffix).encode()) > NAME_BYTES and stem:
        stem = stem[:-1]
    return stem + suffix


# --- what is inside --------------------------------------------------------------------------------------


def _looks_like(kind: Kind, content: bytes) -> bool:
    if kind is Kind.TEXT:
        return _is_text(content)
    try:
        found = {match.extension for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return False
    wanted = {extension for extension, known in EXTENSIONS.items() if known is kind}
    return bool(wanted & found) and content.startswith(_HEADS[kind])


def _is_text(content: bytes) -> bool:
    """UTF-8, UTF-16 with its mark, or cp932; no control characters but tabs and line ends."""
    for encoding in ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(ord(c) < 32 and c not in "\t\r\n\f" for c in text)
    return False


def _bare_image(kind: Kind, content: bytes) -> bytes:
    """The picture alone, drawn anew: no place, camera, comment or appended data. Raises Invalid for a broken one."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind.name]) as picture:
                picture.verify()
            with Image.open(io.BytesIO(content), formats=[kind.name]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Invalid(_("画像が大きすぎます（5,000万画素まで）。"), code="file_too_many_pixels")
                return _drawn(picture, kind)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error) as problem:
        raise Invalid(_("画像が壊れているため、添付できません。"), code="file_broken") from problem
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise Invalid(_("画像が大きすぎます（5,000万画素まで）。"), code="file_too_many_pixels") from problem


def _drawn(picture: Any, kind: Kind) -> bytes:
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(picture)
    if kind is Kind.JPEG and upright.mode not in ("L", "RGB", "CMYK"):
        upright = upright.convert("RGB")
    bare = Image.new(upright.mode, upright.size)
    if upright.mode == "P":
        bare.putpalette(upright.getpalette() or [])
    bare.paste(upright)
    out = io.BytesIO()
    transparency = upright.info.get("transparency")
    options = {} if transparency is None or kind is Kind.JPEG else {"transparency": transparency}
    bare.save(out, kind.name, **({"quality": 92} if kind is Kind.JPEG else options))
    return out.getvalue()


def _check_office(kind: Kind, content: bytes) -> None:
    """A workbook or document of Office Open XML without macros, embedded programs or a bomb inside."""
    main = "xl/workbook.xml" if kind is Kind.XLSX else "word/document.xml"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Invalid(_("展開すると大きすぎるファイルです。"), code="file_bomb")
            names = {part.filename for part in parts}
            types = package.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
            broken = package.testzip()
    except BROKEN_ZIP as problem:
        raise Invalid(
            _("ファイルが壊れているか、パスワードが付いているため、添付できません。"), code="file_broken"
        ) from problem
    if broken or main not in names or not types:
        raise Invalid(
            _("ファイルが壊れているか、パスワードが付いているため、添付できません。"), code="file_broken"
        )
    live = re.compile(r"vbaproject|activex|/embeddings/|macrosheets", re.IGNORECASE)
    if any(live.search(name) for name in names) or b"macroenabled" in types.lower():
        raise Invalid(_("マクロや埋め込みを含むファイルは添付できません。"), code="file_macros")


# --- on the disk -----------------------------------------------------------------------------------------


class Store:
    """The folder of sealed files of one house."""

    def __init__(self, folder: Path):
        self.folder = folder

    def keep(self, content: bytes, group_id: uuid.UUID) -> str:
        """Seal and write; returns the file's random name. File and folder are flushed to the disk before it returns."""
        name = secrets.token_hex(16)
        path = self._path(name)
        self._make(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                salt = secrets.token_bytes(SALT)
                file.write(HEADER + salt)
                for piece in _sealed(content, _file_key(group_id, name, salt), name):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)
        return name

    def read(self, name: str, group_id: uuid.UUID) -> bytes:
        """Open a kept file. Raises NotFound when it is gone, Damaged when a byte was changed."""
        try:
            stored = self._path(name).read_bytes()
        except FileNotFoundError:
            raise NotFound(_("ファイルがありません。"), code="file_gone") from None
        head = len(HEADER) + SALT
        if stored[: len(HEADER)] != HEADER or len(stored) <= head:
            raise _damaged(name)
        key = _file_key(group_id, name, stored[len(HEADER) : head])
        try:
            return b"".join(_opened(stored[head:], key, name))
        except InvalidTag:
            raise _damaged(name) from None

    def discard(self, name: str) -> None:
        """Remove a kept file for good once the transaction under way is committed: a row never outlives its file."""
        path = self._path(name)
        after_commit(lambda: path.unlink(missing_ok=True))

    def _path(self, name: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{32}", name):
            raise NotFound(_("ファイルがありません。"), code="file_gone")
        return self.folder / name[:2] / name

    def _make(self, folder: Path) -> None:
        for place in (self.folder, folder):
            if not place.exists():
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                _flush_folder(place.parent)


def _sealed(content: bytes, key: AESGCM, name: str) -> Iterator[bytes]:
    pieces = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
    for number, piece in enumerate(pieces):
        yield key.encrypt(_nonce(number, number == len(pieces) - 1), piece, name.encode())


def _opened(stored: bytes, key: AESGCM, name: str) -> Iterator[bytes]:
    size = CHUNK + 16
    pieces = [stored[at : at + size] for at in range(0, len(stored), size)]
    for number, piece in enumerate(pieces):
        yield key.decrypt(_nonce(number, number == len(pieces) - 1), piece, name.encode())


def _nonce(number: int, is_last: bool) -> bytes:
    return bytes(7) + struct.pack(">I?", number, is_last)


def _file_key(group_id: uuid.UUID, name: str, salt: bytes) -> AESGCM:
    """A key of this file alone, so that counted nonces are never used twice under one key."""
    derived = HKDF(SHA256(), 32, salt, f"file|{name}|{group_id.hex}".encode()).derive(
        current_vault().key(group_id)
    )
    return AESGCM(derived)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damaged(name: str) -> Damaged:
    return Damaged(
        _("保存されたファイルが壊れているため開けません。管理者に知らせてください。"), facts={"file": name}
    )


# --- viruses ---------------------------------------------------------------------------------------------


class Scanner:
    """clamd behind a unix socket, spoken to in its INSTREAM command. Without a socket nothing is ever scanned."""

    WITHIN_SECONDS = 20

    def __init__(self, path: Path | None):
        self.path = path

    @property
    def is_there(self) -> bool:
        return self.path is not None

    def scan(self, content: bytes) -> Scan:
        """CLEAN, INFECTED, or UNSCANNED when no scanner answers. Source: clamd(8), INSTREAM."""
        if self.path is None:
            return Scan.UNSCANNED
        try:
            answer = self._ask(content)
        except OSError:
            return Scan.UNSCANNED
        if answer.endswith(b"FOUND"):
            return Scan.INFECTED
        return Scan.CLEAN if answer.endswith(b"OK") else Scan.UNSCANNED

    def require(self, content: bytes) -> None:
        """Raises Unavailable while the scanner that should look does not answer, Invalid for an infected file."""
        verdict = self.scan(content)
        if verdict is Scan.INFECTED:
            raise Invalid(_("ウイルスが見つかったため、開けません。"), code="file_infected")
        if verdict is Scan.UNSCANNED and self.is_there:
            raise Unavailable(_("ウイルス検査ができないため、いまは開けません。"), code="scanner_away")

    def _ask(self, content: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(self.WITHIN_SECONDS)
            line.connect(str(self.path))
            line.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), CHUNK):
                piece = content[at : at + CHUNK]
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            answer = b""
            while not answer.endswith(b"\0") and (part := line.recv(4096)):
                answer += part
        return answer.rstrip(b"\0\n")


def store() -> Store:
    """The store of the running house."""
    return current_app.extensions["files"]


def scanner() -> Scanner:
    """The virus scanner of the running house."""
    return current_app.extensions["scanner"]
