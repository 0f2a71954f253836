"""How the work stands in the JSON API: persons masked as on every list, texts as on the desk."""

from __future__ import annotations

from typing import Any

from callcenter.api.schemas import (
    Named,
    Shape,
    flag,
    formatted,
    one_of,
    or_nothing,
    record,
    said_moment,
    several,
    text,
    whole,
)
from callcenter.contacts import Channel, Contact, Direction
from callcenter.people.callers import Caller, Relation
from callcenter.privacy import mask
from tickets.escalation.escalation import LONGEST_PAPER, Deed, Escalation, EscalationState, EscalationStep
from tickets.escalation.urgency import Matter, Urgency
from tickets.records.consultation import Consultation, Outcome
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Note
from tickets.records.state import Priority, TicketState
from tickets.records.ticket import Ticket

LONGEST_SUBJECT, LONGEST_LINE, LONGEST_TEXT, LONGEST_NAME = 200, 500, 20_000, 60
LONGEST_PATH = 200
MOST_BYTES = 1024 * 1024
"""The longest texts, each character escaped."""
NUMBER = whole(1, 2**31 - 1)
MOMENT_OR_NOTHING = or_nothing(formatted("date-time"))
STAFF = or_nothing(text(40, description="サインイン名"))
CATEGORY = text(LONGEST_PATH, description="「申請 › 必要書類 › 領収書」のような区分。空は未分類")
SUBJECT = text(LONGEST_SUBJECT, shortest=1)
PRIORITY = one_of([each.value for each in Priority])
STATE = one_of([each.value for each in TicketState])
MASKED = record({"id": formatted("uuid"), "name": text(200, description="伏せた氏名")})
REASON = text(LONGEST_LINE)
TEXT = text(LONGEST_TEXT, shortest=1, lines=True)

TICKET = Named(
    "Ticket",
    record(
        {
            "id": formatted("uuid"),
            "number": text(20, description="T-000123"),
            "external_id": or_nothing(text(120)),
            "programme": text(40, description="事業の符号"),
            "subject": text(LONGEST_SUBJECT),
            "state": STATE,
            "next_states": several(STATE),
            "priority": PRIORITY,
            "category": CATEGORY,
            "owner": STAFF,
            "team": or_nothing(text(LONGEST_NAME)),
            "caller": or_nothing(MASKED),
            "applications": several(record({"id": formatted("uuid"), "number": text(40)})),
            "opened_at": formatted("date-time"),
            "updated_at": formatted("date-time"),
        }
    ),
)
NEW_TICKET = Named(
    "NewTicket",
    record(
        {
            "subject": SUBJECT,
            "category": CATEGORY,
            "priority": {**PRIORITY, "default": Priority.NORMAL.value},
            "owner": STAFF,
            "caller": or_nothing(formatted("uuid")),
        },
        optional=("category", "priority", "owner", "caller"),
    ),
)
TICKET_REVISION = Named(
    "TicketRevision", record({"subject": SUBJECT, "category": CATEGORY, "priority": PRIORITY})
)
STATE_CHANGE = Named("StateChange", record({"state": STATE, "reason": REASON}, optional=("reason",)))
ASSIGNMENT = Named(
    "Assignment",
    record(
        {"owner": STAFF, "team": or_nothing(text(LONGEST_NAME)), "reason": REASON},
        optional=("team", "reason"),
    ),
)
APPLICATION_LINK = Named("ApplicationLink", record({"number": text(40, shortest=1)}))

NOTE = Named(
    "Note",
    record(
        {
            "id": formatted("uuid"),
            "ticket": formatted("uuid"),
            "text": text(LONGEST_TEXT, lines=True),
            "by": STAFF,
            "written_at": formatted("date-time"),
        }
    ),
)
NEW_NOTE = Named("NewNote", record({"text": TEXT}))

FOLLOW_UP = Named(
    "FollowUp",
    record(
        {
            "id": formatted("uuid"),
            "ticket": formatted("uuid"),
            "due_on": formatted("date"),
            "text": text(LONGEST_TEXT, lines=True),
            "owner": STAFF,
            "made_at": formatted("date-time"),
            "done_at": MOMENT_OR_NOTHING,
        }
    ),
)
NEW_FOLLOW_UP = Named(
    "NewFollowUp",
    record(
        {"due_on": formatted("date"), "text": text(LONGEST_LINE, shortest=1), "owner": STAFF},
        optional=("owner",),
    ),
)

CONTACT = Named(
    "Contact",
    record(
        {
            "id": formatted("uuid"),
            "number": NUMBER,
            "programme": text(40, description="事業の符号"),
            "channel": one_of([each.value for each in Channel]),
            "direction": one_of([each.value for each in Direction]),
            "received_at": formatted("date-time"),
            "entered_at": formatted("date-time"),
            "answered_at": MOMENT_OR_NOTHING,
            "ended_at": MOMENT_OR_NOTHING,
            "settled_at": MOMENT_OR_NOTHING,
            "handler": STAFF,
            "caller": or_nothing(MASKED),
            "from_number": text(200, description="伏せた番号"),
            "from_mail": text(500, description="伏せたアドレス"),
        }
    ),
)
NEW_CONTACT = Named(
    "NewContact",
    record(
        {
            "channel": one_of([each.value for each in Channel]),
            "received_at": formatted("date-time"),
            "from_number": text(LONGEST_NAME),
            "from_mail": text(254),
            "subject": text(LONGEST_SUBJECT),
            "body": text(LONGEST_TEXT, lines=True),
        },
        optional=("received_at", "from_number", "from_mail", "subject", "body"),
    ),
)

CONSULTATION = Named(
    "Consultation",
    record(
        {
            "id": formatted("uuid"),
            "ticket": formatted("uuid"),
            "contact": formatted("uuid"),
            "caller": or_nothing(MASKED),
            "relation": one_of([each.value for each in Relation]),
            "identity_level": whole(0, 3),
            "outcome": one_of([each.value for each in Outcome]),
            "content": text(LONGEST_TEXT, lines=True),
            "answer": text(LONGEST_TEXT, lines=True),
            "told": several(record({"article": formatted("uuid"), "revision": NUMBER})),
            "handler": STAFF,
            "received_at": formatted("date-time"),
            "entered_at": formatted("date-time"),
        }
    ),
)
NEW_CONSULTATION = Named(
    "NewConsultation",
    record(
        {
            "content": TEXT,
            "answer": text(LONGEST_TEXT, lines=True),
            "outcome": one_of([each.value for each in Outcome]),
            "relation": one_of([each.value for each in Relation], default=Relation.UNKNOWN.value),
            "ticket": or_nothing(formatted("uuid")),
            "subject": text(LONGEST_SUBJECT, description="新しいチケットの件名（ticket を書かないとき）"),
            "category": CATEGORY,
            "finished": flag(description="対応が終わったか", default=True),
        },
        optional=("answer", "relation", "ticket", "subject", "category", "finished"),
    ),
)

STEP = record(
    {
        "deed": one_of([each.value for each in Deed]),
        "at": formatted("date-time"),
        "by": STAFF,
        "ward_name": text(LONGEST_NAME),
        "paper": or_nothing(text(LONGEST_PAPER)),
        "text": text(LONGEST_TEXT, lines=True),
    }
)
ESCALATION = Named(
    "Escalation",
    record(
        {
            "id": formatted("uuid"),
            "number": text(20, description="E-000012"),
            "ticket": formatted("uuid"),
            "matter": one_of([each.value for each in Matter]),
            "urgency": one_of([each.value for each in Urgency]),
            "state": one_of([each.value for each in EscalationState]),
            "summary": text(LONGEST_TEXT, lines=True),
            "question": text(LONGEST_TEXT, lines=True),
            "proposal": text(LONGEST_TEXT, lines=True),
            "application": or_nothing(text(40)),
            "raised_at": formatted("date-time"),
            "raised_by": STAFF,
            "wanted_at": MOMENT_OR_NOTHING,
            "ring_by": MOMENT_OR_NOTHING,
            "rung_at": MOMENT_OR_NOTHING,
            "due_at": formatted("date-time"),
            "answered_at": MOMENT_OR_NOTHING,
            "told_at": MOMENT_OR_NOTHING,
            "steps": several(STEP),
        }
    ),
)
NEW_ESCALATION = Named(
    "NewEscalation",
    record(
        {
            "matter": one_of([each.value for each in Matter]),
            "urgency": one_of([each.value for each in Urgency]),
            "summary": TEXT,
            "question": TEXT,
            "proposal": text(LONGEST_TEXT, lines=True),
            "wanted_at": or_nothing(formatted("date-time")),
            "application": or_nothing(text(40)),
            "because": text(LONGEST_LINE, description="個人の値を書く理由（書いたときだけ）"),
        },
        optional=("proposal", "wanted_at", "application", "because"),
    ),
)
WORD = Named("Word", record({"text": TEXT}))
ANSWER = Named("WardAnswer", record({"text": TEXT, "for_faq": flag(default=False)}, optional=("for_faq",)))
TOLD = Named("Told", record({"text": text(LONGEST_TEXT, lines=True)}, optional=("text",)))
RING = Named(
    "Ring",
    record(
        {"spoke_with": text(LONGEST_NAME, shortest=1), "said": text(LONGEST_TEXT, lines=True)},
        optional=("said",),
    ),
)


def _said(at: Any) -> str | None:
    return said_moment(at) if at else None


def _staff(person: Any) -> str | None:
    return person.sign_in_name if person else None


def masked(caller: Caller | None) -> Shape | None:
    """A caller by id and masked name."""
    return {"id": str(caller.id), "name": mask.name(caller.name)} if caller else None


def ticket_body(row: Ticket) -> Shape:
    """A ticket as lists and its own page show it."""
    return {
        "id": str(row.id),
        "number": row.label,
        "external_id": row.external_id,
        "programme": row.period.programme.code,
        "subject": row.subject,
        "state": row.state.value,
        "next_states": [state.value for state in row.next_states],
        "priority": row.priority.value,
        "category": row.category.path if row.category else "",
        "owner": _staff(row.owner),
        "team": row.team.name if row.team else None,
        "caller": masked(row.caller),
        "applications": [{"id": str(one.id), "number": one.number} for one in row.applications],
        "opened_at": said_moment(row.opened_at),
        "updated_at": said_moment(row.updated_at),
    }


def note_body(row: Note) -> Shape:
    """An internal note."""
    return {
        "id": str(row.id),
        "ticket": str(row.ticket_id),
        "text": row.text,
        "by": _staff(row.by),
        "written_at": said_moment(row.written_at),
    }


def follow_up_body(row: FollowUp) -> Shape:
    """A promise for a day."""
    return {
        "id": str(row.id),
        "ticket": str(row.ticket_id),
        "due_on": row.due_on.isoformat(),
        "text": row.text,
        "owner": _staff(row.owner),
        "made_at": said_moment(row.made_at),
        "done_at": _said(row.done_at),
    }


def contact_body(row: Contact) -> Shape:
    """A contact as the tray shows it: numbers and addresses masked, no text."""
    return {
        "id": str(row.id),
        "number": row.number,
        "programme": row.period.programme.code,
        "channel": row.channel.value,
        "direction": row.direction.value,
        "received_at": said_moment(row.received_at),
        "entered_at": said_moment(row.entered_at),
        "answered_at": _said(row.answered_at),
        "ended_at": _said(row.ended_at),
        "settled_at": _said(row.settled_at),
        "handler": _staff(row.handler),
        "caller": masked(row.caller),
        "from_number": mask.phone(row.from_number),
        "from_mail": mask.mail(row.from_mail),
    }


def consultation_body(row: Consultation) -> Shape:
    """What was asked and answered in one contact."""
    return {
        "id": str(row.id),
        "ticket": str(row.ticket_id),
        "contact": str(row.contact_id),
        "caller": masked(row.caller),
        "relation": row.relation.value,
        "identity_level": row.identity_level,
        "outcome": row.outcome.value,
        "content": row.content,
        "answer": row.answer or "",
        "told": [
            {"article": str(one.revision.article_id), "revision": one.revision.number} for one in row.told
        ],
        "handler": _staff(row.handler),
        "received_at": said_moment(row.received_at),
        "entered_at": said_moment(row.entered_at),
    }


def escalation_body(row: Escalation) -> Shape:
    """A question to the ward with every word of the exchange."""
    return {
        "id": str(row.id),
        "number": row.label,
        "ticket": str(row.ticket_id),
        "matter": row.matter.value,
        "urgency": row.urgency.value,
        "state": row.state.value,
        "summary": row.summary,
        "question": row.question,
        "proposal": row.proposal or "",
        "application": row.application.number if row.application else None,
        "raised_at": said_moment(row.raised_at),
        "raised_by": _staff(row.raised_by),
        "wanted_at": _said(row.wanted_at),
        "ring_by": _said(row.ring_by),
        "rung_at": _said(row.rung_at),
        "due_at": said_moment(row.due_at),
        "answered_at": _said(row.answered_at),
        "told_at": _said(row.told_at),
        "steps": [_step(step) for step in row.steps],
    }


def _step(step: EscalationStep) -> Shape:
    return {
        "deed": step.deed.value,
        "at": said_moment(step.at),
        "by": _staff(step.by),
        "ward_name": step.ward_name or "",
        "paper": step.paper,
        "text": step.text or "",
    }
