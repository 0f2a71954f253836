"""Why an article was found."""

import pytest

from kb.index.explaining import LONGEST_LINE, Place, reason
from kb.index.search import Entry, Index
from kb.index.synonyms import Synonyms

ARTICLE = {
    "question": "領収書をなくしました",
    "variants": ["レシートがない", "再発行はできますか"],
    "category": "書類 › 原本",
    "answer": "事業者に依頼してください。区では写しを保管していません。",
}


@pytest.fixture(scope="module")
def index():
    others = [Entry(number, "交通費は出ますか") for number in range(3)]
    return Index.of([Entry("one", **ARTICLE), *others], Synonyms([["領収書", "領収証"]]))


def why(index, typed):
    hit = index.find(typed)[0]
    assert hit.key == "one"
    return reason(*ARTICLE.values(), terms=hit.terms, synonyms=index.synonyms, rarity=index.rarity)


@pytest.mark.parametrize(
    ("typed", "place", "marked"),
    [
        ("領収書", Place.QUESTION, "<mark>領収書</mark>をなくしました"),
        ("領収証", Place.QUESTION, "<mark>領収書</mark>をなくしました"),
        ("再発行して", Place.VARIANT, "<mark>再発行</mark>はできますか"),
        ("レシート", Place.VARIANT, "<mark>レシート</mark>がない"),
        ("領収書のレシート", Place.QUESTION, "<mark>領収書</mark>をなくしました"),
        ("原本", Place.CATEGORY, "書類 › <mark>原本</mark>"),
        ("保管", Place.ANSWER, "区では写しを<mark>保管</mark>していません"),
    ],
)
def test_an_article_says_where_it_matched(index, typed, place, marked):
    found = why(index, typed)
    assert (found.place, str(found.marked)) == (place, marked)


def test_a_long_line_is_cut_around_what_was_found():
    index = Index.of([Entry("a", "質問")], Synonyms())
    line = "あいうえお" * 30 + "領収書" + "かきくけこ" * 30
    found = reason("", [], "", line, terms={"領収"}, synonyms=index.synonyms, rarity=lambda term: 1.0)
    assert "<mark>領収</mark>" in found.marked
    assert len(found.marked.striptags()) <= LONGEST_LINE + 2
    assert found.marked[0] == found.marked[-1] == "…"


def test_what_stands_in_an_article_is_escaped():
    found = reason(
        "質問", ["<b>領収書</b>"], "", "", terms={"領収"}, synonyms=Synonyms(), rarity=lambda term: 1.0
    )
    assert found.marked == "&lt;b&gt;<mark>領収</mark>書&lt;/b&gt;"


def test_an_article_found_by_pairs_alone_shows_its_question():
    index = Index.of([Entry("a", "シッターの紹介")], Synonyms())
    hit = index.find("シッ")[0]
    found = reason(
        "シッターの紹介", [], "", "", terms=hit.terms, synonyms=index.synonyms, rarity=index.rarity
    )
    assert found.place is Place.QUESTION
