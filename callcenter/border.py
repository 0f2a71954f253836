"""The border: what every request passes on its way in and out.

In: closed unless the route names a permission and the person has it. Out: one commit, after which alone anything
is answered; a Refusal becomes a page, and a look at a record becomes a row of the audit trail."""

from __future__ import annotations

import errno
import logging
import secrets
import traceback
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2
from flask import (
    Flask,
    Response,
    current_app,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from flask.templating import Environment
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as WerkzeugResponse

from callcenter.api import bearer, problems
from callcenter.assets import Serving
from callcenter.config import Settings
from callcenter.db import Intent, db, intent
from callcenter.errors import Forbidden, Refusal, Unavailable
from callcenter.headers import HEADERS
from callcenter.people import gate, sessions
from callcenter.permissions import Permission
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import Keystore

Answer = tuple[str, int] | Response
log = logging.getLogger("callcenter")
csrf = CSRFProtect()

READING = frozenset({"GET", "HEAD", "OPTIONS"})
REMEMBERED_ADDRESSES = 8192
ERROR_PAGES = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 423, 429, 500, 503})


class Number(IntegerConverter):
    """A number in an address: up to 2147483647, as far as the columns of our own numbers go; anything longer is 404."""

    regex = r"\d{1,19}"

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = 2**31 - 1):
        super().__init__(map, fixed_digits, min, max)


class Pages(Environment):
    """Flask's Jinja. No page of ours has globals of its own, so all share those of the environment as they are:
    a map made anew for each template is gone through at each of a page's thirty imports."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class House(Serving):
    """A Flask whose views run between the two sides of the border, and which remembers the addresses it built."""

    jinja_environment = Pages

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._addresses: dict[tuple[object, ...], str] = {}

    def url_for(self, endpoint: str, **values: Any) -> str:
        """As Flask's. A page names a hundred addresses, most of them the same each time."""
        if (
            not has_request_context()
            or endpoint[0] == "."
            or values.get("_external")
            or values.get("_scheme")
        ):
            return super().url_for(endpoint, **values)
        key = (request.root_path, endpoint, *values.items())
        try:
            found = self._addresses.get(key)
        except TypeError:  # a value that cannot be a key: a list
            return super().url_for(endpoint, **values)
        if found is None:
            if len(self._addresses) >= REMEMBERED_ADDRESSES:
                self._addresses.clear()
            found = self._addresses[key] = super().url_for(endpoint, **values)
        return found

    def dispatch_request(self) -> Any:
        """Check, run the view, commit. Whatever is raised here, the commit's own failure too, becomes a page."""
        view = self.view_functions.get(request.endpoint or "")
        reads = request.method in READING or getattr(view, "reads_first", False)
        with intent(Intent.READ if reads else Intent.WRITE):
            stopped = _enter(view)
            response = stopped or self.make_response(super().dispatch_request())
            _leave(response, reads, acted=not getattr(view, "polls", False))
        return response


def _enter(view: Any) -> WerkzeugResponse | None:
    """Refuse what is not allowed; send on who has to sign in or confirm something first."""
    if view is None:  # no such address: Flask's own 404 or 405 follows
        return None
    needed = getattr(view, "permission", None)
    if needed is None:
        log.error("route %s names no permission", request.endpoint)
        raise Forbidden("この画面は開けません。", code="no_permission_named")
    if needed is Permission.ANYONE:
        return None
    if bearer.serves(view):
        bearer.come_in(needed)
    elif not current_user.is_authenticated:
        return _to_sign_in()
    audit.origin.set(replace(audit.origin.get(), session=sessions.current_id()))
    waiting = gate.gate(current_user, needed)
    if waiting:
        return redirect(url_for(waiting), 303)
    if not current_user.may(needed):
        raise Forbidden("この操作をする権限がありません。必要な場合は管理者に相談してください。")
    return None


def _to_sign_in() -> WerkzeugResponse:
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate" or request.headers.get("HX-Request"):
        return Response("", 401)
    if request.method in READING and request.path != "/":
        return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")), 303)
    return redirect(url_for("people.sign_in"), 303)


def _leave(response: WerkzeugResponse, reads: bool, acted: bool) -> None:
    """One commit, or none: a refused form (4xx) leaves nothing behind but what the audit has to say.

    What is rolled back was not done, so nothing in the trail says that it was."""
    if reads or response.status_code >= 400:
        entries = [e for e in audit.take_pending() if reads or e.read or e.result != "done"]
        db.session.rollback()
        _note(entries, acted)
    else:
        if acted:
            sessions.touch()
        db.session.commit()


def _note(entries: list[audit.Entry], acted: bool) -> None:
    """Commit rows that record reads and refusals, in a transaction of their own, flushed within 100 ms."""
    with intent(Intent.NOTE):
        touched = acted and sessions.touch()
        if entries or touched:
            audit.put_back(entries)
            db.session.commit()
            _flusher().want()


def _flusher() -> Any:
    return current_app.extensions["flusher"]


# --- requests --------------------------------------------------------------------------------------------


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    audit.origin.set(audit.Origin(request.remote_addr or "", "", g.request_id))
    if request.endpoint != "static":
        keys: Keystore = current_app.extensions["keystore"]
        keys.get(keys.current("cookies"))


def _head(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


# --- what went wrong -------------------------------------------------------------------------------------


def _refusal(refusal: Refusal) -> Answer:
    db.session.rollback()
    if not isinstance(refusal, Unavailable) and not refusal.is_recorded:
        _record_refusal(refusal.status, refusal.code)
    return _page(refusal.status, refusal.message, refusal.code, refusal)


def _http(problem: HTTPException) -> Any:
    if problem.code is None or problem.code < 400:
        return problem
    db.session.rollback()
    if problem.code in (403, 404, 405) and request.endpoint not in (None, "static"):
        _record_refusal(problem.code, problem.name)
    response = current_app.make_response(
        _page(problem.code, None, str(problem.name).lower().replace(" ", "_"))
    )
    response.allow.update(getattr(problem, "valid_methods", None) or ())
    return response


def _csrf(problem: CSRFError) -> Answer:
    db.session.rollback()
    _record_refusal(400, "csrf")
    return _page(400, "画面の有効期限が切れました。前の画面に戻り、開き直してから送信してください。", "csrf")


def _database(problem: Exception) -> Answer:
    """Lost database or full disk: a page that says so; the next request tries again."""
    _abandon()
    full = "full" in str(problem) or getattr(problem, "errno", None) == errno.ENOSPC
    log.error("%s %s: %s", request.method, request.endpoint, type(problem).__name__)
    if full:
        return _page(
            503, "ディスクの空きがありません。何も保存されていません。管理者に知らせてください。", "disk_full"
        )
    return _page(
        503, "データベースにつながりません。少し待ってからもう一度送信してください。", "database_lost"
    )


def _value(problem: Exception) -> Answer:
    """A value that the database cannot take: no fault of the database, and nothing was stored."""
    _abandon()
    log.error("%s %s: %s", request.method, request.endpoint, type(problem).__name__)
    return _page(400, None, "bad_value")


def _crossed(problem: Exception) -> Answer:
    """A rule of the tables was broken: two people did the same thing at the same moment."""
    _abandon()
    log.error("%s %s: %s", request.method, request.endpoint, type(problem).__name__)
    return _page(409, None, "crossed")


def _unknown(problem: Exception) -> Answer:
    """A fault of ours: logged by its kind and place alone, for its text may hold what somebody typed."""
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return _database(problem)
    _abandon()
    where = " < ".join(
        f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(problem.__traceback__)[:-6:-1]
    )
    kind, request_id = type(problem).__name__, g.get("request_id")
    log.error("%s %s failed: %s at %s, request %s", request.method, request.endpoint, kind, where, request_id)
    return _page(500, None, "internal")


def _abandon() -> None:
    try:
        db.session.rollback()
        db.session.remove()
    except SQLAlchemyError:
        log.error("the session could not be rolled back")


def _record_refusal(status: int, code: str) -> None:
    """A refused request is a row of the audit trail; if even that cannot be written, the page still comes."""
    facts = {"status": status, "code": code, "endpoint": request.endpoint or "", "method": request.method}
    facts["ids"] = {name: str(value)[:60] for name, value in (request.view_args or {}).items()}
    try:
        by = current_user if current_user.is_authenticated else audit.STRANGER
        with intent(Intent.NOTE):
            audit.record(Action.REQUEST_REFUSED, by=by, facts=facts, read=True, result="refused")
            db.session.commit()
        _flusher().want()
    except (SQLAlchemyError, Refusal):
        _abandon()


def _page(status: int, message: str | None, code: str, refusal: Refusal | None = None) -> Answer:
    if status == 503:  # the page must not ask the database who is there
        g._login_user = AnonymousUserMixin()
    if problems.wanted():
        return problems.answer(status, message, code, refusal)
    shown = status if status in ERROR_PAGES else 500 if status >= 500 else 400
    return render_template(f"errors/{shown}.html", message=message, code=code, status=status), status


def guard(app: Flask, settings: Settings) -> None:
    """Put the border around an app."""
    prefix = "__Host-" if settings.is_https else ""
    app.config.update(
        SESSION_COOKIE_NAME=f"{prefix}madoguchi",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.is_https,
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1000,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
    )
    if settings.is_https:
        HEADERS["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    app.url_map.converters["int"] = Number
    csrf.init_app(app)
    static: Any = app.view_functions["static"]
    static.permission, static.polls = Permission.ANYONE, True
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request(_head)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for kind in (DBAPIError, sqlcipher3.dbapi2.Error):
        app.register_error_handler(kind, _database)
    app.register_error_handler(DataError, _value)
    app.register_error_handler(IntegrityError, _crossed)
    app.register_error_handler(Exception, _unknown)


class KeyedSessions(SecureCookieSessionInterface):
    """Cookies signed with the keystore's key, asked for at each request so that a mended keystore heals."""

    def __init__(self, keys: Keystore):
        self._keys = keys

    def get_signing_serializer(self, app: Flask) -> Any:
        """None (no session at all) while the keys are missing or sealed; `_begin` then says so."""
        try:
            app.secret_key = self._keys.get(self._keys.current("cookies"))
        except Unavailable:
            app.secret_key = None
        return super().get_signing_serializer(app)
