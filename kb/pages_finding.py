"""Looking things up in the FAQ: by category, by words, and beside a consultation that is being typed."""

from __future__ import annotations

import uuid
from collections.abc import Container
from typing import Any

from flask import get_template_attribute, render_template, request, url_for
from flask_login import current_user

from callcenter.permissions import Permission, allow
from kb import labels
from kb.blueprint import pages
from kb.forms import SearchForm
from kb.lists import PAGE, Wanted, in_doubt, rows_of, tree_of, waiting
from kb.models import sees_drafts
from kb.shelf import Findings, find, look, warm

SUGGESTIONS = 5
FOUND = 20
WORTH_SHOWING = 0.3
"""Share of the best score; of the judged questions no right answer stands below .6."""


@pages.get("/faq")
@allow(Permission.KB_READ)
def articles() -> str:
    """All articles by category."""
    wanted = _wanted()
    rows, total = rows_of(current_user, wanted)
    doubtful = frozenset(in_doubt(current_user.programme_ids))
    return render_template(
        "kb/articles.html",
        listed=[_listed(row, doubtful) for row in rows],
        total=total,
        wanted=wanted,
        shelves=_shelves(wanted, {"doubtful": len(doubtful), "drafts": waiting(current_user)}),
        tree=[
            {**node, "url": _list_url(wanted, category=node["path"])}
            for node in tree_of(current_user, wanted.shelf)
        ],
        newer_url=_list_url(wanted, page=wanted.page - 1) if wanted.page > 1 else None,
        older_url=_list_url(wanted, page=wanted.page + 1) if wanted.page * PAGE < total else None,
        all_url=_list_url(wanted, category=""),
        form=SearchForm(formdata=None),
        may_write=current_user.may(Permission.KB_WRITE),
    )


@pages.post("/faq/searches")
@allow(Permission.KB_READ)
def searches() -> tuple[str, int]:
    """What answers a question. By POST and without a record: what a caller said stays in no address and no log."""
    form, findings = SearchForm(), Findings([])
    if form.validate_on_submit():
        findings = look(
            form.text.data or "",
            current_user.programme_ids,
            limit=FOUND,
            worth=WORTH_SHOWING,
            exactly=form.exactly.data,
        )
    page = render_template(
        "kb/found.html",
        form=form,
        found=findings.found,
        corrections=labels.corrections(findings),
        exactly=form.exactly.data,
    )
    return page, form.status


searches.reads_first = True  # type: ignore[attr-defined]


@pages.post("/faq/suggestions")
@allow(Permission.KB_READ)
def suggestions() -> str:
    """The fragment beside a consultation that is being typed: at most five answers. Writes nothing.

    An empty text makes the index ready for the first word."""
    text = request.form.get("text", "")
    if not text.strip():
        warm(current_user.programme_ids)
    found = find(text, current_user.programme_ids, limit=SUGGESTIONS, worth=WORTH_SHOWING)
    return render_template("kb/_suggestions.html", items=[labels.suggestion(one) for one in found])


suggestions.reads_first = True  # type: ignore[attr-defined]


def _wanted() -> Wanted:
    shelf = request.args.get("shelf", "told")
    page = request.args.get("page", "1")
    category = request.args.get("category", "")
    return Wanted(
        shelf=shelf if shelf in labels.SHELVES else "told",
        category=category if category.isprintable() and len(category) <= 130 else "",
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


def _list_url(wanted: Wanted, **changes: Any) -> str:
    values = {"shelf": wanted.shelf, "category": wanted.category, "page": 1, **changes}
    plain = {"shelf": "told", "category": "", "page": 1}
    return url_for("kb.articles", **{name: value for name, value in values.items() if value != plain[name]})


def _shelves(wanted: Wanted, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": _list_url(Wanted(), shelf=name),
            "current": name == wanted.shelf,
            "count": counts.get(name) or None,
        }
        for name, label in labels.SHELVES.items()
        if name != "drafts" or sees_drafts(current_user)
    ]


def _listed(row: Any, doubtful: Container[uuid.UUID]) -> dict[str, Any]:
    badge = get_template_attribute("components/badge.html", "badge")
    validity = labels.validity(row.valid_from, row.valid_to)
    return {
        "url": url_for("kb.article", article_id=row.id),
        "sub": " ".join(filter(None, [row.path, validity])),
        "cells": [
            f"F-{row.number}",
            row.question,
            badge(*labels.standing(row.state, row, in_doubt=row.revision_id in doubtful)),
        ],
    }
