"""How the API comes to its records, and reads the names in a body; what a person may not see is not there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from callcenter.api.bodies import Fault, pointed
from callcenter.api.paging import page
from callcenter.api.problems import Faulty
from callcenter.api.schemas import Shape, text
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import Row, db
from callcenter.errors import Forbidden, NotFound
from callcenter.people import sessions
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff, colleagues
from callcenter.permissions import Permission
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Period, Programme, period_for
from tickets.escalation.escalation import Escalation
from tickets.finding import lists
from tickets.finding.application_search import with_number
from tickets.records.categories import Category, Team, Tree
from tickets.records.consultation import Consultation, ToldArticle
from tickets.records.ticket import Ticket

PROGRAMME: dict[str, Shape] = {"programme": text(40, description="事業の符号")}
Found = TypeVar("Found", bound=Row)

OF_TICKET: tuple[Any, ...] = (
    joinedload(Ticket.period).joinedload(Period.programme),
    joinedload(Ticket.category).joinedload(Category.parent).joinedload(Category.parent),
    joinedload(Ticket.owner),
    joinedload(Ticket.team),
    joinedload(Ticket.caller),
)
OF_CONTACT: tuple[Any, ...] = (
    joinedload(Contact.period).joinedload(Period.programme),
    joinedload(Contact.handler),
    joinedload(Contact.caller),
)
OF_CONSULTATION: tuple[Any, ...] = (
    joinedload(Consultation.handler),
    joinedload(Consultation.caller),
    selectinload(Consultation.told).joinedload(ToldArticle.revision),
)


# --- lists -----------------------------------------------------------------------------------------------


def listed(
    name: str, query: Select[Any], column: InstrumentedAttribute[uuid.UUID], asked: dict[str, Any]
) -> tuple[list[Any], str | None]:
    """A page, newest first, and the address of the next. Written down as one look."""
    rows, following = page(query, column, asked, newest_first=True)
    looked_at(name, [row.id for row in rows])
    return rows, following


def looked_at(name: str, ids: Sequence[uuid.UUID]) -> None:
    """One row of the trail for a whole list."""
    lists.record_look(name, ids, sessions.current())


def viewed(action: Action, row: Any) -> None:
    """One row of the trail for one record."""
    audit.record(action, by=sessions.current(), on=row, facts={"number": row.number}, read=True)


# --- one record ------------------------------------------------------------------------------------------


def ticket_with(ticket_id: uuid.UUID, *, to_change: bool = False) -> Ticket:
    """The ticket with this id; `to_change` holds its row until the commit. Raises NotFound."""
    query = Ticket.visible_to(sessions.current()).where(Ticket.id == ticket_id)
    query = query.with_for_update(of=Ticket) if to_change else query.options(*OF_TICKET)
    return _first(query, _("このチケットは見つかりません。"), "no_ticket")


def contact_with(contact_id: uuid.UUID, *, to_change: bool = False) -> Contact:
    """The contact with this id. Raises NotFound."""
    query = Contact.visible_to(sessions.current()).where(Contact.id == contact_id)
    query = query.with_for_update(of=Contact) if to_change else query.options(*OF_CONTACT)
    return _first(query, _("この受付は見つかりません。"), "no_contact")


def escalation_with(escalation_id: uuid.UUID, *, to_change: bool = False) -> Escalation:
    """The question to the ward with this id. Raises NotFound."""
    query = Escalation.visible_to(sessions.current()).where(Escalation.id == escalation_id)
    query = query.with_for_update(of=Escalation) if to_change else query
    return _first(query, _("この照会は見つかりません。"), "no_escalation")


def of_visible_ticket(model: type[Any], row_id: uuid.UUID, message: str) -> Any:
    """A row that hangs on a ticket which the person may see. Raises NotFound."""
    tickets = select(Ticket.id).where(*Ticket.visibility(sessions.current()))
    query = select(model).where(model.id == row_id, model.ticket_id.in_(tickets))
    return _first(query, message, "not_found")


def _first(query: Select[Any], message: str, code: str) -> Any:
    row = db.session.scalars(query).unique().first()
    if row is None:
        raise NotFound(message, code=code)
    return row


# --- names in a body -------------------------------------------------------------------------------------


def programmes(asked: dict[str, Any]) -> list[Programme]:
    """The programmes asked for: the one named, else all of the person's. Raises Faulty for one that is not theirs."""
    query = select(Programme).where(Programme.id.in_(sessions.current().programme_ids))
    if "programme" not in asked:
        return list(db.session.scalars(query.order_by(Programme.code)))
    found = list(db.session.scalars(query.where(Programme.code == asked["programme"])))
    if not found:
        raise Faulty([Fault("parameter", "programme", _("この事業はありません。"), "unknown")])
    return found


def one_programme(asked: dict[str, Any]) -> Programme:
    """The programme in which something new is made. Raises Faulty when it has to be named."""
    mine = programmes(asked)
    if len(mine) != 1:
        reason = _("担当する事業が複数あります。事業の符号を書いてください。")
        raise Faulty([Fault("parameter", "programme", reason, "required")])
    return mine[0]


def period_on(programme: Programme, day: date, pointer: str = "") -> Period:
    """The contract year of a programme on a day. Raises Faulty, at `pointer`, for one that was never opened."""
    try:
        return period_for(programme.id, day)
    except NotFound as problem:
        raise Faulty([pointed(pointer, problem.message, problem.code)]) from None


def category_named(path: str, programme_id: uuid.UUID) -> Category | None:
    """The category with this path; None for an empty one. Raises Faulty for one that is not there."""
    if not path.strip():
        return None
    found = Tree.of([programme_id]).named(path)
    if not found:
        raise Faulty([pointed("/category", _("この区分はありません。"), "unknown")])
    return found[0]


def owner_named(name: str | None, before: uuid.UUID | None = None) -> Staff | None:
    """The colleague with this sign-in name. Everybody may take work on themselves; who gives it to others, or takes it
    from them, needs tickets:assign. Raises Faulty for a stranger, Forbidden."""
    me = sessions.current()
    owner = next((one for one in colleagues(me) if one.sign_in_name == name), None) if name else None
    if name and owner is None:
        raise Faulty([pointed("/owner", _("このサインイン名の人はいません。"), "unknown")])
    after = owner.id if owner else None
    if after not in (before, me.id) and not me.may(Permission.TICKETS_ASSIGN):
        raise Forbidden(_("ほかの人の担当を決められるのは責任者だけです。"), code="assigns_others")
    return owner


def team_named(name: str | None, programme_id: uuid.UUID) -> Team | None:
    """The team of this name. Raises Faulty for one that is not there."""
    if not name:
        return None
    query = Team.visible_to(sessions.current()).where(Team.programme_id == programme_id, Team.name == name)
    team = db.session.scalars(query).first()
    if team is None:
        raise Faulty([pointed("/team", _("この班はありません。"), "unknown")])
    return team


def application_named(number: str, pointer: str = "/number") -> Application:
    """The application with this number. Raises Faulty for one that is not there."""
    found = with_number(number, sessions.current())
    if found is None:
        raise Faulty([pointed(pointer, _("この番号の申請はありません。"), "unknown")])
    return found


def caller_with(caller_id: str | None, period: Period) -> Caller | None:
    """The caller of this contract year with this id. Raises Faulty for one that is not there."""
    if caller_id is None:
        return None
    query = Caller.visible_to(sessions.current()).where(Caller.id == uuid.UUID(caller_id))
    found = db.session.scalars(query.where(Caller.period_id == period.id)).first()
    if found is None:
        raise Faulty([pointed("/caller", _("この相談者はありません。"), "unknown")])
    return found
