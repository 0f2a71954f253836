"""Signing in and out, the second factor's code, and what the page asks about its own session."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from callcenter.clock import now, today
from callcenter.errors import TooMany
from callcenter.forms import AtMost, Form, Line, Secret
from callcenter.people import attempts, labels, landing, passwords, sessions, setup, totp
from callcenter.people.blueprint import pages
from callcenter.people.installation import is_demo
from callcenter.people.session_record import Ended, Factor, change_live, digest
from callcenter.people.sessions import SignInSession
from callcenter.people.staff import Staff
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class SignInForm(Form):
    sign_in_name = Line(
        _l("サインイン名"),
        limit=100,
        guarded=False,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = Secret(_l("パスワード"), render_kw={"autocomplete": "current-password"})


class CodeForm(Form):
    code = Secret(
        _l("確認コード"),
        [AtMost(40)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True},
    )


@pages.route("/sign-in", methods=["GET", "POST"])
@allow(Permission.ANYONE)
def sign_in() -> Response | tuple[str, int]:
    """Sign-in name and password. What is wrong is never said in more than one way."""
    if setup.is_open():
        return redirect(url_for("people.setup"), 303)
    if request.method == "GET" and current_user.is_authenticated:
        return landing.onward(sessions.current())
    form = SignInForm()
    if form.validate_on_submit() and _enters(form):
        return landing.onward(sessions.current())
    ended = _ended() if request.method == "GET" else None
    note = labels.ENDED.get(ended) if ended else None
    return render_template("people/sign_in.html", form=form, note=note, demo=is_demo()), form.status


sign_in.reads_first = True  # type: ignore[attr-defined]


def _enters(form: SignInForm) -> bool:
    """Count, check outside any write, then begin the session or record the failure."""
    name, password, address = form.sign_in_name.data, form.password.data, request.remote_addr or ""
    try:
        with written():
            attempts.take(name, address)
    except TooMany as refusal:
        facts = {"blocked": True}
        audit.record(Action.SIGN_IN_FAILED, by=audit.STRANGER, facts=facts, read=True, result="refused")
        form.refuse("password", refusal.message)
        return False
    known = Staff.named(name)
    kept = known.password_hash if known is not None and known.is_active else None
    fits = passwords.fits(kept, password)
    better = passwords.hashed(password) if fits and kept and passwords.is_outdated(kept) else None
    with written():
        if known is None or not fits or known.password_hash != kept:
            attempts.failed(name, address, known=known)
            form.refuse("password", _("サインイン名かパスワードが違います。"))
            return False
        attempts.succeeded(name, address)
        if not known.is_designated(today()):
            _refuse_undesignated(form, known)
            return False
        if better:
            known.password_hash = better
        _begin(known, address)
    return True


def _refuse_undesignated(form: SignInForm, person: Staff) -> None:
    audit.record(Action.SIGN_IN_FAILED, by=person, on=person, facts={"designated": False}, result="refused")
    on, until = labels.day(person.designated_on), labels.day(person.released_on)
    if person.designated_on and person.designated_on > today():
        form.refuse("password", _("取扱者の指定日（%(on)s）より前のため、サインインできません。", on=on))
    else:
        form.refuse(
            "password",
            _("取扱者の指定は%(until)sで解除されています。管理者に確認してください。", until=until),
        )


def _begin(person: Staff, address: str) -> None:
    """A new session under a new token; whatever cookie and session came with the request are gone."""
    old = session.get("_user_id")
    if old:
        change_live(SignInSession.token_digest == digest(old), ended_at=now(), ended_why=Ended.REPLACED)
    session.clear()
    landing.remember(request.args.get("next"))
    if not is_demo() and totp.started(person) is None:
        totp.start(person)
    begun = sessions.begin(person, address=address)
    login_user(sessions.load(begun.token))


def _ended() -> Ended | None:
    token = session.get("_user_id")
    return sessions.why_ended(token) if token and not current_user.is_authenticated else None


@pages.route("/sign-in/code", methods=["GET", "POST"])
@allow(Permission.HALF_SIGNED_IN)
def code() -> Response | tuple[str, int]:
    """The second factor: a code of the authenticator, or a recovery code."""
    me = sessions.current()
    if me.sign_in is None or not me.sign_in.is_half:
        return landing.onward(me)
    if totp.of(me) is None:
        return redirect(url_for("people.factor"), 303)
    form = CodeForm()
    if form.validate_on_submit() and _shows_code(me, form):
        return landing.onward(me)
    return render_template("people/code.html", form=form), form.status


code.reads_first = True  # type: ignore[attr-defined]


def _shows_code(me: Staff, form: CodeForm) -> bool:
    try:
        with written():
            attempts.take_code(me)
    except TooMany as refusal:
        form.refuse("code", refusal.message)
        return False
    typed = form.code.data
    recovery = None if totp.looks_like_code(typed) else totp.matching_recovery_code(me, typed)
    with written():
        if recovery is not None:
            right = totp.use_recovery_code(me, recovery)
        else:
            right = totp.check(me, typed)
        if not right:
            attempts.code_failed(me)
            form.refuse("code", _("コードが違うか、すでに使われています。新しいコードを入力してください。"))
            return False
        attempts.code_succeeded(me)
        factor = Factor.RECOVERY if recovery else Factor.TOTP
        session["_user_id"] = sessions.renew(me, factor=factor).token
        audit.record(
            Action.SIGNED_IN, by=me, on=("sign_in_session", sessions.current_id()), facts={"factor": factor}
        )
    return True


@pages.post("/sign-out")
@allow(Permission.HALF_SIGNED_IN)
def sign_out() -> Response:
    """End the session on the server, and have the browser forget what it keeps of this house."""
    sessions.sign_out(sessions.current())
    session.clear()
    flash(_("サインアウトしました。"), "good")
    response = redirect(url_for("people.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@pages.get("/session")
@allow(Permission.SIGNED_IN)
def session_state() -> dict[str, str]:
    """Whether the page's session still stands; asking does not count as an act."""
    return {"csrf_token": generate_csrf(), "person": current_user.id.hex}


session_state.polls = True  # type: ignore[attr-defined]


@pages.post("/session")
@allow(Permission.SIGNED_IN)
def session_act() -> tuple[str, int]:
    """The person is at work on a page that sends nothing else."""
    return "", 204


session_act.reads_first = True  # type: ignore[attr-defined]
