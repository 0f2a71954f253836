"""CSV out and in: encodings, line ends, quotes, and faults by their place."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import Invalid
from callcenter.sheets.delimited import (
    CP932,
    UTF_8,
    Unencodable,
    encoding_of,
    records,
    separator_fault,
    written,
)

TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("=+-@＝'\",\n 　😀𠮷髙﨑①ｱ"), max_size=30
)


def read(raw, encoding=None):
    file = io.BytesIO(raw)
    return list(records(file, encoding or encoding_of(file)))


def cells(raw):
    return [one.cells for one in read(raw)]


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_rows_come_back_as_they_were(rows):
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    raw = b"".join(written(["a", "b"], rows))
    assert cells(raw) == [("a", "b"), *map(tuple, rows)]


def test_a_file_for_spreadsheets_has_its_mark_quotes_and_line_ends():
    assert b"".join(written(["a", "b"], [["1", '"=']])) == b'\xef\xbb\xbf"a","b"\r\n"1","""="\r\n'


def test_cp932_is_written_and_read():
    raw = b"".join(written(["見出し"], [["髙﨑①～－ ｱ"]], CP932))
    assert raw.decode("cp932") == '"見出し"\r\n"髙﨑①～－ ｱ"\r\n'
    assert cells(raw) == [("見出し",), ("髙﨑①～－ ｱ",)]


@pytest.mark.parametrize("character", ["−", "〜", "😀", "𠮷", "¥", "‾", "é", "\xa0"])
def test_what_cp932_does_not_have_is_named_and_never_replaced(character):
    with pytest.raises(Unencodable) as refused:
        list(written(["番号", "回答"], [["1", "よい"], ["2", f"だめ{character}"]], CP932))
    assert refused.value.misfits == [(3, 2, character)]
    assert f"3行目「回答」の「{character}」(U+{ord(character):04X})" in refused.value.message


def test_of_many_misfits_the_first_are_named_and_all_counted():
    with pytest.raises(Unencodable) as refused:
        list(written(["a"], [["😀"]] * 50, CP932))
    assert len(refused.value.misfits) == 20
    assert "ほか30個" in refused.value.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_any_line_end_and_encoding_is_read(end, encoding):
    raw = end.join(["番号,回答", '1,"二行', 'の答え"', "", "2,x"]).encode(encoding)
    assert cells(raw) == [("番号", "回答"), ("1", "二行\nの答え"), ("2", "x")]


def test_rows_are_counted_as_a_spreadsheet_does():
    raw = b'a\n"1\n1"\n\n,\nx\n'
    assert [(one.number, one.cells) for one in read(raw)] == [(1, ("a",)), (2, ("1\n1",)), (5, ("x",))]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_across_the_pieces_that_are_read_make_no_rows(end):
    for size in range(65_530, 65_542):
        raw = b"a" * size + end + b"b" + end
        assert [one.cells for one in read(b"x" + end + raw)] == [("x",), ("a" * size,), ("b",)]


def test_a_byte_that_is_no_character_is_named_by_its_place():
    raw = "番号,回答\n1,よい\n2,だ".encode() + b"\xff" + "め\n3,よい\n".encode()
    found = read(raw)
    assert [bool(one.fault) for one in found] == [False, False, True, False]
    at = raw.index(b"\xff") + 1
    assert found[2].fault == f"UTF-8として読めないバイト 0xFF があります（ファイルの{at}バイト目）。"
    assert (found[2].number, found[2].column) == (3, 1)


def test_a_byte_that_cp932_does_not_have_is_named_by_its_place():
    raw = "番号,回答\r\n1,漢字".encode("cp932") + b"\x81" + b"\r\n2,x\r\n"
    fault = next(one for one in read(raw) if one.fault)
    assert fault.fault.startswith("Shift_JIS（cp932）として読めないバイト 0x81")
    assert f"{raw.index(bytes([0x81, 13])) + 1}バイト目" in fault.fault


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_refused_with_a_way_out(encoding):
    raw = "\ufeffa,b".encode(encoding)
    with pytest.raises(Invalid, match="CSV UTF-8"):
        encoding_of(io.BytesIO(raw))


def test_a_quote_that_is_never_closed_ends_the_reading_and_says_so():
    found = read(b'a,b\n1,2\n3,"4\n' + b"5,6\n" * 10)
    assert [one.cells for one in found[:2]] == [("a", "b"), ("1", "2")]
    assert found[2].number == 3
    assert found[2].ends
    assert "引用符" in found[2].fault


@pytest.mark.parametrize("raw", [b'a\n"b"c\n', b"a\n" + b"x" * 3_000_000, b'a\n"' + b"x\n" * 200_000])
def test_what_no_table_has_ends_the_reading(raw):
    assert read(raw)[-1].ends


@pytest.mark.parametrize(("head", "word"), [("番号;回答", "セミコロン"), ("番号\t回答", "タブ")])
def test_another_separator_is_told(head, word):
    assert word in separator_fault(read(f"{head}\n".encode())[0].cells)
    assert separator_fault(["番号", "回答"]) == ""


def test_a_mostly_readable_file_is_taken_for_what_it_mostly_is():
    utf_8 = "あいうえお,かきくけこ\n".encode() + b"\x80\n"
    assert encoding_of(io.BytesIO(utf_8)) == UTF_8
    assert encoding_of(io.BytesIO("あいうえお".encode("cp932"))) == CP932
