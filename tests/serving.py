"""An app on a real port of this machine, for browsers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import ClosingIterator


class _Counted:
    """An app that knows whether it is still answering somebody.

    An answer is read to its end at once: the server forgets to close one whose browser has gone away. A stream of
    events has no end: it goes out as it comes, until its browser leaves."""

    def __init__(self, app: Flask):
        self._app, self._running, self._changed = app, 0, threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self._count(1)
        is_stream = False
        try:
            content, status, headers = run_wsgi_app(self._app, environ)
            is_stream = headers.get("Content-Type", "").startswith("text/event-stream")
            start_response(status, headers.to_wsgi_list())
            if is_stream:
                return ClosingIterator(content, lambda: self._count(-1))
            with closing(content):
                return list(content)
        finally:
            if not is_stream:
                self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._running += change
            self._changed.notify_all()

    def all_answered(self) -> bool:
        """True as soon as it is; False after ten seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=10)


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The app's address on a free port; when the block ends, every request has been answered."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    counted, live = _Counted(app), app.extensions.get("live")
    if live is not None:
        live.beat_seconds = 0.5  # a page that is left is noticed sooner than people would need
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        if live is not None:
            live.pause()
        server.server_close()
        assert counted.all_answered()
