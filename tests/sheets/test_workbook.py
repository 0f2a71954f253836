"""Workbooks out and in: text stays text, and what is no text is a fault of its cell."""

import datetime
import io
import shutil
import subprocess
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import Invalid
from callcenter.sheets.workbook import records, written

TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("=+-@'\"<>&,\n_x😀"), max_size=30
)


def read(raw):
    return list(records(io.BytesIO(raw)))


def book(*rows, change=None):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    if change:
        change(made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=4))
def test_rows_come_back_as_they_were(rows):
    rows = [row for row in rows if row[1].strip()]
    found = read(written("表", ["a", "b"], rows))
    assert [one.cells for one in found] == [("a", "b"), *map(tuple, rows)]


def test_nothing_written_is_a_formula_a_link_or_a_number():
    raw = written("表", ["a"], [["=1+1"], ["https://example.jp"], ["007"], ["_x0041_"]])
    page = openpyxl.load_workbook(io.BytesIO(raw)).active
    assert [cell.data_type for (cell,) in page.iter_rows()] == ["s"] * 5
    assert [one.cells[0] for one in read(raw)] == ["a", "=1+1", "https://example.jp", "007", "_x0041_"]
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        assert not any("<f>" in package.read(name).decode() for name in package.namelist())


@pytest.mark.parametrize("text", ["x" * 32_768, "ax005F_b"])
def test_what_no_cell_can_hold_is_refused_by_row_and_column(text):
    with pytest.raises(Invalid, match="3行目「a」"):
        written("表", ["a"], [["よい"], [text]])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "12"),
        (12.0, "12"),
        (True, "はい"),
        (False, "いいえ"),
        (datetime.date(2026, 4, 1), "2026-04-01"),
        (datetime.datetime(2026, 4, 1), "2026-04-01"),  # noqa: DTZ001  as a spreadsheet has it
        ("二行\r\nの文", "二行\nの文"),
    ],
)
def test_a_value_that_means_one_text_is_that_text(value, text):
    assert read(book(["a"], [value]))[1].cells == (text,)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("=A1", "数式"),
        (1.5, "文字ではない"),
        (datetime.time(9, 0), "文字ではない"),
        (datetime.datetime(2026, 4, 1, 9, 30), "時刻"),  # noqa: DTZ001
    ],
)
def test_another_value_is_a_fault_of_its_cell(value, word):
    fault = read(book(["a", "b"], ["x", value]))[1]
    assert fault.fault.startswith("B2: ")
    assert word in fault.fault
    assert fault.column == 1


def test_an_error_value_is_a_fault_of_its_cell():
    def broken(page):
        page["A2"].value, page["A2"].data_type = "#N/A", "e"

    assert "#N/A" in read(book(["a"], ["x"], change=broken))[1].fault


def test_merged_cells_are_refused_by_their_place():
    with pytest.raises(Invalid, match="A2:A3"):
        read(book(["a"], ["x"], ["y"], change=lambda page: page.merge_cells("A2:A3")))


def test_only_rows_with_text_are_given_and_all_are_counted():
    assert [one.number for one in read(book(["a"], [None], ["x"], [" "], ["y"]))] == [1, 3, 5]


def test_a_table_that_is_too_long_ends_and_says_so():
    found = list(records(io.BytesIO(book(["a"], *(["x"] for _ in range(9)))), most=3))
    assert [one.number for one in found] == [1, 2, 3, 4, 5]
    assert found[-1].ends
    assert "3行まで" in found[-1].fault


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"no workbook", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_workbook_is_refused(raw):
    with pytest.raises(Invalid, match="xlsx"):
        read(raw)


def _with(raw, name, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            new.writestr(one, change(old.read(one)) if one == name else old.read(one))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "entity", [b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>', b"<!doctype a>"]
)
def test_a_document_type_is_refused(entity):
    with pytest.raises(Invalid):
        read(_with(book(["a"], ["x"]), SHEET, lambda part: entity + part))


def test_a_sheet_that_breaks_off_is_a_fault_of_its_row():
    found = read(_with(book(["a"], ["x"], ["y"]), SHEET, lambda part: part[: part.rindex(b"<row")]))
    assert [one.cells for one in found[:2]] == [("a",), ("x",)]
    assert found[-1].ends


def test_a_workbook_passes_through_a_spreadsheet_program(tmp_path):
    if not (program := shutil.which("soffice") or shutil.which("libreoffice")):
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "in").mkdir()
    source = tmp_path / "in" / "a.xlsx"
    rows = [["=1+1", "- 一\n- 二"], ["+81", "'x"]]
    source.write_bytes(written("表", ["a", "b"], rows))
    subprocess.run(
        [program, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path), str(source)], check=True
    )
    assert [list(one.cells) for one in read((tmp_path / "a.xlsx").read_bytes())] == [["a", "b"], *rows]


@pytest.mark.parametrize("name", ["xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_part_that_unpacks_to_more_than_any_needs_is_refused(name):
    raw = _with(book(["質問"], ["交通費"]), name, lambda xml: xml + b"<!--" + b"a" * 3_000_000 + b"-->")
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert refusal.value.code == "table_broken"
