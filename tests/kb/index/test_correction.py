"""What was meant by what was typed."""

import pytest

from bench.faq import OUR_ARTICLES, OUR_QUESTIONS, OUR_TYPOS, judged, measure, read_articles
from kb.index.analysis import tokens
from kb.index.names import Names, names_in
from kb.index.search import WHOLE, WITH_SYNONYMS, Index


@pytest.fixture(scope="module")
def index():
    """Our articles."""
    return Index.of(read_articles(OUR_ARTICLES))


def meant(index, typed):
    return [tuple(one) for one in index.look(typed)[1]]


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        ("領収所をなくしました", ("領収所", "領収書")),
        ("りょうしゅうしょをなくした", ("りょうしゅうしょ", "領収書")),
        ("リョウシュウショのコピー", ("リョウシュウショ", "領収書")),
        ("ﾘｮｳｼｭｳｼｮ ﾉ ｺﾋﾟｰ", ("リョウシュウショ", "領収書")),
        ("りょしゅうしょ", ("りょしゅうしょ", "領収書")),
        ("りょうゅしうしょ", ("りょうゅしうしょ", "領収書")),
        ("領書をなくした", ("領書", "領収書")),
        ("ようけんしょめいしょ", ("ようけんしょめいしょ", "要件証明書")),
        ("要件照明書って何", ("要件照明書", "要件証明書")),
        ("ベビシッターの紹介", ("ベビシッター", "ベビーシッター")),
        ("シツターの紹介", ("シツター", "シッター")),
        ("ベビーシタッーは", ("ベビーシタッー", "ベビーシッター")),
        ("キャンルセ料", ("キャンルセ料", "キャンセル料")),
        ("キャンセル科", ("キャンセル科", "キャンセル料")),
        ("クポンと併用", ("クポン", "クーポン")),
        ("ク一ポンは使える", ("ク一ポン", "クーポン")),
        ("確定深刻は必要", ("確定深刻", "確定申告")),
        ("所得成減", ("所得成減", "所得制限")),
        ("電子新生で", ("電子新生", "電子申請")),
        ("交通通費は", ("交通通費", "交通費")),
        ("しえんそちを", ("しえんそち", "支援措置")),
        ("ryoushuusho nakushita", ("ryoushuusho", "領収書")),
        ("simekiri", ("simekiri", "締切")),
        ("ｓｈｉｍｅｋｉｒｉ", ("shimekiri", "締切")),
        ("領収書のatena", ("atena", "宛名")),
        ("申請sho", ("申請sho", "申請書")),
        ("ku-ponn", ("ku-ponn", "クーポン")),
    ],
)
def test_what_was_mistyped_is_taken_for_a_word_of_the_articles(index, typed, changed):
    assert changed in meant(index, typed)


@pytest.mark.parametrize(
    "typed",
    [
        "領収書をなくしました",
        "振り込みはいつですか",
        "自動返信が来ません",
        "区役所の何階に出せばいいですか",
        "来月よその区に越します",
        "妹といっぺんに頼みました",
        "郵便屋さんが遅れました",
        "LoGoフォームで送りました",
        "PDFでもいいですか",
        "ふたごです",
        "8万で出しました",
        "シッターさん、お願いします",
        "株式会社zzz",
        "のはをに",
        "",
        "\ud800\x00🙂",
    ],
)
def test_what_is_no_typing_error_stays(index, typed):
    assert meant(index, typed) == []


def test_searching_exactly_changes_nothing(index):
    hits, corrections = index.look("りょうしゅうしょ", exactly=True)
    assert corrections == ()
    assert hits != index.look("りょうしゅうしょ")[0]


def test_mistyped_questions_find_their_article(index):
    typos = judged(OUR_TYPOS)
    assert len(typos) >= 120
    before = measure(Index.of(read_articles(OUR_ARTICLES), weights=WITH_SYNONYMS), typos)
    after = measure(index, typos)
    assert after["R@5"] >= 0.95
    assert after["R@1"] >= 0.85 > before["R@1"] + 0.15


def test_questions_that_are_spelt_right_find_no_less(index):
    questions = judged(OUR_QUESTIONS)
    before = measure(Index.of(read_articles(OUR_ARTICLES), weights=WITH_SYNONYMS), questions)
    after = measure(index, questions)
    assert all(after[name] >= before[name] for name in before)


def test_a_long_text_is_looked_through_at_its_end(index):
    assert ("りょうしゅうしょ", "領収書") in meant(index, "きのうの話です。" * 400 + "りょうしゅうしょ")


def test_names_are_runs_of_nouns_and_their_parts():
    runs = names_in(tokens("要件証明書を領収書と出す"))
    assert runs == ["要件/ようけん 証明/しょうめい 書/しょ", "領収/りょうしゅう 書/しょ"]
    names = Names(runs)
    assert names.has("要件証明書")
    assert names.has("証明書")
    assert not names.has("書")
    assert not names.has("書を領収")


def test_of_words_that_sound_alike_the_one_used_most_is_meant():
    runs = ["後悔/こうかい", "公開/こうかい", "公開/こうかい"]
    assert [surface for surface, _reading, _far in Names(runs).sounding("こうかい", True)] == ["公開"]


def test_no_steps_without_what_was_meant():
    assert WITH_SYNONYMS.meant == 0 < WHOLE.meant
