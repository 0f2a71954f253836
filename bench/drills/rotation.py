"""Kills the replacing of a wrapping key with -9 at random points, 50 times: every value opens, and it ends.

    script/drill rotation [--kills 50] [--database sqlcipher|postgresql|both] [--tickets 2000] [--seed N]

After each kill the doctor opens a sample of every table; after the last run all values, with the new key alone."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from bench.cluster import programs
from bench.house import DATABASES, KEPT, BenchHouse, house
from bench.report import Report
from callcenter.db import db, disconnect
from callcenter.privacy import audit, doctor, rotation, vault
from callcenter.privacy.keystore import KeyState

ROOT = Path(__file__).resolve().parents[2]
LONGEST_WAIT_SECONDS = 0.4
RUNNER = """
import os, sys, uuid
from callcenter.config import Settings
from callcenter.privacy import audit, rotation
from wsgi import create_app
rotation.BATCH = 50
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Drill the databases asked for; 0 when every value opened every time."""
    reader = argparse.ArgumentParser(prog="script/drill rotation")
    reader.add_argument("--kills", type=int, default=50)
    reader.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    reader.add_argument("--tickets", type=int, default=2_000)
    reader.add_argument("--seed", type=int, default=int(time.time()))
    wanted = reader.parse_args(arguments)
    report = Report("rotation")
    for database in DATABASES if wanted.database == "both" else (wanted.database,):
        if database == "postgresql" and programs() is None:
            print("postgresql: no server programs here; left out", file=sys.stderr)
            continue
        with house(database, wanted.tickets, lambda _: None, kept=KEPT / "rotation") as made:
            drill(made, report, wanted.kills, Random(wanted.seed))
    return report.keep(drill=True)


def drill(made: BenchHouse, report: Report, kills: int, random: Random) -> None:
    """Kill, look, kill again; then let it end and look at everything."""
    with made.app.app_context():
        used = select(vault.DataKey.period_id, func.count()).where(vault.DataKey.period_id.is_not(None))
        most = used.group_by(vault.DataKey.period_id).order_by(func.count().desc()).limit(1)
        period_id, groups = db.session.execute(most).one()
        db.session.rollback()
        killed, findings, most_keys = _kill(made, period_id.hex, kills, random)
        rotation.rotate(period_id, by=audit.CONSOLE, grace_seconds=0)
        vault.current_vault().forget()
        left = _findings(made, deep=True)
        store = made.app.extensions["keystore"]
        standing = [
            e for e in store.versions(vault.purpose_of(period_id)) if e.state is not KeyState.DESTROYED
        ]
        for finding in (*findings, *left):
            print(f"WRONG {finding}", file=sys.stderr)
        report.add(f"{made.database}: data keys", groups, "")
        report.add(f"{made.database}: killed in the middle", killed, "", least=kills)
        report.add(f"{made.database}: findings after the kills", len(findings), "", most=0)
        report.add(f"{made.database}: most keys of the period at once", most_keys, "", most=2)
        report.add(f"{made.database}: findings at the end, all values opened", len(left), "", most=0)
        report.add(f"{made.database}: keys left at the end", len(standing), "", most=1)
        disconnect()


def _kill(made: BenchHouse, period: str, kills: int, random: Random) -> tuple[int, list[doctor.Finding], int]:
    killed, findings, most_keys = 0, [], 0
    environ = {**os.environ, **made.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", RUNNER, period]
    store = made.app.extensions["keystore"]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdin is not None
        assert runner.stdout is not None
        for _ in range(4 * kills):
            if killed == kills:
                break
            print(file=runner.stdin, flush=True)
            child = int(runner.stdout.readline())
            time.sleep(random.uniform(0, LONGEST_WAIT_SECONDS))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            killed += int(runner.stdout.readline()) == -signal.SIGKILL
            vault.current_vault().forget()
            versions = store.versions(vault.purpose_of(uuid.UUID(period)))
            most_keys = max(most_keys, len([e for e in versions if e.state is not KeyState.DESTROYED]))
            findings += _findings(made, deep=False)
        runner.stdin.close()
    return killed, findings, most_keys


def _findings(made: BenchHouse, *, deep: bool) -> list[doctor.Finding]:
    """What the doctor finds about keys, values and the trail; an unfinished replacing is what is being drilled."""
    examination = doctor.Examination(made.settings, made.app.extensions["keystore"], deep)
    found = doctor.examine(examination)
    expected = set() if deep else {"rotation_unfinished", "key_leftover", "checkpoint_overdue"}
    names = ("keys", "data-keys", "sealed-values", "audit-trail")
    return [f for name in names for f in found[name] if f.code not in expected]


if __name__ == "__main__":
    raise SystemExit(main())
