"""Kills the house with -9 at random moments while tickets are written: every acknowledged write is there, once.

    script/drill kill [--kills 200] [--database sqlcipher|postgresql|both] [--writers 6] [--seed N]

Desks take calls, file them and add notes over HTTP, and write down each answer they get. What was killed may be all of
the house, its web processes, one of them, the worker, one connection's process of PostgreSQL, or all of its server.
A form that got no answer is sent again, as a person would: it must not be there twice."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from random import Random

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bench.cluster import programs
from bench.house import DATABASES, KEPT, BenchHouse, house
from bench.report import Report
from bench.serving import ROOT, Answer, Desk, Serving
from callcenter.contacts import Contact, ContactClosure
from callcenter.db import db, disconnect, new_id
from callcenter.privacy import vault
from callcenter.privacy.lens.verifying import verify
from callcenter.privacy.vault import DataKey, Kind
from callcenter.programmes import living_periods
from script import start
from tickets.records.changes import TicketStateChange
from tickets.records.consultation import Consultation
from tickets.records.notes import Note
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket

PEOPLE = ("aoki", "ueda", "nomura", "sato", "suzuki", "ito")
LONGEST_WAIT_SECONDS = 180
EVERYWHERE = ("house", "house", "web", "web", "one web process", "worker")
ON_POSTGRESQL = ("server", "server", "connection")


@dataclass
class Written:
    """One call as a desk wrote it: which steps were answered with 303, and where that led."""

    mark: str
    contact: str | None = None
    consultation: str | None = None
    note: str | None = None


@dataclass
class Log:
    """What all desks have been told so far, and what went wrong for them."""

    calls: list[Written] = field(default_factory=list)
    answers: int = 0
    resent: int = 0
    faults: list[str] = field(default_factory=list)
    last_answer: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, *, again: bool) -> None:
        with self.lock:
            self.answers += 1
            self.resent += again
            self.last_answer = time.monotonic()


class Writer(threading.Thread):
    """A desk that takes call after call. Each form is sent until it is answered."""

    def __init__(self, port: int, name: str, number: int, log: Log, stop: threading.Event):
        super().__init__(name=f"desk {number}", daemon=True)
        self._desk = Desk(port, timeout=20).sign_in(name)
        self._number, self._log, self._stop_event = number, log, stop

    def run(self) -> None:
        try:
            serial = 0
            while not self._stop_event.is_set():
                serial += 1
                self._call(Written(f"印{self._number:02d}の{serial:06d}番"))
        except Exception as fault:  # the door of a thread: the drill fails with what is written down here
            self._log.faults.append(f"desk {self._number}: {type(fault).__name__}: {fault}")
        finally:
            self._desk.close()

    def _call(self, call: Written) -> None:
        self._log.calls.append(call)
        taken = self._sent("/calls", {})
        call.contact = taken.location.removeprefix("/calls/")
        said = {
            "content": f"{call.mark}のご相談。",
            "outcome": "resolved",
            "closing": "close",
            "ticket": "new",
        }
        said |= {"priority": "normal", "relation": "unknown"}
        filed = self._sent(f"/contacts/{call.contact}/consultations", said)
        ticket, _, call.consultation = filed.location.partition("#consultation-")
        noted = self._sent(f"{ticket}/notes", {"text": f"{call.mark}のメモ。"})
        call.note = noted.location.partition("#note-")[2]

    def _sent(self, path: str, fields: dict[str, str]) -> Answer:
        form = {**fields, "once": new_id().hex}
        return self._until_answered(lambda: self._desk.post(path, **form))

    def _until_answered(self, deed: Callable[[], Answer]) -> Answer:
        """Do it until it is answered with 303. No answer, or one of 5xx, is no acknowledgement."""
        until, tries = time.monotonic() + LONGEST_WAIT_SECONDS, 0
        while True:
            tries += 1
            with suppress(OSError, http.client.HTTPException):
                answer = deed()
                if answer.status == 303 and answer.location != "/sign-in":
                    self._log.answered(again=tries > 1)
                    return answer
                if answer.status < 500:
                    raise RuntimeError(f"answered with {answer.status} {answer.location}")
            if time.monotonic() > until:
                raise RuntimeError(f"no answer within {LONGEST_WAIT_SECONDS} s")
            time.sleep(0.05)


class Drill:
    """One database under fire."""

    def __init__(self, made: BenchHouse, serving: Serving, seed: int):
        self.made, self.serving = made, serving
        self.random, self.log = Random(seed), Log()
        self.kinds: Counter[str] = Counter()
        self.slowest_return = 0.0
        self.wrong: list[str] = []
        self._bag: list[str] = []
        self._checked = 0
        with made.app.app_context():
            self._first = db.session.scalar(select(func.max(Ticket.number))) or 0
            db.session.remove()

    def run(self, kills: int, writers: int, say: Callable[[str], None], *, seconds: float = inf) -> None:
        """Kill so often while desks write, for so long at most; look after each, and once more at the end."""
        until = time.monotonic() + seconds
        stop = threading.Event()
        desks = [
            Writer(self.serving.port, PEOPLE[i % len(PEOPLE)], i, self.log, stop) for i in range(writers)
        ]
        for desk in desks:
            desk.start()
        self._wait_for_answers(time.monotonic())
        for number in range(1, kills + 1):
            time.sleep(self.random.uniform(0.02, 1.2))
            self._kill_one()
            self._look()
            if self.log.faults or self.wrong or time.monotonic() > until:
                break
            if number % 10 == 0:
                say(
                    f"{number} of {kills} kills, {self.log.answers:,} writes acknowledged, {self.log.resent} sent again"
                )
        stop.set()
        for desk in desks:
            desk.join(LONGEST_WAIT_SECONDS)
        self._look(everything=True)

    def _kill_one(self) -> None:
        if not self._bag:
            self._bag = [*EVERYWHERE, *(ON_POSTGRESQL if self.made.cluster else ())]
            self.random.shuffle(self._bag)
        kind = self._bag.pop()
        self.kinds[kind] += 1
        getattr(self, f"_kill_{kind.replace(' ', '_')}")()
        began = time.monotonic()
        self.serving.open()
        self._wait_for_answers(began)

    def _kill_house(self) -> None:
        self.serving.kill()

    def _kill_web(self) -> None:
        self.serving.kill(worker=False)

    def _kill_one_web_process(self) -> None:
        _kill(self.random.choice(self.serving.web_processes()))

    def _kill_worker(self) -> None:
        self.serving.kill(web=False)

    def _kill_server(self) -> None:
        assert self.made.cluster
        self.made.cluster.kill()
        self.made.cluster.start()

    def _kill_connection(self) -> None:
        assert self.made.cluster
        _kill(self.random.choice(self.made.cluster.backends()))

    def _wait_for_answers(self, since: float) -> None:
        """Until a desk is answered again after `since`."""
        while self.log.last_answer < since and not self.log.faults:
            if time.monotonic() > since + LONGEST_WAIT_SECONDS:
                self.wrong.append("nothing was answered after a kill")
                return
            time.sleep(0.01)
        self.slowest_return = max(self.slowest_return, self.log.last_answer - since)

    # --- looking

    def _look(self, *, everything: bool = False) -> None:
        """What was acknowledged so far is there, and nothing is there by half. A server that recovers is waited for."""
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        with self.made.app.app_context():
            while True:
                try:
                    self.wrong += self._found(everything)
                    return
                except OperationalError:
                    db.session.rollback()
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)
                finally:
                    db.session.remove()

    def _found(self, everything: bool) -> list[str]:
        calls = self.log.calls[0 if everything else self._checked :]
        wrong = [line for call in calls for line in missing(call)]
        wrong += halves(self._first) + (twice(self._first) if everything else [])
        while self._checked < len(self.log.calls) and self.log.calls[self._checked].note:
            self._checked += 1
        return wrong


def missing(call: Written) -> list[str]:
    """What was acknowledged of a call and is not there, or not as it was said."""
    said = (call.contact, call.consultation, call.note)
    db.session.rollback()
    contact, consultation, note = (
        db.session.get(model, uuid.UUID(key)) if key else None
        for model, key in zip((Contact, Consultation, Note), said, strict=True)
    )
    wrong = []
    if said[0] and contact is None:
        wrong.append(f"{call.mark}: the contact was acknowledged and is gone")
    if said[1] and (consultation is None or consultation.content != f"{call.mark}のご相談。"):
        wrong.append(f"{call.mark}: the consultation was acknowledged and is gone")
    if said[1] and consultation is not None and not consultation.ticket.is_closed:
        wrong.append(f"{call.mark}: its ticket was closed and stands open")
    if said[2] and (note is None or note.text != f"{call.mark}のメモ。"):
        wrong.append(f"{call.mark}: the note was acknowledged and is gone")
    return wrong


def halves(first: int) -> list[str]:
    """Objects made after ticket `first` of which a part is missing."""
    filed = select(Consultation.contact_id)
    changed = select(TicketStateChange.ticket_id)
    questions = {
        "tickets without a consultation": select(func.count()).select_from(Ticket).where(
            Ticket.number > first, Ticket.id.not_in(select(Consultation.ticket_id))
        ),
        "closed tickets without who closed them": select(func.count()).select_from(Ticket).where(
            Ticket.number > first, Ticket.state == TicketState.CLOSED, Ticket.id.not_in(changed)
        ),
        "settled contacts without consultation or closure": select(func.count()).select_from(Contact).where(
            Contact.settled_at.is_not(None),
            Contact.id.not_in(filed),
            Contact.id.not_in(select(ContactClosure.contact_id)),
        ),
        "consultations of contacts that still wait": select(func.count()).select_from(Contact).where(
            Contact.settled_at.is_(None), Contact.id.in_(filed)
        ),
        "keys of tickets that are not there": select(func.count()).select_from(DataKey).where(
            DataKey.kind == Kind.TICKET, DataKey.id.not_in(select(Ticket.group_id))
        ),
    }  # fmt: skip
    found = {name: db.session.scalar(query) for name, query in questions.items()}
    return [f"{count} {name}" for name, count in found.items() if count]


def twice(first: int) -> list[str]:
    """Marks that stand in more than one consultation or note."""
    wrong = []
    for model, names in ((Consultation, "content"), (Note, "text")):
        table = model.__table__.c
        query = select(table.id, table.group_id, table[names].label("text")).join(
            Ticket, Ticket.id == table.ticket_id
        )
        rows = db.session.execute(query.where(Ticket.number > first)).all()
        vault.prefetch(row.group_id for row in rows)
        texts = Counter(vault.open_value(getattr(model, names), model, *row) for row in rows)
        wrong += [f"{text}: {count} times" for text, count in texts.items() if count > 1]
    return wrong


def doctored(made: BenchHouse) -> dict[str, list[str]]:
    """What doctor, the verifier of the trail and that of the lens say; nothing where all is in order."""
    said = {"doctor": _command(made, "doctor", "--deep"), "audit verify": _command(made, "audit", "verify")}
    with made.app.app_context():
        follower = made.app.extensions["follower"]
        follower.catch_up(timeout=60)
        reports = [
            verify(follower.lens.file(period), follower.shelves, period) for period in list(living_periods())
        ]
        db.session.remove()
    said["lens verify"] = [json.dumps(report.as_json()) for report in reports if not report.is_clean]
    return said


def _command(made: BenchHouse, *words: str) -> list[str]:
    environ = {**os.environ, **made.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *start.FLASK, *words],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [] if done.returncode == 0 else [done.stdout.strip() or done.stderr.strip()[-2000:]]


@dataclass
class Outcome:
    """What came of one database under fire; `wrong` is empty when all is well."""

    database: str
    kinds: Counter[str]
    log: Log
    slowest_return: float
    lost: list[str]
    said: dict[str, list[str]]

    @property
    def wrong(self) -> list[str]:
        found = [f"{name}: {line}" for name, lines in self.said.items() for line in lines]
        return [f"{self.database}: {line}" for line in [*self.lost, *self.log.faults, *found]]

    def tell(self, report: Report, kills: int) -> None:
        """Write the figures down."""
        name, kinds = (
            self.database,
            ", ".join(f"{name} {count}" for name, count in sorted(self.kinds.items())),
        )
        report.add(f"{name}: kills", self.kinds.total(), "", least=kills, note=kinds)
        report.add(f"{name}: writes acknowledged", self.log.answers, "", least=kills)
        report.add(f"{name}: forms sent again after no answer", self.log.resent, "")
        report.add(f"{name}: lost, doubled or halved", len(self.lost), "", most=0)
        report.add(f"{name}: desks that gave up", len(self.log.faults), "", most=0)
        report.add(f"{name}: from start to the next answer, longest", self.slowest_return, "s")
        for checker, lines in self.said.items():
            report.add(f"{name}: {checker}", len(lines), "findings", most=0)


def drill(
    database: str,
    kills: int,
    writers: int,
    seed: int,
    say: Callable[[str], None],
    *,
    kept: Path = KEPT,
    seconds: float = inf,
) -> Outcome:
    """Put one database under fire in a demo office of its own, `seconds` long at most."""
    with house(database, 0, say, kept=kept) as made:
        try:
            with Serving(made.environ, log=made.settings.home / "serve.log") as serving:
                under_fire = Drill(made, serving, seed)
                under_fire.run(kills, writers, say, seconds=seconds)
            said = doctored(made)
        finally:
            _dispose(made.app)
    return Outcome(
        database, under_fire.kinds, under_fire.log, under_fire.slowest_return, under_fire.wrong, said
    )


def _dispose(app: Flask) -> None:
    with app.app_context():
        disconnect()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Drill the databases asked for; 0 when nothing was lost."""
    reader = argparse.ArgumentParser(prog="script/drill kill")
    reader.add_argument("--kills", type=int, default=200)
    reader.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    reader.add_argument("--writers", type=int, default=6)
    reader.add_argument("--seed", type=int, default=int(time.time()))
    wanted = reader.parse_args(arguments)
    report = Report("kill")
    for database in DATABASES if wanted.database == "both" else (wanted.database,):
        if database == "postgresql" and programs() is None:
            print("postgresql: no server programs here; left out", file=sys.stderr)
            continue
        outcome = drill(database, wanted.kills, wanted.writers, wanted.seed, _say(database))
        outcome.tell(report, wanted.kills)
        for line in outcome.wrong[:50]:
            print(f"WRONG {line}", file=sys.stderr)
    return report.keep(drill=True)


def _say(database: str) -> Callable[[str], None]:
    return lambda text: print(f"{database}: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
