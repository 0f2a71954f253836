"""Drafts and presence: nothing typed is lost, no device overwrites another unseen, and colleagues see each other."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from callcenter import clock
from callcenter.db import db
from tickets.records.drafts import Draft, DraftKind, draft_of
from tickets.records.presence import Presence


def keep(client, call, text, page="page-a", version=0, **more):
    form = {"content": text, "page": page, "draft_version": version} | more
    return client.post(f"/drafts/call/{call}", data=form)


def test_what_is_typed_is_kept_and_numbered(world, make):
    call, client = make.call(), world.client("aoki")
    first, second = keep(client, call, "一"), keep(client, call, "一二", version=1)
    assert (first.json["version"], second.json["version"]) == (1, 2)
    assert draft_of(world.aoki, DraftKind.CALL, call).fields["content"] == ["一二"]


def test_what_is_typed_stands_sealed(world, make):
    call = make.call()
    keep(world.client("aoki"), call, "秘密の相談")
    stored = db.session.execute(select(Draft._body)).scalar_one()
    assert "秘密の相談".encode() not in stored


def test_a_second_device_gets_the_draft(world, make):
    call = make.call()
    keep(world.client("aoki"), call, "電話の途中", told_revision=["x"], application=["y"])
    page = world.client("aoki").get(f"/calls/{call}")
    assert "電話の途中" in page.text
    assert 'data-draft-version="1"' in page.text


def test_a_device_that_saw_an_older_version_is_shown_the_newer_text(world, make):
    call, one, other = make.call(), world.client("aoki"), world.client("aoki")
    keep(one, call, "机のうえで", page="desk")
    keep(one, call, "机のうえで書いた", page="desk", version=1)
    answer = keep(other, call, "別の席で", page="phone", version=1)
    assert answer.status_code == 409
    assert answer.json["fields"]["content"] == "机のうえで書いた"
    assert answer.json["version"] == 2
    assert draft_of(world.aoki, DraftKind.CALL, call).fields["content"] == ["机のうえで書いた"]


def test_after_choosing_the_other_device_goes_on(world, make):
    call, client = make.call(), world.client("aoki")
    keep(client, call, "机", page="desk")
    assert keep(client, call, "席", page="phone").status_code == 409
    assert keep(client, call, "机\n\n席", page="phone", version=1).status_code == 200


def test_a_page_whose_answer_was_lost_saves_on(world, make):
    call, client = make.call(), world.client("aoki")
    keep(client, call, "一")
    assert keep(client, call, "一二").status_code == 200


def test_the_same_text_from_anywhere_is_no_conflict(world, make):
    call, client = make.call(), world.client("aoki")
    keep(client, call, "同じ", page="desk")
    assert keep(client, call, "同じ", page="phone").json["version"] == 1


def test_what_a_caller_said_of_themselves_is_never_kept(world, make):
    call = make.call()
    keep(world.client("aoki"), call, "照合中", said_address="新宿区西新宿1-2-3", password="x")
    assert set(draft_of(world.aoki, DraftKind.CALL, call).fields) == {"content"}


def test_a_draft_is_its_writers_alone(world, make):
    call = make.call()
    keep(world.client("aoki"), call, "青木の下書き")
    assert "青木の下書き" not in world.client("ueda").get(f"/calls/{call}").text


def test_a_settled_call_takes_no_draft(world, make):
    call, client = make.call(), world.client("aoki")
    client.post(f"/contacts/{call}/closures", data={"reason": "silent"})
    assert keep(client, call, "遅れて届いた").status_code == 422
    assert db.session.scalars(select(Draft)).all() == []


def test_too_long_a_text_is_refused_and_the_kept_one_stays(world, make):
    call, client = make.call(), world.client("aoki")
    keep(client, call, "短い")
    assert keep(client, call, "長" * 60_001, version=1).status_code == 422
    assert draft_of(world.aoki, DraftKind.CALL, call).fields["content"] == ["短い"]


@pytest.mark.parametrize("kind", ["call", "note", "correction"])
def test_a_record_of_another_programme_takes_no_draft(world, make, kind):
    call = make.call()
    assert world.client("yoso").post(f"/drafts/{kind}/{call}", data={"content": "x"}).status_code == 404


def test_who_does_not_write_keeps_no_drafts(world, make):
    assert keep(world.client("kato"), make.call(), "区").status_code == 403


def test_a_draft_is_thrown_away_on_demand(world, make):
    call, client = make.call(), world.client("aoki")
    keep(client, call, "要らない")
    assert client.post(f"/drafts/call/{call}/discards").status_code == 204
    assert draft_of(world.aoki, DraftKind.CALL, call) is None


def test_a_note_is_kept_while_it_is_written(world, make):
    ticket, client = make.ticket(), world.client("aoki")
    client.post(f"/drafts/note/{ticket}", data={"text": "書きかけのメモ"})
    assert "書きかけのメモ" in client.get(f"/tickets/{make.number(ticket)}").text


def beat(client, number, **form):
    return client.post(f"/tickets/{number}/presence", data=form)


def test_two_people_on_one_ticket_see_each_other(world, make):
    number = make.number(make.ticket())
    assert beat(world.client("aoki"), number).text.strip() == ""
    assert "青木 晴" in beat(world.client("ueda"), number, typing="0").text
    beat(world.client("aoki"), number, typing="1")
    assert "が入力中" in beat(world.client("ueda"), number).text


def test_who_leaves_is_gone_at_once(world, make):
    number = make.number(make.ticket())
    beat(world.client("aoki"), number)
    beat(world.client("aoki"), number, leaving="1")
    assert beat(world.client("ueda"), number).text.strip() == ""


def test_who_says_nothing_for_long_is_gone(world, make):
    number = make.number(make.ticket())
    clients = world.client("aoki"), world.client("ueda")
    beat(clients[0], number)
    with time_machine.travel(clock.now() + timedelta(seconds=30), tick=False):
        assert beat(clients[1], number).text.strip() == ""


def test_old_traces_of_presence_are_swept(world, make):
    number = make.number(make.ticket())
    clients = world.client("aoki"), world.client("ueda")
    beat(clients[0], number)
    with time_machine.travel(clock.now() + timedelta(minutes=10), tick=False):
        beat(clients[1], number)
    assert [row.staff_id for row in db.session.scalars(select(Presence))] == [world.ueda.id]


def test_presence_is_no_act_and_leaves_no_trail(world, make):
    number, client = make.number(make.ticket()), world.client("aoki")
    before = len(world.entries())
    beat(client, number)
    assert len(world.entries()) == before


def test_nobody_from_elsewhere_looks_in(world, make):
    number = make.number(make.ticket())
    assert beat(world.client("yoso"), number).status_code == 404
