"""The desk as people use it, over HTTP: list, ticket, search, callers, many at once, and how soon a save is found.

    script/bench desk [--tickets 20000] [--database sqlcipher|postgresql|both] [--agents 1 8] [--keep]

Each figure stands beside what it may be; CPU beside it is that of the web processes for one request, which a busy
machine changes little. Every total is held against a look through all records."""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from bench.cluster import programs
from bench.house import DATABASES, BenchHouse, house
from bench.report import Report
from bench.serving import ROOT, Desk, Serving, free_port
from bench.truth import truth, words_of
from callcenter.db import db, disconnect
from callcenter.people.callers import CallerPhone
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import AuditEntry
from callcenter.privacy.lens.query import Query
from callcenter.programmes import living_periods
from script import start
from tickets.finding.shelf import SHELF

PEOPLE = ("aoki", "ueda", "nomura", "sato", "suzuki", "ito", "hirano", "kato")
WORDS = 60
MANY = 100_000
"""From here on the bounds are those of a million tickets."""
SAVES_A_SECOND = 80
TOTAL = re.compile(r"該当 ([\d,]+)件")
MEBIBYTE = 1024 * 1024


class Bench:
    """One house under measure."""

    def __init__(self, made: BenchHouse, serving: Serving, report: Report):
        self.made, self.serving, self.report = made, serving, report
        self.size = f"{made.database} {made.tickets:,}"
        self.is_large = made.tickets >= MANY
        self.desk = Desk(serving.port).sign_in("aoki")
        self.random = Random(7)

    def run(self, agents: Sequence[int]) -> None:
        """Everything, the largest numbers of people last."""
        self.measure("open the list, 50 rows", 400, lambda: self.get("/tickets"), p50=5)
        self.measure("one ticket", 300, lambda: self.get(f"/tickets/{self._number()}"), p50=6)
        self.create()
        self.search()
        self.callers()
        for many in agents:
            if many > 1:
                self.many_at_once(many)
        self.saved_to_searchable()

    def measure(
        self,
        work: str,
        times: int,
        deed: Callable[[], object],
        *,
        p50: float | None = None,
        p95: float | None = None,
    ) -> None:
        """Do it so often, after a few times that do not count; milliseconds, and CPU of the web processes."""
        for _ in range(min(20, times // 4)):
            deed()
        spent, cpu = [], self._cpu()
        for _ in range(times):
            began = time.perf_counter()
            deed()
            spent.append((time.perf_counter() - began) * 1000)
        note = f"CPU {(self._cpu() - cpu) / times * 1000:.1f} ms"
        factor = 2 if self.is_large else 1
        most = [None if bound is None else bound * factor for bound in (p50, p95)]
        self.report.add(f"{self.size}: {work}, p50", statistics.median(spent), "ms", most=most[0], note=note)
        self.report.add(f"{self.size}: {work}, p95", _share(spent, 0.95), "ms", most=most[1])

    def get(self, path: str) -> str:
        answer = self.desk.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        return answer.body

    def post(self, path: str, status: int = 303, **fields: str) -> Any:
        answer = self.desk.post(path, **fields)
        if answer.status != status:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.body[:2000]}")
        return answer

    def create(self) -> None:
        """Take a call and file it: two answers, of which the second makes the ticket."""
        waiting = [self.post("/calls").location.removeprefix("/calls/") for _ in range(120)]
        said = {"content": "領収書の宛名を直したい。", "answer": "発行元へ案内。", "outcome": "resolved"}
        said |= {"closing": "close", "ticket": "new", "priority": "normal", "relation": "unknown"}
        self.measure("take a call", 60, lambda: self.post("/calls"))
        self.measure(
            "create a ticket (file the call, closed)",
            100,
            lambda: self.post(f"/contacts/{waiting.pop()}/consultations", **said),
            p50=10,
        )

    def search(self) -> None:
        """Words of two characters and phrases: the page with the newest and its exact total; then the truth."""
        self._wait_for_the_lens()
        words, phrases = words_of(self.made.app, WORDS)
        bounds = (20, 20) if self.is_large else (10, 30)
        said = self._searched("search, a two-kanji word: newest page and exact total", words, bounds[0])
        said |= self._searched(
            "search, a phrase: newest page and exact total", [f"「{p}」" for p in phrases], bounds[1]
        )
        self._totals_alone(words, phrases)
        self.report.add(f"{self.size}: keep the words of a search, p50", self._kept(words), "ms")
        known = truth(self.made.app, [*words, *phrases])
        wrong = [w for w, total in known.totals.items() if said.get(w, said.get(f"「{w}」")) != total]
        spread = sorted(known.totals.values())
        note = f"{len(known.totals)} tried, totals {spread[0]:,} to {spread[-1]:,}"
        self.report.add(
            f"{self.size}: totals that differ from the substring truth", len(wrong), "", most=0, note=note
        )
        self.report.add(
            f"{self.size}: (instead of the lens) look through all records, 2 processes",
            known.seconds,
            "s",
            note=f"{known.messages:,} messages opened and folded",
        )

    def _wait_for_the_lens(self) -> None:
        """What was written before is in the lens: a total is held against a look through all records."""
        with self.made.app.app_context():
            if not self.made.app.extensions["follower"].catch_up(60):
                raise RuntimeError("the lens does not come up to what was written")
            db.session.remove()

    def _searched(self, work: str, words: list[str], bound: float) -> dict[str, int]:
        pages = {word: self.post("/search", q=word).location for word in words}
        totals = {word: _total(self.get(path)) for word, path in pages.items()}
        queue = list(pages.values()) * 4
        self.random.shuffle(queue)
        spent, cpu = [], self._cpu()
        for path in queue:
            began = time.perf_counter()
            self.get(path)
            spent.append((time.perf_counter() - began) * 1000)
        note = f"p50 {statistics.median(spent):.1f} ms, CPU {(self._cpu() - cpu) / len(queue) * 1000:.1f} ms"
        most = bound if not self.is_large else None
        self.report.add(f"{self.size}: {work}, p95", _share(spent, 0.95), "ms", most=most, note=note)
        return totals

    def _totals_alone(self, words: list[str], phrases: list[str]) -> None:
        """What of that is the lens: its newest page and its count, in this process."""
        with self.made.app.app_context():
            lens, periods = self.made.app.extensions["lens"], list(living_periods())
            newest, counts = [], {"word": [], "phrase": []}
            for kind, texts in (("word", words), ("phrase", phrases)):
                for text in texts * 2:
                    query, began = Query(phrases=(text,)), time.perf_counter()
                    lens.search(SHELF, query, periods=periods, limit=50)
                    between = time.perf_counter()
                    lens.count(SHELF, query, periods=periods)
                    newest.append((between - began) * 1000)
                    counts[kind].append((time.perf_counter() - between) * 1000)
            db.session.remove()
        add, large = self.report.add, self.is_large
        add(
            f"{self.size}: lens alone, newest 50, p95", _share(newest, 0.95), "ms", most=20 if large else None
        )
        for kind, bound in (("word", 100), ("phrase", 200)):
            most = bound if large else None
            add(
                f"{self.size}: lens alone, exact total of a {kind}, p95",
                _share(counts[kind], 0.95),
                "ms",
                most=most,
            )

    def _kept(self, words: list[str]) -> float:
        spent = []
        for word in words:
            began = time.perf_counter()
            self.post("/search", q=word)
            spent.append((time.perf_counter() - began) * 1000)
        return statistics.median(spent)

    def callers(self) -> None:
        """Who may stand behind a number that rings."""
        with self.made.app.app_context():
            query = select(CallerPhone).order_by(CallerPhone.id).limit(3000)
            numbers = [row.number for row in self.random.sample(list(db.session.scalars(query)), 120)]
            db.session.remove()
        self.measure(
            "caller by phone number",
            200,
            lambda: self.post("/callers/lookups", 200, said=self.random.choice(numbers)),
            p50=5,
        )

    def many_at_once(self, agents: int) -> None:
        """The list for so many people at once, five seconds long; each look is a row of the audit trail."""
        desks = [Desk(self.serving.port).sign_in(PEOPLE[n % len(PEOPLE)]) for n in range(agents)]
        before, until = self._looks(), time.perf_counter() + 5
        counts, spent = [0] * agents, []
        failed: list[str] = []

        def work(number: int) -> None:
            try:
                while time.perf_counter() < until:
                    began = time.perf_counter()
                    if desks[number].get("/tickets").status != 200:
                        raise RuntimeError("the list was not answered")
                    spent.append((time.perf_counter() - began) * 1000)
                    counts[number] += 1
            except Exception as fault:  # the door of a thread
                failed.append(repr(fault))

        cpu, began = self._cpu(), time.perf_counter()
        _together(work, agents)
        seconds = time.perf_counter() - began
        if failed:
            raise RuntimeError(failed[0])
        for desk in desks:
            desk.close()
        done, looked = sum(counts), self._looks() - before
        note = f"p95 {_share(spent, 0.95):.0f} ms, CPU {(self._cpu() - cpu) / done * 1000:.1f} ms"
        least = 350 if agents == 8 else None
        self.report.add(
            f"{self.size}: list with {agents} agents at once",
            done / seconds,
            "a second",
            least=least,
            note=note,
        )
        self.report.add(f"{self.size}: of these not in the audit trail", done - looked, "", most=0)

    def saved_to_searchable(self, seconds: float = 6) -> None:
        """Notes at 80 a second; some have a word of their own, looked for until it is found."""
        desks = [Desk(self.serving.port).sign_in(PEOPLE[n % 4]) for n in range(8)]
        numbers = [self._number() for _ in range(200)]
        found, saved, began = [], [0] * len(desks), time.perf_counter()
        looker = _Looker(self.made.app)

        def work(number: int) -> None:
            random, due = Random(number), began
            while (now := time.perf_counter()) < began + seconds:
                due += len(desks) / SAVES_A_SECOND
                time.sleep(max(0, due - now))
                word = f"印{number}番{saved[number]}号"
                answer = desks[number].post(
                    f"/tickets/{random.choice(numbers)}/notes", text=f"{word}。確認した。"
                )
                if answer.status != 303:
                    raise RuntimeError(f"a note was answered with {answer.status}")
                saved[number] += 1
                if number == 0:
                    found.append(looker.seconds_until(word))

        _together(work, len(desks))
        for desk in desks:
            desk.close()
        rate = sum(saved) / (time.perf_counter() - began)
        note = f"{rate:.0f} saves a second, longest {max(found):.2f} s"
        self.report.add(f"{self.size}: saved → searchable, p95", _share(found, 0.95), "s", most=1, note=note)

    # --- what is asked of the house itself

    def _number(self) -> int:
        return self.random.randrange(1, self.made.tickets + 800)

    def _looks(self) -> int:
        with self.made.app.app_context():
            query = select(func.count()).select_from(AuditEntry)
            count = db.session.scalar(query.where(AuditEntry.action == Action.LIST_VIEWED.value)) or 0
            db.session.remove()
        return count

    def _cpu(self) -> float:
        """Seconds of CPU that the web processes have had."""
        return sum(map(_cpu_of, self.serving.web_processes()))


class _Looker:
    """Asks the lens of a house, again and again."""

    def __init__(self, app: Flask):
        self._app = app
        with app.app_context():
            self._periods = list(living_periods())
            for period in self._periods:
                app.extensions["lens"].file(period)
            db.session.remove()

    def seconds_until(self, word: str) -> float:
        began, lens = time.perf_counter(), self._app.extensions["lens"]
        while not lens.count(SHELF, Query(phrases=(word,)), periods=self._periods):
            if time.perf_counter() - began > 30:
                return 30.0
            time.sleep(0.01)
        return time.perf_counter() - began


def started(made: BenchHouse, report: Report) -> None:
    """script/serve as people run it: how long a second start takes, and what all of it holds in memory when idle."""
    port = free_port()
    environ = {**os.environ, **made.environ, "PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [ROOT / "script" / "serve"], env=environ, stdout=-3, stderr=-3, start_new_session=True
    )
    try:
        while not start.answers(port):
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError("script/serve does not answer")
            time.sleep(0.02)
        size = f"{made.database} {made.tickets:,}"
        report.add(f"{size}: second start of script/serve", time.perf_counter() - began, "s", most=3)
        with _signed_in(port) as desk:
            for path in ("/", "/tickets", "/tickets/1", "/calls"):
                desk.get(path)
        time.sleep(3)
        pids = _descendants(process.pid)
        memory = sum(map(_pss, pids)) / MEBIBYTE
        note = ", ".join(f"{_pss(pid) / MEBIBYTE:.0f}" for pid in pids)
        report.add(f"{size}: all processes of script/serve, idle (PSS)", memory, "MiB", most=250, note=note)
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _signed_in(port: int) -> Any:
    desk = Desk(port).sign_in("aoki")
    yield desk
    desk.close()


def _together(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _total(page: str) -> int:
    found = TOTAL.search(page)
    return int(found[1].replace(",", "")) if found else 0


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _descendants(int(child)))]


def _pss(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024  # type: ignore[index]


def bench(database: str, tickets: int, agents: Sequence[int], report: Report, *, keep: bool) -> None:
    """One database at one size."""
    size = f"{database} {tickets:,}"
    with house(
        database, tickets, lambda text: print(f"{size}: {text}", file=sys.stderr, flush=True), keep=keep
    ) as made:
        if made.filled_in:
            report.add(f"{size}: filled", tickets / made.filled_in, "tickets a second")
            _lens_made(made, report)
        with Serving(made.environ, log=made.settings.home / "serve.log") as serving:
            Bench(made, serving, report).run(agents)
        started(made, report)
        with made.app.app_context():
            disconnect()


def _lens_made(made: BenchHouse, report: Report) -> None:
    messages = made.tickets * 3
    bytes_ = sum(file.stat().st_size for file in made.settings.lens.glob("*.db*")) / MEBIBYTE
    most = 120 * messages / 1_000_000 if made.tickets >= MANY else None
    note = f"{messages:,} messages, {bytes_:,.0f} MiB"
    report.add(
        f"{made.database} {made.tickets:,}: lens made, 2 processes", made.lens_in, "s", most=most, note=note
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; 0 when every figure holds."""
    reader = argparse.ArgumentParser(prog="script/bench desk")
    reader.add_argument("--tickets", type=int, nargs="+", default=[20_000])
    reader.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    reader.add_argument("--agents", type=int, nargs="+", default=[1, 8])
    reader.add_argument("--keep", action="store_true", help="keep the filled houses for the next time")
    wanted = reader.parse_args(arguments)
    report = Report("desk")
    for tickets in wanted.tickets:
        for database in DATABASES if wanted.database == "both" else (wanted.database,):
            if database == "postgresql" and programs() is None:
                print("postgresql: no server programs here; left out", file=sys.stderr)
                continue
            bench(database, tickets, wanted.agents, report, keep=wanted.keep)
    print(f"machine load while measuring: {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return report.keep()


if __name__ == "__main__":
    raise SystemExit(main())
