"""What higher rooms show of an application, and what they forbid: they hang it here, so that nobody looks up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from callcenter.applications.models import Application

Panel = Callable[[Application, Any], Markup | None]
Lock = Callable[[Application], str | None]

_panels: dict[str, Panel] = {}
_locks: dict[str, Lock] = {}


def register_panel(name: str, panel: Panel) -> None:
    """Show `panel(application, person)` (markup, or None for nothing) on an application's page: its tickets.

    A name registers once; registering it again replaces it."""
    _panels[name] = panel


def register_lock(name: str, lock: Lock) -> None:
    """Ask `lock(application)` before a personal value is shown: a sentence when disclosure is locked today, or None."""
    _locks[name] = lock


def panels_of(application: Application, person: Any) -> list[Markup]:
    """The panels of an application's page, in the order of registration."""
    made = (panel(application, person) for panel in _panels.values())
    return [markup for markup in made if markup is not None]


def why_locked(application: Application) -> str | None:
    """Why nothing of this application may be told now, or None."""
    return next((words for lock in _locks.values() if (words := lock(application))), None)
