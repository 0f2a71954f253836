"""What the tests of the shelf share: articles in words, and files of them."""

import json

import pytest

from callcenter.db import db, writing
from kb.articles.article import Article
from kb.articles.content import Content


def article_line(external_id, **changes):
    """A line of an article file."""
    line = {
        "external_id": external_id,
        "category": "費用 > 対象外",
        "question": f"{external_id}の交通費は対象になりますか",
        "variants": ["電車代は出ますか"],
        "answer": "交通費は**対象になりません**。",
        "public": True,
    }
    return line | changes


@pytest.fixture
def line():
    return article_line


@pytest.fixture
def article_file(tmp_path):
    """Writes lines (dicts, text or bytes) to a file."""

    def write(*lines, name="articles.jsonl"):
        file = tmp_path / name
        with file.open("wb") as target:
            for one in lines:
                if isinstance(one, dict):
                    one = json.dumps(one, ensure_ascii=False)
                target.write((one.encode() if isinstance(one, str) else one) + b"\n")
        return file

    return write


@pytest.fixture
def make_article(world):
    """An article of the world's programme; approved by the ward unless said otherwise."""

    def make(question="交通費は対象になりますか", *, approved=True, by=None, **values):
        content = Content(question=question, **{"answer": "交通費は**対象になりません**。", **values})
        with writing():
            article = Article.write(world.programme.id, content, by=by or world.sato)
            if approved:
                article.approve(1, by=world.kato)
        return db.session.get(Article, article.id)

    return make
