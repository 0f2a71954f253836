"""支援措置: off until approved, invisible to agents, and nothing is told of who has it."""

from datetime import date

import pytest

from callcenter.db import db, writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people import protection
from callcenter.people.callers import Caller
from callcenter.people.merging import merge
from callcenter.people.protection import Mark, ProtectionAlert, is_protected, set_mark
from callcenter.privacy import approvals
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra

NAME = "髙橋 花子"


@pytest.fixture
def hanako(world):
    with writing():
        return Caller.create(world.period, by=world.aoki, name=NAME)


@pytest.fixture
def approved(world):
    """The ward has entered its 付議番号 for the item."""
    with writing():
        approvals.approve(
            world.programme.id, Extra.PROTECTION_FLAG, by=world.kato, number="付議第7号", on=date(2025, 4, 1)
        )


@pytest.fixture
def protected(world, hanako, approved):
    with writing():
        set_mark(hanako, Mark.SET, by=world.kato, reason="区からの通知")
    return hanako


def test_the_flag_is_off_until_the_ward_approves_the_item(world, hanako):
    with pytest.raises(Forbidden, match="付議番号"):
        set_mark(hanako, Mark.SET, by=world.kato, reason="区からの通知")
    page = world.client("kato").post(
        f"/callers/{hanako.id}/protections", data={"mark": "set", "reason": "通知"}
    )
    assert page.status_code == 422
    assert "付議番号" in page.text


def test_the_flag_is_set_and_lifted_with_reasons(world, protected):
    assert is_protected(protected)
    with writing():
        set_mark(protected, Mark.LIFTED, by=world.kimura, reason="終了の通知")
    assert not is_protected(protected)
    assert len(world.entries(Action.PROTECTION_CHANGED)) == 2


@pytest.mark.parametrize("name", ["aoki", "sato", "honda"])
def test_only_ward_staff_set_it(world, hanako, approved, name):
    with pytest.raises(Forbidden):
        set_mark(hanako, Mark.SET, by=getattr(world, name), reason="通知")
    answer = world.client(name).post(
        f"/callers/{hanako.id}/protections", data={"mark": "set", "reason": "通知"}
    )
    assert answer.status_code == 403


def test_setting_it_twice_or_without_a_reason_is_refused(world, protected):
    with pytest.raises(Conflict):
        set_mark(protected, Mark.SET, by=world.kato, reason="通知")
    with pytest.raises(Invalid):
        set_mark(protected, Mark.LIFTED, by=world.kato, reason=" ")
    answer = world.client("kato").post(
        f"/callers/{protected.id}/protections", data={"mark": "x", "reason": ""}
    )
    assert answer.status_code == 422


def test_a_stranger_cannot_set_it(world, hanako, approved):
    answer = world.client("yoso").post(
        f"/callers/{hanako.id}/protections", data={"mark": "set", "reason": "通知"}
    )
    assert answer.status_code in (403, 404)


def test_the_ward_sets_it_on_the_page(world, hanako, approved):
    data = {"mark": "set", "reason": "区からの通知"}
    assert world.client("kato").post(f"/callers/{hanako.id}/protections", data=data).status_code == 303
    db.session.expire_all()
    assert is_protected(hanako)


def test_a_merged_record_protects_the_survivor(world, protected):
    with writing():
        other = Caller.create(world.period, by=world.aoki, name=NAME)
        merge(protected, other, by=world.sato, reason="同じ方")
    assert is_protected(other)


def test_agents_see_no_difference(world, protected):
    with writing():
        other = Caller.create(world.period, by=world.aoki, name=NAME)
    pages = [
        world.client("aoki").get(f"/callers/{caller.id}").text.replace(str(caller.id), "ID")
        for caller in (protected, other)
    ]
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    assert "支援措置" not in pages[0]


def without_tokens(page):
    """The page without what every answer has of its own: tokens, the time, and how far the live pages are."""
    own = ("csrf", "登録", "data-live-url")
    return [line for line in page.splitlines() if not any(word in line for word in own)]


def test_supervisors_and_the_ward_see_the_flag(world, protected):
    for name in ("sato", "kato"):
        assert "支援措置あり" in world.client(name).get(f"/callers/{protected.id}").text


def test_an_agent_is_told_nothing_and_the_supervisor_learns_of_it(world, protected):
    answer = world.client("aoki").post(
        f"/callers/{protected.id}/revelations?fields=name", data={"reason": "call_back"}
    )
    assert answer.status_code == 200
    assert NAME not in answer.text
    assert str(protection.NEUTRAL_WORDS) in answer.text
    assert not world.entries(Action.PERSONAL_REVEALED)
    assert world.entries(Action.PROTECTION_ASKED)[0].actor == world.aoki.actor_id
    page = world.client("sato").get("/protection-alerts")
    assert world.aoki.name in page.text
    alert = db.session.query(ProtectionAlert).one()
    address = f"/protection-alerts/{alert.id}/confirmations"
    assert world.client("sato").post(address).status_code == 303
    assert world.client("suzuki").post(address).status_code == 409
    assert world.suzuki.name not in world.client("sato").get("/protection-alerts").text


def test_alerts_are_for_those_who_may_know(world, protected):
    with writing():
        protection.alert(protected, by=world.aoki)
    alert = db.session.query(ProtectionAlert).one()
    assert world.client("aoki").get("/protection-alerts").status_code == 403
    assert world.client("yoso").post(f"/protection-alerts/{alert.id}/confirmations").status_code == 404
    assert world.aoki.name not in world.client("yoso").get("/protection-alerts").text


def test_the_supervisor_may_still_read(world, protected):
    data = {"reason": "call_back"}
    assert (
        NAME in world.client("sato").post(f"/callers/{protected.id}/revelations?fields=name", data=data).text
    )
