"""A caller of an earlier contract year who calls again: copied into this year, with what protects them, and confirmed
by whoever is on the phone. Each year has keys of its own and ends with them. Source: docs/rules.md#period."""

from __future__ import annotations

from sqlalchemy import select

from callcenter import clock
from callcenter.applications.links import CallerApplication, links_of
from callcenter.db import db
from callcenter.errors import Invalid
from callcenter.people.callers import Caller, identity_digest
from callcenter.people.protection import Mark, Protection, is_marked
from callcenter.people.staff import Staff
from callcenter.programmes import Period


def in_this_year(caller: Caller, period: Period, *, by: Staff) -> Caller:
    """The caller as a record of this contract year: itself, the copy made before, or a new copy.

    Raises Invalid for a caller of another programme."""
    caller = caller.survivor
    if caller.period_id == period.id:
        return caller
    if caller.period.programme_id != period.programme_id:
        raise Invalid("ほかの事業の相談者です。", code="other_programme")
    return _copied_before(caller, period) or _copy(caller, period, by)


def _copied_before(caller: Caller, period: Period) -> Caller | None:
    digest = _digest(caller, period)
    query = select(Caller).where(Caller.period_id == period.id, Caller.identity_digest == digest)
    known = db.session.scalars(query).first() if digest else None
    return known.survivor if known else None


def _copy(caller: Caller, period: Period, by: Staff) -> Caller:
    copy = Caller.create(
        period,
        by=by,
        name=caller.name,
        kana=caller.kana,
        address=caller.address,
        phones=[(phone.label, phone.number) for phone in caller.current_phones],
        mails=[mail.address for mail in caller.current_mails],
        identity_digest=_digest(caller, period),
    )
    db.session.flush()
    _carry_protection(caller, copy)
    for link in links_of(caller):
        db.session.add(
            CallerApplication(
                caller_id=copy.id,
                application_id=link.application_id,
                relation=link.relation,
                authorised_on=link.authorised_on,
                at=clock.now(),
                by_id=by.id,
            )
        )
    db.session.flush()
    return copy


def _carry_protection(caller: Caller, copy: Caller) -> None:
    """Nobody is unprotected by the turn of a year: the mark comes along, with who set it, when and why."""
    for member in caller.family:
        if not is_marked(member):
            continue
        query = select(Protection).where(Protection.caller_id == member.id, Protection.mark == Mark.SET)
        known = db.session.scalars(query.order_by(Protection.at.desc(), Protection.id.desc())).first()
        if known is not None:
            row = Protection(
                group=copy.group, caller_id=copy.id, mark=Mark.SET, at=known.at, by_id=known.by_id
            )
            row.reason = known.reason
            db.session.add(row)


def _digest(caller: Caller, period: Period) -> bytes | None:
    phone = next((phone.number for phone in caller.current_phones), None)
    mail = next((mail.address for mail in caller.current_mails), None)
    return identity_digest(period.id, name=caller.name, kana=caller.kana, phone=phone, mail=mail)
