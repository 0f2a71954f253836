"""The public face: a site for everybody, on a listener of its own. It knows no key, no person, no session, no ticket.

Its process is started with this module, not with the roof, so that nothing that opens a sealed value is ever loaded in
it (docs/rules.md#public-face)."""

from __future__ import annotations

import gc
import logging
import os
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from flask.sessions import NullSession, SessionInterface
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from callcenter import assets, headers, hosts, speech
from callcenter.config import CHECKOUT, Settings
from kb.public import inbox, limits, pages, pages_feeds, store

log = logging.getLogger("callcenter.face")
LARGEST_BODY = 16 * 1024
HEADERS = headers.HEADERS | {
    "Content-Security-Policy": headers.CSP.replace("frame-src 'self'", "frame-src 'none'"),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SERVED = ("css/", "js/", "img/", "vendor/tokens.css")
"""What the face serves of the front end's files; letters come from the visitor's own machine."""
TITLED = frozenset({400, 404, 405, 413, 422, 429, 500, 503})


class NoSessions(SessionInterface):
    """Nobody has a session here, and no answer sets a cookie."""

    def open_session(self, app: Flask, request: Any) -> NullSession:
        return NullSession()

    def is_null_session(self, obj: object) -> bool:
        return True


class Number(IntegerConverter):
    """A number that people read out; a longer one is no article's."""

    regex = r"\d{1,9}"


class PublicFace(assets.Serving):
    """Serves the front end's files that visitors need."""

    session_interface = NoSessions()

    def send_static_file(self, filename: str) -> Response:
        if ".." in filename or not filename.startswith(SERVED):
            return super().send_static_file("none")
        return super().send_static_file(filename)


def create_face(settings: Settings | None = None, environ: Mapping[str, str] = os.environ) -> Flask:
    """The public site over the store of `settings`. Starts without its database; answers 503 until it is there."""
    settings = settings or Settings.from_environment(environ)
    app = PublicFace(
        "madoguchi-face",
        template_folder=str(CHECKOUT / "templates"),
        static_folder=str(assets.FOLDER),
        static_url_path=f"/static/{assets.version()}",
    )
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=20,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
    )
    app.url_map.converters["number"] = Number
    app.extensions["face"] = settings.face
    app.extensions["store"] = store.open_as_face(settings)
    app.extensions["readers"] = pages.Readers()
    app.extensions["counts"] = limits.Counts()
    app.extensions["day"] = inbox.Day()
    speech.give(app, "ja", "Asia/Tokyo")
    hosts.guard(app, replace(settings, hosts=settings.face.hosts))
    app.before_request(_count)
    app.after_request(_head)
    app.register_blueprint(pages_feeds.pages)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _away)
    app.register_error_handler(Exception, _unknown)
    return app


def serve() -> Flask:
    """The face for its web process."""
    app = create_face()
    gc.collect()
    gc.freeze()
    return app


def _count() -> tuple[str, int, dict[str, str]] | None:
    if request.endpoint in ("static", "public.alive"):
        return None
    counts: limits.Counts = current_app.extensions["counts"]
    g.visitor = counts.visitor(request.remote_addr or "")
    wait = counts.seconds_to_wait(limits.READING, g.visitor)
    return refuse_for(wait) if wait else None


def refuse_for(seconds: int) -> tuple[str, int, dict[str, str]]:
    """Too many: a page that says when to come back."""
    return (*_page(429, seconds=seconds), {"Retry-After": str(seconds)})


def _head(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.extensions["face"].url and request.scheme == "https":
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint == "static":
        return response
    response.headers.setdefault("Cache-Control", "no-cache")
    if response.status_code == 200 and request.method in ("GET", "HEAD") and not response.is_streamed:
        response.add_etag()
        response.make_conditional(request)
    return response


def _http(problem: HTTPException) -> Any:
    if problem.code is None or problem.code < 400:
        return problem
    retry = getattr(problem, "retry_after", None)
    if problem.code == 429 and retry:
        return refuse_for(int(retry))
    return _page(problem.code)


def _away(problem: Exception) -> tuple[str, int]:
    """The store is away, or the house has not laid it down yet."""
    log.error("%s: %s", request.endpoint, type(problem).__name__)
    return _page(503)


def _unknown(problem: Exception) -> tuple[str, int]:
    """A fault of ours: logged by its kind and place alone, for its text may hold what somebody typed."""
    frames = traceback.extract_tb(problem.__traceback__)[:-6:-1]
    where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    log.error("%s failed: %s at %s", request.endpoint, type(problem).__name__, where)
    return _page(500)


def _page(status: int, **values: Any) -> tuple[str, int]:
    shown = status if status in TITLED else 500 if status >= 500 else 400
    links = pages.bare_links()
    return render_template("public/refused.html", status=status, shown=shown, links=links, **values), status
