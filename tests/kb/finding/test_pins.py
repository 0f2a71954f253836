"""Articles at hand: pinned in one's own order, and those used last."""

import re
from datetime import timedelta

import pytest

from callcenter import clock
from callcenter.db import db, writing
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.stamp import Shelf
from kb.finding import pins
from kb.finding.pins import Pin
from kb.finding.searches import keep


@pytest.fixture
def three(make_article):
    return [make_article(f"{words}は対象になりますか") for words in ("交通費", "食事代", "延長料金")]


def pinned(client):
    """The numbers of the pinned articles on the FAQ page, in order."""
    page = client.get("/faq").text
    return re.findall(r'id="pin-([0-9a-f-]{36})-up"', page)


def ids(articles):
    return [str(article.id) for article in articles]


def test_pinned_articles_stand_above_the_list(world, three):
    client = world.client("aoki")
    for article in three:
        answer = client.post(f"/faq/{article.id}/pins")
        assert (answer.status_code, answer.location) == (303, f"/faq/{article.id}")
    assert pinned(client) == ids(three)
    assert pinned(world.client("ueda")) == []


def test_pinning_twice_is_once(world, three):
    client = world.client("aoki")
    client.post(f"/faq/{three[0].id}/pins")
    client.post(f"/faq/{three[0].id}/pins")
    assert db.session.query(Pin).count() == 1


def test_the_page_of_an_article_offers_the_other_way(world, three):
    client = world.client("aoki")
    address = f"/faq/{three[0].id}"
    assert "/unpinnings" not in client.get(address).text
    client.post(f"{address}/pins")
    assert f"{address}/unpinnings" in client.get(address).text
    client.post(f"{address}/unpinnings", data={"back": "list"})
    assert pinned(client) == []


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [(2, "up", [0, 2, 1]), (0, "down", [1, 0, 2]), (0, "up", [0, 1, 2]), (2, "down", [0, 1, 2])],
    ids=["up", "down", "above the first", "below the last"],
)
def test_the_order_is_changed_one_place_at_a_time(world, three, moved, to, order):
    client = world.client("aoki")
    for article in three:
        client.post(f"/faq/{article.id}/pins")
    answer = client.post(f"/faq/{three[moved].id}/pin-moves", data={"to": to, "back": "list"})
    assert answer.location == f"/faq#pin-{three[moved].id}-{to}"
    assert pinned(client) == ids([three[n] for n in order])


def test_a_way_that_is_none_is_refused(world, three):
    client = world.client("aoki")
    client.post(f"/faq/{three[0].id}/pins")
    assert client.post(f"/faq/{three[0].id}/pin-moves", data={"to": "left"}).status_code == 422


def test_there_is_room_for_twelve(world, make_article):
    client = world.client("aoki")
    for number in range(13):
        page = client.post(f"/faq/{make_article(f'{number}番の質問').id}/pins", follow_redirects=True).text
    assert "12件まで" in page
    assert len(pinned(client)) == 12


def test_pinned_on_the_page_of_answers_one_stays_there(world, three):
    client = world.client("aoki")
    answers = client.post("/faq/searches", data={"text": "交通費"}).location
    back = answers.rsplit("/", 1)[1]
    assert client.post(f"/faq/{three[0].id}/pins", data={"back": back}).location == answers


@pytest.mark.parametrize("deed", ["pins", "unpinnings", "pin-moves"])
def test_an_article_of_another_programme_is_not_there(world, three, deed):
    assert world.client("yoso").post(f"/faq/{three[0].id}/{deed}", data={"to": "up"}).status_code == 404


def test_a_pinned_article_that_may_not_be_told_any_more_is_left_out(world, three):
    client = world.client("aoki")
    client.post(f"/faq/{three[0].id}/pins")
    world.client("sato").post(f"/faq/{three[0].id}/archivals")
    assert pinned(client) == []


def test_what_was_opened_last_stands_first(world, three):
    client = world.client("aoki")
    for article in (three[0], three[2], three[0]):
        address = client.post("/faq/searches", data={"text": article.current.question[:2]}).location
        client.post(f"{address}/openings", data={"article": article.id})
    assert pins.recent(world.aoki) == [three[0].id, three[2].id]
    assert pins.recent(world.ueda) == []


def test_nothing_typed_yet_shows_what_is_at_hand(world, three):
    client = world.client("aoki")
    client.post(f"/faq/{three[1].id}/pins")
    with writing():
        keep(world.programme.id, "延長", 1, 1.0, by=world.aoki).open(db.session.get(Article, three[2].id))
    fragment = client.post("/faq/suggestions", data={"text": " "}).text
    assert 'data-count="2"' in fragment
    assert fragment.index("ピン留め") < fragment.index("食事代") < fragment.index("最近使った記事")
    assert fragment.index("最近使った記事") < fragment.index("延長料金")
    assert 'data-key="Alt+2"' in fragment


def test_pins_and_recent_share_the_keys(world, make_article):
    client = world.client("aoki")
    articles = [make_article(f"{number}番の質問") for number in range(12)]
    for article in articles[:6]:
        client.post(f"/faq/{article.id}/pins")
    with writing():
        for article in articles[6:]:
            keep(world.programme.id, article.label, 1, 1.0, by=world.aoki).open(
                db.session.get(Article, article.id)
            )
    fragment = client.post("/faq/suggestions", data={"text": ""}).text
    assert 'data-count="8"' in fragment
    assert fragment.count("最近使った記事") == 1


def test_what_is_at_hand_says_that_it_is_in_doubt(world, three):
    client = world.client("aoki")
    client.post(f"/faq/{three[0].id}/pins")
    client.post("/faq/suggestions", data={"text": ""})
    with writing():
        db.session.get(Article, three[0].id).review_on = clock.today() - timedelta(days=2)
        Shelf.stir(world.programme.id)
        audit.record(Action.ARTICLE_SAVED, by=audit.CONSOLE)
    assert "見直しの期日" in client.post("/faq/suggestions", data={"text": ""}).text
