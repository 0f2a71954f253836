"""The list of staff and what an administrator does to a person."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from callcenter.clock import today
from callcenter.db import db, new_id, writing
from callcenter.people import attempts, sessions, totp
from callcenter.people.session_record import SignInSession
from callcenter.people.staff import Staff, StaffState
from callcenter.permissions import Role
from callcenter.privacy.actions import Action

READERS = {"sato", "kato", "ono", "kondo", "honda"}


def _form(world, **changes):
    return {
        "name": "森 直",
        "kana": "モリ ナオ",
        "sign_in_name": "mori",
        "role": "phone_agent",
        "programmes": [str(world.programme.id)],
        "designated_on": "令和8年4月1日",
        "released_on": "",
        "once": new_id().hex,
        **changes,
    }


def _at(person, path=""):
    return f"/staff/{person.id}{path}"


def test_the_list_is_for_those_who_may_read_it(world):
    for name in ("aoki", "ito", "sato", "endo", "okada", "kato", "ono", "kondo", "honda"):
        answer = world.client(name).get("/staff")
        assert answer.status_code == (200 if name in READERS else 403), name


def test_the_list_shows_colleagues_and_is_audited(world):
    page = world.client("sato").get("/staff").text
    assert "青木 晴" in page
    assert "余所 望" not in page
    entry = world.entries(Action.LIST_VIEWED)[-1]
    assert (entry.actor, entry.is_read) == (world.sato.id.hex, True)


def test_a_person_of_another_programme_is_not_found(world):
    client = world.client("sato")
    for path in (_at(world.yoso), f"/staff/{new_id()}"):
        assert client.get(path).status_code == 404
    assert client.post(_at(world.yoso, "/session-endings")).status_code == 404
    assert world.entries(Action.REQUEST_REFUSED)[-1].actor == world.sato.id.hex


def test_an_administrator_enters_a_person(world):
    client = world.client("honda")
    answer = client.post("/staff", data=_form(world))
    person = Staff.named("mori")
    assert (answer.status_code, answer.location) == (303, _at(person))
    assert (person.name, person.role, person.state) == ("森 直", Role.PHONE_AGENT, StaffState.INVITED)
    assert person.designated_on == date(2026, 4, 1)
    assert person.programme_ids == (world.programme.id,)
    assert world.entries(Action.STAFF_CREATED)[-1].actor == world.honda.id.hex
    assert "森 直" in client.get(answer.location).text


def test_a_double_click_makes_one_person(world):
    client, form = world.client("honda"), _form(world)
    first, second = client.post("/staff", data=form), client.post("/staff", data=form)
    assert first.location == second.location
    assert second.status_code == 303
    assert len(world.entries(Action.STAFF_CREATED)) == 14


def test_bad_input_is_said_at_the_field_and_enters_nobody(world):
    client = world.client("honda")
    for changes, text in (
        ({"name": ""}, "入力してください"),
        ({"name": "森" * 61}, "60文字以内"),
        ({"name": "森\x00直"}, "使えない文字"),
        ({"sign_in_name": "森"}, "半角の英小文字"),
        ({"sign_in_name": "aoki"}, "すでに使われています"),
        ({"role": "king"}, "一覧から選んで"),
        ({"role": ""}, "選んでください"),
        ({"designated_on": "令和8年13月1日"}, "日付として読めません"),
        ({"released_on": "2020-01-01"}, "指定日以後"),
        ({"programmes": [str(new_id())]}, "一覧から選んで"),
    ):
        answer = client.post("/staff", data=_form(world, **changes))
        assert (answer.status_code, text in answer.text) == (422, True), (changes, answer.status_code)
        assert "モリ ナオ" in answer.text
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Staff)) == 13


@pytest.mark.parametrize("name", ["aoki", "sato", "kato", "ono", "kondo"])
def test_others_enter_and_change_nobody(world, name):
    client = world.client(name)
    assert client.get("/staff/new").status_code == 403
    assert client.post("/staff", data=_form(world)).status_code == 403
    for path in (
        "names",
        "roles",
        "assignments",
        "designations",
        "releases",
        "invitations",
        "factor-removals",
        "disablements",
        "enablements",
    ):
        assert client.post(_at(world.ueda, f"/{path}"), data={"reason": "x"}).status_code == 403, path
    assert world.ueda.state is StaffState.ACTIVE


def test_extra_fields_change_nothing(world):
    form = _form(world, state="active", side="ward", password_hash="x", id=str(world.aoki.id), is_admin="1")
    world.client("honda").post("/staff", data=form)
    person = Staff.named("mori")
    assert (person.state, person.side.value, person.password_hash) == (StaffState.INVITED, "contractor", None)
    assert person.id != world.aoki.id


def test_a_stale_administrator_keeps_what_was_typed(world):
    client = world.client("honda")
    with writing():
        sessions.change_live(SignInSession.staff_id == world.honda.id, step_up_at=None)
    answer = client.post("/staff", data=_form(world))
    assert answer.status_code == 403
    assert "森 直" in answer.text
    assert "本人確認を開く" in answer.text
    assert client.post(_at(world.aoki, "/invitations")).location == f"/step-up?next={_at(world.aoki)}"
    assert Staff.named("mori") is None


def test_an_invitation_code_is_shown_once_and_never_kept(world):
    client = world.client("honda")
    answer = client.post(_at(world.aoki, "/invitations"))
    code = re.search(r"<code[^>]*>([A-Z0-9-]{29})</code>", answer.text)[1]
    assert answer.headers["Cache-Control"] == "no-store"
    assert code not in client.get(_at(world.aoki)).text
    assert world.aoki.state is StaffState.INVITED
    assert world.aoki.password_hash is None
    entry = world.entries(Action.STAFF_INVITED)[-1]
    assert (entry.object_id, code in entry.facts) == (world.aoki.id.hex, False)


def test_each_change_is_done_and_audited(world):
    client = world.client("honda")
    day = today() + timedelta(days=30)
    for path, form, holds in (
        ("names", {"name": "青木 晴子", "kana": "アオキ ハルコ"}, lambda p: p.name == "青木 晴子"),
        ("roles", {"role": "mail_agent"}, lambda p: p.role is Role.MAIL_AGENT),
        ("assignments", {}, lambda p: p.programme_ids == ()),
        ("releases", {"on": day.isoformat()}, lambda p: p.released_on == day),
        ("disablements", {"reason": "休職"}, lambda p: p.state is StaffState.DISABLED),
        ("enablements", {"reason": "復職"}, lambda p: p.state is StaffState.ACTIVE),
    ):
        before = len(world.entries(Action.STAFF_CHANGED))
        answer = client.post(_at(world.aoki, f"/{path}"), data=form)
        assert (answer.status_code, answer.location) == (303, _at(world.aoki)), path
        db.session.expire_all()
        person = Staff.named("aoki")
        person._programme_ids = None
        assert holds(person), path
        assert len(world.entries(Action.STAFF_CHANGED)) == before + 1, path


def test_what_the_house_refuses_is_said_at_the_field(world):
    client = world.client("honda")
    for person, path, form, text in (
        (world.aoki, "names", {"name": "", "kana": ""}, "入力してください"),
        (world.aoki, "roles", {"role": "ward_staff"}, "入れ替えられません"),
        (world.honda, "roles", {"role": "supervisor"}, "自分自身の役割"),
        (world.aoki, "designations", {"designated_on": "2026-06-01"}, "すでに指定"),
        (world.aoki, "releases", {"on": "2019-01-01"}, "指定日以後"),
        (world.honda, "releases", {"on": "2030-01-01"}, "自分自身の指定"),
        (world.aoki, "disablements", {"reason": " "}, "入力してください"),
        (world.honda, "disablements", {"reason": "試し"}, "自分自身"),
    ):
        answer = client.post(_at(person, f"/{path}"), data=form)
        assert (answer.status_code, text in answer.text) == (422, True), (path, answer.status_code)


def test_nobody_invites_themselves_from_the_page(world):
    answer = world.client("honda").post(_at(world.honda, "/invitations"))
    assert answer.status_code == 409


def test_a_lost_device_is_reset(door):
    door.enrol("aoki")
    answer = door.world.client("honda").post(_at(door.world.aoki, "/factor-removals"))
    assert "招待コード" in answer.text
    assert totp.of(door.world.aoki) is None
    assert door.world.aoki.password_hash is None


def test_a_supervisor_signs_an_agent_out_and_unlocks(door):
    world = door.world
    agent, supervisor = world.client("aoki"), world.client("sato")
    for _time in range(5):
        door.enter("aoki", "wrong-password-here")
    page = supervisor.get(_at(world.aoki)).text
    assert "待ち時間を取り消す" in page
    assert supervisor.post(_at(world.aoki, "/unlocks")).status_code == 303
    assert attempts.blocked_until(world.aoki) is None
    assert supervisor.post(_at(world.aoki, "/session-endings")).status_code == 303
    assert agent.get("/account").status_code == 303
    assert world.entries(Action.SESSION_KILLED)[-1].actor == world.sato.id.hex


@pytest.mark.parametrize("name", ["ono", "kondo"])
def test_readers_do_not_sign_out_or_unlock(world, name):
    client = world.client(name)
    assert client.post(_at(world.aoki, "/unlocks")).status_code == 404
    assert client.post(_at(world.aoki, "/session-endings")).status_code == 404
    page = client.get(_at(world.aoki)).text
    assert "招待コードを作る" not in page
    assert "すべて終了する" not in page


def test_get_changes_nothing(world):
    client = world.client("honda")
    for path in ("names", "roles", "assignments", "designations", "releases", "invitations", "disablements"):
        assert client.get(_at(world.aoki, f"/{path}")).status_code == 405


def test_no_page_holds_a_password_field_for_another_person(world):
    client = world.client("honda")
    for path in ("/staff/new", _at(world.aoki)):
        assert 'type="password"' not in client.get(path).text
