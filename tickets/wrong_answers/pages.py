"""誤案内: everybody who was told an article, and call-backs to them in one step."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from callcenter import clock
from callcenter.calendar import next_business_day
from callcenter.errors import Conflict, Invalid
from callcenter.people import sessions
from callcenter.people.staff import Staff, colleagues
from callcenter.permissions import Permission, allow
from kb.articles.article import Article
from kb.pages import labels as kb_labels
from kb.pages.article_page import visible_article
from tickets.finding import lists
from tickets.signs import labels
from tickets.signs.blueprint import as_uuid, pages
from tickets.wrong_answers import recalls, told
from tickets.wrong_answers.forms import OF_TICKET, NarrowForm, RecallForm

FILTERS = ("older", "since", "until")


@pages.get("/faq/<uuid:article_id>/told")
@allow(Permission.KB_CURATE)
def told_list(article_id: uuid.UUID) -> tuple[str, int]:
    """Everybody who was told an article, by version; first of all those who were told one that is wrong now."""
    me, article = sessions.current(), visible_article(article_id)
    return _page(article, me)


@pages.post("/faq/<uuid:article_id>/recalls")
@allow(Permission.TICKETS_ASSIGN)
def make_recalls(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Promise a call-back to all who are chosen and have none yet."""
    me, article = sessions.current(), visible_article(article_id)
    form = RecallForm()
    form.offer(colleagues(me))
    chosen = {found for found in map(as_uuid, request.form.getlist("chosen")) if found}
    if not form.validate_on_submit() or form.due_on.data is None:
        return _page(article, me, form, chosen)
    try:
        made = recalls.make(
            article,
            chosen,
            by=me,
            due_on=form.due_on.data,
            text=form.text.data or "",
            owner=form.chosen_owner(me),
        )
    except Invalid as refusal:
        form.refuse({"due_in_past": "due_on"}.get(refusal.code, "text"), refusal.message)
        return _page(article, me, form, chosen)
    if made.consultations:
        flash(
            _(
                "%(count)d件の案内に、折返しの予定を%(new)d件作りました。",
                count=made.consultations,
                new=made.follow_ups,
            ),
            "good",
        )
    else:
        flash(_("選んだ案内には、すでに折返しの予定があります。"), "info")
    return _back(article)


@pages.post("/faq/<uuid:article_id>/recall-undoings")
@allow(Permission.TICKETS_ASSIGN)
def undo_recalls(article_id: uuid.UUID) -> Response:
    """Take back what one press made, as far as nobody has done it."""
    me, article = sessions.current(), visible_article(article_id)
    batch = as_uuid(request.form.get("batch"))
    if batch is None:
        raise Conflict(_("取り消す予定を選んでください。"), code="nothing_to_undo")
    count = recalls.undo(article, batch, by=me)
    flash(_("折返しの予定を%(count)d件取り消しました。", count=count), "info")
    return _back(article)


def _page(
    article: Article, me: Staff, form: RecallForm | None = None, chosen: set[uuid.UUID] | None = None
) -> tuple[str, int]:
    before = told.versions(article, me)
    narrow = NarrowForm(MultiDict({name: request.args[name] for name in FILTERS if name in request.args}))
    narrow.offer(before, article.current_number or 0)
    is_narrow = narrow.validate()
    narrowed = narrow.narrowed() if is_narrow else told.Narrowed(older=article.current_number)
    rows = told.rows(article, me, narrowed)
    lists.record_look("told", [row.id for row in rows], me)
    may_recall = me.may(Permission.TICKETS_ASSIGN) and article.current is not None
    if form is None and may_recall:
        form = RecallForm(
            formdata=None,
            due_on=next_business_day(clock.today()),
            owner=OF_TICKET,
            text=recalls.default_text(
                article, {n: before[n] for n in before if n < (article.current_number or 0)}
            ),
        )
        form.offer(colleagues(me))
    status = 422 if (form and form.errors) or not is_narrow else 200
    waiting = [row for row in rows if row.may_be_recalled]
    page = render_template(
        "tickets/told.html",
        article=article,
        rows=rows,
        total=told.total(article, me, narrowed),
        waiting=waiting,
        flagged={
            "protected": sum(row.is_protected for row in waiting),
            "unreachable": sum(not row.is_reachable for row in waiting),
        },
        chosen=chosen if chosen is not None else {row.id for row in waiting},
        narrow=narrow,
        here={name: request.args[name] for name in FILTERS if name in request.args},
        form=form if may_recall else None,
        progress=told.progress(article, me),
        batches=_batches(article, me) if may_recall else [],
        parts=_difference(article, before),
    )
    return page, status


def _difference(article: Article, before: dict[int, str]) -> dict[str, Any] | None:
    """The newest older version that was told beside the one that is right now."""
    older = [number for number in before if number < (article.current_number or 0)]
    if not older or article.current is None:
        return None
    old = next(one for one in article.revisions if one.number == older[-1])
    left, right = kb_labels.difference(old.content.written, article.current.content.written)
    return {"old": old.number, "new": article.current.number, "left": left, "right": right}


def _batches(article: Article, me: Staff) -> list[dict[str, Any]]:
    names = {person.id: person.display_name for person in colleagues(me)}
    return [
        {
            "id": batch.id,
            "at": labels.when(batch.at),
            "by": names.get(batch.by_id, ""),
            "follow_ups": batch.follow_ups,
            "done": batch.done,
        }
        for batch in recalls.batches(article, me)
    ]


def _back(article: Article) -> Response:
    here: dict[str, Any] = {name: request.args[name] for name in FILTERS if name in request.args}
    return redirect(url_for("tickets.told_list", article_id=article.id, **here), 303)
