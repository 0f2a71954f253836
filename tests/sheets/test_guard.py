"""The apostrophe before what a spreadsheet would take for a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.sheets.guard import guarded, unguarded

NASTY = st.text(st.sampled_from("=+-@＝＋－＠'\" \u3000\t\n\r,;あa1"), max_size=12) | st.text(max_size=20)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+81 3 0000 1234", "'+81 3 0000 1234"),
        ("- 項目", "'- 項目"),
        ("@foo", "'@foo"),
        ("＝１", "'＝１"),
        ("　 =1", "'　 =1"),
        ("\t=1", "'\t=1"),
        ("'x", "''x"),
        ("a=1", "a=1"),
        ("", ""),
        ("   ", "   "),
    ],
)
def test_only_what_may_become_a_formula_is_guarded(text, cell):
    assert guarded(text) == cell
    assert unguarded(cell) == text


@pytest.mark.parametrize("cell", ["'引用'", "'90年代", "'"])
def test_an_apostrophe_that_a_person_typed_stays(cell):
    assert unguarded(cell) == cell


@given(NASTY)
def test_every_text_comes_back(text):
    assert unguarded(guarded(text)) == text


@given(NASTY)
def test_no_guarded_cell_begins_with_a_sign(text):
    assert guarded(text).lstrip(" \u3000")[:1] not in set("=+-@＝＋－＠\t\r\n") - {""}
