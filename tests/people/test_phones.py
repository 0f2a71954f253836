"""Numbers as people say them, and the one key behind all ways of writing them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.people import phones
from callcenter.people.phones import Line, Number

WIDE = str.maketrans("0123456789-()+", "０１２３４５６７８９－（）＋")


@pytest.mark.parametrize(
    "said",
    [
        "03-0000-1234",
        "0300001234",
        "０３－００００－１２３４",
        "03(0000)1234",
        "03 0000 1234",
        "03ー0000ー1234",
        "+81 3-0000-1234",
        "+81-(0)3-0000-1234",
        "03-0000-1234 内線5",
    ],
)
def test_all_ways_of_writing_a_number_have_one_key(said):
    assert phones.read(said) == Number(Line.NUMBER, "+81300001234")


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        ("非通知", Line.ANONYMOUS),
        ("anonymous", Line.ANONYMOUS),
        ("P", Line.ANONYMOUS),
        ("公衆電話", Line.PAYPHONE),
        ("Ｃ", Line.PAYPHONE),
        ("表示圏外", Line.OUT_OF_RANGE),
        ("O", Line.OUT_OF_RANGE),
        ("番号は言わない", Line.UNREADABLE),
        ("", Line.UNREADABLE),
    ],
)
def test_a_number_that_is_not_given_says_why(shown, line):
    assert phones.read(shown) == Number(line)


def test_internet_telephony_is_kept_as_text():
    assert phones.read("SIP:Desk@Example.jp") == Number(Line.SIP, "sip:desk@example.jp")


@pytest.mark.parametrize(
    "said", ["0120-000-111", "0570-000-111", "050-0000-1111", "0800-000-1111", "090-0000-1111"]
)
def test_every_kind_of_japanese_number_is_read(said):
    assert phones.read(said).line is Line.NUMBER


@given(st.sampled_from(["03", "090", "080", "050"]), st.integers(0, 9999), st.integers(0, 2**16))
def test_width_and_dashes_never_change_the_key(head, tail, seed):
    plain = f"{head}-0000-{tail:04d}"
    dash = "-‐‑–—―−ー－ "[seed % 10]
    written = plain.replace("-", dash)
    if seed & 16:
        written = written.translate(WIDE)
    assert phones.key(written) == phones.key(plain) == f"+81{head[1:]}0000{tail:04d}"


@given(st.text(max_size=40))
def test_anything_at_all_can_be_read(text):
    number = phones.read(text)
    assert (number.key is not None) == (number.line in (Line.NUMBER, Line.SIP))
    if number.line is Line.NUMBER:
        assert any(unicodedata.normalize("NFKC", character).isdecimal() for character in text)
