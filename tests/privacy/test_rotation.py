"""Replacing keys: while others work, killed at any point, and never with a value that nothing opens."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from callcenter.db import db, writing
from callcenter.errors import Unavailable
from callcenter.people.callers import Caller
from callcenter.privacy import audit, checkpoints, packs, rotation, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import KeyState
from callcenter.privacy.vault import ClosedKey, DataKey, Kind

KILLS = 10
ROTATE = """
import os, sys, uuid
from callcenter.config import Settings
from callcenter.privacy import audit, rotation
from wsgi import create_app
rotation.BATCH = 20
for _line in sys.stdin:
    child = os.fork()
    if child == 0:
        app = create_app(Settings.from_environment(os.environ), environ={})
        with app.app_context():
            print(os.getpid(), flush=True)
            rotation.rotate(uuid.UUID(sys.argv[1]), by=audit.CONSOLE, grace_seconds=0)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def make_callers(world, count):
    with writing():
        return [Caller.create(world.period, by=world.aoki, name=f"山田 {n}").id for n in range(count)]


def names(ids):
    vault.current_vault().forget()
    db.session.expire_all()
    return [db.session.get(Caller, i).name for i in ids]


def keks(period):
    query = select(DataKey.kek, func.count()).where(DataKey.period_id == period.id).group_by(DataKey.kek)
    return dict(list(db.session.execute(query)))


def environment(world):
    settings = world.app.extensions["settings"]
    found = {**os.environ, "CALLCENTER_HOME": str(settings.home)}
    found.pop("DATABASE_URL", None)
    if settings.database_url:
        found["DATABASE_URL"] = settings.database_url.replace("+psycopg", "")
    return found


def test_after_a_rotation_everything_opens_with_the_new_key_alone(world):
    ids, store = make_callers(world, 30), world.app.extensions["keystore"]
    old = store.current(vault.purpose_of(world.period.id))
    done = rotation.rotate(world.period.id, by=audit.CONSOLE, grace_seconds=0)
    assert (done.current, done.destroyed) == (old[:-1] + "2", (old,))
    assert keks(world.period) == {done.current: done.rewrapped}
    assert names(ids) == [f"山田 {n}" for n in range(30)]
    with pytest.raises(Unavailable):
        store.get(old)
    steps = [e.facts for e in world.entries(Action.KEYS_ROTATED)]
    assert '"step": "begun"' in steps[0]
    assert '"step": "done"' in steps[-1]


def test_the_key_of_the_house_is_replaced_too(world):
    name = world.aoki.name
    rotation.rotate(None, by=audit.CONSOLE, grace_seconds=0)
    vault.current_vault().forget()
    db.session.expire_all()
    assert world.aoki.name == name


def test_another_period_keeps_its_key(world):
    before = keks(world.other_period)
    rotation.rotate(world.period.id, by=audit.CONSOLE, grace_seconds=0)
    assert keks(world.other_period) == before


def test_both_keys_can_be_read_while_it_runs(world):
    ids, store = make_callers(world, 30), world.app.extensions["keystore"]
    seen = []

    def look(_done, left):
        if left:
            seen.append(
                (
                    names(ids),
                    len(
                        [
                            e
                            for e in store.versions(vault.purpose_of(world.period.id))
                            if e.state is not KeyState.DESTROYED
                        ]
                    ),
                )
            )
        db.session.rollback()

    kept, rotation.BATCH = rotation.BATCH, 7
    try:
        rotation.rotate(world.period.id, by=audit.CONSOLE, grace_seconds=0, progress=look)
    finally:
        rotation.BATCH = kept
    assert len(seen) >= 4
    assert all(found == [f"山田 {n}" for n in range(30)] and keys == 2 for found, keys in seen)


def test_a_group_made_before_the_rotation_and_written_after_it_opens(world):
    group = vault.new_group(world.period.id, Kind.CALLER)
    rotation.rotate(world.period.id, by=audit.CONSOLE, grace_seconds=0)
    with pytest.raises(Unavailable), writing():  # its wrapped form is under a key that is gone
        db.session.add(group)
        audit.record(Action.CALLER_CREATED, by=audit.CONSOLE)


def test_a_group_made_before_and_written_while_it_runs_gets_the_new_key(world):
    store = world.app.extensions["keystore"]
    purpose = vault.purpose_of(world.period.id)
    group, old = vault.new_group(world.period.id, Kind.CALLER), store.current(purpose)
    store.make(purpose)
    store.retire(old)
    with writing():
        db.session.add(group)
        audit.record(Action.CALLER_CREATED, by=audit.CONSOLE)
    assert group.kek == store.current(purpose)
    vault.current_vault().forget()
    assert len(vault.current_vault().key(group.id)) == 32


def test_a_closed_key_takes_no_data_key_by_a_bare_statement(world):
    group = vault.new_group(world.period.id, Kind.CALLER)
    values = {
        "id": group.id,
        "period_id": group.period_id,
        "kind": Kind.CALLER,
        "kek": group.kek,
        "wrapped": group.wrapped,
    }
    rotation.rotate(world.period.id, by=audit.CONSOLE, grace_seconds=0)
    assert db.session.get(ClosedKey, group.kek) is not None
    with pytest.raises(db.exc.DBAPIError, match="closed"):
        db.session.execute(DataKey.__table__.insert(), [values])
    db.session.rollback()


def test_work_goes_on_without_an_error_while_keys_are_replaced(world):
    ids, problems, made = make_callers(world, 40), [], []
    stop = threading.Event()
    period_id = world.period.id
    db.session.rollback()

    def work():
        with world.app.app_context():
            while not stop.is_set():
                try:
                    with writing():
                        caller = Caller.create(world.period, by=audit.SYSTEM, name="勤務 中")
                    made.append(caller.id)
                    assert db.session.get(Caller, random.choice(ids)).name.startswith("山田")
                    db.session.rollback()
                except Exception as problem:
                    problems.append(problem)
                    db.session.rollback()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        rotation.rotate(period_id, by=audit.CONSOLE, grace_seconds=0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(made) > 10
    assert names(made) == ["勤務 中"] * len(made)


def test_a_rotation_killed_at_any_point_is_finished_by_the_next(world):
    """Kill -9 at random moments; after each kill every value opens, and in the end one key is left."""
    ids, period_id = make_callers(world, 200), world.period.id
    expected = names(ids)
    db.session.rollback()
    command = [sys.executable, "-P", "-c", ROTATE, str(period_id)]
    outside, killed = environment(world) | {"PYTHONPATH": os.getcwd()}, 0
    with subprocess.Popen(
        command, env=outside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runner:
        for attempt in range(KILLS):
            print(file=runner.stdin, flush=True)
            child = int(runner.stdout.readline())
            time.sleep(random.Random(attempt).uniform(0, 0.1))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            killed += int(runner.stdout.readline()) == -signal.SIGKILL
            assert names(ids) == expected
            db.session.rollback()
        runner.stdin.close()
    assert killed >= KILLS // 2
    rotation.rotate(period_id, by=audit.CONSOLE, grace_seconds=0)
    store = world.app.extensions["keystore"]
    standing = [e for e in store.versions(vault.purpose_of(period_id)) if e.state is not KeyState.DESTROYED]
    assert [e.state for e in standing] == [KeyState.ACTIVE]
    assert set(keks(world.period)) == {standing[0].name}
    assert names(ids) == expected


def test_a_replaced_signing_key_is_trusted_through_the_old_one(world):
    checkpoints.sign()
    old = list(checkpoints.public_keys(world.app.extensions["keystore"]).values())
    rotation.rotate_signing(by=audit.CONSOLE)
    with writing():
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
    checkpoints.sign()
    new = list(checkpoints.public_keys(world.app.extensions["keystore"]).values())
    assert len(new) == 1
    assert new != old
    assert packs.verify_database().ok
    assert list(checkpoints.all_public_keys().values()) == old + new


def test_replaced_cookies_end_every_session(world):
    browser = world.client("aoki")
    assert browser.get("/").status_code == 200
    rotation.rotate_cookies(by=audit.CONSOLE)
    assert browser.get("/").status_code in (302, 303)
