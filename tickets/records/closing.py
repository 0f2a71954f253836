"""What keeps a ticket open: rooms above say what is still owed on it, so that no ticket is closed over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickets.records.ticket import Ticket

Guard = Callable[["Ticket"], list[str]]
_guards: dict[str, Guard] = {}


def register(name: str, guard: Guard) -> None:
    """A room's guard: sentences that say what is open on a ticket, none when nothing is. The same name replaces."""
    _guards[name] = guard


def why_open(ticket: Ticket) -> list[str]:
    """Everything that keeps a ticket open, in words; empty when it may be closed."""
    return [sentence for guard in _guards.values() for sentence in guard(ticket)]
