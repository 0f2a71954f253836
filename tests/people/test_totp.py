"""The second factor: windows, replay, recovery codes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from callcenter.db import db, writing
from callcenter.errors import Conflict
from callcenter.people import totp
from callcenter.people.staff import Staff
from callcenter.people.totp import RecoveryCode, Totp
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

MIDDLE = datetime(2026, 6, 1, 1, 0, 15, tzinfo=UTC)
STEP = timedelta(seconds=30)


def _checks(code, name="aoki"):
    with writing():
        person = Staff.named(name)
        audit.record(Action.STEPPED_UP, by=person)
        return totp.check(person, code)


@pytest.mark.parametrize(
    ("steps", "passes"), [(-2, False), (-1, True), (0, True), (1, True), (2, False), (-20, False)]
)
def test_a_code_is_good_one_step_early_or_late(door, steps, passes):
    codes = door.enrol("aoki")
    with time_machine.travel(MIDDLE, tick=False):
        assert _checks(codes.at(MIDDLE + steps * STEP)) is passes


def test_a_code_works_once(door):
    codes = door.enrol("aoki")
    with time_machine.travel(MIDDLE, tick=False):
        assert _checks(codes.at(MIDDLE))
        assert not _checks(codes.at(MIDDLE))


def test_an_earlier_step_is_refused_after_a_later_one(door):
    codes = door.enrol("aoki")
    with time_machine.travel(MIDDLE, tick=False) as clock:
        assert _checks(codes.at(MIDDLE + 1 * STEP))
        assert not _checks(codes.at(MIDDLE))
        assert not _checks(codes.at(MIDDLE + -1 * STEP))
        clock.shift(30)
        assert not _checks(codes.at(MIDDLE + 1 * STEP))
        assert _checks(codes.at(MIDDLE + 2 * STEP))


@pytest.mark.parametrize("shape", ["{0}", " {0} ", "{1} {2}", "{3}"])
def test_a_code_may_be_typed_wide_or_with_a_blank(door, shape):
    codes = door.enrol("aoki")
    with time_machine.travel(MIDDLE, tick=False):
        code = codes.at(MIDDLE)
        wide = code.translate({ord(d): chr(ord(d) + 0xFEE0) for d in "0123456789"})
        assert _checks(shape.format(code, code[:3], code[3:], wide))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345x", "１２３", "\x00", "²²²²²²"])
def test_what_is_no_code_is_refused(door, typed):
    door.enrol("aoki")
    assert not _checks(typed)


def test_a_code_of_another_person_is_refused(door):
    door.enrol("aoki")
    others = door.enrol("ueda")
    with time_machine.travel(MIDDLE, tick=False):
        assert not _checks(others.at(MIDDLE))


def test_the_same_code_at_the_same_moment_passes_one_request(door):
    codes = door.enrol("aoki")
    app = door.world.app

    def send(_number):
        with app.app_context():
            return _checks(codes.at(MIDDLE))

    with time_machine.travel(MIDDLE, tick=False):
        db.session.rollback()
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(send, range(12))) == 1


def test_the_secret_has_160_bits_and_is_sealed(door):
    codes = door.enrol("aoki")
    assert len(codes.secret) == 32
    kept = db.session.execute(text("SELECT secret FROM totp")).scalar_one()
    assert codes.secret.encode() not in bytes(kept)


def test_an_unconfirmed_authenticator_does_not_count(world):
    with writing():
        totp.start(world.aoki)
    assert totp.of(world.aoki) is None
    assert totp.started(world.aoki) is not None


def test_a_second_enrolment_needs_the_first_removed(door):
    door.enrol("aoki")
    with pytest.raises(Conflict), writing():
        totp.start(door.world.aoki)


def test_the_picture_has_no_inline_style_or_script(world):
    with writing():
        factor = totp.start(world.aoki)
    picture = totp.picture(world.aoki, factor).decode()
    assert "style=" not in picture
    assert "<script" not in picture
    assert factor.secret in totp.address(world.aoki, factor)
    assert "aoki" in totp.address(world.aoki, factor)


# --- recovery codes


def _kept(name="aoki"):
    shown, kept = totp.make_recovery_codes()
    with writing():
        totp.keep_recovery_codes(Staff.named(name), kept)
    return shown


def _recovers(code, name="aoki"):
    person = Staff.named(name)
    found = totp.matching_recovery_code(person, code)
    db.session.rollback()
    with writing():
        return found is not None and totp.use_recovery_code(person, found)


def test_a_recovery_code_works_once_in_any_case(world):
    shown = _kept()
    assert len(set(shown)) == 10
    assert _recovers(shown[3].lower().replace("-", " "))
    assert not _recovers(shown[3])
    assert totp.recovery_codes_left(world.aoki) == 9


def test_recovery_codes_are_kept_hashed(world):
    shown = _kept()
    rows = db.session.scalars(select(RecoveryCode)).all()
    assert all(row.hash.startswith("$argon2id$") for row in rows)
    plain = " ".join(row.hash + row.label for row in rows)
    assert not any(code[2:] in plain for code in shown)


def test_new_recovery_codes_void_the_old_ones(world):
    first = _kept()
    second = _kept()
    assert not _recovers(first[0])
    assert _recovers(second[0])


def test_a_recovery_code_of_another_person_is_refused(world):
    shown = _kept("ueda")
    assert not _recovers(shown[0], "aoki")


def test_removing_forgets_everything_and_is_audited(door):
    door.enrol("aoki")
    _kept()
    with writing():
        totp.remove(door.world.aoki, by=door.world.honda)
    assert db.session.scalars(select(Totp)).first() is None
    assert db.session.scalars(select(RecoveryCode)).first() is None
    assert door.world.entries(Action.STAFF_FACTOR_CHANGED)[-1].actor == door.world.honda.id.hex


def test_a_clock_set_back_does_not_revive_a_code(door):
    codes = door.enrol("aoki")
    with time_machine.travel(MIDDLE, tick=False):
        assert _checks(codes.at(MIDDLE))
    with time_machine.travel(MIDDLE - timedelta(minutes=5), tick=False):
        assert not _checks(codes.at(MIDDLE - timedelta(minutes=5)))
