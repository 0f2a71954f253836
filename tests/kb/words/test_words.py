"""How the office writes its words: hints, and the seed's list."""

import json

import pytest

from bench.faq import OUR_ARTICLES
from kb.words.office import CHECKED, MOST_REMARKS, Word, first_words, remarks

WORDS = [
    Word("申請用紙", "申請書", "名前を一つに"),
    Word("シッター代", "保育料"),
    Word("ベビーシッター代", "保育料"),
    Word("業者", "事業者"),
    Word("お子様", "お子さん"),
]


def told(**fields):
    return [(one.field, one.line, one.written, one.instead) for one in remarks(fields, WORDS)]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"answer": "申請用紙を出す"}, [("answer", 1, "申請用紙", "申請書")]),
        ({"answer": "一行目\n\nお子様の分"}, [("answer", 3, "お子様", "お子さん")]),
        (
            {"question": "お子様は", "easy": "お子様"},
            [("question", 1, "お子様", "お子さん"), ("easy", 1, "お子様", "お子さん")],
        ),
        ({"say": ("はい", "業者へ")}, [("say", 2, "業者", "事業者")]),
        ({"answer": "事業者に頼む"}, []),
        ({"answer": "事業者と業者"}, [("answer", 1, "業者", "事業者")]),
        ({"answer": "ベビーシッター代です"}, [("answer", 1, "ベビーシッター代", "保育料")]),
        ({"answer": "「シッター代」と書いてある領収書"}, []),
        ({"answer": "「宛名」はシッター代の「上様」"}, [("answer", 1, "シッター代", "保育料")]),
        ({"answer": "お子様とお子様"}, [("answer", 1, "お子様", "お子さん")] * 2),
        ({"variants": ("お子様は",), "dont_say": ("お子様",), "source": "お子様"}, []),
        ({}, []),
        ({"answer": ""}, []),
    ],
)
def test_a_word_that_stands_better_otherwise_is_named_with_its_place(fields, found):
    assert told(**fields) == found


def test_a_remark_shows_the_text_around_and_why():
    found = remarks({"answer": "この申請用紙に書く"}, WORDS)[0]
    assert (found.before, found.after, found.reason) == ("この", "に書く", "名前を一つに")


def test_remarks_end_somewhere():
    assert len(remarks({"answer": "お子様" * 1000}, WORDS)) == MOST_REMARKS


def test_no_words_no_remarks():
    assert remarks({"answer": "お子様"}, []) == []


def test_the_first_words_are_different_and_say_why():
    words = first_words()
    assert len(words) >= 30
    assert len({word.written for word in words}) == len(words)
    assert all(word.written != word.instead and word.reason for word in words)


def test_no_better_word_is_itself_discouraged():
    for word in first_words():
        assert remarks({"answer": word.instead}, first_words()) == []


def test_the_articles_of_the_seed_follow_the_list():
    for line in OUR_ARTICLES.read_text("utf-8").splitlines():
        article = json.loads(line)
        fields = {name: article.get(name) or "" for name in CHECKED}
        assert [(article["external_id"], one) for one in remarks(fields, first_words())] == []
