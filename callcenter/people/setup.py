"""The first administrator: enters by a code printed on the console, and only while nobody is registered."""

from __future__ import annotations

from sqlalchemy import select

from callcenter.db import db
from callcenter.errors import Conflict, Forbidden
from callcenter.people import codes
from callcenter.people.codes import OneTimeCode, Purpose
from callcenter.people.staff import Staff, anybody, appoint
from callcenter.permissions import Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Programme


def issue_code() -> str:
    """A set-up code, good once and for 24 hours; earlier ones are void. For the console, inside `db.writing()`.

    Raises Conflict when somebody is registered already."""
    if anybody():
        raise Conflict("すでに利用者が登録されています。管理者に招待を依頼してください。", code="set_up")
    audit.record(Action.SETUP_CODE_ISSUED, by=audit.CONSOLE)
    return codes.issue(Purpose.SETUP, by=audit.CONSOLE.actor_id)


def is_open() -> bool:
    """Whether the house still waits for its first administrator."""
    return not anybody()


def found(code: OneTimeCode, *, sign_in_name: str, name: str, kana: str, password_hash: str) -> Staff:
    """Register the first administrator, for all programmes. Raises Forbidden when the code was used meanwhile."""
    if not is_open() or not codes.use(code):
        raise Forbidden("初期設定はすでに終わっています。", code="set_up")
    programmes = list(db.session.scalars(select(Programme)))
    person = appoint(
        by=audit.CONSOLE,
        sign_in_name=sign_in_name,
        name=name,
        kana=kana,
        role=Role.ADMINISTRATOR,
        programmes=programmes,
    )
    person.keep_password(password_hash, by=person)
    return person
