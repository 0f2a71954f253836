"""The pages that are open at this process, and what each has still to be told. Knows threads, no database. Pure.

A listener's mailbox holds what changed since it last looked: names of topics, numbers of tickets' rows and the newest
counts. It cannot grow, however slow the browser is, and never holds anything about a person."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callcenter.live.topics import EVERYTHING
from callcenter.permissions import Permission, Role, may

MOST_TICKETS = 50
"""Beyond that, a page is told that everything changed."""
MOST_OF_A_SESSION = 8
SLOW_SECONDS = 30.0


class Why(StrEnum):
    """Why a stream ends by our will."""

    SESSION = "session"
    """The session is over, or may no longer see what it sees: sign in again."""
    TOO_MANY = "too_many"
    """The same person opened more pages; the oldest gives way until somebody looks at it again."""
    SLOW = "slow"
    CLOSING = "closing"


@dataclass(frozen=True)
class Viewer:
    """Who looks, as far as the hub has to know. Made anew when the session is looked at again."""

    session_id: uuid.UUID
    staff_id: uuid.UUID
    role: Role
    period_ids: tuple[uuid.UUID, ...]

    @classmethod
    def of(
        cls, session_id: uuid.UUID, staff_id: uuid.UUID, role: Role, period_ids: Iterable[uuid.UUID]
    ) -> Viewer:
        return cls(session_id, staff_id, role, tuple(sorted(period_ids)))

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)


@dataclass(frozen=True)
class News:
    """What a page is told: that these topics changed, up to this sequence; which tickets' rows; counts that moved."""

    seq: int
    topics: frozenset[str] = frozenset()
    tickets: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.topics or self.counts)

    def __or__(self, newer: News) -> News:
        topics, tickets = self.topics | newer.topics, self.tickets | newer.tickets
        if EVERYTHING in topics or len(tickets) > MOST_TICKETS:
            topics, tickets = frozenset({EVERYTHING}), frozenset()
        counts = {**self.counts, **newer.counts}
        return News(max(self.seq, newer.seq), topics, tickets, counts)


@dataclass(frozen=True)
class Shown:
    """A list that a page shows from its newest row on, down from `mark`. `above(periods, mark)` gives the marks of the
    rows above one, fifty at most; pages with the same `key` show the same list."""

    key: Hashable
    mark: Any
    topics: frozenset[str]
    above: Callable[[tuple[uuid.UUID, ...], Any], Sequence[Any]]


class Listener:
    """One open page: its viewer, the list that it shows, and its mailbox."""

    def __init__(
        self, viewer: Viewer, shown: Shown | None = None, *, clock: Callable[[], float] = time.monotonic
    ):
        self.viewer, self.shown = viewer, shown
        self.told: dict[str, object] = {}
        """Each count as this page was last told of it; kept by whoever tells."""
        self._clock = clock
        self._arrived = threading.Condition()
        self._news: News | None = None
        self._since: float | None = None
        self._ended: Why | None = None

    def put(self, news: News) -> None:
        """Tell the page; waits for nobody. A page that has not looked for half a minute is let go."""
        with self._arrived:
            if self._ended is not None or not news:
                return
            if self._since is not None and self._clock() - self._since > SLOW_SECONDS:
                self._ended = Why.SLOW
            self._news = news if self._news is None else self._news | news
            self._since = self._clock() if self._since is None else self._since
            self._arrived.notify()

    def end(self, why: Why) -> None:
        """Let the page go; it is told why."""
        with self._arrived:
            self._ended = self._ended or why
            self._arrived.notify()

    def take(self, timeout: float) -> News | Why | None:
        """What is to be told next, or why the stream ends; None when `timeout` seconds passed without either."""
        with self._arrived:
            if self._news is None and self._ended is None:
                self._arrived.wait(timeout)
            if self._ended is not None:
                return self._ended
            news, self._news, self._since = self._news, None, None
            return news


class Hub:
    """All listeners of a process, `most` at once."""

    def __init__(self, most: int):
        self.most = most
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._listeners)

    @property
    def is_full(self) -> bool:
        return len(self._listeners) >= self.most

    def all(self) -> list[Listener]:
        with self._lock:
            return list(self._listeners)

    def join(self, listener: Listener) -> None:
        """Begin to tell it. Of the pages of one session the oldest gives way to the ninth."""
        with self._lock:
            session = listener.viewer.session_id
            mine = [one for one in self._listeners if one.viewer.session_id == session]
            for oldest in mine[: max(0, len(mine) - MOST_OF_A_SESSION + 1)]:
                oldest.end(Why.TOO_MANY)
            self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def look_again(self, standing: Mapping[uuid.UUID, Viewer]) -> None:
        """End the pages whose session does not stand any more, and let the others see what they may see now."""
        for listener in self.all():
            now = standing.get(listener.viewer.session_id)
            if now is None:
                listener.end(Why.SESSION)
            elif now != listener.viewer:
                listener.viewer = now
                listener.put(News(0, frozenset({EVERYTHING})))

    def close(self) -> None:
        """End every page."""
        for listener in self.all():
            listener.end(Why.CLOSING)
