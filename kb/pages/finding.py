"""Looking things up in the FAQ: by category, by words, and beside a consultation that is being typed."""

from __future__ import annotations

import uuid
from collections.abc import Container
from typing import Any

from flask import get_template_attribute, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from kb.articles.approval import sees_drafts
from kb.articles.article import Article
from kb.finding.lists import PAGE, Wanted, in_doubt, rows_of, tree_of, waiting
from kb.finding.pins import pinned
from kb.finding.searches import FaqSearch, keep
from kb.finding.shelf import Findings, find, look, warm
from kb.finding.wishes import answered
from kb.pages import labels
from kb.pages.blueprint import pages
from kb.pages.forms import SearchForm, WishForm
from kb.pages.hand import at_hand, hand

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
        hand=hand(current_user._get_current_object()),
        answered=answered(current_user._get_current_object()),
        may_write=current_user.may(Permission.KB_WRITE),
    )


@pages.post("/faq/searches")
@allow(Permission.KB_READ)
def searches() -> Response | tuple[str, int]:
    """Look something up. By POST: what a caller said stands in no address; the search is kept sealed, and its answers
    have an address of their own, so that one can come back to them."""
    form, me = SearchForm(), current_user._get_current_object()
    text = form.text.data or ""
    if not form.validate_on_submit() or not text.strip():
        return found_page(form, Findings([])), form.status
    findings = looked_up(text, exactly=form.exactly.data)
    kept = kept_search(text, findings, me)
    if kept is None:
        return found_page(form, findings), 200
    return redirect(url_for("kb.found", asked_id=kept.id, exactly=1 if form.exactly.data else None), 303)


def looked_up(text: str, *, exactly: bool = False) -> Findings:
    """What answers a question, for the signed-in person."""
    return look(text, current_user.programme_ids, limit=FOUND, worth=WORTH_SHOWING, exactly=exactly)


def kept_search(text: str, findings: Findings, me: Staff) -> FaqSearch | None:
    """Keep what was searched, with the programme of the best answer; None for somebody without a programme."""
    best = findings.found[0] if findings.found else None
    of_best = select(Article.programme_id).where(Article.id == best.article_id) if best else None
    programme_id = (
        db.session.scalars(of_best).first() if of_best is not None else next(iter(me.programme_ids), None)
    )
    if programme_id is None:
        return None
    return keep(programme_id, text, len(findings.found), best.score if best else 0.0, by=me)


def found_page(form: SearchForm, findings: Findings, kept: FaqSearch | None = None, **more: Any) -> str:
    """The answers to a search, and what to do when there is none."""
    return render_template(
        "kb/found.html",
        form=form,
        found=findings.found,
        corrections=labels.corrections(findings),
        exactly=form.exactly.data,
        kept=kept,
        pinned=set(pinned(current_user._get_current_object())),
        may_write=current_user.may(Permission.KB_WRITE),
        **{"wish_form": WishForm(formdata=None), "wished": False} | more,
    )


@pages.post("/faq/suggestions")
@allow(Permission.KB_READ)
def suggestions() -> str:
    """The fragment beside a consultation that is being typed: at most five answers. Writes nothing.

    An empty text makes the index ready for the first word, and shows what the agent keeps at hand."""
    text = request.form.get("text", "")
    if not text.strip():
        warm(current_user.programme_ids)
        return render_template("kb/_suggestions.html", items=at_hand(current_user._get_current_object()))
    found = find(text, current_user.programme_ids, limit=SUGGESTIONS, worth=WORTH_SHOWING)
    return render_template("kb/_suggestions.html", items=[labels.suggestion(one) for one in found])


suggestions.reads_first = True  # type: ignore[attr-defined]


def _wanted() -> Wanted:
    shelf = request.args.get("shelf", "told")
    page = request.args.get("page", "1")
    category = request.args.get("category", "")
    return Wanted(
        shelf=shelf if shelf in _open_shelves() else "told",
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
        for name, label in _open_shelves().items()
    ]


def _open_shelves() -> dict[str, Any]:
    """The shelves that the reader may look at: what the ward has not approved is for those who write or approve."""
    return {
        name: label for name, label in labels.SHELVES.items() if name != "drafts" or sees_drafts(current_user)
    }


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
