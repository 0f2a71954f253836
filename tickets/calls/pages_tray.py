"""未整理: contacts that are neither filed nor closed, and contacts entered by hand from paper or a counter."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request
from flask_babel import gettext as _

from callcenter import clock
from callcenter.contacts import Channel, Contact
from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.forms import once
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.programmes import period_for
from tickets.calls.forms import NewContactForm
from tickets.finding import due, lists
from tickets.signs.blueprint import contact_url, pages
from tickets.signs.programme_choice import chosen_programme

TIME = re.compile(r"(\d{1,2})[:：時](\d{2})?分?")


@pages.get("/contacts")
@allow(Permission.CONTACTS_READ)
def tray() -> str:
    """The tray, the oldest first."""
    me = sessions.current()
    rows = due.tray(me)
    count, _oldest = due.tray_state(me)
    lists.record_look("tray", [row.id for row in rows], me)
    return render_template("contacts/tray.html", rows=rows, count=count)


@pages.get("/contacts/rows")
@allow(Permission.CONTACTS_READ)
def tray_rows() -> str:
    """The tray as it is now, for a page that is open."""
    me = sessions.current()
    rows = due.tray(me)
    lists.record_look("tray", [row.id for row in rows], me)
    return render_template("contacts/_waiting.html", rows=rows)


tray_rows.polls = True  # type: ignore[attr-defined]


@pages.get("/calls")
@allow(Permission.CONTACTS_READ)
def calls() -> str:
    """受電: the next call, and those of one's own that were interrupted."""
    me = sessions.current()
    rows = due.tray(me, mine=True)
    lists.record_look("calls", [row.id for row in rows], me)
    return render_template("contacts/calls.html", rows=rows, takes=me.may(Permission.CONTACTS_WRITE))


@pages.get("/contacts/new")
@allow(Permission.CONTACTS_WRITE)
def new_contact() -> str:
    """A form for what came on paper, at the counter, by mail or through the ward."""
    channel = request.args.get("channel")
    known = Channel(channel) if channel in set(Channel) else Channel.LETTER
    form = NewContactForm(formdata=None, channel=known, received_on=clock.today())
    return render_template("contacts/new.html", form=form)


@pages.post("/contacts")
@allow(Permission.CONTACTS_WRITE)
def enter_contact() -> Any:
    """Keep it as it came; then it is understood on the call screen."""
    me, form = sessions.current(), NewContactForm()
    if form.validate_on_submit():
        try:
            return redirect(once(form.once.data, me.id, lambda: _entered(form, me)), 303)
        except (Invalid, NotFound) as refusal:
            db.session.rollback()
            field = "received_time" if refusal.code == "bad_time" else "received_on"
            form.refuse(field, refusal.message)
    return render_template("contacts/new.html", form=form), form.status


def _entered(form: NewContactForm, me: Staff) -> str:
    received_at = _received_at(form)
    if received_at > clock.now():
        raise Invalid(_("届いた日時が未来になっています。"), code="received_in_future")
    period = period_for(chosen_programme(me).id, clock.japan(received_at).date())
    contact = Contact.receive(
        period,
        form.channel.data,
        by=me,
        handler=me,
        received_at=received_at,
        from_number=(form.from_number.data or "").strip() or None,
        from_mail=(form.from_mail.data or "").strip() or None,
        subject=(form.subject.data or "").strip() or None,
        body=form.body.data or None,
    )
    return contact_url(contact)


def _received_at(form: NewContactForm) -> datetime:
    """The day with the time that was typed; without one the present moment, or noon of another day."""
    day, text = form.received_on.data or clock.today(), (form.received_time.data or "").strip()
    if not text:
        return clock.now() if day == clock.today() else clock.from_japan(day.year, day.month, day.day, 12)
    found = TIME.fullmatch(text)
    hour, minute = (int(part or 0) for part in found.groups()) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise Invalid(_("時刻として読めません。9:30 のように入力してください。"), code="bad_time")
    return clock.from_japan(day.year, day.month, day.day, hour, minute)
