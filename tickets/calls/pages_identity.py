"""Disclosure locks: seen by supervisors, lifted with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from tickets.calls.forms import ReasonForm
from tickets.records.identity import DisclosureLock
from tickets.signs import labels
from tickets.signs.blueprint import pages


@pages.get("/disclosure-locks")
@allow(Permission.APPLICATIONS_UNLOCK)
def locks() -> str:
    """Applications of which nothing is disclosed today, and why."""
    rows = db.session.scalars(DisclosureLock.of_today(sessions.current()))
    return render_template(
        "tickets/locks.html", locks=lock_rows(list(rows)), form=ReasonForm(formdata=None), wrong=None
    )


@pages.post("/disclosure-locks/<uuid:lock_id>/liftings")
@allow(Permission.APPLICATIONS_UNLOCK)
def lift_lock(lock_id: uuid.UUID) -> Any:
    """Let an application be disclosed again today, for a reason."""
    me, form = sessions.current(), ReasonForm()
    query = (
        DisclosureLock.visible_to(me).where(DisclosureLock.id == lock_id).with_for_update(of=DisclosureLock)
    )
    lock = db.session.scalars(query).first()
    if lock is None:
        raise NotFound(_("この停止は見つかりません。"), code="no_lock")
    if not form.validate_on_submit():
        rows = lock_rows(list(db.session.scalars(DisclosureLock.of_today(me))))
        return render_template("tickets/locks.html", locks=rows, form=form, wrong=lock_id), form.status
    lock.lift(by=me, reason=form.reason.data or "")
    flash(_("%(number)s の開示停止を解除しました。", number=lock.application.number), "good")
    return redirect(url_for("tickets.locks"), 303)


def lock_rows(rows: list[DisclosureLock]) -> list[dict[str, Any]]:
    """Locks as a page shows them."""
    return [
        {
            "id": row.id,
            "number": row.application.number,
            "at": labels.when(row.locked_at),
            "lift_url": url_for("tickets.lift_lock", lock_id=row.id),
            "contact_url": url_for("tickets.call", contact_id=row.contact_id),
        }
        for row in rows
    ]
