"""The benchmark of finding: its two kinds of judgements, and its figures by hand."""

import json

import pytest

from bench.faq import (
    FRESH_QUESTIONS,
    OUR_ARTICLES,
    OUR_TYPOS,
    UNSEEN_TYPOS,
    judged,
    main,
    many,
    measure,
    read_articles,
)
from kb.index.search import Entry, Index
from kb.index.synonyms import Synonyms

ARTICLES = [Entry("a", "交通費"), Entry("b", "領収書"), Entry("c", "締切")]


def test_judgements_come_as_tabs_or_json(tmp_path):
    file = tmp_path / "judgements"
    file.write_text(
        '一\ta,b\n一\tc\n{"question": "二", "external_ids": [1]}\n\n{"question": "三", "relevant": ["x"]}\n'
    )
    assert judged(file) == [("一", {"a", "b", "c"}), ("二", {"1"}), ("三", {"x"})]


@pytest.mark.parametrize(
    ("question", "right", "figures"),
    [
        ("交通費", {"a"}, (1, 1, 1, 1)),
        ("交通費", {"b"}, (0, 0, 0, 0)),
        ("交通費と領収書の締切", {"a", "b", "c"}, (1, 1, 1, 1)),
    ],
)
def test_figures_are_those_counted_by_hand(question, right, figures):
    found = measure(Index.of(ARTICLES, Synonyms()), [(question, frozenset(right))])
    assert tuple(found.values()) == figures


def test_a_second_place_counts_half():
    index = Index.of([Entry("a", "交通費"), Entry("b", "交通費の領収書です")], Synonyms())
    found = measure(index, [("交通費", frozenset({"b"}))])
    assert (found["R@1"], found["R@5"], found["MRR"], found["nDCG@10"]) == (0, 1, 0.5, 0.631)


def test_any_faq_file_is_measured(tmp_path, capsys):
    articles, questions = tmp_path / "a.jsonl", tmp_path / "q.tsv"
    articles.write_text('{"external_id": "x", "question": "交通費は出ますか", "answer": "出ません。"}\n')
    questions.write_text("電車代の交通費\tx\n")
    assert main(["--articles", str(articles), "--judgements", str(questions), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["steps"]["questions"]["+ synonyms"]["R@1"] == 1
    assert figures["latency"]["index"]["articles"] == 2000
    assert set(figures["latency"]) == {"whole", "growing", "mistyped", "long", "index"}


def test_remarks_in_a_file_of_judgements_are_no_questions(tmp_path):
    file = tmp_path / "judgements"
    file.write_text("# how these were made\n交通費\ta\n")
    assert judged(file) == [("交通費", {"a"})]


def test_our_other_questions_name_articles_that_are_there():
    known = {one.key for one in read_articles(OUR_ARTICLES)}
    for file in (FRESH_QUESTIONS, OUR_TYPOS, UNSEEN_TYPOS):
        asked = judged(file)
        assert all(right and right <= known for _question, right in asked)
    assert len(judged(FRESH_QUESTIONS)) >= 100
    assert len(judged(OUR_TYPOS)) + len(judged(UNSEEN_TYPOS)) >= 200


def test_two_thousand_articles_are_made_of_a_few():
    made = many(read_articles(OUR_ARTICLES), 60)
    assert len({one.key for one in made}) == 60
    assert len({one.answer for one in made}) > 40
