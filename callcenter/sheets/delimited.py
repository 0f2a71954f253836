"""CSV (RFC 4180) written for spreadsheets and read back in flat memory. Pure.

Written: every cell in quotes and guarded (`guard.py`), lines ended by CR LF, UTF-8 with its mark or cp932.
Read: UTF-8 with or without mark, or cp932, whichever fits with fewer faults; any line end; a byte that cannot be read
is a fault of its row, by its place in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from flask_babel import gettext as _

from callcenter.errors import Invalid
from callcenter.sheets.guard import guarded, unguarded

UTF_8, CP932 = "utf-8", "cp932"
MARK = b"\xef\xbb\xbf"
CHUNK = 64 * 1024
LONGEST_LINE = 1024 * 1024
MOST_NAMED = 20
"""So many characters that do not fit are named; of the others the count."""


class Misfit(NamedTuple):
    """A character that an encoding does not have: row (the heading is 1), column (from 1) and the character."""

    row: int
    column: int
    character: str


class Unencodable(Invalid):
    """Some characters are not in cp932. `misfits` are the first of them, in the order of the table."""

    def __init__(self, misfits: list[Misfit], count: int, headings: Sequence[str]):
        self.misfits = misfits
        named = "、".join(
            _(
                "%(row)d行目「%(column)s」の「%(character)s」(U+%(code)s)",
                row=one.row,
                column=headings[one.column - 1],
                character=one.character,
                code=f"{ord(one.character):04X}",
            )
            for one in misfits
        )
        more = _("、ほか%(count)d個", count=count - len(misfits)) if count > len(misfits) else ""
        message = _(
            "Shift_JIS（cp932）で書けない文字があるため、ファイルを作りませんでした: %(named)s%(more)s。UTF-8で書き出してください。",
            named=named,
            more=more,
        )
        super().__init__(message, code="unencodable", facts={"count": count})


class BadByte(NamedTuple):
    """A byte that is no character: its place in the file (from 1) and its value."""

    at: int
    value: int


@dataclass(frozen=True)
class Record:
    """A row as it was read. `number` counts rows as a spreadsheet does (the heading is 1). `fault` says why it cannot be
    used, `column` (from 0) which cell that is about; `ends` that nothing after it could be read. Bytes that are no
    characters stand in the cells as U+FFFD."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""
    column: int | None = None
    ends: bool = False


def written(headings: Sequence[str], rows: Iterable[Sequence[str]], encoding: str = UTF_8) -> Iterator[bytes]:
    """The bytes of a CSV file, a row at a time. Raises Unencodable at the end when characters are not in cp932: what
    came before is then worth nothing, and nothing was replaced."""
    if encoding == UTF_8:
        yield MARK
    misfits: list[Misfit] = []
    count = 0
    for number, row in enumerate(_with_headings(headings, rows), 1):
        text = line_of(row)
        if encoding != UTF_8:
            found = list(_misfits(number, row, encoding))
            misfits += found[: MOST_NAMED - len(misfits)]
            count += len(found)
            if found:
                continue
        yield text.encode(encoding)
    if count:
        raise Unencodable(misfits, count, headings)


def line_of(row: Sequence[str]) -> str:
    """One row as a line of CSV, guarded and quoted."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([guarded(cell) for cell in row])
    return out.getvalue()


def _with_headings(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield headings
    yield from rows


def _misfits(number: int, row: Sequence[str], encoding: str) -> Iterator[Misfit]:
    """Python writes ¥ as a backslash and ‾ as ~ in cp932 without a word: what does not come back does not fit."""
    for column, cell in enumerate(row, 1):
        for character in dict.fromkeys(cell):
            if character.encode(encoding, "replace").decode(encoding) != character:
                yield Misfit(number, column, character)


# --- reading ---------------------------------------------------------------------------------------------


def encoding_of(file: BinaryIO) -> str:
    """The encoding that a file is written in: the one with fewer unreadable bytes, UTF-8 when they are equal. Leaves the
    file at its beginning. Raises Invalid for UTF-16."""
    head = file.read(3)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Invalid(
            _("UTF-16のファイルは読めません。「CSV UTF-8（コンマ区切り）」で保存してください。"),
            code="table_encoding",
        )
    faults = {}
    for encoding in (UTF_8, CP932):
        file.seek(0)
        faults[encoding] = sum(_unreadable(line, encoding) for _at, line in _lines(file))
        if not faults[encoding]:
            break
    file.seek(0)
    return min(faults, key=lambda encoding: faults[encoding])


def records(file: BinaryIO, encoding: str) -> Iterator[Record]:
    """The rows of a CSV file, the heading first, in flat memory; rows without any text are left out (but counted)."""
    source = _Source(file, encoding)
    reader = csv.reader(source, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as problem:
            yield Record(number, (), _unreadable_row(problem), ends=True)
            return
        bad = source.take_bad()
        if not any(cell.strip() for cell in cells):
            continue
        column = next((n for n, cell in enumerate(cells) if _is_escaped(cell)), None)
        yield Record(number, tuple(_cell(cell) for cell in cells), _of_bytes(bad, encoding), column)


def separator_fault(headings: Sequence[str]) -> str:
    """What is wrong with a heading row that another separator divides; "" when it is divided by commas."""
    if len(headings) != 1:
        return ""
    for sign, name in ((";", _("セミコロン")), ("\t", _("タブ"))):
        if sign in headings[0]:
            return _(
                "%(name)s区切りのファイルは読めません。コンマ区切り（CSV）で保存し直してください。", name=name
            )
    return ""


class _TooLong(Exception):
    """A line that no table of ours has."""


class _Source:
    """Lines of text for the CSV reader; remembers the bytes that were no characters since it was last asked."""

    def __init__(self, file: BinaryIO, encoding: str):
        self.encoding = encoding
        self._lines = _lines(file)
        self._bad: list[BadByte] = []

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        at, line = next(self._lines)
        if at == 0 and line.startswith(MARK):
            at, line = len(MARK), line[len(MARK) :]
        if len(line) > LONGEST_LINE:
            raise _TooLong
        text = line.decode(self.encoding, "surrogateescape")
        if _is_escaped(text):
            self._bad += _bad_bytes(text, at, self.encoding)
        return text

    def take_bad(self) -> list[BadByte]:
        bad, self._bad = self._bad, []
        return bad


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their ends (LF, CR LF or CR) and places; one that is too long is cut just past the limit."""
    rest, at = b"", 0
    while piece := file.read(CHUNK):
        rest += piece
        lines = rest.splitlines(keepends=True)
        # the last may go on, and a CR at the end may be half of CR LF
        rest = lines.pop()
        for line in lines:
            yield at, line
            at += len(line)
        if len(rest) > LONGEST_LINE:
            yield at, rest
            at, rest = at + len(rest), b""
    if rest:
        for line in rest.splitlines(keepends=True):
            yield at, line
            at += len(line)


def _unreadable(line: bytes, encoding: str) -> int:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return sum("\udc80" <= c <= "\udcff" for c in line.decode(encoding, "surrogateescape"))
    return 0


def _is_escaped(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def _bad_bytes(text: str, at: int, encoding: str) -> Iterator[BadByte]:
    for character in text:
        if "\udc80" <= character <= "\udcff":
            yield BadByte(at + 1, ord(character) - 0xDC00)
            at += 1
        else:
            at += len(character.encode(encoding))


def _cell(text: str) -> str:
    plain = "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in text) if _is_escaped(text) else text
    return unguarded(plain.replace("\r\n", "\n").replace("\r", "\n"))


def _of_bytes(bad: list[BadByte], encoding: str) -> str:
    if not bad:
        return ""
    name = "UTF-8" if encoding == UTF_8 else "Shift_JIS（cp932）"
    return _(
        "%(name)sとして読めないバイト 0x%(value)s があります（ファイルの%(at)dバイト目）。",
        name=name,
        value=f"{bad[0].value:02X}",
        at=bad[0].at,
    )


def _unreadable_row(problem: Exception) -> str:
    if isinstance(problem, _TooLong) or "limit" in str(problem):
        return _('引用符（"）が閉じていないか、長すぎます。この行から先は読めません。')
    return _('引用符（"）の使い方が正しくありません。この行から先は読めません。')
