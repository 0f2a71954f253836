"""A house that answers over HTTP, as script/serve runs it, and a desk that somebody sits at: for benches and drills."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from html import unescape
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode, urlsplit

from callcenter.db import new_id
from script import start
from tickets.demo.office import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_SECONDS = 60
IDLE_SECONDS = 5.0
"""A connection that rested longer may have been closed by the server: a browser would open another, too."""
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
META = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


class Serving:
    """The web processes and the worker of one house, each in a process group of its own so that they can be killed.

    `with Serving(environ) as house:`; `environ` names home and database."""

    def __init__(
        self, environ: dict[str, str], *, workers: int = 2, threads: int = 64, log: Path | None = None
    ):
        self.port = free_port()
        self._environ = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}
        self._workers, self._threads, self._log = workers, threads, log
        self._web: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Serving:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: object, trace: TracebackType | None
    ) -> None:
        self.kill()

    def open(self) -> None:
        """Start what does not run; returns when a page can be asked for."""
        if self._web is None:
            self._web = self._start(start.granian(self.port, self._workers, self._threads))
        if self._worker is None:
            self._worker = self._start([*start.FLASK, "worker", "run"])
        self.wait()

    def wait(self) -> None:
        """Until a page can be asked for. Raises RuntimeError when it does not come to that."""
        until = time.monotonic() + READY_WITHIN_SECONDS
        while not start.answers(self.port):
            if time.monotonic() > until or (self._web is not None and self._web.poll() is not None):
                raise RuntimeError("the web processes do not answer")
            time.sleep(0.02)

    def kill(self, *, web: bool = True, worker: bool = True) -> None:
        """kill -9 for the web processes, the worker, or both at once."""
        chosen = [child for child, wanted in ((self._web, web), (self._worker, worker)) if wanted and child]
        for child in chosen:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        for child in chosen:
            child.wait()
        self._web = None if web else self._web
        self._worker = None if worker else self._worker

    def processes(self) -> list[int]:
        """All process ids: the web server, its workers, the worker."""
        groups = {child.pid for child in (self._web, self._worker) if child is not None}
        return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _group(pid) in groups]

    def web_processes(self) -> list[int]:
        """The processes that answer requests, without the one that looks after them."""
        assert self._web is not None
        return [pid for pid in self.processes() if _parent(pid) == self._web.pid and _is_python(pid)]

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        out = (
            os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if self._log
            else subprocess.DEVNULL
        )
        try:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        finally:
            if out >= 0:
                os.close(out)


class Answer:
    """Status, text and where it leads."""

    def __init__(self, status: int, body: str, location: str):
        self.status, self.body, self.location = status, body, location


class Desk:
    """A signed-in person's browser: one connection kept alive, its cookies, and the token of its forms."""

    def __init__(self, port: int, timeout: float = 30):
        self.port = port
        self._timeout = timeout
        self._cookies: dict[str, str] = {}
        self._token = ""
        self._last = 0.0
        self._connection: http.client.HTTPConnection | None = None

    def sign_in(self, name: str) -> Desk:
        """Sign in as one of the demo's people. Raises RuntimeError when that is refused."""
        self.get("/sign-in")
        answer = self.post("/sign-in", sign_in_name=name, password=PASSWORD)
        if answer.status != 303:
            raise RuntimeError(f"{name} cannot sign in: {answer.status}")
        self.get("/tickets")
        return self

    def copy(self) -> Desk:
        """The same person's browser once more: another connection, the same sign-in."""
        other = Desk(self.port, self._timeout)
        other._cookies, other._token = dict(self._cookies), self._token
        return other

    @property
    def cookies(self) -> str:
        """What goes into the Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str) -> Answer:
        answer = self._ask("GET", path, None, {})
        found = META.search(answer.body) or TOKEN.search(answer.body)
        self._token = unescape(found[1]) if found else self._token
        return answer

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form with the token of the last page; a form number of its own unless `once` is given."""
        values = {"csrf_token": self._token, "once": new_id().hex, **fields}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(values).encode(), headers)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if time.monotonic() - self._last > IDLE_SECONDS:
            self.close()
        self._last = time.monotonic()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._timeout)
        try:
            self._connection.request(method, path, body, {"Cookie": self.cookies, **headers})
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        place = urlsplit(response.headers.get("Location") or "")
        return Answer(response.status, text, place.path + (f"#{place.fragment}" if place.fragment else ""))


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _is_python(pid: int) -> bool:
    """Not multiprocessing's own helper, whose death says nothing."""
    try:
        return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
