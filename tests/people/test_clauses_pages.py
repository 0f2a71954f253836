"""The confidentiality clauses: nothing before confirming them, and again after each new version."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from callcenter.clock import today
from callcenter.db import db, writing
from callcenter.errors import Conflict, Invalid
from callcenter.people import clauses
from callcenter.privacy.actions import Action


def _publish(world, text="あたらしい条項の本文", on=None):
    with writing():
        return clauses.publish(text, by=world.honda, in_force_on=on)


def _confirm(client):
    page = client.get("/clauses")
    version = page.text.partition('name="version" value="')[2].partition('"')[0]
    return client.post("/clauses", data={"version": version, "read": "y"})


def test_the_first_version_speaks_of_the_four_duties(world):
    text = clauses.FIRST_TEXT.read_text()
    for duty in ("秘密を守る", "目的以外に使わない", "写しを作らない", "退職後も"):
        assert duty in text


def test_a_new_version_locks_everybody_until_they_confirm(world):
    clients = {name: world.client(name) for name in ("aoki", "sato", "honda", "kato")}
    assert all(client.get("/account").status_code == 200 for client in clients.values())
    _publish(world)
    for client in clients.values():
        for path in ("/account", "/staff", "/step-up", "/clauses/versions"):
            assert client.get(path).location == "/clauses"
        assert "あたらしい条項の本文" in client.get("/clauses").text
    assert _confirm(clients["aoki"]).status_code == 303
    assert clients["aoki"].get("/account").status_code == 200
    assert clients["sato"].get("/account").status_code == 303


def test_a_confirmation_is_recorded_once_with_its_version(world):
    version = _publish(world)
    client = world.client("aoki")
    assert _confirm(client).location == "/"
    assert client.post("/clauses", data={"version": version.id.hex, "read": "y"}).status_code == 303
    entries = world.entries(Action.CLAUSES_CONFIRMED)
    assert [e.actor for e in entries if e.object_id == version.id.hex] == [world.aoki.id.hex]
    assert world.aoki.id in clauses.confirmations(version)


def test_confirming_needs_the_mark(world):
    version = _publish(world)
    client = world.client("aoki")
    answer = client.post("/clauses", data={"version": version.id.hex})
    assert answer.status_code == 422
    assert "印を付けて" in answer.text
    assert client.get("/account").status_code == 303


def test_a_text_read_before_the_newest_came_confirms_nothing(world):
    first = _publish(world, "一つ目")
    client = world.client("aoki")
    _publish(world, "二つ目")
    answer = client.post("/clauses", data={"version": first.id.hex, "read": "y"})
    assert answer.status_code == 409
    assert client.get("/account").location == "/clauses"


def test_signing_out_is_possible_before_confirming(world):
    _publish(world)
    assert world.client("aoki").post("/sign-out").location == "/sign-in"


def test_a_version_comes_into_force_on_its_day(world):
    client = world.client("aoki")
    tomorrow = today() + timedelta(days=1)
    _publish(world, on=tomorrow)
    assert client.get("/account").status_code == 200
    with time_machine.travel(
        datetime(tomorrow.year, tomorrow.month, tomorrow.day, 0, 5, tzinfo=UTC), tick=False
    ):
        assert world.client("aoki").get("/account").location == "/clauses"


def test_an_older_version_published_late_does_not_hide_the_newest(world):
    newest = _publish(world, "二つ目")
    db.session.rollback()
    assert clauses.current().id == newest.id
    with pytest.raises(Conflict):
        clauses.confirm(world.aoki, clauses.versions()[-1])


@pytest.mark.parametrize("text", ["", "  \n", "x" * 20_001])
def test_an_empty_or_endless_text_is_refused(world, text):
    with pytest.raises(Invalid):
        _publish(world, text)


# --- the administrator's page


def _new(client, **changes):
    return client.post(
        "/clauses/versions", data={"text": "改訂した本文", "in_force_on": today().isoformat(), **changes}
    )


def test_an_administrator_publishes_and_has_to_confirm_too(world):
    client = world.client("honda")
    assert _new(client).location == "/clauses/versions"
    assert client.get("/account").location == "/clauses"
    assert world.entries(Action.CLAUSES_PUBLISHED)[-1].actor == world.honda.id.hex


def test_bad_input_is_said_and_publishes_nothing(world):
    client = world.client("honda")
    before = len(clauses.versions())
    for changes, text in (
        ({"text": " "}, "入力してください"),
        ({"in_force_on": "きのう"}, "日付として読めません"),
        ({"in_force_on": "2020-04-01"}, "今日より後"),
    ):
        answer = _new(client, **changes)
        assert (answer.status_code, text in answer.text) == (422, True)
    db.session.rollback()
    assert len(clauses.versions()) == before


@pytest.mark.parametrize("name", ["aoki", "sato", "kato", "kondo"])
def test_others_do_not_publish(world, name):
    client = world.client(name)
    assert client.get("/clauses/versions").status_code == 403
    assert _new(client).status_code == 403


def test_the_page_lists_versions_and_counts_confirmations(world):
    page = world.client("honda").get("/clauses/versions").text
    assert "第1版" in page
    assert "13人が確認" in page
