"""What the public site's own connection may do: read what is laid down, put rows into the inbox, nothing else."""

import sqlite3
from dataclasses import replace

import pytest
import sqlalchemy
from sqlalchemy import insert, select, text

from callcenter.clock import now
from callcenter.config import BadSetting, Face
from callcenter.db import db, new_id
from callcenter.errors import Conflict, Invalid
from kb.public import preparing
from kb.public.store import ARTICLE, INBOX, METADATA, PROGRAMME, open_as_house

CANARY = "金糸雀色のカナリア手帳"


def inbox_row():
    return {
        "id": new_id(),
        "programme": "babysitter",
        "kind": "search",
        "key_id": new_id(),
        "sealed": b"x",
        "received_at": now().isoformat(),
    }


@pytest.fixture
def face(public):
    """The face's own store, as its process opens it."""
    return public.app.extensions["store"]


def refused(store, statement):
    with pytest.raises(sqlalchemy.exc.DBAPIError) as error, store.engine.connect() as connection:
        connection.execute(statement)
        connection.commit()
    told = str(error.value).lower()
    return any(
        word in told
        for word in (
            "denied",
            "authorized",
            "prohibited",
            "no such table",
            "no such function",
            "must be owner",
        )
    )


def test_the_face_reads_what_is_laid_down(public, make_article, face):
    make_article()
    public.lay()
    with face.reading() as connection:
        assert connection.scalar(select(ARTICLE.c.question)) == "交通費は対象になりますか"


def test_the_face_reads_no_table_of_the_house(world, public, face):
    for table in db.metadata.sorted_tables:
        name = f"public.{table.name}" if public.role in str(face.engine.url) else table.name
        assert refused(face, text(f"SELECT * FROM {name}")), table.name


def test_the_house_has_tables_to_be_refused(world):
    assert len(db.metadata.sorted_tables) > 40


def test_the_face_changes_nothing_that_is_laid_down(public, make_article, face):
    make_article()
    public.lay()
    for statement in (
        ARTICLE.update().values(question="x"),
        ARTICLE.delete(),
        PROGRAMME.update().values(public_key=b"x"),
        PROGRAMME.delete(),
        text("CREATE TABLE mine (a integer)"),
        text(
            "DROP TABLE face_article"
            if face.engine.dialect.name == "sqlite"
            else "DROP TABLE face.face_article"
        ),
    ):
        assert refused(face, statement), statement
    public.lay()
    with face.reading() as connection:
        assert connection.scalar(select(ARTICLE.c.question)) == "交通費は対象になりますか"


def test_the_face_puts_into_the_inbox_and_cannot_look_or_take(public, face):
    with face.writing() as connection:
        connection.execute(insert(INBOX), [inbox_row()])
    assert refused(face, select(INBOX))
    assert refused(face, INBOX.delete())
    assert refused(face, INBOX.update().values(kind="x"))
    with public.store.reading() as connection:
        assert connection.scalar(select(INBOX.c.kind)) == "search"


def test_on_sqlite_the_face_opens_no_other_file(public, face, backend, tmp_path):
    if backend != "sqlcipher":
        pytest.skip("SQLite's own ways")
    for statement in (
        f"ATTACH DATABASE '{tmp_path / 'other.db'}' AS other",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
    ):
        assert refused(face, text(statement)), statement


def test_on_sqlite_the_file_has_the_faces_tables_and_no_other(public, backend):
    if backend != "sqlcipher":
        pytest.skip("SQLite's own file")
    connection = sqlite3.connect(public.settings.face_file)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert names == set(METADATA.tables)
    assert public.settings.face_file.stat().st_mode & 0o077 == 0


def test_on_postgresql_the_role_may_do_nothing_else(public, backend, face):
    if backend != "postgresql":
        pytest.skip("a role of PostgreSQL")
    with face.reading() as connection:
        assert connection.scalar(text("SELECT current_user")) == public.role
        own = "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert connection.scalar(text(own)) is False


def test_a_role_that_may_do_more_is_refused(public, backend):
    if backend != "postgresql":
        pytest.skip("a role of PostgreSQL")
    db.session.execute(text(f"GRANT SELECT ON staff TO {public.role}"))
    db.session.commit()
    with pytest.raises(Conflict, match=r"public\.staff"):
        preparing.prepare(public.settings)


@pytest.mark.parametrize(
    "url", ["postgresql://face@h/d", "postgresql://Face:w@h/d", "postgresql://house:w@h/d"]
)
def test_a_role_needs_a_name_and_a_password_of_its_own(tmp_path, world, url):
    settings = replace(
        world.app.extensions["settings"],
        database_url="postgresql+psycopg://house:w@h/d",
        face=Face.from_environment({"CALLCENTER_FACE_DATABASE_URL": url}),
    )
    with pytest.raises(Invalid):
        preparing.prepare(settings)


def test_a_faces_database_needs_a_house_of_that_kind(world):
    settings = replace(
        world.app.extensions["settings"],
        database_url=None,
        face=Face(database_url="postgresql+psycopg://a:b@h/d"),
    )
    with pytest.raises(BadSetting):
        open_as_house(settings)


def test_a_new_shape_of_the_tables_is_laid_down_anew(public, make_article, monkeypatch):
    make_article()
    public.lay()
    with public.store.writing() as connection:
        connection.execute(
            text(
                "UPDATE face_shape SET format = 0"
                if public.store.engine.dialect.name == "sqlite"
                else "UPDATE face.face_shape SET format = 0"
            )
        )
    public.store.make()
    with public.app.extensions["store"].reading() as connection:
        assert connection.scalar(select(ARTICLE.c.question)) is None
