"""What the call screen shows beside the text: who may be calling, their applications and tickets, how far the identity
check has come. Everything is masked here, before a template sees it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from callcenter.applications.balance import balances
from callcenter.applications.flow import DECIDED, State
from callcenter.applications.links import links_of
from callcenter.applications.matching import read_number
from callcenter.applications.models import CHANNELS as APPLICATION_CHANNELS
from callcenter.applications.models import Application
from callcenter.clock import japan
from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.errors import Unavailable
from callcenter.people import callers_search, panels
from callcenter.people import labels as people_labels
from callcenter.people.callers import RELATIONS, Relation
from callcenter.people.callers_seen import Seen, seen
from callcenter.people.protection import NEUTRAL_WORDS
from callcenter.people.staff import Staff
from callcenter.privacy import mask, vault
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from kb.finding.shelf import find as find_articles
from kb.pages.hand import at_hand
from kb.pages.labels import suggestion
from tickets.calls.forms import NEW, CallForm, SaidForm
from tickets.finding.application_search import find_applications
from tickets.records import identity
from tickets.records.categories import Tree
from tickets.records.changes import TicketApplication
from tickets.records.state import TicketState, label
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import address, as_uuid

Found = TypeVar("Found")
RECENT = 8
SEARCH_WAITS = _l(
    "検索の準備をしています。少し待ってから、もう一度探してください。入力した内容は残っています。"
)


@dataclass(frozen=True)
class CaseRow:
    """A ticket to file to, or to look back at."""

    id: str
    label: str
    url: str
    subject: str
    about: str
    is_open: bool


@dataclass(frozen=True)
class Attempt:
    """One identity check of this contact."""

    at: str
    result: str
    said: str
    level: int
    is_match: bool


@dataclass
class ApplicationSeen:
    """An application beside the text: what may be told of it at the level reached in this contact, and no more."""

    id: str
    number: str
    url: str
    name: str
    about: str
    level: int
    is_chosen: bool
    is_locked: bool
    told: list[dict[str, str]] = field(default_factory=list)
    hint: str = ""
    attempts: list[Attempt] = field(default_factory=list)


class Screen:
    """The call screen of one contact for one person, with what was typed so far."""

    def __init__(
        self,
        contact: Contact,
        person: Staff,
        form: CallForm,
        *,
        chosen: Collection[uuid.UUID] = (),
        told: Sequence[str] = (),
        looked_up: str = "",
        searched: str = "",
        said: SaidForm | None = None,
        choose_found: bool = False,
    ):
        self.contact, self.person, self.form = contact, person, form
        number = (form.find.data or "").strip()
        self.said = said or SaidForm(formdata=None, said_number=number if read_number(number) else "")
        self.caller = (
            seen(contact.caller, panels.marks_of([contact.caller], person)) if contact.caller else None
        )
        self.search_waits = False
        self.candidates: list[Seen] = (
            self._sought(lambda: callers_search.look_up(person, looked_up)) if looked_up else []
        )
        self.looked_up = bool(looked_up)
        self.searched = bool(searched)
        self._found = self._sought(lambda: find_applications(searched, person)) if searched else []
        self._chosen = set(chosen)
        if choose_found and read_number(searched):
            self._chosen |= {application.id for application in self._found}
        self.applications = self._applications()
        self.cases = self._cases()
        self.told = told_articles(told, person)

    @property
    def open_cases(self) -> list[CaseRow]:
        return [case for case in self.cases if case.is_open]

    @property
    def filed_to(self) -> str:
        """Which radio of the tickets is chosen: one that is offered, else a new ticket."""
        wanted = self.form.ticket.data
        return wanted if wanted in {case.id for case in self.open_cases} else NEW

    @property
    def checked(self) -> ApplicationSeen | None:
        """The application whose identity check stands open: the first chosen one."""
        return next((a for a in self.applications if a.is_chosen), None)

    @property
    def level(self) -> int:
        return self.checked.level if self.checked else 0

    @property
    def last_failed(self) -> bool:
        """Whether the newest identity check of this application did not match."""
        return bool(self.checked and self.checked.attempts and not self.checked.attempts[-1].is_match)

    @property
    def waiting_words(self) -> str:
        return str(SEARCH_WAITS) if self.search_waits else ""

    @property
    def neutral_words(self) -> str:
        return str(NEUTRAL_WORDS)

    @property
    def suggestions(self) -> list[dict[str, Any]]:
        """FAQ beside a text that was typed before, or what is at hand when nothing was; while it is being typed the
        browser asks for itself."""
        text = self.form.content.data or ""
        if not text.strip():
            return at_hand(self.person)
        return [suggestion(one) for one in find_articles(text, self.person.programme_ids)]

    @property
    def received(self) -> list[tuple[str, str]]:
        """What came in writing: subject and body of a letter, mail or form."""
        parts = [(_("件名"), self.contact.subject), (_("本文"), self.contact.body)]
        return [(name, text) for name, text in parts if text]

    @property
    def number_shown(self) -> str:
        return mask.phone(self.contact.from_number)

    def _sought(self, seek: Callable[[], list[Found]]) -> list[Found]:
        """What a search finds. While the lens is being made it is nothing, and `search_waits` says so: the screen
        stays, with all that was typed."""
        try:
            return seek()
        except Unavailable:
            self.search_waits = True
            return []

    # --- applications

    def _applications(self) -> list[ApplicationSeen]:
        rows: dict[uuid.UUID, tuple[Application, str]] = {}
        for application in self._by_id(self._chosen):
            rows[application.id] = (application, "")
        for application, relation in self._of_caller():
            rows[application.id] = (application, relation)
        for application in self._found:
            rows.setdefault(application.id, (application, ""))
        vault.prefetch(application.group_id for application, _relation in rows.values())
        return [self._seen(application, relation) for application, relation in rows.values()]

    def _of_caller(self) -> list[tuple[Application, str]]:
        """Applications of the caller: those they applied for, and those they are tied to."""
        if self.contact.caller is None:
            return []
        family = [member.id for member in self.contact.caller.family]
        query = Application.visible_to(self.person).where(Application.applicant_id.in_(family))
        own = db.session.scalars(query.order_by(Application.received_at.desc()).limit(RECENT))
        found = {row.id: (row, str(RELATIONS[Relation.APPLICANT])) for row in own}
        for link in links_of(self.contact.caller):
            if link.application.period_id in self.person.period_ids:
                found[link.application_id] = (link.application, str(RELATIONS[link.relation]))
        return list(found.values())

    def _by_id(self, ids: Collection[uuid.UUID]) -> list[Application]:
        if not ids:
            return []
        query = Application.visible_to(self.person).where(Application.id.in_(ids))
        return list(db.session.scalars(query.order_by(Application.received_at.desc())))

    def _seen(self, application: Application, relation: str) -> ApplicationSeen:
        is_locked = identity.is_locked(application)
        level = identity.level_of(self.contact, application)
        year = _("%(year)d年度", year=application.fiscal_year)
        about = [year, str(APPLICATION_CHANNELS[application.channel]), relation]
        return ApplicationSeen(
            id=str(application.id),
            number=application.number,
            url=url_for("applications.application", application_id=application.id),
            name=mask.name(application.name),
            about="　".join(part for part in about if part),
            level=level,
            is_chosen=application.id in self._chosen,
            is_locked=is_locked,
            told=may_tell(application, level),
            hint=_hint(level, is_locked),
            attempts=self._attempts(application),
        )

    def _attempts(self, application: Application) -> list[Attempt]:
        rows = [c for c in identity.checks_in([self.contact.id]) if c.application_id == application.id]
        return [
            Attempt(
                at=labels.when(row.checked_at).text,
                result=str(labels.RESULTS[row.result]),
                said="・".join(str(labels.FACTS[fact]) for fact in row.facts),
                level=row.level,
                is_match=row.is_match,
            )
            for row in rows
        ]

    # --- tickets

    def _cases(self) -> list[CaseRow]:
        callers = [member.id for member in self.contact.caller.family] if self.contact.caller else []
        return cases_of(self.person, callers, list(self._chosen))


def may_tell(application: Application, level: int) -> list[dict[str, str]]:
    """What may be said of an application: nothing, its state and hours, its amount and defects.

    Source: docs/rules.md#identity-levels."""
    items = []
    if level >= 1:
        items.append({"term": _("状況"), "value": str(application.state_label)})
        items.append({"term": _("受付日"), "value": people_labels.day(japan(application.received_at).date())})
        for number, balance in enumerate(balances(application), 1):
            hours = _("%(left)d時間（上限 %(cap)d時間）", left=balance.hours.left, cap=balance.hours.cap)
            items.append({"term": _("残り時間 %(number)d人目", number=number), "value": hours})
    if level >= 2:
        items += _amounts(application)
    return items


def _amounts(application: Application) -> list[dict[str, str]]:
    items = []
    decision = application.decision
    if decision is not None and application.state in DECIDED:
        amount = _("%(amount)s円", amount=f"{decision.amount:,}") if decision.amount else _("なし")
        items.append({"term": _("交付決定額"), "value": amount})
        items.append({"term": _("決定日"), "value": people_labels.day(decision.decided_on)})
    queried = [change for change in application.history if change.after is State.QUERIED]
    if queried and queried[-1].reason:
        items.append({"term": _("不備の内容"), "value": queried[-1].reason})
    return items


def _hint(level: int, is_locked: bool) -> str:
    if is_locked:
        return _("本日の確認に3回失敗したため、開示を止めています。")
    return {
        0: _("本人確認が済むまで、内容は案内できません。"),
        1: _("受付・審査の状況と残り時間まで案内できます。"),
        2: _("金額と不備まで案内できます。口座・住所・変更は電話では扱いません。"),
    }[level]


def cases_of(person: Staff, callers: Sequence[uuid.UUID], applications: Sequence[uuid.UUID]) -> list[CaseRow]:
    """The newest tickets of some callers or about some applications, open ones first."""
    if not callers and not applications:
        return []
    table = Ticket.__table__.c
    linked = select(TicketApplication.ticket_id).where(
        TicketApplication.application_id.in_(applications), TicketApplication.unlinked_at.is_(None)
    )
    query = (
        select(
            table.id,
            table.number,
            table.programme_id,
            table.state,
            table.opened_at,
            table.category_id,
            table.group_id,
            table.subject,
        )
        .where(*Ticket.visibility(person), or_(table.caller_id.in_(callers), table.id.in_(linked)))
        .order_by((table.state == TicketState.CLOSED), table.opened_at.desc())
        .limit(RECENT)
    )
    rows = db.session.execute(query).all()
    vault.prefetch(row.group_id for row in rows)
    tree = Tree.of(person.programme_ids) if rows else None
    return [_case(row, person, tree) for row in rows]


def _case(row: Any, person: Staff, tree: Tree | None) -> CaseRow:
    state, path = labels.STATES[row.state], tree.path(row.category_id) if tree else ""
    about = [labels.when(row.opened_at).text, state, path]
    return CaseRow(
        id=str(row.id),
        label=label(row.number),
        url=address(row.number, row.programme_id, person),
        subject=vault.open_value(Ticket.subject, Ticket, row.id, row.group_id, row.subject) or "",
        about="　".join(part for part in about if part),
        is_open=row.state is not TicketState.CLOSED,
    )


def told_articles(revisions: Sequence[str], person: Staff) -> list[dict[str, str]]:
    """The versions that were told, as they stand under the answer."""
    return [
        {"revision": str(row.id), "label": f"{row.article.label} {row.question}"}
        for row in revisions_told(revisions, person)
    ]


def revisions_told(revisions: Sequence[str], person: Staff) -> list[ArticleRevision]:
    """The article revisions with these ids that a person may tell; others are left out."""
    ids = [found for found in map(as_uuid, revisions) if found]
    if not ids:
        return []
    visible = Article.visible_to(person).with_only_columns(Article.id)
    query = select(ArticleRevision).where(
        ArticleRevision.id.in_(ids), ArticleRevision.article_id.in_(visible)
    )
    return list(db.session.scalars(query))


def contact_facts(contact: Contact) -> dict[str, str]:
    """What the strip above the text says of a contact."""
    return {
        "label": contact.label,
        "channel": str(labels.CHANNELS[contact.channel]),
        "icon": labels.CHANNEL_ICONS[contact.channel],
        "received": labels.when(contact.received_at).text,
        "reveal": url_for("tickets.reveal_number", contact_id=contact.id) if contact.from_number else "",
    }
