"""お声 on the desk: those of one's own programmes, sealed at rest, marked as done by an editor."""

import re

import pytest

from callcenter.clock import now
from callcenter.db import db, new_id, writing
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.public.feedback import FaceKey, Feedback


@pytest.fixture
def said(world, make_article):
    """One visitor's words; gives the id of the row."""
    article = make_article()
    with writing():
        key = FaceKey.make(world.period, by=audit.SYSTEM)
        db.session.flush()
        row = Feedback(
            group=key.group,
            period_id=world.period.id,
            inbox_id=new_id(),
            article_id=article.id,
            revision_id=article.current.id,
            at=now(),
            is_solved=False,
        )
        row.text = "金額が<b>書いて</b>ありません"
        db.session.add(row)
        return row.id


def test_the_page_shows_what_was_said_and_how_often(world, said):
    page = world.client("aoki").get("/faq/feedback").text
    assert "金額が&lt;b&gt;書いて&lt;/b&gt;ありません" in page
    assert "解決した 0、解決しない 1" in page
    assert "対応済みにする" not in page


def test_the_article_shows_how_many_were_helped(world, said):
    address = re.search(r'href="(/faq/[0-9a-f-]{36})"', world.client("aoki").get("/faq/feedback").text)[1]
    page = world.client("aoki").get(address).text
    assert "公開サイトのお声" in page
    assert re.search(r"解決しない</dt>\s*<dd[^>]*>1<", page)


def test_people_of_other_programmes_see_nothing(world, said):
    assert "金額が" not in world.client("yoso").get("/faq/feedback").text
    assert world.client("yoso").post(f"/faq/feedback/{said}/completions").status_code == 404


def test_an_editor_marks_it_as_done_once(world, said):
    sato = world.client("sato")
    assert "対応済みにする" in sato.get("/faq/feedback").text
    assert sato.post(f"/faq/feedback/{said}/completions").status_code == 303
    assert "金額が" not in sato.get("/faq/feedback").text
    assert "金額が" in sato.get("/faq/feedback?shelf=all").text
    assert sato.post(f"/faq/feedback/{said}/completions").status_code == 409
    assert len(world.entries(Action.FEEDBACK_DONE)) == 1


def test_agents_may_not_mark_it(world, said):
    assert world.client("aoki").post(f"/faq/feedback/{said}/completions").status_code == 403


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=99", "shelf=x"])
def test_an_odd_address_shows_the_page_all_the_same(world, said, query):
    assert world.client("aoki").get(f"/faq/feedback?{query}").status_code == 200


def test_without_any_the_page_says_what_will_stand_there(world):
    assert "お声はありません" in world.client("aoki").get("/faq/feedback").text
