"""Finding articles: what is found first, why, and how well on questions as callers ask them."""

import json
from dataclasses import replace

import pytest

from bench.faq import OUR_ARTICLES, OUR_QUESTIONS, judged, measure, read_articles
from kb.index.explaining import mark
from kb.index.search import WHOLE, WITH_FIELDS, WORDS_ALONE, Entry, Index, Weights
from kb.index.synonyms import Synonyms, first_synonyms

ARTICLES = [
    Entry("fee", "交通費は対象になりますか", ["電車代は出ますか"], "交通費は対象になりません。", "費用"),
    Entry(
        "night",
        "夜間は何時からですか",
        ["夜は何時から"],
        "22時から翌朝7時までです。領収書をご確認ください。",
        "時間",
    ),
    Entry("receipt", "領収書をなくしました", ["領収書がない"], "事業者に再発行を依頼してください。", "書類"),
]


@pytest.fixture(scope="module")
def index():
    return Index.of(ARTICLES, Synonyms([["領収書", "レシート", "領収証"]]))


def keys(hits):
    return [hit.key for hit in hits]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("交通費", "fee"),
        ("電車", "fee"),
        ("交通", "fee"),
        ("こうつうひ交通", "fee"),
        ("夜", "night"),
        ("夜か", "night"),
        ("２２時", "night"),
        ("領収", "receipt"),
        ("レシートがなくなった", "receipt"),
        ("ﾚｼｰﾄ", "receipt"),
        ("りょうしゅう領収証", "receipt"),
        (
            "もしもし、お世話になっております。先週シッターさんをお願いしたんですが、領収書をなくしてしまって。"
            * 20,
            "receipt",
        ),
    ],
)
def test_the_fitting_article_comes_first(index, typed, first):
    assert keys(index.find(typed))[0] == first


@pytest.mark.parametrize("typed", ["", " ", "。", "???", "zzz", "\x00", "のはをに"])
def test_nothing_fitting_finds_nothing(index, typed):
    assert index.find(typed) == []


@pytest.mark.parametrize(
    "chatter", ["もしもし、お世話になっております", "はい、そうですか", "えっと、そうですねえ"]
)
def test_chatter_that_stands_in_every_sentence_finds_nothing(house, chatter):
    assert Index.of(house[0]).find(chatter) == []


def test_a_word_of_the_question_weighs_more_than_one_of_the_answer(index):
    assert keys(index.find("領収書")) == ["receipt", "night"]


def test_hits_are_ordered_limited_and_name_their_terms(index):
    hits = index.find("領収書の夜間", limit=2)
    assert len(hits) == 2
    assert hits[0].score > hits[1].score > 0
    assert "夜間" in index.find("夜間")[0].terms


def test_an_empty_index_finds_nothing():
    assert Index.of([], Synonyms()).find("領収書") == []


def test_synonyms_join_words_that_share_no_character():
    plain, joined = Synonyms(), Synonyms([["振込", "入金"]])
    article = [Entry(1, "振込はいつですか"), Entry(2, "書き方")]
    assert Index.of(article, plain).find("入金") == []
    assert keys(Index.of(article, joined).find("入金")) == [1]


def test_what_was_found_is_marked_and_the_rest_escaped(index):
    hit = index.find("レシート")[0]
    assert (
        mark("<b>領収書</b>をなくしました", hit.terms, index.synonyms)
        == "&lt;b&gt;<mark>領収書</mark>&lt;/b&gt;をなくしました"
    )


def test_spellings_that_were_found_are_marked_as_they_stand():
    index = Index.of([Entry(1, "お振り込みはいつですか")], Synonyms())
    assert (
        mark("お振り込みはいつですか", index.find("振込")[0].terms, index.synonyms)
        == "お<mark>振り込み</mark>はいつですか"
    )


def test_pairs_are_marked_when_no_word_was_found():
    index = Index.of([Entry(1, "シッターの紹介")], Synonyms())
    assert (
        mark("シッターの紹介", index.find("シッ")[0].terms, index.synonyms) == "<mark>シッ</mark>ターの紹介"
    )


def test_the_first_synonyms_are_groups_of_different_words():
    for group in first_synonyms():
        assert len(group) == len(set(group)) > 1


@pytest.fixture(scope="module")
def house():
    """Our articles and the questions judged for them."""
    return read_articles(OUR_ARTICLES), judged(OUR_QUESTIONS)


def test_questions_as_callers_ask_them_find_their_article(house):
    articles, questions = house
    assert len(articles) == 84
    assert len(questions) >= 300
    assert not {question for question, _keys in questions} & {
        v for a in articles for v in (a.question, *a.variants)
    }
    result = measure(Index.of(articles), questions)
    assert result["R@5"] >= 0.9
    assert result["MRR"] >= 0.8


def test_each_step_of_finding_earns_its_place(house):
    articles, questions = house
    steps = [
        measure(Index.of(articles, weights=w), questions)["MRR"] for w in (WORDS_ALONE, WITH_FIELDS, WHOLE)
    ]
    assert steps[0] + 0.03 < steps[1] < steps[2] - 0.01


@pytest.mark.parametrize(
    "broken",
    [
        replace(WHOLE, variants=0.0, question=0.0),
        replace(WHOLE, words=0.0, synonyms=0.0),
        Weights(words=-1.0),
    ],
    ids=["questions unseen", "pairs alone", "words turned round"],
)
def test_broken_weights_would_be_noticed(house, broken):
    articles, questions = house
    result = measure(Index.of(articles, weights=broken), questions)
    assert result["R@5"] < 0.9 or result["MRR"] < 0.8


def test_articles_of_the_seed_can_be_read_aloud_and_name_their_source():
    for line in OUR_ARTICLES.read_text("utf-8").splitlines():
        article = json.loads(line)
        assert 0 < len(article["read_aloud"]) <= 80
        assert len(article["variants"]) >= 4
        assert article["source"]
        assert article.get("needs_ward", False) == ("要区確認" in article["answer"])
