"""What a reader takes for the same word folds to the same characters."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.privacy.lens.folding import VARIANTS, first_of, fold, highlight

SAME = [
    ("髙橋", "高橋"),
    ("山﨑", "山崎"),
    ("渡邉", "渡邊"),
    ("渡邊", "渡辺"),
    ("澤田", "沢田"),
    ("濵田", "濱田"),
    ("德永", "徳永"),
    ("栁澤", "柳沢"),
    ("𠮷田", "吉田"),
    ("齋藤", "斎藤"),
    ("齊藤", "斉藤"),
    ("葛\U000e0100城", "葛城"),
    ("ﾔﾏﾀﾞ　ﾀﾛｳ", "やまだたろう"),
    ("ウﾞァイオリン", "ヴァイオリン"),
    ("か゛", "が"),
    ("シッター", "ｼｯﾀｰ"),
    ("市ヶ谷", "市ケ谷"),
    ("ＬｏＧｏフォーム", "logoふぉーむ"),
    ("ご利⽤⽇", "ご利用日"),
    ("⻑⾕川", "長谷川"),
    ("㈱", "(株)"),
    ("①３", "13"),
    ("1−2—3", "1-2-3"),
    ("1ー2", "1-2"),
    ("4月～5月", "4月〜5月"),
    ("領収\n書", "領収書"),
    ("LoGo\r\n Form", "logo form"),
    ("申\u200b請", "申請"),
    ("ΟΔΟΣ", "οδοσ"),
]
APART = [
    ("シッター", "シッタ"),
    ("ビル", "ヒル"),
    ("for rest", "forrest"),
    ("きょう", "きよう"),
    ("1-2", "12"),
    ("ラーメン", "ラ-メン"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_word_fold_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_different_words_stay_apart(one, other):
    assert fold(one) != fold(other)


def test_no_kanji_stands_in_two_groups_of_variants():
    kanji = "".join(VARIANTS.split())

    assert len(set(kanji)) == len(kanji)
    assert all(unicodedata.normalize("NFKC", character) == character for character in kanji)


@given(st.text(st.characters(exclude_characters="゛゜", codec="utf-8")))
@example("か\u3099")
@example("Ａ\u0301ｶﾞ\u200bーﾞ각")
def test_folding_a_part_at_a_time_is_folding_the_whole(text):
    assert fold(unicodedata.normalize("NFKC", text)) == fold(text)


@given(st.text(), st.integers(0, 20), st.integers(1, 6))
@example("渡\U000e0100邉 ﾀﾞｲｽｹ", 0, 4)
@example("각\u1100\u1161\u11a8ａ\u0301\u0323b", 0, 3)
def test_what_is_found_is_highlighted_and_nothing_else(text, start, length):
    folded = fold(text)
    term = fold(folded[start : start + length])

    assert bool(highlight(text, [term])) == bool(term and term in folded)


def test_highlights_are_places_of_the_raw_text():
    text = "担当：ﾜﾀﾅﾍﾞ、渡\U000e0101邉様。㈱渡辺"

    marked = [text[start:end] for start, end in highlight(text, ["わたなべ", "渡辺"])]

    assert marked == ["ﾜﾀﾅﾍﾞ", "渡\U000e0101邉", "渡辺"]


def test_touching_highlights_are_one():
    assert highlight("申請書類", ["申請", "請書", "書類", "ない"]) == [(0, 4)]


def test_a_word_broken_over_two_lines_is_highlighted_across():
    assert highlight("この領収\n書です", ["領収書"]) == [(2, 6)]


@pytest.mark.parametrize(
    ("text", "terms", "place"),
    [
        ("領収書の宛名を直したい", ["宛名"], (4, 6)),
        ("領収書の宛名を直したい", ["宛名", "領収"], (0, 2)),
        ("ﾘｮｳｼｭｳ書の髙橋", ["高橋"], (8, 10)),
        ("何もない", ["宛名"], None),
        ("何もない", ["", "宛名"], None),
    ],
)
def test_the_first_place_is_seen_as_written_and_else_as_folded(text, terms, place):
    assert first_of(text, terms) == place
