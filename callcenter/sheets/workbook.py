"""XLSX written as plain text cells and read back with every fault named by its cell. Pure.

Check an uploaded file with `callcenter.files.accept` first: that refuses broken packages, bombs and macros."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from flask_babel import gettext as _

from callcenter.errors import Invalid
from callcenter.sheets.delimited import Record

MOST_ROWS = 20_000
MOST_COLUMNS = 100
LONGEST_CELL = 32_767
"""Excel's own limit."""
BROKEN = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    SyntaxError,  # of XML
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl raises for a workbook that is none."""
LARGEST_PART = 2 * 1024 * 1024
LARGEST_TEXTS = 24 * 1024 * 1024
_MERGED = re.compile(rb'<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref="([A-Z0-9:]{1,40})"')
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def written(sheet: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet, all cells text: nothing in it is a formula, a link or a number, whatever it looks like.

    Raises Invalid for a text that no workbook can hold (longer than 32,767 characters)."""
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(sheet)
        plain = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        bold = book.add_format({"num_format": "@", "bold": True})
        page.set_column(0, len(headings) - 1, 24, plain)
        page.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            page.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, 1):
            page.set_row(number, 60)
            for column, cell in enumerate(row):
                # readers of workbooks take this sign for half of an escape, and lose it
                if len(cell) > LONGEST_CELL or "x005F_" in cell:
                    raise Invalid(
                        _(
                            "%(row)d行目「%(column)s」はExcelのセルに入りません。",
                            row=number + 1,
                            column=headings[column],
                        ),
                        code="unencodable",
                    )
                page.write_string(number, column, cell, plain)
    return out.getvalue()


def records(file: BinaryIO, most: int = MOST_ROWS) -> Iterator[Record]:
    """The rows of the first sheet, the heading first; rows without any text are left out (but counted).

    Raises Invalid, before the first row, for what is no workbook that can be read and for one with merged cells. Past
    `most` rows, and where a workbook breaks off, the last record says so and `ends`."""
    import openpyxl

    _refuse_entities(file)
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions, which are not read
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
            page = book.worksheets[0]
            _refuse_merged(file, page)
        except BROKEN as problem:
            raise _unreadable() from problem
    yield from _rows(page, most)


def _rows(page: Any, most: int) -> Iterator[Record]:
    page.reset_dimensions()  # what a file says of its size may be a lie
    rows, number = page.iter_rows(max_col=MOST_COLUMNS), 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except BROKEN:
            yield Record(number, (), _("ここから先は壊れていて読めません。"), ends=True)
            return
        if number > most + 1:
            yield Record(
                number, (), _("表は%(most)d行までです。ここから先は読みません。", most=most), ends=True
            )
            return
        cells: list[str] = []
        faults: list[tuple[int, str]] = []
        for column, cell in enumerate(row):
            text, fault = _text_of(cell)
            cells.append(text)
            if fault:
                faults.append((column, fault))
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells and not faults:
            continue
        wrong, fault = faults[0] if faults else (None, "")
        yield Record(number, tuple(cells), fault, wrong)


def _text_of(cell: Any) -> tuple[str, str]:
    """What a cell says, and what is wrong with it."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type == "f":
        return "", _("%(cell)s: 数式が入っています。値として貼り直してください。", cell=cell.coordinate)
    if cell.data_type == "e":
        return "", _("%(cell)s: エラー値（%(value)s）が入っています。", cell=cell.coordinate, value=value)
    if isinstance(value, bool):
        return ("はい" if value else "いいえ"), ""
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second) != (0, 0, 0):
            return "", _("%(cell)s: 時刻の付いた日付です。日付だけにしてください。", cell=cell.coordinate)
        return value.date().isoformat(), ""
    if isinstance(value, date):
        return value.isoformat(), ""
    if isinstance(value, int):
        return str(value), ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value)), ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_\n", "\n"), ""
    return "", _(
        "%(cell)s: 文字ではない値です。セルの書式を「文字列」にして入力し直してください。",
        cell=cell.coordinate,
    )


def _refuse_merged(file: BinaryIO, page: Any) -> None:
    """Of merged cells only the first has a value; the others would look empty."""
    with zipfile.ZipFile(file) as package, package.open(page._worksheet_path) as part:
        found, rest = [], b""
        while piece := part.read(1 << 20):
            found += _MERGED.findall(rest + piece)
            rest = piece[-200:]
            if found:
                break
    if found:
        message = _(
            "結合されたセル（%(cells)s）があります。結合を解除し、セルごとに入力してください。",
            cells="、".join(dict.fromkeys(one.decode() for one in found[:5])),
        )
        raise Invalid(message, code="table_merged")


def _refuse_entities(file: BinaryIO) -> None:
    """No workbook program writes a document type; it is there to blow up or to reach out."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            _refuse_large(package)
            for name in package.namelist():
                if not name.endswith((".xml", ".rels")):
                    continue
                with package.open(name) as part:
                    rest = part.read(2)
                    if rest in (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00"):
                        raise _unreadable()
                    while piece := part.read(1 << 20):
                        if _DOCTYPE.search(rest + piece):
                            raise _unreadable()
                        rest = piece[-16:]
    except BROKEN as problem:
        raise _unreadable() from problem


def _refuse_large(package: zipfile.ZipFile) -> None:
    """openpyxl builds styles, relations and the list of texts whole in memory; only sheets are read row by row."""
    for part in package.infolist():
        most = LARGEST_TEXTS if part.filename.endswith("sharedStrings.xml") else LARGEST_PART
        if not part.filename.startswith("xl/worksheets/") and part.file_size > most:
            raise _unreadable()


def _unreadable() -> Invalid:
    return Invalid(
        _("Excelファイルとして読めません。「Excelブック（.xlsx）」で保存し直してください。"),
        code="table_broken",
    )
