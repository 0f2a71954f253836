"""What an agent keeps at hand, as pages show it: pinned articles in their order, and those used last."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from callcenter.people.staff import Staff
from kb.finding import pins
from kb.finding.shelf import Found, told_now
from kb.pages import labels

BESIDE_A_CALL = 8
"""As many as have a key of their own (Alt+1 to Alt+8)."""


def hand(person: Staff) -> dict[str, list[dict[str, Any]]]:
    """`pinned` and `recent` for the top of the FAQ: links, none twice."""
    first, then = _articles(person)
    return {"pinned": [_line(one) for one in first], "recent": [_line(one) for one in then]}


def at_hand(person: Staff) -> list[dict[str, Any]]:
    """Suggestions while nothing is typed yet: pinned ones, then recent ones, half of the room for either at least."""
    first, then = _articles(person)
    first = first[: max(BESIDE_A_CALL // 2, BESIDE_A_CALL - len(then))]
    then = then[: BESIDE_A_CALL - len(first)]
    groups = ((_("ピン留め"), first), (_("最近使った記事"), then))
    return [
        labels.suggestion(one) | {"group": title if number == 0 else ""}
        for title, found in groups
        for number, one in enumerate(found)
    ]


def _articles(person: Staff) -> tuple[list[Found], list[Found]]:
    pinned = pins.pinned(person)
    recent = [article_id for article_id in pins.recent(person) if article_id not in pinned]
    found = told_now([*pinned, *recent], person.programme_ids)
    return [one for one in found if one.article_id in pinned], [
        one for one in found if one.article_id not in pinned
    ]


def _line(one: Found) -> dict[str, Any]:
    return {
        "id": one.article_id,
        "url": url_for("kb.article", article_id=one.article_id),
        "number": one.number,
        "question": one.question,
    }
