"""The pages of 支援措置, for supervisors and the ward alone: set and lift, and what agents were refused."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.forms import OneOf
from callcenter.people import labels, sessions
from callcenter.people.callers_blueprint import pages
from callcenter.people.callers_seen import seen
from callcenter.people.pages_callers import ReasonForm, found, shown
from callcenter.people.protection import Mark, ProtectionAlert, set_mark
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

MARKS = {Mark.SET: _l("支援措置を設定する"), Mark.LIFTED: _l("支援措置を解除する")}


class ProtectionForm(ReasonForm):
    mark = OneOf(_l("支援措置"), Mark, MARKS)


@pages.post("/callers/<uuid:caller_id>/protections")
@allow(Permission.PROTECTION_WRITE)
def protect_caller(caller_id: uuid.UUID) -> Response | tuple[str, int]:
    """Set or lift the flag, with the reason."""
    me, row, form = sessions.current(), found(caller_id), ProtectionForm()
    if form.validate_on_submit():
        try:
            set_mark(row, form.mark.data, by=me, reason=form.reason.data)
        except (Invalid, Conflict, Forbidden) as refusal:
            db.session.rollback()
            form.refuse("reason", refusal.message)
        else:
            flash(_("支援措置の記録を更新しました。"), "good")
            return redirect(url_for("callers.caller", caller_id=caller_id), 303)
    return shown(found(caller_id), me, protection=form), form.status


@pages.get("/protection-alerts")
@allow(Permission.PROTECTION_READ)
def protection_alerts() -> str:
    """Who was refused a protected person's data, and whether somebody has seen it."""
    me = sessions.current()
    alerts = list(db.session.scalars(ProtectionAlert.visible_to(me).limit(200)))
    facts = {"list": "protection_alerts", "count": len(alerts)}
    audit.record(Action.LIST_VIEWED, by=me, facts=facts, read=True)
    rows = [
        {
            "id": alert.id,
            "look": seen(alert.caller),
            "at": labels.moment(alert.at),
            "asked_by": _named(alert.asked_by_id),
            "seen": labels.moment(alert.seen_at),
            "seen_by": _named(alert.seen_by_id),
        }
        for alert in alerts
    ]
    return render_template("callers/protection_alerts.html", rows=rows)


@pages.post("/protection-alerts/<uuid:alert_id>/confirmations")
@allow(Permission.PROTECTION_READ)
def confirm_protection_alert(alert_id: uuid.UUID) -> Response:
    """A supervisor has seen it."""
    me = sessions.current()
    alert = db.session.scalars(ProtectionAlert.visible_to(me).where(ProtectionAlert.id == alert_id)).first()
    if alert is None:
        raise NotFound(_("この通知は見つかりません。"), code="no_alert")
    alert.confirm(by=me)
    flash(_("確認を記録しました。"), "good")
    return redirect(url_for("callers.protection_alerts"), 303)


def _named(staff_id: uuid.UUID | None) -> str:
    person = db.session.get(Staff, staff_id) if staff_id else None
    return person.name if person else ""
