"""区の緊急連絡先: where the ward is rung, kept by the supervisor, read by everybody who escalates."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from tickets.escalation.forms import WardLineForm
from tickets.escalation.ward_line import WardLine, add_line, lines_of, remove_line
from tickets.signs.blueprint import pages
from tickets.signs.programme_choice import chosen_programme


@pages.get("/ward-lines")
@allow(Permission.ESCALATIONS_READ)
def ward_lines() -> str:
    """The telephones of the ward, in the order in which they are tried."""
    return _page(WardLineForm(formdata=None))


@pages.post("/ward-lines")
@allow(Permission.ESCALATIONS_ENTER)
def add_ward_line() -> Any:
    """Add a telephone below the others."""
    me, form = sessions.current(), WardLineForm()
    if not form.validate_on_submit():
        return _page(form), form.status
    add_line(
        chosen_programme(me).id,
        by=me,
        section=form.section.data or "",
        phone=form.phone.data or "",
        hours=form.hours.data or "",
    )
    flash(_("区の連絡先を追加しました。"), "good")
    return redirect(url_for("tickets.ward_lines"), 303)


@pages.post("/ward-lines/<uuid:line_id>/removals")
@allow(Permission.ESCALATIONS_ENTER)
def remove_ward_line(line_id: uuid.UUID) -> Response:
    """Take a telephone away."""
    me = sessions.current()
    line = db.session.get(WardLine, line_id)
    if line is None or line.programme_id not in me.programme_ids:
        raise NotFound(_("この連絡先は見つかりません。"), code="no_ward_line")
    remove_line(line, by=me)
    flash(_("区の連絡先を削除しました。"), "info")
    return redirect(url_for("tickets.ward_lines"), 303)


def _page(form: WardLineForm) -> str:
    me = sessions.current()
    lines = [line for programme_id in me.programme_ids for line in lines_of(programme_id)]
    return render_template(
        "escalations/lines.html", lines=lines, form=form, may_write=me.may(Permission.ESCALATIONS_ENTER)
    )
