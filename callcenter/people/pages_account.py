"""A person's own account: password, second factor, and where they are signed in."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from callcenter.errors import TooMany
from callcenter.forms import Secret
from callcenter.people import attempts, labels, passwords, sessions, tokens, totp
from callcenter.people.blueprint import pages
from callcenter.people.pages_entry import NewPassword
from callcenter.people.pages_tokens import token_facts
from callcenter.people.session_record import Ended
from callcenter.people.staff import Staff
from callcenter.people.step_up import require_fresh
from callcenter.people.token_record import shut_out
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow


class PasswordForm(NewPassword):
    current = Secret(_l("いまのパスワード"), render_kw={"autocomplete": "current-password"})


@pages.get("/account")
@allow(Permission.SIGNED_IN)
def account() -> tuple[str, int]:
    """What the house knows of the person's own sign-in."""
    return _shown(PasswordForm())


@pages.post("/account/passwords")
@allow(Permission.SIGNED_IN)
def change_password() -> Response | tuple[str, int]:
    """Change the password; needs the present one and ends the other sessions."""
    form = PasswordForm()
    if form.validate_on_submit() and _changes(sessions.current(), form):
        flash(_("パスワードを変更しました。ほかの端末のサインインは終了しました。"), "good")
        return redirect(url_for("people.account"), 303)
    return _shown(form)


change_password.reads_first = True  # type: ignore[attr-defined]


def _changes(me: Staff, form: PasswordForm) -> bool:
    problem = passwords.problem(form.password.data, (me.sign_in_name, me.name, me.kana))
    if problem:
        form.refuse("password", problem)
        return False
    try:
        with written():
            attempts.take_code(me)
    except TooMany as refusal:
        form.refuse("current", refusal.message)
        return False
    if not passwords.fits(me.password_hash, form.current.data):
        with written():
            attempts.code_failed(me)
        form.refuse("current", _("いまのパスワードが違います。"))
        return False
    password_hash = passwords.hashed(form.password.data)
    with written():
        attempts.code_succeeded(me)
        me.keep_password(password_hash, by=me)
        kept = sessions.renew(me, factor=me.sign_in.factor)  # type: ignore[union-attr]
        shut_out(me.id, why=Ended.PASSWORD_CHANGED, but=kept.id)
        session["_user_id"] = kept.token
    return True


@pages.post("/account/sessions/<uuid:session_id>/endings")
@allow(Permission.SIGNED_IN)
def end_session(session_id: uuid.UUID) -> Response:
    """End a session of one's own, as on a machine left behind."""
    sessions.end(session_id, by=sessions.current())
    flash(_("サインインを終了しました。"), "good")
    return redirect(url_for("people.account"), 303)


@pages.post("/account/factor-removals")
@allow(Permission.SIGNED_IN)
def remove_factor() -> Response:
    """Do without a second factor again; only a demo allows it, elsewhere the next page asks to enrol."""
    require_fresh(back=url_for("people.account"))
    me = sessions.current()
    totp.remove(me, by=me)
    flash(_("認証アプリの登録を取り消しました。"), "good")
    return redirect(url_for("people.account"), 303)


def _shown(form: PasswordForm) -> tuple[str, int]:
    me = sessions.current()
    own = [
        {
            "id": row.id,
            "address": row.address,
            "begun": labels.moment(row.created_at),
            "seen": labels.moment(row.last_seen_at),
            "is_this": me.sign_in is not None and row.id == me.sign_in.id,
        }
        for row in sessions.live_of(me)
    ]
    facts = [
        {"term": _("氏名"), "value": me.name},
        {"term": _("サインイン名"), "value": me.sign_in_name},
        {"term": _("役割"), "value": labels.ROLES[me.role]},
        {"term": _("取扱者の指定"), "value": _span(me)},
        {"term": _("パスワードの変更"), "value": labels.moment(me.password_set_at)},
    ]
    enrolled = totp.of(me) is not None
    left = totp.recovery_codes_left(me) if enrolled else 0
    page = render_template(
        "people/account.html",
        form=form,
        facts=facts,
        sessions=own,
        enrolled=enrolled,
        left=left,
        tokens=[token_facts(row) for row in tokens.living_of(me)],
    )
    return page, form.status


def _span(me: Staff) -> str:
    until = labels.day(me.released_on)
    return _("%(on)s から %(until)s", on=labels.day(me.designated_on), until=until or _("解除の日まで"))
