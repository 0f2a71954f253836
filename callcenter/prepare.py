"""Preparing a house: keys, database, the first programme, and (asked for by the roof) the demo office."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import select

from callcenter.calendar import fiscal_year
from callcenter.clock import today
from callcenter.config import Settings
from callcenter.db import db, writing
from callcenter.migrations import upgrade
from callcenter.people import clauses
from callcenter.people.installation import Installation
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import Keystore
from callcenter.programmes import Programme, Ward, house_keys, open_period

WARD = ("13104", "新宿区")
PROGRAMME = ("babysitter", "ベビーシッター利用支援事業（一時預かり利用支援）")


def make_keys(settings: Settings, keystore: Keystore) -> bool:
    """Make the data directories and, on an empty home, the keys. True when keys were made."""
    for directory in (settings.home, settings.data, settings.lens, settings.files, settings.home / "run"):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
    if keystore.exists:
        return False
    keystore.create(os.environ.get("CALLCENTER_PASSPHRASE") or None)
    return True


def make_database() -> bool:
    """Bring the database to the newest revision and enter the first ward, programme and period.

    True when this was a new house. Safe to call at every start; two callers wait for each other."""
    settings: Settings = current_app.extensions["settings"]
    with one_at_a_time(settings.home / "run" / "prepare.lock"):
        upgrade.to_head(db.engine)
        if db.session.scalars(select(Installation)).first():
            db.session.rollback()
            return False
        with writing():
            _first_programme()
        return True


def _first_programme() -> None:
    house_keys()
    ward = Ward(code=WARD[0], name=WARD[1])
    programme = Programme(ward=ward, code=PROGRAMME[0], name=PROGRAMME[1])
    db.session.add_all([ward, programme])
    db.session.add(Installation(is_demo=False))
    clauses.publish_first(by=audit.CONSOLE)
    db.session.flush()
    period = open_period(programme, fiscal_year(today()))
    audit.record(Action.HOUSE_PREPARED, by=audit.CONSOLE, facts={"ward": WARD[0], "programme": PROGRAMME[0]})
    audit.record(Action.PERIOD_OPENED, by=audit.CONSOLE, on=period, facts={"fiscal_year": period.fiscal_year})


def is_prepared(app: Flask) -> bool:
    """Whether keys and database are there at all (not whether they are in order)."""
    settings: Settings = app.extensions["settings"]
    if not app.extensions["keystore"].exists:
        return False
    return bool(settings.database_url) or settings.database_file.exists()


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Hold a lock file, so that web processes, worker and commands prepare one after another."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        os.fchmod(handle.fileno(), 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
