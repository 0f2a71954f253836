"""The list of tickets, its total, and the follow-ups that are due."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms.fields.choices import SelectChoice

from callcenter.db import db
from callcenter.live import pages as live
from callcenter.live.hub import Shown
from callcenter.live.topics import Topic
from callcenter.people import sessions
from callcenter.people.staff import Staff, colleagues
from callcenter.permissions import Permission, allow
from tickets.finding import due, lists
from tickets.finding.forms import FilterForm
from tickets.finding.lists import Wanted
from tickets.records.categories import Team, Tree
from tickets.signs.blueprint import as_uuid, pages
from tickets.signs.fields import category_choices, staff_choices, team_choices

ME, NOBODY, UNCLOSED = "me", "none", Wanted.UNCLOSED.value
STATES = {"", *(wanted.value for wanted in Wanted)}
OWNERS = {"", ME, NOBODY}
FILTERS = frozenset(
    {"state", "owner", "category", "team", "priority", "channel", "opened_from", "opened_to", "narrow"}
)
"""What an address of the list may carry on; anything else would be an argument of `url_for` (`_scheme`, `endpoint`)."""


@pages.get("/tickets")
@allow(Permission.TICKETS_READ)
def tickets() -> tuple[str, int]:
    """Tickets, newest first, narrowed by what stands in the address."""
    me = sessions.current()
    narrowed, form = _narrowed(request.args, me)
    page = lists.page(me, narrowed, before=request.args.get("before"), after=request.args.get("after"))
    here: dict[str, Any] = {name: value for name, value in request.args.items() if name in FILTERS}
    return render_template(
        "tickets/list.html",
        form=form,
        page=page,
        tabs=_tabs(here, live.counts_of(me)),
        filters_url=url_for("tickets.filters", **here),
        narrow_url=url_for("tickets.tickets", **here | {"narrow": "1"}),
        total_url=url_for("tickets.total", **here),
        live_list="tickets?" + urlencode({**here, "newest": page.newest or ""}) if not page.newer else None,
        again_url=url_for("tickets.tickets", **here),
        newer_url=url_for("tickets.tickets", **here, after=page.newer) if page.newer else None,
        older_url=url_for("tickets.tickets", **here, before=page.older) if page.older else None,
    ), form.status if form else 200


@pages.get("/tickets/filters")
@allow(Permission.TICKETS_READ)
def filters() -> str:
    """The form that narrows the list, asked for when it is opened."""
    return render_template("tickets/_filters.html", form=_form(sessions.current(), request.args))


@pages.get("/tickets/total")
@allow(Permission.TICKETS_READ)
def total() -> str:
    """How many tickets the same address would list, exactly; the list asks for it when it stands."""
    me = sessions.current()
    narrowed, _form = _narrowed(request.args, me)
    return _("該当 %(total)s件", total=f"{lists.total(me, narrowed):,}")


for view in (filters, total):
    view.polls = True  # type: ignore[attr-defined]


@pages.get("/follow-ups")
@allow(Permission.TICKETS_READ)
def callbacks() -> str:
    """Call-backs and other promises that are open: one's own, or everybody's."""
    me = sessions.current()
    is_all = request.args.get("whose") == "all"
    rows = due.open_follow_ups(me, everybody=is_all)
    lists.record_look("follow_ups", [row.id for row in rows], me)
    rows_url = url_for("tickets.callback_rows", whose="all" if is_all else None)
    return render_template("tickets/follow_ups.html", rows=rows, is_all=is_all, rows_url=rows_url)


@pages.get("/follow-ups/rows")
@allow(Permission.TICKETS_READ)
def callback_rows() -> str:
    """The same promises as they are now, for a page that is open."""
    me, is_all = sessions.current(), request.args.get("whose") == "all"
    rows = due.open_follow_ups(me, everybody=is_all)
    lists.record_look("follow_ups", [row.id for row in rows], me)
    return render_template("tickets/_promises.html", promises=rows, whose=is_all)


callback_rows.polls = True  # type: ignore[attr-defined]


def shown(address: MultiDict[str, str], me: Staff) -> Shown | None:
    """The list that stands at an address, for the stream of a page that shows it from its newest row on."""
    if not me.may(Permission.TICKETS_READ):
        return None
    narrowed, _form = _narrowed(address, me)
    mark = lists.mark_of(address.get("newest"))
    return Shown(narrowed, mark, frozenset({Topic.TICKETS}), partial(lists.above, narrowed))


def _narrowed(address: MultiDict[str, str], me: Staff) -> tuple[lists.Filter, FilterForm | None]:
    """What an address narrows the list to, and the form that shows it: none for the plain views, which are quick."""
    asked = {name: value for name, value in address.items() if value and name in FILTERS}
    if (
        asked.keys() <= {"state", "owner"}
        and asked.get("state", "") in STATES
        and asked.get("owner", "") in OWNERS
    ):
        state, owner = asked.get("state"), asked.get("owner")
        return lists.Filter(
            state=Wanted(state) if state else None, owner=me.id if owner == ME else owner
        ), None
    form = _form(me, address)
    return (_filter(form, me) if form.validate() else lists.Filter()), form


def _form(me: Staff, address: MultiDict[str, str]) -> FilterForm:
    form = FilterForm(formdata=address)
    standing = [SelectChoice("", ""), SelectChoice(ME, _("自分")), SelectChoice(NOBODY, _("担当なし"))]
    form.owner.choices = [*standing, *staff_choices(colleagues(me))]
    form.category.offer(category_choices(Tree.of(me.programme_ids)))
    form.team.offer(team_choices(db.session.scalars(Team.visible_to(me))))
    return form


def _filter(form: FilterForm, me: Staff) -> lists.Filter:
    known: dict[str, uuid.UUID | str] = {ME: me.id, NOBODY: NOBODY}
    return lists.Filter(
        state=form.state.data,
        owner=known.get(form.owner.data or "", as_uuid(form.owner.data) or ""),
        category=lists.below(form.category.data, me) if form.category.data else (),
        team=form.team.data,
        priority=form.priority.data,
        channel=form.channel.data,
        opened_from=form.opened_from.data,
        opened_to=form.opened_to.data,
    )


def _tabs(here: dict[str, Any], counts: dict[str, int]) -> list[dict[str, Any]]:
    views: list[tuple[str, dict[str, Any], str]] = [
        (_("自分の担当"), {"owner": ME, "state": UNCLOSED}, "mine"),
        (_("担当なし"), {"owner": NOBODY, "state": UNCLOSED}, "unassigned"),
        (_("未完了"), {"state": UNCLOSED}, ""),
        (_("すべて"), {}, ""),
    ]
    asked = {name: value for name, value in here.items() if value and name != "narrow"}
    return [
        {
            "label": text,
            "url": url_for("tickets.tickets", **args),
            "current": asked == args,
            "count": counts.get(tally),
            "tally": tally,
        }
        for text, args, tally in views
    ]
