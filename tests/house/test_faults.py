"""Full disk, lost database, missing keys, sealed keystore: a page says so, nothing is half stored, and the house
goes on by itself once the fault is mended."""

import io
import os
import shutil
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from callcenter.contacts import Contact
from callcenter.db import db, disconnect
from callcenter.privacy import unsealing
from callcenter.privacy.audit import AuditEntry
from tests.conftest import _server
from tests.making import Makes
from tests.world import World
from tickets.records.attachments import Attachment

PASSPHRASE = "雨の日の-緑の-改札口"
MEGABYTE = 1024 * 1024


@pytest.fixture
def started(world):
    """started(settings): another process's app over these settings, as a world; gone after the test."""
    with ExitStack() as ends:

        def start(settings):
            from wsgi import create_app

            app = create_app(settings, environ={})
            app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
            ends.enter_context(app.app_context())
            ends.callback(disconnect)
            return World(app)

        yield start


@contextmanager
def small_disk(folder, megabytes):
    """A file system of its own of so many megabytes; needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def filled(folder):
    """Not a byte is free there while the block runs."""
    junk = folder / "junk"
    with junk.open("wb", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    try:
        yield
    finally:
        junk.unlink()


@pytest.fixture
def small(world, started, tmp_path):
    """The named world again, on a disk of 24 MB."""
    settings = world.app.extensions["settings"]
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, 24):
        disconnect()
        shutil.copytree(settings.home, disk / "home", dirs_exist_ok=True)
        yield started(replace(settings, home=disk / "home", keys=disk / "home" / "keys")), disk
        disconnect()


def how_many(model):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def refused(answer, code):
    """A page that says what is wrong, by its status and its code."""
    assert answer.status_code == 503
    assert code in answer.text
    return True


def test_a_full_disk_stores_nothing_and_says_so(small, backend):
    if backend == "postgresql":
        pytest.skip("the disk of PostgreSQL is its own; what lies on ours is tested below")
    world, disk = small
    aoki = world.client("aoki")
    assert aoki.post("/calls").status_code == 303
    before, rows = how_many(Contact), how_many(AuditEntry)
    db.session.remove()
    with filled(disk):
        for _ in range(3):
            refused(aoki.post("/calls"), "disk_full")
    assert (how_many(Contact), how_many(AuditEntry)) == (before, rows)
    assert aoki.post("/calls").status_code == 303
    assert how_many(Contact) == before + 1


def test_a_file_that_does_not_fit_leaves_no_row(small):
    world, disk = small
    make = Makes(world=world)
    address = f"/tickets/{make.number(make.ticket())}/attachments"
    aoki = world.client("aoki")
    content = b"%PDF-1.4\n" + os.urandom(200_000) + b"\n%%EOF\n"
    before = how_many(Attachment)
    kept = {f for f in (disk / "home" / "files").rglob("*") if f.is_file()}
    with filled(disk):
        sent = aoki.post(address, data={"file": (io.BytesIO(content), "領収書.pdf")})
        refused(sent, "disk_full")
    assert how_many(Attachment) == before
    assert {f for f in (disk / "home" / "files").rglob("*") if f.is_file()} == kept
    sent = aoki.post(address, data={"file": (io.BytesIO(content), "領収書.pdf")})
    assert sent.status_code == 303
    assert how_many(Attachment) == before + 1


@contextmanager
def lost(world):
    """The database is away while the block runs."""
    settings = world.app.extensions["settings"]
    disconnect()
    if settings.database_url:
        name = settings.database_url.split("?")[0].rsplit("/", 1)[1]
        _server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        _server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        yield
        _server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        return
    away = settings.data.with_name("data.away")
    settings.data.rename(away)
    yield
    away.rename(settings.data)


def test_a_lost_database_is_said_and_found_again(world):
    aoki = world.client("aoki")
    before = how_many(Contact)
    with lost(world):
        for answer in (aoki.get("/tickets"), aoki.post("/calls")):
            refused(answer, "database_lost")
        assert world.app.test_client().get("/readyz").status_code == 503
    assert aoki.get("/tickets").status_code == 200
    assert how_many(Contact) == before
    assert aoki.post("/calls").status_code == 303


def test_connections_that_died_meanwhile_are_replaced(world, backend):
    if backend == "sqlcipher":
        pytest.skip("a file has no server that could end connections")
    aoki = world.client("aoki")
    assert aoki.get("/tickets").status_code == 200
    name = world.app.extensions["settings"].database_url.split("?")[0].rsplit("/", 1)[1]
    _server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert aoki.get("/tickets").status_code == 200


def test_missing_keys_are_said_and_found_again(world):
    aoki, keys = world.client("aoki"), world.app.extensions["settings"].keys
    before = how_many(Contact)
    db.session.remove()
    keys.rename(keys.with_name("keys.away"))
    try:
        for answer in (aoki.get("/tickets"), aoki.post("/calls")):
            refused(answer, "keys_missing")
    finally:
        keys.with_name("keys.away").rename(keys)
    assert aoki.get("/tickets").status_code == 200
    assert how_many(Contact) == before


def test_a_sealed_house_opens_when_the_passphrase_is_given(world, started):
    settings = world.app.extensions["settings"]
    aoki = world.client("aoki")
    cookie = aoki.get_cookie("madoguchi").value
    disconnect()
    world.app.extensions["keystore"].seal_with(PASSPHRASE)
    sealed = started(settings)
    try:
        browser = sealed.app.test_client()
        browser.set_cookie("madoguchi", cookie)
        refused(browser.get("/tickets"), "keys_sealed")
        refused(browser.post("/calls"), "keys_sealed")
        assert unsealing.give("まちがい", settings.home / "run").popitem()[1] == "wrong"
        refused(browser.get("/tickets"), "keys_sealed")
        assert unsealing.give(PASSPHRASE, settings.home / "run").popitem()[1] == "open"
        assert browser.get("/tickets").status_code == 200
    finally:
        for thread in threading.enumerate():
            if isinstance(thread, unsealing.Listener):
                thread.close()
                thread.join(5)
