"""The list of staff, and what an administrator does to a person. Letting a person in stands in `pages_letting_in`."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.forms import Form, once
from callcenter.people import attempts, clauses, codes, labels, sessions, staff_page, tokens
from callcenter.people.blueprint import pages
from callcenter.people.staff import Staff, StaffState, appoint
from callcenter.people.staff_forms import (
    DesignationForm,
    NameForm,
    NewStaffForm,
    ProgrammeForm,
    ReasonForm,
    ReleaseForm,
    chosen,
)
from callcenter.people.step_up import is_fresh, require_fresh
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


@pages.get("/staff")
@allow(Permission.STAFF_READ)
def staff_list() -> str:
    """Who works here, in what role, designated from when to when."""
    me = sessions.current()
    people = list(db.session.scalars(Staff.visible_to(me).options(selectinload(Staff.designations))))
    people.sort(key=lambda p: (p.state is StaffState.DISABLED, p.kana))
    version, invited = clauses.current(), codes.open_invitations()
    confirmed = clauses.confirmations(version) if version else {}
    audit.record(Action.LIST_VIEWED, by=me, facts={"list": "staff", "count": len(people)}, read=True)
    rows = [
        {
            "url": url_for("people.staff_member", staff_id=p.id),
            "sub": p.sign_in_name,
            "cells": [
                p.name,
                labels.ROLES[p.role],
                labels.STATES[p.state],
                labels.day(p.designated_on),
                labels.day(p.released_on),
                labels.moment(confirmed.get(p.id)) or (_("招待中") if p.id in invited else _("未確認")),
            ],
        }
        for p in people
    ]
    return render_template("people/staff_list.html", rows=rows, may_write=me.may(Permission.STAFF_WRITE))


@pages.get("/staff/new")
@allow(Permission.STAFF_WRITE)
def new_staff() -> str:
    """A form for a new person."""
    require_fresh(back=url_for("people.new_staff"))
    return render_template("people/new_staff.html", form=NewStaffForm(designated_on=today()), stale=False)


@pages.post("/staff")
@allow(Permission.STAFF_WRITE)
def create_staff() -> Response | tuple[str, int]:
    """Enter a person. They get in by an invitation, made on their page."""
    me, form = sessions.current(), NewStaffForm()
    stale = not is_fresh(me.sign_in)
    if not stale and form.validate_on_submit():
        try:
            return redirect(once(form.once.data, me.id, lambda: _appointed(me, form)), 303)
        except (Conflict, Invalid) as refusal:
            db.session.rollback()
            field = "released_on" if refusal.code == "dates_reversed" else "sign_in_name"
            form.refuse(field, refusal.message)
    return render_template("people/new_staff.html", form=form, stale=stale), 403 if stale else form.status


def _appointed(me: Staff, form: NewStaffForm) -> str:
    person = appoint(
        by=me,
        sign_in_name=form.sign_in_name.data,
        name=form.name.data,
        kana=form.kana.data,
        role=form.role.data,
        programmes=chosen(form.programmes.data),
        designated_on=form.designated_on.data,
        released_on=form.released_on.data,
    )
    return url_for("people.staff_member", staff_id=person.id)


@pages.get("/staff/<uuid:staff_id>")
@allow(Permission.STAFF_READ)
def staff_member(staff_id: uuid.UUID) -> tuple[str, int]:
    """One person: what is known, where they are signed in, what may be done."""
    me, person = sessions.current(), staff_page.seen(staff_id)
    facts = {"list": "staff", "count": 1}
    audit.record(Action.LIST_VIEWED, by=me, on=person, facts=facts, read=True)
    return staff_page.shown(me, person)


@pages.post("/staff/<uuid:staff_id>/names")
@allow(Permission.STAFF_WRITE)
def rename_staff(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Correct name and kana."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.rename(by=me, name=form["name"].data, kana=form["kana"].data)

    return staff_page.change(staff_id, "names", NameForm(), "name", deed, _("氏名を直しました。"))


@pages.post("/staff/<uuid:staff_id>/assignments")
@allow(Permission.STAFF_WRITE)
def assign_staff(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Say for which programmes the person works."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.assign(by=me, programmes=chosen(form["programmes"].data))

    done = _("担当する事業を変更しました。")
    return staff_page.change(staff_id, "programmes", ProgrammeForm(), "programmes", deed, done)


@pages.post("/staff/<uuid:staff_id>/designations")
@allow(Permission.STAFF_WRITE)
def designate_staff(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Designate as a handler, anew or for later."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.designate(by=me, on=form["designated_on"].data, until=form["released_on"].data)

    return staff_page.change(
        staff_id, "designations", DesignationForm(), "designated_on", deed, _("取扱者に指定しました。")
    )


@pages.post("/staff/<uuid:staff_id>/releases")
@allow(Permission.STAFF_WRITE)
def release_staff(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Set the last day of the designation."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.release(by=me, on=form["on"].data)

    done = _("解除日を登録しました。翌日からサインインできません。")
    return staff_page.change(staff_id, "releases", ReleaseForm(), "on", deed, done)


@pages.post("/staff/<uuid:staff_id>/disablements")
@allow(Permission.STAFF_WRITE)
def disable_staff(staff_id: uuid.UUID) -> Response | tuple[str, int]:
    """Shut a person out at once."""

    def deed(me: Staff, person: Staff, form: Form) -> None:
        person.disable(by=me, reason=form["reason"].data)

    return staff_page.change(staff_id, "reasons", ReasonForm(), "reason", deed, _("利用を停止しました。"))


@pages.post("/staff/<uuid:staff_id>/unlocks")
@allow(Permission.STAFF_READ)
def unlock_staff(staff_id: uuid.UUID) -> Response:
    """Let somebody try again at once after wrong passwords."""
    me, person = sessions.current(), staff_page.seen(staff_id)
    if not sessions.may_end_others(me):
        raise NotFound(_("この利用者は見つかりません。"), code="no_staff")
    attempts.unlock(person, by=me)
    return staff_page.done(person, _("待ち時間を取り消しました。"))


@pages.post("/staff/<uuid:staff_id>/session-endings")
@allow(Permission.STAFF_READ)
def end_staff_sessions(staff_id: uuid.UUID) -> Response:
    """Sign a colleague out everywhere."""
    me, person = sessions.current(), staff_page.seen(staff_id)
    count = sessions.end_all_of(person, by=me)
    return staff_page.done(person, _("%(count)s件のサインインを終了しました。", count=count))


@pages.post("/staff/<uuid:staff_id>/token-endings")
@allow(Permission.STAFF_READ)
def end_staff_tokens(staff_id: uuid.UUID) -> Response:
    """Revoke every access token of a colleague."""
    me, person = sessions.current(), staff_page.seen(staff_id)
    count = tokens.revoke_all_of(person, by=me)
    return staff_page.done(person, _("%(count)s個のアクセストークンを取り消しました。", count=count))
