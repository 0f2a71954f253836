"""The doctor finds what does not fit, names it, and says what to do; the commands that look after the kernel."""

import json
import os
import re
import uuid

import pytest
import time_machine

from callcenter.db import db, disconnect, writing
from callcenter.people.callers import Caller
from callcenter.privacy import audit, checkpoints, doctor, keystore, triggers, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.erasure import ErasureState, PeriodErasure
from callcenter.privacy.vault import DataKey

JAPANESE = re.compile(r"[ぁ-ん]")


@pytest.fixture
def house(world):
    """A house with a few sealed values, in order."""
    with writing():
        world.callers = [Caller.create(world.period, by=world.aoki, name=f"山田 {n}") for n in range(3)]
    checkpoints.sign()
    db.session.rollback()
    world.app.extensions["follower"].catch_up()
    settings = world.app.extensions["settings"]
    for path in (settings.home, *settings.home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return world


def examination(house, deep=False):
    return doctor.Examination(house.app.extensions["settings"], house.app.extensions["keystore"], deep)


def codes(house, deep=False):
    found = doctor.examine(examination(house, deep))
    for findings in found.values():
        for finding in findings:
            assert JAPANESE.search(finding.sentence)
    return {f.code for name, findings in found.items() if name != "lens" for f in findings}


def run(house, *arguments, **options):
    db.session.remove()
    return house.app.test_cli_runner().invoke(args=list(arguments), **options)


def raw(house, sql):
    with db.engine.begin() as connection:
        connection.exec_driver_sql(sql)
    db.session.rollback()


def test_a_house_in_order_has_no_finding(house):
    assert codes(house) == set()
    assert codes(house, deep=True) == set()


def test_what_nobody_has_followed_yet_is_no_finding(house):
    with writing():
        Caller.create(house.period, by=house.aoki, name="川口 澄")
    assert doctor.examine(examination(house))["lens"] == []


def test_a_lens_that_differs_is_a_finding(house):
    lens, period = house.app.extensions["lens"], house.period.id
    with lens.file(period).writing() as writer:
        writer.remove("caller", [house.callers[0].id])
    assert {finding.code for finding in doctor.examine(examination(house))["lens"]} == {"lens_differs"}


def exposed(house):
    (house.app.extensions["keystore"].directory / "house.1.key").chmod(0o644)
    house.app.extensions["keystore"].forget()
    return "keys_exposed"


def lost_key(house):
    (house.app.extensions["keystore"].directory / "cookies.1.key").unlink()
    house.app.extensions["keystore"].forget()
    return "keys_missing"


def lost_register(house):
    (house.app.extensions["keystore"].directory / "register.json").unlink()
    return "keys_missing"


def unregistered_key(house):
    path = house.app.extensions["keystore"].directory / "house.7.key"
    path.write_text("plain " + "00" * 32)
    path.chmod(0o600)
    return "key_unregistered"


def leftover(house):
    (house.app.extensions["keystore"].directory / "house.1.key.new").touch(0o600)
    return "key_leftover"


def destroyed_key_back(house):
    store = house.app.extensions["keystore"]
    name = store.make("house")
    text = (store.directory / f"{name}.key").read_text()
    store.destroy(name)
    (store.directory / f"{name}.key").write_text(text)
    return "destroyed_key_back"


def half_rotation(house):
    house.app.extensions["keystore"].make("house")
    return "rotation_unfinished"


def open_file(house):
    (house.app.extensions["settings"].data / "left.tmp").touch(0o644)
    return "mode_open"


def wrapping_key_gone(house):
    store = house.app.extensions["keystore"]
    store.destroy(store.current(vault.purpose_of(house.other_period.id)))
    return "wrapping_key_gone"


def damaged_data_key(house):
    with writing():
        db.session.get(DataKey, house.callers[0].group_id).wrapped = b"x" * 60
        audit.record(Action.CALLER_UPDATED, by=audit.CONSOLE)
    vault.current_vault().forget()
    return "data_key_damaged"


def lost_period_key(house):
    group = vault.period_group(house.period.id, vault.Kind.DIGEST)
    db.session.rollback()
    raw(
        house,
        f"DELETE FROM data_key WHERE id = '{group.hex if db.engine.dialect.name == 'sqlite' else group}'",
    )
    return "period_key_missing"


def swapped_value(house):
    with writing():
        house.callers[0]._name = house.callers[1]._name
        audit.record(Action.CALLER_UPDATED, by=audit.CONSOLE)
    return "value_damaged"


def lost_trigger(house):
    with db.engine.begin() as connection:
        triggers.drop(connection)
    return "trigger_missing"


def changed_trail(house):
    lost_trigger(house)
    raw(house, "UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2")
    return "trail_changed"


def cut_trail(house):
    lost_trigger(house)
    raw(house, "DELETE FROM audit_entry WHERE seq > 5")
    return "trail_truncated"


def half_erasure(house):
    with writing():
        row = PeriodErasure(
            period_id=house.other_period.id,
            state=ErasureState.ERASING,
            asked_by="a",
            agreed_by="b",
            begun_at=audit.now(),
        )
        db.session.add(row)
        audit.record(Action.PERIOD_ERASED, by=audit.CONSOLE, facts={"step": "erasing"})
    return "erasure_unfinished"


@pytest.mark.parametrize(
    "harm",
    [
        exposed,
        lost_key,
        lost_register,
        unregistered_key,
        leftover,
        destroyed_key_back,
        half_rotation,
        open_file,
        wrapping_key_gone,
        damaged_data_key,
        lost_period_key,
        swapped_value,
        lost_trigger,
        changed_trail,
        cut_trail,
        half_erasure,
    ],
    ids=lambda f: f.__name__,
)
def test_each_harm_is_found(house, harm):
    code = harm(house)
    db.session.rollback()
    assert code in codes(house)


def test_an_overdue_checkpoint_is_found(house):
    with writing():
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
    with time_machine.travel(audit.now().timestamp() + 2 * 3600):
        assert "checkpoint_overdue" in codes(house)


def test_a_foreign_key_that_leads_nowhere_is_found(house, backend):
    if backend == "postgresql":
        pytest.skip("PostgreSQL does not let go of a checked constraint")
    connection = db.engine.raw_connection()
    connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    connection.driver_connection.execute("UPDATE caller SET period_id = ?", (uuid.uuid4().hex,))
    connection.driver_connection.execute("PRAGMA foreign_keys = ON")
    connection.close()
    assert "foreign_key_broken" in codes(house)


def test_a_lost_database_is_a_finding_and_no_crash(house, backend):
    if backend == "postgresql":
        pytest.skip("shown with the file")
    disconnect()
    file = house.app.extensions["settings"].database_file
    for part in file.parent.glob("house.db*"):
        part.write_bytes(b"not a database" * 1000)
    found = doctor.examine(examination(house))
    assert "database_lost" in {f.code for findings in found.values() for f in findings}


def test_many_findings_of_one_kind_are_counted(house):
    doctor.register("many", lambda x: (doctor.Finding("many", "多すぎます。", str(n)) for n in range(50)))
    try:
        findings = doctor.examine(examination(house))["many"]
    finally:
        del doctor.REGISTER.checks["many"]
    assert len(findings) == doctor.MOST + 1
    assert "30 件" in findings[-1].sentence


def test_the_quick_checks_answer_whether_the_house_is_ready(house):
    settings, store = house.app.extensions["settings"], house.app.extensions["keystore"]
    assert not any(doctor.ready(settings, store).values())
    lost_register(house)
    assert any(doctor.ready(settings, store).values())


# --- commands --------------------------------------------------------------------------------------------


def test_the_command_ends_with_0_when_clean_and_1_when_not(house):
    clean = run(house, "doctor", "--json")
    result = json.loads(clean.output)
    kernel = [c for c in result["checks"] if c["name"] != "lens"]
    assert [c for c in kernel if c["findings"]] == []
    open_file(house)
    found = run(house, "doctor")
    assert found.exit_code == 1
    assert "[mode_open]" in found.output


def test_fix_mends_modes(house):
    open_file(house)
    mended = run(house, "doctor", "--fix", "--json")
    assert json.loads(mended.output)["mended"]["folders"] >= 1
    assert not (house.app.extensions["settings"].data / "left.tmp").stat().st_mode & 0o077


def test_audit_verify_says_whether_the_trail_holds(house):
    good = run(house, "audit", "verify", "--json")
    assert (good.exit_code, json.loads(good.output)["ok"]) == (0, True)
    assert house.entries(Action.AUDIT_VERIFIED)[-1].facts
    db.session.rollback()
    changed_trail(house)
    bad = run(house, "audit", "verify")
    assert bad.exit_code == 1
    assert "2 番の記録" in bad.output


def test_audit_checkpoint_prints_a_note_to_keep(house, tmp_path):
    note = run(house, "audit", "checkpoint")
    assert note.exit_code == 0
    (tmp_path / "kept.txt").write_text(note.output)
    assert run(house, "audit", "verify", "--previous", str(tmp_path / "kept.txt")).exit_code == 0


def test_audit_export_and_show(house, tmp_path):
    assert run(house, "audit", "export", str(tmp_path / "pack.zip"), "--json").exit_code == 0
    assert run(house, "audit", "export", str(tmp_path / "pack.zip")).exit_code == 1
    shown = json.loads(run(house, "audit", "show", "--last", "2", "--json").output)["entries"]
    assert [e["action"] for e in shown][-1] == "audit.exported"
    assert "\taudit.exported\t" in run(house, "audit", "show").output


def test_keys_are_listed_without_the_keys(house):
    store = house.app.extensions["keystore"]
    output = run(house, "keys", "list", "--json").output
    assert {k["name"] for k in json.loads(output)["keys"]} == {e.name for e in store.entries()}
    assert not any(store.get(e.name).hex() in output for e in store.entries())


def test_keys_rotate_needs_to_know_which(house):
    assert run(house, "keys", "rotate").exit_code == 2
    done = run(house, "keys", "rotate", "--house", "--grace", "0", "--json")
    assert json.loads(done.output)["current"] == "house.2"
    period = str(house.period.id)
    db.session.rollback()
    assert run(house, "keys", "rotate", "--period", period, "--grace", "0").exit_code == 0


def test_a_copy_of_the_keys_is_entered_and_opens_the_house(house, tmp_path):
    assert run(house, "keys", "backup", str(tmp_path / "usb"), "--medium", "USB-03").exit_code == 0
    store = house.app.extensions["keystore"]
    copy = keystore.Keystore(tmp_path / "usb")
    assert all(copy.get(e.name) == store.get(e.name) for e in store.entries())
    assert {f.stat().st_mode & 0o077 for f in (tmp_path / "usb").iterdir()} == {0}
    assert [c.medium for c in store.copies_of("house.1")] == ["USB-03"]
    assert run(house, "keys", "backup", str(tmp_path / "usb"), "--medium", "USB-03").exit_code == 1
    assert run(house, "keys", "backup", str(store.directory / "x"), "--medium", "USB-04").exit_code == 1


def test_a_passphrase_can_be_set_and_given(house):
    short = run(house, "keys", "seal-with-passphrase", "--stdin", input="too short\n")
    assert short.exit_code == 1
    sealed = run(house, "keys", "seal-with-passphrase", "--stdin", input="long enough, this one\n")
    assert sealed.exit_code == 0
    store = house.app.extensions["keystore"]
    assert {f.read_text().split()[0] for f in store.directory.glob("*.key")} == {"sealed"}
    assert run(house, "keys", "unseal", "--stdin", input="wrong\n").exit_code == 1
    assert run(house, "keys", "unseal", "--stdin", input="long enough, this one\n").exit_code == 0
    assert [house.entries(a)[-1].actor for a in (Action.KEYS_SEALED, Action.KEYS_UNSEALED)] == ["console"] * 2


def test_wiping_needs_the_fingerprint_and_leaves_no_key(house):
    store = house.app.extensions["keystore"]
    assert run(house, "keys", "wipe", "--fingerprint", "0" * 32).exit_code == 1
    assert len(list(store.directory.glob("*.key"))) > 4
    assert run(house, "keys", "wipe", "--fingerprint", store.entry("house.1").fingerprint).exit_code == 0
    assert list(store.directory.glob("*.key*")) == []
    assert os.listdir(store.directory)
