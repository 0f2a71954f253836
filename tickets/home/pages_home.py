"""The start page: what waits for this person, today."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select, update
from werkzeug.wrappers import Response

from callcenter import clock
from callcenter.contacts import ContactClosure
from callcenter.db import db
from callcenter.errors import Forbidden, NotFound
from callcenter.people import sessions
from callcenter.people.protection import ProtectionAlert
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Role, allow
from tickets.calls.pages_identity import lock_rows
from tickets.escalation import tray
from tickets.escalation.showing import row_of
from tickets.finding import due, lists
from tickets.finding.lists import Filter, Wanted
from tickets.records.identity import DisclosureLock
from tickets.records.notes import Mention
from tickets.signs.blueprint import as_uuid, pages

ELSEWHERE = {
    Role.ADMINISTRATOR: ("people.staff_list",),
    Role.PRIVACY_OFFICER: ("oversight.ledger", "oversight.audit", "people.staff_list"),
    Role.WARD_AUDITOR: ("oversight.ledger", "oversight.audit", "people.staff_list"),
    Role.DISPATCHER: ("applications.applications", "kb.articles"),
}
"""Roles whose work begins in another room: the first of these pages that is there."""
SHORT = 8


@pages.get("/")
@allow(Permission.SIGNED_IN)
def home() -> str | Response:
    """Where everybody begins: the desk's people with what waits for them, others in their own room."""
    me = sessions.current()
    for endpoint in ELSEWHERE.get(me.role, ()):
        if endpoint in current_app.view_functions:
            return redirect(url_for(endpoint), 303)
    parts = [name for name in PARTS if me.may(PARTS[name][0])]
    found: dict[str, Any] = {}
    for name in parts:
        found |= PARTS[name][1](me)
    return render_template(
        "tickets/home.html", parts=parts, **found, **_tray(me), **_overseen(me), undo_url=_undo_url(me)
    )


@pages.get("/home/<any(questions,calls,called,promises,mine):part>")
@allow(Permission.SIGNED_IN)
def home_part(part: str) -> str:
    """A part of the start page as it is now, for a page that is open."""
    me, (permission, ask) = sessions.current(), PARTS[part]
    if not me.may(permission):
        raise Forbidden(_("この一覧は表示できません。"))
    return render_template(f"tickets/home/_{part}.html", **ask(me))


home_part.polls = True  # type: ignore[attr-defined]


def _tray(me: Staff) -> dict[str, Any]:
    count, oldest = due.tray_state(me) if me.may(Permission.CONTACTS_READ) else (0, None)
    return {
        "tray_count": count,
        "tray_oldest": oldest,
        "sees_tray": me.may(Permission.CONTACTS_READ),
    }


def _calls(me: Staff) -> dict[str, Any]:
    return {"calls": due.tray(me, mine=True, limit=SHORT)}


def _called(me: Staff) -> dict[str, Any]:
    return {"mentions": due.unseen_mentions(me)}


def _promises(me: Staff) -> dict[str, Any]:
    return {"promises": due.open_follow_ups(me, limit=SHORT)}


def _mine(me: Staff) -> dict[str, Any]:
    page = lists.page(me, Filter(owner=me.id, state=Wanted.UNCLOSED), size=SHORT)
    return {"mine": page.rows, "has_more": bool(page.older)}


def _questions(me: Staff) -> dict[str, Any]:
    """Questions to the ward that wait for this person."""
    return {"questions": [row_of(row) for row in tray.waiting_for(me, limit=SHORT)]}


PARTS: dict[str, tuple[Permission, Callable[[Staff], dict[str, Any]]]] = {
    "questions": (Permission.ESCALATIONS_READ, _questions),
    "calls": (Permission.CONTACTS_WRITE, _calls),
    "called": (Permission.TICKETS_READ, _called),
    "promises": (Permission.TICKETS_READ, _promises),
    "mine": (Permission.TICKETS_READ, _mine),
}
"""The parts of the start page that follow what changes, each by the count of its own name."""


def _overseen(me: Staff) -> dict[str, Any]:
    """What a supervisor has to look after."""
    assigns, unlocks = me.may(Permission.TICKETS_ASSIGN), me.may(Permission.APPLICATIONS_UNLOCK)
    alerts = select(func.count()).select_from(
        ProtectionAlert.visible_to(me).where(ProtectionAlert.seen_at.is_(None)).subquery()
    )
    return {
        "assigns": assigns,
        "unassigned": lists.total(me, Filter(owner="none", state=Wanted.UNCLOSED)) if assigns else 0,
        "locks": lock_rows(list(db.session.scalars(DisclosureLock.of_today(me)))) if unlocks else [],
        "alerts": (db.session.scalar(alerts) or 0) if me.may(Permission.PROTECTION_READ) else 0,
    }


def _undo_url(me: Staff) -> str | None:
    """The way back from a contact that was just closed by one key."""
    closed = as_uuid(request.args.get("closed"))
    if closed is None or not me.may(Permission.CONTACTS_WRITE):
        return None
    query = select(ContactClosure.contact_id).where(
        ContactClosure.contact_id == closed, ContactClosure.closed_by_id == me.id
    )
    return url_for("tickets.reopen_contact", contact_id=closed) if db.session.scalar(query) else None


@pages.post("/mentions/<uuid:mention_id>/sightings")
@allow(Permission.TICKETS_READ)
def see_mention(mention_id: uuid.UUID) -> Response:
    """I have read the note that called me."""
    mine = Mention.id == mention_id, Mention.staff_id == sessions.current().id
    if not db.session.execute(update(Mention).where(*mine).values(seen_at=clock.now())).rowcount:  # type: ignore[attr-defined]
        raise NotFound(_("この呼びかけは見つかりません。"), code="no_mention")
    return redirect(url_for("tickets.home"), 303)
