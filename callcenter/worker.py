"""The worker: one process that follows the house and does what is due, chore by chore, for ever."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from callcenter.db import db

log = logging.getLogger("callcenter.worker")
SLOWEST_RETRY_SECONDS = 30.0


@dataclass
class Chore:
    """Something to do every so many seconds; each run has an app context and a session of its own."""

    name: str
    every_seconds: float
    do: Callable[[], object]
    due: float = 0.0
    failures: int = 0

    def run(self) -> None:
        """Do it. A failure is logged by its kind alone and tried again, later each time; it never ends the worker."""
        try:
            self.do()
            self.failures = 0
        except Exception as problem:  # the door of the worker: no chore ends the others
            self.failures += 1
            log.warning("chore %s failed (%s), attempt %d", self.name, type(problem).__name__, self.failures)
            db.session.rollback()
        wait = self.every_seconds * 2 ** min(self.failures, 10)
        self.due = time.monotonic() + min(
            max(wait, self.every_seconds), max(SLOWEST_RETRY_SECONDS, self.every_seconds)
        )


def run(app: Flask, chores: list[Chore]) -> None:
    """Run chores as they fall due until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        for chore in chores:
            if chore.due <= time.monotonic() and not stop.is_set():
                with app.app_context():
                    chore.run()
        stop.wait(max(0.01, min(chore.due for chore in chores) - time.monotonic()))
