"""Coming in for the first time: the first administrator's set-up, and everybody else's invitation."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from callcenter.db import db
from callcenter.errors import Refusal, TooMany
from callcenter.forms import Form, Line, Secret
from callcenter.people import attempts, codes, inviting, passwords, setup
from callcenter.people.blueprint import pages
from callcenter.people.codes import OneTimeCode, Purpose
from callcenter.people.staff import Staff, check_sign_in_name
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow

NEW_PASSWORD = {"autocomplete": "new-password"}
ONE_TIME = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class NewPassword(Form):
    """A new password, twice."""

    password = Secret(_l("新しいパスワード"), render_kw=NEW_PASSWORD)
    again = Secret(_l("新しいパスワード（確認のためもう一度）"), render_kw=NEW_PASSWORD)

    def validate_again(self, field: Any) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("一つ目のパスワードと違います。"))


class SetupForm(NewPassword):
    code = Secret(_l("初期設定コード"), limit=60, render_kw=ONE_TIME)
    name = Line(_l("氏名"), limit=60, render_kw={"autocomplete": "name"})
    kana = Line(_l("フリガナ"), limit=60)
    sign_in_name = Line(_l("サインイン名"), limit=40, guarded=False, render_kw={"autocomplete": "username"})

    def validate_sign_in_name(self, field: Any) -> None:
        try:
            check_sign_in_name(field.data)
        except Refusal as refusal:
            raise ValidationError(refusal.message) from None


class InvitationForm(NewPassword):
    code = Secret(_l("招待コード"), limit=60, render_kw=ONE_TIME)


@pages.route("/setup", methods=["GET", "POST"], endpoint="setup")
@allow(Permission.ANYONE)
def setup_house() -> Response | tuple[str, int]:
    """Register the first administrator; gone as soon as anybody is registered."""
    if not setup.is_open():
        return redirect(url_for("people.sign_in"), 303)
    form = SetupForm()
    if form.validate_on_submit() and _sets_up(form):
        flash(_("管理者を登録しました。サインインしてください。"), "good")
        return redirect(url_for("people.sign_in"), 303)
    return render_template("people/setup.html", form=form), form.status


setup_house.reads_first = True  # type: ignore[attr-defined]


def _sets_up(form: SetupForm) -> bool:
    known = (form.sign_in_name.data, form.name.data, form.kana.data)
    row = _opened(form, Purpose.SETUP)
    if row is None or not _acceptable(form, known):
        return False
    password_hash = passwords.hashed(form.password.data)
    with written():
        setup.found(
            row,
            sign_in_name=form.sign_in_name.data,
            name=form.name.data,
            kana=form.kana.data,
            password_hash=password_hash,
        )
        attempts.address_succeeded(request.remote_addr or "")
    return True


@pages.route("/invitation", methods=["GET", "POST"])
@allow(Permission.ANYONE)
def invitation() -> Response | tuple[str, int]:
    """Who was handed an invitation code sets a password of their own."""
    form = InvitationForm()
    if form.validate_on_submit() and _accepts(form):
        flash(_("パスワードを設定しました。サインインしてください。"), "good")
        return redirect(url_for("people.sign_in"), 303)
    return render_template("people/invitation.html", form=form), form.status


invitation.reads_first = True  # type: ignore[attr-defined]


def _accepts(form: InvitationForm) -> bool:
    row = _opened(form, Purpose.INVITATION)
    person = db.session.get(Staff, row.staff_id) if row is not None else None
    if (
        row is None
        or person is None
        or not _acceptable(form, (person.sign_in_name, person.name, person.kana))
    ):
        return False
    password_hash = passwords.hashed(form.password.data)
    with written():
        if not (inviting.still_opens(row, person) and codes.use(row)):
            form.refuse("code", _("この招待コードは使えません。招待した人に新しいコードを依頼してください。"))
            return False
        person.keep_password(password_hash, by=person)
        attempts.address_succeeded(request.remote_addr or "")
        attempts.unlock(person, by=person)
    return True


def _opened(form: Form, purpose: Purpose) -> OneTimeCode | None:
    """The code that was typed, or None with the reason at its field. Guesses are counted like those of passwords."""
    try:
        with written():
            attempts.take_address(request.remote_addr or "")
    except TooMany as refusal:
        form.refuse("code", refusal.message)
        return None
    row = codes.valid(purpose, form["code"].data)
    if row is None:
        with written():
            attempts.address_failed(request.remote_addr or "", purpose)
        form.refuse("code", _("このコードは使えません。入力を確かめるか、新しいコードを依頼してください。"))
    return row


def _acceptable(form: NewPassword, known: tuple[str, ...]) -> bool:
    problem = passwords.problem(form.password.data, known)
    if problem:
        form.refuse("password", problem)
    return problem is None
