"""Live pages: what a hundred watchers of a list cost, beside the same hundred polling; how many streams are held.

    script/bench live [--tickets 20000] [--database sqlcipher|postgresql|both] [--watchers 100] [--seconds 20] [--keep]

A watcher does what a page with the list does: it holds a stream, which tells how many tickets came above its rows. CPU
is that of the web processes, as a share of one core; what the writer's own requests cost is taken off."""

from __future__ import annotations

import argparse
import json
import os
import re
import selectors
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import unescape
from urllib.parse import quote

from bench.cluster import programs
from bench.desk import MEBIBYTE, PEOPLE, _cpu_of, _pss
from bench.house import DATABASES, house
from bench.report import Report
from bench.serving import Desk, Serving
from callcenter.db import disconnect

LIST = re.compile(r'data-live-list="([^"]+)"')
POLLED_EVERY_SECONDS = 5.0
CHANGED_EVERY_SECONDS = 2.0
HELD = 300
MOST_SHARE = 5.0


class Watcher:
    """A page that holds a stream: what it heard, and when."""

    def __init__(self, desk: Desk, newest: str):
        self.heard: list[tuple[float, dict[str, int]]] = []
        self.is_open, self._text = False, b""
        self.socket = socket.create_connection(("127.0.0.1", desk.port), timeout=10)
        said = f"GET /live?list={quote(newest)} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nAccept: text/event-stream\r\n"
        self.socket.sendall(f"{said}Cookie: {desk.cookies}\r\n\r\n".encode())
        self.socket.setblocking(False)

    def read(self) -> None:
        """Take in what arrived."""
        try:
            part = self.socket.recv(65536)
        except BlockingIOError:
            return
        self._text += part
        while b"\n\n" in self._text:
            event, _, self._text = self._text.partition(b"\n\n")
            self._hear(event.decode())

    def _hear(self, event: str) -> None:
        now = time.perf_counter()
        self.is_open = self.is_open or "retry:" in event
        if "event: news" not in event:
            return
        said = json.loads(event.partition("data: ")[2].strip().splitlines()[0])
        self.heard.append((now, said["counts"]))


class Watching:
    """All watchers, read by one thread."""

    def __init__(self, port: int, count: int):
        desks = [Desk(port).sign_in(name) for name in PEOPLE]
        newest = [LIST.search(desk.get("/tickets").body)[1] for desk in desks]  # type: ignore[index]
        self.watchers = [
            Watcher(desks[n % len(desks)], unescape(newest[n % len(desks)])) for n in range(count)
        ]
        for desk in desks:
            desk.close()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Watching:
        self._thread.start()
        until = time.monotonic() + 30
        while not all(watcher.is_open for watcher in self.watchers):
            if time.monotonic() > until:
                held = sum(watcher.is_open for watcher in self.watchers)
                raise RuntimeError(f"{held} of {len(self.watchers)} streams were opened")
            time.sleep(0.05)
        time.sleep(3)
        return self

    def __exit__(self, *_said: object) -> None:
        self._stop.set()
        self._thread.join()
        for watcher in self.watchers:
            watcher.socket.close()

    def _read(self) -> None:
        with selectors.DefaultSelector() as chosen:
            for watcher in self.watchers:
                chosen.register(watcher.socket, selectors.EVENT_READ, watcher)
            while not self._stop.is_set():
                for key, _mask in chosen.select(0.05):
                    key.data.read()


class Bench:
    """One house under measure."""

    def __init__(self, size: str, serving: Serving, report: Report, watchers: int, seconds: float):
        self.size, self.serving, self.report = size, serving, report
        self.watchers, self.seconds = watchers, seconds
        self.writer = Desk(serving.port).sign_in("sato")

    def run(self) -> None:
        writes = self.share(self.write)
        self.add("a writer alone, a ticket every 2 s", writes, "% of a core")
        with Watching(self.serving.port, self.watchers) as pages:
            quiet = self.share(lambda: time.sleep(self.seconds))
            self.add(f"{self.watchers} watchers, nothing changes", quiet, "% of a core", most=MOST_SHARE)
            written: list[float] = []
            busy = self.share(lambda: self.write(written)) - writes
            self.add(f"{self.watchers} watchers, a ticket every 2 s", busy, "% of a core", most=MOST_SHARE)
            told = sorted(self.told(pages, written))
            self.add("written → told, p95", told[int(len(told) * 0.95)], "s", most=1)
        polled = self.polling() - writes
        self.add(
            f"(instead) {self.watchers} polling the list every 5 s, a ticket every 2 s", polled, "% of a core"
        )
        self.held()

    def add(self, work: str, value: float, unit: str, **more: object) -> None:
        self.report.add(f"{self.size}: {work}", value, unit, **more)  # type: ignore[arg-type]

    def write(self, written: list[float] | None = None) -> None:
        """A call taken and filed to a new ticket, every two seconds."""
        until, due = time.perf_counter() + self.seconds, time.perf_counter()
        said = {"content": "領収書の宛名を直したい。", "answer": "発行元へ案内。", "outcome": "resolved"}
        said |= {"closing": "close", "ticket": "new", "priority": "normal", "relation": "unknown"}
        while time.perf_counter() < until:
            contact = self.writer.post("/calls").location.removeprefix("/calls/")
            answer = self.writer.post(f"/contacts/{contact}/consultations", **said)
            if answer.status != 303:
                raise RuntimeError(f"the ticket was answered with {answer.status}: {answer.body[:500]}")
            if written is not None:
                written.append(time.perf_counter())
            due += CHANGED_EVERY_SECONDS
            time.sleep(max(0.0, min(due, until) - time.perf_counter()))

    def told(self, pages: Watching, written: Sequence[float]) -> Iterator[float]:
        """Seconds from each answer to its writer until each page had heard of one ticket more."""
        for watcher in pages.watchers:
            for number, moment in enumerate(written, start=1):
                heard = [at for at, counts in watcher.heard if counts.get("new", 0) >= number]
                yield max(0.0, heard[0] - moment) if heard else 60.0

    def polling(self) -> float:
        """The same people with pages that ask for the list by themselves."""
        signed = [Desk(self.serving.port).sign_in(name) for name in PEOPLE]
        desks = [signed[n % len(signed)].copy() for n in range(self.watchers)]
        stop = threading.Event()

        def poll(number: int) -> None:
            mine, began = desks[number::8], time.perf_counter()
            turn = 0
            while not stop.is_set():
                for place, desk in enumerate(mine):
                    due = began + POLLED_EVERY_SECONDS * (turn + place / len(mine))
                    if stop.wait(max(0.0, due - time.perf_counter())):
                        return
                    desk.get("/tickets?state=unclosed")
                turn += 1

        with _threads(poll, 8, stop):
            share = self.share(self.write)
        for desk in desks:
            desk.close()
        return share

    def held(self) -> None:
        """Three hundred streams, and pages beside them; what they hold in memory."""
        time.sleep(12)  # those of before are gone
        before, alone = self._memory(), self._page()
        with Watching(self.serving.port, HELD) as pages:
            beside, after = self._page(), self._memory()
            open_ = sum(watcher.is_open for watcher in pages.watchers)
        self.add("streams held by two web processes", open_, "", least=HELD)
        note = f"without streams {alone:.1f} ms"
        self.add(f"the list beside {HELD} streams, p50", beside, "ms", most=alone * 1.5 + 2, note=note)
        kilobytes = (after - before) / HELD / 1024
        self.add("a stream holds", kilobytes, "KiB", note=f"web processes {before / MEBIBYTE:.0f} MiB before")

    def _page(self) -> float:
        spent = []
        for _ in range(60):
            began = time.perf_counter()
            self.writer.get("/tickets")
            spent.append((time.perf_counter() - began) * 1000)
        return statistics.median(spent)

    def _memory(self) -> int:
        return sum(map(_pss, self.serving.web_processes()))

    def share(self, work: Callable[[], object]) -> float:
        """Percent of one core that the web processes spend while something is done."""
        pids = self.serving.web_processes()
        before, began = sum(map(_cpu_of, pids)), time.perf_counter()
        work()
        return (sum(map(_cpu_of, pids)) - before) / (time.perf_counter() - began) * 100


@contextmanager
def _threads(work: Callable[[int], None], count: int, stop: threading.Event) -> Iterator[None]:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; 0 when every figure holds."""
    reader = argparse.ArgumentParser(prog="script/bench live")
    reader.add_argument("--tickets", type=int, default=20_000)
    reader.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    reader.add_argument("--watchers", type=int, default=100)
    reader.add_argument("--seconds", type=float, default=20)
    reader.add_argument("--keep", action="store_true", help="keep the filled houses for the next time")
    wanted = reader.parse_args(arguments)
    report = Report("live")
    for database in DATABASES if wanted.database == "both" else (wanted.database,):
        if database == "postgresql" and programs() is None:
            print("postgresql: no server programs here; left out", file=sys.stderr)
            continue
        size = f"{database} {wanted.tickets:,}"
        with house(database, wanted.tickets, _say(size), keep=wanted.keep) as made:
            with Serving(made.environ, log=made.settings.home / "serve.log") as serving:
                Bench(size, serving, report, wanted.watchers, wanted.seconds).run()
            with made.app.app_context():
                disconnect()
    print(f"machine load while measuring: {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return report.keep()


def _say(size: str) -> Callable[[str], None]:
    return lambda text: print(f"{size}: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
