"""The FAQ room's pages hang on this."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from kb.pages.places import Places

pages = Blueprint("kb", __name__)


@pages.context_processor
def _places() -> dict[str, Any]:
    """The room's pages beside each other, for those that show them."""
    return {"places": Places()}
