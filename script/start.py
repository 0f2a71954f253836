"""Runs the house for script/serve: prepares it, starts the web and worker processes, ends them all together.

Uses the standard library alone, so that the process that only waits stays small. Settings from the environment:
PORT (8000), CALLCENTER_WORKERS (web processes, 2), CALLCENTER_THREADS (requests that each answers at once, 64),
CALLCENTER_STREAMS (open pages that each tells what changes, 200), CALLCENTER_FACE_PORT (of the public site; unset it
is off, but a demo serves it on PORT + 1)."""

from __future__ import annotations

import ctypes
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY_WITHIN_SECONDS = 60
ENDS_WITHIN_SECONDS = 10
LONGEST_PAUSE_SECONDS = 30
FACE_THREADS = 4
STREAMS = 200
"""As callcenter.config says, which is not loaded here."""
NOT_FOR_THE_FACE = ("DATABASE_URL", "CALLCENTER_KEYS", "CALLCENTER_PASSPHRASE", "CALLCENTER_CLAMD")
FLASK = ["-P", "-m", "flask", "--app", f"{ROOT / 'wsgi.py'}:create_app"]


class Stopped(Exception):
    """Somebody asked us to end (SIGTERM, SIGINT or SIGHUP)."""


class Refused(Exception):
    """The house cannot start or go on; the text is one line that says why."""


def main(arguments: list[str]) -> int:
    """Run until told to stop (0) or until the web process or the preparation fails (1)."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    house = House()
    try:
        port = _number("PORT", 8000, 1, 65535)
        _check_port(port, "PORT")
        if os.environ.get("CALLCENTER_FACE_PORT"):
            _check_port(_number("CALLCENTER_FACE_PORT", port + 1, 1, 65535), "CALLCENTER_FACE_PORT")
        house.prepare(arguments)
        house.open(port)
        house.open_face(port)
        house.watch()
    except Stopped:
        _say("Closing.")
        return 0
    except Refused as refusal:
        _say(str(refusal))
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        house.close()


class Tended:
    """A process that is started again when it ends: after a second, later each time while it does not live long."""

    def __init__(self, name: str, start: Callable[[], subprocess.Popen[bytes]]):
        self.name, self._start = name, start
        self._pause, self._due = 1.0, 0.0
        self.begin()

    def begin(self) -> None:
        self.process, self._began, self._due = self._start(), time.monotonic(), 0.0

    def tend(self, bury: Callable[[subprocess.Popen[bytes]], None]) -> None:
        """Look after it; `bury` takes what is left of a process that ended."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if not self._due:
            lived_long = now - self._began > LONGEST_PAUSE_SECONDS
            self._pause = 1.0 if lived_long else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._due = now + self._pause
            code = self.process.returncode
            _say(f"The {self.name} ended (exit {code}); starting it again in {self._pause:.0f} s.")
            bury(self.process)
        elif now >= self._due:
            self.begin()


class House:
    """The processes of one running house."""

    def __init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []
        self._web: subprocess.Popen[bytes] | None = None
        self._tended: list[Tended] = []
        self._is_prepared = False
        self._has_told = False

    def prepare(self, arguments: list[str]) -> None:
        """Keys, database and demo office; the command says itself what it does. What was prepared by this version
        is left to the worker, which looks at it again while the web processes start."""
        self._is_prepared = not arguments and _was_prepared()
        if self._is_prepared:
            _say("[4/5] Keys, database, demo office: there already")
            return
        _say("[4/5] Keys, database, demo office")
        preparation = self._start([*FLASK, "house", "prepare", *arguments])
        if preparation.wait() != 0:
            raise Refused("The house could not be prepared; what is above says why.")
        self._children.remove(preparation)
        if not arguments:
            (_home() / "run" / "prepared").write_text(_fingerprint())
        os.environ.pop("CALLCENTER_PASSPHRASE", None)  # needed to make the keys, and by nobody who stays

    def open(self, port: int) -> None:
        """Start the web processes and the worker; return when the first page can be asked for."""
        workers = _number("CALLCENTER_WORKERS", 2, 1, 64)
        threads = _number("CALLCENTER_THREADS", 64, 1, 1000)
        streams = _number("CALLCENTER_STREAMS", STREAMS, 0, 1000)
        _say(f"[5/5] Starting {workers} web processes with {threads} threads each, and the worker")
        self._web = self._start(granian(port, workers, threads, streams))
        self._tended.append(Tended("worker", self._start_worker))
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not answers(port):
            if self._web.poll() is not None:
                raise Refused(f"The web process ended while starting (exit {self._web.returncode}).")
            if time.monotonic() > deadline:
                raise Refused(f"The web process gave no answer within {READY_WITHIN_SECONDS} seconds.")
            time.sleep(0.05)
        _say(f"\nMadoguchi is open: http://{HOST}:{port}   (Ctrl-C closes it)")

    def open_face(self, port: int) -> None:
        """Start the public site, where the office wants one. Its process is not told where keys and records are."""
        asked = os.environ.get("CALLCENTER_FACE_PORT")
        if not asked and not (_home() / "run" / "demo").exists():
            return
        face_port = _number("CALLCENTER_FACE_PORT", port + 1, 1, 65535)
        if not asked and (face_port > 65535 or _is_taken(face_port)):
            _say(
                f"The public site stays closed: port {face_port} is taken (CALLCENTER_FACE_PORT chooses another)."
            )
            return
        self._tended.append(
            Tended("public site", lambda: self._start(granian_face(face_port), NOT_FOR_THE_FACE))
        )
        _say(f"The public site is on http://{HOST}:{face_port}")

    def watch(self) -> NoReturn:
        """Wait; start worker and public site again when they die; refuse to go on without the web process."""
        assert self._web is not None
        while True:
            if self._web.poll() is not None:
                raise Refused(f"The web process ended (exit {self._web.returncode}); closing.")
            for tended in self._tended:
                tended.tend(self._bury)
            time.sleep(0.5)

    def close(self) -> None:
        """Ask every process to end, then make it, and what it left behind."""
        running = [child for child in self._children if child.poll() is None]
        for child in running:
            child.terminate()
        deadline = time.monotonic() + ENDS_WITHIN_SECONDS
        for child in running:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _say(f"Process {child.pid} did not end within {ENDS_WITHIN_SECONDS} seconds; killing it.")
        for child in self._children:
            _kill_group(child)

    def _start_worker(self) -> subprocess.Popen[bytes]:
        tells, self._has_told = self._is_prepared and not self._has_told, True
        return self._start([*FLASK, "worker", "run", "--tell" if tells else "--quiet"])

    def _bury(self, child: subprocess.Popen[bytes]) -> None:
        self._children.remove(child)
        _kill_group(child)

    def _start(self, arguments: list[str], without: Iterable[str] = ()) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches us alone, and we end the rest in order.
        child = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            # glibc's default keeps memory aside for each thread
            env={"MALLOC_ARENA_MAX": "2", **{k: v for k, v in os.environ.items() if k not in without}},
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
        self._children.append(child)
        return child


def granian(port: int, workers: int, threads: int, streams: int = STREAMS) -> list[str]:
    """The arguments of the web server, after the interpreter's own."""
    # A live page holds a thread as long as it is open, so those come on top; threads are made when they are needed
    # and end when they are not. Backpressure above both lets short requests queue.
    all_threads, waiting = threads + streams, threads * 2 + streams
    return [
        *("-P", str(ROOT / "script" / "web.py"), "--interface", "wsgi", "--factory", "wsgi:serve"),
        *("--working-dir", str(ROOT), "--host", HOST, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", str(workers), "--blocking-threads", str(all_threads), "--backpressure", str(waiting)),
        *("--respawn-failed-workers", "--respawn-interval", "1", "--workers-kill-timeout", "5"),
        *("--log-level", "error"),
    ]


def granian_face(port: int) -> list[str]:
    """The arguments of the public site's web server: one process, few threads, no long requests."""
    return [
        *("-P", "-m", "granian", "--interface", "wsgi", "--factory", "kb.public.app:serve"),
        *("--working-dir", str(ROOT), "--host", HOST, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", "1", "--blocking-threads", str(FACE_THREADS), "--backpressure", str(FACE_THREADS * 8)),
        *("--respawn-failed-workers", "--respawn-interval", "1", "--workers-kill-timeout", "5"),
        *("--log-level", "error"),
    ]


def _home() -> Path:
    return Path(os.environ.get("CALLCENTER_HOME") or ROOT / "var")


def _was_prepared() -> bool:
    """Whether these revisions were brought to this database at an earlier start, and its files are still there."""
    mark = _home() / "run" / "prepared"
    has_data = bool(os.environ.get("DATABASE_URL")) or any((_home() / "data").glob("*"))
    return has_data and mark.is_file() and mark.read_text() == _fingerprint()


def _fingerprint() -> str:
    """This checkout's revisions and its database: where they are the same, there is nothing to prepare."""
    revisions = sorted((ROOT / "callcenter" / "migrations" / "versions").glob("*.py"))
    facts = [
        os.environ.get("DATABASE_URL") or "",
        *(f"{file.name} {file.stat().st_size}" for file in revisions),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _end_with_parent() -> Callable[[], object] | None:
    """On Linux a child is told to end when we are killed without a chance to tell it (PR_SET_PDEATHSIG)."""
    if sys.platform != "linux":
        return None
    set_option = ctypes.CDLL(None).prctl
    return lambda: set_option(1, signal.SIGTERM)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    # Also when the child itself is gone: a killed web server leaves its workers, which hold the port.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _is_taken(port: int) -> bool:
    try:
        _check_port(port, "")
    except Refused:
        return True
    return False


def _check_port(port: int, setting: str) -> None:
    taken = (
        f"Port {port} is taken by another program: end it, or choose another with {setting}=8001 script/serve"
    )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Refused(
                f"Port {port} needs more rights than yours: choose one above 1023 with {setting}="
            ) from None
        except OSError:
            raise Refused(taken) from None
    # macOS lets us bind beside a listener on all addresses.
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            raise Refused(taken)


def answers(port: int) -> bool:
    """Whether the house answers at this port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _number(name: str, default: int, least: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    raise Refused(f"{name} must be a number from {least} to {most}, not {text!r}")


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
