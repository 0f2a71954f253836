"""While a file is looked at, everybody else goes on writing."""

import io
import threading
from contextvars import Context

from callcenter.db import writing
from callcenter.files import Scan, Scanner
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


def test_a_slow_scanner_holds_nobody_up(world, app, make):
    written = threading.Event()

    def write():
        with app.app_context(), writing():
            audit.record(Action.CALLER_UPDATED, by=audit.SYSTEM, facts={"fields": []})
        written.set()

    class Slow(Scanner):
        def scan(self, content):
            thread = threading.Thread(target=Context().run, args=(write,))
            thread.start()
            thread.join(5)
            return Scan.CLEAN

    app.extensions["scanner"] = Slow(None)
    number = make.number(make.ticket())
    form = {"file": (io.BytesIO("領収書".encode()), "領収書.txt")}
    answer = world.client("aoki").post(f"/tickets/{number}/attachments", data=form)
    assert answer.status_code == 303
    assert written.is_set()
