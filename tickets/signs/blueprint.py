"""This room's pages hang on this; and how a page comes to its ticket, contact or application."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Blueprint, url_for
from flask_babel import gettext as _

from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.errors import Conflict, NotFound
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.programmes import Programme
from tickets.records.ticket import Ticket

pages = Blueprint("tickets", __name__)

View = TypeVar("View", bound=Callable[..., Any])


def on_ticket(rule: str = "", *, method: str = "GET") -> Callable[[View], View]:
    """Route a view of one ticket: `/tickets/123…`, and `/tickets/CODE-123…` for those who work for several programmes,
    whose tickets have numbers of their own. The view takes `number` and `programme`."""

    def mark(view: View) -> View:
        pages.add_url_rule(f"/tickets/<int:number>{rule}", view_func=view, methods=[method])
        pages.add_url_rule(f"/tickets/<programme>-<int:number>{rule}", view_func=view, methods=[method])
        return view

    return mark


def found_ticket(
    number: int, programme: str | None, *, to_change: bool = False, options: Sequence[Any] = ()
) -> Ticket:
    """The ticket that the signed-in person means. `to_change` holds its row until the commit; `options` say what is
    loaded with it.

    Raises NotFound for strangers and for what is not there, Conflict when the number is one of several programmes."""
    me = sessions.current()
    query = Ticket.visible_to(me).where(Ticket.programme_id.in_(me.programme_ids), Ticket.number == number)
    query = query.options(*options)
    if programme is not None:
        query = query.join(Programme, Programme.id == Ticket.programme_id).where(Programme.code == programme)
    rows = list(db.session.scalars(query.with_for_update(of=Ticket) if to_change else query))
    if not rows:
        raise NotFound(_("このチケットは見つかりません。"), code="no_ticket")
    if len(rows) > 1:
        message = _("この番号のチケットは、複数の事業にあります。一覧から開いてください。")
        raise Conflict(message, code="several_programmes")
    return rows[0]


def found_contact(contact_id: uuid.UUID, *, to_change: bool = False) -> Contact:
    """The contact with this id. Raises NotFound for strangers and for what is not there."""
    query = Contact.visible_to(sessions.current()).where(Contact.id == contact_id)
    row = db.session.scalars(query.with_for_update(of=Contact) if to_change else query).first()
    if row is None:
        raise NotFound(_("この受付は見つかりません。"), code="no_contact")
    return row


def found_application(application_id: uuid.UUID | None) -> Application:
    """The application with this id. Raises NotFound for strangers and for what is not there."""
    query = Application.visible_to(sessions.current()).where(Application.id == application_id)
    row = db.session.scalars(query).first()
    if row is None:
        raise NotFound(_("この申請は見つかりません。"), code="no_application")
    return row


def ticket_url(ticket: Ticket, *, endpoint: str = "tickets.ticket", **values: Any) -> str:
    """The address of a ticket's page for the signed-in person."""
    return address(ticket.number, ticket.programme_id, endpoint=endpoint, **values)


def address(
    number: int,
    programme_id: uuid.UUID,
    person: Staff | None = None,
    *,
    endpoint: str = "tickets.ticket",
    **values: Any,
) -> str:
    """The address of a ticket for a person (the signed-in one unless said), from a row of a list."""
    person = person or sessions.current()
    if len(person.programme_ids) > 1:
        values["programme"] = code_of(programme_id, person)
    return url_for(endpoint, number=number, **values)


def code_of(programme_id: uuid.UUID, person: Staff) -> str:
    """The code of a programme; the programmes of a person are read once a request."""
    codes = db.session.info.setdefault("programme_codes", {})
    if programme_id not in codes:
        rows = db.session.query(Programme.id, Programme.code).filter(Programme.id.in_(person.programme_ids))
        codes.update({row.id: row.code for row in rows})
    return str(codes[programme_id])


def contact_url(contact: Contact) -> str:
    """The address at which a contact is taken and filed."""
    return url_for("tickets.call", contact_id=contact.id)


def as_uuid(text: str | None) -> uuid.UUID | None:
    """An id that came in a form, or None for anything else."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
