"""An article as a row of a table, and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import Invalid
from callcenter.lines import LineFault
from kb.articles.content import Content
from kb.exchange.line import CARE, Care, ImportLine, read
from kb.exchange.tables import HEADINGS, columns_of, line_of, row_of

ALL = columns_of(list(HEADINGS.values()))
FULL = ImportLine(
    "faq-001",
    Content(
        question="=交通費は?",
        answer="- 一\n- 二\n\n|表|\n|-|\n|'x|",
        variants=("電車代は", "+81"),
        read_aloud="出ません。",
        category="費用 › 対象外",
        source="要綱3条",
        easy="出ません。",
        say=("一", "二"),
        dont_say=("たぶん",),
        escalate_when="納得されないとき",
        rule_keys=("cap.twins",),
        is_public=False,
        needs_ward=True,
    ),
    Care("sato", None, frozenset(CARE)),
)

WORD = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")) | st.sampled_from("=+-@＝'\",;｜<>&😀𠮷"),
    min_size=1,
    max_size=30,
).filter(lambda text: text == text.strip() and not Content(question=text, answer="a").faults())
LIST = st.lists(WORD, max_size=3).map(tuple)
ANSWER = st.lists(WORD, min_size=1, max_size=4).map("\n".join)


@given(st.builds(Content, question=WORD, answer=ANSWER, variants=LIST, easy=ANSWER, say=LIST, source=WORD))
@settings(max_examples=60, deadline=None)
def test_nasty_texts_come_back_from_a_row_and_from_a_line(content):
    line = ImportLine("a", content, Care(given=frozenset(CARE)))
    assert line_of(ALL, row_of(line)) == line
    assert read(line.as_line()).content == content


def test_every_column_comes_back():
    assert line_of(ALL, row_of(FULL)) == FULL
    assert read(FULL.as_line()).content == FULL.content


def test_headings_may_be_japanese_or_the_stable_name_in_any_order():
    columns = columns_of(["answer", "質問", "External_ID", "直すところ"])
    line = line_of(columns, ["対象外です。", "交通費は", "7", "直した"])
    assert (line.external_id, line.content.question, line.content.answer) == ("7", "交通費は", "対象外です。")
    assert line.care.given == frozenset()


@pytest.mark.parametrize(
    ("headings", "word"),
    [
        (["番号?"], "番号?"),
        (["記事番号", "質問"], "「回答」の列がありません"),
        (["記事番号", "質問", "回答", "question"], "2回"),
        (["記事番号", "", "回答", "質問"], "2列目"),
    ],
)
def test_a_heading_row_that_cannot_be_used_says_why(headings, word):
    with pytest.raises(Invalid) as refused:
        columns_of(headings)
    assert word in refused.value.message


@pytest.mark.parametrize(
    ("changes", "column", "word"),
    [
        ({"question": ""}, "question", "入力"),
        ({"public": "たぶん"}, "public", "はい か いいえ"),
        ({"valid_from": "いつか"}, "valid_from", "2026-04-01"),
        ({"review_on": "来年"}, "review_on", "2026-04-01"),
        ({"variants": "\n".join("x" * 51)}, "variants", "50個"),
        ({"external_id": ""}, "external_id", "必須"),
        ({"owner": "a\tb"}, "owner", "サインイン名"),
        ({"rule_keys": "Cap Twins"}, "rule_keys", "規則の名前"),
    ],
)
def test_a_bad_cell_is_named_by_its_column(changes, column, word):
    cells = dict(zip(HEADINGS, row_of(FULL), strict=True)) | changes
    with pytest.raises(LineFault) as fault:
        line_of(ALL, list(cells.values()))
    assert fault.value.column == column
    assert word in fault.value.reason


def test_values_beside_the_table_are_a_fault():
    with pytest.raises(LineFault, match="右にも"):
        line_of(ALL, [*row_of(FULL), "", "x"])


@pytest.mark.parametrize(
    ("word", "value"), [("はい", True), ("いいえ", False), ("TRUE", True), ("0", False), ("", True)]
)
def test_yes_and_no_are_read_as_people_write_them(word, value):
    cells = dict(zip(HEADINGS, row_of(FULL), strict=True)) | {"public": word}
    assert line_of(ALL, list(cells.values())).content.is_public is value
