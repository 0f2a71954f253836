"""Where pages keep what is being typed, and tell who is here. Both answer scripts, never people."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from callcenter.privacy.secrets_guard import REASON, has_secret_link
from tickets.calls.forms import CallForm
from tickets.finding import due
from tickets.records import drafts, presence
from tickets.records.consultation import Consultation
from tickets.records.drafts import Draft, DraftKind
from tickets.records.ticket import Ticket
from tickets.signs.blueprint import found_contact, found_ticket, on_ticket, pages

KEPT = {
    DraftKind.CALL: frozenset(CallForm.KEPT),
    DraftKind.NOTE: frozenset({"text"}),
    DraftKind.CORRECTION: frozenset({"content", "answer", "reason"}),
}
MOST_CHARACTERS = 60_000
SHOWN = frozenset({"content", "answer", "subject", "follow_up_text", "text", "reason"})
"""Texts, whose difference is worth showing; choices are taken from the page that goes on."""


@pages.post("/drafts/<any('call', 'note', 'correction'):kind>/<uuid:about>")
@allow(Permission.TICKETS_WRITE)
def save_draft(kind: str, about: uuid.UUID) -> tuple[Response, int]:
    """Keep what was typed. 409 with the other text when another device has saved since, 422 when it may not be kept."""
    record = _record(DraftKind(kind), about)
    fields = {name: request.form.getlist(name) for name in KEPT[DraftKind(kind)] if name in request.form}
    if isinstance(record, Contact) and record.is_settled:
        return jsonify(message=_("この受付は、すでに整理が済んでいます。")), 422
    if sum(len(text) for texts in fields.values() for text in texts) > MOST_CHARACTERS:
        return jsonify(message=_("長すぎるため、下書きにできません。")), 422
    if any(has_secret_link(text) for texts in fields.values() for text in texts):
        return jsonify(message=_(REASON)), 422
    saved = drafts.save(
        sessions.current(),
        record,
        fields,
        seen=request.form.get("draft_version", 0, type=int),
        page=drafts.page_named(request.form.get("page", "")),
        device=drafts.device(request.user_agent.string),
    )
    return jsonify(_answer(saved.draft, with_fields=not saved.is_kept)), 200 if saved.is_kept else 409


def _record(kind: DraftKind, about: uuid.UUID) -> Contact | Ticket | Consultation:
    me = sessions.current()
    if kind is DraftKind.CALL:
        return found_contact(about)
    visible = Ticket.visible_to(me).with_only_columns(Ticket.id)
    query: Any = Ticket.visible_to(me).where(Ticket.id == about)
    if kind is DraftKind.CORRECTION:
        query = select(Consultation).where(Consultation.id == about, Consultation.ticket_id.in_(visible))
    row: Ticket | Consultation | None = db.session.scalars(query).first()
    if row is None:
        raise NotFound(_("見つかりません。"), code="no_record")
    return row


def _answer(draft: Draft, *, with_fields: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"version": draft.version, "saved_at": draft.saved_at.isoformat()}
    if with_fields:
        texts = {name: texts[0] for name, texts in draft.fields.items() if name in SHOWN and texts}
        answer |= {"fields": texts, "device": draft.device}
    return answer


@pages.post("/drafts/<any('call', 'note', 'correction'):kind>/<uuid:about>/discards")
@allow(Permission.TICKETS_WRITE)
def discard_draft(kind: str, about: uuid.UUID) -> tuple[str, int]:
    """Throw one's own draft away."""
    record = _record(DraftKind(kind), about)
    drafts.discard(record.id, sessions.current())
    return "", 204


@on_ticket("/presence", method="POST")
@allow(Permission.TICKETS_READ)
def tell_presence(number: int, programme: str | None = None) -> str:
    """The page says that it is open (and whether somebody types), and hears who else has it open."""
    me, ticket = sessions.current(), found_ticket(number, programme)
    if request.form.get("leaving") == "1":
        presence.gone(ticket, me)
    else:
        presence.here(ticket, me, typing=request.form.get("typing") == "1")
        due.mentions_seen(ticket, me)
    return render_template("tickets/_presence.html", others=presence.others(ticket, me))


tell_presence.polls = True  # type: ignore[attr-defined]
