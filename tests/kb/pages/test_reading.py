"""Reading articles: what agents and editors see of them, and what strangers do not."""

from dataclasses import replace

import pytest

from callcenter.db import new_id, writing
from kb.articles.content import Content


@pytest.fixture
def article(make_article):
    return make_article(
        answer="交通費は**対象になりません**。\n\n<script>alert(1)</script> [区](javascript:alert(1))",
        read_aloud="交通費は対象になりません。",
        variants=("電車代は出ますか",),
        source="制度案内",
        easy="電車の**お金**は出ません。",
        say=("保育料だけが対象です。",),
        dont_say=("たぶん出ます。",),
        escalate_when="納得されないとき",
        rule_keys=("fee.transport", "cap.hours"),
    )


def test_an_article_shows_what_to_read_aloud_and_where_it_comes_from(world, article):
    page = world.client("aoki").get(f"/faq/{article.id}").text
    for words in (
        "交通費は対象になりません。",
        "<strong>対象になりません</strong>",
        "電車代は出ますか",
        "制度案内",
        "案内中",
        "電車の<strong>お金</strong>は出ません。",
        "保育料だけが対象です。",
        "たぶん出ます。",
        "納得されないとき",
        "fee.transport",
        "cap.hours",
    ):
        assert words in page
    assert world.kato.name in page
    assert "区の承認" not in page


def test_hostile_text_in_an_article_is_inert(world, article):
    page = world.client("aoki").get(f"/faq/{article.id}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "javascript:" not in page


def test_agents_read_the_valid_version_while_a_draft_waits(world, article):
    with writing():
        article.revise(Content(question="新しい質問", answer="新しい回答"), by=world.sato)
    agents = world.client("aoki").get(f"/faq/{article.id}").text
    editors = world.client("sato").get(f"/faq/{article.id}").text
    assert "新しい" not in agents
    assert "第2版" not in agents
    assert "承認を待つ第2版があります" in editors
    assert world.client("aoki").get(f"/faq/{article.id}/revisions/2").status_code == 404


def test_a_version_shows_what_changed(world, article):
    with writing():
        article.revise(replace(article.latest.content, answer="交通費は対象です。"), by=world.sato)
    page = world.client("kato").get(f"/faq/{article.id}/revisions/2").text
    assert "<del>" in page
    assert "<ins>" in page
    assert world.client("kato").get(f"/faq/{article.id}/revisions/1").status_code == 200
    assert world.client("kato").get(f"/faq/{article.id}/revisions/3").status_code == 404


def test_the_ward_can_approve_where_it_sees_the_difference(world, article):
    with writing():
        article.revise(Content(question="新しい質問", answer="新しい回答"), by=world.sato)
    client = world.client("kato")
    assert "第2版を承認する" in client.get(f"/faq/{article.id}/revisions/2").text
    assert "承認する" not in client.get(f"/faq/{article.id}/revisions/1").text
    assert "承認する" not in world.client("sato").get(f"/faq/{article.id}/revisions/2").text


def test_a_draft_is_not_there_for_agents(world, make_article):
    draft = make_article(approved=False)
    assert world.client("aoki").get(f"/faq/{draft.id}").status_code == 404
    assert world.client("sato").get(f"/faq/{draft.id}").status_code == 200


def test_a_warning_stands_over_what_needs_the_wards_word(world, make_article):
    draft = make_article(approved=False, needs_ward=True)
    page = world.client("kato").get(f"/faq/{draft.id}").text
    assert "区に確認が必要な記事です" in page
    assert "版を承認する" not in page


@pytest.mark.parametrize("path", ["", "/revisions/1"])
def test_articles_of_another_programme_are_not_there(world, article, path):
    assert world.client("yoso").get(f"/faq/{article.id}{path}").status_code == 404


@pytest.mark.parametrize("path", ["/faq/{}", "/faq/{}/revisions/1", "/faq/nothing", "/faq/1"])
def test_what_is_not_there_is_not_found(world, path):
    assert world.client("aoki").get(path.format(new_id())).status_code == 404
