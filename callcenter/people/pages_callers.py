"""The callers' pages: list, look-up, one caller, new and changed ones. Values are masked until a reason is given."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from werkzeug.wrappers import Response as Redirect
from wtforms import IntegerField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.forms import Form, Line, Once, OneOf, once
from callcenter.people import callers_search, labels, merging, panels, protection, revealing, sessions
from callcenter.people.callers import PHONE_LABELS, Caller, CallerMail, CallerPhone, PhoneLabel
from callcenter.people.callers_blueprint import pages
from callcenter.people.callers_search import WITH_FAMILY
from callcenter.people.callers_seen import FIELDS, masked_items, open_items, open_versions, seen
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit, mask, vault
from callcenter.privacy.actions import Action
from callcenter.programmes import Period, Programme, period_for

PAGE = 50


class SearchForm(Form):
    q = Line(_l("氏名・フリガナ・電話番号・メール"), limit=200)


class LookupForm(Form):
    said = Line(_l("電話番号または氏名"), limit=200, required=False, guarded=False)


class CallerForm(Form):
    """A new caller; any one of the values is enough."""

    name = Line(_l("氏名"), limit=100, required=False)
    kana = Line(_l("フリガナ"), limit=100, required=False)
    phone = Line(_l("電話番号"), limit=60, required=False)
    phone_label = OneOf(_l("電話の種類"), PhoneLabel, PHONE_LABELS, default=PhoneLabel.MOBILE)
    mail = Line(_l("メールアドレス"), limit=254, required=False)
    address = Line(_l("住所"), limit=300, required=False)
    once = Once()


class Ticks(SelectMultipleField):
    """Check boxes; `data` is the list of what was ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class EditForm(CallerForm):
    """Changes: what is left empty stays as it is, so that nothing needs to be shown to change one thing."""

    cleared = Ticks(_l("空にする項目"))
    ended = Ticks(_l("使われなくなった連絡先"), coerce=lambda value: uuid.UUID(str(value)))
    seen_revision = IntegerField(_l("版"), default=0)


class ReasonForm(Form):
    reason = Line(_l("理由"), limit=200)


# --- list and search -------------------------------------------------------------------------------------


@pages.get("/callers")
@allow(Permission.CALLERS_READ)
def caller_list() -> str:
    """Callers, the newest first, masked."""
    me, before = sessions.current(), _uuid(request.args.get("before"))
    shown = Caller.visible_to(me).where(Caller.merged_into_id.is_(None))
    total = db.session.scalar(shown.with_only_columns(func.count())) or 0
    query = shown.where(Caller.id < before) if before else shown
    found = list(db.session.scalars(query.order_by(Caller.id.desc()).limit(PAGE + 1).options(*WITH_FAMILY)))
    older = url_for(".caller_list", before=found[PAGE - 1].id) if len(found) > PAGE else None
    audit.record(Action.LIST_VIEWED, by=me, facts={"list": "callers", "count": len(found[:PAGE])}, read=True)
    return _listed(SearchForm(formdata=None), found[:PAGE], me, total=total, older_url=older)


@pages.post("/callers/searches")
@allow(Permission.CALLERS_READ)
def search_callers() -> tuple[str, int]:
    """Callers by name, kana, number or mail. The words never stand in an address."""
    me, form = sessions.current(), SearchForm()
    if not form.validate_on_submit():
        return _listed(form, [], me), form.status
    found, total = callers_search.find(me, form.q.data, limit=PAGE)
    return _listed(form, found, me, total=total), 200


search_callers.reads_first = True  # type: ignore[attr-defined]


@pages.post("/callers/lookups")
@allow(Permission.CALLERS_READ)
def look_up_callers() -> tuple[str, int]:
    """A fragment: who may stand behind a number or a name that was typed or came with the call."""
    me, form = sessions.current(), LookupForm()
    if not form.validate_on_submit():
        return render_template("callers/_candidates.html", candidates=[], message=form.errors["said"][0]), 422
    said = (form.said.data or "").strip()
    candidates = callers_search.look_up(me, said) if said else []
    return render_template("callers/_candidates.html", candidates=candidates, said=bool(said)), 200


look_up_callers.reads_first = True  # type: ignore[attr-defined]


def _listed(
    form: SearchForm, found: list[Caller], me: Staff, total: int | None = None, older_url: str | None = None
) -> str:
    vault.prefetch(member.group_id for caller in found for member in caller.family)
    marks = panels.marks_of(found, me)
    rows = [_row(caller, marks) for caller in found]
    return render_template(
        "callers/list.html", form=form, rows=rows, total=total, older_url=older_url, may=_may(me)
    )


def _row(caller: Caller, marks: dict[uuid.UUID, list[str]]) -> dict[str, Any]:
    look = seen(caller, marks)
    return {
        "url": look.url,
        "sub": look.kana,
        "cells": [look.name, look.phones, _("、").join(look.marks), look.created],
    }


# --- one caller ------------------------------------------------------------------------------------------


@pages.get("/callers/<uuid:caller_id>")
@allow(Permission.CALLERS_READ)
def caller(caller_id: uuid.UUID) -> str:
    """One caller: masked facts, what was merged, what other rooms know."""
    me, row = sessions.current(), found(caller_id)
    audit.record(Action.CALLER_VIEWED, by=me, on=row, read=True)
    return shown(row, me)


@pages.post("/callers/<uuid:caller_id>/revelations")
@allow(Permission.PERSONAL_REVEAL)
def reveal_caller(caller_id: uuid.UUID) -> Any:
    """A fragment with the values that were asked for (`?fields=name,phones`, or versions), for a reason."""
    me, row, form = sessions.current(), found(caller_id), revealing.RevealForm()
    wanted = (request.args.get("fields") or "").split(",")
    if not set(wanted) <= {*FIELDS, "versions"}:
        raise NotFound(_("そのような項目はありません。"), code="no_field")
    if not form.validate_on_submit():
        return revealing.refused(form.message)
    if locked := panels.why_locked(row):
        return revealing.refused(locked, 423)
    if not me.may(Permission.PROTECTION_READ) and protection.is_protected(row):
        protection.alert(row, by=me)
        return revealing.withheld()
    fields = open_versions(row) if "versions" in wanted else open_items(row, wanted)
    return revealing.revealed(row, fields, form, by=me)


def shown(row: Caller, me: Staff, **sent: Form) -> str:
    """A caller's page, with the form that was just refused or with fresh ones."""
    url = url_for(".reveal_caller", caller_id=row.id)
    items = [item | {"reveal_url": f"{url}?fields={item['field']}"} for item in masked_items(row)]
    merge = merging.current_merge(row)
    forms = {"unmerge": ReasonForm(formdata=None), "protection": ReasonForm(formdata=None)}
    return render_template(
        "callers/caller.html",
        form=next(iter(sent.values()), None),
        forms={**forms, **sent},
        record=row,
        look=seen(row),
        items=items,
        reveal_all=f"{url}?fields={','.join(FIELDS)}",
        reveal_versions=f"{url}?fields=versions" if _has_past(row) else None,
        reasons=revealing.reasons(),
        survivor=seen(row.survivor) if merge else None,
        merged=[seen_merged(member) for member in row.merged],
        panels=panels.panels_of(row, me),
        protected=protection.is_marked(row) if me.may(Permission.PROTECTION_READ) else None,
        created=labels.moment(row.created_at),
        may=_may(me) | {"merge_now": me.may(Permission.CALLERS_MERGE) and not merge},
    )


def seen_merged(member: Caller) -> dict[str, str]:
    """A line about a caller that was merged into this one."""
    return {
        "url": url_for(".caller", caller_id=member.id),
        "name": mask.name(member.name) or _("（氏名なし）"),
        "at": labels.moment(member.created_at),
    }


# --- new and changed -------------------------------------------------------------------------------------


@pages.get("/callers/new")
@allow(Permission.CALLERS_WRITE)
def new_caller() -> str:
    """A form for a new caller."""
    return render_template("callers/new.html", form=CallerForm(formdata=None))


@pages.post("/callers")
@allow(Permission.CALLERS_WRITE)
def create_caller() -> Redirect | tuple[str, int]:
    """Enter a new caller."""
    me, form = sessions.current(), CallerForm()
    if form.validate_on_submit():
        try:
            return redirect(once(form.once.data, me.id, lambda: _created(me, form)), 303)
        except Invalid as refusal:
            db.session.rollback()
            form.refuse(_field_of(refusal), refusal.message)
    return render_template("callers/new.html", form=form), form.status


@pages.get("/callers/<uuid:caller_id>/edit")
@allow(Permission.CALLERS_WRITE)
def edit_caller(caller_id: uuid.UUID) -> str:
    """A form for changes; it shows nothing that is masked elsewhere."""
    row = found(caller_id)
    audit.record(Action.CALLER_VIEWED, by=sessions.current(), on=row, read=True)
    return _editing(row, _edit_form(row, fresh=True))


@pages.post("/callers/<uuid:caller_id>/edits")
@allow(Permission.CALLERS_WRITE)
def change_caller(caller_id: uuid.UUID) -> Redirect | tuple[str, int]:
    """Change what was filled in; the values before stay in the history."""
    me, row = sessions.current(), found(caller_id)
    form = _edit_form(row)
    if form.validate_on_submit():
        try:
            _change(row, form, me)
        except (Invalid, Conflict) as refusal:
            db.session.rollback()
            form.refuse(_field_of(refusal), refusal.message)
        else:
            flash(_("相談者を更新しました。"), "good")
            return redirect(url_for(".caller", caller_id=caller_id), 303)
    return _editing(found(caller_id), form), form.status


def found(caller_id: uuid.UUID) -> Caller:
    """A caller that the signed-in person may see. Raises NotFound for strangers and for what is not there."""
    query = Caller.visible_to(sessions.current()).where(Caller.id == caller_id).options(*WITH_FAMILY)
    row = db.session.scalars(query).first()
    if row is None:
        raise NotFound(_("この相談者は見つかりません。"), code="no_caller")
    return row


def _created(me: Staff, form: CallerForm) -> str:
    phones = [(form.phone_label.data, form.phone.data)] if form.phone.data else []
    made = Caller.create(
        _period(me),
        by=me,
        name=form.name.data,
        kana=form.kana.data,
        address=form.address.data,
        phones=phones,
        mails=[form.mail.data] if form.mail.data else [],
    )
    return url_for(".caller", caller_id=made.id)


def _period(me: Staff) -> Period:
    """The contract year of today, of the person's programme (the first by code, where there are several)."""
    query = select(Programme).where(Programme.id.in_(me.programme_ids)).order_by(Programme.code)
    programme = db.session.scalars(query).first()
    if programme is None:
        raise NotFound(_("担当する事業がありません。管理者に知らせてください。"), code="no_programme")
    return period_for(programme.id, today())


def _edit_form(row: Caller, fresh: bool = False) -> EditForm:
    form = EditForm(formdata=None, seen_revision=row.revision) if fresh else EditForm()
    form.cleared.choices = [("name", _("氏名")), ("kana", _("フリガナ")), ("address", _("住所"))]
    numbers = [(p.id, f"{PHONE_LABELS[p.label]} {mask.phone(p.number)}") for p in _own(row.phones)]
    form.ended.choices = [*numbers, *((m.id, mask.mail(m.address)) for m in _own(row.mails))]
    return form


def _change(row: Caller, form: EditForm, me: Staff) -> None:
    values: dict[str, str | None] = dict.fromkeys(form.cleared.data or [])
    values |= {name: form[name].data for name in ("name", "kana", "address") if form[name].data}
    row.update(by=me, seen_revision=form.seen_revision.data or 0, **values)
    for reach in [*_own(row.phones), *_own(row.mails)]:
        if reach.id in (form.ended.data or []):
            row.end(reach, by=me)
    if form.phone.data:
        row.add_phone(form.phone_label.data, form.phone.data, by=me)
    if form.mail.data:
        row.add_mail(form.mail.data, by=me)


def _own(reaches: list[Any]) -> list[Any]:
    return [reach for reach in reaches if reach.ended_at is None]


def _editing(row: Caller, form: EditForm) -> str:
    items = {item["field"]: item["value"] or _("登録なし") for item in masked_items(row)}
    return render_template("callers/edit.html", form=form, record=row, look=seen(row), now=items)


def _has_past(row: Caller) -> bool:
    ended: list[CallerPhone | CallerMail] = [*row.phones, *row.mails]
    return bool(row.versions) or any(reach.ended_at for reach in ended)


def _field_of(refusal: Invalid | Conflict) -> str:
    return {"phone_unreadable": "phone", "mail_unreadable": "mail"}.get(refusal.code, "name")


def _may(me: Staff) -> dict[str, bool]:
    return {
        "write": me.may(Permission.CALLERS_WRITE),
        "merge": me.may(Permission.CALLERS_MERGE),
        "reveal": me.may(Permission.PERSONAL_REVEAL),
        "protect": me.may(Permission.PROTECTION_WRITE),
    }


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
