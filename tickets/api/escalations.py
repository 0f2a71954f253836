"""Questions to the ward in the JSON API: asked, rung, answered and told by the same verbs as on the desk."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import joinedload, selectinload

from callcenter.api.bodies import pointed
from callcenter.api.conditions import require_match
from callcenter.api.operations import Asked, Made, Nouns
from callcenter.api.paging import PARAMETERS, shape
from callcenter.api.problems import Faulty
from callcenter.api.schemas import Shape, formatted, moment, one_of
from callcenter.db import db
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from callcenter.privacy.actions import Action
from tickets.api import finding, shapes
from tickets.api.finding import escalation_with, ticket_with
from tickets.api.refusals import pointing
from tickets.escalation.escalation import Escalation, EscalationState, EscalationStep, Question
from tickets.escalation.persons import named_in
from tickets.escalation.urgency import Matter, Urgency

nouns = Nouns("escalations_api", __name__)

ASKED: dict[str, Shape] = {
    **PARAMETERS,
    "state": one_of([each.value for each in EscalationState]),
    "urgency": one_of([each.value for each in Urgency]),
    "raised_since": formatted("date-time"),
}
LOADED = (
    joinedload(Escalation.raised_by),
    joinedload(Escalation.application),
    selectinload(Escalation.steps).joinedload(EscalationStep.by),
)


@nouns.operation(
    "GET",
    "/escalations",
    gives=shape("escalations", shapes.ESCALATION),
    parameters=ASKED,
    summary="区への照会（新しい順）",
)
@allow(Permission.ESCALATIONS_READ)
def escalations(asked: Asked) -> dict[str, Any]:
    """Questions to the ward that a person may see."""
    query, wanted = asked.query, Escalation.visible_to(sessions.current()).options(*LOADED)
    if "state" in query:
        wanted = wanted.where(Escalation.state == EscalationState(query["state"]))
    if "urgency" in query:
        wanted = wanted.where(Escalation.urgency == Urgency(query["urgency"]))
    if "raised_since" in query:
        wanted = wanted.where(Escalation.raised_at >= moment(query["raised_since"]))
    rows, following = finding.listed("escalations", wanted, Escalation.id, query)
    return {"escalations": [shapes.escalation_body(row) for row in rows], "next": following}


@nouns.operation("GET", "/escalations/<uuid:escalation_id>", gives=shapes.ESCALATION, summary="区への照会")
@allow(Permission.ESCALATIONS_READ)
def escalation(asked: Asked, escalation_id: uuid.UUID) -> dict[str, Any]:
    """One question with every word of the exchange."""
    row = escalation_with(escalation_id)
    finding.viewed(Action.ESCALATION_VIEWED, row)
    return shapes.escalation_body(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/escalations",
    status=201,
    gives=shapes.ESCALATION,
    body=shapes.NEW_ESCALATION,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    summary="区へ照会する",
    description="個人の値（氏名・番号・住所・生年月日）は書けません。書かなければならないときは because に理由を書きます。",
)
@allow(Permission.ESCALATIONS_RAISE)
def raise_escalation(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Put a question to the ward."""
    ticket, body = ticket_with(ticket_id, to_change=True), asked.body
    texts = {name: body.get(name, "") for name in ("summary", "question", "proposal")}
    if not body.get("because", "").strip():
        named = named_in(ticket, **texts)
        if named:
            raise Faulty([pointed(f"/{name}", said, "names_person") for name, said in named.items()])
    number = body.get("application")
    application = finding.application_named(number, "/application") if number else None
    wanted_at = moment(body["wanted_at"]) if body.get("wanted_at") else None
    with pointing("/urgency"):
        row = Escalation.ask(
            ticket,
            Question(
                matter=Matter(body["matter"]),
                urgency=Urgency(body["urgency"]),
                **texts,
                wanted_at=wanted_at,
                application=application,
                because=body.get("because", ""),
            ),
            by=sessions.current(),
        )
    return _made(row)


@nouns.operation(
    "POST",
    "/escalations/<uuid:escalation_id>/rings",
    gives=shapes.ESCALATION,
    body=shapes.RING,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    matches=True,
    summary="区に電話したことを残す",
)
@allow(Permission.ESCALATIONS_ENTER)
def ring_ward(asked: Asked, escalation_id: uuid.UUID) -> Made:
    """即時: the supervisor rang the ward."""
    return _done(
        asked,
        escalation_id,
        lambda row, body: row.rang(
            by=sessions.current(), spoke_with=body["spoke_with"], said=body.get("said", "")
        ),
    )


@nouns.operation(
    "POST",
    "/escalations/<uuid:escalation_id>/answers",
    gives=shapes.ESCALATION,
    body=shapes.ANSWER,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    matches=True,
    summary="区の回答（区の職員だけ）",
)
@allow(Permission.ESCALATIONS_ANSWER)
def answer_question(asked: Asked, escalation_id: uuid.UUID) -> Made:
    """The ward's own word."""
    return _done(
        asked,
        escalation_id,
        lambda row, body: row.answer_with(
            by=sessions.current(), text=body["text"], is_for_faq=body.get("for_faq", False)
        ),
    )


@nouns.operation(
    "POST",
    "/escalations/<uuid:escalation_id>/questions",
    gives=shapes.ESCALATION,
    body=shapes.WORD,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    matches=True,
    summary="区から聞き返す（区の職員だけ）",
)
@allow(Permission.ESCALATIONS_ANSWER)
def ask_office_back(asked: Asked, escalation_id: uuid.UUID) -> Made:
    """The ward needs to know more; its clock stands still."""
    return _done(
        asked, escalation_id, lambda row, body: row.ask_back(by=sessions.current(), text=body["text"])
    )


@nouns.operation(
    "POST",
    "/escalations/<uuid:escalation_id>/replies",
    gives=shapes.ESCALATION,
    body=shapes.WORD,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    matches=True,
    summary="聞き返しに答える",
)
@allow(Permission.ESCALATIONS_RAISE)
def reply_to_ward(asked: Asked, escalation_id: uuid.UUID) -> Made:
    """The office tells the ward what it asked."""
    return _done(asked, escalation_id, lambda row, body: row.reply(by=sessions.current(), text=body["text"]))


@nouns.operation(
    "POST",
    "/escalations/<uuid:escalation_id>/tellings",
    gives=shapes.ESCALATION,
    body=shapes.TOLD,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    matches=True,
    summary="相談者に回答したことを残す",
)
@allow(Permission.ESCALATIONS_RAISE)
def tell_caller(asked: Asked, escalation_id: uuid.UUID) -> Made:
    """The caller has the answer now."""
    return _done(
        asked, escalation_id, lambda row, body: row.tell(by=sessions.current(), text=body.get("text", ""))
    )


@nouns.operation(
    "POST",
    "/escalations/<uuid:escalation_id>/withdrawals",
    gives=shapes.ESCALATION,
    body=shapes.WORD,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    matches=True,
    summary="照会を取り下げる（text は理由）",
)
@allow(Permission.ESCALATIONS_RAISE)
def withdraw_question(asked: Asked, escalation_id: uuid.UUID) -> Made:
    """It needs no answer any more."""
    return _done(
        asked, escalation_id, lambda row, body: row.withdraw(by=sessions.current(), reason=body["text"])
    )


def _done(asked: Asked, escalation_id: uuid.UUID, deed: Callable[[Escalation, Any], object]) -> Made:
    """One deed on what If-Match names."""
    row = escalation_with(escalation_id, to_change=True)
    body = asked.body
    require_match(shapes.escalation_body(row))
    with pointing("/text"):
        deed(row, body)
    return _made(row)


def _made(row: Escalation) -> Made:
    db.session.flush()
    return Made("escalations_api.escalation", escalation_id=row.id)
