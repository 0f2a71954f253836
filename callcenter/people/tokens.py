"""Access tokens of a person for programs: made after a fresh proof, shown once, ended for good
(docs/rules.md#access-tokens)."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from callcenter.clock import day_bounds, now, today
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.people import sessions
from callcenter.people.session_record import Ended, Factor, SignIn, digest
from callcenter.people.staff import Staff, StaffState
from callcenter.people.token_record import ApiToken, change_living, end_tokens
from callcenter.permissions import ROLES, Permission
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import house_keys

PREFIX = "mdg_"
SECRET = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
"""How a token looks, so that those who scan texts for secrets find it."""
MOST = 20
DAYS, MOST_DAYS = 90, 365
LONGEST_PURPOSE = 60
READING = "read"
"""The scope that reads alone, whatever the role may read later."""
ALWAYS = frozenset({Permission.ANYONE, Permission.SIGNED_IN})


class Refused(StrEnum):
    """Why a token does not open anything."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SHUT_OUT = "shut_out"


@dataclass(frozen=True)
class Shown:
    """What a look-up of a token found: whose it is, and why it is refused, if it is."""

    token_id: uuid.UUID | None = None
    staff: Staff | None = None
    refused: Refused | None = None
    is_first_today: bool = False


def make(
    staff: Staff, *, purpose: str, permissions: Collection[Permission] | None, days: int = DAYS
) -> tuple[ApiToken, str]:
    """A new token of a person's own, and its secret, which is kept nowhere. Without `permissions` it reads alone.

    It ends after so many days, or with the person's designation. Raises Conflict when they have 20 already, Invalid
    for a purpose, days or permissions that cannot be."""
    _check(staff, purpose.strip(), permissions, days)
    db.session.execute(select(Staff.id).where(Staff.id == staff.id).with_for_update())
    if len(living_of(staff)) >= MOST:
        raise Conflict(
            f"アクセストークンは1人{MOST}個までです。使わないものを取り消してください。",
            code="too_many_tokens",
        )
    secret, at = PREFIX + secrets.token_urlsafe(32), now()
    until = at + timedelta(days=days)
    if staff.released_on is not None:
        until = min(until, day_bounds(staff.released_on)[1])
    row = ApiToken(
        group=house_keys(),
        staff_id=staff.id,
        purpose=purpose.strip(),
        digest=digest(secret),
        scopes=READING if permissions is None else " ".join(sorted(permissions)),
        created_at=at,
        expires_at=until,
    )
    db.session.add(row)
    facts = {"scopes": row.scopes, "expires_at": until}
    audit.record(Action.API_TOKEN_MADE, by=staff, on=row, facts=facts)
    db.session.flush()
    return row, secret


def grantable(staff: Staff) -> list[Permission]:
    """What a person may give a token: what their role may."""
    return sorted(ROLES[staff.role])


def revoke(token_id: uuid.UUID, *, by: Staff) -> None:
    """End a token of one's own, or of a colleague where one may end their sessions.

    Raises NotFound for a token that is not there, not living, or not to be seen."""
    row = db.session.get(ApiToken, token_id)
    whose = Staff.visible_to(by).where(Staff.id == (row.staff_id if row else None))
    owner = db.session.scalars(whose).first()
    if row is None or owner is None or not (owner.id == by.id or sessions.may_end_others(by)):
        raise NotFound("このアクセストークンは見つかりません。", code="no_token")
    why = Ended.KILLED if owner.id == by.id else Ended.KILLED_BY_OFFICE
    if not change_living(ApiToken.id == token_id, ended_at=now(), ended_why=why):
        raise NotFound("このアクセストークンはすでに取り消されています。", code="no_token")
    audit.record(Action.API_TOKEN_REVOKED, by=by, on=row, facts={"staff": owner.id.hex})


def revoke_all_of(staff: Staff, *, by: Staff) -> int:
    """End every token of a colleague; returns how many. Raises NotFound for who may not."""
    if staff.id == by.id or not sessions.may_end_others(by):
        raise NotFound("この利用者は見つかりません。", code="no_staff")
    count = end_tokens(staff.id, why=Ended.KILLED_BY_OFFICE)
    audit.record(Action.API_TOKEN_REVOKED, by=by, on=staff, facts={"staff": staff.id.hex, "count": count})
    return count


def living_of(staff: Staff) -> Sequence[ApiToken]:
    """The tokens of a person that open something, newest first."""
    query = select(ApiToken).where(ApiToken.staff_id == staff.id, ApiToken.ended_at.is_(None))
    rows = db.session.scalars(query.where(ApiToken.expires_at > now()).order_by(ApiToken.created_at.desc()))
    return list(rows)


def show(secret: str) -> Shown:
    """Look a secret up, with one query: whose token it is, or why it is refused. Writes nothing."""
    if not SECRET.fullmatch(secret):
        return Shown(refused=Refused.UNKNOWN)
    rows = db.session.execute(_lookup(), {"digest": digest(secret), "today": today()}).all()
    if not rows:
        return Shown(refused=Refused.UNKNOWN)
    first, at = rows[0], now()
    refused = _why_refused(first, at)
    if refused is not None:
        return Shown(first.id, first.Staff, refused)
    sign_in = SignIn(
        id=first.id,
        token="",
        created_at=first.created_at,
        last_seen_at=at,
        factor=Factor.TOKEN,
        step_up_at=None,
        owes_clauses=first.clauses_id is not None and not first.confirmed,
        is_demo=bool(first.is_demo),
    )
    staff: Staff = first.Staff
    programmes = dict.fromkeys(row.programme_id for row in rows if row.programme_id is not None)
    periods = [row.period_id for row in rows if row.period_id is not None]
    staff.remember(sign_in, programmes, periods, scope_of(first.scopes))
    return Shown(first.id, staff, is_first_today=first.last_used_on != today())


def note_use(shown: Shown) -> bool:
    """Note that a token is used today. True for the one request that was first; the caller commits."""
    day = today()
    not_yet = or_(ApiToken.last_used_on.is_(None), ApiToken.last_used_on != day)
    if not shown.staff or not change_living(ApiToken.id == shown.token_id, not_yet, last_used_on=day):
        return False
    on = ("api_token", shown.token_id)
    audit.record(Action.API_TOKEN_USED, by=shown.staff, on=on, read=True)
    return True


def scope_of(scopes: str) -> frozenset[Permission]:
    """The permissions that a token's scope covers. A word that no permission has any more covers nothing."""
    if scopes == READING:
        return ALWAYS | {permission for permission in Permission if permission.endswith(":read")}
    words = set(scopes.split())
    return ALWAYS | {permission for permission in Permission if permission.value in words}


def _check(staff: Staff, purpose: str, permissions: Collection[Permission] | None, days: int) -> None:
    if not 0 < len(purpose) <= LONGEST_PURPOSE:
        raise Invalid(f"使いみちは1文字以上{LONGEST_PURPOSE}文字以内で入力してください。", code="bad_purpose")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"期限は1日から{MOST_DAYS}日までにしてください。", code="bad_days")
    if permissions is not None and (not permissions or not set(permissions) <= set(grantable(staff))):
        raise Invalid("自分の権限の中から、一つ以上選んでください。", code="bad_scopes")


def _why_refused(row: Any, at: datetime) -> Refused | None:
    if row.ended_at is not None:
        return Refused.REVOKED
    if at >= row.expires_at:
        return Refused.EXPIRED
    return None if row.Staff.state is StaffState.ACTIVE and row.designated else Refused.SHUT_OUT


@cache
def _lookup() -> Select[Any]:
    t = ApiToken
    return sessions.with_person(
        t.id, t.created_at, t.expires_at, t.ended_at, t.scopes, t.last_used_on, of=t
    ).where(t.digest == bindparam("digest"))
