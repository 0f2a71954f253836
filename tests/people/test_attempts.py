"""Lock-out: how delays grow, what is counted, and that nothing is given away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from callcenter.db import db, writing
from callcenter.errors import TooMany
from callcenter.people import attempts
from callcenter.people.attempts import Against, AttemptCount
from callcenter.privacy.actions import Action

START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10, 15), (500, 15)],
)
def test_the_delay_grows_from_one_to_fifteen_minutes(failures, minutes):
    assert attempts.delay_after(failures, free=5) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address, counted):
    assert attempts.network(address) == counted


def _take(name="aoki", address="192.0.2.7"):
    with writing():
        attempts.take(name, address)


def _fails(times, **of):
    for _time in range(times):
        _take(**of)


def test_five_failures_are_free_and_the_sixth_waits(world):
    with time_machine.travel(START, tick=False) as clock:
        _fails(5)
        with pytest.raises(TooMany, match="約1分後"):
            _take()
        clock.shift(59)
        with pytest.raises(TooMany):
            _take()
        clock.shift(2)
        _take()
        with pytest.raises(TooMany, match="約2分後"):
            _take()


def test_waiting_in_vain_does_not_lengthen_the_wait(world):
    with time_machine.travel(START, tick=False) as clock:
        _fails(5)
        for _time in range(50):
            with pytest.raises(TooMany):
                _take()
        clock.shift(61)
        _take()


def test_a_right_attempt_clears_the_account(world):
    with time_machine.travel(START, tick=False):
        _fails(4)
        with writing():
            attempts.succeeded("aoki", "192.0.2.7")
        _fails(5)
        with pytest.raises(TooMany):
            _take()


def test_a_right_attempt_gives_the_address_back_only_its_own(world):
    with time_machine.travel(START, tick=False):
        for number in range(29):
            _take(name=f"spray{number}")
        _take(name="aoki")
        with writing():
            attempts.succeeded("aoki", "192.0.2.7")
        _take(name="one-more")
        with pytest.raises(TooMany):
            _take(name="and-another")


def test_a_spray_over_many_names_is_slowed_by_its_address(world):
    with time_machine.travel(START, tick=False):
        taken = 0
        for number in range(1000):
            try:
                _take(name=f"spray{number}")
            except TooMany:
                break
            taken += 1
    assert taken == attempts.FREE[Against.ADDRESS]


def test_many_addresses_against_one_account_share_its_count(world):
    with time_machine.travel(START, tick=False):
        taken = 0
        for number in range(100):
            try:
                _take(address=f"198.51.100.{number}")
            except TooMany:
                break
            taken += 1
    assert taken == 5


def test_a_guesser_gets_about_a_hundred_attempts_a_day(world):
    taken = 0
    with time_machine.travel(START, tick=False) as clock:
        for _minute in range(24 * 60):
            clock.shift(60)
            try:
                _take()
            except TooMany:
                continue
            taken += 1
    assert 90 <= taken <= 110


def test_spelling_a_name_otherwise_is_the_same_account(world):
    with time_machine.travel(START, tick=False):
        for name in ("aoki", "AOKI", "ａｏｋｉ", " aoki ", "Aoki"):
            _take(name=name)
        with pytest.raises(TooMany):
            _take(name="aOkI")


def test_failures_are_forgotten_after_half_a_day(world):
    with time_machine.travel(START, tick=False) as clock:
        _fails(9 - 4)
        clock.shift(timedelta(hours=13))
        _fails(4)
        _take()


def test_names_and_addresses_are_kept_as_keyed_digests_only(world):
    _take(name="my-password-typed-as-name", address="192.0.2.7")
    rows = db.session.scalars(select(AttemptCount)).all()
    assert {len(row.digest) for row in rows} == {64}
    plain = " ".join(str(vars(row)) for row in rows)
    assert "my-password" not in plain
    assert "192.0.2.7" not in plain


def test_forty_guesses_at_the_same_moment_pass_five(world):
    def guess(_number):
        with world.app.app_context():
            try:
                _take()
            except TooMany:
                return 0
            return 1

    db.session.rollback()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(40))) == 5


def test_a_lock_is_in_the_trail_and_visible_to_supervisors(world):
    with time_machine.travel(START, tick=False):
        _fails(4)
        assert attempts.blocked_until(world.aoki) is None
        _take()
        with writing():
            attempts.failed("aoki", "192.0.2.7", known=world.aoki)
        assert attempts.blocked_until(world.aoki) == START + timedelta(minutes=1)
    locked = world.entries(Action.SIGN_IN_LOCKED)[-1]
    assert locked.object_id == world.aoki.id.hex
    assert world.entries(Action.SIGN_IN_FAILED)[-1].actor == "anonymous"


def test_a_supervisor_unlocks(world):
    with time_machine.travel(START, tick=False):
        _fails(5)
        with writing():
            attempts.unlock(world.aoki, by=world.sato)
        _take()


def test_wrong_codes_of_the_second_factor_are_slowed_too(world):
    with time_machine.travel(START, tick=False):
        for _time in range(5):
            with writing():
                attempts.take_code(world.aoki)
        with pytest.raises(TooMany), writing():
            attempts.take_code(world.aoki)
        with writing():
            attempts.take_code(world.ueda)
