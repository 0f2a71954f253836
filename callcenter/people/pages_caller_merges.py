"""Two records of one caller side by side, what they have in common, and the way back."""

from __future__ import annotations

import uuid
from enum import StrEnum

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.forms import Form, Line, OneOf
from callcenter.people import callers_search, merging, revealing, sessions
from callcenter.people.callers import Caller
from callcenter.people.callers_blueprint import pages
from callcenter.people.callers_seen import FIELDS, compared, seen
from callcenter.people.pages_callers import ReasonForm, SearchForm, found, shown
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class Side(StrEnum):
    ONE = "one"
    OTHER = "other"


class MergeForm(Form):
    survivor = OneOf(_l("残す側"), Side, {Side.ONE: _l("左を残す"), Side.OTHER: _l("右を残す")})
    reason = Line(_l("同じ方と判断した理由"), limit=200)


@pages.get("/callers/<uuid:caller_id>/merges/new")
@allow(Permission.CALLERS_MERGE)
def new_merge(caller_id: uuid.UUID) -> str:
    """Who may be the same person; or, with `?with=`, the two side by side."""
    one, other = found(caller_id), request.args.get("with")
    if other is None:
        return _choosing(one, SearchForm(formdata=None), callers_search.alike(sessions.current(), one))
    return _comparing(one, _other(other), MergeForm(formdata=None, survivor=Side.ONE))


@pages.post("/callers/<uuid:caller_id>/merge-searches")
@allow(Permission.CALLERS_MERGE)
def search_merge(caller_id: uuid.UUID) -> tuple[str, int]:
    """Look for the other record by name or number."""
    one, form = found(caller_id), SearchForm()
    if not form.validate_on_submit():
        return _choosing(one, form, []), form.status
    others, _total = callers_search.find(sessions.current(), form.q.data, limit=20)
    return _choosing(one, form, [other for other in others if other.survivor.id != one.survivor.id]), 200


search_merge.reads_first = True  # type: ignore[attr-defined]


@pages.post("/callers/<uuid:caller_id>/merges")
@allow(Permission.CALLERS_MERGE)
def merge_callers(caller_id: uuid.UUID) -> Response | tuple[str, int]:
    """Show one under the other from now on."""
    me, one, form = sessions.current(), found(caller_id), MergeForm()
    other = _other(request.args.get("with"))
    if form.validate_on_submit():
        stays, goes = (one, other) if form.survivor.data is Side.ONE else (other, one)
        address = url_for("callers.caller", caller_id=stays.id)
        try:
            merging.merge(goes, stays, by=me, reason=form.reason.data)
        except (Invalid, Conflict) as refusal:
            db.session.rollback()
            form.refuse("survivor", refusal.message)
        else:
            flash(_("2件を1人にまとめました。この画面から取り消せます。"), "good")
            return redirect(address, 303)
    return _comparing(found(caller_id), _other(request.args.get("with")), form), form.status


@pages.post("/callers/<uuid:caller_id>/unmerges")
@allow(Permission.CALLERS_MERGE)
def unmerge_caller(caller_id: uuid.UUID) -> Response | tuple[str, int]:
    """Let a merged caller stand for itself again."""
    me, row, form = sessions.current(), found(caller_id), ReasonForm()
    if form.validate_on_submit():
        try:
            merging.unmerge(row, by=me, reason=form.reason.data)
        except (Invalid, Conflict) as refusal:
            db.session.rollback()
            form.refuse("reason", refusal.message)
        else:
            flash(_("統合を取り消しました。"), "good")
            return redirect(url_for("callers.caller", caller_id=caller_id), 303)
    return shown(found(caller_id), me, unmerge=form), form.status


def _other(text: str | None) -> Caller:
    try:
        return found(uuid.UUID(text or ""))
    except ValueError:
        raise NotFound(_("この相談者は見つかりません。"), code="no_caller") from None


def _choosing(one: Caller, form: SearchForm, others: list[Caller]) -> str:
    facts = {"list": "merge_candidates", "count": len(others)}
    audit.record(Action.LIST_VIEWED, by=sessions.current(), on=one, facts=facts, read=True)
    rows = [
        {"url": f"{url_for('callers.new_merge', caller_id=one.id)}?with={look.id}", "look": look}
        for look in map(seen, others)
    ]
    return render_template("callers/merge_choice.html", form=form, record=one, look=seen(one), rows=rows)


def _comparing(one: Caller, other: Caller, form: MergeForm) -> str:
    me = sessions.current()
    for row in (one, other):
        audit.record(Action.CALLER_VIEWED, by=me, on=row, read=True)
    reveals = [
        f"{url_for('callers.reveal_caller', caller_id=row.id)}?fields={','.join(FIELDS)}"
        for row in (one, other)
    ]
    return render_template(
        "callers/merge.html",
        form=form,
        record=one,
        other=other,
        looks=[seen(one), seen(other)],
        lines=compared(one, other),
        reveals=reveals,
        reasons=revealing.reasons(),
    )
