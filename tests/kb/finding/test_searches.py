"""Searches of the FAQ are kept sealed, marked when they helped, and forgotten after a quarter."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from callcenter import clock
from callcenter.db import db, new_id, writing
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.finding import searches
from kb.finding.searches import FaqSearch, Source, keep
from kb.finding.wishes import Wish, answered


def kept(world, words, who="aoki", found=0, best=0.0, **values):
    with writing():
        by = getattr(world, who) if who else None
        row = keep(world.programme.id, words, found, best, by=by, **values)
        return row.id if row else None


def the_search():
    db.session.expire_all()
    return db.session.query(FaqSearch).one()


def earlier(minutes):
    with writing():
        at = clock.now() - timedelta(minutes=minutes)
        db.session.execute(update(FaqSearch).values(searched_at=at))


def searched(client, words):
    """The address of the answers to a search."""
    answer = client.post("/faq/searches", data={"text": words})
    assert answer.status_code == 303
    return answer.location


# --- what is kept ------------------------------------------------------------------------------------------


def test_a_search_keeps_what_it_found_and_its_words_sealed(world, make_article):
    make_article("交通費は対象になりますか")
    searched(world.client("aoki"), "交通費を知りたい")
    row = the_search()
    assert (row.text, row.found, row.staff_id, row.source) == (
        "交通費を知りたい",
        1,
        world.aoki.id,
        Source.DESK,
    )
    assert row.best > 0
    raw = db.session.execute(text("SELECT text FROM faq_search")).scalar()
    assert "交通費".encode() not in bytes(raw)
    assert row.group.period_id == world.period.id


def test_a_search_writes_nothing_into_the_trail(world, make_article):
    client = world.client("aoki")
    client.get("/faq")
    before = len(world.entries())
    searched(client, "交通費")
    assert len(world.entries()) == before


def test_what_is_typed_on_the_call_screen_is_not_kept(world, make_article):
    world.client("aoki").post("/faq/suggestions", data={"text": "交通費"})
    assert db.session.query(FaqSearch).count() == 0


@pytest.mark.parametrize("words", ["", " 　"])
def test_no_words_are_no_search(world, words):
    answer = world.client("aoki").post("/faq/searches", data={"text": words})
    assert answer.status_code == 200
    assert db.session.query(FaqSearch).count() == 0


@pytest.mark.parametrize(
    ("first", "then", "who", "minutes", "count"),
    [
        ("領収書", "領収書の宛名", "aoki", 1, 1),
        ("領収書", "領収書", "aoki", 1, 1),
        ("リョウシュウ", "ﾘｮｳｼｭｳ書", "aoki", 1, 1),
        ("領収書", "領収書の宛名", "aoki", 3, 2),
        ("領収書", "双子の上限", "aoki", 1, 2),
        ("領収書の宛名", "領収書", "aoki", 1, 2),
        ("領収書", "領収書の宛名", "ueda", 1, 2),
    ],
    ids=["goes on", "again", "in other letters", "later", "another", "shorter", "somebody else"],
)
def test_a_search_that_goes_on_is_the_same(world, first, then, who, minutes, count):
    kept(world, first)
    earlier(minutes)
    kept(world, then, who)
    assert db.session.query(FaqSearch).count() == count


def test_a_search_that_goes_on_after_its_answer_was_opened_is_another(world, make_article):
    article = make_article()
    search = kept(world, "交通費", found=1)
    with writing():
        db.session.get(FaqSearch, search).open(article)
    kept(world, "交通費と駐車場")
    assert db.session.query(FaqSearch).count() == 2


def test_visitors_are_nobody_and_each_search_of_theirs_is_its_own(world):
    for _ in range(2):
        kept(world, "双子", who=None, source=Source.PUBLIC)
    rows = db.session.query(FaqSearch).all()
    assert [(row.staff_id, row.source) for row in rows] == [(None, Source.PUBLIC)] * 2


def test_searches_go_after_ninety_days(world):
    kept(world, "古い質問")
    earlier(90 * 24 * 60 + 1)
    kept(world, "新しい質問")
    searches.forget_old()
    assert the_search().text == "新しい質問"


# --- what came of it ---------------------------------------------------------------------------------------


def test_opening_an_answer_marks_the_search(world, make_article):
    article, client = make_article(), world.client("aoki")
    address = searched(client, "交通費")
    assert f'name="article" value="{article.id}"' in client.get(address).text
    opened = client.post(f"{address}/openings", data={"article": article.id})
    assert (opened.status_code, opened.location) == (303, f"/faq/{article.id}")
    assert the_search().opened_id == article.id


def test_looking_at_the_answers_again_changes_nothing(world, make_article):
    make_article()
    client = world.client("aoki")
    address = searched(client, "交通費")
    before = the_search().searched_at
    assert "交通費は対象になりますか" in client.get(address).get_data(as_text=True).replace(
        "<mark>", ""
    ).replace("</mark>", "")
    assert the_search().searched_at == before


@pytest.mark.parametrize("what", ["", "/openings", "/wishes"])
def test_the_search_of_somebody_else_is_not_there(world, make_article, what):
    article = make_article()
    address = searched(world.client("aoki"), "交通費")
    other = world.client("ueda")
    answer = other.post(address + what, data={"article": article.id}) if what else other.get(address)
    assert answer.status_code == 404


@pytest.mark.parametrize("article", ["", "x", "00000000-0000-0000-0000-000000000009"])
def test_opening_what_is_no_article_is_not_found(world, make_article, article):
    make_article()
    client = world.client("aoki")
    address = searched(client, "交通費")
    assert client.post(f"{address}/openings", data={"article": article}).status_code == 404
    assert the_search().opened_at is None


def test_telling_an_article_says_that_the_search_before_it_helped(world, make_article):
    article = make_article()
    kept(world, "交通費", found=1)
    with writing():
        searches.told(world.aoki, [article.id])
    assert the_search().told_at is not None


def test_telling_says_nothing_of_a_search_that_found_nothing(world, make_article):
    article = make_article()
    kept(world, "交通費", found=0)
    with writing():
        searches.told(world.aoki, [article.id])
    assert the_search().told_at is None


# --- wishes ------------------------------------------------------------------------------------------------


def test_an_agent_asks_for_an_article(world):
    client = world.client("aoki")
    address = searched(client, "ベビーカーは対象か")
    page = client.get(address).text
    assert "この質問の記事を頼む" in page
    assert "下書きを書く" not in page
    fields = {"note": "よく聞かれます", "once": new_id().hex}
    assert client.post(f"{address}/wishes", data=fields).status_code == 303
    assert client.post(f"{address}/wishes", data=fields).status_code == 303
    wish = db.session.query(Wish).one()
    assert (wish.text, wish.note, wish.staff_id) == ("ベビーカーは対象か", "よく聞かれます", world.aoki.id)
    assert [entry.action for entry in world.entries(Action.ARTICLE_WISHED)] == ["article.wished"]


def test_a_note_too_long_is_said_and_stays(world):
    client = world.client("aoki")
    answer = client.post(f"{searched(client, 'ベビーカー')}/wishes", data={"note": "あ" * 201})
    assert answer.status_code == 422
    assert "あ" * 201 in answer.text
    assert db.session.query(Wish).count() == 0


def test_who_may_write_begins_a_draft_with_the_words(world):
    client = world.client("sato")
    address = searched(client, "ベビーカーは対象か")
    assert "下書きを書く" in client.get(address).text
    page = client.get(f"/faq/new?origin=search-{the_search().id}").text
    assert page.count("ベビーカーは対象か") >= 2
    assert f'value="search-{the_search().id}"' in page


@pytest.mark.parametrize(
    "origin", ["search-x", "search-00000000-0000-0000-0000-000000000009", "nothing-1", "search"]
)
def test_an_article_from_nothing_is_not_there(world, origin):
    assert world.client("sato").get(f"/faq/new?origin={origin}").status_code == 404


def write(world, client, origin, **changes):
    fields = {
        "programme": str(world.programme.id),
        "once": new_id().hex,
        "origin": origin,
        "question": "ベビーカーは対象になりますか",
        "answer": "対象になりません。",
        "is_public": "y",
    }
    return client.post("/faq", data=fields | changes)


def test_all_that_asked_the_same_are_answered_by_the_article(world):
    client = world.client("aoki")
    searched(client, "ベビーカーは対象か")
    address = searched(client, "対象はベビーカーか")
    client.post(f"{address}/wishes", data={"once": new_id().hex})
    kept(world, "双子の上限")
    wish = db.session.query(Wish).one()
    assert write(world, world.client("sato"), f"wish-{wish.id}").status_code == 303
    db.session.expire_all()
    article = db.session.query(Article).one()
    found = {row.text: row.article_id for row in db.session.query(FaqSearch)}
    assert found == {"ベビーカーは対象か": article.id, "対象はベビーカーか": article.id, "双子の上限": None}
    assert db.session.query(Wish).one().article_id == article.id


def test_who_asked_hears_when_the_ward_has_approved(world):
    client = world.client("aoki")
    address = searched(client, "ベビーカーは対象か")
    client.post(f"{address}/wishes", data={"once": new_id().hex})
    wish = db.session.query(Wish).one().id
    write(world, world.client("sato"), f"wish-{wish}")
    assert "頼んだ質問に答えができました" not in client.get("/faq").text
    article = db.session.query(Article).one().id
    assert world.client("kato").post(f"/faq/{article}/approvals", data={"revision": 1}).status_code == 303
    assert "頼んだ質問に答えができました" in client.get("/faq").text
    assert "頼んだ質問に答えができました" not in world.client("ueda").get("/faq").text
    assert world.client("ueda").post(f"/faq/wishes/{wish}/sightings").status_code == 404
    seen = client.post(f"/faq/wishes/{wish}/sightings")
    assert (seen.status_code, seen.location) == (303, f"/faq/{article}")
    assert "頼んだ質問に答えができました" not in client.get("/faq").text
    assert answered(world.aoki) == []


def test_a_draft_whose_beginning_is_gone_keeps_what_was_typed(world):
    answer = write(world, world.client("sato"), f"search-{new_id()}", answer="消えては困る回答")
    assert answer.status_code == 422
    assert "消えては困る回答" in answer.text
    assert db.session.query(Article).count() == 0


def test_the_search_of_another_programme_begins_nothing(world):
    search = kept(world, "ベビーカー")
    assert world.client("yoso").get(f"/faq/new?origin=search-{search}").status_code == 404
