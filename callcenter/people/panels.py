"""What higher rooms show of a caller, and what they forbid: they hang it here, so that nobody needs to look up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from callcenter.people.callers import Caller

Panel = Callable[[Caller, Any], Markup | None]
Mark = Callable[[Sequence[Caller], Any], dict[uuid.UUID, list[str]]]
Lock = Callable[[Caller], str | None]

_panels: dict[str, Panel] = {}
_marks: dict[str, Mark] = {}
_locks: dict[str, Lock] = {}


def register_panel(name: str, panel: Panel) -> None:
    """Show `panel(caller, person)` (markup, or None for nothing) on a caller's page. A name registers once."""
    _panels[name] = panel


def register_mark(name: str, mark: Mark) -> None:
    """Show short words beside callers in lists: `mark(callers, person)` gives some of their ids a list of words,
    such as 「本人 R8-00012」 or 「対応中 2件」."""
    _marks[name] = mark


def register_lock(name: str, lock: Lock) -> None:
    """Ask `lock(caller)` before a personal value is shown: a sentence when disclosure is locked today, or None."""
    _locks[name] = lock


def why_locked(caller: Caller) -> str | None:
    """Why nothing of this caller may be shown now, or None."""
    return next((words for lock in _locks.values() if (words := lock(caller))), None)


def panels_of(caller: Caller, person: Any) -> list[Markup]:
    """The panels of a caller's page, in the order of registration."""
    made = (panel(caller, person) for panel in _panels.values())
    return [markup for markup in made if markup is not None]


def marks_of(callers: Sequence[Caller], person: Any) -> dict[uuid.UUID, list[str]]:
    """All words beside these callers, asked once for the whole list."""
    found: dict[uuid.UUID, list[str]] = {caller.id: [] for caller in callers}
    for mark in _marks.values():
        for caller_id, words in mark(callers, person).items():
            found.setdefault(caller_id, []).extend(words)
    return found
