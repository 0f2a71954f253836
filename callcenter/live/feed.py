"""Follows the house's sequence while pages are open, and tells them what changed: one look a quarter of a second for
the whole process, none while nobody listens, and no connection held in between.

The sequence of the trail is the order of commits, so that nothing is skipped that commits late."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, current_app, has_app_context
from sqlalchemy import bindparam, event, func, select
from werkzeug.datastructures import MultiDict

from callcenter.db import DATABASE_ERRORS, Intent, db, intended, intent
from callcenter.errors import Refusal
from callcenter.live import topics
from callcenter.live.hub import Hub, Listener, News, Shown, Viewer
from callcenter.live.tallies import Counted, Tallies
from callcenter.live.topics import EVERYTHING, Change
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.privacy.audit import AuditEntry

log = logging.getLogger("callcenter.live")

LOOK_SECONDS = 0.25
BEAT_SECONDS = 5.0
"""A page that was left is noticed at the next beat; until then it holds a thread."""
SESSIONS_SECONDS = 15.0
LINGER_SECONDS = 10.0
"""A page is left before the next one opens: the thread stays that long without anybody."""
FRESH_SECONDS = 1.0
MOST_MISSED = 2_000
NEW = "new"
"""The count of rows that came above the list that a page shows."""
BROKEN = (*DATABASE_ERRORS, Refusal)


Reader = Callable[[MultiDict[str, str], Staff], Shown | None]


class Feed:
    """The live pages of one process: `hub` holds them, `tallies` counts for them. One for each app."""

    def __init__(self, app: Flask, most: int):
        self._app = app
        self.hub = Hub(most)
        self.look_seconds, self.beat_seconds = LOOK_SECONDS, BEAT_SECONDS
        self.tallies = Tallies()
        self.lists: dict[str, Reader] = {}
        """How a room reads the address of a list that a page shows, by the room's name."""
        self.seen: int | None = None
        """The sequence up to which every page here was told."""
        self._looked_at = self._sessions_at = float("-inf")
        self._step = threading.Lock()
        self._starting = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    # --- what pages ask

    def counts(self, viewer: Viewer) -> dict[str, int]:
        """The counts that a person may see: after a change made in this process the newest, else a second old at most."""
        with self._app.app_context(), intent(Intent.READ):
            if time.monotonic() - self._looked_at > FRESH_SECONDS:
                with self._step:
                    self._look()
            return {name: counted.number for name, counted in self.tallies.of(viewer).items()}

    def open(self, listener: Listener, since: int | None) -> None:
        """Begin to tell a page that knows everything up to `since` (None: nobody knows what it knows)."""
        with self._app.app_context(), intent(Intent.READ), self._step:
            self._look()
            at, counted = self.seen or 0, self.tallies.of(listener.viewer)
            counts = {name: value.number for name, value in counted.items()}
            listener.told = dict(counted)
            if listener.shown is not None:
                counts[NEW] = listener.told[NEW] = _Above([listener]).of(listener)
            listener.put(self._missed(since, at, listener.viewer) | News(at, counts=counts))
            self.hub.join(listener)
        self._start()

    def leave(self, listener: Listener) -> None:
        self.hub.leave(listener)

    def note_commit(self) -> None:
        """Something was changed here: the next counts are asked anew."""
        self._looked_at = float("-inf")

    def look_at_sessions_soon(self) -> None:
        """Do not wait for the quarter of a minute."""
        self._sessions_at = float("-inf")

    def pause(self) -> None:
        """End every page, and the thread. The next page that opens starts another."""
        self._ending.set()
        self.hub.close()
        with self._starting:
            if self._thread is not None:
                self._thread.join(timeout=10)
                self._thread = None
        self._ending.clear()

    # --- the thread

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        heard_at = time.monotonic()
        while not self._ending.wait(self.look_seconds):
            if len(self.hub):
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > LINGER_SECONDS and self._starting.acquire(blocking=False):
                try:
                    if not len(self.hub):
                        self._thread = None
                        return
                finally:
                    self._starting.release()
            self.step()

    def step(self) -> None:
        """Look once. What cannot be looked at now ends the pages: they come back, and are told why not."""
        try:
            with self._app.app_context(), intent(Intent.READ), self._step:
                self._look()
                self._look_at_sessions()
        except BROKEN as problem:
            log.warning("live pages wait (%s)", type(problem).__name__)
            self.seen = None
            self.hub.close()

    # --- looking

    def _look(self) -> None:
        """See what was committed since, and tell the pages. Under the lock `_step`."""
        db.session.rollback()
        head = db.session.scalar(_HEAD) or 0
        if self.seen is None or not 0 <= head - self.seen <= MOST_MISSED:
            self.tallies.forget()
            if self.seen is not None:
                self._tell(News(head, frozenset({EVERYTHING})), None)
        elif head > self.seen:
            changes = _changes(self.seen, head)
            self.tallies.note(changes)
            self._tell(None, changes)
        self.seen, self._looked_at = head, time.monotonic()

    def _tell(self, news: News | None, changes: Sequence[Change] | None) -> None:
        known: dict[tuple[uuid.UUID, ...], News] = {}
        listeners = self.hub.all()
        above = _Above(listeners)
        for listener in listeners:
            periods = listener.viewer.period_ids
            if periods not in known:
                known[periods] = news or _news(changes or (), periods)
            if known[periods]:
                listener.put(self._with_counts(known[periods], listener, above))

    def _with_counts(self, news: News, listener: Listener, above: _Above) -> News:
        """With the counts that moved for this page: each is a topic of its own name."""
        told: dict[str, object] = dict(self.tallies.of(listener.viewer))
        if listener.shown is not None:
            moves = news.topics & {EVERYTHING, *listener.shown.topics}
            told[NEW] = above.of(listener) if moves else listener.told[NEW]
        moved = {name: value for name, value in told.items() if listener.told.get(name) != value}
        listener.told = told
        counts = {name: v.number if isinstance(v, Counted) else v for name, v in moved.items()}
        return News(news.seq, news.topics | frozenset(moved), news.tickets, counts)  # type: ignore[arg-type]

    def _missed(self, since: int | None, at: int, viewer: Viewer) -> News:
        """What a page does not know that was up to date at `since`."""
        if since is None or not 0 <= at - since <= MOST_MISSED:
            return News(at, frozenset({EVERYTHING}))
        return News(at) | _news(_changes(since, at), viewer.period_ids)

    def _look_at_sessions(self) -> None:
        if time.monotonic() - self._sessions_at < SESSIONS_SECONDS:
            return
        self._sessions_at = time.monotonic()
        asked = {listener.viewer.session_id for listener in self.hub.all()}
        self.hub.look_again({one.session_id: Viewer.of(*one) for one in sessions.standing(asked)})


class _Above:
    """How many rows stand above those that pages show: asked once for all pages with the same list."""

    def __init__(self, listeners: Sequence[Listener]):
        self._lowest: dict[Any, Any] = {}
        self._marks: dict[Any, Sequence[Any]] = {}
        for listener in listeners:
            if shown := listener.shown:
                key = shown.key, listener.viewer.period_ids
                self._lowest[key] = min(shown.mark, self._lowest.get(key, shown.mark))

    def of(self, listener: Listener) -> int:
        shown, periods = listener.shown, listener.viewer.period_ids
        if shown is None:
            return 0
        key = shown.key, periods
        if key not in self._marks:
            self._marks[key] = shown.above(periods, self._lowest.get(key, shown.mark))
        return sum(mark > shown.mark for mark in self._marks[key])


def _news(changes: Sequence[Change], periods: tuple[uuid.UUID, ...]) -> News:
    """These changes as somebody hears of them who works in these contract years."""
    news = News(0)
    for change in changes:
        if change.concerns(periods):
            tickets = frozenset({change.ticket_id}) - {""}
            news |= News(change.seq, change.topics, tickets)
    return news


def _changes(since: int, until: int) -> list[Change]:
    rows = db.session.execute(_BETWEEN, {"since": since, "until": until})
    return [change for row in rows if (change := topics.read(row))]


_trail = AuditEntry.__table__.c
_HEAD = select(func.max(_trail.seq))
_BETWEEN = (
    select(_trail.seq, _trail.action, _trail.kind, _trail.object_id, _trail.period_id, _trail.facts)
    .where(_trail.seq > bindparam("since"), _trail.seq <= bindparam("until"), _trail.is_read.is_(False))
    .order_by(_trail.seq)
)


@event.listens_for(db.session, "after_commit")
def _note_commit(_session: Any) -> None:
    if has_app_context() and intended() is Intent.WRITE:
        feed: Feed | None = current_app.extensions.get("live")
        if feed is not None:
            feed.note_commit()
