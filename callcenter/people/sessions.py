"""Sign-in sessions: begun, loaded with one query a request, touched by what people do, ended for good."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import Executable, Select, and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from callcenter.clock import now, today
from callcenter.db import db
from callcenter.errors import Conflict, NotFound
from callcenter.people.clauses import ClausesConfirmation, in_force
from callcenter.people.installation import Installation
from callcenter.people.session_record import (
    Ended,
    Factor,
    SignIn,
    SignInSession,
    change_live,
    digest,
    end_all,
    new_token,
    why_over,
)
from callcenter.people.staff import Assignment, Staff, StaffState, designated
from callcenter.people.token_record import ApiToken
from callcenter.people.totp import Totp
from callcenter.permissions import Permission, Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Period

TOUCH_EVERY = timedelta(seconds=30)

__all__ = [
    "Ended",
    "Factor",
    "SignIn",
    "SignInSession",
    "begin",
    "current_id",
    "end",
    "end_all",
    "load",
    "touch",
]


def begin(staff: Staff, *, address: str, factor: Factor = Factor.PASSWORD) -> SignIn:
    """Begin a session; its token (256 random bits) is in the answer and nowhere else. Records the sign-in.

    Where the same request goes on with the person, `load` the token and `flask_login.login_user` what it gives."""
    token, at = new_token(), now()
    row = SignInSession(
        staff_id=staff.id,
        token_digest=digest(token),
        created_at=at,
        last_seen_at=at,
        address=address,
        factor=factor,
        step_up_at=at,
    )
    db.session.add(row)
    audit.record(Action.SIGNED_IN, by=staff, on=row, facts={"factor": factor})
    db.session.flush()
    staff.sign_in = SignIn(row.id, token, at, at, factor, at)
    return staff.sign_in


def load(token: str) -> Staff | None:
    """The person whose live session has this token: active, designated today, within idle and absolute limits.

    One query brings session, person, programmes, periods, and what the session still owes (second factor, clauses)."""
    rows = db.session.execute(_lookup(), {"digest": digest(token), "today": today()}).all()
    if not rows or why_refused(rows[0], now()) is not None:
        return None
    first = rows[0]
    sign_in = SignIn(
        id=first.id,
        token=token,
        created_at=first.created_at,
        last_seen_at=first.last_seen_at,
        factor=first.factor,
        step_up_at=first.step_up_at,
        is_half=_is_half(first),
        owes_clauses=_owes_clauses(first),
        is_demo=bool(first.is_demo),
    )
    staff: Staff = first.Staff
    programmes = dict.fromkeys(row.programme_id for row in rows if row.programme_id is not None)
    staff.remember(sign_in, programmes, [row.period_id for row in rows if row.period_id is not None])
    return staff


class Standing(NamedTuple):
    """A session that stands, as far as somebody has to know who only tells its pages what changed."""

    session_id: uuid.UUID
    staff_id: uuid.UUID
    role: Role
    period_ids: tuple[uuid.UUID, ...]


def standing(session_ids: Collection[uuid.UUID]) -> list[Standing]:
    """Those of these sessions that still open pages: live, with both factors and the clauses confirmed. One query."""
    s, found = SignInSession, dict[uuid.UUID, Standing]()
    query = with_person(s.id, s.created_at, s.last_seen_at, s.factor, s.ended_at, s.ended_why, of=s).where(
        s.id.in_(session_ids)
    )
    for row in db.session.execute(query, {"today": today()}) if session_ids else ():
        if why_refused(row, now()) is None and not _is_half(row) and not _owes_clauses(row):
            known = found.get(row.id) or Standing(row.id, row.Staff.id, row.Staff.role, ())
            periods = known.period_ids + ((row.period_id,) if row.period_id else ())
            found[row.id] = known._replace(period_ids=periods)
    return list(found.values())


def _is_half(row: Any) -> bool:
    return row.factor is Factor.PASSWORD and (row.has_totp or not row.is_demo)


def _owes_clauses(row: Any) -> bool:
    return row.clauses_id is not None and not row.confirmed


def why_ended(token: str) -> Ended | None:
    """Why the session with this token is over, for the sign-in page; None when it is not, or never was."""
    rows = db.session.execute(_lookup(), {"digest": digest(token), "today": today()}).all()
    return why_refused(rows[0], now()) if rows else None


def why_refused(row: Any, at: datetime) -> Ended | None:
    """What stands against a looked-up session at a moment."""
    if row.ended_at is not None:
        return row.ended_why or Ended.KILLED
    if row.Staff.state is not StaffState.ACTIVE or not row.designated:
        return Ended.DISABLED
    return why_over(row.created_at, row.last_seen_at, at)


def current() -> Staff:
    """The person of this request, as the row itself. For views that need somebody signed in."""
    person: Staff = current_user._get_current_object()
    return person


def current_id() -> str:
    """The row id of the session that this request came with, or ""."""
    return current_user.sign_in.id.hex if current_user.is_authenticated else ""


def touch() -> bool:
    """Note that the person of this request did something; at most every 30 seconds. True when a row was changed.

    The border calls this for acts of people, never for pages that ask by themselves."""
    if not current_user.is_authenticated:
        return False
    sign_in: SignIn = current_user.sign_in
    if now() - sign_in.last_seen_at < TOUCH_EVERY:
        return False
    return change_live(SignInSession.id == sign_in.id, last_seen_at=now()) > 0


def renew(staff: Staff, *, factor: Factor) -> SignIn:
    """Give the session a new token after a factor was shown; the old token is dead from now on.

    Raises Conflict when the session was ended meanwhile."""
    sign_in, token, at = _of(staff), new_token(), now()
    changes = {"token_digest": digest(token), "factor": factor, "step_up_at": at, "last_seen_at": at}
    if not change_live(
        SignInSession.id == sign_in.id, SignInSession.token_digest == digest(sign_in.token), **changes
    ):
        raise Conflict(
            "このサインインは終了しています。もう一度サインインしてください。", code="session_ended"
        )
    staff.sign_in = replace(
        sign_in, token=token, factor=factor, step_up_at=at, last_seen_at=at, is_half=False
    )
    return staff.sign_in


def sign_out(staff: Staff) -> None:
    """End the session of this request."""
    sign_in = _of(staff)
    change_live(SignInSession.id == sign_in.id, ended_at=now(), ended_why=Ended.SIGNED_OUT)
    audit.record(Action.SIGNED_OUT, by=staff, on=("sign_in_session", sign_in.id))


def end(session_id: uuid.UUID, *, by: Staff) -> None:
    """End a session of one's own, or, with staff:write or as supervisor, of a colleague.

    Raises NotFound for a session that is not there, not live, or not to be seen."""
    row = db.session.get(SignInSession, session_id)
    whose = Staff.visible_to(by).where(Staff.id == (row.staff_id if row else None))
    owner = db.session.scalars(whose).first()
    if row is None or owner is None or not (owner.id == by.id or may_end_others(by)):
        raise NotFound("このサインインは見つかりません。", code="no_session")
    why = Ended.KILLED if owner.id == by.id else Ended.KILLED_BY_OFFICE
    if not change_live(SignInSession.id == session_id, ended_at=now(), ended_why=why):
        raise NotFound("このサインインはすでに終了しています。", code="no_session")
    audit.record(Action.SESSION_KILLED, by=by, on=row, facts={"staff": owner.id.hex})


def end_all_of(staff: Staff, *, by: Staff) -> int:
    """End every session of a colleague; returns how many."""
    if staff.id == by.id or not may_end_others(by):
        raise NotFound("この利用者は見つかりません。", code="no_staff")
    count = end_all(staff.id, why=Ended.KILLED_BY_OFFICE)
    audit.record(Action.SESSION_KILLED, by=by, on=staff, facts={"staff": staff.id.hex, "count": count})
    return count


def may_end_others(person: Staff) -> bool:
    """Supervisors and administrators end the sessions of colleagues."""
    return person.may(Permission.STAFF_WRITE) or person.may(Permission.TICKETS_ASSIGN)


def live_of(staff: Staff) -> Sequence[SignInSession]:
    """The live sessions of a person, newest first."""
    at = now()
    query = select(SignInSession).where(SignInSession.staff_id == staff.id, SignInSession.ended_at.is_(None))
    rows = db.session.scalars(query.order_by(SignInSession.created_at.desc()))
    return [row for row in rows if row.is_live(at)]


def _of(staff: Staff) -> SignIn:
    if staff.sign_in is None:
        raise Conflict("サインインしていません。", code="session_ended")
    return staff.sign_in


@cache
def _lookup() -> Executable:
    s = SignInSession
    return with_person(
        s.id, s.created_at, s.last_seen_at, s.factor, s.step_up_at, s.ended_at, s.ended_why, of=s
    ).where(s.token_digest == bindparam("digest"))


def with_person(*columns: Any, of: type[SignInSession] | type[ApiToken]) -> Select[Any]:
    """These columns of a session or access token, with its person, their programmes, and what they still owe: one row
    for each contract year the person may see. The day is the parameter `today`."""
    day: Any = bindparam("today")
    clauses = in_force(day).scalar_subquery()
    confirmed = exists().where(
        ClausesConfirmation.staff_id == Staff.id, ClausesConfirmation.version_id == clauses.correlate(None)
    )
    factor = aliased(Totp)
    has_totp = exists().where(and_(factor.staff_id == Staff.id, factor.confirmed_at.is_not(None)))
    demo = select(func.max(Installation.number)).where(Installation.is_demo).scalar_subquery()
    return (
        select(
            *columns,
            Staff,
            Assignment.programme_id,
            Period.id.label("period_id"),
            designated(day).label("designated"),
            has_totp.label("has_totp"),
            clauses.label("clauses_id"),
            confirmed.label("confirmed"),
            demo.label("is_demo"),
        )
        .join(Staff, Staff.id == of.staff_id)
        .outerjoin(Assignment, Assignment.staff_id == Staff.id)
        .outerjoin(Period, Period.programme_id == Assignment.programme_id)
        .order_by(Period.fiscal_year.desc())
    )
