"""A house full of invented tickets for the benchmarks: any number, three messages each of some 250 characters.

The texts are put together from our own sentences and rarer words, so that some words stand in half of all tickets
and others in one of a thousand. Kept under bench/results/houses/ when asked, else gone after the run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select

import wsgi  # noqa: F401 (knows every room, so that every model is there)
from bench.cluster import Cluster, database_url, fresh_database
from bench.filling import fill
from bench.moving import copy_home, move
from callcenter import prepare
from callcenter.config import Settings
from callcenter.db import db, disconnect
from callcenter.privacy.keystore import Keystore
from callcenter.privacy.lens.rebuilding import rebuild
from callcenter.programmes import Programme, living_periods
from tickets.demo.office import DemoOffice

KEPT = Path(__file__).parent / "results" / "houses"
DATABASES = ("sqlcipher", "postgresql")


@dataclass(frozen=True)
class BenchHouse:
    """A filled house: what an app and a running server of it need, and how long it took to make (seconds)."""

    settings: Settings
    environ: dict[str, str]
    app: Flask
    database: str
    tickets: int
    cluster: Cluster | None = None
    filled_in: float = 0.0
    lens_in: float = 0.0


@contextmanager
def house(
    database: str, tickets: int, say: Callable[[str], None], *, keep: bool = False, kept: Path = KEPT
) -> Iterator[BenchHouse]:
    """The house of this size on SQLCipher or on a PostgreSQL server of its own, which runs while the block does.

    With `keep` it stays for the next time; a kept SQLCipher house of the same size is moved to PostgreSQL rather than
    made again."""
    home = kept / f"{database}-{tickets}"
    server = kept / f"{home.name}-server"  # beside it: the home is closed to the server's user
    if not (home / "filled").exists():
        _remove(home, server)
    with Cluster(server) if database == "postgresql" else nullcontext() as cluster:
        yield _made(home, database, tickets, cluster, say)
    if not keep:
        _remove(home, server)


def _made(
    home: Path, database: str, tickets: int, cluster: Cluster | None, say: Callable[[str], None]
) -> BenchHouse:
    is_filled, twin = (home / "filled").exists(), home.parent / f"sqlcipher-{tickets}"
    is_moved = bool(cluster) and not is_filled and (twin / "filled").exists()
    if is_moved:
        copy_home(twin, home)
    environ = {"CALLCENTER_HOME": str(home)}
    if cluster and is_filled:
        environ["DATABASE_URL"] = database_url(cluster.url, "house")
    elif cluster:
        environ["DATABASE_URL"] = fresh_database(cluster.url, "house")
    settings = Settings.from_environment(environ)
    source = make_app(Settings.from_environment({"CALLCENTER_HOME": str(twin)})) if is_moved else None
    app = make_app(settings)
    filled_in = lens_in = 0.0
    if source:
        move(source, app, say)
        (home / "filled").touch(0o600)
    elif not is_filled:
        with app.app_context():
            filled_in = _timed(lambda: _fill(tickets, say))
            lens_in = _timed(lambda: make_lens(app))
            disconnect()
        (home / "filled").touch(0o600)
    return BenchHouse(settings, environ, app, database, tickets, cluster, filled_in, lens_in)


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def make_app(settings: Settings) -> Flask:
    """The app of these settings, with keys."""
    from wsgi import create_app

    prepare.make_keys(settings, Keystore(settings.keys))
    return create_app(settings, environ={})


def make_lens(app: Flask) -> None:
    """Make the lens of every period anew, with two processes."""
    for period_id in list(living_periods()):
        rebuild(
            app.extensions["lens"].file(period_id), app.extensions["follower"].shelves, period_id, processes=2
        )


def _fill(tickets: int, say: Callable[[str], None]) -> None:
    prepare.make_database()
    DemoOffice(db.session.scalars(select(Programme)).one(), lambda _: None).make()
    if tickets:
        fill(db.session.scalars(select(Programme)).one(), tickets, say)


def _timed(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
