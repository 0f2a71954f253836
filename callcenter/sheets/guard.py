"""The apostrophe that keeps a spreadsheet from taking a text for a formula, put on and taken off without loss. Pure.

On: a text whose first character that is no space is one of `= + - @`, their full-width forms, a tab, a line end or an
apostrophe gets one apostrophe in front. Off: a text that begins with an apostrophe loses it when what follows would
have been given one. So every text comes back as it was, and what a person began with an apostrophe stays."""

from __future__ import annotations

SIGNS = frozenset("=+-@＝＋－＠\t\r\n'")


def guarded(text: str) -> str:
    """The text as it stands in a CSV cell. Source: docs/rules.md#tables."""
    return f"'{text}" if _begins_with_a_sign(text) else text


def unguarded(text: str) -> str:
    """The text that a CSV cell stands for; the inverse of `guarded`."""
    return text[1:] if text.startswith("'") and _begins_with_a_sign(text[1:]) else text


def _begins_with_a_sign(text: str) -> bool:
    for character in text:
        if character in SIGNS:
            return True
        if not character.isspace():
            return False
    return False
