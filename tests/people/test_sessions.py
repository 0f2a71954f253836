"""Sessions: limits, killing for good, what they cost, what their ids are."""

import base64
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from callcenter.db import db, new_id, writing
from callcenter.errors import Conflict, NotFound
from callcenter.people import clauses, sessions
from callcenter.people.session_record import Ended, Factor, SignInSession, digest, new_token, why_over
from callcenter.people.staff import Staff
from callcenter.privacy.actions import Action

START = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)


def _begin(person, factor=Factor.TOTP):
    with writing():
        return sessions.begin(person, address="192.0.2.7", factor=factor)


@pytest.mark.parametrize(
    ("age", "idle", "over"),
    [
        (timedelta(0), timedelta(0), None),
        (timedelta(hours=9, minutes=59), timedelta(0), None),
        (timedelta(hours=10), timedelta(0), Ended.TOO_OLD),
        (timedelta(hours=1), timedelta(minutes=29, seconds=59), None),
        (timedelta(hours=1), timedelta(minutes=30), Ended.IDLE),
        (timedelta(hours=11), timedelta(hours=1), Ended.TOO_OLD),
    ],
)
def test_a_session_ends_after_half_an_hour_idle_and_ten_hours(age, idle, over):
    assert why_over(START, START + age - idle, START + age) is over


def test_a_token_has_256_bits_and_only_its_digest_is_kept(world):
    tokens = {_begin(world.aoki).token for _time in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)
    kept = " ".join(db.session.scalars(select(SignInSession.token_digest)))
    assert not any(token in kept for token in tokens)


def test_tokens_are_unique_and_even():
    drawn = {base64.urlsafe_b64decode(new_token() + "=") for _time in range(100_000)}
    assert len(drawn) == 100_000
    assert {len(token) for token in drawn} == {32}
    ones = sum(int.from_bytes(token, "big").bit_count() for token in drawn)
    assert abs(ones / (len(drawn) * 256) - 0.5) < 0.001


def test_a_live_token_brings_its_person_with_what_they_may_see(world):
    sign_in = _begin(world.aoki)
    db.session.rollback()
    person = sessions.load(sign_in.token)
    assert person.name == "青木 晴"
    assert person.get_id() == sign_in.token
    assert person.programme_ids == (world.programme.id,)
    assert person.period_ids == (world.period.id,)
    assert not person.sign_in.is_half
    assert not person.sign_in.owes_clauses


def test_loading_costs_one_query(world):
    sign_in = _begin(world.aoki)
    db.session.remove()
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    person = sessions.load(sign_in.token)
    _used = (
        person.programme_ids,
        person.period_ids,
        person.actor_id,
        person.actor_role,
        person.get_id(),
        person.role,
    )
    event.remove(db.engine, "before_cursor_execute", note)
    assert len([s for s in statements if s.startswith("SELECT")]) == 1


@pytest.mark.parametrize("token", ["", "x", "ひらがな", "' OR 1=1 --", "x" * 5000])
def test_an_unknown_token_is_nobodys(world, token):
    assert sessions.load(token) is None
    assert sessions.why_ended(token) is None


def test_idle_and_absolute_limits_hold_in_the_browser(world):
    with time_machine.travel(START, tick=False) as clock:
        client = world.client("aoki")
        clock.shift(timedelta(minutes=29))
        assert client.get("/account").status_code == 200
        clock.shift(timedelta(minutes=29))
        assert client.get("/account").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert client.get("/account").status_code == 303
        assert "30分間操作がなかった" in client.get("/sign-in").text


def test_ten_hours_end_a_session_however_busy(world):
    with time_machine.travel(START, tick=False) as clock:
        client = world.client("aoki")
        for _time in range(23):
            clock.shift(timedelta(minutes=25))
            assert client.get("/account").status_code == 200
        clock.shift(timedelta(minutes=25))
        assert client.get("/account").status_code == 303
        assert "10時間" in client.get("/sign-in").text


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(world):
    with time_machine.travel(START, tick=False) as clock:
        client = world.client("aoki")
        for _time in range(2):
            clock.shift(timedelta(minutes=14))
            assert client.get("/session").status_code == 200
        clock.shift(timedelta(minutes=3))
        assert client.get("/session", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


def test_an_act_is_noted_at_most_every_half_minute(world):
    def seen():
        db.session.rollback()
        return db.session.scalars(select(SignInSession.last_seen_at)).one()

    with time_machine.travel(START, tick=False) as clock:
        client = world.client("aoki")
        clock.shift(20)
        client.get("/account")
        assert seen() == START
        clock.shift(15)
        assert client.post("/session").status_code == 204
        assert seen() == START + timedelta(seconds=35)


def test_a_killed_session_is_dead_on_its_next_request(world):
    client, other = world.client("aoki"), world.client("aoki")
    mine = db.session.scalars(
        select(SignInSession).order_by(SignInSession.created_at, SignInSession.id)
    ).all()
    first = mine[0].id
    assert other.post(f"/account/sessions/{first}/endings").status_code == 303
    assert client.get("/account").status_code == 303
    assert other.get("/account").status_code == 200
    assert "別の画面から" in client.get("/sign-in").text
    assert world.entries(Action.SESSION_KILLED)[-1].object_id == first.hex


def test_a_session_killed_while_its_request_runs_stays_dead(world):
    """Two hundred times: one thread touches, one ends; whoever comes last, it is over."""
    app = world.app
    tokens = [_begin(world.aoki) for _time in range(200)]
    person_id = world.aoki.id
    db.session.rollback()
    barrier = threading.Barrier(2)

    def touch():
        for sign_in in tokens:
            barrier.wait()
            with app.app_context(), writing():
                sessions.change_live(SignInSession.id == sign_in.id, last_seen_at=START)

    def kill():
        for sign_in in tokens:
            barrier.wait()
            with app.app_context(), writing():
                sessions.change_live(SignInSession.id == sign_in.id, ended_at=START, ended_why=Ended.KILLED)

    threads = [threading.Thread(target=touch), threading.Thread(target=kill)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alive = select(SignInSession.id).where(
        SignInSession.staff_id == person_id, SignInSession.ended_at.is_(None)
    )
    assert db.session.scalars(alive).all() == []
    assert all(sessions.load(sign_in.token) is None for sign_in in tokens[:5])


def test_an_ended_session_cannot_be_renewed(world):
    sign_in = _begin(world.aoki)
    person = sessions.load(sign_in.token)
    with writing():
        sessions.end_all(person.id, why=Ended.KILLED)
    with pytest.raises(Conflict), writing():
        sessions.renew(person, factor=Factor.TOTP)
    assert sessions.load(sign_in.token) is None


def test_a_renewed_session_kills_the_old_token(world):
    old = _begin(world.aoki)
    person = sessions.load(old.token)
    with writing():
        new = sessions.renew(person, factor=Factor.TOTP)
    assert new.id == old.id
    assert sessions.load(old.token) is None
    assert sessions.load(new.token) == person


def test_a_supervisor_ends_a_colleagues_session_but_no_strangers(world):
    theirs, strangers = _begin(world.aoki), _begin(world.yoso)
    with writing():
        sessions.end(theirs.id, by=world.sato)
    assert sessions.why_ended(theirs.token) is Ended.KILLED_BY_OFFICE
    with pytest.raises(NotFound):
        sessions.end(strangers.id, by=world.sato)


def test_an_agent_ends_only_their_own(world):
    with pytest.raises(NotFound):
        sessions.end(_begin(world.ueda).id, by=world.aoki)
    with pytest.raises(NotFound):
        sessions.end(new_id(), by=world.aoki)


def test_an_ended_session_is_not_found_twice(world):
    sign_in = _begin(world.aoki)
    with writing():
        sessions.end(sign_in.id, by=world.aoki)
    with pytest.raises(NotFound, match="すでに終了"):
        sessions.end(sign_in.id, by=world.aoki)


def test_new_clauses_lock_a_running_session(world):
    sign_in = _begin(world.aoki)
    with writing():
        clauses.publish("新しい条項", by=world.honda)
    db.session.rollback()
    assert sessions.load(sign_in.token).sign_in.owes_clauses


def test_a_released_persons_session_dies_the_day_after(world):
    with time_machine.travel(
        datetime(2026, 6, 10, 14, 30, tzinfo=UTC), tick=False
    ) as clock:  # 23:30 in Japan
        with writing():
            world.aoki.release(by=world.honda, on=date(2026, 6, 10))
        client = world.client("aoki")
        assert client.get("/account").status_code == 200
        clock.shift(timedelta(minutes=29))
        assert client.get("/account").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.get("/account").status_code == 303
        assert "サインインできません" in client.get("/sign-in").text


def test_a_disabled_persons_session_dies_at_once(world):
    client = world.client("aoki")
    with writing():
        world.aoki.disable(by=world.honda, reason="端末の紛失")
    assert client.get("/account").status_code == 303


def test_the_cookie_holds_no_id_of_the_person(world):
    client = world.client("aoki")
    client.get("/account")
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    assert world.aoki.id.hex not in str(kept)
    assert str(world.aoki.id) not in str(kept)
    assert db.session.scalars(
        select(Staff).join(SignInSession).where(SignInSession.token_digest == digest(kept["_user_id"]))
    ).one()
