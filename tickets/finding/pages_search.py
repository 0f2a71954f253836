"""The search box of every page: tickets with all the words, newest first, and the people the words may name."""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.forms import Form, Line
from callcenter.people import callers_search, sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy.lens.query import Query
from tickets.finding.application_search import find_applications
from tickets.finding.search import Found, Hit, find, understand
from tickets.finding.searches import Search
from tickets.signs.blueprint import address, pages
from tickets.signs.labels import STATE_TONES, STATES, when

PAGE = 50
PEOPLE = 5
HOW = (
    (
        _l("領収書 宛名"),
        _l("どちらのことばも含むもの。2文字のことばも、字体や全角・半角の違いも問いません。"),
    ),
    (_l("「領収書の宛名」"), _l("書いたとおりに続くもの。")),
    (_l("領収書 -再発行"), _l("「再発行」を含むものを除きます。")),
    (_l("状態:対応中 担当:自分"), _l("区分・状態・担当・期間・電話・申請番号で絞ります。")),
    (_l("期間:今月"), _l("2026-04、2026-04-01..2026-05-31、令和8年4月 とも書けます。")),
    (_l("電話:090-0000-1234"), _l("下4桁だけでも探せます。")),
)


class SearchForm(Form):
    """The box itself."""

    q = Line(_l("探すことば"), limit=1000, required=False)


@pages.route("/search", methods=["GET", "POST"])
@allow(Permission.TICKETS_READ)
def search() -> Any:
    """GET: how to search, and one's own searches of the day. POST: keep the words sealed and lead to what they find."""
    me, form = sessions.current(), SearchForm()
    if request.method == "GET":
        return _page(me, form)
    text = (form.q.data or "").strip()
    try:
        understand(text, me, me.programme_ids)
    except Invalid as refusal:
        form.refuse("q", refusal.message)
        return _page(me, form), 422
    kept = Search.remember(text, by=me)
    if kept is None:
        return _page(me, form, hits=Found([], 0, None))
    return redirect(url_for("tickets.found", search_id=kept.id), 303)


@pages.get("/searches/<uuid:search_id>")
@allow(Permission.TICKETS_READ)
def found(search_id: uuid.UUID) -> str | Response:
    """What a search finds now; `before` is the mark from which the older ones follow."""
    me = sessions.current()
    kept = db.session.get(Search, search_id)
    if kept is None or kept.staff_id != me.id:
        raise NotFound(_("この検索は見つかりません。もう一度検索してください。"), code="no_search")
    text, before = kept.text, request.args.get("before")
    hits = find(
        current_app.extensions["lens"],
        text,
        by=me,
        person=me,
        programme_ids=me.programme_ids,
        period_ids=me.period_ids,
        limit=PAGE,
        before=before,
    )
    query, _tags = understand(text, me, me.programme_ids)
    callers, applications = ([], []) if before else _people(me, query)
    older = url_for("tickets.found", search_id=search_id, before=hits.more) if hits.more else None
    form = SearchForm(formdata=None, q=text)
    return _page(me, form, hits=hits, older_url=older, callers=callers, applications=applications)


def _people(me: Staff, query: Query) -> tuple[list[Any], list[Any]]:
    """Callers and applications that plain words may name; none where fields or phrases say what is meant."""
    if query.fields or query.between or query.without or query.phrases or not query.words:
        return [], []
    words = " ".join(query.words)
    callers = callers_search.look_up(me, words, limit=PEOPLE) if me.may(Permission.CALLERS_READ) else []
    applications = find_applications(words, me)[:PEOPLE] if me.may(Permission.APPLICATIONS_READ) else []
    return callers, applications


def _page(me: Staff, form: SearchForm, *, hits: Found | None = None, **values: Any) -> str:
    earlier = Search.recent(me) if hits is None else []
    recent = [{"url": url_for("tickets.found", search_id=row.id), "text": row.text} for row in earlier]
    rows = [] if hits is None else [_row(hit) for hit in hits.hits]
    return render_template(
        "tickets/search.html", form=form, hits=hits, rows=rows, recent=recent, how=HOW, **values
    )


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "hit": hit,
        "url": address(hit.number, hit.programme_id),
        "state": STATES[hit.state],
        "tone": STATE_TONES[hit.state],
        "opened": when(hit.opened_at),
    }
