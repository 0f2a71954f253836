"""Tickets: a ticket is the case; what is done to it stands here as verbs, each leaving a row."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    UniqueConstraint,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.db import Choice, InPeriod, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import belongs_to
from callcenter.privacy.vault import Grouped, Kind, new_group, sealed
from callcenter.programmes import Period, next_number
from tickets.records import closing
from tickets.records.categories import Category, Team
from tickets.records.changes import Reassignment, TicketApplication, TicketStateChange
from tickets.records.follow_up import FollowUp
from tickets.records.state import NEXT, STATES, Priority, TicketState, label
from tickets.records.ticket_import import TicketImport

if TYPE_CHECKING:
    from callcenter.privacy.audit import Actor


UNCLOSED: Any = {"sqlite_where": text("state <> 'closed'"), "postgresql_where": text("state <> 'closed'")}
"""An index of the few tickets that are not closed; a question uses it when it says `Ticket.is_unclosed()`."""


class Ticket(InPeriod, Grouped, Row):
    """A case: one matter of one person, from the first contact to the end."""

    __tablename__ = "ticket"
    __subject__ = belongs_to("caller_id", show=("number", "state"), at="opened_at")
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        UniqueConstraint("programme_id", "external_id"),
        Index("ix_ticket_newest", "period_id", "opened_at"),
        Index("ix_ticket_list", "period_id", "state", "opened_at"),
        Index("ix_ticket_owner", "period_id", "owner_id", "opened_at"),
        Index("ix_ticket_unclosed", "period_id", "opened_at", **UNCLOSED),
        Index("ix_ticket_in_hand", "period_id", "owner_id", "opened_at", **UNCLOSED),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    external_id: Mapped[str | None] = mapped_column(Words(Why.NUMBER, 120))
    category_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("category.id"))
    state: Mapped[TicketState] = mapped_column(Choice(TicketState), default=TicketState.OPEN)
    priority: Mapped[Priority] = mapped_column(Choice(Priority), default=Priority.NORMAL)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("team.id"))
    caller_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("caller.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column()
    import_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ticket_import.id"), index=True)
    import_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    subject = sealed(Item.CONSULTATION, nullable=False)

    __mapper_args__ = {"version_id_col": version}

    period: Mapped[Period] = relationship(Period)
    category: Mapped[Category | None] = relationship(Category)
    owner: Mapped[Staff | None] = relationship(Staff, foreign_keys=[owner_id])
    team: Mapped[Team | None] = relationship(Team)
    caller: Mapped[Any] = relationship("Caller")
    links: Mapped[list[TicketApplication]] = relationship(
        back_populates="ticket", order_by="TicketApplication.linked_at"
    )
    follow_ups: Mapped[list[FollowUp]] = relationship(back_populates="ticket", order_by="FollowUp.due_on")

    @classmethod
    def open(
        cls,
        period: Period,
        *,
        by: Actor,
        subject: str,
        category: Category | None = None,
        owner: Staff | None = None,
        team: Team | None = None,
        caller_id: uuid.UUID | None = None,
        priority: Priority = Priority.NORMAL,
        opened_at: datetime | None = None,
    ) -> Ticket:
        """Open a case. Raises Invalid without a subject."""
        if not subject.strip():
            raise Invalid("件名を入力してください。", code="subject_missing")
        at = opened_at or clock.now()
        ticket = cls(
            period_id=period.id,
            programme_id=period.programme_id,
            group=new_group(period.id, Kind.TICKET),
            number=next_number(period.programme_id, Kind.TICKET),
            category_id=category.id if category else None,
            owner_id=owner.id if owner else None,
            team_id=team.id if team else None,
            caller_id=caller_id,
            priority=priority,
            opened_at=at,
            updated_at=at,
            state=TicketState.OPEN,
        )
        ticket.subject = subject.strip()
        db.session.add(ticket)
        audit.record(Action.TICKET_CREATED, by=by, on=ticket, facts={"number": ticket.number})
        return ticket

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Ticket]:
        """Tickets of the programmes a person works for; none of an import that is not valid yet."""
        return select(cls).where(*cls.visibility(person))

    @classmethod
    def visibility(cls, person: Staff) -> tuple[Any, ...]:
        """The conditions of `visible_to`, for Core selects."""
        return cls.period_id.in_(person.period_ids), cls.is_valid()

    @classmethod
    def is_unclosed(cls) -> ColumnElement[bool]:
        """Whether a ticket is not closed, in the words of the indexes that hold only those."""
        return cls.state != literal_column("'closed'")

    @classmethod
    def is_valid(cls) -> ColumnElement[bool]:
        """Whether a ticket is no part of an import that is still being made."""
        return or_(cls.import_id.is_(None), cls.import_id.not_in(cls.unfinished()))

    @classmethod
    def unfinished(cls) -> Select[uuid.UUID]:
        """The imports that are still being made."""
        return select(TicketImport.id).where(TicketImport.valid_at.is_(None))

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return [("ticket", self.id)]

    # --- what it is

    @property
    def label(self) -> str:
        """The number that people read out."""
        return label(self.number)

    @property
    def is_closed(self) -> bool:
        return self.state is TicketState.CLOSED

    @property
    def next_states(self) -> list[TicketState]:
        return sorted(NEXT[self.state])

    @property
    def applications(self) -> list[Application]:
        return [link.application for link in self.links if link.unlinked_at is None]

    # --- what is done to it

    def change_state(self, state: TicketState, *, by: Staff, reason: str | None = None) -> TicketStateChange:
        """Wait, close or reopen. Raises Conflict for an impossible step, naming what is possible now, and for a close
        while something is still owed (code still_open)."""
        if state not in NEXT[self.state]:
            possible = "・".join(STATES[s] for s in self.next_states)
            raise Conflict(
                f"「{STATES[self.state]}」から「{STATES[state]}」にはできません。今できるのは {possible} です。",
                code="impossible_transition",
            )
        owed = closing.why_open(self) if state is TicketState.CLOSED else []
        if owed:
            raise Conflict(_("まだ完了にできません。%(owed)s", owed="".join(owed)), code="still_open")
        before, self.state = self.state, state
        change = TicketStateChange(
            ticket_id=self.id, group=self.group, before=before, after=state, by_id=by.id
        )
        change.changed_at, change.reason = self._touched(), reason or None
        db.session.add(change)
        audit.record(Action.TICKET_STATE_CHANGED, by=by, on=self, facts={"before": before, "after": state})
        return change

    def assign(
        self, *, by: Staff, owner: Staff | None, team: Team | None = None, reason: str | None = None
    ) -> None:
        """Give it to a person, a team, or back to nobody."""
        if owner is not None and self.programme_id not in owner.programme_ids:
            raise Invalid("この人は、この事業の担当に登録されていません。", code="owner_elsewhere")
        row = Reassignment(ticket_id=self.id, group=self.group, by_id=by.id)
        row.before_id, row.after_id = self.owner_id, owner.id if owner else None
        row.team_id, row.reassigned_at, row.reason = (
            team.id if team else None,
            self._touched(),
            reason or None,
        )
        self.owner_id, self.team_id = row.after_id, row.team_id
        db.session.add(row)
        audit.record(Action.TICKET_ASSIGNED, by=by, on=self, facts={"owner": str(row.after_id or "")})

    def revise(self, *, by: Staff, subject: str, category: Category | None, priority: Priority) -> None:
        """Correct subject, category or priority."""
        if not subject.strip():
            raise Invalid("件名を入力してください。", code="subject_missing")
        fields = [
            name
            for name, changed in (
                ("subject", subject.strip() != self.subject),
                ("category", self.category_id != (category.id if category else None)),
                ("priority", priority != self.priority),
            )
            if changed
        ]
        if not fields:
            return
        if "subject" in fields:
            self.subject = subject.strip()
        self.category_id, self.priority = category.id if category else None, priority
        self._touched()
        audit.record(Action.TICKET_UPDATED, by=by, on=self, facts={"fields": fields})

    def link(self, application: Application, *, by: Staff) -> TicketApplication:
        """Say that this case is about an application record. Linking twice changes nothing."""
        if application.period.programme_id != self.programme_id:
            raise Invalid("別の事業の申請です。", code="other_programme")
        known = next(
            (x for x in self.links if x.application_id == application.id and x.unlinked_at is None), None
        )
        if known:
            return known
        link = TicketApplication(
            ticket=self, application=application, linked_by_id=by.id, linked_at=self._touched()
        )
        db.session.add(link)
        audit.record(Action.TICKET_LINKED, by=by, on=self, facts={"application": application.id.hex})
        return link

    def unlink(self, application: Application, *, by: Staff) -> None:
        """Take a link back; the row stays as history."""
        link = next(
            (x for x in self.links if x.application_id == application.id and x.unlinked_at is None), None
        )
        if link is None:
            raise Conflict("この申請は結び付けられていません。", code="not_linked")
        link.unlinked_at, link.unlinked_by_id = self._touched(), by.id
        audit.record(Action.TICKET_UNLINKED, by=by, on=self, facts={"application": application.id.hex})

    def follow_up(
        self, due_on: date, text: str, *, by: Staff, owner: Staff | None = None, is_open: bool = False
    ) -> FollowUp:
        """Promise a next step by a day: by `owner`, else by who promises it; `is_open` leaves it to whoever takes it."""
        if not text.strip():
            raise Invalid("次にすることを入力してください。", code="follow_up_empty")
        if due_on < clock.today():
            raise Invalid("期限は今日以後の日付にしてください。", code="due_in_past")
        row = FollowUp(
            ticket=self, group=self.group, due_on=due_on, made_by_id=by.id, made_at=self._touched()
        )
        row.owner_id, row.text = None if is_open else (owner or by).id, text.strip()
        db.session.add(row)
        audit.record(Action.FOLLOW_UP_ADDED, by=by, on=self, facts={"due_on": due_on})
        return row

    def touched(self) -> None:
        """Something on this case changed."""
        self._touched()

    def _touched(self) -> datetime:
        self.updated_at = clock.now()
        return self.updated_at
