"""Sealed values: what was changed or moved does not open, and what is missing heals."""

import time
import uuid

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.db import db, writing
from callcenter.errors import Damaged, Unavailable
from callcenter.people.callers import Caller, PhoneLabel
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import Keystore
from callcenter.privacy.vault import DataKey, Kind


def make_caller(world, name="佐々木 𠮷之", period=None):
    with writing():
        return Caller.create(
            period or world.period,
            by=world.aoki,
            name=name,
            kana="ササキ ヨシユキ",
            address="新宿区西新宿1-2-3",
            phones=[(PhoneLabel.MOBILE, "090-0000-5555")],
        )


def forget():
    vault.current_vault().forget()
    db.session.expire_all()


def change(row, **columns):
    with writing():
        for name, value in columns.items():
            setattr(row, name, value)
        audit.record(Action.CALLER_UPDATED, by=audit.CONSOLE, on=row)


@pytest.fixture
def alone(tmp_path):
    """A vault without a database: one group's key in memory."""
    store = Keystore(tmp_path / "keys")
    store.create()
    found = vault.Vault(store)
    group = uuid.uuid4()
    found.wrap(group, "house.1", b"k" * 32)
    return found, group


def test_every_changed_byte_is_found(alone):
    safe, group = alone
    row = uuid.uuid4()
    sealed = safe.seal("caller", "name", row, group, "山﨑")
    assert safe.open("caller", "name", row, group, sealed) == "山﨑"
    for place in range(len(sealed)):
        for bit in (0x01, 0x80, 0xFF):
            changed = sealed[:place] + bytes([sealed[place] ^ bit]) + sealed[place + 1 :]
            with pytest.raises(Damaged):
                safe.open("caller", "name", row, group, changed)


def test_every_shortened_or_lengthened_value_is_found(alone):
    safe, group = alone
    row = uuid.uuid4()
    sealed = safe.seal("caller", "name", row, group, "山﨑")
    for other in [sealed[:n] for n in range(len(sealed))] + [sealed + b"\x00"]:
        with pytest.raises(Damaged):
            safe.open("caller", "name", row, group, other)


def test_a_value_opens_in_its_own_place_only(alone):
    safe, group = alone
    row, other_group = uuid.uuid4(), uuid.uuid4()
    safe.wrap(other_group, "house.1", b"k" * 32)
    sealed = safe.seal("caller", "name", row, group, "山﨑")
    for place in [
        ("caller", "kana", row, group),
        ("application", "name", row, group),
        ("caller", "name", uuid.uuid4(), group),
        ("caller", "name", row, other_group),
    ]:
        with pytest.raises(Damaged):
            safe.open(*place, sealed)


def test_every_changed_byte_of_a_wrapped_key_is_found(alone):
    safe, _ = alone
    group = uuid.uuid4()
    wrapped = safe.wrap(group, "house.1", b"k" * 32)
    for place in range(len(wrapped)):
        changed = wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]
        with pytest.raises(Damaged):
            safe.unwrap(group, "house.1", changed)
    for other in [
        (uuid.uuid4(), "house.1", wrapped),
        (group, "database.1", wrapped),
        (group, "house.1", wrapped[:20]),
    ]:
        with pytest.raises(Damaged):
            safe.unwrap(*other)


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_any_text_comes_back_as_it_was(tmp_path_factory, text):
    store = Keystore(tmp_path_factory.mktemp("keys"))
    store.create()
    safe, group, row = vault.Vault(store), uuid.uuid4(), uuid.uuid4()
    safe.wrap(group, "house.1", b"k" * 32)
    assert safe.open("t", "c", row, group, safe.seal("t", "c", row, group, text)) == text


def test_values_swapped_in_the_database_are_damaged_each_time(world):
    caller, other = make_caller(world), make_caller(world, name="別の 人")
    elsewhere = make_caller(world, name="隣の 区", period=world.other_period)
    swaps = [
        ("_name", caller._kana),
        ("_name", other._name),
        ("_name", elsewhere._name),
        ("_name", caller.phones[0]._number),
        ("_address", caller._name),
    ]
    whole = {"_name": caller._name, "_address": caller._address}
    for column, value in swaps:
        change(caller, **{column: value})
        with pytest.raises(Damaged):
            getattr(caller, column[1:])
        change(caller, **whole)
    assert caller.name == "佐々木 𠮷之"


def test_a_row_moved_to_another_group_is_damaged(world):
    caller, other = make_caller(world), make_caller(world, name="別の 人")
    change(caller, group_id=other.group_id)
    with pytest.raises(Damaged):
        _ = caller.name


def test_data_keys_exchanged_between_groups_open_nothing(world):
    caller, other = make_caller(world), make_caller(world, name="別の 人")
    change(db.session.get(DataKey, caller.group_id), wrapped=db.session.get(DataKey, other.group_id).wrapped)
    forget()
    with pytest.raises(Damaged):
        _ = caller.name


def test_a_key_of_another_period_opens_nothing(world):
    caller = make_caller(world)
    store = world.app.extensions["keystore"]
    change(
        db.session.get(DataKey, caller.group_id), kek=store.current(vault.purpose_of(world.other_period.id))
    )
    forget()
    with pytest.raises(Damaged):
        _ = caller.name


@pytest.mark.parametrize("kek", ["../../../etc/passwd", "house", "house.9", "", "x" * 70])
def test_a_strange_key_name_in_the_database_opens_nothing(world, kek):
    caller = make_caller(world)
    change(db.session.get(DataKey, caller.group_id), kek=kek)
    forget()
    with pytest.raises(Unavailable):
        _ = caller.name


def test_a_damaged_value_is_shown_as_damaged_on_the_page(world):
    caller, other = make_caller(world), make_caller(world, name="別の 人")
    change(caller, _name=other._name)
    with pytest.raises(Damaged) as damaged:
        _ = caller.name
    assert "佐々木" not in str(damaged.value)
    assert damaged.value.facts["place"] == f"caller|name|{caller.id.hex}"


def test_lost_keys_are_noticed_within_a_second_and_heal_without_a_restart(world):
    caller = make_caller(world)
    directory = world.app.extensions["keystore"].directory
    assert caller.name
    directory.rename(directory.with_name("away"))
    vault.current_vault()._look_at = time.monotonic()
    with pytest.raises(Unavailable) as missing:
        _ = caller.name
    assert missing.value.code == "keys_missing"
    directory.with_name("away").rename(directory)
    assert caller.name == "佐々木 𠮷之"


def test_a_key_that_another_process_destroyed_is_forgotten_here(world):
    caller = make_caller(world)
    other_process = Keystore(world.app.extensions["keystore"].directory)
    other_process.destroy(other_process.current(vault.purpose_of(world.period.id)))
    with time_machine.travel(time.time() + 5):
        vault.current_vault()._look_at = 0
        with pytest.raises(Unavailable) as gone:
            _ = caller.name
    assert gone.value.code == "key_erased"


def test_a_new_group_survives_forgetting_before_it_is_written(world):
    group = vault.new_group(world.period.id, Kind.CALLER)
    vault.current_vault().forget()
    with writing():
        caller = Caller(group=group, period_id=world.period.id, created_at=audit.now(), revision=1)
        caller.name = "急ぎの 人"
        db.session.add(caller)
        audit.record(Action.CALLER_CREATED, by=audit.CONSOLE, on=caller)
    forget()
    assert caller.name == "急ぎの 人"


def test_a_page_of_the_house_answers_503_while_keys_are_away(world, backend):
    browser = world.client("aoki")
    directory = world.app.extensions["keystore"].directory
    directory.rename(directory.with_name("away"))
    db.session.remove()
    vault.current_vault()._look_at = 0
    away = browser.get("/")
    directory.with_name("away").rename(directory)
    assert away.status_code == 503
    assert browser.get("/").status_code == 200
