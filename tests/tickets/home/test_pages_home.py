"""The start page: where each role begins, and what waits there."""

import pytest

from callcenter.applications.matching import Fact
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.people.callers import Relation
from callcenter.privacy.actions import Action
from tickets.records import identity
from tickets.records.identity import DisclosureLock


@pytest.mark.parametrize("who", ["aoki", "ito", "sato", "endo", "kato"])
def test_the_desk_begins_with_the_day(world, who):
    page = world.client(who).get("/")
    assert page.status_code == 200
    assert "今日の仕事" in page.text


@pytest.mark.parametrize(
    ("who", "place"),
    [("honda", "/staff"), ("okada", ("/applications", "/faq")), ("ono", None), ("kondo", None)],
)
def test_others_begin_in_their_own_room(world, who, place):
    answer = world.client(who).get("/")
    assert answer.status_code == 303
    assert place is None or answer.headers["Location"].startswith(place)
    assert world.client(who).get(answer.headers["Location"]).status_code == 200


def test_an_interrupted_call_waits_with_its_draft(world, make):
    call = make.call()
    client = world.client("aoki")
    client.post(f"/drafts/call/{call}", data={"content": "途中"})
    page = client.get("/").text
    assert "中断した受付" in page
    assert f"/calls/{call}" in page
    assert "中断した受付" not in world.client("ueda").get("/").text


def test_the_tray_says_how_many_wait_and_since_when(world, make):
    make.call()
    make.call()
    page = world.client("ueda").get("/").text
    assert "<span data-number>2</span>" in page
    assert "最も古い受付 今日" in page


def test_strangers_contacts_are_not_counted(world, make):
    make.call()
    assert '<span class="tally__count">0</span>' in world.client("yoso").get("/").text


def lock(world, make):
    call, application = make.call(), make.application()
    for _attempt in range(3):
        with writing():
            identity.check(
                db.session.get(Contact, call),
                db.session.get(Application, application),
                {Fact.NUMBER: "R8-9999"},
                relation=Relation.APPLICANT,
                called_back=False,
                by=world.aoki,
            )
    return db.session.query(DisclosureLock).one().id


def test_a_lock_stands_on_the_supervisors_page_and_is_lifted_with_a_reason(world, make):
    held = lock(world, make)
    client = world.client("sato")
    assert '<span class="tally__count">1</span>' in client.get("/").text
    assert "R8-00001" in client.get("/disclosure-locks").text
    answer = client.post(f"/disclosure-locks/{held}/liftings", data={"reason": " "})
    assert answer.status_code == 422
    assert "入力してください" in answer.text
    assert client.post(f"/disclosure-locks/{held}/liftings", data={"reason": "対面で確認"}).status_code == 303
    client.get("/disclosure-locks")
    assert "R8-00001" not in client.get("/disclosure-locks").text
    assert world.entries(Action.DISCLOSURE_UNLOCKED)


def test_only_supervisors_of_the_programme_lift_a_lock(world, make):
    held = lock(world, make)
    assert (
        world.client("aoki").post(f"/disclosure-locks/{held}/liftings", data={"reason": "x"}).status_code
        == 403
    )
    assert (
        world.client("yoso").post(f"/disclosure-locks/{held}/liftings", data={"reason": "x"}).status_code
        == 404
    )
    assert db.session.query(DisclosureLock).one().is_holding
