"""Styles, scripts, pictures and fonts: what is served of them, and under which address."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from callcenter.config import CHECKOUT

FOLDER = CHECKOUT / "callcenter" / "static"
SERVED = frozenset({".css", ".js", ".svg", ".woff2"})


class Serving(Flask):
    """A Flask that serves the front end's files and nothing of what the installer left beside them."""

    def send_static_file(self, filename: str) -> Response:
        """A style, script, picture or font."""
        if PurePosixPath(filename).suffix not in SERVED:
            raise NotFound
        response = super().send_static_file(filename)
        if response.status_code == 304 or request.method == "HEAD":
            response.close()  # nobody reads the file, so nobody else would close it
        return response


def version() -> str:
    """Changes with every front-end file, so that a browser may keep one for ever and never mixes old with new."""
    files = sorted(
        f for part in ("css", "js", "vendor", "img") for f in (FOLDER / part).rglob("*") if f.is_file()
    )
    known = "".join(f"{f.name} {f.stat().st_size} {f.stat().st_mtime_ns}\n" for f in files)
    return hashlib.sha256(known.encode()).hexdigest()[:10]
