"""The links of articles: what each leads to, which are broken or refused, and which a person has to open."""

import uuid
from datetime import timedelta

import pytest
import time_machine

from callcenter import clock
from callcenter.db import db, writing
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.content import Content
from kb.articles.linked import standing
from kb.articles.links import LinkKind, Shelved, broken, judged, links_of

ID = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("address", "kind", "reason"),
    [
        ("https://example.jp/a", LinkKind.EXTERNAL, ""),
        ("F-12", LinkKind.ARTICLE, ""),
        (f"/faq/{ID}", LinkKind.ARTICLE, ""),
        ("mailto:madoguchi@example.jp", LinkKind.MAIL, ""),
        ("tel:03-0000-1234", LinkKind.PHONE, ""),
        ("http://example.jp", LinkKind.REFUSED, "https://"),
        ("//example.jp", LinkKind.REFUSED, "https://"),
        ("https://a@example.jp", LinkKind.REFUSED, "@"),
        ("javascript:alert(1)", LinkKind.REFUSED, "種類"),
        ("data:text/html,x", LinkKind.REFUSED, "種類"),
        ("mailto:a@example.jp?bcc=b", LinkKind.REFUSED, "メールアドレスだけ"),
        ("tel:abc", LinkKind.REFUSED, "数字とハイフン"),
        ("faq/1", LinkKind.REFUSED, "F-12"),
        ("/sign-out", LinkKind.REFUSED, "F-12"),
        ("F-0", LinkKind.REFUSED, "F-12"),
        ("", LinkKind.REFUSED, "書かれていません"),
        ("https://example.jp/" + "a" * 2000, LinkKind.REFUSED, "長すぎ"),
    ],
)
def test_an_address_is_judged_with_its_reason(address, kind, reason):
    link = judged(address)
    assert link.kind is kind
    assert (reason in link.reason) if reason else link.reason == ""


def test_links_of_both_texts_are_found_with_their_words():
    content = Content(
        "q",
        "[都の**一覧**](https://example.jp/a)と<https://example.jp/b>、`[x](y)`、[都の一覧](https://example.jp/a)",
        easy="[よる](F-3)",
    )
    assert [(one.words, one.address) for one in links_of(content)] == [
        ("都の一覧", "https://example.jp/a"),
        ("https://example.jp/b", "https://example.jp/b"),
        ("よる", "F-3"),
    ]


TOLD = Shelved("F-1", is_archived=False, is_told=True, is_public=True)


@pytest.mark.parametrize(
    ("there", "is_public", "reason"),
    [
        (None, True, "ありません"),
        (TOLD, True, ""),
        (Shelved("F-1", True, True, True), True, "保管"),
        (Shelved("F-1", False, False, True), True, "承認されていません"),
        (Shelved("F-1", False, True, False), True, "公開サイトに載らない"),
        (Shelved("F-1", False, True, False), False, ""),
    ],
)
def test_another_article_is_reached_or_the_reason_is_given(there, is_public, reason):
    said = broken(judged("F-1"), is_public, lambda _: there)
    assert (reason in said) if reason else said == ""


def test_a_reference_becomes_the_address_of_the_article(world, make_article):
    other = make_article("もう一つの質問は")
    article = make_article(answer=f"[くわしく](F-{other.number})と[なし](F-999)")
    page = world.client("aoki").get(f"/faq/{article.id}").text
    assert f'<a href="/faq/{other.id}" rel="noopener noreferrer">くわしく</a>' in page
    assert "F-999" not in page
    assert "なし" in page


def test_links_are_sorted_by_what_has_to_be_done(world, make_article):
    inner = make_article("内部の質問は", is_public=False)
    article = make_article(
        answer=f"[内](F-{inner.number})[悪](http://example.jp)[外](https://example.jp/a)[無](F-999)"
    )
    found = standing(world.programme.id)
    assert [one.link.words for one in found.broken] == ["内", "無"]
    assert [one.link.words for one in found.refused] == ["悪"]
    assert [one.link.words for one in found.unconfirmed] == ["外"]
    assert list(found.broken[0].articles) == [article.id]


def test_the_page_lists_them_with_their_articles(world, make_article):
    make_article("交通費は", answer="[悪](javascript:alert(1))[外](https://example.jp/a)")
    page = world.client("sato").get("/faq/links").text
    for words in (
        "直すリンク",
        "javascript:alert(1)",
        "この種類のアドレス",
        "https://example.jp/a",
        "交通費は",
    ):
        assert words in page
    assert 'href="javascript' not in page


def test_a_person_confirms_an_external_link_for_ninety_days(world, make_article):
    make_article(answer="[外](https://example.jp/a)")
    client, fields = (
        world.client("sato"),
        {"programme": str(world.programme.id), "url": "https://example.jp/a"},
    )
    assert client.post("/faq/links/confirmations", data=fields).status_code == 303
    assert "確かめるリンクはありません" in client.get("/faq/links").text
    assert len(world.entries(Action.FAQ_LINK_CONFIRMED)) == 1
    db.session.rollback()
    with time_machine.travel(clock.now() + timedelta(days=91), tick=True):
        assert len(standing(world.programme.id).unconfirmed) == 1


@pytest.mark.parametrize("url", ["https://example.jp/other", "", "http://example.jp", "x" * 2001])
def test_only_a_link_of_an_article_is_confirmed(world, make_article, url):
    make_article(answer="[外](https://example.jp/a)[悪](http://example.jp)")
    fields = {"programme": str(world.programme.id), "url": url}
    assert world.client("sato").post("/faq/links/confirmations", data=fields).status_code == 404
    assert world.entries(Action.FAQ_LINK_CONFIRMED) == []


def test_links_of_articles_put_away_are_not_listed(world, make_article):
    article = make_article(answer="[外](https://example.jp/a)")
    with writing():
        db.session.get(Article, article.id).archive(by=world.sato)
    assert standing(world.programme.id).unconfirmed == []


@pytest.mark.parametrize("person", ["aoki", "kato", "honda"])
def test_others_do_not_check_links(world, person):
    client = world.client(person)
    assert client.get("/faq/links").status_code == 403
    assert client.post("/faq/links/confirmations").status_code == 403


def test_links_of_another_programme_are_not_seen(world, make_article):
    make_article(answer="[外](https://example.jp/a)")
    client = world.client("yoso")
    assert "example.jp/a" not in client.get("/faq/links").text
    fields = {"programme": str(world.programme.id), "url": "https://example.jp/a"}
    assert client.post("/faq/links/confirmations", data=fields).status_code == 404
