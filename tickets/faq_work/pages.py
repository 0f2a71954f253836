"""作業リスト: what the FAQ lacks, row by row with one step each; and what was left, with its reason and the way back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.forms import Form, Line
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from kb.articles.article import Article
from kb.finding.dismissals import Dismissal, Matter
from kb.finding.searches import FaqSearch
from kb.finding.wishes import Wish
from kb.pages.places import places
from tickets.faq_work import asking, sections
from tickets.finding import lists
from tickets.records.consultation import Consultation
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import as_uuid, pages

DAYS = (7, 30, 90)
USUAL = 30


class DismissalForm(Form):
    """Why nothing is to be done."""

    reason = Line(_l("理由"), limit=200)


@pages.get("/faq/work")
@allow(Permission.KB_CURATE)
def faq_work() -> tuple[str, int]:
    """The editor's work list."""
    return _page(sessions.current(), DismissalForm(formdata=None))


@pages.post("/faq/work/dismissals")
@allow(Permission.KB_CURATE)
def dismiss_work() -> Response | tuple[str, int]:
    """対応不要: nothing is to be done about a row, and why."""
    me, form = sessions.current(), DismissalForm()
    matter, about = _matter(request.form.get("matter", "")), as_uuid(request.form.get("about"))
    programme_id, row = _row(matter, about, me)
    if not form.validate_on_submit():
        return _page(me, form, matter, about)
    alike = asking.alike_in_vain(me, row) if isinstance(row, FaqSearch) else []
    try:
        made = Dismissal.make(
            programme_id,
            matter,
            by=me,
            reason=form.reason.data or "",
            about_id=None if alike else row.id,
            count=len(alike) or 1,
        )
    except Invalid as refusal:
        form.refuse("reason", refusal.message)
        return _page(me, form, matter, about)
    for search in alike:
        search.dismissal = made
    flash(_("対応不要にしました。"), "good")
    return _back()


@pages.post("/faq/work/dismissals/<uuid:dismissal_id>/undoings")
@allow(Permission.KB_CURATE)
def undo_dismissal(dismissal_id: uuid.UUID) -> Response:
    """元に戻す: the row stands in the list again."""
    me = sessions.current()
    query = select(Dismissal).where(
        Dismissal.id == dismissal_id, Dismissal.programme_id.in_(me.programme_ids)
    )
    row = db.session.scalars(query.with_for_update()).first()
    if row is None:
        raise NotFound(_("この記録は見つかりません。"), code="no_dismissal")
    row.undo(by=me)
    flash(_("作業リストに戻しました。"), "good")
    return _back()


def _page(
    me: Staff, form: DismissalForm, matter: Matter | None = None, about: uuid.UUID | None = None
) -> tuple[str, int]:
    days = _days()
    found = sections.sections(me, days)
    lists.record_look("faq_work", [row_id for section in found for row_id in section.seen], me)
    page = render_template(
        "tickets/faq_work.html",
        sections=found,
        days=days,
        periods=[
            {
                "label": _("%(days)d日間", days=n),
                "url": url_for("tickets.faq_work", days=n),
                "current": n == days,
            }
            for n in DAYS
        ],
        places=places("tickets.faq_work"),
        may_write=me.may(Permission.KB_WRITE),
        form=form,
        sent={"matter": matter, "about": about},
        left=[_left(row) for row in sections.left_undone(me)],
    )
    return page, form.status


def _left(row: Dismissal) -> dict[str, Any]:
    return {
        "id": row.id,
        "matter": sections.TITLES[row.matter],
        "reason": row.reason,
        "who": row.by.display_name,
        "at": labels.when(row.at),
    }


def _days() -> int:
    days = request.args.get("days", USUAL, type=int)
    return days if days in DAYS else USUAL


def _matter(word: str) -> Matter:
    try:
        return Matter(word)
    except ValueError:
        raise Invalid(_("作業リストの行を選んでください。"), code="no_matter") from None


def _row(matter: Matter, about: uuid.UUID | None, me: Staff) -> tuple[uuid.UUID, Any]:
    """The programme and the record that a row of the list is about. Raises NotFound for strangers."""
    query: Any
    if matter is Matter.SEARCH:
        query = select(FaqSearch.programme_id, FaqSearch).where(FaqSearch.programme_id.in_(me.programme_ids))
        query = query.where(FaqSearch.id == about)
    elif matter is Matter.WISH:
        query = select(Wish.programme_id, Wish).where(
            Wish.programme_id.in_(me.programme_ids), Wish.id == about
        )
    elif matter is Matter.UNTOLD:
        query = select(Ticket.programme_id, Consultation).join(Ticket, Ticket.id == Consultation.ticket_id)
        query = query.where(Consultation.id == about, *Ticket.visibility(me))
    else:
        query = select(Article.programme_id, Article).where(Article.id == about)
        query = query.where(Article.programme_id.in_(me.programme_ids))
    found = db.session.execute(query).first()
    if found is None:
        raise NotFound(_("この行は見つかりません。"), code="no_row")
    return found[0], found[1]


def _back() -> Response:
    return redirect(url_for("tickets.faq_work", days=_days()), 303)
