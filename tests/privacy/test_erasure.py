"""Erasing and disclosing one person, and ending a period with its keys."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from callcenter.applications.models import Application, Channel, Declared
from callcenter.db import db, new_id, writing
from callcenter.errors import Conflict, Invalid, Locked, NotFound, Unavailable
from callcenter.people.callers import Caller, PhoneLabel
from callcenter.privacy import audit, checkpoints, disclosure, erasure, subjects, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.erasure import ErasureState
from callcenter.privacy.scan import scan
from callcenter.privacy.subjects import Person, PersonKind
from callcenter.privacy.vault import ERASED, DataKey

NAME, ADDRESS, PHONE = "髙島 百合子", "新宿区百人町9-9-9", "090-0000-7788"


def make_caller(world, name=NAME, address=ADDRESS, phone=PHONE, period=None):
    with writing():
        return Caller.create(
            period or world.period,
            by=world.aoki,
            name=name,
            address=address,
            phones=[(PhoneLabel.MOBILE, phone)],
        )


def make_application(world, applicant=None):
    with writing():
        return Application.receive(
            world.period,
            Declared(name=NAME, account="1234567"),
            by=world.endo,
            channel=next(iter(Channel)),
            received_at=datetime(2026, 6, 1, tzinfo=UTC),
            fiscal_year=2026,
            applicant=applicant,
        )


def bytes_in_database(needle):
    """Rows of all tables that hold these bytes."""
    return [
        table.name
        for table in db.metadata.sorted_tables
        for row in db.session.execute(select(table))
        if any(needle in value for value in row if isinstance(value, bytes))
    ]


# --- one person ------------------------------------------------------------------------------------------


def test_a_disclosure_shows_every_item_kept_about_a_person(world):
    caller = make_caller(world)
    make_caller(world, name="別の 人", address="港区1-1", phone="090-0000-1111")
    with writing():
        pieces = disclosure.disclose(subjects.person(caller), by=world.ono, reason="本人からの開示請求")
    assert {
        ("氏名", "caller.name", NAME),
        ("住所", "caller.address", ADDRESS),
        ("電話番号", "caller_phone.number", PHONE),
    } <= {(p.item, p.where, p.text) for p in pieces}
    assert "別の 人" not in {p.text for p in pieces}
    entry = world.entries(Action.PERSON_DISCLOSED)[-1]
    assert audit.open_reason(entry) == "本人からの開示請求"
    assert NAME not in entry.facts


def test_a_disclosure_covers_those_merged_into_the_person(world):
    caller, other = make_caller(world), make_caller(world, name="髙島 百合", phone="090-0000-2222")
    person = Person(PersonKind.CALLER, (caller.id, other.id))
    with writing():
        found = {p.text for p in disclosure.disclose(person, by=world.ono, reason="x")}
    assert {NAME, "髙島 百合", "090-0000-2222"} <= found


def test_a_disclosure_says_what_is_damaged_instead_of_leaving_it_out(world):
    caller = make_caller(world)
    other = make_caller(world, name="別の 人")
    with writing():
        caller._name = other._name
        audit.record(Action.CALLER_UPDATED, by=audit.CONSOLE, on=caller)
    with writing():
        pieces = disclosure.disclose(subjects.person(caller), by=world.ono, reason="x")
    assert [(p.text, p.is_damaged) for p in pieces if p.where == "caller.name"] == [(None, True)]


def test_an_applicant_is_disclosed_through_their_application(world):
    application = make_application(world)
    with writing():
        pieces = disclosure.disclose(subjects.person(application), by=world.ono, reason="x")
    assert ("銀行口座情報", "application.account", "1234567") in {(p.item, p.where, p.text) for p in pieces}
    assert ("", "application.fiscal_year", "2026") in {(p.item, p.where, p.text) for p in pieces}


def test_erasing_a_person_takes_their_values_and_keys_and_nobody_elses(world):
    caller, other = make_caller(world), make_caller(world, name="別の 人", phone="090-0000-1111")
    sealed_name, phone = caller._name, caller.phones[0]
    with writing():
        erased = erasure.erase_person(subjects.person(caller), by=world.ono, reason="本人の求め")
    assert erased.keys == 1
    assert (caller.name, caller.address, phone.number) == (None, None, None)
    assert bytes_in_database(sealed_name) == []
    assert (other.name, other.phones[0].number) == ("別の 人", "090-0000-1111")
    assert db.session.get(DataKey, caller.group_id).wrapped == ERASED
    with pytest.raises(Unavailable) as gone:
        vault.current_vault().key(caller.group_id)
    assert gone.value.code == "key_erased"
    assert db.session.get(Caller, caller.id).created_at is not None


def test_erasing_a_person_tells_the_lens(world):
    caller = make_caller(world)
    with writing():
        erasure.erase_person(subjects.person(caller), by=world.ono, reason="本人の求め")
    assert ["caller", caller.id.hex] in json.loads(world.entries(Action.PERSON_ERASED)[-1].touches)


def test_a_key_that_still_seals_something_of_another_person_stays(world):
    caller, other = make_caller(world), make_caller(world, name="別の 人", phone="090-0000-1111")
    with writing():
        other.phones[0].group_id = other.phones[0].group_id
        other.group_id, other.group = caller.group_id, caller.group
        other.name, other.kana, other.address = "別の 人", None, None
        audit.record(Action.CALLER_UPDATED, by=audit.CONSOLE, on=other)
    with writing():
        assert erasure.erase_person(subjects.person(caller), by=world.ono, reason="x").keys == 0
    assert other.name == "別の 人"


def test_erasing_twice_changes_nothing_more(world):
    person = subjects.person(make_caller(world))
    for _ in range(2):
        with writing():
            erasure.erase_person(person, by=world.ono, reason="x")
    assert len(world.entries(Action.PERSON_ERASED)) == 2


def test_nobody_can_be_disclosed_who_is_not_there(world):
    with pytest.raises(NotFound):
        disclosure.disclose(Person(PersonKind.CALLER, (new_id(),)), by=world.ono, reason="x")


def test_erasing_needs_a_reason_and_a_person(world):
    with pytest.raises(Invalid), writing():
        erasure.erase_person(subjects.person(make_caller(world)), by=world.ono, reason="  ")
    with pytest.raises(NotFound), writing():
        erasure.erase_person(Person(PersonKind.CALLER, (new_id(),)), by=world.ono, reason="x")


# --- a period --------------------------------------------------------------------------------------------


def finish(world, period, **options):
    return erasure.erase_period(
        period.id, by=world.ono, second_person=world.kondo, pause_seconds=0, **options
    )


def test_an_erased_period_leaves_no_row_no_key_and_a_signed_certificate(world):
    period, before = world.other_period, checkpoints.last()
    make_caller(world, period=period)
    kept = make_caller(world, name="残る 人")
    certificate = finish(world, period, facts={"contract": "第1号"})
    assert certificate["rows_before"]["caller"] == 1
    assert certificate["rows_before"]["caller_phone"] == 1
    assert set(certificate["rows_after"].values()) == {0}
    assert [k["destroyed_at"] is not None for k in certificate["keys"]] == [True]
    assert certificate["facts"] == {"contract": "第1号"}
    (public,) = checkpoints.public_keys(world.app.extensions["keystore"]).values()
    assert erasure.is_genuine(certificate, public)
    assert not erasure.is_genuine(certificate | {"asked_by": "x"}, public)
    assert (
        db.session.scalar(select(func.count()).select_from(DataKey).where(DataKey.period_id == period.id))
        == 0
    )
    assert kept.name == "残る 人"
    assert erasure.standing(period.id).state is ErasureState.ERASED
    assert certificate["audit"]["size"] > (before.size if before else 0)


def test_a_frozen_period_can_be_read_and_takes_nothing_new(world):
    caller = make_caller(world, period=world.other_period)
    assert (
        erasure.freeze_period(world.other_period.id, by=world.ono, second_person=world.kondo)
        is ErasureState.FREEZING
    )
    assert caller.name == NAME
    with pytest.raises(Locked) as frozen:
        make_caller(world, period=world.other_period)
    assert frozen.value.code == "period_frozen"


def test_one_person_alone_cannot_erase_a_period(world):
    with pytest.raises(Invalid):
        erasure.erase_period(world.other_period.id, by=world.ono, second_person=world.ono, pause_seconds=0)
    assert erasure.standing(world.other_period.id) is None


def test_erasing_again_returns_the_same_certificate(world):
    period = world.other_period
    assert finish(world, period) == finish(world, period)


def test_an_erasure_that_broke_off_is_finished_by_the_next(world):
    period = world.other_period
    make_caller(world, period=period)
    ended = []

    def stumble(period_id):
        ended.append(period_id)
        if len(ended) == 1:
            raise OSError("the disk is away")

    with pytest.raises(OSError, match="away"):
        finish(world, period, ends=[stumble])
    db.session.rollback()
    assert erasure.standing(period.id).state is ErasureState.ERASING
    db.session.rollback()
    assert finish(world, period, ends=[stumble])["rows_before"]["caller"] == 1
    assert ended == [period.id, period.id]


def test_the_lens_of_an_erased_period_goes_with_it(world):
    lens, follower = world.app.extensions["lens"], world.app.extensions["follower"]
    period = world.other_period
    make_caller(world, period=period)
    assert follower.catch_up(timeout=30)
    directory = world.app.extensions["settings"].lens
    assert [p for p in directory.rglob("*") if period.id.hex in p.name]
    finish(world, period, ends=[lens.destroy])
    assert [
        p for p in directory.rglob("*") if period.id.hex in p.name and p.is_file() and p.stat().st_size
    ] == []


def test_a_period_on_which_another_hangs_must_be_carried_over_first(world):
    caller = make_caller(world, period=world.other_period)
    with writing():
        phone = caller.phones[0]
        group = vault.new_group(world.period.id, vault.Kind.CALLER)
        db.session.add(group)
        phone.group_id, phone.group = group.id, group
        phone.number = PHONE
        audit.record(Action.CALLER_UPDATED, by=audit.CONSOLE, on=caller)
    with pytest.raises(Conflict) as hanging:
        finish(world, world.other_period)
    assert "caller_phone 1 件" in hanging.value.message


def test_a_restored_old_database_cannot_be_read_after_the_erasure(world):
    period = world.other_period
    caller = make_caller(world, period=period)
    key = db.session.get(DataKey, caller.group_id)
    old_row, old_name = (key.id, key.kek, key.wrapped), caller._name
    caller_id = caller.id
    finish(world, period)
    with pytest.raises(Unavailable) as gone:
        vault.current_vault().unwrap(*old_row)
    assert gone.value.code == "key_erased"
    assert old_name
    assert db.session.get(Caller, caller_id) is None


def test_nothing_at_rest_holds_a_canary_before_or_after_the_erasure(world, tmp_path):
    make_caller(world, period=world.other_period)
    world.app.extensions["flusher"].flush()
    assert scan([tmp_path], [NAME, ADDRESS, PHONE]).hits == []
    finish(world, world.other_period)
    found = scan([tmp_path], [NAME, ADDRESS, PHONE])
    assert found.hits == []
    assert found.files > 5


def test_a_closed_key_takes_no_data_key_even_by_a_bare_statement(world):
    make_caller(world, period=world.other_period)
    erasure.freeze_period(world.other_period.id, by=world.ono, second_person=world.kondo)
    closed = db.session.scalar(select(vault.ClosedKey.name))
    with pytest.raises(db.exc.DBAPIError, match="closed"):
        db.session.execute(text("UPDATE data_key SET kek = :kek"), {"kek": closed})
    db.session.rollback()
