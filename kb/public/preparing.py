"""Preparing the public face's database on PostgreSQL: its schema, and the role that may read it and no other."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from callcenter.config import Settings
from callcenter.errors import Conflict, Invalid
from kb.public.store import ROLE_THERE, SCHEMA, Store, grant, open_as_house

ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
LIMITS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 32"
FOREIGN_TABLES = text(
    "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', :face)"
    " AND n.nspname NOT LIKE 'pg\\_%' AND (has_table_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
    " OR has_any_column_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE')) ORDER BY 1"
)


def prepare(settings: Settings) -> str:
    """Make the face's tables, and on PostgreSQL its role with the name and password of CALLCENTER_FACE_DATABASE_URL.
    Gives what stands there now, in a sentence. Safe to call again.

    Raises Invalid for a role that the house itself uses or without a password, Conflict when the role can be neither
    found nor made, or may do more than read the face's schema (docs/rules.md#public-face)."""
    store = open_as_house(settings)
    try:
        if not settings.face.database_url:
            store.make()
            return str(settings.face_file)
        role = _prepare_role(store, settings)
        return f"PostgreSQL, schema {SCHEMA}, role {role}"
    finally:
        store.close()


def _prepare_role(store: Store, settings: Settings) -> str:
    url = make_url(settings.face.database_url or "")
    role, password = url.username or "", str(url.password or "")
    if not ROLE.fullmatch(role) or not password or role == make_url(settings.database_url or "").username:
        message = _(
            "CALLCENTER_FACE_DATABASE_URL には、本体とは別のロール名（英小文字、数字、_）とパスワードを書いてください。"
        )
        raise Invalid(message, code="face_role")
    try:
        with store.writing() as connection:
            _make_role(connection, role, password)
    except DBAPIError:
        with store.reading() as connection:
            if not connection.scalar(ROLE_THERE, {"role": role}):
                message = _(
                    "ロール %(role)s を作れません。データベースの管理者に CREATE ROLE %(role)s %(limits)s と、パスワードの設定を頼んでください。",
                    role=role,
                    limits=LIMITS,
                )
                raise Conflict(message, code="face_role_missing") from None
    store.make()
    with store.writing() as connection:
        grant(connection, role)
        _refuse_more(connection, role)
    return role


def _make_role(connection: Connection, role: str, password: str) -> None:
    """Made, or brought to the limits and the password of the settings. The server is sent a verifier, not the word."""
    driver = connection.connection.driver_connection
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()  # type: ignore[union-attr]
    verb = "ALTER" if connection.scalar(ROLE_THERE, {"role": role}) else "CREATE"
    connection.exec_driver_sql(f"{verb} ROLE {role} {LIMITS} PASSWORD '{verifier}'")


def _refuse_more(connection: Connection, role: str) -> None:
    found = list(connection.scalars(FOREIGN_TABLES, {"role": role, "face": SCHEMA}))
    if found:
        message = _(
            "ロール %(role)s は公開サイトのほかの表（%(tables)s）も扱えます。権限を外してから、もう一度実行してください。",
            role=role,
            tables="、".join(found[:5]),
        )
        raise Conflict(message, code="face_role_too_strong")
