"""The byte scan: looks for known texts (canaries) in everything at rest, in every shape they could take. Pure."""

from __future__ import annotations

import base64
import html
import json
import mmap
import quopri
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

GZIP = b"\x1f\x8b\x08"
ZIP = b"PK\x03\x04"
LARGEST_MEMBER = 256 * 1024 * 1024
DEEPEST = 4


class Hit(NamedTuple):
    """A canary was found: in which file (members of archives as `file!member`), where, and in what shape."""

    path: str
    canary: str
    shape: str
    offset: int


class Scanned(NamedTuple):
    """What was looked at and what was found."""

    files: int
    bytes: int
    hits: list[Hit]


def scan(paths: Iterable[Path], canaries: Iterable[str]) -> Scanned:
    """Search files and folders (all below them) for texts. A file that vanishes meanwhile is passed over; one that
    cannot be read raises its OSError, because a scan that skips is no proof."""
    patterns = [(canary, shape, raw) for canary in canaries for shape, raw in shapes(canary).items()]
    files = size = 0
    hits: list[Hit] = []
    for file in _files(paths):
        try:
            with file.open("rb") as opened:
                length = file.stat().st_size
                if length:
                    with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
                        hits += _search(str(file), data, patterns, 0)
        except FileNotFoundError:
            continue
        files, size = files + 1, size + length
    return Scanned(files, size, hits)


def shapes(canary: str) -> dict[str, bytes]:
    """The byte strings that a text turns into: encodings, normal forms, and what mail, web and JSON make of it.

    Shapes that would be found by another shape as well, or are too short to mean anything (under 4 bytes), are
    left out."""
    found: dict[str, bytes] = {}
    texts = {"": canary}
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        texts.setdefault(form.lower(), unicodedata.normalize(form, canary))
    for form, text in texts.items():
        for name, raw in _encoded(text).items():
            _keep(found, f"{name} {form}".strip(), raw)
    for name, raw in _encoded(canary).items():
        for shift in range(3):
            _keep(found, f"base64 of {name}, {shift}", _base64(raw, shift))
        _keep(found, f"hex of {name}", raw.hex().encode())
        _keep(found, f"HEX of {name}", raw.hex().upper().encode())
    for name, raw in _escaped(canary).items():
        _keep(found, name, raw)
    return found


def _encoded(text: str) -> dict[str, bytes]:
    found = {
        "utf-8": text.encode("utf-8", "surrogatepass"),
        "utf-16-le": text.encode("utf-16-le", "surrogatepass"),
        "utf-16-be": text.encode("utf-16-be", "surrogatepass"),
        "utf-32-le": text.encode("utf-32-le", "surrogatepass"),
    }
    for encoding in ("cp932", "euc_jis_2004", "iso2022_jp"):
        try:
            found[encoding] = text.encode(encoding)
        except UnicodeEncodeError:
            continue
    return found


def _escaped(text: str) -> dict[str, bytes]:
    ascii_json = json.dumps(text)[1:-1]
    return {
        "json": ascii_json.encode(),
        "JSON": "".join(
            f"\\u{c[2:].upper()}" if c.startswith("\\u") else c for c in _units(ascii_json)
        ).encode(),
        "url": quote(text, safe="").encode(),
        "form": quote_plus(text).encode(),
        "url, small": "".join(
            c.lower() if len(c) == 3 else c for c in _percents(quote(text, safe=""))
        ).encode(),
        "html": html.escape(text).encode("ascii", "xmlcharrefreplace"),
        "quoted-printable": quopri.encodestring(text.encode()),
    }


def _units(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        step = 6 if text.startswith("\\u", place) else 1
        yield text[place : place + step]
        place += step


def _percents(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        step = 3 if text[place] == "%" else 1
        yield text[place : place + step]
        place += step


def _base64(raw: bytes, shift: int) -> bytes:
    """What is the same of a text's base64 whatever stands around it, when it begins `shift` bytes into a triple."""
    padded = base64.b64encode(b"\0" * shift + raw + b"\0" * (-(shift + len(raw)) % 3))
    first = -(-shift * 8 // 6) if shift else 0
    return padded[first : (shift + len(raw)) * 8 // 6]


def _keep(found: dict[str, bytes], name: str, raw: bytes) -> None:
    if len(raw) >= 4 and raw not in found.values():
        found[name] = raw


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (p for p in sorted(path.rglob("*")) if p.is_file() and not p.is_symlink())
        elif path.is_file():
            yield path


def _search(
    name: str, data: mmap.mmap | bytes, patterns: list[tuple[str, str, bytes]], depth: int
) -> list[Hit]:
    hits = [Hit(name, c, shape, at) for c, shape, raw in patterns if (at := data.find(raw)) >= 0]
    if depth < DEEPEST:
        for member, inner in _members(data):
            hits += _search(f"{name}!{member}", inner, patterns, depth + 1)
    return hits


def _members(data: mmap.mmap | bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed inside: gzip members anywhere, and the members of a zip."""
    place = data.find(GZIP)
    while place >= 0:
        unpacked = _gunzip(data[place : place + LARGEST_MEMBER])
        if unpacked:
            yield f"gzip at {place}", unpacked
        place = data.find(GZIP, place + 1)
    if data[:4] == ZIP:
        yield from _unzip(data)


def _gunzip(data: bytes) -> bytes:
    """As much as unpacks, also of a member that is cut off."""
    unpacker = zlib.decompressobj(31)
    try:
        return unpacker.decompress(data, LARGEST_MEMBER)
    except zlib.error:
        return b""


def _unzip(data: mmap.mmap | bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(BytesIO(data[:])) as archive:
            for member in archive.infolist():
                if not member.flag_bits & 1 and member.file_size <= LARGEST_MEMBER:
                    yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError):
        return
