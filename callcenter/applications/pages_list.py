"""The list of applications: newest first, exact total, filters in the address, names never."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, func, or_, select
from wtforms import SelectField

from callcenter.applications import search
from callcenter.applications.blueprint import pages
from callcenter.applications.flow import STATES, State
from callcenter.applications.models import CHANNELS, Application, Channel
from callcenter.applications.seen import row
from callcenter.db import db
from callcenter.forms import Form, Line, OneOf
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action

PAGE = 50


class FilterForm(Form):
    """Plain filters; they may stand in an address. What is no filter is passed over."""

    class Meta:
        csrf = False

    state = OneOf(_l("状態"), State, STATES, required=False)
    fiscal_year = SelectField(_l("利用の年度"), validate_choice=False)
    channel = OneOf(_l("経路"), Channel, CHANNELS, required=False)

    @property
    def chosen(self) -> dict[str, str]:
        """The filters that are set: name → value."""
        year = self.fiscal_year.data or ""
        values = {
            "state": self.state.data.value if self.state.data else "",
            "fiscal_year": year if year.isdecimal() and len(year) == 4 else "",
            "channel": self.channel.data.value if self.channel.data else "",
        }
        return {name: value for name, value in values.items() if value}


class SearchForm(Form):
    q = Line(_l("受付番号・氏名・電話番号・生年月日"), limit=200)


@pages.get("/applications")
@allow(Permission.APPLICATIONS_READ)
def applications() -> str:
    """Applications, the newest first; filters in the address."""
    me, filters = sessions.current(), _filters(request.args)
    shown = _filtered(Application.visible_to(me), filters.chosen)
    total = db.session.scalar(select(func.count()).select_from(shown.subquery())) or 0
    order = Application.received_at.desc(), Application.id.desc()
    found = list(
        db.session.scalars(_after(shown, request.args.get("before")).order_by(*order).limit(PAGE + 1))
    )
    older = None
    if len(found) > PAGE:
        older = f"{url_for('.applications')}?{urlencode({'before': found[PAGE - 1].id, **filters.chosen})}"
    facts = {"list": "applications", "count": len(found[:PAGE]), **filters.chosen}
    audit.record(Action.LIST_VIEWED, by=me, facts=facts, read=True)
    return _listed(me, filters, SearchForm(formdata=None), found[:PAGE], total=total, older_url=older)


@pages.post("/applications/searches")
@allow(Permission.APPLICATIONS_READ)
def search_applications() -> tuple[str, int]:
    """Applications by number, name, number or birth date; the words never stand in an address."""
    me, form, filters = sessions.current(), SearchForm(), _filters(request.form)
    if not form.validate_on_submit():
        return _listed(me, filters, form, [], total=None), form.status
    groups = [[f"{name}:{value}"] for name, value in filters.chosen.items()]
    found, total = search.find(me, form.q.data, filters=groups, limit=PAGE)
    return _listed(me, filters, form, found, total=total), 200


search_applications.reads_first = True  # type: ignore[attr-defined]


def _filters(values: Any) -> FilterForm:
    form = FilterForm(formdata=values)
    years = select(Application.fiscal_year).where(Application.period_id.in_(sessions.current().period_ids))
    known = db.session.scalars(years.distinct().order_by(Application.fiscal_year.desc()))
    for field in (form.state, form.channel):
        field.choices[0] = ("", _("すべて"))
    form.fiscal_year.choices = [("", _("すべて")), *((str(y), _("%(year)s年度", year=y)) for y in known)]
    return form


def _filtered(query: Select[Any], chosen: dict[str, str]) -> Select[Any]:
    if "state" in chosen:
        query = query.where(Application.state == State(chosen["state"]))
    if "fiscal_year" in chosen:
        query = query.where(Application.fiscal_year == int(chosen["fiscal_year"]))
    if "channel" in chosen:
        query = query.where(Application.channel == Channel(chosen["channel"]))
    return query


def _after(query: Select[Any], before: str | None) -> Select[Any]:
    """What comes after the last one of the page before."""
    try:
        last = db.session.get(Application, uuid.UUID(before)) if before else None
    except ValueError:
        return query
    if last is None:
        return query
    same_moment = and_(Application.received_at == last.received_at, Application.id < last.id)
    return query.where(or_(Application.received_at < last.received_at, same_moment))


def _listed(
    me: Staff,
    filters: FilterForm,
    form: SearchForm,
    found: list[Application],
    *,
    total: int | None,
    older_url: str | None = None,
) -> str:
    vault.prefetch(application.group_id for application in found)
    return render_template(
        "applications/list.html",
        form=form,
        filters=filters,
        rows=[row(application) for application in found],
        total=total,
        older_url=older_url,
    )
