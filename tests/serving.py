"""An app on a real port of this machine, for browsers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app


class _Counted:
    """An app that knows whether it is still answering somebody.

    An answer is read to its end at once: the server forgets to close one whose browser has gone away."""

    def __init__(self, app: Flask):
        self._app, self._running, self._changed = app, 0, threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self._count(1)
        try:
            content, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        finally:
            self._count(-1)
        start_response(status, headers.to_wsgi_list())
        return list(content)

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
    counted = _Counted(app)
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        assert counted.all_answered()
