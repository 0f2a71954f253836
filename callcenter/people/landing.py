"""Where a person lands after signing in: the page they had asked for, if it is one of ours."""

from __future__ import annotations

import re
from urllib.parse import unquote

from flask import redirect, session, url_for
from werkzeug.wrappers import Response

from callcenter.people import gate
from callcenter.people.staff import Staff
from callcenter.permissions import Permission

HOME = "/"
OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}")


def own_path(target: str | None) -> str | None:
    """The target if it is a plain path of this house, else None: `//evil`, `/\\evil`, schemes, control characters and
    their percent-encoded disguises are refused (OWASP ASVS 5.0 V3.7.2)."""
    if not target or not OWN_PATH.fullmatch(target):
        return None
    plain = target
    for _round in range(3):
        plain = unquote(plain)
        path = plain.partition("?")[0]
        if path.startswith(("//", "/\\")) or "\\" in path or any(ord(c) < 32 for c in path):
            return None
    return target


def remember(target: str | None) -> None:
    """Keep the page that was asked for until the person has done what the gate asks."""
    path = own_path(target)
    if path is not None:
        session["next"] = path


def onward(staff: Staff) -> Response:
    """Lead to what the gate still asks, else to the page that was asked for, else home."""
    waiting = gate.gate(staff, Permission.SIGNED_IN, endpoint="")
    if waiting:
        return redirect(url_for(waiting), 303)
    return redirect(own_path(session.pop("next", None)) or HOME, 303)
