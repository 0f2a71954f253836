"""The ward's approval on the desk, and putting articles away."""

import pytest

from callcenter.db import db, writing
from callcenter.privacy.actions import Action
from kb.articles.article import Article, State
from kb.articles.content import Content


def state_of(article):
    db.session.expire_all()
    return db.session.get(Article, article.id).state


def test_the_ward_approves_and_agents_find_it(world, make_article):
    article = make_article(approved=False)
    client = world.client("kato")
    assert "第1版を承認する" in client.get(f"/faq/{article.id}").text
    answer = client.post(f"/faq/{article.id}/approvals", data={"revision": "1"})
    assert answer.status_code == 303
    assert state_of(article) is State.PUBLISHED
    assert "交通費" in world.client("aoki").post("/faq/suggestions", data={"text": "交通費"}).text
    entry = world.entries(Action.ARTICLE_APPROVED)[-1]
    assert (entry.actor, entry.object_id) == (world.kato.id.hex, article.id.hex)


@pytest.mark.parametrize(
    "person", ["aoki", "ito", "sato", "suzuki", "endo", "okada", "ono", "kondo", "honda"]
)
def test_nobody_else_approves(world, make_article, person):
    article = make_article(approved=False)
    assert (
        world.client(person).post(f"/faq/{article.id}/approvals", data={"revision": "1"}).status_code == 403
    )
    assert state_of(article) is State.DRAFT


def test_the_ward_of_another_programme_finds_nothing(world, make_article):
    article = make_article(approved=False)
    assert (
        world.client("yoso").post(f"/faq/{article.id}/approvals", data={"revision": "1"}).status_code == 403
    )
    assert world.client("yoso").get(f"/faq/{article.id}").status_code == 404


@pytest.mark.parametrize("revision", ["", "0", "x", "-1"])
def test_an_approval_must_name_the_version(world, make_article, revision):
    article = make_article(approved=False)
    answer = world.client("kato").post(f"/faq/{article.id}/approvals", data={"revision": revision})
    assert answer.status_code == 422
    assert "版を選び直して" in answer.text
    assert state_of(article) is State.DRAFT


def test_a_version_that_is_no_longer_the_latest_is_not_approved(world, make_article):
    article = make_article(approved=False)
    with writing():
        article.revise(Content(question="別", answer="別"), by=world.sato)
    answer = world.client("kato").post(f"/faq/{article.id}/approvals", data={"revision": "1"})
    assert answer.status_code == 409
    assert state_of(article) is State.DRAFT


def test_what_needs_the_wards_word_is_refused_with_the_reason(world, make_article):
    article = make_article(approved=False, needs_ward=True)
    answer = world.client("kato").post(f"/faq/{article.id}/approvals", data={"revision": "1"})
    assert answer.status_code == 422
    assert "要区確認" in answer.text


def test_a_supervisor_puts_an_article_away(world, make_article):
    article = make_article()
    answer = world.client("sato").post(f"/faq/{article.id}/archivals")
    assert answer.status_code == 303
    assert state_of(article) is State.ARCHIVED
    assert len(world.entries(Action.ARTICLE_ARCHIVED)) == 1
    assert world.client("sato").post(f"/faq/{article.id}/archivals").status_code == 409
    assert "保管" in world.client("aoki").get(f"/faq/{article.id}").text
