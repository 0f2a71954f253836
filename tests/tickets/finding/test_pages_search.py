"""The search box: what it finds, in which order, what it masks, and that it is written down."""

import json

import pytest

from callcenter.contacts import Channel, Contact
from callcenter.db import db, writing
from callcenter.people.callers import Caller, PhoneLabel
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.finding.searches import Search
from tickets.records.consultation import Consultation
from tickets.records.notes import Note
from tickets.records.ticket import Ticket


@pytest.fixture
def cases(world):
    """Three tickets: two of 髙橋, one anonymous."""
    with writing():
        taka = Caller.create(
            world.period,
            by=world.aoki,
            name="髙橋 陽子",
            kana="タカハシ ヨウコ",
            phones=[(PhoneLabel.MOBILE, "090-0000-1234")],
        )
        made = [
            _case(world, taka, "領収書の宛名", "領収書の宛名が夫の名前になっています。", "区に確認します。"),
            _case(world, taka, "交通費", "交通費は対象ですか。", "対象外です。"),
            _case(world, None, "締切", "締切はいつですか。", "必着です。"),
        ]
        Note.write(made[2], by=world.aoki, text="次回は口座の変更も案内する")
    db.session.rollback()
    world.app.extensions["follower"].catch_up()
    return {ticket.subject: ticket.label for ticket in db.session.query(Ticket)}


def _case(world, caller, subject, content, answer):
    contact = Contact.receive(world.period, Channel.PHONE, by=world.aoki, handler=world.aoki)
    contact.caller_id = caller.id if caller else None
    ticket = Ticket.open(world.period, by=world.aoki, subject=subject)
    db.session.flush()
    Consultation.file(contact, ticket, by=world.aoki, content=content, answer=answer)
    return ticket


def search(world, words, person="aoki"):
    return world.client(person).post("/search", data={"q": words}, follow_redirects=True)


FINDS = [
    pytest.param("宛名", {"領収書の宛名"}, id="two characters of a consultation"),
    pytest.param("領収書 夫", {"領収書の宛名"}, id="both words"),
    pytest.param("「宛名が夫」", {"領収書の宛名"}, id="a phrase"),
    pytest.param("ですか -交通費", {"締切"}, id="without a word"),
    pytest.param("口座", {"締切"}, id="a word of a note"),
    pytest.param("必着", {"締切"}, id="a word of an answer"),
    pytest.param("高橋", {"領収書の宛名", "交通費"}, id="a variant of a name"),
    pytest.param("ﾀｶﾊｼ", {"領収書の宛名", "交通費"}, id="kana of half width"),
    pytest.param("電話:０９０００００１２３４", {"領収書の宛名", "交通費"}, id="a number of full width"),
    pytest.param("電話:1234", {"領収書の宛名", "交通費"}, id="the last four digits"),
    pytest.param("状態:対応中 対象", {"交通費"}, id="a state"),
    pytest.param("担当:なし", {"領収書の宛名", "交通費", "締切"}, id="nobody's"),
    pytest.param("期間:今日 締切", {"締切"}, id="a day"),
]


@pytest.mark.parametrize(("words", "subjects"), FINDS)
def test_the_box_finds(world, cases, words, subjects):
    page = search(world, words).get_data(as_text=True)
    found = {subject for subject, label in cases.items() if label in page}
    assert found == subjects


def test_a_caller_renamed_is_found_by_the_new_name(world, cases):
    with writing():
        caller = db.session.query(Caller).one()
        caller.update(by=world.aoki, seen_revision=caller.revision, name="濵田 陽子", kana="ハマダ ヨウコ")
    db.session.rollback()
    world.app.extensions["follower"].catch_up()
    page = search(world, "浜田").get_data(as_text=True)
    assert cases["交通費"] in page


def test_names_are_masked_in_results(world, cases):
    page = search(world, "交通費").get_data(as_text=True)
    assert "髙●●●" in page
    assert "髙橋" not in page


def test_a_search_is_written_down_with_its_words_sealed(world, cases):
    search(world, "髙橋")
    entry = [e for e in world.entries(Action.SEARCHED) if json.loads(e.facts)["shelf"] == "ticket"][-1]
    assert json.loads(entry.facts)["total"] == 2
    assert "髙橋" not in entry.facts
    assert audit.open_reason(entry) == "髙橋"


def test_no_word_stands_in_an_address(world, cases):
    answer = world.client("aoki").post("/search", data={"q": "髙橋"})
    assert answer.status_code == 303
    assert "髙" not in answer.headers["Location"]
    assert "%" not in answer.headers["Location"]


def test_another_person_cannot_open_a_search(world, cases):
    address = world.client("aoki").post("/search", data={"q": "髙橋"}).headers["Location"]
    assert world.client("ueda").get(address).status_code == 404


def test_a_stranger_finds_nothing(world, cases):
    page = search(world, "領収書", person="yoso").get_data(as_text=True)
    assert not [label for label in cases.values() if label in page]


@pytest.mark.parametrize("words", ["", "-交通費", "状態:どこか", "色:赤"])
def test_what_cannot_be_meant_is_told_at_the_box(world, words):
    answer = world.client("aoki").post("/search", data={"q": words})
    assert answer.status_code == 422
    assert f'value="{words}"' in answer.get_data(as_text=True)


def test_a_role_without_tickets_is_refused(world):
    assert world.client("ono").post("/search", data={"q": "領収書"}).status_code == 403


def test_who_works_for_no_programme_finds_nothing(world, cases):
    with writing():
        world.aoki.assign(by=world.honda, programmes=[])
    answer = search(world, "領収書")
    assert (answer.status_code, "見つかりませんでした" in answer.text) == (200, True)
    assert cases["領収書の宛名"] not in answer.text
    assert db.session.query(Search).count() == 0
