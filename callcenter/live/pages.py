"""The stream of a page: what changed, as server-sent events (HTML Living Standard §9.2). Holds no connection of the
database while it waits, and is no act of the person. Source: docs/rules.md#live-pages."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotAcceptable

from callcenter.errors import Unavailable
from callcenter.live.feed import BROKEN, Feed
from callcenter.live.hub import Listener, News, Shown, Viewer, Why
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow

pages = Blueprint("live", __name__)

RETURN_MILLISECONDS = (2_000, 5_000)
"""Pages come back one after another when a server starts again."""
TYPE = "text/event-stream"


@pages.get("/live")
@allow(Permission.SIGNED_IN)
def stream() -> Response:
    """Tell this page what changes, from what it knows on (`since`, or the browser's own Last-Event-ID).

    503 when this process holds all the pages that it can."""
    if TYPE not in request.headers.get("Accept", ""):
        raise NotAcceptable
    feed: Feed = current_app.extensions["live"]
    if feed.hub.is_full:
        raise Unavailable(_("開いている画面が多いため、自動更新を休んでいます。"), code="streams_full")
    listener = Listener(viewer_of(sessions.current()), _shown(feed))
    said = request.headers.get("Last-Event-ID") or request.args.get("since") or ""
    since = int(said) if said.isdecimal() and len(said) < 19 else None
    return Response(told(feed, listener, since), content_type=TYPE, headers={"X-Accel-Buffering": "no"})


stream.polls = True  # type: ignore[attr-defined]


def _shown(feed: Feed) -> Shown | None:
    """The list that the page shows: `list=tickets?state=unclosed&newest=…`, read by the room whose list it is."""
    room, _mark, address = request.args.get("list", "").partition("?")
    reader = feed.lists.get(room)
    return reader(MultiDict(parse_qsl(address)), sessions.current()) if reader else None


def viewer_of(person: Staff) -> Viewer:
    """The person of this request, as the hub has to know them."""
    assert person.sign_in is not None
    return Viewer.of(person.sign_in.id, person.id, person.role, person.period_ids)


def counts_of(person: Staff) -> dict[str, int]:
    """The counts that the person of this request may see, asked once a request."""
    if "live_counts" not in g:
        feed: Feed = current_app.extensions["live"]
        g.live_counts = feed.counts(viewer_of(person))
    return dict(g.live_counts)


def stream_url() -> str:
    """The address of a page's stream: it tells what changed since this request began, before the page read anything."""
    since = g.get("live_since")
    return url_for("live.stream") + (f"?since={since}" if since is not None else "")


def furnish(app: Flask) -> None:
    """Let every request remember what this process knew when it began."""

    def note() -> None:
        g.live_since = app.extensions["live"].seen

    app.before_request(note)


def told(feed: Feed, listener: Listener, since: int | None) -> Iterator[str]:
    """The events of one page, for ever, or until it is let go. Runs outside the request."""
    yield f"retry: {random.randint(*RETURN_MILLISECONDS)}\n\n"
    try:
        try:
            feed.open(listener, since)
        except BROKEN:  # the page comes back and is told by a page of refusal
            listener.end(Why.CLOSING)
        while True:
            found = listener.take(feed.beat_seconds)
            yield _event(found)
            if isinstance(found, Why):
                return
    finally:
        feed.leave(listener)


def _event(found: News | Why | None) -> str:
    if found is None:
        return ": \n\n"
    if isinstance(found, Why):
        return f"event: end\ndata: {found.value}\n\n"
    said = {"topics": sorted(found.topics), "tickets": sorted(found.tickets), "counts": dict(found.counts)}
    return f"event: news\nid: {found.seq}\ndata: {json.dumps(said)}\n\n"
