"""Who was told which version of an article: the list that a wrong answer is put right by, and counts beside the article.

Source: docs/rules.md#wrong-answers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.people import phones
from callcenter.people.callers import Caller, CallerMail, CallerPhone
from callcenter.people.protection import Mark, Protection
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from callcenter.privacy import mask, vault
from callcenter.privacy.vault import ERASED
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from kb.finding import pins
from kb.pages import panels
from tickets.records.changes import TicketApplication
from tickets.records.consultation import Consultation, ToldArticle
from tickets.records.follow_up import FollowUp
from tickets.records.lineage import ToldRecall
from tickets.records.state import label
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import address

PAGE = 300
"""Rows of one page, which is also what one press can put right."""
LOOKED_BACK = 200
"""Consultations of an agent that are gone through for what they told last."""

_told, _filed, _ticket = ToldArticle.__table__.c, Consultation.__table__.c, Ticket.__table__.c
_caller, _handler, _contact = Caller.__table__.c, Staff.__table__.c, Contact.__table__.c
_recall, _promise = ToldRecall.__table__.c, FollowUp.__table__.c


@dataclass(frozen=True)
class Narrowed:
    """What the list shows: those told an older version than `older`, or any (None); told from a day to a day."""

    older: int | None = None
    since: date | None = None
    until: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.older is not None:
            found.append(ArticleRevision.number < self.older)
        if self.since:
            found.append(_told.told_at >= clock.day_bounds(self.since)[0])
        if self.until:
            found.append(_told.told_at < clock.day_bounds(self.until)[1])
        return found


@dataclass(frozen=True)
class Told:
    """One consultation in which the article was told. `person` is the caller (after merging), else the ticket: who gets
    one call. `flags` are words about reaching them."""

    id: uuid.UUID
    version: int
    is_current: bool
    at: labels.When
    ticket_id: uuid.UUID
    url: str
    label: str
    subject: str
    caller: str
    person: uuid.UUID
    agent: str
    outcome: str
    tone: str
    owner_id: uuid.UUID | None
    is_closed: bool
    opened_at: datetime
    has_promise: bool
    is_protected: bool
    is_reachable: bool
    recalled: str

    @property
    def may_be_recalled(self) -> bool:
        return not self.recalled and not self.is_current


def rows(
    article: Article, person: Staff, narrowed: Narrowed, *, only: Collection[uuid.UUID] | None = None
) -> list[Told]:
    """Those who were told the article, as far as a person may see their tickets: who was not called back first, then
    the newest first. At most `PAGE`. `only`: of these consultations alone."""
    where = [*_about(article, person), *narrowed.conditions()]
    if only is not None:
        where.append(_filed.id.in_(only))
    query = _question(article).where(*where)
    query = query.order_by(_recall.id.is_not(None), _told.told_at.desc(), _told.id).limit(PAGE)
    found = db.session.execute(query).all()
    groups = {g for row in found for g in (row.ticket_group, row.caller_group, row.handler_group)}
    vault.prefetch(groups - {None})
    people = {row.survivor for row in found if row.survivor}
    protected = _protected(people) if person.may(Permission.PROTECTION_READ) else set()
    reached = _reached(found, people)
    return [_row(row, article, person, protected, reached) for row in found]


def total(article: Article, person: Staff, narrowed: Narrowed) -> int:
    """How many consultations the list holds."""
    return _count(article, person, *narrowed.conditions())


@dataclass(frozen=True)
class Progress:
    """Told an older version: how many consultations, how many of them get a call-back, how many call-backs are done."""

    older: int
    recalled: int
    done: int

    @property
    def left(self) -> int:
        return self.older - self.recalled

    @property
    def open(self) -> int:
        return self.recalled - self.done


def progress(article: Article, person: Staff) -> Progress:
    """How far a wrong answer has been put right, in consultations."""
    older = ArticleRevision.number < (article.current_number or 0)
    query = (
        _joined(select(func.count(), func.count(_recall.id), func.count(_promise.done_at)), article)
        .where(*_about(article, person), older)
    )  # fmt: skip
    return Progress(*db.session.execute(query).one())


def versions(article: Article, person: Staff) -> dict[int, str]:
    """The versions that were told, oldest first, and what was read aloud of each."""
    query = _joined(select(ArticleRevision.number).distinct(), article).where(*_about(article, person))
    numbers = set(db.session.scalars(query))
    return {one.number: one.aloud for one in reversed(article.revisions) if one.number in numbers}


def recently_told(person: Staff, limit: int) -> list[tuple[uuid.UUID, datetime]]:
    """The articles that a person told last, newest first, with the moment (for kb.pins)."""
    own = select(_filed.id).where(_filed.handler_id == person.id)
    newest = own.order_by(_filed.received_at.desc()).limit(LOOKED_BACK)
    query = (
        select(ArticleRevision.article_id, _told.told_at)
        .join(ToldArticle.__table__, _told.revision_id == ArticleRevision.id)
        .where(_told.consultation_id.in_(newest))
        .order_by(_told.told_at.desc())
        .limit(limit)
    )
    return [(article_id, at) for article_id, at in db.session.execute(query)]


def panel(article: Article, person: Staff) -> Markup | None:
    """On an article's page: how many were told an older version, and how far they have been called back."""
    if not person.may(Permission.KB_CURATE) or article.current_number is None:
        return None
    found = progress(article, person)
    if not found.older:
        return None
    return Markup(render_template("tickets/_told_panel.html", article=article, progress=found))  # noqa: S704 (a template of ours)


def register() -> None:
    """Hang the panel, and what agents told last; the roof calls this."""
    panels.register_panel("told", panel)
    pins.register_use("told", recently_told)


# --- the question ------------------------------------------------------------------------------------------


def _about(article: Article, person: Staff) -> list[Any]:
    return [ArticleRevision.article_id == article.id, *Ticket.visibility(person)]


def _joined(query: Any, article: Article) -> Any:
    """From what was told to the ticket, and to the call-back about the version that is right now."""
    now = select(ArticleRevision.id).where(
        ArticleRevision.article_id == article.id, ArticleRevision.number == article.current_number
    )
    return (
        query.select_from(ToldArticle.__table__)
        .join(ArticleRevision, ArticleRevision.id == _told.revision_id)
        .join(Consultation.__table__, _filed.id == _told.consultation_id)
        .join(Ticket.__table__, _ticket.id == _filed.ticket_id)
        .outerjoin(
            ToldRecall.__table__,
            and_(_recall.consultation_id == _filed.id, _recall.revision_id == now.scalar_subquery()),
        )
        .outerjoin(FollowUp.__table__, _promise.id == _recall.follow_up_id)
    )


def _count(article: Article, person: Staff, *where: Any) -> int:
    query = _joined(select(func.count()), article).where(*_about(article, person), *where)
    return db.session.scalar(query) or 0


def _question(article: Article) -> Select[Any]:
    open_promise = FollowUp.__table__.alias("open_promise").c
    has_promise = (
        select(open_promise.id)
        .where(open_promise.ticket_id == _ticket.id, open_promise.done_at.is_(None))
        .exists()
    )
    columns = (
        _filed.id, _filed.outcome, ArticleRevision.number.label("version"), _told.told_at,
        _ticket.id.label("ticket_id"), _ticket.number, _ticket.programme_id, _ticket.state, _ticket.owner_id,
        _ticket.opened_at, _ticket.group_id.label("ticket_group"), _ticket.subject,
        _caller.id.label("caller_id"), _caller.group_id.label("caller_group"), _caller.name.label("caller_name"),
        func.coalesce(_caller.merged_into_id, _caller.id).label("survivor"),
        _handler.id.label("handler_id"), _handler.group_id.label("handler_group"), _handler.name.label("handler_name"),
        _contact.line, _contact.from_mail, _recall.id.label("recall_id"), _promise.done_at,
        has_promise.label("has_promise"),
    )  # fmt: skip
    return (
        _joined(select(*columns), article)
        .join(Contact.__table__, _contact.id == _filed.contact_id)
        .outerjoin(Caller.__table__, _caller.id == func.coalesce(_filed.caller_id, _ticket.caller_id))
        .outerjoin(Staff.__table__, _handler.id == _filed.handler_id)
    )


def _row(row: Any, article: Article, person: Staff, protected: set[Any], reached: set[Any]) -> Told:
    caller = agent = None
    if row.caller_id:
        caller = vault.open_value(Caller.name, Caller, row.caller_id, row.caller_group, row.caller_name)
    if row.handler_id:
        agent = vault.open_value(Staff.name, Staff, row.handler_id, row.handler_group, row.handler_name)
    recalled = ""
    if row.recall_id:
        recalled = _("折返し済み") if row.done_at else _("折返し予定あり")
    subject = vault.open_value(Ticket.subject, Ticket, row.ticket_id, row.ticket_group, row.subject)
    return Told(
        id=row.id,
        version=row.version,
        is_current=row.version == article.current_number,
        at=labels.when(row.told_at),
        ticket_id=row.ticket_id,
        url=address(row.number, row.programme_id, person),
        label=label(row.number),
        subject=subject or "",
        caller=mask.name(caller) or _("匿名"),
        person=row.survivor or row.ticket_id,
        agent=agent or "",
        outcome=str(labels.OUTCOMES[row.outcome]),
        tone=labels.OUTCOME_TONES.get(row.outcome, "quiet"),
        owner_id=row.owner_id,
        is_closed=row.state == "closed",
        opened_at=row.opened_at,
        has_promise=row.has_promise,
        is_protected=row.survivor in protected,
        is_reachable=_came_from(row) or row.survivor in reached or row.ticket_id in reached,
        recalled=recalled,
    )


# --- whether somebody can be called back -------------------------------------------------------------------


def _came_from(row: Any) -> bool:
    """Whether the contact itself came from a number or an address that can be answered."""
    return row.line == phones.Line.NUMBER or row.from_mail not in (None, ERASED)


def _protected(people: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these callers who, or one merged into them, carry the flag now."""
    family = _family(people)
    query = select(Protection.caller_id, Protection.mark).where(Protection.caller_id.in_(family))
    rows = db.session.execute(query.order_by(Protection.at, Protection.id))
    newest = {row.caller_id: row.mark for row in rows}
    return {family[caller] for caller, mark_ in newest.items() if mark_ is Mark.SET}


def _reached(found: Sequence[Any], people: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Callers with a number or a mail address in use, and tickets whose application names one."""
    family = _family(people)
    reached: set[uuid.UUID] = set()
    for reach, value in ((CallerPhone, "number"), (CallerMail, "address")):
        table = reach.__table__.c
        query = select(table.caller_id).where(
            table.caller_id.in_(family), table.ended_at.is_(None), table[value] != ERASED
        )
        reached |= {family[caller] for caller in db.session.scalars(query)}
    application = Application.__table__.c
    named = or_(application.phone != ERASED, application.mail != ERASED)
    query = (
        select(TicketApplication.ticket_id)
        .join(Application.__table__, application.id == TicketApplication.application_id)
        .where(TicketApplication.ticket_id.in_({row.ticket_id for row in found}), named)
        .where(TicketApplication.unlinked_at.is_(None))
    )
    return reached | set(db.session.scalars(query))


def _family(people: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Each of these callers, and each that was merged into one, with the one who stands."""
    people = set(people)
    merged = select(_caller.id, _caller.merged_into_id).where(_caller.merged_into_id.in_(people))
    return {one: one for one in people} | {row.id: row.merged_into_id for row in db.session.execute(merged)}
