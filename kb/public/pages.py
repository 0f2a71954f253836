"""The pages of the public site."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, jsonify, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as Answer

from callcenter.clock import today
from callcenter.config import Face
from kb.public import limits, reading, showing
from kb.public.links import Addresses
from kb.public.reading import LONGEST_QUERY, Reader
from kb.public.store import Store

pages = Blueprint("public", __name__)
SUGGESTIONS = 5


class Readers:
    """The programmes as this process remembers them, each until its stamp or the day changes."""

    def __init__(self) -> None:
        self._known: dict[str, Reader] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection, programme: Any) -> Reader:
        with self._lock:
            known = self._known.get(programme.code)
            if known is None or (known.stamp, known.day) != (programme.stamp, today()):
                known = self._known[programme.code] = Reader.of(connection, programme)
            return known

    def keep(self, codes: list[str]) -> None:
        """Forget the programmes that are no more."""
        with self._lock:
            self._known = {code: reader for code, reader in self._known.items() if code in codes}


@pages.get("/")
def first() -> Answer | str:
    """The programme's first page, or a list where there are several."""
    with _store().reading() as connection:
        found = reading.programmes(connection)
    current_app.extensions["readers"].keep([one.code for one in found])
    if len(found) == 1:
        return redirect(_links(found[0].code).home(), 302)
    if not found:
        abort(503)
    listed = [{"name": one.name, "ward": one.ward, "url": _links(one.code).home()} for one in found]
    return render_template("public/programmes.html", programmes=listed, links=bare_links())


@pages.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@pages.get("/<code>/")
def home(code: str) -> str:
    """Where a visitor begins: the search, the categories, what is new."""
    with _programme(code) as (reader, _connection):
        return _render("home", reader, **showing.home(reader, _links(code)))


@pages.get("/<code>/search")
def search(code: str) -> Response:
    """What was found, or what to do next."""
    words = _words()
    with _programme(code) as (reader, connection):
        _limit(limits.SEARCHING)
        results = reader.find(connection, words) if words else []
        links = _links(code)
        page = _render(
            "search",
            reader,
            words=words,
            found=showing.found(results, links),
            categories=showing.home(reader, links)["categories"],
        )
    return _unkept(Response(page))


@pages.get("/<code>/suggestions")
def suggestions(code: str) -> Response:
    """Questions that fit what is being typed, for the script of the search line."""
    words = _words()
    with _programme(code) as (reader, connection):
        _limit(limits.SEARCHING)
        results = reader.find(connection, words, SUGGESTIONS) if words else []
        links = _links(code)
        found = [{"question": one.listed.question, "url": links.article(one.listed)} for one in results]
    return _unkept(jsonify(found))


@pages.get("/<code>/categories/<path:address>")
def category(code: str, address: str) -> str:
    """The articles of a category and of those below it."""
    with _programme(code) as (reader, _connection):
        shown = reader.by_address.get(address)
        if shown is None:
            abort(404)
        return _render("category", reader, **showing.category(reader, shown, _links(code)))


@pages.get("/<code>/faq/<number:number>")
def article(code: str, number: int) -> str:
    """A question and its answer."""
    return _article(code, number, easy=False)


@pages.get("/<code>/faq/<number:number>/easy")
def easy(code: str, number: int) -> str:
    """The answer in やさしい日本語."""
    return _article(code, number, easy=True)


@pages.get("/<code>/privacy")
def privacy(code: str) -> str:
    """What this site keeps of a visit."""
    with _programme(code) as (reader, _connection):
        return _render("privacy", reader)


def _article(code: str, number: int, easy: bool) -> str:
    with _programme(code) as (reader, connection):
        page = reader.page(connection, number)
        if page is None or (easy and not page.easy):
            abort(404)
        values = showing.article(reader, page, _links(code))
        share = _links(code, origin()).article(page.listed)
        return _render("article", reader, **values, is_easy=easy, share_url=share)


def bare_links() -> Addresses:
    """For pages that belong to no programme."""
    return _links("")


def origin() -> str:
    """The site's own address as visitors type it: from the settings, else the one that was asked."""
    face: Face = current_app.extensions["face"]
    return face.url or request.host_url.rstrip("/")


def host() -> str:
    """The name and port under which a visitor's own page came."""
    return urlsplit(origin()).netloc


@contextmanager
def _programme(code: str) -> Iterator[tuple[Reader, Connection]]:
    """A programme as of now, with the connection that it was read by; 404 for a code that is none."""
    with _store().reading() as connection:
        found = [one for one in reading.programmes(connection) if one.code == code]
        if not found:
            abort(404)
        readers: Readers = current_app.extensions["readers"]
        yield readers.of(connection, found[0]), connection


def _render(name: str, reader: Reader, **values: Any) -> str:
    links = _links(reader.code)
    site = showing.site(reader, links, current_app.extensions["face"])
    return render_template(
        f"public/{name}.html", site=site, links=links, suggestions_url=links.suggestions(), **values
    )


def _links(code: str, before: str = "") -> Addresses:
    return Addresses(code, current_app.static_url_path or "", before)


def _words() -> str:
    """What was typed into the search line, on one line and not too long."""
    typed = request.args.get("q", "")
    return " ".join("".join(c if c.isprintable() else " " for c in typed).split())[:LONGEST_QUERY]


def _limit(limit: limits.Limit) -> None:
    wait = current_app.extensions["counts"].seconds_to_wait(limit, g.visitor)
    if wait:
        raise TooManyRequests(retry_after=wait)


def _unkept(response: Response) -> Response:
    """An answer that nobody keeps: its address holds what somebody typed."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _store() -> Store:
    store: Store = current_app.extensions["store"]
    return store
