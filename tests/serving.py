"""An app on a real port of this machine, for browsers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler


class _Handler(WSGIRequestHandler):
    timeout = 5  # a browser opens connections ahead of need; such a one must not keep the server from ending


class _Server(ThreadedWSGIServer):
    daemon_threads = False  # server_close() waits for what is still being answered


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The app's address on a free port; when the block ends, every request has been answered."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = _Server("127.0.0.1", 0, app, _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
