"""Proving again who one is, before a dangerous act: within five minutes of the last proof."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from callcenter.clock import now
from callcenter.db import db
from callcenter.errors import Forbidden, Refusal
from callcenter.people.blueprint import pages
from callcenter.people.landing import own_path
from callcenter.people.session_record import Factor, SignIn


class StepUpNeeded(Refusal):
    """The act asks for a fresh proof; the person is led to it and back."""

    status = 403
    code = "step_up"

    def __init__(self, back: str | None = None):
        super().__init__("この操作の前に、もう一度本人であることを確認します。")
        self.back = back


def is_fresh(sign_in: SignIn | None) -> bool:
    """Whether the last proof is less than five minutes old."""
    return sign_in is not None and sign_in.is_fresh(now())


def require_fresh(sign_in: SignIn | None = None, *, back: str | None = None) -> None:
    """Let on who proved within five minutes who they are, else raise StepUpNeeded: the page `/step-up` follows.

    `sign_in` is that of the request unless said. After the proof the person comes to `back`, or to this page where
    it was a GET. For exports, printing lists, bulk reveals, erasure, keys and the administration of people
    (OWASP ASVS 5.0 V7.5.3). An access token proves nothing anew: raises Forbidden."""
    if sign_in is None and current_user.is_authenticated:
        sign_in = current_user.sign_in
    if sign_in is not None and sign_in.factor is Factor.TOKEN:
        raise Forbidden("この操作は、本人が画面から行ってください。", code="needs_a_person")
    if not is_fresh(sign_in):
        raise StepUpNeeded(back)


@pages.app_errorhandler(StepUpNeeded)
def _lead_there(refusal: StepUpNeeded) -> Response:
    db.session.rollback()
    asked = request.full_path.rstrip("?") if request.method == "GET" else "/"
    address = url_for("people.step_up", next=own_path(refusal.back or asked))
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)
