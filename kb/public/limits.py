"""How often one visitor may do something. Kept in memory alone: counts under a digest of the address whose key is
random, lives a day at most, and is written nowhere (docs/rules.md#public-face)."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from callcenter.clock import today

MOST_REMEMBERED = 20_000
"""Visitors counted at a time; past it the oldest counts are let go."""


@dataclass(frozen=True)
class Limit:
    """At most so many in so many seconds, for one visitor."""

    name: str
    most: int
    seconds: int


READING = Limit("reading", 600, 60)
"""A whole office, or a mobile carrier's customers, may stand behind one address."""
SEARCHING = Limit("searching", 120, 60)
SENDING = Limit("sending", 10, 600)
SENDING_A_DAY = Limit("sending a day", 60, 86_400)
NOTING_A_DAY = Limit("noting a day", 60, 86_400)
"""Searches without an answer that one visitor adds to the office's list."""


@dataclass
class Counts:
    """What visitors did lately. `clock` gives seconds that only grow."""

    clock: Callable[[], float] = time.monotonic
    _counts: dict[tuple[str, bytes, int], int] = field(default_factory=dict)
    _key: tuple[date | None, bytes] = (None, b"")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def visitor(self, address: str) -> bytes:
        """Who this is today: a digest that nobody can trace back once the day is over."""
        with self._lock:
            if self._key[0] != today():
                self._key = today(), secrets.token_bytes(32)
            return hmac.digest(self._key[1], network(address).encode(), "sha256")[:16]

    def seconds_to_wait(self, limit: Limit, visitor: bytes) -> int:
        """0 when it is allowed (it is then counted); else after how many seconds to try again."""
        now = self.clock()
        window = int(now // limit.seconds)
        with self._lock:
            key = (limit.name, visitor, window)
            count = self._counts.pop(key, 0)
            self._counts[key] = count + 1
            while len(self._counts) > MOST_REMEMBERED:
                del self._counts[next(iter(self._counts))]
        return 0 if count < limit.most else max(1, int((window + 1) * limit.seconds - now))


def network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: what one household has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)
