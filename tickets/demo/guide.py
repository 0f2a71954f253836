"""The demo's start page: who can sign in, and a first call to take, with a caller of the demo and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.applications.flow import State
from callcenter.applications.models import Application
from callcenter.calendar import japanese_date
from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people import labels
from callcenter.people.installation import is_demo
from callcenter.permissions import Permission, allow
from tickets.demo.office import PASSWORD, STAFF

pages = Blueprint("demo", __name__)


@dataclass(frozen=True)
class FirstCall:
    """Who rings in the guided first call, and what they say when asked. All invented."""

    phone: str
    name: str
    number: str
    child_born: str
    address: str


@pages.get("/demo")
@allow(Permission.ANYONE)
def guide() -> str:
    """Sign-ins and a guided first call. A real installation has no such page."""
    if not is_demo():
        raise NotFound(_("ページが見つかりません。"))
    people = [{"sign_in_name": n, "name": name, "role": labels.ROLES[role]} for n, name, _kana, role in STAFF]
    return render_template("demo/guide.html", people=people, password=PASSWORD, call=first_call())


def first_call() -> FirstCall | None:
    """The newest application that is still being looked at, whose applicant may ring."""
    query = (
        select(Application)
        .where(Application.state.in_([State.SCREENING, State.SCREENED, State.WARD_REVIEW, State.QUERIED]))
        .order_by(Application.received_at.desc(), Application.id)
    )
    for application in db.session.scalars(query.limit(50)):
        child = next((c for c in application.children if c.born_on), None)
        if child and child.born_on and application.phone and application.address:
            return FirstCall(
                application.phone,
                application.name,
                application.number,
                japanese_date(child.born_on),
                application.address,
            )
    return None
