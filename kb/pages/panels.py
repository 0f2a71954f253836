"""What higher rooms show on an article's page: they hang it here, so that the shelf needs not look up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from kb.articles.article import Article

Panel = Callable[["Article", Any], Markup | None]

_panels: dict[str, Panel] = {}


def register_panel(name: str, panel: Panel) -> None:
    """Show `panel(article, person)` (markup, or None for nothing) on an article's page. A name registers once."""
    _panels[name] = panel


def panels_of(article: Article, person: Any) -> list[Markup]:
    """The panels of an article's page, in the order of registration."""
    made = (panel(article, person) for panel in _panels.values())
    return [markup for markup in made if markup is not None]
