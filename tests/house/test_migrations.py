"""The revisions make just the tables that the models say, on both databases, and go down and up again."""

import re
from pathlib import Path

import pytest
import sqlcipher3.dbapi2
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

import wsgi
from callcenter.db import db
from callcenter.migrations import upgrade
from callcenter.privacy import triggers
from tests.conftest import _named, _server

VERSIONS = Path(upgrade.__file__).parent / "versions"


@pytest.fixture
def empty(backend, tmp_path):
    """An empty database of each kind, as an engine."""
    assert wsgi.create_app
    if backend == "sqlcipher":
        engine = create_engine(f"sqlite:///{tmp_path / 'empty.db'}", module=sqlcipher3.dbapi2)
        yield engine
        engine.dispose()
        return
    name = f"madoguchi_empty_{tmp_path.name.replace('-', '_')}_{id(tmp_path)}".lower()[:60]
    _server(f"CREATE DATABASE {name}")
    engine = create_engine(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", _named(name)))
    yield engine
    engine.dispose()
    _server(f"DROP DATABASE {name} WITH (FORCE)")


def to(engine, revision):
    with engine.begin() as connection:
        config = upgrade.configured(connection)
        (command.downgrade if revision == "base" else command.upgrade)(config, revision)


def differs(context, _found_column, _told_column, found, told):
    """Whether a column's type in the database is another than the model's, as this database writes types."""
    return found.compile(context.dialect) != told.compile(context.dialect)


def test_the_newest_revision_is_what_the_models_say(empty):
    upgrade.to_head(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differs})
        assert compare_metadata(context, db.metadata) == []
        assert triggers.missing(connection) == []


def test_down_and_up_again(empty):
    upgrade.to_head(empty)
    before = sorted(inspect(empty).get_table_names())
    to(empty, "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]
    upgrade.to_head(empty)
    assert sorted(inspect(empty).get_table_names()) == before


def test_to_head_twice_does_nothing(empty):
    upgrade.to_head(empty)
    upgrade.to_head(empty)
    with empty.connect() as connection:
        assert upgrade.current(connection) == upgrade.head()


def test_revisions_are_numbered_and_say_what_they_do():
    names = sorted(f.name for f in VERSIONS.glob("*.py"))
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]
    assert all(f.read_text().startswith('"""') for f in VERSIONS.glob("*.py"))


def test_ward_programme_and_period_stand_from_the_first_revision():
    first = next(VERSIONS.glob("0001_*.py")).read_text()
    assert all(f'"{table}"' in first for table in ("ward", "programme", "period"))
