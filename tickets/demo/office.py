"""The demo office: 16 staff, some 300 callers, 400 applications and 800 tickets over the year before the first start."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from callcenter import clock
from callcenter.applications import models as applications
from callcenter.applications.flow import State
from callcenter.applications.models import Application, Declared
from callcenter.calendar import fiscal_year, is_business_day
from callcenter.contacts import Channel, Contact
from callcenter.db import db, new_id, writing
from callcenter.people import clauses, passwords
from callcenter.people.callers import Caller, PhoneLabel, Relation
from callcenter.people.installation import Installation
from callcenter.people.phones import read as read_phone
from callcenter.people.staff import Staff, appoint
from callcenter.permissions import Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Kind, seal_value
from callcenter.programmes import Period, Programme, next_number, open_period
from tickets.demo.matters import CATEGORIES, CHANNELS, MATTERS, NOTES, Matter
from tickets.demo.names import Family, child, family
from tickets.exchange.importing import Batch
from tickets.records.categories import Category, Team, Tree
from tickets.records.changes import TicketApplication, TicketStateChange
from tickets.records.consultation import Consultation, Outcome
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Note
from tickets.records.state import Priority, TicketState
from tickets.records.ticket import Ticket

SEED = 20260401
PASSWORD = "demo-madoguchi-2026"
FAMILIES = 300
TICKETS = 800
UNSETTLED = 4

STAFF = (
    ("aoki", "青木 晴", "アオキ ハル", Role.PHONE_AGENT),
    ("ueda", "上田 奏", "ウエダ カナデ", Role.PHONE_AGENT),
    ("nomura", "野村 七海", "ノムラ ナナミ", Role.PHONE_AGENT),
    ("ito", "伊藤 澪", "イトウ ミオ", Role.MAIL_AGENT),
    ("hirano", "平野 朔", "ヒラノ サク", Role.MAIL_AGENT),
    ("sato", "佐藤 律", "サトウ リツ", Role.SUPERVISOR),
    ("suzuki", "鈴木 楓", "スズキ カエデ", Role.SUPERVISOR),
    ("endo", "遠藤 湊", "エンドウ ミナト", Role.PRE_SCREENER),
    ("maruyama", "丸山 千景", "マルヤマ チカゲ", Role.PRE_SCREENER),
    ("okada", "岡田 柊", "オカダ シュウ", Role.DISPATCHER),
    ("miyata", "宮田 小夜", "ミヤタ サヨ", Role.DISPATCHER),
    ("kato", "加藤 遥", "カトウ ハルカ", Role.WARD_STAFF),
    ("kimura", "木村 凪", "キムラ ナギ", Role.WARD_STAFF),
    ("ono", "小野 紬", "オノ ツムギ", Role.PRIVACY_OFFICER),
    ("kondo", "近藤 蓮", "コンドウ レン", Role.WARD_AUDITOR),
    ("honda", "本田 樹", "ホンダ イツキ", Role.ADMINISTRATOR),
)
PROVIDERS = ("みほんシッターズ", "れいだい保育サービス", "サンプル・ナニー", "架空ベビーケア")
TEAMS = ("受電班", "メール班", "事務班")


@dataclass
class Household:
    """A family of the demo with its records."""

    family: Family
    period: Period
    caller: Caller
    applications: list[Application] = field(default_factory=list)


class DemoOffice:
    """Makes the office once, always the same for the same first day. `say` is told how far it is."""

    def __init__(self, programme: Programme, say: Callable[[str], None]):
        self.programme, self.say = programme, say
        self.random = Random(SEED)
        self.today = clock.today()
        self.first_day = self.today - timedelta(days=365)
        self.people: dict[str, Staff] = {}
        self.periods: dict[int, Period] = {}
        self.tree = Tree([])

    def make(self) -> None:
        """Staff, categories, families, applications and tickets, in one commit."""
        with writing():
            db.session.scalars(select(Installation)).one().is_demo = True
            self._staff()
            self.say(f"従事者 {len(self.people)}人")
            self._years()
            self._categories()
            households = [self._household(serial) for serial in range(1, FAMILIES + 1)]
            db.session.flush()
            self.say(f"相談者 {len(households)}人")
            count = sum(self._applications(household) for household in households)
            db.session.flush()
            self.say(f"申請 {count}件")
            self._tickets(households)
            self.say(f"チケット {TICKETS}件")
            facts = {"demo": True, "tickets": TICKETS, "applications": count}
            audit.record(Action.HOUSE_PREPARED, by=audit.CONSOLE, facts=facts)

    # --- people

    def _staff(self) -> None:
        password, version = passwords.hashed(PASSWORD), clauses.current()
        for sign_in_name, name, kana, role in STAFF:
            person = appoint(
                by=audit.CONSOLE,
                sign_in_name=sign_in_name,
                name=name,
                kana=kana,
                role=role,
                programmes=[self.programme],
                designated_on=self.first_day,
            )
            person.keep_password(password, by=audit.CONSOLE)
            if version:
                clauses.confirm(person, version)
            self.people[sign_in_name] = person

    def _in(self, *roles: Role) -> Staff:
        return self.random.choice([p for p in self.people.values() if p.role in roles])

    def _years(self) -> None:
        for year in {fiscal_year(self.first_day), fiscal_year(self.today)}:
            known = select(Period).where(Period.programme_id == self.programme.id, Period.fiscal_year == year)
            self.periods[year] = db.session.scalars(known).first() or open_period(self.programme, year)

    def _categories(self) -> None:
        for top, middles in CATEGORIES.items():
            first = Category.add(self.programme.id, top, by=audit.CONSOLE)
            for middle, smalls in middles.items():
                second = Category.add(self.programme.id, middle, parent=first, by=audit.CONSOLE)
                for small in smalls:
                    Category.add(self.programme.id, small, parent=second, by=audit.CONSOLE)
        db.session.add_all(Team(programme_id=self.programme.id, name=name) for name in TEAMS)
        db.session.flush()
        self.tree = Tree.of([self.programme.id])

    def _day(self, period: Period) -> date:
        first, last = max(self.first_day, period.starts_on), min(self.today, period.ends_on)
        while True:
            day = first + timedelta(days=self.random.randrange((last - first).days + 1))
            if is_business_day(day) or day == last == first:
                return day

    def _at(self, day: date) -> datetime:
        moment = clock.from_japan(
            day.year, day.month, day.day, self.random.randint(9, 16), self.random.randint(0, 59)
        )
        return min(moment, clock.now() - timedelta(minutes=5))

    def _household(self, serial: int) -> Household:
        made = family(self.random, serial)
        weight = [
            (min(self.today, p.ends_on) - max(self.first_day, p.starts_on)).days
            for p in self.periods.values()
        ]
        period = self.random.choices(list(self.periods.values()), weight)[0]
        caller = Caller.create(
            period,
            by=self._in(Role.PHONE_AGENT),
            name=made.parent.name,
            kana=made.parent.kana,
            address=made.address,
            phones=[(PhoneLabel.HOME if made.phone.startswith("03") else PhoneLabel.MOBILE, made.phone)],
            mails=[made.mail] if self.random.random() < 0.7 else [],
            recorded=False,
        )
        return Household(made, period, caller)

    # --- applications

    def _applications(self, household: Household) -> int:
        for _ in range(self.random.choices((0, 1, 2, 3), (0.12, 0.5, 0.3, 0.08))[0]):
            household.applications.append(self._application(household))
        return len(household.applications)

    def _application(self, household: Household) -> Application:
        made, day = household.family, self._day(household.period)
        application = Application.receive(
            household.period,
            Declared(made.parent.name, made.parent.kana, made.address, made.phone, made.mail, made.account),
            by=self._in(Role.PRE_SCREENER),
            channel=self.random.choices(list(applications.Channel), (0.7, 0.3))[0],
            received_at=self._at(day),
            fiscal_year=household.period.fiscal_year,
            applicant=household.caller,
            recorded=False,
        )
        twins = self.random.random() < 0.06
        for _ in range(2 if twins else self.random.choices((1, 2), (0.8, 0.2))[0]):
            self._child(application, household, day, twins)
        self._progress(application, (self.today - day).days)
        return application

    def _child(self, application: Application, household: Household, day: date, twins: bool) -> None:
        name = child(self.random, household.family.surname)
        born = day - timedelta(days=self.random.randint(200, 6 * 365))
        row = application.add_child(name=name.name, kana=name.kana, birth_date=born, is_multiple=twins)
        for _ in range(self.random.randint(1, 5)):
            used_on = max(household.period.starts_on, day - timedelta(days=self.random.randint(3, 60)))
            start = clock.from_japan(used_on.year, used_on.month, used_on.day, self.random.randint(8, 17))
            hours = self.random.randint(2, 5)
            row.add_use(
                used_from=start,
                used_to=start + timedelta(hours=hours, minutes=self.random.choice((0, 0, 15, 30, 45))),
                provider=self.random.choice(PROVIDERS),
                amount=hours * self.random.choice((1900, 2200, 2500)),
            )

    def _progress(self, application: Application, age: int) -> None:
        """Move an application on as far as one of its age has come."""
        clerk, ward = self._in(Role.PRE_SCREENER), self._in(Role.WARD_STAFF)
        steps: list[tuple[int, State, Staff]] = [(2, State.SCREENING, clerk)]
        if self.random.random() < 0.25:
            steps += [(5, State.QUERIED, clerk), (14, State.RESUBMITTED, clerk), (16, State.SCREENING, clerk)]
        steps += [(20, State.SCREENED, clerk), (22, State.HANDED_OVER, clerk), (25, State.WARD_REVIEW, ward)]
        for after, state, person in steps:
            if age < after:
                return
            application.move(state, by=person, at=application.received_at + timedelta(days=after))
        if age >= 40:
            self._decide(application, ward)

    def _decide(self, application: Application, ward: Staff) -> None:
        outcome = self.random.choices(
            (State.GRANTED, State.PARTLY_GRANTED, State.REFUSED), (0.85, 0.12, 0.03)
        )[0]
        paid = sum(use.amount for c in application.children for use in c.uses)
        at = application.received_at + timedelta(days=40)
        application.decide(
            outcome,
            by=ward,
            decided_on=clock.japan(at).date(),
            amount=None if outcome is State.REFUSED else paid,
            reason=None if outcome is State.GRANTED else "対象外の費用が含まれていたため",
            document_number=f"見本第{application.number[-4:]}号",
            at=at,
        )

    # --- tickets

    def _tickets(self, households: list[Household]) -> None:
        first = next_number(self.programme.id, Kind.TICKET, TICKETS)
        contact = next_number(self.programme.id, Kind.CONTACT, TICKETS * 2 + UNSETTLED)
        cases = sorted((self._case(households) for _ in range(TICKETS)), key=lambda case: case[0])
        batch = Batch()
        numbers = iter(range(contact, contact + TICKETS * 2 + UNSETTLED))
        for number, (at, household, matter) in enumerate(cases, first):
            self._ticket(batch, number, numbers, at, household, matter)
        batch.insert()
        for channel in (Channel.MAIL, Channel.LETTER, Channel.FAX, Channel.CHAT)[:UNSETTLED]:
            self._unsettled(channel)

    def _case(self, households: list[Household]) -> tuple[datetime, Household, Matter]:
        household, matter = self.random.choice(households), self.random.choice(MATTERS)
        return self._at(self._day(household.period)), household, matter

    def _ticket(
        self,
        batch: Batch,
        number: int,
        numbers: Iterator[int],
        at: datetime,
        household: Household,
        matter: Matter,
    ) -> None:
        period_id, ticket_id = household.period.id, new_id()
        group = batch.group(period_id, Kind.TICKET)
        outcome = self.random.choice(matter.outcomes)
        is_known = matter.about_application or self.random.random() < 0.55
        caller_id = household.caller.id if is_known else None
        state = self._state_of((self.today - clock.japan(at).date()).days, outcome)
        owner = self._in(Role.PHONE_AGENT, Role.MAIL_AGENT) if self.random.random() < 0.92 else None
        batch.add(
            Ticket,
            id=ticket_id,
            period_id=period_id,
            programme_id=self.programme.id,
            group_id=group,
            number=number,
            external_id=None,
            category_id=self._category(matter.category),
            state=state,
            priority=Priority.HIGH if outcome is Outcome.COMPLAINT else Priority.NORMAL,
            owner_id=owner.id if owner else None,
            caller_id=caller_id,
            opened_at=at,
            updated_at=at,
            version=1,
            subject=seal_value(Ticket.subject, Ticket, ticket_id, group, matter.subject),
        )
        handler = owner or self._in(Role.PHONE_AGENT)
        rounds = 2 if outcome is Outcome.CALL_BACK and state is TicketState.CLOSED else 1
        for turn in range(rounds):
            moment = min(at + timedelta(days=turn, minutes=turn * 37), clock.now())
            last = outcome if turn == 0 else Outcome.RESOLVED
            self._consultation(
                batch, ticket_id, next(numbers), moment, household, matter, handler, caller_id, last
            )
        self._around(batch, ticket_id, group, at, state, handler)
        if is_known and household.applications:
            batch.add(
                TicketApplication,
                id=new_id(),
                ticket_id=ticket_id,
                application_id=self.random.choice(household.applications).id,
                linked_at=at,
                linked_by_id=handler.id,
            )

    def _consultation(
        self,
        batch: Batch,
        ticket_id: uuid.UUID,
        number: int,
        at: datetime,
        household: Household,
        matter: Matter,
        handler: Staff,
        caller_id: uuid.UUID | None,
        outcome: Outcome,
    ) -> None:
        group, contact_id, row_id = batch.group(household.period.id, Kind.CONTACT), new_id(), new_id()
        channel = self.random.choices([c for c, _ in CHANNELS], [w for _, w in CHANNELS])[0]
        rang = channel is Channel.PHONE and caller_id is not None
        raw = household.family.phone if rang else "非通知" if channel is Channel.PHONE else None
        ended = min(at + timedelta(seconds=self.random.randint(90, 900)), clock.now())
        shared: dict[str, Any] = {"period_id": household.period.id, "group_id": group, "caller_id": caller_id}
        shared |= {
            "received_at": at,
            "entered_at": at,
            "answered_at": at,
            "ended_at": ended,
            "handler_id": handler.id,
        }
        batch.add(
            Contact,
            id=contact_id,
            programme_id=self.programme.id,
            number=number,
            channel=channel,
            direction="inbound",
            settled_at=ended,
            line=read_phone(raw).line if raw else None,
            from_number=seal_value(Contact.from_number, Contact, contact_id, group, raw),
            **shared,
        )
        said = self.random.choice(matter.said)
        batch.add(
            Consultation,
            id=row_id,
            contact_id=contact_id,
            ticket_id=ticket_id,
            relation=self.random.choices((Relation.APPLICANT, Relation.SPOUSE), (0.85, 0.15))[0]
            if caller_id
            else Relation.UNKNOWN,
            identity_level=1 if caller_id and matter.about_application else 0,
            outcome=outcome,
            started_at=at,
            version=1,
            content=seal_value(Consultation.content, Consultation, row_id, group, said),
            answer=seal_value(Consultation.answer, Consultation, row_id, group, matter.answer),
            **shared,
        )

    def _around(
        self,
        batch: Batch,
        ticket_id: uuid.UUID,
        group: uuid.UUID,
        at: datetime,
        state: TicketState,
        handler: Staff,
    ) -> None:
        """What stands around a consultation: the change of state, a note, a promised next step."""
        shared: dict[str, Any] = {"ticket_id": ticket_id, "group_id": group}
        if state is not TicketState.OPEN:
            batch.add(
                TicketStateChange,
                id=new_id(),
                before=TicketState.OPEN,
                after=state,
                changed_at=min(at + timedelta(minutes=12), clock.now()),
                by_id=handler.id,
                **shared,
            )
        if self.random.random() < 0.15:
            row_id = new_id()
            text = seal_value(Note.text, Note, row_id, group, self.random.choice(NOTES))
            batch.add(Note, id=row_id, written_at=at, by_id=handler.id, text=text, **shared)
        if state is not TicketState.CLOSED:
            row_id, due_on = new_id(), self.today + timedelta(days=self.random.randint(-1, 5))
            text = seal_value(FollowUp.text, FollowUp, row_id, group, "区の回答を確認して折り返す")
            by = {"owner_id": handler.id, "made_by_id": handler.id, "made_at": at}
            batch.add(FollowUp, id=row_id, due_on=due_on, text=text, **by, **shared)

    def _state_of(self, age: int, outcome: Outcome) -> TicketState:
        if age > 45 or (outcome is Outcome.RESOLVED and self.random.random() < 0.9):
            return TicketState.CLOSED
        if outcome in (Outcome.TO_WARD, Outcome.CALL_BACK):
            return TicketState.CLOSED if self.random.random() < age / 30 else TicketState.WAITING
        return TicketState.OPEN if self.random.random() > age / 30 else TicketState.CLOSED

    def _category(self, name: str) -> uuid.UUID:
        return self.tree.named(name)[0].id

    def _unsettled(self, channel: Channel) -> None:
        """Something that came in by another way and waits in the tray."""
        matter = self.random.choice(MATTERS)
        Contact.receive(
            self.periods[fiscal_year(self.today)],
            channel,
            by=audit.SYSTEM,
            received_at=clock.now() - timedelta(minutes=self.random.randint(10, 300)),
            from_mail="parent9001@example.jp" if channel is Channel.MAIL else None,
            subject=matter.subject,
            body=matter.said[0],
        )
