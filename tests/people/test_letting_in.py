"""Who lets a person in: the ward its own people, the contractor's administrator theirs."""

from types import SimpleNamespace

import pytest

from callcenter.db import db, writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people import codes, inviting, letting_in, totp
from callcenter.people.codes import Purpose
from callcenter.people.staff import Staff, StaffState, ward_has_come
from callcenter.permissions import SIDES, Permission, Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

CONTRACTORS = [role for role in Role if role not in (Role.WARD_STAFF, Role.WARD_AUDITOR)]
OTHERS = [role for role in Role if role not in (Role.WARD_STAFF, Role.ADMINISTRATOR)]


def somebody(role, *programmes):
    return SimpleNamespace(role=role, side=SIDES[role], programme_ids=programmes or ("home",))


@pytest.mark.parametrize(
    ("by", "person", "allowed"),
    [
        (somebody(Role.WARD_STAFF), somebody(Role.WARD_STAFF), True),
        (somebody(Role.WARD_STAFF), somebody(Role.WARD_AUDITOR), True),
        (somebody(Role.WARD_STAFF, "home", "other"), somebody(Role.WARD_STAFF, "other"), True),
        (somebody(Role.WARD_STAFF, "other"), somebody(Role.WARD_STAFF), False),
        (somebody(Role.ADMINISTRATOR), somebody(Role.WARD_STAFF), False),
        (somebody(Role.ADMINISTRATOR), somebody(Role.WARD_AUDITOR), False),
        (audit.CONSOLE, somebody(Role.WARD_STAFF), False),
        (audit.SYSTEM, somebody(Role.WARD_STAFF), False),
        (audit.SYSTEM, somebody(Role.PHONE_AGENT), False),
        (audit.STRANGER, somebody(Role.PHONE_AGENT), False),
        (audit.CONSOLE, somebody(Role.PHONE_AGENT), True),
        *((somebody(role), somebody(Role.WARD_STAFF), False) for role in OTHERS),
        *((somebody(role), somebody(Role.PHONE_AGENT), False) for role in OTHERS),
        *((somebody(Role.ADMINISTRATOR), somebody(role), True) for role in CONTRACTORS),
        *((somebody(Role.WARD_STAFF), somebody(role), False) for role in CONTRACTORS),
    ],
)
def test_each_side_lets_its_own_people_in(by, person, allowed):
    assert letting_in.may_let_in(by, person) is allowed
    if not allowed:
        with pytest.raises(Forbidden) as refused:
            letting_in.require(by, person)
        assert refused.value.code == ("ward_alone" if person.side == "ward" else "administrator_alone")


@pytest.mark.parametrize(
    ("by", "person", "ward_has_come", "allowed"),
    [
        (somebody(Role.ADMINISTRATOR), somebody(Role.WARD_STAFF), False, True),
        (somebody(Role.ADMINISTRATOR), somebody(Role.WARD_STAFF), True, False),
        (somebody(Role.ADMINISTRATOR), somebody(Role.WARD_AUDITOR), False, False),
        (somebody(Role.ADMINISTRATOR), somebody(Role.PHONE_AGENT), False, False),
        (somebody(Role.WARD_STAFF), somebody(Role.WARD_STAFF), False, False),
        (audit.CONSOLE, somebody(Role.WARD_STAFF), True, True),
        (audit.CONSOLE, somebody(Role.WARD_AUDITOR), False, True),
        (audit.CONSOLE, somebody(Role.PHONE_AGENT), False, False),
        (audit.SYSTEM, somebody(Role.WARD_STAFF), False, False),
        *((somebody(role), somebody(Role.WARD_STAFF), False, False) for role in OTHERS),
    ],
)
def test_a_paper_of_the_ward_stands_in_at_the_beginning_and_on_the_console(
    by, person, ward_has_come, allowed
):
    assert letting_in.may_invite_on_paper(by, person, ward_has_come=ward_has_come) is allowed


# --- in the house


@pytest.fixture
def beginning(world):
    """The world before anybody of the ward came in."""
    with writing():
        for name in ("kato", "kimura", "kondo"):
            person = Staff.named(name)
            person.password_hash = person.password_set_at = None
            person.state = StaffState.INVITED
        audit.record(Action.STAFF_CHANGED, by=audit.CONSOLE)
    return world


DEEDS = {
    "invite": lambda person, by: inviting.invite(person, by=by),
    "lost device": lambda person, by: inviting.reset_factor(person, by=by),
    "role": lambda person, by: person.change_role(by=by, role=Role.WARD_AUDITOR),
    "enable": lambda person, by: person.enable(by=by, reason="復職"),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", ["honda", "sato", "ono", "kondo", "yoso"])
def test_nobody_but_ward_staff_lets_a_ward_person_in(world, deed, name):
    with pytest.raises(Forbidden, match="区職員だけ"):
        DEEDS[deed](world.kimura, getattr(world, name))
    with pytest.raises(Forbidden):
        world.kimura.change_role(by=audit.CONSOLE, role=Role.WARD_AUDITOR)
    db.session.rollback()
    assert world.kimura.password_hash is not None


@pytest.mark.parametrize("deed", DEEDS)
def test_ward_staff_let_a_ward_person_in(world, deed):
    with writing():
        DEEDS[deed](world.kimura, world.kato)
    assert world.entries()[-1].actor == world.kato.id.hex


@pytest.mark.parametrize("deed", DEEDS)
def test_ward_staff_let_none_of_the_contractor_in(world, deed):
    with pytest.raises(Forbidden, match="管理者だけ"):
        DEEDS[deed](world.aoki, world.kato)


def test_the_first_of_the_ward_comes_by_a_numbered_paper(beginning):
    assert not ward_has_come()
    for paper in (None, "", "  ", "9" * 41):
        with pytest.raises(Invalid, match="指定書の番号"):
            inviting.invite(beginning.kato, by=beginning.honda, paper=paper)
    with writing():
        inviting.invite(beginning.kato, by=beginning.honda, paper=" 8新福子第123号 ")
    entry = beginning.entries(Action.STAFF_INVITED)[-1]
    assert (entry.actor, '"paper": "8新福子第123号"' in entry.facts) == (beginning.honda.id.hex, True)


def test_an_auditor_is_not_the_first_of_the_ward(beginning):
    with pytest.raises(Forbidden):
        inviting.invite(beginning.kondo, by=beginning.honda, paper="8新福子第123号")


def test_the_beginning_never_comes_back(beginning):
    with writing():
        beginning.kondo.keep_password("not-a-hash", by=audit.CONSOLE)
        beginning.kondo.disable(by=beginning.honda, reason="試し")
    with pytest.raises(Forbidden):
        inviting.invite(beginning.kato, by=beginning.honda, paper="8新福子第123号")


def test_a_contractors_invitation_asks_for_no_paper(beginning):
    with writing():
        assert inviting.invite(beginning.aoki, by=beginning.honda)
    assert beginning.entries(Action.STAFF_INVITED)[-1].facts == "{}"


def test_nobody_of_the_ward_invites_themselves(world):
    with pytest.raises(Conflict, match="自分自身"):
        inviting.invite(world.kato, by=world.kato)


# --- on the pages


def _at(person, path=""):
    return f"/staff/{person.id}{path}"


PATHS = {
    "invitations": {},
    "factor-removals": {},
    "roles": {"role": "ward_auditor"},
    "enablements": {"reason": "復職"},
}


def test_ward_staff_have_the_word_and_read_the_list_of_handlers(world):
    assert world.kato.may(Permission.STAFF_INVITE)
    assert not world.kato.may(Permission.STAFF_WRITE)
    client = world.client("kato")
    page = client.get("/staff").text
    assert "青木 晴" in page
    assert "利用者を登録" not in page


@pytest.mark.parametrize("path", PATHS)
def test_an_administrator_does_not_let_a_ward_person_in(world, path):
    for form in (PATHS[path], {"paper": "8新福子第123号"}, {}):
        answer = world.client("honda").post(_at(world.kimura, f"/{path}"), data=form)
        assert (answer.status_code, "ward_alone" in answer.text) == (403, True)
    assert "区職員に依頼してください" in answer.text
    assert '"code": "ward_alone"' in world.entries(Action.REQUEST_REFUSED)[-1].facts
    assert world.kimura.state is StaffState.ACTIVE


@pytest.mark.parametrize("path", PATHS)
def test_ward_staff_do_not_let_a_contractor_in(world, path):
    for form in (PATHS[path], {}):
        answer = world.client("kato").post(_at(world.aoki, f"/{path}"), data=form)
        assert (answer.status_code, "administrator_alone" in answer.text) == (403, True)


@pytest.mark.parametrize("path", ["unlocks", "session-endings"])
def test_ward_staff_neither_unlock_nor_sign_out_others(world, path):
    for person in (world.aoki, world.kimura):
        assert world.client("kato").post(_at(person, f"/{path}")).status_code == 404


def test_ward_staff_invite_and_change_a_ward_person(door):
    world, client = door.world, door.world.client("kato")
    door.enrol("kimura")
    page = client.get(_at(world.kimura)).text
    assert "認証アプリを取り消して招待し直す" in page
    assert "招待コード" in client.post(_at(world.kimura, "/factor-removals")).text
    assert totp.of(world.kimura) is None
    assert client.post(_at(world.kimura, "/roles"), data={"role": "ward_auditor"}).status_code == 303
    assert world.kimura.role is Role.WARD_AUDITOR
    with writing():
        world.kimura.disable(by=world.honda, reason="休職")
    assert "利用を再開する" in client.get(_at(world.kimura)).text
    assert client.post(_at(world.kimura, "/enablements"), data={"reason": ""}).status_code == 422
    assert client.post(_at(world.kimura, "/enablements"), data={"reason": "復職"}).status_code == 303
    assert world.kimura.state is StaffState.INVITED
    assert world.entries(Action.STAFF_CHANGED)[-1].actor == world.kato.id.hex


def test_a_page_offers_only_what_one_may_do(world):
    letting = ("招待コードを作る", "役割を変更する")
    changing = ("氏名を直す", "事業を変更する", "取扱者に指定する", "指定を解除する", "すぐに利用を停止する")
    for who, whom, offered, missing in (
        ("honda", "kimura", changing, letting),
        ("honda", "aoki", changing + letting, ()),
        ("kato", "kimura", letting, changing),
        ("kato", "aoki", (), letting + changing),
        ("kondo", "kimura", (), letting + changing),
    ):
        page = world.client(who).get(_at(getattr(world, whom))).text
        assert [word for word in offered if word not in page] == [], (who, whom)
        assert [word for word in missing if word in page] == [], (who, whom)


def test_an_administrator_reads_who_invites_a_ward_person(world):
    client, words = world.client("honda"), "区の職員の招待は区の職員が行います。"
    assert words in client.get(_at(world.kimura)).text
    assert words not in client.get(_at(world.aoki)).text
    assert words not in world.client("kato").get(_at(world.kimura)).text


def test_the_roles_offered_are_those_of_the_side(world):
    page = world.client("kato").get(_at(world.kimura)).text
    assert 'value="ward_auditor"' in page
    assert 'value="administrator"' not in page
    assert 'value="ward_staff"' not in world.client("honda").get(_at(world.aoki)).text


def test_ward_staff_do_not_see_when_and_where_a_contractor_works(world):
    world.client("aoki")
    client = world.client("kato")
    page = client.get(_at(world.aoki)).text
    assert "取扱者の指定" in page
    for word in ("127.0.0.1", "サインインしている場所", "認証アプリ"):
        assert word not in page, word
    assert "127.0.0.1" in world.client("sato").get(_at(world.aoki)).text


# --- the beginning, in the browser


def _code(answer):
    return answer.text.partition('code--large">')[2].partition("<")[0]


def test_an_administrator_invites_the_first_of_the_ward_on_paper(beginning):
    client = beginning.client("honda")
    assert "区の指定書の番号" in client.get(_at(beginning.kato)).text
    assert "区の指定書の番号" not in client.get(_at(beginning.kondo)).text
    for paper in ("", "9" * 41, "第\x00号"):
        answer = client.post(_at(beginning.kato, "/invitations"), data={"paper": paper})
        assert (answer.status_code, _code(answer)) == (422, "")
    answer = client.post(_at(beginning.kato, "/invitations"), data={"paper": "8新福子第123号"})
    assert answer.status_code == 200
    assert codes.valid(Purpose.INVITATION, _code(answer))
    assert "8新福子第123号" in beginning.entries(Action.STAFF_INVITED)[-1].facts
    assert client.post(_at(beginning.kondo, "/invitations"), data={"paper": "1"}).status_code == 403


def test_the_first_of_the_ward_ends_the_beginning(beginning):
    client, password = beginning.client("honda"), "あたらしい-水色の-自転車-七台"
    first, second = (
        _code(client.post(_at(person, "/invitations"), data={"paper": "8新福子第123号"}))
        for person in (beginning.kato, beginning.kimura)
    )
    stranger = beginning.client()
    sent = {"password": password, "again": password}
    assert stranger.post("/invitation", data={"code": first, **sent}).status_code == 303
    assert ward_has_come()
    assert stranger.post("/invitation", data={"code": second, **sent}).status_code == 422
    answer = client.post(_at(beginning.kimura, "/invitations"), data={"paper": "8新福子第124号"})
    assert answer.status_code == 403
    assert beginning.kimura.state is StaffState.INVITED
    third = _code(beginning.client("kato").post(_at(beginning.kimura, "/invitations")))
    assert stranger.post("/invitation", data={"code": third, **sent}).status_code == 303
