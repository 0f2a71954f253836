"""Showing who a ticket's caller is, for a reason; while an application of theirs is locked, not at all."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from callcenter.errors import NotFound
from callcenter.people import protection, revealing, sessions
from callcenter.people.callers_seen import FIELDS, open_items
from callcenter.permissions import Permission, allow
from tickets.records import identity
from tickets.signs.blueprint import found_ticket, on_ticket


@on_ticket("/revelations", method="POST")
@allow(Permission.PERSONAL_REVEAL)
def reveal_caller(number: int, programme: str | None = None) -> Any:
    """Values of the ticket's caller (`?fields=name,phones`), for a reason that is written down."""
    me, ticket, form = sessions.current(), found_ticket(number, programme), revealing.RevealForm()
    wanted = (request.args.get("fields") or "").split(",")
    if ticket.caller is None or not set(wanted) <= set(FIELDS):
        raise NotFound(_("そのような項目はありません。"), code="no_field")
    if not form.validate_on_submit():
        return revealing.refused(form.message)
    locked = identity.why_caller_locked(ticket.caller) or identity.why_locked(*ticket.applications)
    if locked:
        return revealing.refused(locked, 423)
    if not me.may(Permission.PROTECTION_READ) and protection.is_protected(ticket.caller):
        protection.alert(ticket.caller, by=me)
        return revealing.withheld()
    return revealing.revealed(ticket.caller, open_items(ticket.caller, wanted), form, by=me)
