"""The desk's work in the JSON API: the same records, the same rules, persons masked, every look written down."""

import json
from datetime import timedelta

import pytest

from callcenter.clock import now, today
from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.permissions import Permission as P
from callcenter.privacy.actions import Action
from tickets.records.categories import Category
from tickets.records.consultation import Consultation
from tickets.records.ticket import Ticket

ROOT = "/api/v1"


@pytest.fixture
def aoki(world):
    return world.api("aoki")


@pytest.fixture
def ticket(make):
    return make.ticket()


def faults(answer):
    return [(one.get("pointer") or one.get("parameter"), one["code"]) for one in answer.json["errors"]]


def opened(client, **body):
    answer = client.post(f"{ROOT}/tickets", json={"subject": "領収書の宛名", **body})
    assert answer.status_code == 201, answer.text
    return answer


def test_a_ticket_is_opened_taken_worked_on_and_closed(world, aoki):
    with writing():
        Category.add(world.programme.id, "申請", by=world.sato)
    made = opened(aoki, category="申請", priority="high")
    path, body = made.headers["Location"], made.json
    assert (body["state"], body["category"], body["owner"], body["priority"]) == (
        "open",
        "申請",
        None,
        "high",
    )
    assert aoki.get(path).headers["ETag"] == made.headers["ETag"]

    def change(what, **body):
        tag = {"If-Match": aoki.get(path).headers["ETag"]}
        return aoki.post(f"{path}/{what}", json=body, headers=tag)

    assert change("assignments", owner="aoki").json["owner"] == "aoki"
    assert change("revisions", subject="宛名", category="", priority="normal").json["subject"] == "宛名"
    note = aoki.post(f"{path}/notes", json={"text": "区に確かめる"})
    assert (note.status_code, note.json["by"]) == (201, "aoki")
    promise = aoki.post(f"{path}/follow-ups", json={"due_on": today().isoformat(), "text": "折返し"})
    assert aoki.get(f"{ROOT}/follow-ups?owner=aoki").json["follow_ups"][0]["id"] == promise.json["id"]
    assert aoki.post(promise.headers["Location"] + "/completions").json["done_at"]
    closed = change("state-changes", state="closed", reason="回答済み")
    assert (closed.json["state"], closed.json["next_states"]) == ("closed", ["open"])
    assert [one["text"] for one in aoki.get(f"{path}/notes").json["notes"]] == ["区に確かめる"]
    assert world.entries(Action.TICKET_STATE_CHANGED)


def test_an_impossible_step_says_what_is_possible(aoki):
    made = opened(aoki)
    answer = aoki.post(
        made.headers["Location"] + "/state-changes",
        json={"state": "open"},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert (answer.status_code, answer.json["code"]) == (409, "impossible_transition")
    assert "完了" in answer.json["detail"]


def test_nobody_overwrites_what_they_have_not_seen(aoki):
    made = opened(aoki)
    path = made.headers["Location"] + "/assignments"
    assert aoki.post(path, json={"owner": "aoki"}).status_code == 428
    tag = {"If-Match": made.headers["ETag"]}
    assert aoki.post(path, json={"owner": "aoki"}, headers=tag).status_code == 200
    assert aoki.post(path, json={"owner": None}, headers=tag).status_code == 412


def test_an_agent_takes_work_and_gives_none_to_others(world, aoki):
    made = opened(aoki)
    path, tag = made.headers["Location"] + "/assignments", {"If-Match": made.headers["ETag"]}
    assert aoki.post(path, json={"owner": "ueda"}, headers=tag).status_code == 403
    assert world.api("sato").post(path, json={"owner": "ueda"}, headers=tag).json["owner"] == "ueda"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"subject": ""}, [("#/subject", "too_short")]),
        ({"subject": " "}, [("#/subject", "subject_missing")]),
        ({"subject": "a", "category": "ない"}, [("#/category", "unknown")]),
        ({"subject": "a", "owner": "nobody"}, [("#/owner", "unknown")]),
        ({"subject": "a", "caller": "00000000-0000-0000-0000-000000000007"}, [("#/caller", "unknown")]),
        ({"subject": "a", "state": "closed"}, [("#/state", "unknown")]),
    ],
)
def test_a_broken_body_is_pointed_at(aoki, body, wrong):
    answer = aoki.post(f"{ROOT}/tickets", json=body)
    assert (answer.status_code, faults(answer)) == (422, wrong)
    assert answer.content_type == "application/problem+json"
    assert db.session.query(Ticket).count() == 0


def test_tickets_are_listed_newest_first_page_by_page_and_narrowed(world, aoki):
    for _time in range(3):
        opened(aoki)
    first = aoki.get(f"{ROOT}/tickets?limit=2").json
    second = aoki.get(first["next"]).json
    numbers = [one["number"] for one in first["tickets"] + second["tickets"]]
    assert numbers == sorted(numbers, reverse=True)
    assert (len(numbers), second["next"]) == (3, None)
    assert aoki.get(f"{ROOT}/tickets?state=closed").json["tickets"] == []
    assert len(aoki.get(f"{ROOT}/tickets?owner=none&state=unclosed").json["tickets"]) == 3
    assert faults(aoki.get(f"{ROOT}/tickets?programme=neighbour")) == [("programme", "unknown")]
    assert json.loads(world.entries(Action.LIST_VIEWED)[-1].facts)["list"] == "tickets"


def test_persons_are_masked_and_a_look_is_written_down(world, aoki, make):
    caller = make.caller(name="山田 花子")
    made = opened(aoki, caller=str(caller))
    answer = aoki.get(made.headers["Location"])
    assert answer.json["caller"]["name"] == "山●●●"
    assert "花子" not in answer.text
    assert json.loads(world.entries(Action.TICKET_VIEWED)[-1].facts)["number"] == 1


def test_what_a_stranger_asks_for_is_not_there(world, aoki):
    path = opened(aoki).headers["Location"]
    yoso = world.api("yoso")
    assert yoso.get(path).status_code == 404
    assert yoso.post(f"{path}/notes", json={"text": "a"}).status_code == 404
    assert yoso.get(f"{ROOT}/tickets").json["tickets"] == []


def test_a_token_may_no_more_than_its_scope(world):
    reader = world.api("aoki", P.TICKETS_READ)
    assert reader.get(f"{ROOT}/tickets").status_code == 200
    assert reader.post(f"{ROOT}/tickets", json={"subject": "a"}).status_code == 403


def test_a_contact_is_kept_first_and_filed_afterwards(world, aoki):
    kept = aoki.post(f"{ROOT}/contacts", json={"channel": "phone", "from_number": "090-0000-1234"})
    assert (kept.status_code, kept.json["from_number"], kept.json["settled_at"]) == (
        201,
        "***-****-1234",
        None,
    )
    assert aoki.get(f"{ROOT}/contacts?unsettled=true").json["contacts"][0]["id"] == kept.json["id"]
    filing = {
        "content": "領収書の宛名は夫でもよいですか。",
        "answer": "はい。",
        "outcome": "resolved",
        "subject": "宛名",
    }
    path = kept.headers["Location"] + "/consultations"
    filed = aoki.post(path, json=filing, headers={"Idempotency-Key": "a"})
    assert (filed.status_code, filed.json["handler"]) == (201, "aoki")
    again = aoki.post(path, json=filing, headers={"Idempotency-Key": "a"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert db.session.query(Consultation).count() == 1
    assert aoki.get(f"{ROOT}/tickets/{filed.json['ticket']}").json["state"] == "closed"
    assert aoki.post(path, json=filing).status_code == 409
    found = aoki.get(f"{ROOT}/consultations?outcome=resolved&handler=aoki").json["consultations"]
    assert [one["content"] for one in found] == [filing["content"]]


def test_a_contact_cannot_come_from_the_future(aoki):
    later = (now() + timedelta(hours=1)).isoformat()
    answer = aoki.post(f"{ROOT}/contacts", json={"channel": "fax", "received_at": later})
    assert (answer.status_code, faults(answer)) == (422, [("#/received_at", "received_in_future")])
    assert db.session.query(Contact).count() == 0


def test_a_contact_of_a_year_that_is_not_kept_is_pointed_at(aoki):
    answer = aoki.post(
        f"{ROOT}/contacts", json={"channel": "fax", "received_at": "1999-04-01T09:00:00+09:00"}
    )
    assert (answer.status_code, faults(answer)) == (422, [("#/received_at", "no_period")])


def test_the_ward_is_asked_answers_and_the_caller_is_told(world, aoki):
    path = opened(aoki).headers["Location"]
    question = {"matter": "rules", "urgency": "normal", "summary": "宛名", "question": "夫でもよいですか。"}
    asked = aoki.post(f"{path}/escalations", json=question)
    assert (asked.status_code, asked.json["state"]) == (201, "with_ward")
    place, kato = asked.headers["Location"], world.api("kato")
    tag = {"If-Match": asked.headers["ETag"]}
    assert aoki.post(f"{place}/answers", json={"text": "はい。"}, headers=tag).status_code == 403
    back = kato.post(f"{place}/questions", json={"text": "同居ですか。"}, headers=tag)
    assert back.json["state"] == "asked_back"
    reply = aoki.post(
        f"{place}/replies", json={"text": "同居です。"}, headers={"If-Match": back.headers["ETag"]}
    )
    said = kato.post(f"{place}/answers", json={"text": "はい。"}, headers={"If-Match": reply.headers["ETag"]})
    told = aoki.post(f"{place}/tellings", json={}, headers={"If-Match": said.headers["ETag"]})
    assert (told.status_code, told.json["state"]) == (200, "told")
    assert [step["deed"] for step in told.json["steps"]] == [
        "raised",
        "asked_back",
        "replied",
        "answered",
        "told",
    ]
    assert aoki.get(f"{ROOT}/escalations?state=told").json["escalations"][0]["id"] == told.json["id"]


def test_a_question_to_the_ward_names_nobody(world, aoki, make):
    caller = make.caller(name="山田 花子")
    path = opened(aoki, caller=str(caller)).headers["Location"]
    question = {
        "matter": "rules",
        "urgency": "normal",
        "summary": "山田 花子さんの件",
        "question": "よいですか。",
    }
    answer = aoki.post(f"{path}/escalations", json=question)
    assert (answer.status_code, faults(answer)) == (422, [("#/summary", "names_person")])
    urgent = {**question, "summary": "件", "matter": "leak"}
    assert faults(aoki.post(f"{path}/escalations", json=urgent)) == [("#/urgency", "urgency_too_low")]
