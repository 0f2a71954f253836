"""Filing: a contact becomes a consultation of a ticket, in one go, with all that was promised and found on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from callcenter.applications.links import link as tie
from callcenter.applications.links import link_between
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.errors import Conflict
from callcenter.people.callers import Relation
from callcenter.people.staff import Staff
from kb.articles.revision import ArticleRevision
from kb.finding import searches
from tickets.records import drafts, identity
from tickets.records.categories import Category
from tickets.records.closing import why_open
from tickets.records.consultation import Consultation, Outcome
from tickets.records.state import Priority, TicketState
from tickets.records.ticket import Ticket

DONE = frozenset(
    {
        Outcome.RESOLVED,
        Outcome.HANDED_OVER,
        Outcome.OTHER_PROGRAMME,
        Outcome.SILENT,
        Outcome.WRONG_NUMBER,
    }
)
"""Outcomes after which nothing is owed to the caller. After the others the ticket stays open, whatever key was pressed."""


@dataclass
class Filing:
    """What was written of a contact. `ticket` None opens a new one."""

    content: str
    answer: str | None = None
    subject: str = ""
    category: Category | None = None
    outcome: Outcome = Outcome.RESOLVED
    relation: Relation = Relation.UNKNOWN
    priority: Priority = Priority.NORMAL
    ticket: Ticket | None = None
    applications: Sequence[Application] = field(default_factory=list)
    told: Sequence[ArticleRevision] = field(default_factory=list)
    follow_up_on: date | None = None
    follow_up_text: str = ""
    is_finished: bool = True


def file(contact: Contact, filing: Filing, *, by: Staff) -> Consultation:
    """Make the consultation. Raises Invalid and Conflict as the parts do; then nothing of it stands.

    The ticket is closed when the agent is finished and nothing is owed on it; 区へ leaves it waiting for the ward."""
    ticket = filing.ticket or _opened(contact, filing, by)
    consultation = Consultation.file(
        contact,
        ticket,
        by=by,
        content=filing.content,
        answer=filing.answer,
        outcome=filing.outcome,
        relation=filing.relation,
        identity_level=identity.level_reached(contact),
        told=filing.told,
    )
    if ticket.owner_id is None:
        ticket.assign(by=by, owner=by, team=ticket.team)
    for application in filing.applications:
        ticket.link(application, by=by)
        _tie(contact, application, filing.relation, by)
    if filing.follow_up_on:
        ticket.follow_up(filing.follow_up_on, filing.follow_up_text.strip() or _("折返し電話"), by=by)
    _move_on(ticket, filing, by)
    searches.told(by, [revision.article_id for revision in filing.told])
    drafts.discard(contact.id)
    return consultation


def file_anonymous(contact: Contact, filing: Filing, *, by: Staff) -> Consultation:
    """匿名の一般問合せ: nobody's name or number is kept, the question is answered, the new ticket is closed."""
    if contact.caller_id is not None:
        contact.name_caller(None, by=by)
    if contact.from_number:
        contact.name_number(None, by=by)
    bare = Filing(
        content=filing.content,
        answer=filing.answer,
        subject=filing.subject,
        category=filing.category,
        told=filing.told,
    )
    return file(contact, bare, by=by)


def _opened(contact: Contact, filing: Filing, by: Staff) -> Ticket:
    return Ticket.open(
        contact.period,
        by=by,
        subject=filing.subject,
        category=filing.category,
        owner=by,
        caller_id=contact.caller_id,
        priority=filing.priority,
        opened_at=contact.received_at,
    )


def _move_on(ticket: Ticket, filing: Filing, by: Staff) -> None:
    if filing.outcome is Outcome.TO_WARD and ticket.state is TicketState.OPEN:
        ticket.change_state(TicketState.WAITING, by=by, reason=_("区へ"))
    elif filing.is_finished and filing.outcome in DONE and not filing.follow_up_on and not why_open(ticket):
        ticket.change_state(TicketState.CLOSED, by=by)


def _tie(contact: Contact, application: Application, relation: Relation, by: Staff) -> None:
    """Who passed the identity check of an application is known as its applicant from now on; nobody else is."""
    caller = contact.caller
    if caller is None or relation is not Relation.APPLICANT or identity.level_of(contact, application) < 1:
        return
    if link_between(caller, application) is None:
        try:
            tie(caller, application, Relation.APPLICANT, by=by)
        except Conflict:  # another caller is the applicant: to be merged by a supervisor, never guessed here
            return
