"""The page of synonyms: what callers call one thing, kept by a supervisor, tried at once."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.forms import once
from callcenter.people.labels import moment
from callcenter.permissions import Permission, allow
from callcenter.privacy.lens.folding import fold
from callcenter.programmes import Programme
from kb.articles.article import Article, State
from kb.finding.shelf import find, trial
from kb.pages import labels
from kb.pages.blueprint import pages
from kb.pages.forms_words import SynonymForm, TrialForm
from kb.words.lists import Kept, SynonymGroup, checked_words

LONGEST_LOOKED_FOR = 40
MOST_TRIED = 600
"""A trial makes an index of its own; past so many articles it would take longer than somebody waits."""


@pages.get("/faq/synonyms")
@allow(Permission.KB_READ)
def synonyms() -> str:
    """The groups, all or those that hold a word; and what was just taken out, to bring back."""
    wanted = request.args.get("q", "")[:LONGEST_LOOKED_FOR].strip()
    return render_template(
        "kb/synonyms.html",
        rows=[row for row in _rows() if not wanted or row["is_about"](wanted)],
        wanted=wanted,
        removed=just_removed(SynonymGroup),
        is_own=all(map(SynonymGroup.is_laid_out, current_user.programme_ids)),
        trial=TrialForm(formdata=None),
        may_write=current_user.may(Permission.KB_WRITE),
    )


@pages.get("/faq/synonyms/new")
@allow(Permission.KB_WRITE)
def new_synonym() -> tuple[str, int]:
    """An empty form."""
    form = SynonymForm()
    form.programmes(programme_choices())
    return _form_page(form)


@pages.post("/faq/synonyms")
@allow(Permission.KB_WRITE)
def add_synonym() -> Response | tuple[str, int]:
    """Keep a new group; search knows it at once."""
    form = SynonymForm()
    form.programmes(programme_choices())
    if not form.validate_on_submit():
        return _form_page(form)
    me = current_user._get_current_object()

    def add() -> str:
        return _kept(SynonymGroup.add(uuid.UUID(form.programme.data), form.typed, by=me))

    try:
        return redirect(once(form.once.data, me.id, add), 303)
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        form.refuse("words", refusal.message)
        return _form_page(form)


@pages.get("/faq/synonyms/<uuid:group_id>/edit")
@allow(Permission.KB_WRITE)
def edit_synonym(group_id: uuid.UUID) -> tuple[str, int]:
    """The form with a group in it."""
    group = visible(SynonymGroup, group_id)
    form = SynonymForm(data={"words": "\n".join(group.words), "after": str(group.version)})
    form.programmes(programme_choices(group.programme_id))
    return _form_page(form, group)


@pages.post("/faq/synonyms/<uuid:group_id>/changes")
@allow(Permission.KB_WRITE)
def change_synonym(group_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep other words; when somebody else changed them first, show both and lose nothing."""
    group, form = visible(SynonymGroup, group_id), SynonymForm()
    form.programmes(programme_choices(group.programme_id))
    if not form.validate_on_submit():
        return _form_page(form, group)
    try:
        group.change(form.typed, by=current_user._get_current_object(), after=form.after_version)
    except Invalid as refusal:
        form.refuse("words", refusal.message)
        return _form_page(form, group)
    except Conflict as refusal:
        return _both(form, group, refusal.message), 409
    return redirect(_kept(group), 303)


@pages.post("/faq/synonyms/<uuid:group_id>/retirements")
@allow(Permission.KB_WRITE)
def retire_synonym(group_id: uuid.UUID) -> Response:
    """Take a group out of the list; the list offers the way back."""
    visible(SynonymGroup, group_id).retire(by=current_user._get_current_object())
    return redirect(url_for("kb.synonyms", removed=group_id), 303)


@pages.post("/faq/synonyms/<uuid:group_id>/restorations")
@allow(Permission.KB_WRITE)
def restore_synonym(group_id: uuid.UUID) -> Response:
    """Bring a group back."""
    visible(SynonymGroup, group_id).restore(by=current_user._get_current_object())
    flash(_("元に戻しました。"), "good")
    return redirect(url_for("kb.synonyms"), 303)


@pages.post("/faq/synonyms/trials")
@allow(Permission.KB_READ)
def try_synonyms() -> tuple[str, int]:
    """What a question finds now; with `words` also what it would find with them. Writes nothing, records no text."""
    form, group = TrialForm(), _tried_group()
    now, then, message = [], None, ""
    if form.validate_on_submit() and (form.text.data or "").strip():
        now = find(form.text.data, current_user.programme_ids)
        if "words" in request.form and current_user.may(Permission.KB_WRITE):
            try:
                then = _tried(form.text.data, group)
            except Invalid as refusal:
                message = refusal.message
    whole = "HX-Request" not in request.headers
    page = render_template(
        "kb/trial.html" if whole else "kb/_trial.html",
        form=form,
        now=now,
        then=then,
        message=message,
        asked=bool((form.text.data or "").strip()) and not form.errors,
    )
    return page, form.status


try_synonyms.reads_first = True  # type: ignore[attr-defined]


def visible(kind: type[Any], row_id: uuid.UUID) -> Any:
    """A row of a word list of the person's programmes; NotFound for any other."""
    found = db.session.scalars(kind.visible_to(current_user).where(kind.id == row_id)).first()
    if found is None:
        raise NotFound(_("この語はありません。"))
    return found


def just_removed(kind: type[Kept]) -> Any:
    """The row that the address names as just taken out, if it is still out."""
    try:
        row_id = uuid.UUID(request.args.get("removed", ""))
    except ValueError:
        return None
    if not current_user.may(Permission.KB_WRITE):
        return None
    query = kind.visible_to(current_user).where(kind.id == row_id, kind.is_retired)
    return db.session.scalars(query).first()


def programme_choices(only: uuid.UUID | None = None) -> list[tuple[str, str]]:
    """The editor's programmes to choose from, or the one a row belongs to."""
    query = select(Programme.id, Programme.name).where(Programme.id.in_(current_user.programme_ids))
    if only is not None:
        query = query.where(Programme.id == only)
    return [(str(row.id), row.name) for row in db.session.execute(query.order_by(Programme.name))]


def changed(row: Kept) -> str:
    """Who changed a row last, and when; "" for one of the seed."""
    if row.changed_at is None or row.changed_by is None:
        return ""
    return _("%(who)sが%(at)s", who=row.changed_by.name, at=moment(row.changed_at))


def _rows() -> list[dict[str, Any]]:
    rows = []
    may_write = current_user.may(Permission.KB_WRITE)
    for programme_id in current_user.programme_ids:
        if not SynonymGroup.is_laid_out(programme_id):
            rows += [_row(words) for words in SynonymGroup.of(programme_id)]
            continue
        query = SynonymGroup.visible_to(current_user).where(
            SynonymGroup.programme_id == programme_id, SynonymGroup.is_retired.is_(False)
        )
        for group in db.session.scalars(query.order_by(SynonymGroup.position, SynonymGroup.id)):
            url = url_for("kb.edit_synonym", group_id=group.id) if may_write else None
            rows.append(_row(group.words, url, changed(group)))
    return rows


def _row(words: list[str], url: str | None = None, changed: str = "") -> dict[str, Any]:
    folded = [fold(word) for word in words]
    return {
        "url": url,
        "cells": [_("、").join(words), changed],
        "is_about": lambda wanted: any(fold(wanted) in word for word in folded),
    }


def _form_page(form: SynonymForm, group: SynonymGroup | None = None, **more: Any) -> tuple[str, int]:
    page = render_template(
        "kb/synonym.html",
        form=form,
        group=group,
        trial=TrialForm(formdata=None),
        changed=changed(group) if group else "",
        one_programme=len(form.programme.choices) == 1,
        **more,
    )
    return page, form.status


def _both(form: SynonymForm, group: SynonymGroup, message: str) -> str:
    form.after.data = str(group.version)
    parts = labels.difference("\n".join(group.words), "\n".join(form.typed))
    return _form_page(form, group, conflict=message, parts=parts)[0]


def _kept(group: SynonymGroup) -> str:
    """Say that a group was kept, and which of its words stand in other groups too; the list's address."""
    flash(_("同義語を保存しました。検索ですぐに使われます。"), "good")
    for word, others in group.elsewhere().items():
        flash(
            _("「%(word)s」は「%(other)s」の組にもあります。", word=word, other=_("」「").join(others)),
            "wait",
        )
    return url_for("kb.synonyms")


def _tried_group() -> SynonymGroup | None:
    try:
        group_id = uuid.UUID(request.form.get("group", ""))
    except ValueError:
        return None
    return db.session.scalars(
        SynonymGroup.visible_to(current_user).where(SynonymGroup.id == group_id)
    ).first()


def _tried(text: str, group: SynonymGroup | None) -> list[Any]:
    """What a question would find with the words that are being typed, in place of their group's."""
    words = checked_words(request.form.get("words", "").splitlines())
    programme_id = group.programme_id if group else _tried_programme()
    counted = select(func.count(Article.id)).where(
        Article.programme_id == programme_id, Article.state == State.PUBLISHED
    )
    if (db.session.scalar(counted) or 0) > MOST_TRIED:
        raise Invalid(
            _("記事が多いため、保存する前には試せません。保存してから試してください。"), code="too_many"
        )
    groups = [one for one in SynonymGroup.of(programme_id) if group is None or one != group.words]
    return trial(text, programme_id, [*groups, words])


def _tried_programme() -> uuid.UUID:
    named = request.form.get("programme", "")
    return next(
        (one for one in current_user.programme_ids if str(one) == named), current_user.programme_ids[0]
    )
