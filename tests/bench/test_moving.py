"""A house that was moved to PostgreSQL has the same rows, and they open."""

import os
import uuid

import pytest
from sqlalchemy import func, select

from bench.moving import copy_home, move
from callcenter.db import db, disconnect, writing
from callcenter.people.callers import Caller
from callcenter.privacy.audit import AuditEntry
from tests.conftest import POSTGRESQL, _named, _server, _settings
from tests.world import World
from wsgi import create_app


@pytest.fixture
def address():
    if not POSTGRESQL:
        if os.environ.get("CI") == "true":
            pytest.fail("TEST_DATABASE_URL is not set")
        pytest.skip("no PostgreSQL: set TEST_DATABASE_URL")
    name = f"madoguchi_moved_{uuid.uuid4().hex[:12]}"
    _server(f"CREATE DATABASE {name}")
    yield _named(name)
    _server(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_moved_house_has_the_same_rows(templates, address, tmp_path):
    source = create_app(templates("sqlcipher").copy(tmp_path / "here"), environ={})
    with source.app_context():
        world = World(source)
        with writing():
            Caller.create(world.period, by=world.aoki, name="山\\田\t花子")
        seen = db.session.scalars(select(AuditEntry.hash).order_by(AuditEntry.seq)).all()
        disconnect()
    copy_home(tmp_path / "here", tmp_path / "there")
    target = create_app(_settings(tmp_path / "there", address), environ={})
    move(source, target, lambda _: None)
    with target.app_context():
        assert db.session.scalars(select(AuditEntry.hash).order_by(AuditEntry.seq)).all() == seen
        assert db.session.scalar(select(func.count()).select_from(Caller)) == 1
        assert db.session.scalars(select(Caller)).one().name == "山\\田\t花子"
        disconnect()
