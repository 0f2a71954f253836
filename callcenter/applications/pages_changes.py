"""Moving an application on, the ward's decision, and hours granted elsewhere."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.applications.blueprint import pages
from callcenter.applications.models import Application
from callcenter.applications.pages_application import DecisionForm, found, move_form, shown, transfer_form
from callcenter.db import db
from callcenter.errors import Conflict, Invalid
from callcenter.people import sessions
from callcenter.permissions import Permission, allow


@pages.post("/applications/<uuid:application_id>/states")
@allow(Permission.APPLICATIONS_READ)
def move_application(application_id: uuid.UUID) -> Response | tuple[str, int]:
    """Move on to the next state; whose move it is, the flow says (a stranger to it gets 403)."""
    me, row = sessions.current(), found(application_id)
    form = move_form(row, me)
    assert form is not None
    if form.validate_on_submit():
        try:
            if form.seen_state.data is not row.state:
                raise Conflict(
                    _("ほかの人が先に状態を変えました。いまの状態を確かめてください。"), code="state_moved"
                )
            row.move(form.after.data, by=me, reason=form.reason.data)
        except (Conflict, Invalid) as refusal:
            db.session.rollback()
            form.refuse("after", refusal.message)
        else:
            return _done(row, _("状態を変えました。"))
    return shown(found(application_id), me, move=form), form.status


@pages.post("/applications/<uuid:application_id>/decisions")
@allow(Permission.APPLICATIONS_DECIDE)
def decide_application(application_id: uuid.UUID) -> Response | tuple[str, int]:
    """The ward's decision."""
    me, row, form = sessions.current(), found(application_id), DecisionForm()
    if form.validate_on_submit() and form.decided_on.data:
        try:
            row.decide(
                form.outcome.data,
                by=me,
                decided_on=form.decided_on.data,
                reason=form.reason.data,
                amount=form.amount.data,
                document_number=form.document_number.data,
            )
        except (Conflict, Invalid) as refusal:
            db.session.rollback()
            form.refuse(
                {"decision_amount": "amount", "reason_missing": "reason"}.get(refusal.code, "outcome"),
                refusal.message,
            )
        else:
            return _done(row, _("決定を記録しました。"))
    return shown(found(application_id), me, decision=form), form.status


@pages.post("/applications/<uuid:application_id>/transfers")
@allow(Permission.APPLICATIONS_WRITE)
def transfer_hours(application_id: uuid.UUID) -> Response | tuple[str, int]:
    """Hours that another ward granted to a child in the application's year."""
    me, row = sessions.current(), found(application_id)
    form = transfer_form(row)
    if form.validate_on_submit():
        child = next(child for child in row.children if str(child.id) == form.child.data)
        child.add_transfer(
            fiscal_year=row.fiscal_year, counted_hours=form.hours.data, from_ward=form.from_ward.data, by=me
        )
        return _done(row, _("転入前の利用時間を記録しました。"))
    return shown(row, me, transfer=form), form.status


def _done(row: Application, message: str) -> Response:
    flash(message, "good")
    return redirect(url_for("applications.application", application_id=row.id), 303)
