"""The page of the office's own words: what is not written, what is written instead, and why."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Conflict, Invalid
from callcenter.forms import once
from callcenter.permissions import Permission, allow
from callcenter.privacy.lens.folding import fold
from kb.pages import labels
from kb.pages.blueprint import pages
from kb.pages.forms_words import WordForm
from kb.pages.synonyms import LONGEST_LOOKED_FOR, changed, just_removed, programme_choices, visible
from kb.words.lists import OfficeWord
from kb.words.office import Word, remarks


@pages.get("/faq/words")
@allow(Permission.KB_READ)
def words() -> str:
    """The words, all or those that hold some letters."""
    wanted = request.args.get("q", "")[:LONGEST_LOOKED_FOR].strip()
    return render_template(
        "kb/words.html",
        rows=[row for row in _rows() if not wanted or row["is_about"](wanted)],
        wanted=wanted,
        removed=just_removed(OfficeWord),
        is_own=all(map(OfficeWord.is_laid_out, current_user.programme_ids)),
        may_write=current_user.may(Permission.KB_WRITE),
    )


@pages.get("/faq/words/new")
@allow(Permission.KB_WRITE)
def new_word() -> tuple[str, int]:
    """An empty form."""
    form = WordForm()
    form.programmes(programme_choices())
    return _form_page(form)


@pages.post("/faq/words")
@allow(Permission.KB_WRITE)
def add_word() -> Response | tuple[str, int]:
    """Keep a new word."""
    form = WordForm()
    form.programmes(programme_choices())
    if not form.validate_on_submit():
        return _form_page(form)
    me = current_user._get_current_object()

    def add() -> str:
        OfficeWord.add(uuid.UUID(form.programme.data), form.word, by=me)
        return _kept()

    try:
        return redirect(once(form.once.data, me.id, add), 303)
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        form.refuse("written", refusal.message)
        return _form_page(form)


@pages.get("/faq/words/<uuid:word_id>/edit")
@allow(Permission.KB_WRITE)
def edit_word(word_id: uuid.UUID) -> tuple[str, int]:
    """The form with a word in it."""
    word = visible(OfficeWord, word_id)
    form = WordForm(data={**word.word._asdict(), "after": str(word.version)})
    form.programmes(programme_choices(word.programme_id))
    return _form_page(form, word)


@pages.post("/faq/words/<uuid:word_id>/changes")
@allow(Permission.KB_WRITE)
def change_word(word_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep it otherwise; when somebody else changed it first, show both and lose nothing."""
    word, form = visible(OfficeWord, word_id), WordForm()
    form.programmes(programme_choices(word.programme_id))
    if not form.validate_on_submit():
        return _form_page(form, word)
    try:
        word.change(form.word, by=current_user._get_current_object(), after=form.after_version)
    except Invalid as refusal:
        form.refuse("written", refusal.message)
        return _form_page(form, word)
    except Conflict as refusal:
        if refusal.code == "word_exists":
            form.refuse("written", refusal.message)
            return _form_page(form, word)
        form.after.data = str(word.version)
        parts = labels.difference("\n".join(word.word), "\n".join(form.word))
        return _form_page(form, word, conflict=refusal.message, parts=parts)[0], 409
    return redirect(_kept(), 303)


@pages.post("/faq/words/<uuid:word_id>/retirements")
@allow(Permission.KB_WRITE)
def retire_word(word_id: uuid.UUID) -> Response:
    """Take a word out of the list; the list offers the way back."""
    visible(OfficeWord, word_id).retire(by=current_user._get_current_object())
    return redirect(url_for("kb.words", removed=word_id), 303)


@pages.post("/faq/words/<uuid:word_id>/restorations")
@allow(Permission.KB_WRITE)
def restore_word(word_id: uuid.UUID) -> Response:
    """Bring a word back."""
    visible(OfficeWord, word_id).restore(by=current_user._get_current_object())
    flash(_("元に戻しました。"), "good")
    return redirect(url_for("kb.words"), 303)


def remarks_on(
    fields: Mapping[str, str | Sequence[str]], programme_ids: Sequence[uuid.UUID]
) -> list[dict[str, Any]]:
    """Hints on the words of an article, for kb/_remarks.html; [] when nothing stands better otherwise."""
    found = remarks(fields, OfficeWord.of(programme_ids))
    return [{**one._asdict(), "place": labels.line_of(one.field, one.line)} for one in found]


def _rows() -> list[dict[str, Any]]:
    rows = []
    may_write = current_user.may(Permission.KB_WRITE)
    for programme_id in current_user.programme_ids:
        if not OfficeWord.is_laid_out(programme_id):
            rows += [_row(word) for word in OfficeWord.of([programme_id])]
            continue
        query = OfficeWord.visible_to(current_user).where(
            OfficeWord.programme_id == programme_id, OfficeWord.is_retired.is_(False)
        )
        for word in sorted(db.session.scalars(query), key=lambda one: one.word):
            url = url_for("kb.edit_word", word_id=word.id) if may_write else None
            rows.append(_row(word.word, url, changed(word)))
    return rows


def _row(word: Word, url: str | None = None, changed: str = "") -> dict[str, Any]:
    folded = fold("\n".join(word))
    return {
        "url": url,
        "cells": [word.written, word.instead, word.reason, changed],
        "is_about": lambda wanted: fold(wanted) in folded,
    }


def _form_page(form: WordForm, word: OfficeWord | None = None, **more: Any) -> tuple[str, int]:
    page = render_template(
        "kb/word.html",
        form=form,
        word=word,
        changed=changed(word) if word else "",
        one_programme=len(form.programme.choices) == 1,
        **more,
    )
    return page, form.status


def _kept() -> str:
    flash(_("用語を保存しました。次に書く記事から気づきとして出ます。"), "good")
    return url_for("kb.words")
