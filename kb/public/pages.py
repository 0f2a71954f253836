"""The pages of the public site."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as Answer

from callcenter.clock import today
from kb.public import limits, reading, sending, showing
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
    with store_of().reading() as connection:
        found = reading.programmes(connection)
    current_app.extensions["readers"].keep([one.code for one in found])
    if len(found) == 1:
        return redirect(links_to(found[0].code).home(), 302)
    if not found:
        abort(503)
    listed = [{"name": one.name, "ward": one.ward, "url": links_to(one.code).home()} for one in found]
    return render_template("public/programmes.html", programmes=listed, links=bare_links())


@pages.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@pages.get("/<code>/")
def home(code: str) -> str:
    """Where a visitor begins: the search, the categories, what is new."""
    with programme_now(code) as (reader, _connection):
        links = links_to(code)
        feeds = {"atom": links.atom()}
        return _render("home", reader, **showing.home(reader, links), feeds=feeds)


@pages.get("/<code>/search")
def search(code: str) -> Response:
    """What was found, or what to do next."""
    words = _words()
    with programme_now(code) as (reader, connection):
        _limit(limits.SEARCHING)
        results = reader.find(connection, words) if words else []
        if words and not results and request.method == "GET":
            sending.note_search(words)
        links = links_to(code)
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
    with programme_now(code) as (reader, connection):
        _limit(limits.SEARCHING)
        results = reader.find(connection, words, SUGGESTIONS) if words else []
        links = links_to(code)
        found = [{"question": one.listed.question, "url": links.article(one.listed)} for one in results]
    return _unkept(jsonify(found))


@pages.get("/<code>/categories/<path:address>")
def category(code: str, address: str) -> str:
    """The articles of a category and of those below it."""
    with programme_now(code) as (reader, _connection):
        shown = reader.by_address.get(address)
        if shown is None:
            abort(404)
        return _render("category", reader, **showing.category(reader, shown, links_to(code)))


@pages.get("/<code>/faq/<number:number>")
def article(code: str, number: int) -> str:
    """A question and its answer."""
    return article_page(code, number)


@pages.get("/<code>/faq/<number:number>/easy")
def easy(code: str, number: int) -> str:
    """The answer in やさしい日本語."""
    return article_page(code, number, easy=True)


@pages.get("/<code>/pictures/<uuid:image_id>")
def picture(code: str, image_id: uuid.UUID) -> Response:
    """A picture of a public article."""
    with programme_now(code) as (reader, connection):
        found = reader.picture(connection, image_id)
    if found is None:
        abort(404)
    content, content_type = found
    response = Response(content, content_type=content_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@pages.get("/<code>/privacy")
def privacy(code: str) -> str:
    """What this site keeps of a visit."""
    with programme_now(code) as (reader, _connection):
        return _render("privacy", reader)


@pages.post("/<code>/faq/<number:number>/feedback")
def feedback(code: str, number: int) -> Answer | tuple[str, int]:
    """Whether the answer helped, and why not. Refused with what was typed still there when something is wrong."""
    sent = sending.read_form()
    with programme_now(code) as (reader, connection):
        page = reader.page(connection, number)
        if page is None or g.programme.public_key is None:
            abort(404)
        if not sent.faults:
            _limit(limits.SENDING)
            _limit(limits.SENDING_A_DAY)
            sending.send(sent, page)
    if sent.faults:
        return article_page(code, number, sent=sent), 422
    return redirect(f"{links_to(code).home()}thanks", 303)


@pages.get("/<code>/thanks")
def thanks(code: str) -> str:
    """It has arrived."""
    with programme_now(code) as (reader, _connection):
        return _render("thanks", reader)


def article_page(code: str, number: int, *, easy: bool = False, sent: sending.Sent | None = None) -> str:
    """An article with the form below it, as it was sent."""
    with programme_now(code) as (reader, connection):
        page = reader.page(connection, number)
        if page is None or (easy and not page.easy):
            abort(404)
        values = showing.article(reader, page, links_to(code))
        share = links_to(code, sending.origin()).article(page.listed)
        takes = g.programme.public_key is not None
        values |= {"feedback_url": f"{links_to(code).article(page.listed)}/feedback" if takes else ""}
        return _render(
            "article", reader, **values, is_easy=easy, share_url=share, sent=sent or sending.Sent()
        )


def bare_links() -> Addresses:
    """For pages that belong to no programme."""
    return links_to("")


@contextmanager
def programme_now(code: str) -> Iterator[tuple[Reader, Connection]]:
    """A programme as of now, with the connection that it was read by; 404 for a code that is none."""
    with store_of().reading() as connection:
        found = [one for one in reading.programmes(connection) if one.code == code]
        if not found:
            abort(404)
        g.programme = found[0]
        readers: Readers = current_app.extensions["readers"]
        yield readers.of(connection, found[0]), connection


def _render(name: str, reader: Reader, **values: Any) -> str:
    links = links_to(reader.code)
    site = showing.site(reader, links, current_app.extensions["face"])
    return render_template(
        f"public/{name}.html", site=site, links=links, suggestions_url=links.suggestions(), **values
    )


def links_to(code: str, before: str = "") -> Addresses:
    """Addresses of a programme's pages; `before` is the origin where they leave the site."""
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


def store_of() -> Store:
    """The store of this app."""
    store: Store = current_app.extensions["store"]
    return store
