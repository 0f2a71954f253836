"""From an answer on a ticket to an article of the FAQ, without the persons in it; and which article came from where.

Source: docs/rules.md#faq-lineage."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.applications.links import CallerApplication
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from kb.articles import origins
from kb.articles.article import Article
from kb.articles.content import LONGEST_QUESTION, LONGEST_SOURCE, Content, Fault, beginning
from kb.articles.origins import Draft
from kb.finding.searches import FaqSearch
from kb.finding.wishes import Wish
from kb.pages import panels
from tickets.faq_work.personal_values import Value, What, places, without
from tickets.records.changes import TicketApplication
from tickets.records.consultation import Consultation
from tickets.records.lineage import ArticleOrigin
from tickets.records.notes import Reply
from tickets.records.ticket import Ticket
from tickets.signs.blueprint import ticket_url
from tickets.signs.labels import when

WORDS = {
    What.NAME: _l("氏名"),
    What.PHONE: _l("電話番号"),
    What.MAIL: _l("メールアドレス"),
    What.ADDRESS: _l("住所"),
    What.BIRTH_DATE: _l("生年月日"),
    What.APPLICATION: _l("申請番号"),
    What.ACCOUNT: _l("口座情報"),
}


def draft_from(ticket: Ticket, *, asked: str, answered: str, source: str = "") -> Draft:
    """An article begun with a question and its answer as they stand on a ticket. Names, numbers, addresses and days of
    birth of its caller and applications are replaced by 〔氏名〕 and the like. `source` is what the article cites, else
    the ticket's number. The caller keeps the lineage with `keep_origin` once the article is saved."""
    values, words = personal_values(ticket), {what: str(word) for what, word in WORDS.items()}
    question, in_question = without(" ".join(asked.split()), values, words)
    answer, in_answer = without(answered.strip(), values, words)
    about = _("%(label)s の回答から書きます。", label=ticket.label)
    if count := in_question + in_answer:
        about += _("個人の情報 %(count)dか所を〔 〕に置き換えました。", count=count)
    about += _("ほかに個人がわかることが残っていないか確かめてください。")
    return Draft(
        about=about,
        question=beginning(question, LONGEST_QUESTION),
        answer=answer,
        source=(source or _("チケット %(label)s の回答", label=ticket.label))[:LONGEST_SOURCE],
    )


def keep_origin(
    article: Article,
    ticket: Ticket,
    *,
    by: Staff,
    consultation: Consultation | None = None,
    reply: Reply | None = None,
) -> ArticleOrigin:
    """Keep that an article was written from a ticket: from one of its texts, or from something else on it."""
    row = ArticleOrigin(
        article_id=article.id,
        ticket_id=ticket.id,
        consultation_id=consultation.id if consultation else None,
        reply_id=reply.id if reply else None,
        made_at=clock.now(),
        by_id=by.id,
    )
    db.session.add(row)
    return row


def personal_faults(content: Content, ticket: Ticket) -> list[Fault]:
    """What an article says that belongs to the persons of a ticket: the field, which kind, and where."""
    values = personal_values(ticket)
    found = []
    for field, text in content.texts():
        for place in places(text, values):
            reason = _(
                "この相談の%(what)sが入っています（%(line)d行目「%(text)s」）。消すか、だれのことかわからない言い方にしてください。",
                what=WORDS[place.what],
                line=text.count("\n", 0, place.start) + 1,
                text=text[place.start : place.end],
            )
            found.append(Fault(field, reason))
    return found


def personal_values(ticket: Ticket) -> list[Value]:
    """All that the records know of the persons of a ticket: its callers, those who called about it, and its
    applications with their children."""
    return list(dict.fromkeys(_values(ticket)))


def _values(ticket: Ticket) -> Iterator[Value]:
    filed = select(Consultation.caller_id).where(Consultation.ticket_id == ticket.id)
    callers = list(
        db.session.scalars(select(Caller).where(or_(Caller.id == ticket.caller_id, Caller.id.in_(filed))))
    )
    family = {member.id: member for caller in callers for member in caller.family}
    vault.prefetch(member.group_id for member in family.values())
    for member in family.values():
        yield from _present(
            (What.NAME, member.name), (What.NAME, member.kana), (What.ADDRESS, member.address)
        )
        yield from _present(*((What.PHONE, phone.number) for phone in member.phones))
        yield from _present(*((What.MAIL, mail.address) for mail in member.mails))
    of_ticket = select(Consultation.contact_id).where(Consultation.ticket_id == ticket.id)
    for contact in db.session.scalars(select(Contact).where(Contact.id.in_(of_ticket))):
        yield from _present((What.PHONE, contact.from_number), (What.MAIL, contact.from_mail))
    for application in _applications(ticket, list(family)):
        yield from _of_application(application)


def _of_application(row: Application) -> Iterator[Value]:
    yield from _present(
        (What.NAME, row.name),
        (What.NAME, row.kana),
        (What.ADDRESS, row.address),
        (What.PHONE, row.phone),
        (What.MAIL, row.mail),
        (What.ACCOUNT, row.account),
        (What.APPLICATION, row.number),
    )
    for child in row.children:
        yield from _present(
            (What.NAME, child.name), (What.NAME, child.kana), (What.BIRTH_DATE, child.birth_date)
        )


def _present(*pairs: tuple[What, str | None]) -> Iterator[Value]:
    return (Value(what, text) for what, text in pairs if text and text.strip())


def _applications(ticket: Ticket, callers: Sequence[uuid.UUID]) -> list[Application]:
    """Those that the ticket is or was about, and those of its callers."""
    linked = select(TicketApplication.application_id).where(TicketApplication.ticket_id == ticket.id)
    tied = select(CallerApplication.application_id).where(CallerApplication.caller_id.in_(callers))
    query = select(Application).where(
        or_(Application.id.in_(linked), Application.id.in_(tied), Application.applicant_id.in_(callers))
    )
    return list(db.session.scalars(query))


# --- what the form of an article asks -------------------------------------------------------------------------


class TicketText:
    """A consultation or a reply that an article is written from (kb.origins.Origin)."""

    def __init__(self, row: Consultation | Reply, person: Staff):
        self.row, self.person = row, person
        self.ticket: Ticket = row.ticket

    def draft(self) -> Draft:
        """Question and answer without the persons in them; a look at the ticket."""
        audit.record(
            Action.TICKET_VIEWED,
            by=self.person,
            on=self.ticket,
            facts={"number": self.ticket.number},
            read=True,
        )
        if isinstance(self.row, Reply):
            return draft_from(self.ticket, asked=self.ticket.subject, answered=self.row.text)
        return draft_from(self.ticket, asked=self.row.content, answered=self.row.answer or "")

    def faults(self, content: Content) -> list[Fault]:
        """What of the ticket's persons stands in the article."""
        return personal_faults(content, self.ticket)

    def keep(self, article: Article, *, by: Any) -> None:
        """Keep the lineage."""
        row = self.row
        if isinstance(row, Reply):
            keep_origin(article, self.ticket, by=by, reply=row)
        else:
            keep_origin(article, self.ticket, by=by, consultation=row)


def register() -> None:
    """Let articles be written from tickets; the roof calls this."""
    origins.register("consultation", lambda row_id, person: _found(Consultation, row_id, person))
    origins.register("reply", lambda row_id, person: _found(Reply, row_id, person))
    origins.register_guard("tickets", _faults_of)
    panels.register_panel("origins", panel)


def panel(article: Article, person: Staff) -> Markup | None:
    """On an article's page: what it was written from, for those who may see it."""
    rows = [*_searched(article, person), *_ticket_rows(article, person)]
    if not rows:
        return None
    return Markup(render_template("tickets/_origins_panel.html", rows=rows))  # noqa: S704 (a template of ours)


def _ticket_rows(article: Article, person: Staff) -> list[dict[str, Any]]:
    if not person.may(Permission.TICKETS_READ):
        return []
    query = (
        select(ArticleOrigin)
        .join(Ticket, Ticket.id == ArticleOrigin.ticket_id)
        .where(ArticleOrigin.article_id == article.id, *Ticket.visibility(person))
        .options(joinedload(ArticleOrigin.ticket), joinedload(ArticleOrigin.by))
        .order_by(ArticleOrigin.made_at)
    )
    return [
        {
            "url": _place(row),
            "text": row.ticket.label,
            "about": _("%(at)s %(who)s", at=when(row.made_at).text, who=row.by.display_name),
        }
        for row in db.session.scalars(query)
    ]


def _place(row: ArticleOrigin) -> str:
    there = f"#consultation-{row.consultation_id.hex}" if row.consultation_id else ""
    return ticket_url(row.ticket) + there


def _searched(article: Article, person: Staff) -> list[dict[str, Any]]:
    """How often its question had been searched for and asked for in vain."""
    if not person.may(Permission.KB_CURATE):
        return []
    counts = [
        (
            _l("検索 %(count)d回"),
            select(func.count()).select_from(FaqSearch).where(FaqSearch.article_id == article.id),
        ),
        (_l("依頼 %(count)d件"), select(func.count()).select_from(Wish).where(Wish.article_id == article.id)),
    ]
    found = [(words, db.session.scalar(query) or 0) for words, query in counts]
    return [
        {"url": "", "text": str(words) % {"count": count}, "about": ""} for words, count in found if count
    ]


def _found(model: type[Consultation] | type[Reply], row_id: uuid.UUID, person: Staff) -> TicketText | None:
    """A text of a ticket that the person may see."""
    if not person.may(Permission.TICKETS_READ):
        return None
    query: Any = select(model).join(Ticket, Ticket.id == model.ticket_id).where(model.id == row_id)
    row = db.session.scalars(query.where(*Ticket.visibility(person))).first()
    return TicketText(row, person) if row is not None else None


def _faults_of(article: Article, content: Content) -> list[Fault]:
    """An article that came from tickets: the persons of none of them."""
    query = select(ArticleOrigin).where(ArticleOrigin.article_id == article.id)
    rows = db.session.scalars(query.options(joinedload(ArticleOrigin.ticket)))
    return [fault for row in rows for fault in personal_faults(content, row.ticket)]
