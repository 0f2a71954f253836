"""How near two spellings are."""

import pytest

from kb.index.nearness import SLIP, Near, alike, cost, is_kana, skeleton


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("べびしったー", "べびーしったー"),
        ("しつたー", "しったー"),
        ("きやんせる", "きゃんせる"),
        ("きゃんせーる", "きゃんせる"),
        ("りょしゅうしょ", "りょうしゅうしょ"),
        ("せーげん", "せいげん"),
        ("こおつうひ", "こうつうひ"),
        ("かいはい", "がいばい"),
        ("しししったー", "ししったー"),
    ],
)
def test_spellings_that_differ_by_slips_have_one_skeleton(typed, meant):
    assert skeleton(typed) == skeleton(meant)
    assert 0 < cost(typed, meant, 2) < 1


@pytest.mark.parametrize(
    ("one", "other"), [("びよういん", "びょういんだい"), ("こうざ", "こうじ"), ("しめい", "しめきり")]
)
def test_other_words_have_another_skeleton(one, other):
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize(
    ("typed", "meant", "far"),
    [
        ("しめきり", "しめきり", 0),
        ("しめきい", "しめきり", 1),
        ("しめり", "しめきり", 1),
        ("しめききり", "しめきり", SLIP),
        ("しきめり", "しめきり", 0.7),
        ("きゃんるせ", "きゃんせる", 0.7),
        ("くぽん", "くーぽん", SLIP),
        ("しつたー", "しったー", SLIP),
        ("こうさ", "こうざ", SLIP),
        ("しったー", "したー", 0.6),
        ("さめかり", "しめきり", 2),
    ],
)
def test_the_cost_is_counted_in_wrong_keys(typed, meant, far):
    assert cost(typed, meant, 3) == pytest.approx(far)
    assert cost(meant, typed, 3) == pytest.approx(far)


def test_what_lies_farther_than_asked_is_only_known_to_be_farther():
    assert cost("ほいくえん", "しめきり", 1) > 1
    assert cost("あ", "あいうえおかきくけこ", 1) > 1


@pytest.mark.parametrize(
    ("typed", "same"),
    [("ニ重", "二重"), ("ロ座", "口座"), ("ク一ポン", "クーポン"), ("夕くしー", "たくしー")],
)
def test_letters_that_look_alike_are_one(typed, same):
    assert alike(typed) == alike(same)


def test_kana_is_told_from_the_rest():
    assert is_kana("りょうしゅうしょ")
    assert is_kana("べびー")
    assert not is_kana("領収しょ")
    assert not is_kana("")


@pytest.mark.parametrize(
    "typed",
    [
        "しめきり",
        "しめきい",
        "しめり",
        "しめききり",
        "しきめり",
        "さめきり",
        "めきり",
        "しめき",
        "あしめきり",
        "しめりき",
    ],
)
def test_a_spelling_is_found_with_one_wrong_key_anywhere(typed):
    assert "しめきり" in Near(["しめきり", "こうつうひ", "ほいくえん"]).near(typed)


@pytest.mark.parametrize("typed", ["さまきり", "しめ", "こうざ", "", "し"])
def test_two_wrong_keys_are_too_many(typed):
    assert list(Near(["しめきり", "こうつうひ"]).near(typed)) == []
