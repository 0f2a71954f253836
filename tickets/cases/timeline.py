"""The time line of a ticket: everything that happened to it, in one order, prepared for the page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Executable, Select, bindparam, select
from sqlalchemy.orm import joinedload, raiseload, selectinload

from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.people.callers import RELATIONS
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from callcenter.privacy import vault
from kb.articles.approval import sees_drafts
from kb.articles.revision import ArticleRevision
from tickets.records.attachments import Attachment
from tickets.records.changes import Reassignment, TicketApplication, TicketStateChange
from tickets.records.consultation import Consultation, ToldArticle
from tickets.records.follow_up import FollowUp
from tickets.records.identity import IdentityCheck, Result, checks_in
from tickets.records.lineage import ArticleOrigin, ToldRecall
from tickets.records.notes import Note, Reply
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.labels import When, when
from tickets.wrong_answers.recalls import told_elsewhere


@dataclass(frozen=True)
class OldText:
    """What a consultation said before a correction."""

    content: str
    answer: str
    who: str
    at: When
    reason: str


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind` is the look (components/timeline.html); texts are ready to show. `becomes` is where
    an article is written from it, `made` those that were (label and address, or "" for one that may not be seen)."""

    kind: str
    moment: datetime
    who: str
    text: str
    icon: str | None = None
    id: str | None = None
    said: list[tuple[str, str]] = field(default_factory=list)
    badge: tuple[str, str] | None = None
    tags: list[str] = field(default_factory=list)
    old: list[OldText] = field(default_factory=list)
    consultation: Consultation | None = None
    becomes: str = ""
    made: list[tuple[str, str]] = field(default_factory=list)

    @property
    def at(self) -> When:
        return when(self.moment)

    @property
    def has_card(self) -> bool:
        return bool(self.said)


class Timeline:
    """Reads a ticket's rows once and tells them oldest first. Old texts only for those who may correct."""

    def __init__(self, ticket: Ticket, person: Staff):
        self.ticket = ticket
        self.person = person
        self.sees_old = person.may(Permission.TICKETS_CORRECT)
        there = _what_is_there(ticket)
        self.has_told = ToldArticle in there
        self.consultations = _consultations(ticket, with_old=self.sees_old, with_told=self.has_told)
        self.checks = checks_in([c.contact_id for c in self.consultations]) if IdentityCheck in there else []
        self.attachments = _rows(Attachment, ticket, Attachment.added_at, there)
        self.notes = _rows(Note, ticket, Note.written_at, there)
        self.replies = _rows(Reply, ticket, Reply.replied_at, there)
        self.changes = _rows(TicketStateChange, ticket, TicketStateChange.changed_at, there)
        self.hands = _rows(Reassignment, ticket, Reassignment.reassigned_at, there)
        self.links = _links(ticket) if TicketApplication in there else []
        self.follow_ups = _rows(FollowUp, ticket, FollowUp.made_at, there)
        self.origins = _rows(ArticleOrigin, ticket, ArticleOrigin.made_at, there)
        self.elsewhere = told_elsewhere(ticket) if ToldRecall in there else []
        self._names = _names(self._people())
        vault.prefetch(c.group_id for c in self.consultations)

    @property
    def entries(self) -> list[Entry]:
        parts = (
            self._opened(),
            map(self._consultation, self.consultations),
            map(self._note, self.notes),
            map(self._reply, self.replies),
            map(self._change, self.changes),
            map(self._hand, self.hands),
            (entry for link in self.links for entry in self._link(link)),
            (entry for row in self.follow_ups for entry in self._follow_up(row)),
            map(self._attachment, self.attachments),
            map(self._check, self.checks),
            map(self._recall, self.elsewhere),
        )
        return sorted((entry for part in parts for entry in part), key=lambda entry: entry.moment)

    def _people(self) -> set[uuid.UUID | None]:
        found: set[uuid.UUID | None] = {c.handler_id for c in self.consultations}
        if self.sees_old:
            found |= {c.by_id for consultation in self.consultations for c in consultation.corrections}
        found |= {
            x.by_id for x in (*self.notes, *self.replies, *self.changes, *self.attachments, *self.checks)
        }
        found |= {x for hand in self.hands for x in (hand.before_id, hand.after_id, hand.by_id)}
        found |= {by_id for _at, by_id, _label in self.elsewhere}
        found |= {x for link in self.links for x in (link.linked_by_id, link.unlinked_by_id)}
        return found | {x for f in self.follow_ups for x in (f.made_by_id, f.owner_id, f.done_by_id)}

    def _who(self, staff_id: uuid.UUID | None) -> str:
        return self._names.get(staff_id, "") if staff_id else _("自動")

    # --- one kind each

    def _opened(self) -> Iterator[Entry]:
        if self.ticket.external_id:
            yield Entry(
                "state",
                self.ticket.opened_at,
                _("取込み"),
                _("前のシステムの番号 %(id)s", id=self.ticket.external_id),
            )

    def _consultation(self, row: Consultation) -> Entry:
        contact = row.contact
        parts = [labels.CHANNELS[contact.channel], RELATIONS[row.relation], labels.length(contact.seconds)]
        if contact.is_late_entry:
            parts.append(_("後から入力 %(at)s", at=when(contact.entered_at).text))
        said = [(_("相談内容"), row.content), (_("回答内容"), row.answer or "")]
        told = [
            _("%(label)s 第%(version)d版", label=t.revision.article.label, version=t.revision.number)
            for t in (row.told if self.has_told else ())
        ]
        tags = [contact.label, _("本人確認 段階%(level)d", level=row.identity_level), *told]
        return Entry(
            "consultation",
            contact.received_at,
            self._who(row.handler_id),
            "　".join(str(part) for part in parts if part),
            icon=labels.CHANNEL_ICONS[contact.channel],
            id=f"consultation-{row.id.hex}",
            said=[(label, text) for label, text in said if text],
            badge=(str(labels.OUTCOMES[row.outcome]), labels.OUTCOME_TONES.get(row.outcome, "quiet")),
            tags=tags,
            old=self._old(row) if self.sees_old else [],
            consultation=row,
            becomes=self._becomes("consultation", row),
            made=self._made(row),
        )

    def _becomes(self, kind: str, row: Consultation | Reply) -> str:
        if not self.person.may(Permission.KB_WRITE):
            return ""
        return url_for("kb.new_article", origin=f"{kind}-{row.id}")

    def _made(self, row: Consultation | Reply) -> list[tuple[str, str]]:
        """The articles that were written from this text; an address for those that the person may see."""
        sees = self.person.may(Permission.KB_READ)
        made = [
            origin.article for origin in self.origins if row.id in (origin.consultation_id, origin.reply_id)
        ]
        return [
            (
                _("この回答から %(label)s が作られた", label=article.label),
                url_for("kb.article", article_id=article.id)
                if sees and (article.current_number or sees_drafts(self.person))
                else "",
            )
            for article in made
        ]

    def _old(self, row: Consultation) -> list[OldText]:
        return [
            OldText(c.content or "", c.answer or "", self._who(c.by_id), when(c.corrected_at), c.reason)
            for c in row.corrections
        ]

    def _note(self, row: Note) -> Entry:
        return Entry(
            "note",
            row.written_at,
            self._who(row.by_id),
            _("の内部メモ"),
            id=f"note-{row.id.hex}",
            said=[("", row.text)],
        )

    def _reply(self, row: Reply) -> Entry:
        is_ours = row.author == "agent"
        return Entry(
            "consultation",
            row.replied_at,
            self._who(row.by_id) if is_ours else _("相談者"),
            _("の返信"),
            icon="reply",
            said=[("", row.text)],
            becomes=self._becomes("reply", row) if is_ours else "",
            made=self._made(row),
        )

    def _change(self, row: TicketStateChange) -> Entry:
        text = _("が「%(state)s」にしました", state=labels.STATES[row.after])
        kind = "closed" if row.after is TicketState.CLOSED and row.reason else "state"
        return Entry(kind, row.changed_at, self._who(row.by_id), text, said=_reason(row.reason))

    def _hand(self, row: Reassignment) -> Entry:
        after = self._who(row.after_id) if row.after_id else (row.team.name if row.team else _("担当なし"))
        text = _("が担当を %(after)s に替えました", after=after)
        if row.reason:
            text = _("%(text)s（%(reason)s）", text=text, reason=row.reason)
        return Entry("assignment", row.reassigned_at, self._who(row.by_id), text)

    def _link(self, row: TicketApplication) -> Iterator[Entry]:
        number = row.application.number
        yield Entry(
            "link",
            row.linked_at,
            self._who(row.linked_by_id),
            _("が申請 %(number)s を結びました", number=number),
        )
        if row.unlinked_at:
            text = _("が申請 %(number)s の結び付けを外しました", number=number)
            yield Entry("link", row.unlinked_at, self._who(row.unlinked_by_id), text)

    def _follow_up(self, row: FollowUp) -> Iterator[Entry]:
        about = {"day": labels.day(row.due_on), "text": row.text}
        yield Entry(
            "follow_up",
            row.made_at,
            self._who(row.made_by_id),
            _("が予定を入れました: %(day)s %(text)s", **about),
        )
        if row.done_at:
            yield Entry(
                "follow_up",
                row.done_at,
                self._who(row.done_by_id),
                _("が予定を完了しました: %(day)s %(text)s", **about),
            )

    def _attachment(self, row: Attachment) -> Entry:
        return Entry(
            "attachment",
            row.added_at,
            self._who(row.by_id),
            _("がファイルを添付しました: %(name)s", name=row.name),
        )

    def _check(self, row: IdentityCheck) -> Entry:
        said = "・".join(str(labels.FACTS[fact]) for fact in row.facts)
        number, level = row.application.number, row.level
        if row.result is Result.MATCHED:
            text = _(
                "が本人確認を段階%(level)dにしました（%(number)s、%(said)s）",
                level=level,
                number=number,
                said=said,
            )
        else:
            text = _("の本人確認は不一致でした（%(number)s、%(said)s）", number=number, said=said)
        return Entry("identity", row.checked_at, self._who(row.by_id), text)

    def _recall(self, row: Any) -> Entry:
        at, by_id, other = row
        return Entry(
            "follow_up",
            at,
            self._who(by_id),
            _("が誤案内の折返しを %(label)s の予定に含めました", label=other),
        )


def _reason(reason: str | None) -> list[tuple[str, str]]:
    return [(_("理由"), reason)] if reason else []


def _consultations(ticket: Ticket, *, with_old: bool, with_told: bool) -> list[Consultation]:
    told = (
        selectinload(Consultation.told).joinedload(ToldArticle.revision).joinedload(ArticleRevision.article)
    )
    query = (
        select(Consultation)
        .join(Contact, Consultation.contact_id == Contact.id)
        .where(Consultation.ticket_id == ticket.id)
        .options(
            joinedload(Consultation.contact),
            selectinload(Consultation.corrections) if with_old else raiseload(Consultation.corrections),
            told if with_told else raiseload(Consultation.told),
        )
        .order_by(Consultation.started_at, Consultation.id)
    )
    return list(db.session.scalars(query))


def _links(ticket: Ticket) -> list[TicketApplication]:
    query = select(TicketApplication).where(TicketApplication.ticket_id == ticket.id)
    query = query.join(Application).options(joinedload(TicketApplication.application))
    return list(db.session.scalars(query.order_by(TicketApplication.linked_at)))


KINDS = (
    Attachment,
    Note,
    Reply,
    TicketStateChange,
    Reassignment,
    TicketApplication,
    FollowUp,
    ArticleOrigin,
    ToldRecall,
    ToldArticle,
    IdentityCheck,
)


def _what_is_there(ticket: Ticket) -> set[type]:
    """Which kinds of rows a ticket has at all: most have few, and one question is less than eleven."""
    row = db.session.execute(_whether(), {"ticket_id": ticket.id}).one()
    return {kind for kind, is_there in zip(KINDS, row, strict=True) if is_there}


@cache
def _whether() -> Executable:
    here: Any = bindparam("ticket_id", type_=Ticket.id.type)
    found = [select(kind.id).where(kind.ticket_id == here).exists() for kind in KINDS[:-2]]
    filed = select(Consultation.id).where(Consultation.ticket_id == here)
    contacts = select(Consultation.contact_id).where(Consultation.ticket_id == here)
    told = select(ToldArticle.id).where(ToldArticle.consultation_id.in_(filed)).exists()
    return select(
        *found, told, select(IdentityCheck.id).where(IdentityCheck.contact_id.in_(contacts)).exists()
    )


def _rows(model: Any, ticket: Ticket, at: Any, there: set[type]) -> list[Any]:
    if model not in there:
        return []
    return list(db.session.scalars(_of_ticket(model, at.key), {"ticket_id": ticket.id}))


@cache
def _of_ticket(model: Any, at: str) -> Select[Any]:
    here: Any = bindparam("ticket_id", type_=Ticket.id.type)
    return select(model).where(model.ticket_id == here).order_by(getattr(model, at), model.id)


def _names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Names of staff by id, with one query."""
    wanted = [i for i in ids if i]
    if not wanted:
        return {}
    rows = db.session.scalars(select(Staff).where(Staff.id.in_(wanted)))
    return {person.id: person.display_name for person in rows}
