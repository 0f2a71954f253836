"""Who comes in by the API: a living token and nothing else, and what is written down of it."""

import json
from datetime import timedelta

import pytest
import time_machine

from callcenter.clock import now, today
from callcenter.db import db, writing
from callcenter.people import clauses, tokens
from callcenter.people.attempts import Against, AttemptCount
from callcenter.people.token_record import ApiToken
from callcenter.permissions import Permission as P
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

ME = "/api/v1/me"


def token_of(client):
    return {"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}


def test_a_token_speaks_for_its_person(world):
    answer = world.api("sato", P.KB_READ).get(ME)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.json["name"] == "佐藤 律"
    assert answer.json["permissions"] == ["kb:read"]
    assert [one["code"] for one in answer.json["programmes"]] == ["babysitter"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Bearer", "token_missing"),
        ("Basic c2F0bzp4", "token_missing"),
        ("Bearer a b", "token_missing"),
        ("Bearer mdg_" + "a" * 300, "token_missing"),
        ("Bearer mdg_" + "a" * 43, "token_unknown"),
        ("bearer x", "token_unknown"),
    ],
)
def test_nobody_comes_in_without_a_token(world, header, code):
    headers = {} if header is None else {"Authorization": header}
    answer = world.client().get(ME, headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == code
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert ("invalid_token" in answer.headers["WWW-Authenticate"]) is (code != "token_missing")


def test_a_cookie_opens_nothing_and_a_token_opens_no_page(world):
    assert world.client("sato").get(ME).status_code == 401
    assert world.api("sato").get("/tickets").status_code == 303
    assert world.api("sato").post("/sign-out").status_code == 303
    browser = world.client("sato")
    assert browser.get(ME, headers=token_of(world.api("aoki"))).json["name"] == "青木 晴"
    assert browser.get("/account").status_code == 200


def test_a_token_in_the_address_opens_nothing(world):
    secret = token_of(world.api("sato"))["Authorization"].removeprefix("Bearer ")
    assert world.client().get(f"{ME}?access_token={secret}").status_code == 401


def test_a_request_without_the_form_token_is_no_forgery(world, app):
    app.config["WTF_CSRF_ENABLED"] = True
    assert world.api("sato").post(ME).status_code == 405


@pytest.mark.parametrize("why", ["expired", "revoked", "shut_out"])
def test_a_token_that_is_over_says_why(world, why):
    client = world.api("aoki")
    at = now()
    with writing():
        if why == "revoked":
            tokens.revoke(db.session.query(ApiToken).one().id, by=world.aoki)
        if why == "shut_out":
            for designation in world.aoki.designations:
                designation.designated_on = today() + timedelta(days=9)
            audit.record(Action.STAFF_CHANGED, by=world.honda, on=world.aoki)
    if why == "expired":
        at += timedelta(days=91)
    with time_machine.travel(at):
        answer = client.get(ME)
    assert (answer.status_code, answer.json["code"]) == (401, f"token_{why}")
    entry = world.entries(Action.API_TOKEN_REFUSED)[-1]
    assert json.loads(entry.facts)["why"] == why
    assert (entry.kind, entry.result, entry.actor) == ("api_token", "refused", "anonymous")


def test_the_clauses_are_confirmed_by_the_person_first(world):
    client = world.api("aoki")
    assert client.get(ME).status_code == 200
    with writing():
        clauses.publish("新しい条項です。" * 20, in_force_on=today(), by=world.honda)
    answer = client.get(ME)
    assert (answer.status_code, answer.json["code"]) == (403, "clauses_unconfirmed")
    with writing():
        clauses.confirm(world.aoki, clauses.current())
    assert client.get(ME).status_code == 200


def test_the_first_use_of_a_day_is_written_down_once(world):
    client = world.api("aoki")
    for _ in range(3):
        assert client.get(ME).status_code == 200
    assert len(world.entries(Action.API_TOKEN_USED)) == 1
    assert db.session.query(ApiToken).one().last_used_on == today()
    with time_machine.travel(now() + timedelta(days=1)):
        client.get(ME)
    used = world.entries(Action.API_TOKEN_USED)
    assert [entry.actor for entry in used] == [world.aoki.id.hex] * 2


def test_a_refusal_is_written_down_with_the_token_it_came_by(world):
    client = world.api("aoki", P.KB_READ)
    world.app.view_functions["api.me"].permission = P.KB_WRITE
    try:
        answer = client.get(ME)
    finally:
        world.app.view_functions["api.me"].permission = P.SIGNED_IN
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    entry = world.entries(Action.REQUEST_REFUSED)[-1]
    assert entry.actor == world.aoki.id.hex
    assert entry.session == db.session.query(ApiToken).one().id.hex


def test_wrong_tokens_wait_and_right_ones_do_not(world):
    right, wrong = world.api("aoki"), {"Authorization": "Bearer mdg_" + "a" * 43}
    statuses = [world.client().get(ME, headers=wrong).status_code for _ in range(33)]
    assert statuses == [401] * 30 + [429] * 3
    answer = world.client().get(ME, headers=wrong)
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert answer.json["code"] == "locked_out"
    assert right.get(ME).status_code == 200
    assert len(world.entries(Action.API_TOKEN_REFUSED)) == 30
    assert len(world.entries(Action.SIGN_IN_LOCKED)) == 1
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert world.client().get(ME, headers=wrong).status_code == 401
    form = {"sign_in_name": "aoki", "password": "wrong"}
    assert world.client().post("/sign-in", data=form).status_code == 422


def test_an_old_token_shuts_no_sign_in_out(world):
    for _ in range(31):
        world.client().get(ME, headers={"Authorization": "Bearer mdg_" + "a" * 43})
    assert {count.against for count in db.session.query(AttemptCount)} == {Against.TOKEN}
