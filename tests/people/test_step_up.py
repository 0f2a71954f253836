"""Proving again who one is: five minutes, by code or password, under a new token."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from callcenter.clock import now
from callcenter.people import sessions
from callcenter.people.step_up import StepUpNeeded, is_fresh, require_fresh
from callcenter.privacy.actions import Action

START = datetime(2026, 6, 1, 1, tzinfo=UTC)


@pytest.fixture
def later(door):
    """Honda's browser in a demo, ten minutes after signing in."""
    door.make_demo()
    with time_machine.travel(START, tick=False) as clock:
        client, _answer = door.enter("honda")
        clock.shift(timedelta(minutes=10))
        yield client, clock


def test_a_dangerous_page_leads_to_the_proof_and_back(door, later):
    client, _clock = later
    answer = client.get("/staff/new")
    assert (answer.status_code, answer.location) == (303, "/step-up?next=/staff/new")
    answer = client.post("/step-up?next=/staff/new", data={"proof": door.password})
    assert (answer.status_code, answer.location) == (303, "/staff/new")
    assert client.get("/staff/new").status_code == 200
    assert door.world.entries(Action.STEPPED_UP)[-1].actor == door.world.honda.id.hex


def test_the_proof_lasts_five_minutes(door, later):
    client, clock = later
    client.post("/step-up", data={"proof": door.password})
    clock.shift(timedelta(minutes=4, seconds=59))
    assert client.get("/staff/new").status_code == 200
    clock.shift(2)
    assert client.get("/staff/new").status_code == 303


def test_the_proof_renews_the_token(door, later):
    client, _clock = later
    with client.session_transaction() as cookie:
        before = cookie["_user_id"]
    client.post("/step-up", data={"proof": door.password})
    assert sessions.load(before) is None
    assert client.get("/account").status_code == 200


def test_a_wrong_proof_is_said_and_slowed(door, later):
    client, _clock = later
    answers = [client.post("/step-up", data={"proof": "wrong-password"}) for _time in range(6)]
    assert [a.status_code for a in answers] == [422] * 6
    assert "パスワードが違います" in answers[0].text
    assert "約1分後" in answers[5].text
    assert client.get("/staff/new").status_code == 303


def test_the_proof_of_one_session_is_not_that_of_another(door, later):
    client, _clock = later
    with time_machine.travel(START, tick=False):
        other, _answer = door.enter("honda")
    client.post("/step-up", data={"proof": door.password})
    assert client.get("/staff/new").status_code == 200
    assert other.get("/staff/new").status_code == 303


def test_who_has_an_authenticator_proves_by_its_code(door):
    codes = door.enrol("honda")
    client = door.world.client("honda")
    assert client.post("/step-up", data={"proof": door.password}).status_code == 422
    assert client.post("/step-up", data={"proof": codes.at(now())}).status_code == 303
    assert client.post("/step-up", data={"proof": codes.at(now())}).status_code == 422


def test_a_foreign_page_does_not_follow_the_proof(door, later):
    client, _clock = later
    answer = client.post("/step-up?next=//evil.example", data={"proof": door.password})
    assert answer.location == "/"


def test_a_fragment_is_told_where_to_go(later):
    client, _clock = later
    answer = client.get("/staff/new", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/step-up?next=/staff/new")


def test_no_session_is_never_fresh(world):
    assert not is_fresh(None)
    with world.app.test_request_context(), pytest.raises(StepUpNeeded):
        require_fresh(None)
