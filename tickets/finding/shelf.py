"""The ticket shelf of the lens: one document a ticket, so that words of one query may stand in different messages."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.people.callers import Caller, CallerMail, CallerPhone
from callcenter.privacy import vault
from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.shelves import Shelf, Shelves
from tickets.records.categories import Category
from tickets.records.changes import TicketApplication
from tickets.records.consultation import Consultation
from tickets.records.notes import Note, Reply
from tickets.records.state import label
from tickets.records.ticket import Ticket
from tickets.records.ticket_import import TicketImport

SHELF = "ticket"
IMPORT = "ticket-import"
OF_CALLER = "of-caller"
NOBODY = "none"

Texts = dict[uuid.UUID, list[str]]
Exact = dict[uuid.UUID, list[tuple[str, str]]]


def documents(session: Session, ids: Sequence[uuid.UUID]) -> Iterator[Document]:
    """The documents of these tickets; none for those that are gone or belong to an import that is not valid yet.

    A fixed number of queries for any number of tickets; keys are fetched once."""
    tickets = _tickets(session, ids)
    callers = _callers_of(session, tickets)
    body, exact, channels = _said(session, tickets)
    who, reach = _people(session, {caller for found in callers.values() for caller in found})
    numbers = _applications(session, tickets)
    lineages = _Lineages(session)
    for ticket in tickets:
        subject = vault.open_value(Ticket.subject, Ticket, ticket.id, ticket.group_id, ticket.subject)
        known = callers[ticket.id]
        yield Document(
            id=ticket.id,
            period_id=ticket.period_id,
            at=ticket.opened_at,
            body=[subject or "", *body[ticket.id]],
            who=[text for caller in known for text in who[caller]],
            exact=[
                ("number", label(ticket.number)),
                *([("external_id", ticket.external_id)] if ticket.external_id else []),
                *exact[ticket.id],
                *(pair for caller in known for pair in reach[caller]),
                *(("number", number) for number in numbers[ticket.id]),
            ],
            tags=[
                f"state:{ticket.state.value}",
                f"owner:{ticket.owner_id.hex if ticket.owner_id else NOBODY}",
                f"team:{ticket.team_id.hex if ticket.team_id else NOBODY}",
                f"priority:{ticket.priority.value}",
                *(f"channel:{channel}" for channel in channels[ticket.id]),
                *(f"category:{category.hex}" for category in lineages.of(ticket.category_id)),
            ],
        )


def all_ids(session: Session, period_id: uuid.UUID) -> Iterator[uuid.UUID]:
    """Every ticket of a period that may be seen, for a rebuild."""
    valid = or_(Ticket.import_id.is_(None), Ticket.import_id.not_in(_invalid()))
    query = select(Ticket.id).where(Ticket.period_id == period_id, valid).order_by(Ticket.opened_at)
    yield from session.scalars(query.execution_options(yield_per=2000))


def of_import(session: Session, import_id: uuid.UUID) -> Iterator[tuple[str, uuid.UUID]]:
    """The tickets that an import brought, once it became valid."""
    query = select(Ticket.id).where(Ticket.import_id == import_id).order_by(Ticket.opened_at)
    for ticket_id in session.scalars(query.execution_options(yield_per=2000)):
        yield SHELF, ticket_id


def of_caller(session: Session, caller_id: uuid.UUID) -> Iterator[tuple[str, uuid.UUID]]:
    """The tickets in which a caller stands: their documents change with the caller's name and numbers."""
    filed = select(Consultation.ticket_id).where(Consultation.caller_id == caller_id)
    query = select(Ticket.id).where(or_(Ticket.caller_id == caller_id, Ticket.id.in_(filed)))
    for ticket_id in session.scalars(query):
        yield SHELF, ticket_id


def register(shelves: Shelves) -> None:
    """Put the shelf into the lens, with what stands for many tickets at once."""
    shelves.register(Shelf(SHELF, documents, all_ids))
    shelves.expand(IMPORT, of_import)
    shelves.expand(OF_CALLER, of_caller)


def _invalid() -> Any:
    return select(TicketImport.id).where(TicketImport.valid_at.is_(None))


def _tickets(session: Session, ids: Sequence[uuid.UUID]) -> list[Any]:
    columns = (
        Ticket.id,
        Ticket.period_id,
        Ticket.group_id,
        Ticket.number,
        Ticket.external_id,
        Ticket.opened_at,
        Ticket.state,
        Ticket.priority,
        Ticket.owner_id,
        Ticket.team_id,
        Ticket.category_id,
        Ticket.caller_id,
        Ticket.__table__.c.subject,
    )
    valid = or_(Ticket.import_id.is_(None), Ticket.import_id.not_in(_invalid()))
    rows = session.execute(select(*columns).where(Ticket.id.in_(ids), valid)).all()
    vault.prefetch(row.group_id for row in rows)
    return list(rows)


def _callers_of(session: Session, tickets: Iterable[Any]) -> defaultdict[uuid.UUID, list[uuid.UUID]]:
    """Ticket → its callers: that of the case and those of its consultations."""
    callers: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for ticket in tickets:
        if ticket.caller_id:
            callers[ticket.id].append(ticket.caller_id)
    query = select(Consultation.ticket_id, Consultation.caller_id).where(
        Consultation.ticket_id.in_([t.id for t in tickets]), Consultation.caller_id.is_not(None)
    )
    for ticket_id, caller_id in session.execute(query):
        if caller_id and caller_id not in callers[ticket_id]:
            callers[ticket_id].append(caller_id)
    return callers


def _said(
    session: Session, tickets: Iterable[Any]
) -> tuple[
    defaultdict[uuid.UUID, list[str]],
    defaultdict[uuid.UUID, list[tuple[str, str]]],
    defaultdict[uuid.UUID, set[str]],
]:
    """Texts of consultations, answers, replies and notes; numbers that rang; channels."""
    ids = [t.id for t in tickets]
    body: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    exact: defaultdict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    channels: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    table, contact = Consultation.__table__.c, Contact.__table__.c
    query = (
        select(
            table.id, table.ticket_id, table.group_id, table.content, table.answer,
            contact.id.label("contact_id"), contact.group_id.label("contact_group"), contact.channel, contact.from_number,
            contact.from_mail,
        )
        .join(Contact.__table__, contact.id == table.contact_id)
        .where(table.ticket_id.in_(ids))
        .order_by(table.started_at, table.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    vault.prefetch([r.group_id for r in rows] + [r.contact_group for r in rows])
    for row in rows:
        for attribute, value in ((Consultation.content, row.content), (Consultation.answer, row.answer)):
            text = vault.open_value(attribute, Consultation, row.id, row.group_id, value)
            body[row.ticket_id] += [text] if text else []
        for kind, attribute, value in (
            ("phone", Contact.from_number, row.from_number),
            ("mail", Contact.from_mail, row.from_mail),
        ):
            text = vault.open_value(attribute, Contact, row.contact_id, row.contact_group, value)
            exact[row.ticket_id] += [(kind, text)] if text else []
        channels[row.ticket_id].add(row.channel.value)
    for model in (Reply, Note):
        for ticket_id, text in _texts(session, model, ids):
            body[ticket_id].append(text)
    return body, exact, channels


def _texts(session: Session, model: Any, ids: Sequence[uuid.UUID]) -> Iterator[tuple[uuid.UUID, str]]:
    table = model.__table__.c
    rows = session.execute(
        select(table.id, table.ticket_id, table.group_id, table.text)
        .where(table.ticket_id.in_(ids))
        .order_by(table.id)
    ).all()
    vault.prefetch(r.group_id for r in rows)
    for row in rows:
        yield row.ticket_id, vault.open_value(model.text, model, row.id, row.group_id, row.text) or ""


def _people(
    session: Session, ids: Iterable[uuid.UUID]
) -> tuple[defaultdict[uuid.UUID, list[str]], defaultdict[uuid.UUID, list[tuple[str, str]]]]:
    """Caller → names and kana, and caller → phones and mails."""
    wanted = list(ids)
    who: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    reach: defaultdict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    table = Caller.__table__.c
    rows = session.execute(
        select(table.id, table.group_id, table.name, table.kana).where(table.id.in_(wanted))
    ).all()
    vault.prefetch(r.group_id for r in rows)
    for row in rows:
        for attribute, value in ((Caller.name, row.name), (Caller.kana, row.kana)):
            text = vault.open_value(attribute, Caller, row.id, row.group_id, value)
            who[row.id] += [text] if text else []
    for kind, model, name in (("phone", CallerPhone, "number"), ("mail", CallerMail, "address")):
        columns = model.__table__.c
        query = select(columns.id, columns.caller_id, columns.group_id, columns[name]).where(
            columns.caller_id.in_(wanted)
        )
        for row_id, caller_id, group_id, value in session.execute(query):
            text = vault.open_value(getattr(model, name), model, row_id, group_id, value)
            reach[caller_id] += [(kind, text)] if text else []
    return who, reach


def _applications(session: Session, tickets: Iterable[Any]) -> defaultdict[uuid.UUID, list[str]]:
    numbers: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    query = (
        select(TicketApplication.ticket_id, Application.number)
        .join(Application, Application.id == TicketApplication.application_id)
        .where(
            TicketApplication.ticket_id.in_([t.id for t in tickets]), TicketApplication.unlinked_at.is_(None)
        )
    )
    for ticket_id, number in session.execute(query):
        numbers[ticket_id].append(number)
    return numbers


class _Lineages:
    """Category → itself and those above it."""

    def __init__(self, session: Session):
        rows = session.execute(select(Category.id, Category.parent_id))
        self._parents = {row.id: row.parent_id for row in rows}

    def of(self, category_id: uuid.UUID | None) -> Iterator[uuid.UUID]:
        while category_id is not None:
            yield category_id
            category_id = self._parents.get(category_id)
