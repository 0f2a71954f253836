"""The first administrator's set-up and everybody's invitation."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, select

from callcenter.db import db, writing
from callcenter.errors import Conflict
from callcenter.people import codes, inviting, passwords, setup, totp
from callcenter.people.clauses import ClausesConfirmation
from callcenter.people.codes import OneTimeCode, Purpose
from callcenter.people.designations import Designation
from callcenter.people.session_record import SignInSession
from callcenter.people.staff import Assignment, Staff, StaffState
from callcenter.permissions import Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

NEW = "あたらしい-水色の-自転車-七台"
START = datetime(2026, 6, 1, 1, tzinfo=UTC)


@pytest.fixture
def empty(world):
    """The world before anybody was registered."""
    with writing():
        for model in (ClausesConfirmation, Assignment, Designation, SignInSession, Staff):
            db.session.execute(delete(model))
        audit.record(Action.HOUSE_PREPARED, by=audit.CONSOLE)
    return world


def _issue():
    with writing():
        return setup.issue_code()


def _filled(code, /, **changes):
    form = {"code": code, "name": "本田 樹", "kana": "ホンダ イツキ", "sign_in_name": "honda"}
    return {**form, "password": NEW, "again": NEW, **changes}


def test_an_empty_house_leads_to_the_set_up(empty):
    client = empty.client()
    assert client.get("/sign-in").location == "/setup"
    assert "最初の管理者の登録" in client.get("/setup").text


def test_the_code_registers_one_administrator_who_can_sign_in(empty):
    code = _issue()
    client = empty.client()
    assert client.post("/setup", data=_filled(code)).location == "/sign-in"
    person = Staff.named("honda")
    assert (person.role, person.state) == (Role.ADMINISTRATOR, StaffState.ACTIVE)
    assert person.programme_ids
    answer = client.post("/sign-in", data={"sign_in_name": "honda", "password": NEW})
    assert answer.status_code == 303
    assert client.get("/setup").location == "/sign-in"
    assert client.post("/setup", data=_filled(code, sign_in_name="second")).location == "/sign-in"
    assert Staff.named("second") is None
    assert empty.entries(Action.STAFF_CREATED)[-1].actor == "console"


def test_a_code_is_typed_in_any_case_without_dashes(empty):
    code = _issue().replace("-", "").lower()
    assert empty.client().post("/setup", data=_filled(code)).status_code == 303


def test_a_set_up_code_ends_after_a_day_and_with_the_next_one(empty):
    with time_machine.travel(START, tick=False) as clock:
        first = _issue()
        second = _issue()
        assert codes.valid(Purpose.SETUP, first) is None
        assert codes.valid(Purpose.SETUP, second) is not None
        clock.shift(timedelta(hours=24))
        answer = empty.client().post("/setup", data=_filled(second))
    assert answer.status_code == 422
    assert "このコードは使えません" in answer.text


def test_bad_input_is_said_and_uses_no_code_up(empty):
    code = _issue()
    cases = {
        "again": ("again", NEW + "x", "一つ目のパスワードと違います"),
        "weak": ("password", "short", "12文字以上"),
        "name in it": ("password", "honda-no-himitsu-1", "サインイン名や氏名"),
        "sign-in name": ("sign_in_name", "本田", "半角の英小文字"),
        "no name": ("name", " ", "入力してください"),
        "wrong code": ("code", "AAAA-BBBB", "このコードは使えません"),
    }
    for case, (field, value, text) in cases.items():
        changes = {field: value, **({"again": value} if field == "password" else {})}
        answer = empty.client().post("/setup", data=_filled(code, **changes))
        assert (answer.status_code, text in answer.text) == (422, True), case
        assert NEW not in answer.text, case
    assert empty.client().post("/setup", data=_filled(code)).status_code == 303


def test_no_set_up_code_is_given_in_a_house_with_people(world):
    with pytest.raises(Conflict), writing():
        setup.issue_code()


def test_codes_are_kept_as_digests(empty):
    code = _issue()
    kept = db.session.scalars(select(OneTimeCode.digest)).one()
    assert len(kept) == 64
    assert code.replace("-", "") not in kept
    assert len(code.replace("-", "")) == 24


def test_guessing_set_up_codes_is_slowed(empty):
    _issue()
    client = empty.client()
    answers = [client.post("/setup", data=_filled("AAAA-BBBB")) for _number in range(32)]
    assert "しばらくサインインできません" in answers[-1].text
    assert "しばらくサインインできません" not in answers[20].text


# --- invitations


def _invite(world, name="aoki"):
    with writing():
        return inviting.invite(Staff.named(name), by=world.honda)


def _accept(world, code, password=NEW, again=None, client=None):
    client = client or world.client()
    return client.post("/invitation", data={"code": code, "password": password, "again": again or password})


def test_an_invitation_sets_a_password_once(door):
    code = _invite(door.world)
    assert door.enter("aoki")[1].status_code == 422
    assert _accept(door.world, code).location == "/sign-in"
    assert door.enter("aoki", NEW)[1].status_code == 303
    answer = _accept(door.world, code, password="もうひとつの-緑の-自転車-八台")
    assert answer.status_code == 422
    entry = door.world.entries(Action.STAFF_PASSWORD_CHANGED)[-1]
    assert entry.actor == door.world.aoki.id.hex


def test_an_invitation_ends_after_three_days(door):
    with time_machine.travel(START, tick=False) as clock:
        code = _invite(door.world)
        clock.shift(timedelta(days=3))
        assert _accept(door.world, code).status_code == 422


def test_a_newer_invitation_voids_the_older(door):
    first, second = _invite(door.world), _invite(door.world)
    assert _accept(door.world, first).status_code == 422
    assert _accept(door.world, second).status_code == 303


def test_an_invitation_keeps_the_second_factor(door):
    door.enrol("aoki")
    _accept(door.world, _invite(door.world))
    _client, answer = door.enter("aoki", NEW)
    assert answer.location == "/sign-in/code"
    assert totp.of(door.world.aoki) is not None


def test_a_lost_device_costs_authenticator_password_and_sessions(door):
    door.enrol("aoki")
    client = door.world.client("aoki")
    with writing():
        code = inviting.reset_factor(door.world.aoki, by=door.world.honda)
    assert client.get("/account").status_code == 303
    assert totp.of(door.world.aoki) is None
    assert _accept(door.world, code).status_code == 303
    client, _answer = door.enter("aoki", NEW)
    assert client.get("/sign-in/code").location == "/account/factor"


def test_an_invitation_ends_a_lock_out(door):
    for _time in range(5):
        door.enter("aoki", "wrong-password-here")
    assert _accept(door.world, _invite(door.world)).status_code == 303
    assert door.enter("aoki", NEW)[1].status_code == 303


def test_a_weak_password_uses_no_invitation_up(door):
    code = _invite(door.world)
    for password in ("short", "青木 晴さんの家の鍵です", "password12345"):
        answer = _accept(door.world, code, password=password)
        assert answer.status_code == 422
    assert _accept(door.world, code).status_code == 303


def test_nobody_invites_themselves_or_the_disabled(world):
    with pytest.raises(Conflict, match="自分自身"):
        inviting.invite(world.honda, by=world.honda)
    with writing():
        world.aoki.disable(by=world.honda, reason="退職")
    with pytest.raises(Conflict, match="停止"):
        inviting.invite(world.aoki, by=world.honda)


def test_a_set_up_code_is_no_invitation(empty):
    code = _issue()
    assert _accept(empty, code).status_code == 422


def test_who_was_disabled_meanwhile_does_not_get_in_by_invitation(door):
    code = _invite(door.world)
    with writing():
        door.world.aoki.disable(by=door.world.honda, reason="採用の取消し")
    assert _accept(door.world, code).status_code == 422
    assert door.world.aoki.state is StaffState.DISABLED
    assert not passwords.fits(door.world.aoki.password_hash, NEW)
