"""What lets a person in or gives them more power: invitation, lost factor, role, end of a stop.

Whose it is to do is decided in the model. Source: docs/rules.md#ward-alone."""

from __future__ import annotations

import uuid

from flask import render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.forms import Form
from callcenter.people import inviting, staff_page
from callcenter.people.blueprint import pages
from callcenter.people.staff import Staff
from callcenter.people.staff_forms import PaperForm, ReasonForm, RoleForm
from callcenter.permissions import Permission, allow


@pages.post("/staff/<uuid:staff_id>/roles")
@allow(Permission.STAFF_INVITE)
def change_role(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Give another role on the same side."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.change_role(by=me, role=form["role"].data)

    done = _("役割を変更しました。本人はもう一度サインインします。")
    return staff_page.change(staff_id, "roles", RoleForm(), "role", deed, done, lets_in=True)


@pages.post("/staff/<uuid:staff_id>/enablements")
@allow(Permission.STAFF_INVITE)
def enable_staff(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Let a person in again."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.enable(by=me, reason=form["reason"].data)

    return staff_page.change(
        staff_id, "reasons", ReasonForm(), "reason", deed, _("利用を再開しました。"), lets_in=True
    )


@pages.post("/staff/<uuid:staff_id>/invitations")
@allow(Permission.STAFF_INVITE)
def invite_staff(staff_id: uuid.UUID) -> tuple[str, int]:
    """A code with which the person sets a password of their own; shown once. An old password ends with it.

    For the first of the ward an administrator gives the number of the ward's paper."""
    me, person = staff_page.about_to_change(staff_id)
    form = PaperForm()
    if not inviting.stands_on_paper(person, me):
        return _invited(person, inviting.invite(person, by=me))
    if not form.validate_on_submit():
        return staff_page.shown(me, person, papers=form)
    return _invited(person, inviting.invite(person, by=me, paper=form.paper.data))


@pages.post("/staff/<uuid:staff_id>/factor-removals")
@allow(Permission.STAFF_INVITE)
def remove_staff_factor(staff_id: uuid.UUID) -> tuple[str, int]:
    """For a lost device: forget authenticator and password; a new invitation is the way back in."""
    me, person = staff_page.about_to_change(staff_id)
    return _invited(person, inviting.reset_factor(person, by=me))


def _invited(person: Staff, code: str) -> tuple[str, int]:
    """The page that shows a code, once."""
    db.session.flush()
    back = staff_page.address(person)
    return render_template("people/invited.html", person=person, code=code, back=back), 200
