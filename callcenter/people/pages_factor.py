"""Enrolling an authenticator: the picture, the first code, and recovery codes shown once."""

from __future__ import annotations

from flask import Response, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from callcenter.errors import NotFound, TooMany
from callcenter.forms import Form, Secret
from callcenter.people import attempts, sessions, totp
from callcenter.people.blueprint import pages
from callcenter.people.landing import HOME
from callcenter.people.session_record import Ended, Factor
from callcenter.people.staff import Staff
from callcenter.people.step_up import require_fresh
from callcenter.people.token_record import shut_out
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow


class FirstCodeForm(Form):
    code = Secret(
        _l("認証アプリに表示された6桁の数字"),
        limit=10,
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


@pages.route("/account/factor", methods=["GET", "POST"])
@allow(Permission.HALF_SIGNED_IN)
def factor() -> AnyResponse | tuple[str, int]:
    """Show the picture to read with an authenticator; the first right code finishes the enrolment."""
    me = sessions.current()
    begun, form = totp.started(me), FirstCodeForm()
    if begun is None and _is_half(me):
        return render_template("people/factor.html", form=form, secret=None), 200
    if begun is None or begun.confirmed_at is not None:
        return redirect(url_for("people.account"), 303)
    if form.validate_on_submit():
        codes = _confirms(me, form)
        if codes:
            return render_template("people/recovery_codes.html", codes=codes, onward=HOME), 200
        begun = totp.started(me)
        assert begun is not None
    secret = begun.secret
    typed = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return render_template("people/factor.html", form=form, secret=typed), form.status


factor.reads_first = True  # type: ignore[attr-defined]


def _confirms(me: Staff, form: FirstCodeForm) -> list[str]:
    try:
        with written():
            attempts.take_code(me)
    except TooMany as refusal:
        form.refuse("code", refusal.message)
        return []
    codes, kept = totp.make_recovery_codes()
    with written():
        if not totp.confirm(me, form.code.data):
            attempts.code_failed(me)
            form.refuse(
                "code",
                _("コードが違います。端末の時刻が合っているか確かめ、新しいコードを入力してください。"),
            )
            return []
        attempts.code_succeeded(me)
        totp.keep_recovery_codes(me, kept)
        sign_in = sessions.renew(me, factor=Factor.TOTP)
        shut_out(me.id, why=Ended.FACTOR_CHANGED, but=sign_in.id)
        session["_user_id"] = sign_in.token
    return codes


def _is_half(me: Staff) -> bool:
    return me.sign_in is None or me.sign_in.is_half


@pages.get("/account/factor.svg")
@allow(Permission.HALF_SIGNED_IN)
def factor_picture() -> Response:
    """The QR code, only until the enrolment is finished."""
    me = sessions.current()
    begun = totp.started(me)
    if begun is None or begun.confirmed_at is not None:
        raise NotFound(_("このページはありません。"))
    return Response(totp.picture(me, begun), content_type="image/svg+xml; charset=utf-8")


@pages.post("/account/factors")
@allow(Permission.HALF_SIGNED_IN)
def begin_factor() -> AnyResponse:
    """Begin to use an authenticator, or change to another one: only with the old one shown, and after a fresh proof."""
    me = sessions.current()
    known = totp.of(me) is not None
    if known and _is_half(me):
        return redirect(url_for("people.code"), 303)
    require_fresh(me.sign_in, back=url_for("people.account"))
    if known:
        totp.remove(me, by=me)
    totp.start(me)
    return redirect(url_for("people.factor"), 303)


@pages.post("/account/recovery-codes")
@allow(Permission.SIGNED_IN)
def recovery_codes() -> tuple[str, int]:
    """New recovery codes in the place of all old ones, shown once."""
    require_fresh(back=url_for("people.account"))
    me = sessions.current()
    if totp.of(me) is None:
        raise NotFound(_("認証アプリが登録されていません。"))
    codes, kept = totp.make_recovery_codes()
    with written():
        totp.keep_recovery_codes(me, kept)
    return render_template("people/recovery_codes.html", codes=codes, onward=url_for("people.account")), 200


recovery_codes.reads_first = True  # type: ignore[attr-defined]
