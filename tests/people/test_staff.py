"""Who may work here, from when to when, and what may be changed about a person."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from callcenter.clock import from_japan, today
from callcenter.db import db, writing
from callcenter.errors import Conflict, Invalid
from callcenter.people import sessions
from callcenter.people.session_record import Ended
from callcenter.people.staff import (
    Staff,
    StaffState,
    anybody,
    appoint,
    check_sign_in_name,
    colleagues,
    designated,
)
from callcenter.permissions import Permission, Role, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Programme


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("aoki", "aoki"),
        ("AOKI", "aoki"),
        ("ａｏｋｉ．ｈａｒｕ", "aoki.haru"),
        (" aoki ", "aoki"),
        ("a", "a"),
        ("a1_b-c.d9", "a1_b-c.d9"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_plain_sign_in_name_is_folded(typed, kept):
    assert check_sign_in_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param("аoki", id="cyrillic a"),
        pytest.param("ao\u200bki", id="zero width space"),
        pytest.param("ao\u00adki", id="soft hyphen"),
        pytest.param("ao\u202eki", id="turned direction"),
        pytest.param("aokı", id="dotless i"),
        pytest.param("青木", id="kanji"),
        pytest.param("ao ki", id="blank inside"),
        pytest.param(".aoki", id="dot first"),
        pytest.param("aoki-", id="dash last"),
        pytest.param("x" * 41, id="too long"),
        pytest.param("a\nb", id="line end"),
    ],
)
def test_a_sign_in_name_that_may_deceive_is_refused(typed):
    with pytest.raises(Invalid):
        check_sign_in_name(typed)


def _appoint(world, **values):
    given = {
        "by": world.honda,
        "sign_in_name": "mori",
        "name": "森 直",
        "kana": "モリ ナオ",
        "role": Role.PHONE_AGENT,
        "programmes": [world.programme],
    }
    with writing():
        return appoint(**{**given, **values})


def test_a_new_person_is_invited_designated_and_assigned(world):
    person = _appoint(world)
    assert person.state is StaffState.INVITED
    assert person.side is Side.CONTRACTOR
    assert person.programme_ids == (world.programme.id,)
    assert world.period.id in person.period_ids
    assert person.password_hash is None
    assert world.entries(Action.STAFF_CREATED)[-1].object_id == person.id.hex


@pytest.mark.parametrize("name", ["aoki", "AOKI", "ａｏｋｉ"])
def test_a_taken_sign_in_name_is_refused_in_any_spelling(world, name):
    with pytest.raises(Conflict, match="すでに使われ"):
        _appoint(world, sign_in_name=name)


def test_a_name_is_sealed_in_the_database(world):
    rows = db.session.execute(text("SELECT name, kana FROM staff")).all()
    kept = b"".join(bytes(value) for row in rows for value in row)
    assert "青木".encode() not in kept
    assert "アオキ".encode() not in kept
    assert world.aoki.display_name == "青木 晴"


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        pytest.param(from_japan(2026, 6, 9, 23, 59), False, id="the day before"),
        pytest.param(from_japan(2026, 6, 10, 0, 0), True, id="the first day begins in Japan"),
        pytest.param(from_japan(2026, 6, 20, 23, 59), True, id="the last day"),
        pytest.param(from_japan(2026, 6, 21, 0, 0), False, id="the day after"),
    ],
)
def test_a_person_works_from_designation_to_release(world, moment, works):
    person = _appoint(world, designated_on=date(2026, 6, 10), released_on=date(2026, 6, 20))
    with time_machine.travel(moment, tick=False):
        assert person.is_designated(today()) is works
        found = db.session.scalars(Staff.visible_to(person).where(designated(today()), Staff.id == person.id))
        assert (found.first() is not None) is works


def test_designations_follow_each_other_and_never_overlap(world):
    person = _appoint(world, designated_on=date(2026, 4, 1), released_on=date(2026, 6, 30))
    with pytest.raises(Conflict, match="すでに指定"), writing():
        person.designate(by=world.honda, on=date(2026, 6, 30))
    with writing():
        person.designate(by=world.honda, on=date(2026, 7, 1), until=date(2026, 9, 30))
    assert [d.designated_on.month for d in person.designations] == [4, 7]
    with pytest.raises(Invalid), writing():
        person.designate(by=world.honda, on=date(2027, 7, 1), until=date(2027, 6, 30))


def test_a_release_is_recorded_with_who_and_when(world):
    person = _appoint(world, designated_on=date(2020, 4, 1))
    with time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC), tick=False):
        with writing():
            person.release(by=world.sato, on=date(2026, 6, 3))
        assert person.released_on == date(2026, 6, 3)
        assert person.designation.released_by == world.sato.id.hex
    assert not person.is_designated(date(2026, 6, 4))


def test_nobody_releases_disables_or_promotes_themselves(world):
    honda = world.honda
    for deed in (
        lambda: honda.release(by=honda, on=date(2030, 1, 1)),
        lambda: honda.disable(by=honda, reason="試し"),
        lambda: honda.change_role(by=honda, role=Role.SUPERVISOR),
    ):
        with pytest.raises(Conflict, match="自分自身"):
            deed()


def test_a_contractors_person_never_becomes_the_wards(world):
    with pytest.raises(Conflict, match="入れ替え"):
        world.aoki.change_role(by=world.honda, role=Role.WARD_STAFF)
    with pytest.raises(Conflict, match="入れ替え"):
        world.kato.change_role(by=world.kimura, role=Role.PHONE_AGENT)


@pytest.mark.parametrize(
    "statement", ["UPDATE staff SET side = 'ward'", "UPDATE staff SET role = 'ward_staff'"]
)
def test_the_database_itself_keeps_side_and_role_together(world, statement):
    with pytest.raises(IntegrityError):
        db.session.execute(text(f"{statement} WHERE sign_in_name = 'aoki'"))
    db.session.rollback()


def test_a_changed_role_acts_on_the_next_request(world):
    client = world.client("aoki")
    assert client.get("/staff").status_code == 403
    with writing():
        world.aoki.change_role(by=world.honda, role=Role.SUPERVISOR)
    assert client.get("/account").status_code == 303
    assert world.client("aoki").get("/staff").status_code == 200


def test_roles_give_words_and_nothing_else(world):
    assert world.aoki.may(Permission.TICKETS_WRITE)
    assert not world.aoki.may(Permission.STAFF_READ)
    assert world.kato.may(Permission.APPLICATIONS_DECIDE)
    assert not any(
        person.may(Permission.APPLICATIONS_DECIDE)
        for person in db.session.scalars(db.select(Staff).where(Staff.side == Side.CONTRACTOR))
    )


def test_assignments_are_exchanged_as_a_whole(world):
    other = db.session.query(Programme).filter_by(code="neighbour").one()
    person = world.aoki
    assert person.programme_ids == (world.programme.id,)
    with writing():
        person.assign(by=world.honda, programmes=[other])
    assert person.programme_ids == (other.id,)
    assert world.period.id not in person.period_ids
    with writing():
        person.assign(by=world.honda, programmes=[])
    assert person.programme_ids == ()
    assert person.period_ids == ()


def test_people_see_colleagues_and_administrators_see_all(world):
    seen = set(db.session.scalars(Staff.visible_to(world.sato)))
    assert world.aoki in seen
    assert world.yoso not in seen
    assert world.yoso in set(db.session.scalars(Staff.visible_to(world.honda)))
    assert set(db.session.scalars(Staff.visible_to(world.yoso))) == {world.yoso}


def test_work_is_given_to_active_designated_colleagues(world):
    with writing():
        world.ueda.disable(by=world.honda, reason="退職")
        world.ito.release(by=world.honda, on=date(2020, 4, 2))
    found = colleagues(world.aoki)
    assert world.sato in found
    assert world.ueda not in found
    assert world.ito not in found
    assert [p.kana for p in found] == sorted(p.kana for p in found)


def test_disabling_ends_every_session_and_keeps_the_reason_sealed(world):
    with writing():
        sessions.begin(world.aoki, address="127.0.0.1")
        world.aoki.disable(by=world.honda, reason="端末の紛失")
    assert sessions.live_of(world.aoki) == []
    entry = world.entries(Action.STAFF_CHANGED)[-1]
    assert "端末" not in entry.facts
    assert audit.open_reason(entry) == "端末の紛失"


def test_two_people_are_never_equal(world):
    assert world.aoki != world.ueda
    assert world.aoki == world.aoki


def test_somebody_is_registered(world):
    assert anybody()


def test_a_disabled_person_comes_back_with_the_old_password(world):
    with writing():
        world.aoki.disable(by=world.honda, reason="休職")
    with writing():
        world.aoki.enable(by=world.honda, reason="復職")
    assert world.aoki.state is StaffState.ACTIVE
    assert Ended.DISABLED not in {row.ended_why for row in sessions.live_of(world.aoki)}


def test_release_yesterday_is_possible_and_immediate(world):
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()
    client = world.client("aoki")
    assert client.get("/account").status_code == 200
    with writing():
        world.aoki.release(by=world.honda, on=yesterday)
    assert client.get("/account").status_code == 303
