"""残り時間: what each child of an application has left, over all applications of the programme for that year."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select

from callcenter.applications.flow import DECIDED, FORWARDED, OPEN, State
from callcenter.applications.hours import Cap, Remaining, Spell, Standing, is_eligible, remaining
from callcenter.applications.models import Application, Child, Transfer, Use
from callcenter.applications.rules import HoursRule, rule_for
from callcenter.db import db
from callcenter.errors import Unavailable
from callcenter.programmes import Period

_STANDINGS = (
    dict.fromkeys(DECIDED - {State.REFUSED}, Standing.DECIDED)
    | dict.fromkeys(FORWARDED, Standing.SCREENED)
    | dict.fromkeys(OPEN, Standing.PENDING)
)


@dataclass(frozen=True)
class Balance:
    """A child's hours in the application's fiscal year. `rule` None: the ward entered none yet, the metropolitan cap
    is assumed. `is_complete` False: applications of an erased year can no longer be counted."""

    child: Child
    fiscal_year: int
    hours: Remaining
    rule: HoursRule | None
    is_eligible: bool | None
    is_complete: bool

    @property
    def is_approved(self) -> bool:
        return self.rule is not None and self.rule.is_approved


def balances(application: Application) -> list[Balance]:
    """Remaining hours of each child of an application, in its fiscal year, counting all its applications."""
    rule = rule_for(application.programme_id, application.fiscal_year)
    periods = _periods(application)
    return [_balance(child, application, rule, periods) for child in application.children]


def _balance(
    child: Child, application: Application, rule: HoursRule | None, periods: list[uuid.UUID]
) -> Balance:
    year, cap = application.fiscal_year, rule.cap if rule else Cap()
    children, is_complete = _same_child(child, periods)
    born_on = child.born_on
    return Balance(
        child,
        year,
        remaining(cap, child.is_multiple, _spells(children, year), _transferred(children, year)),
        rule,
        is_eligible(born_on, year) if born_on else None,
        is_complete,
    )


def _periods(application: Application) -> list[uuid.UUID]:
    """Contract years in which uses of the application's fiscal year can have been received: that one and later."""
    query = select(Period.id).where(
        Period.programme_id == application.programme_id, Period.fiscal_year >= application.fiscal_year
    )
    return list(db.session.scalars(query))


def _same_child(child: Child, periods: list[uuid.UUID]) -> tuple[list[uuid.UUID], bool]:
    """Ids of all rows of the same child; each period has digests under its own key."""
    digests, is_complete = [], True
    for period_id in periods:
        try:
            digests.append(child.identity_under(period_id))
        except Unavailable:
            is_complete = False
    known = [digest for digest in digests if digest is not None]
    query = select(Child.id).where(or_(Child.id == child.id, Child.identity.in_(known)))
    return list(db.session.scalars(query)), is_complete


def _spells(children: list[uuid.UUID], year: int) -> list[Spell]:
    query = (
        select(Use.used_from, Use.minutes, Application.state, Application.id)
        .join(Child, Use.child_id == Child.id)
        .join(Application, Child.application_id == Application.id)
        .where(Use.child_id.in_(children), Use.fiscal_year == year, Application.state.in_(list(_STANDINGS)))
        .order_by(Use.used_from, Use.id)
    )
    return [
        Spell(start, minutes, _STANDINGS[state], key)
        for start, minutes, state, key in db.session.execute(query)
    ]


def _transferred(children: list[uuid.UUID], year: int) -> int:
    """Hours of another ward: the newest statement counts, however many applications repeat it."""
    query = select(Transfer.hours).where(Transfer.child_id.in_(children), Transfer.fiscal_year == year)
    return db.session.scalars(query.order_by(Transfer.at.desc(), Transfer.id.desc())).first() or 0
