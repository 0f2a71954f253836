"""A file of articles in any of the three formats, read line by line in flat memory: good lines, faults, and the means
to put a bad line aside so that it can be mended and brought in again. No database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import BinaryIO, Protocol

from flask_babel import gettext as _

from callcenter.errors import Invalid
from callcenter.lines import LineFault
from callcenter.sheets import delimited, workbook
from callcenter.sheets.delimited import CP932, MARK, UTF_8, Record
from kb.exchange.line import ImportLine, read
from kb.exchange.tables import FAULT, HEADINGS, Columns, columns_of, line_of

LONGEST_LINE = 1024 * 1024
BLANK = b"\xef\xbb\xbf \t\r\n"


class Format(StrEnum):
    """How a file of articles is written."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"

    @classmethod
    def of(cls, name: str) -> Format:
        """The format that a file's name tells; lines of JSON for any other ending."""
        ending = PurePath(name).suffix.lower().lstrip(".")
        return cls(ending) if ending in (cls.CSV, cls.XLSX) else cls.JSONL

    @property
    def rejected(self) -> str:
        """The ending of the file of rejected lines; a workbook's are written as CSV, which opens in the same programs."""
        return ".rejected.jsonl" if self is Format.JSONL else ".rejected.csv"


class Sink(Protocol):
    """Where rejected lines go."""

    def write(self, raw: bytes, /) -> object: ...


class Reading:
    """The lines of a file: iterating gives (number, good line or fault). After a fault, and before going on, call
    `put_aside(reason)`: it copies the line to the sink, if there is one."""

    absent: tuple[str, ...] = ()
    """Columns that a table does not have, by their stable names; known once the first line was read."""

    def __iter__(self) -> Iterator[tuple[int, ImportLine | LineFault]]:
        raise NotImplementedError

    def put_aside(self, reason: str) -> None:
        raise NotImplementedError


def reading(file: BinaryIO, form: Format, sink: Sink | None = None) -> Reading:
    """Read a file in its format. Raises Invalid (also while iterating) for a file that is no table of articles."""
    return Lines(file, sink) if form is Format.JSONL else Table(file, form, sink)


class Lines(Reading):
    """JSON Lines."""

    def __init__(self, file: BinaryIO, sink: Sink | None):
        self.file, self.sink = file, sink
        self._raw = b""

    def __iter__(self) -> Iterator[tuple[int, ImportLine | LineFault]]:
        for number, raw in enumerate(iter(lambda: self.file.readline(LONGEST_LINE + 2), b""), 1):
            self._raw = raw
            if not self._raw.strip(BLANK):
                continue
            try:
                if len(self._raw) > LONGEST_LINE:
                    raise LineFault("line", f"1行は{LONGEST_LINE // 1024}kBまでです。")
                yield number, read(self._raw)
            except LineFault as fault:
                yield number, fault

    def put_aside(self, reason: str) -> None:
        """Copy a bad line, and the rest of one that is too long, piece by piece so that memory stays flat."""
        raw = self._raw
        while raw:
            if self.sink is not None:
                self.sink.write(raw)
            if raw.endswith(b"\n"):
                return
            raw = self.file.readline(LONGEST_LINE)
        if self.sink is not None:
            self.sink.write(b"\n")


class Table(Reading):
    """CSV or a workbook. Rejected rows become a CSV in UTF-8 with a column that says what to mend."""

    def __init__(self, file: BinaryIO, form: Format, sink: Sink | None):
        self.sink = sink
        self._headings: Sequence[str] = ()
        self._cells: Sequence[str] = ()
        self._kept: Sequence[int] = ()
        self._begun = False
        self.encoding = delimited.encoding_of(file) if form is Format.CSV else UTF_8
        self._records = (
            delimited.records(file, self.encoding) if form is Format.CSV else workbook.records(file)
        )

    def __iter__(self) -> Iterator[tuple[int, ImportLine | LineFault]]:
        columns = self._columns()
        for record in self._records:
            self._cells = record.cells
            try:
                yield record.number, self._line(record, columns)
            except LineFault as fault:
                yield record.number, fault

    def put_aside(self, reason: str) -> None:
        """Copy a bad row; the first brings the heading with it."""
        if self.sink is None:
            return
        if not self._begun:
            self._begun = True
            self.sink.write(MARK + delimited.line_of([*self._headings, FAULT]).encode())
        wide = len(self._headings)
        cells = [*self._cells[:wide], *[""] * (wide - len(self._cells)), reason]
        self.sink.write(delimited.line_of(cells).encode())

    def _columns(self) -> Columns:
        head = next(self._records, None)
        if head is None:
            raise Invalid(_("ファイルに行がありません。"), code="table_empty")
        if head.fault:
            raise Invalid(_("見出しの行: %(fault)s", fault=head.fault), code="table_columns")
        if wrong := delimited.separator_fault(head.cells):
            raise Invalid(wrong, code="table_separator")
        columns = columns_of(head.cells)
        self.absent = tuple(name for name in HEADINGS if name not in columns.names)
        self._headings = [one for one in head.cells if one.strip() != FAULT]
        self._kept = [n for n, one in enumerate(head.cells) if one.strip() != FAULT]
        return columns

    def _line(self, record: Record, columns: Columns) -> ImportLine:
        self._cells = [record.cells[n] if n < len(record.cells) else "" for n in self._kept]
        if record.fault:
            names = columns.names
            known = record.column is not None and record.column < len(names)
            raise LineFault((names[record.column or 0] if known else "") or "line", record.fault)
        return line_of(columns, record.cells)


def column_label(name: str) -> str:
    """What people read for a column in which a fault is: the heading and the stable name."""
    return f"{HEADINGS[name]}（{name}）" if name in HEADINGS else _("行") if name == "line" else name


__all__ = ["CP932", "UTF_8", "Format", "Lines", "Reading", "Sink", "Table", "column_label", "reading"]
