"""Calling back those who were told a version that is wrong now: one call a person, made in one step, made once.

Source: docs/rules.md#wrong-answers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from callcenter import clock
from callcenter.db import db, new_id
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from tickets.records.follow_up import FollowUp
from tickets.records.lineage import ToldRecall
from tickets.records.state import label
from tickets.records.ticket import Ticket
from tickets.wrong_answers import told
from tickets.wrong_answers.told import Narrowed, Told


@dataclass(frozen=True)
class Owner:
    """Who shall call: each ticket's own owner (`of_ticket`), a person, or (neither) whoever takes it."""

    of_ticket: bool = False
    staff: Staff | None = None


@dataclass(frozen=True)
class Made:
    """What one press made: consultations put right by it, and follow-ups that are new."""

    consultations: int
    follow_ups: int


@dataclass(frozen=True)
class Batch:
    """What one press made, as it stands now."""

    id: uuid.UUID
    at: datetime
    by_id: uuid.UUID
    follow_ups: int
    done: int


def default_text(article: Article, told_before: dict[int, str]) -> str:
    """What the caller was told and what is right now, for whoever calls. `told_before`: read-aloud by version."""
    now = article.current
    assert now is not None
    lines = [_("【誤案内の訂正】%(label)s「%(question)s」", label=article.label, question=now.question)]
    for number, aloud in told_before.items():
        if number != now.number:
            lines.append(_("前の案内（第%(number)d版）「%(aloud)s」", number=number, aloud=aloud))
    lines.append(_("正しい案内（第%(number)d版）「%(aloud)s」", number=now.number, aloud=now.aloud))
    return "\n".join(lines)


def make(
    article: Article, chosen: Collection[uuid.UUID], *, by: Staff, due_on: date, text: str, owner: Owner
) -> Made:
    """Promise a call-back to everybody behind these consultations who has none about the version that is right now.

    A person gets one, on their newest open ticket (else the newest); the others name it. Somebody protected is called by
    who presses, never by an agent. Raises Invalid for a day in the past, no text, or nobody chosen; Conflict when the
    article has no approved version."""
    db.session.refresh(article, with_for_update=True)  # two people at once: the second makes what is missing
    if article.current is None:
        raise Conflict(_("承認された版がない記事です。"), code="not_published")
    if not chosen:
        raise Invalid(_("折返しをする相談を選んでください。"), code="nobody_chosen")
    if not text.strip():
        raise Invalid(_("次にすることを入力してください。"), code="follow_up_empty")
    if due_on < clock.today():
        raise Invalid(_("期限は今日以後の日付にしてください。"), code="due_in_past")
    rows = [row for row in told.rows(article, by, Narrowed(), only=chosen) if row.may_be_recalled]
    batch, new = new_id(), 0
    for of_person in _by_person(rows):
        promise = _standing(article, of_person, by)
        if promise is None:
            promise, new = _promised(of_person, by, due_on, text.strip(), owner), new + 1
        for row in of_person:
            recall = ToldRecall(
                consultation_id=row.id,
                ticket_id=row.ticket_id,
                revision_id=article.current.id,
                follow_up=promise,
                batch_id=batch,
                made_at=clock.now(),
                by_id=by.id,
            )
            db.session.add(recall)
    if rows:
        facts = {"revision": article.current_number, "count": len(rows), "follow_ups": new}
        audit.record(Action.RECALLS_MADE, by=by, on=article, facts=facts)
    return Made(len(rows), new)


def undo(article: Article, batch_id: uuid.UUID, *, by: Staff) -> int:
    """Take back what one press made and nobody has done yet; gives how many follow-ups went.

    Raises Conflict when there is nothing to take back (any more)."""
    mine = select(ToldRecall).join(ArticleRevision, ArticleRevision.id == ToldRecall.revision_id)
    mine = mine.where(ToldRecall.batch_id == batch_id, ArticleRevision.article_id == article.id)
    rows = [row for row in db.session.scalars(mine) if row.follow_up.done_at is None]
    if not rows:
        raise Conflict(
            _("取り消せる予定はありません。すでに完了したか、取り消されています。"), code="nothing_to_undo"
        )
    promises = {row.follow_up for row in rows}
    db.session.execute(delete(ToldRecall).where(ToldRecall.id.in_({row.id for row in rows})))
    ids = {promise.id for promise in promises}
    shared = set(db.session.scalars(select(ToldRecall.follow_up_id).where(ToldRecall.follow_up_id.in_(ids))))
    alone = [promise for promise in promises if promise.id not in shared]
    for row in rows:
        db.session.expunge(row)
    for promise in alone:
        promise.withdraw(by=by)
    audit.record(
        Action.RECALLS_UNDONE, by=by, on=article, facts={"count": len(rows), "follow_ups": len(alone)}
    )
    return len(alone)


def batches(article: Article, person: Staff) -> list[Batch]:
    """What was made about the version that is right now, press by press, the newest first."""
    query = (
        select(
            ToldRecall.batch_id,
            func.min(ToldRecall.made_at),
            ToldRecall.by_id,
            func.count(ToldRecall.follow_up_id.distinct()),
            func.count(FollowUp.id.distinct()),
        )
        .join(ArticleRevision, ArticleRevision.id == ToldRecall.revision_id)
        .join(Ticket, Ticket.id == ToldRecall.ticket_id)
        .outerjoin(FollowUp, (FollowUp.id == ToldRecall.follow_up_id) & FollowUp.done_at.is_not(None))
        .where(ArticleRevision.article_id == article.id, ArticleRevision.number == article.current_number)
        .where(*Ticket.visibility(person))
        .group_by(ToldRecall.batch_id, ToldRecall.by_id)
        .order_by(func.min(ToldRecall.made_at).desc())
    )
    return [Batch(*row) for row in db.session.execute(query)]


def _by_person(rows: Sequence[Told]) -> list[list[Told]]:
    """The consultations of one person together: open tickets first, the newest of them first."""
    people: dict[uuid.UUID, list[Told]] = {}
    for row in sorted(rows, key=lambda row: row.opened_at, reverse=True):
        people.setdefault(row.person, []).append(row)
    return [sorted(of_person, key=lambda row: row.is_closed) for of_person in people.values()]


def _standing(article: Article, of_person: Sequence[Told], by: Staff) -> FollowUp | None:
    """The call-back that this person gets already, and that nobody has made yet."""
    tickets = [row.ticket_id for row in of_person]
    family = select(Ticket.id).where(*Ticket.visibility(by), Ticket.caller_id == of_person[0].person)
    assert article.current is not None
    query = (
        select(FollowUp)
        .join(ToldRecall, ToldRecall.follow_up_id == FollowUp.id)
        .where(ToldRecall.revision_id == article.current.id, FollowUp.done_at.is_(None))
        .where(ToldRecall.ticket_id.in_(tickets) | ToldRecall.ticket_id.in_(family))
    )
    return db.session.scalars(query.limit(1)).first()


def _promised(of_person: Sequence[Told], by: Staff, due_on: date, text: str, owner: Owner) -> FollowUp:
    first = of_person[0]
    ticket = db.session.get_one(Ticket, first.ticket_id)
    others = sorted({row.label for row in of_person} - {first.label})
    lines = [text]
    if others:
        lines.append(_("同じ相談者のほかのチケット: %(labels)s", labels="、".join(others)))
    if not any(row.is_reachable for row in of_person):
        lines.append(
            _("電話番号・メールアドレスの登録がありません。ほかの連絡の方法を責任者と確かめてください。")
        )
    who = ticket.owner if owner.of_ticket else owner.staff
    if any(row.is_protected for row in of_person):
        who = by
    return ticket.follow_up(due_on, "\n".join(lines), by=by, owner=who, is_open=who is None)


def told_elsewhere(ticket: Ticket) -> list[Any]:
    """Call-backs about this ticket that stand on another one: (made_at, by_id, label of that ticket)."""
    query = (
        select(ToldRecall.made_at, ToldRecall.by_id, Ticket.number)
        .join(FollowUp, FollowUp.id == ToldRecall.follow_up_id)
        .join(Ticket, Ticket.id == FollowUp.ticket_id)
        .where(ToldRecall.ticket_id == ticket.id, FollowUp.ticket_id != ticket.id)
        .order_by(ToldRecall.made_at)
    )
    return [(at, by_id, label(number)) for at, by_id, number in db.session.execute(query)]
