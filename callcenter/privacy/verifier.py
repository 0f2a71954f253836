#!/usr/bin/env python3
"""監査記録の検証 / Verifies an exported audit trail. One file, plain Python 3.9 or newer, nothing to install.

    python3 verifier.py PACK [--public-key HEX] [--previous CHECKPOINT] [--json]

PACK is the folder or .zip written by `audit export`. --public-key: the ward's own printed copy of the public key
(without it, the key in the pack is used and that is said). --previous: a checkpoint received earlier; the trail must
continue it. Checked: every row's hash, the chain and its order (RFC 6962 leaf hashes), every checkpoint's root and
signature (C2SP signed notes, Ed25519 as in RFC 8032). Exit 0: all holds. Exit 1: it does not, and the first bad
number is named."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

sha256 = hashlib.sha256

GENESIS = "0" * 64
ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
HEAD, MIDDLE = b'{"hash":"', b'","row":'
TIME_RUNS_BACK_SECONDS = 300


@dataclass
class Report:
    """What was found. `bad_seq`: number of the first row that does not hold; `bad_size`: checkpoint that does not."""

    ok: bool = True
    rows: int = 0
    checkpoints: int = 0
    signed_rows: int = 0
    root: str = ""
    bad_seq: int | None = None
    bad_size: int | None = None
    code: str = "ok"
    japanese: str = ""
    english: str = ""
    remarks: list[str] = field(default_factory=list)

    def fail(
        self, code: str, japanese: str, english: str, seq: int | None = None, size: int | None = None
    ) -> Report:
        self.ok, self.code, self.japanese, self.english = False, code, japanese, english
        self.bad_seq, self.bad_size = seq, size
        return self


@dataclass(frozen=True)
class Note:
    """A checkpoint (c2sp.org/tlog-checkpoint): the signed text, what it says, and its signature lines."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]


def parse_note(note: str) -> Note:
    """Read a signed checkpoint. Raises ValueError when it is none."""
    text, blank, tail = note.partition("\n\n")
    text += "\n"
    lines = text.split("\n")
    if not blank or len(lines) < 4 or not lines[0] or not lines[1].isdecimal():
        raise ValueError("not a checkpoint")
    signatures = []
    for line in tail.split("\n"):
        if not line:
            continue
        dash, name, value = line.split(" ")
        raw = base64.b64decode(value, validate=True)
        if dash != "\u2014" or not name or len(raw) < 5:
            raise ValueError("not a signature line")
        signatures.append((name, raw[:4], raw[4:]))
    root = base64.b64decode(lines[2], validate=True)
    if len(root) != 32 or not signatures or str(int(lines[1])) != lines[1]:
        raise ValueError("not a checkpoint")
    return Note(text, lines[0], int(lines[1]), root, tuple(signatures))


# --- the trail -------------------------------------------------------------------------------------------


def verify(
    rows: Iterable[tuple[str, bytes]],
    notes: Iterable[str],
    public_keys: Iterable[bytes],
    trusted: Iterable[bytes] = (),
    previous: str | None = None,
    signed_to_the_end: bool = True,
) -> Report:
    """Check a trail. `rows`: (stored hash in hex, canonical JSON) in order; `notes`: its checkpoints; `public_keys`:
    32 bytes each; `trusted`: the keys one had before (none: all `public_keys`, which is remarked); `previous`: a
    checkpoint received earlier. A pack is signed to its last row; a running house may have a few rows unsigned."""
    report = Report()
    known = list(dict.fromkeys([*public_keys, *trusted]))
    marks = _read_notes(report, notes, known, list(trusted) or known, previous)
    if not report.ok:
        return report
    if not trusted:
        report.remarks.append(
            "公開鍵は記録に添えられたものです。印刷した鍵と見比べてください。/ The public key came with the pack: "
            "compare it with your printed copy: " + ", ".join(k.hex() for k in known)
        )
    return _walk(report, rows, marks, signed_to_the_end)


def _walk(
    report: Report, rows: Iterable[tuple[str, bytes]], marks: list[Note], signed_to_the_end: bool
) -> Report:
    before, clock, n = GENESIS, "", 0
    frontier: list[bytes] = []
    waiting = iter(marks)
    mark = next(waiting, None)
    for stored, canonical in rows:
        n += 1
        digest = sha256(b"\x00" + canonical)
        leaf = digest.hexdigest()
        try:
            row = json.loads(canonical)
            seq, prev, at, first = row["seq"], row["prev_hash"], str(row["at"]), n == 1 and row["uid"]
            plain = ENCODE(row).encode() == canonical
        except (ValueError, KeyError, TypeError):
            return _bad_row(report, n, "unreadable", "読み取れません", "cannot be read")
        if seq != n:
            what = (
                f"番号が {n} ではなく {seq} です（欠落・挿入・入替え）",
                f"is numbered {seq} (missing, added or moved)",
            )
            return _bad_row(report, n, "order", *what)
        if leaf != stored or not plain:
            return _bad_row(report, n, "changed", "内容が書き換えられています", "was changed")
        if prev != before:
            return _bad_row(
                report, n, "chain", "前の記録とつながりません", "does not follow the row before it"
            )
        if first and mark and mark.origin.rpartition("/")[2] != first:
            return _bad_row(report, n, "origin", "別の監査記録です", "belongs to another trail")
        before = leaf
        if at < clock and len(report.remarks) < 20 and _is_far_back(clock, at):
            report.remarks.append(
                f"{n} 番で時刻が戻っています。/ Time runs backwards at row {n}: {clock} → {at}"
            )
        clock = at
        node, place = digest.digest(), n - 1
        while place & 1:
            node = sha256(b"\x01" + frontier.pop() + node).digest()
            place >>= 1
        frontier.append(node)
        while mark is not None and mark.size == n:
            if _root(frontier) != mark.root:
                return _bad_root(report, mark)
            report.signed_rows = n
            mark = next(waiting, None)
    report.rows, report.root = n, _root(frontier).hex()
    if mark is not None:
        return _bad_row(
            report,
            n + 1,
            "truncated",
            f"以降 {marks[-1].size} 番までがありません",
            f"and up to {marks[-1].size} are missing",
        )
    unsigned = n - report.signed_rows
    if unsigned and signed_to_the_end:
        what = (
            f"以降の {unsigned} 件に署名がありません",
            f"and the {unsigned - 1} rows after it are not signed",
        )
        return _bad_row(report, report.signed_rows + 1, "unsigned", *what)
    report.japanese = f"監査記録 {n} 件は正しくつながっています。署名済み {report.signed_rows} 件、署名 {report.checkpoints} 個。"
    report.english = (
        f"{n} rows hold; {report.signed_rows} of them signed by {report.checkpoints} checkpoints."
    )
    if unsigned:
        report.remarks.append(
            f"末尾の {unsigned} 件は未署名です。/ The last {unsigned} rows are not signed yet."
        )
    return report


def _bad_row(report: Report, seq: int, code: str, japanese: str, english: str) -> Report:
    report.rows = seq - 1
    return report.fail(code, f"{seq} 番の記録: {japanese}。", f"Row {seq} {english}.", seq=seq)


def _bad_root(report: Report, mark: Note) -> Report:
    first = report.signed_rows + 1
    return report.fail(
        "root",
        f"{first} 番から {mark.size} 番の間が、署名のあとで書き直されています。",
        f"Rows between {first} and {mark.size} were rewritten after they were signed.",
        seq=first,
        size=mark.size,
    )


def _root(frontier: list[bytes]) -> bytes:
    if not frontier:
        return sha256(b"").digest()
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = sha256(b"\x01" + left + root).digest()
    return root


def _is_far_back(clock: str, at: str) -> bool:
    try:
        then, now = (
            datetime.strptime(t.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S.%f%z") for t in (clock, at)
        )
    except ValueError:
        return True
    return (then - now).total_seconds() > TIME_RUNS_BACK_SECONDS


# --- checkpoints -----------------------------------------------------------------------------------------


def _read_notes(
    report: Report, texts: Iterable[str], keys: list[bytes], trusted: list[bytes], previous: str | None
) -> list[Note]:
    """All checkpoints in order of size, their signatures checked; the one received earlier among them."""
    notes: list[Note] = []
    for text in [*texts, *([previous] if previous else [])]:
        try:
            notes.append(parse_note(text))
        except ValueError:
            report.fail("checkpoint", "署名の書式が壊れています。", "A checkpoint cannot be read.")
            return []
    if any(note.origin != notes[0].origin for note in notes):
        report.fail(
            "origin", "別の監査記録の署名が混じっています。", "A checkpoint belongs to another trail."
        )
        return []
    report.checkpoints = len(notes) - bool(previous)
    verifiers = {key: Ed25519(key) for key in keys}
    signers = [_signers(note, verifiers) for note in notes]
    _trust_cross_signed(signers, trusted)
    for note, by in zip(notes, signers):  # noqa: B905 (Python 3.9)
        if by is None or not by & set(trusted):
            report.fail(
                "signature",
                f"{note.size} 件目の署名が正しくありません。",
                f"The signature of the checkpoint of {note.size} rows does not hold.",
                size=note.size,
            )
            return []
    return sorted(notes, key=lambda note: note.size)


def _signers(note: Note, verifiers: dict[bytes, Ed25519]) -> set[bytes] | None:
    """The keys that signed a note; None when a signature by a known key is false."""
    by = set()
    for name, key_id, signature in note.signatures:
        for key, verifier in verifiers.items():
            if sha256(name.encode() + b"\n\x01" + key).digest()[:4] == key_id:
                if name != note.origin or not verifier.verify(signature, note.text.encode()):
                    return None
                by.add(key)
    return by


def _trust_cross_signed(signers: list[set[bytes] | None], trusted: list[bytes]) -> None:
    """A key that signed one checkpoint together with a trusted key is trusted too (a key was replaced)."""
    together = [by for by in signers if by and len(by) > 1]
    grown = True
    while grown:
        grown = False
        for by in together:
            if by & set(trusted) and not by <= set(trusted):
                trusted.extend(by - set(trusted))
                grown = True


# --- Ed25519 (RFC 8032 §5.1.7), verification only --------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
D2 = 2 * D % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z


Table = list[list[tuple[int, int, int]]]


def _decompress(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = p[3] * q[3] * D2 % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _table(point: Point) -> Table:
    """For each byte of a scalar its 255 multiples, as (y−x, y+x, 2dxy) of the affine point."""
    rows = []
    for _byte in range(32):
        multiples = [point]
        for _multiple in range(254):
            multiples.append(_add(multiples[-1], point))
        rows.append(_affine(multiples))
        point = _add(multiples[-1], point)
    return rows


def _affine(points: list[Point]) -> list[tuple[int, int, int]]:
    """Divide by Z with a single inversion for all (Montgomery's trick)."""
    running, product = [], 1
    for point in points:
        running.append(product)
        product = product * point[2] % P
    inverse = pow(product, P - 2, P)
    found = []
    for point, before in zip(reversed(points), reversed(running)):  # noqa: B905 (Python 3.9)
        z, inverse = inverse * before % P, inverse * point[2] % P
        x, y = point[0] * z % P, point[1] * z % P
        found.append((y - x, y + x, D2 * x * y % P))
    return found[::-1]


def _accumulate(total: Point, scalar: int, table: Table) -> Point:
    x, y, z, t = total
    for row, byte in zip(table, scalar.to_bytes(32, "little")):  # noqa: B905 (Python 3.9)
        if byte:
            minus, plus, product = row[byte - 1]
            a, b, c, d = (y - x) * minus, (y + x) * plus, t * product, 2 * z
            e, f, g, h = b - a, d - c, d + c, b + a
            x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
    return x, y, z, t


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = _decompress(BASE_Y.to_bytes(32, "little")) or (0, 1, 1, 0)


class Ed25519:
    """Checks signatures of one public key; two tables make each check a few hundred microseconds."""

    base: Table = []

    def __init__(self, public_key: bytes):
        self.key = public_key
        point = _decompress(public_key) if len(public_key) == 32 else None
        self.table = _table((P - point[0], point[1], 1, P - point[3])) if point else None
        if not Ed25519.base:
            Ed25519.base = _table(BASE)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether [S]B = R + [k]A, with S below the group's order and R in its one encoding."""
        if self.table is None or len(signature) != 64:
            return False
        s = int.from_bytes(signature[32:], "little")
        if s >= L:
            return False
        k = int.from_bytes(hashlib.sha512(signature[:32] + self.key + message).digest(), "little") % L
        x, y, z, _t = _accumulate(_accumulate((0, 1, 1, 0), s, Ed25519.base), k, self.table)
        inverse = pow(z, P - 2, P)
        x, y = x * inverse % P, y * inverse % P
        return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- the pack --------------------------------------------------------------------------------------------


class Pack:
    """A folder or .zip written by `audit export`."""

    def __init__(self, path: Path):
        self.path = path
        self.zip = None if path.is_dir() else zipfile.ZipFile(path)

    def lines(self, name: str) -> Iterator[bytes]:
        """Lines of a file of the pack, without their ends."""
        with self.zip.open(name) if self.zip else (self.path / name).open("rb") as opened:
            for line in opened:
                yield line.rstrip(b"\n")

    def rows(self) -> Iterator[tuple[str, bytes]]:
        for line in self.lines("rows.jsonl"):
            if line[:9] == HEAD and line[73:81] == MIDDLE and line[-1:] == b"}":
                yield line[9:73].decode("ascii", "replace"), line[81:-1]
            else:
                yield "", b""

    def notes(self) -> list[str]:
        return [json.loads(line)["note"] for line in self.lines("checkpoints.jsonl")]

    def public_keys(self) -> list[bytes]:
        return [
            bytes.fromhex(line.split()[-1].decode()) for line in self.lines("public-keys.txt") if line.strip()
        ]


def main(arguments: list[str]) -> int:
    """Verify a pack named on the command line; prints a summary in Japanese and English."""
    parser = argparse.ArgumentParser(description="監査記録の検証 / verify an exported audit trail")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--public-key", action="append", default=[], metavar="HEX")
    parser.add_argument("--previous", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(arguments)
    try:
        pack = Pack(wanted.pack)
        previous = wanted.previous.read_text("utf-8") if wanted.previous else None
        trusted = [bytes.fromhex(key) for key in wanted.public_key]
        report = verify(pack.rows(), pack.notes(), pack.public_keys(), trusted, previous)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        report = Report().fail("unreadable", "記録を読み取れません。", f"The pack cannot be read: {problem}")
    print(json.dumps(asdict(report), ensure_ascii=False) if wanted.json else summary(report))
    return 0 if report.ok else 1


def summary(report: Report) -> str:
    """The report as lines for people."""
    head = [
        "検証: 正常 / VERIFIED" if report.ok else "検証: 異常 / NOT VERIFIED",
        report.japanese,
        report.english,
    ]
    return "\n".join([*head, *(f"- {remark}" for remark in report.remarks)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
