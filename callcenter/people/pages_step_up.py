"""The page on which a person proves again who they are."""

from __future__ import annotations

from flask import redirect, render_template, request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from callcenter.errors import TooMany
from callcenter.forms import Form, Secret
from callcenter.people import attempts, passwords, sessions, totp
from callcenter.people.blueprint import pages
from callcenter.people.landing import HOME, own_path
from callcenter.people.staff import Staff
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class CodeProof(Form):
    proof = Secret(
        _l("確認コード"), limit=40, render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"}
    )


class PasswordProof(Form):
    proof = Secret(_l("パスワード"), render_kw={"autocomplete": "current-password"})


@pages.route("/step-up", methods=["GET", "POST"])
@allow(Permission.SIGNED_IN)
def step_up() -> Response | tuple[str, int]:
    """Ask for a code, or in a house without second factors for the password."""
    me = sessions.current()
    by_code = totp.of(me) is not None
    form = CodeProof() if by_code else PasswordProof()
    if form.validate_on_submit() and _proves(me, form, by_code):
        return redirect(own_path(request.args.get("next")) or HOME, 303)
    return render_template("people/step_up.html", form=form, by_code=by_code), form.status


step_up.reads_first = True  # type: ignore[attr-defined]


def _proves(me: Staff, form: Form, by_code: bool) -> bool:
    proof: str = form["proof"].data
    try:
        with written():
            attempts.take_code(me)
    except TooMany as refusal:
        form.refuse("proof", refusal.message)
        return False
    fits = passwords.fits(me.password_hash, proof) if not by_code else False
    with written():
        if fits or (by_code and totp.check(me, proof)):
            attempts.code_succeeded(me)
            audit.record(Action.STEPPED_UP, by=me)
            session["_user_id"] = sessions.renew(me, factor=me.sign_in.factor).token  # type: ignore[union-attr]
            return True
        attempts.code_failed(me)
    form.refuse("proof", _("コードが違います。") if by_code else _("パスワードが違います。"))
    return False
