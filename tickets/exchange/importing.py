"""Bringing in a file of tickets: staged in chunks, valid by one small commit, in flat memory.

New tickets go in with an import that is not valid yet, so nobody sees them; the commit that makes it valid is one
row. Tickets that were there before and changed are brought up to date after it. Running a file again changes nothing;
a run that was killed is cleared away by the next one."""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import delete, insert, select, update

from callcenter import clock
from callcenter.calendar import fiscal_year
from callcenter.clock import japan
from callcenter.console import PutAside
from callcenter.contacts import Contact, Direction
from callcenter.db import db, new_id, writing
from callcenter.lines import LineFault, Rejected
from callcenter.people.callers import Caller, CallerMail, CallerPhone, PhoneLabel, Relation, identity_digest
from callcenter.people.phones import key as phone_key
from callcenter.people.phones import read as read_phone
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import DataKey, Kind, seal_value
from callcenter.programmes import Period, Programme, next_number, open_period
from tickets.exchange.line import ImportLine, Message, read
from tickets.records.categories import found_or_made
from tickets.records.consultation import Consultation, Correction, Outcome, ToldArticle
from tickets.records.notes import Note, Reply
from tickets.records.state import Priority
from tickets.records.ticket import Ticket
from tickets.records.ticket_import import TicketImport

CHUNK = 250
CHUNK_BYTES = 16 * 1024 * 1024
LONGEST_LINE = 8 * 1024 * 1024


@dataclass
class Report:
    """What became of a file: counts of tickets, and the lines that were not taken."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: Rejected = field(default_factory=Rejected)


@dataclass
class Staged:
    """A good line with where it stands in the file."""

    number: int
    offset: int
    line: ImportLine


class Importer:
    """One run over one file, for one programme. `bad` receives the raw rejected lines, when given."""

    def __init__(self, programme: Programme, *, by: audit.Actor, bad: PutAside | None = None):
        self.programme_id, self.by, self.bad = programme.id, by, bad
        self.report = Report()
        self._import_id = new_id()
        self._periods: dict[int, uuid.UUID] = {}
        self._categories: dict[str, uuid.UUID | None] = {"": None}
        self._changed = array("Q")

    def run(self, file: Path) -> Report:
        """Bring the file in. Good lines are kept, bad ones are reported and stored nowhere in the house."""
        self._begin()
        with file.open("rb") as source:
            for chunk in self._chunks(source):
                self._stage(chunk)
            self._make_valid()
            self._bring_up_to_date(source)
        return self.report

    def _begin(self) -> None:
        clear_unfinished(self.programme_id)
        started = {"started_at": clock.now(), "started_by": self.by.actor_id}
        with writing():
            db.session.add(TicketImport(id=self._import_id, programme_id=self.programme_id, **started))

    # --- reading

    def _chunks(self, source: BinaryIO) -> Iterator[list[Staged]]:
        """Good lines, some at a time; no external id twice in one chunk, so that a later line updates an earlier."""
        chunk: dict[str, Staged] = {}
        size = 0
        for number, offset, raw in _lines(source):
            staged = self._read(number, offset, raw)
            if staged is None:
                continue
            if len(chunk) >= CHUNK or size > CHUNK_BYTES or staged.line.external_id in chunk:
                yield list(chunk.values())
                chunk, size = {}, 0
            chunk[staged.line.external_id] = staged
            size += len(raw)
        if chunk:
            yield list(chunk.values())

    def _read(self, number: int, offset: int, raw: bytes) -> Staged | None:
        if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
            return None
        try:
            if len(raw) > LONGEST_LINE:
                raise LineFault("line", f"1行は{LONGEST_LINE // 1024 // 1024}MBまでです。")
            return Staged(number, offset, read(raw))
        except LineFault as fault:
            self.report.rejected.note(number, fault)
            if self.bad is not None:
                self.bad.write(raw.rstrip(b"\r\n") + b"\n")
            return None

    # --- staging what is new

    def _stage(self, chunk: list[Staged]) -> None:
        known = self._known(chunk)
        fresh = []
        for staged in chunk:
            row = known.get(staged.line.external_id)
            if row is None:
                fresh.append(staged.line)
            elif row.import_digest == self._digest(row.period_id, staged.line):
                self.report.unchanged += 1
            else:
                self._changed.append(staged.offset)
        if fresh:
            self._insert(fresh)
            self.report.new += len(fresh)

    def _known(self, chunk: list[Staged]) -> dict[str, Any]:
        columns = (Ticket.external_id, Ticket.period_id, Ticket.import_digest)
        names = [staged.line.external_id for staged in chunk]
        query = select(*columns).where(
            Ticket.programme_id == self.programme_id, Ticket.external_id.in_(names)
        )
        return {str(row.external_id): row for row in db.session.execute(query)}

    def _insert(self, lines: list[ImportLine]) -> None:
        for line in lines:
            self._period(line)
            self._category(line.category)
        with writing():
            first = next_number(self.programme_id, Kind.TICKET, len(lines))
            contacts = sum(1 for line in lines for m in line.messages if m.kind == "consultation")
            contact = next_number(self.programme_id, Kind.CONTACT, max(1, contacts))
        batch = Batch()
        callers = self._callers(lines, batch)
        for number, line in enumerate(lines, first):
            contact = self._lay_out(batch, number, contact, line, callers.get(line.external_id))
        with writing():
            batch.insert()
            on = ("ticket_import", self._import_id)
            audit.record(Action.TICKETS_STAGED, by=self.by, on=on, facts={"count": len(lines)})

    def _lay_out(
        self, batch: Batch, number: int, contact: int, line: ImportLine, caller: uuid.UUID | None
    ) -> int:
        period_id = self._period(line)
        group = batch.group(period_id, Kind.TICKET)
        ticket_id = new_id()
        batch.add(
            Ticket,
            id=ticket_id,
            period_id=period_id,
            programme_id=self.programme_id,
            group_id=group,
            number=number,
            external_id=line.external_id,
            category_id=self._category(line.category),
            state=line.state,
            priority=Priority.NORMAL,
            caller_id=caller,
            opened_at=line.opened_at,
            updated_at=max([line.opened_at, *(m.at for m in line.messages)]),
            version=1,
            import_id=self._import_id,
            import_digest=self._digest(period_id, line),
            subject=seal_value(Ticket.subject, Ticket, ticket_id, group, line.subject),
        )
        place = Place(period_id, self.programme_id, group, ticket_id, caller)
        for message in line.messages:
            contact += lay_out_message(batch, place, contact, line, message)
        return contact

    def _callers(self, lines: list[ImportLine], batch: Batch) -> dict[str, uuid.UUID]:
        """Caller of each line that names one: known from an earlier line or file, else laid out in the batch."""
        wanted: dict[uuid.UUID, dict[bytes, list[ImportLine]]] = {}
        found: dict[str, uuid.UUID] = {}
        for line in lines:
            if not line.caller:
                continue
            period_id = self._period(line)
            digest = identity_digest(
                period_id,
                name=line.caller.get("name"),
                kana=line.caller.get("kana"),
                phone=line.caller.get("phone"),
                mail=line.caller.get("email"),
            )
            if digest is None:
                found[line.external_id] = lay_out_caller(batch, period_id, line.caller, None, line)
            else:
                wanted.setdefault(period_id, {}).setdefault(digest, []).append(line)
        for period_id, by_digest in wanted.items():
            known = Caller.imported(period_id, list(by_digest))
            for digest, same in by_digest.items():
                caller_id = known.get(digest) or lay_out_caller(
                    batch, period_id, same[0].caller, digest, same[0]
                )
                found |= {line.external_id: caller_id for line in same}
        return found

    def _make_valid(self) -> None:
        with writing():
            valid = (
                update(TicketImport).where(TicketImport.id == self._import_id).values(valid_at=clock.now())
            )
            db.session.execute(valid)
            facts = {
                "new": self.report.new,
                "changed": len(self._changed),
                "unchanged": self.report.unchanged,
                "rejected": self.report.rejected.total,
            }
            audit.record(
                Action.TICKETS_IMPORTED, by=self.by, on=("ticket_import", self._import_id), facts=facts
            )
            audit.touch("ticket-import", self._import_id)

    # --- bringing up to date what changed

    def _bring_up_to_date(self, source: BinaryIO) -> None:
        offsets = list(dict.fromkeys(self._changed))
        for start in range(0, len(offsets), CHUNK):
            lines = [self._again(source, offset) for offset in offsets[start : start + CHUNK]]
            with writing():
                for line in lines:
                    self._change(line)
                facts = {"new": 0, "changed": len(lines), "rejected": 0}
                audit.record(
                    Action.TICKETS_IMPORTED, by=self.by, on=("ticket_import", self._import_id), facts=facts
                )
            db.session.expunge_all()
        self.report.changed = len(offsets)

    def _again(self, source: BinaryIO, offset: int) -> ImportLine:
        """Read a line a second time, and have ready what it needs, before the write lock is taken."""
        source.seek(offset)
        line = read(source.readline())
        self._period(line)
        self._category(line.category)
        return line

    def _change(self, line: ImportLine) -> None:
        wanted = select(Ticket).where(
            Ticket.programme_id == self.programme_id, Ticket.external_id == line.external_id
        )
        ticket = db.session.scalars(wanted).one()
        ticket.subject, ticket.state, ticket.opened_at = line.subject, line.state, line.opened_at
        ticket.category_id = self._category(line.category)
        ticket.updated_at = max([line.opened_at, *(m.at for m in line.messages)])
        ticket.import_digest = self._digest(ticket.period_id, line)
        kept = _clear_imported(ticket)
        batch = Batch()
        callers = self._callers([line], batch)
        ticket.caller_id = callers.get(line.external_id, ticket.caller_id)
        fresh = [m for m in line.messages if m.kind != "consultation" or m.at not in kept]
        contact = next_number(self.programme_id, Kind.CONTACT, max(1, len(fresh)))
        place = Place(ticket.period_id, self.programme_id, ticket.group_id, ticket.id, ticket.caller_id)
        for message in fresh:
            contact += lay_out_message(batch, place, contact, line, message)
        db.session.flush()
        batch.insert()

    # --- what many lines share

    def _period(self, line: ImportLine) -> uuid.UUID:
        year = fiscal_year(japan(line.opened_at).date())
        if year not in self._periods:
            self._periods[year] = period_of(self.programme_id, year, by=self.by)
        return self._periods[year]

    def _category(self, name: str) -> uuid.UUID | None:
        if name not in self._categories:
            with writing():
                programme = db.session.get_one(Programme, self.programme_id)
                self._categories[name] = found_or_made(programme, name, by=self.by).id
        return self._categories[name]

    def _digest(self, period_id: uuid.UUID, line: ImportLine) -> bytes:
        return vault.digest(period_id, "ticket-import", line.canonical)


class Batch:
    """Rows for Core inserts, sealed before the write lock is taken; inserted in the order of their foreign keys."""

    def __init__(self) -> None:
        self._rows: dict[Any, list[dict[str, Any]]] = {}

    def add(self, model: Any, **values: Any) -> None:
        self._rows.setdefault(model.__table__, []).append(values)

    def group(self, period_id: uuid.UUID, kind: Kind) -> uuid.UUID:
        """A fresh data key of its own, laid out with the rows."""
        key = vault.new_group(period_id, kind)
        self.add(DataKey, id=key.id, period_id=period_id, kind=kind, kek=key.kek, wrapped=key.wrapped)
        return key.id

    def insert(self) -> None:
        """Write all rows with one statement a table."""
        for table in db.metadata.sorted_tables:
            if table in self._rows:
                db.session.execute(insert(table), self._rows[table])


@dataclass(frozen=True)
class Place:
    """Where a message is laid: its period, programme, key group, ticket and caller."""

    period_id: uuid.UUID
    programme_id: uuid.UUID
    group: uuid.UUID
    ticket_id: uuid.UUID
    caller_id: uuid.UUID | None


def lay_out_message(batch: Batch, place: Place, number: int, line: ImportLine, message: Message) -> int:
    """Lay a message out as consultation (with its contact), reply or note; returns how many contact numbers it took."""
    row_id = new_id()
    if message.kind == "note":
        text = seal_value(Note.text, Note, row_id, place.group, message.body)
        batch.add(
            Note, id=row_id, group_id=place.group, ticket_id=place.ticket_id, written_at=message.at, text=text
        )
        return 0
    if message.kind == "reply":
        text = seal_value(Reply.text, Reply, row_id, place.group, message.body)
        batch.add(
            Reply,
            id=row_id,
            group_id=place.group,
            ticket_id=place.ticket_id,
            replied_at=message.at,
            author=message.author,
            text=text,
        )
        return 0
    lay_out_consultation(batch, place, number, line, message)
    return 1


def lay_out_consultation(batch: Batch, place: Place, number: int, line: ImportLine, message: Message) -> None:
    """A contact that came and was settled at the message's time, and the consultation filed from it."""
    contact_id, row_id, entered_at = new_id(), new_id(), clock.now()
    raw_number = line.caller.get("phone")
    batch.add(
        Contact,
        id=contact_id,
        period_id=place.period_id,
        programme_id=place.programme_id,
        group_id=place.group,
        number=number,
        channel=line.channel,
        direction=Direction.INBOUND,
        received_at=message.at,
        entered_at=entered_at,
        ended_at=message.at,
        settled_at=message.at,
        caller_id=place.caller_id,
        line=read_phone(raw_number).line if raw_number else None,
        from_number=seal_value(Contact.from_number, Contact, contact_id, place.group, raw_number),
    )
    batch.add(
        Consultation,
        id=row_id,
        period_id=place.period_id,
        group_id=place.group,
        contact_id=contact_id,
        ticket_id=place.ticket_id,
        caller_id=place.caller_id,
        relation=Relation.UNKNOWN,
        identity_level=0,
        outcome=Outcome.RESOLVED,
        started_at=message.at,
        ended_at=message.at,
        received_at=message.at,
        entered_at=entered_at,
        version=1,
        content=seal_value(Consultation.content, Consultation, row_id, place.group, message.body),
    )


def lay_out_caller(
    batch: Batch, period_id: uuid.UUID, known: Any, digest: bytes | None, line: ImportLine
) -> uuid.UUID:
    """A caller with phone and mail; returns the new id."""
    caller_id, group = new_id(), batch.group(period_id, Kind.CALLER)
    texts = {
        name: seal_value(getattr(Caller, name), Caller, caller_id, group, known.get(name))
        for name in ("name", "kana", "address")
    }
    batch.add(
        Caller,
        id=caller_id,
        period_id=period_id,
        group_id=group,
        created_at=line.opened_at,
        revision=1,
        identity_digest=digest,
        **texts,
    )
    reach = {"group_id": group, "caller_id": caller_id, "created_at": line.opened_at}
    if phone_key(known.get("phone")):
        row_id = new_id()
        number = seal_value(CallerPhone.number, CallerPhone, row_id, group, known["phone"])
        batch.add(CallerPhone, id=row_id, label=PhoneLabel.MOBILE, number=number, **reach)
    if known.get("email"):
        row_id = new_id()
        address = seal_value(CallerMail.address, CallerMail, row_id, group, known["email"])
        batch.add(CallerMail, id=row_id, address=address, **reach)
    return caller_id


def period_of(programme_id: uuid.UUID, year: int, *, by: audit.Actor) -> uuid.UUID:
    """The period of a fiscal year; opened when an import brings records of a year that was not open."""
    known = db.session.scalars(
        select(Period.id).where(Period.programme_id == programme_id, Period.fiscal_year == year)
    ).first()
    if known is not None:
        return known
    with writing():
        period = open_period(db.session.get_one(Programme, programme_id), year)
        audit.record(Action.PERIOD_OPENED, by=by, on=period, facts={"fiscal_year": year})
        return period.id


def clear_unfinished(programme_id: uuid.UUID) -> None:
    """Remove what a killed import left behind: its tickets were never valid, so nobody has seen them."""
    dead = select(TicketImport.id).where(
        TicketImport.programme_id == programme_id, TicketImport.valid_at.is_(None)
    )
    ids = list(db.session.scalars(dead))
    db.session.rollback()
    for import_id in ids:
        while _clear_some(import_id):
            pass
        with writing():
            db.session.execute(delete(TicketImport).where(TicketImport.id == import_id))


def _clear_some(import_id: uuid.UUID) -> bool:
    with writing():
        rows = db.session.execute(
            select(Ticket.id, Ticket.group_id).where(Ticket.import_id == import_id).limit(CHUNK)
        ).all()
        tickets, groups = [row.id for row in rows], [row.group_id for row in rows]
        for model in (Note, Reply, Consultation):
            db.session.execute(delete(model).where(model.ticket_id.in_(tickets)))
        db.session.execute(delete(Contact).where(Contact.group_id.in_(groups)))
        db.session.execute(delete(Ticket).where(Ticket.id.in_(tickets)))
        db.session.execute(delete(DataKey).where(DataKey.id.in_(groups)))
        on = ("ticket_import", import_id)
        audit.record(Action.TICKETS_STAGED, by=audit.SYSTEM, on=on, facts={"count": -len(rows)})
    return bool(rows)


def _clear_imported(ticket: Ticket) -> set[Any]:
    """Remove what an import brought to this ticket; what people wrote stays, corrected consultations too.

    Returns the moments of the consultations that stay."""
    for model in (Note, Reply):
        db.session.execute(delete(model).where(model.ticket_id == ticket.id, model.by_id.is_(None)))
    brought = select(Consultation.id, Consultation.contact_id, Consultation.started_at).where(
        Consultation.ticket_id == ticket.id, Consultation.handler_id.is_(None)
    )
    rows = db.session.execute(brought).all()
    corrected = set(
        db.session.scalars(
            select(Correction.consultation_id).where(Correction.consultation_id.in_([r.id for r in rows]))
        )
    )
    gone = [row for row in rows if row.id not in corrected]
    ids = [row.id for row in gone]
    db.session.execute(delete(ToldArticle).where(ToldArticle.consultation_id.in_(ids)))
    db.session.execute(delete(Consultation).where(Consultation.id.in_(ids)))
    db.session.execute(delete(Contact).where(Contact.id.in_([row.contact_id for row in gone])))
    return {row.started_at for row in rows if row.id in corrected}


def _lines(source: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Line number (from 1), byte offset and raw bytes of each line."""
    offset = 0
    for number, raw in enumerate(iter(lambda: source.readline(LONGEST_LINE + 2), b""), 1):
        start = offset
        offset += len(raw)
        while len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            rest = source.readline(LONGEST_LINE)
            offset += len(rest)
            if not rest or rest.endswith(b"\n"):
                break
        yield number, start, raw
