"""Nobody overwrites what they have not seen: ETag, If-None-Match and If-Match (RFC 9110 §13, RFC 6585 §3)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import request
from flask_babel import gettext as _

from callcenter.api.bodies import Fault
from callcenter.errors import Refusal


class Unconditional(Refusal):
    """A change that does not say what it was based on."""

    status = 428
    code = "if_match_required"

    def __init__(self, message: str):
        super().__init__(message)
        self.faults = [Fault("header", "If-Match", message, "required")]


class Stale(Refusal):
    """A change based on what is no longer so."""

    status = 412
    code = "stale"


def encoded(body: Any) -> bytes:
    """A body as it is sent: the same value is always the same bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def tag_of(body: Any) -> str:
    """The entity tag of a body: what it says, digested."""
    return hashlib.sha256(encoded(body)).hexdigest()[:32]


def is_known(tag: str) -> bool:
    """Whether who asks has this already."""
    return bool(request.if_none_match) and request.if_none_match.contains_weak(tag)


def require_match(current: Any, *, needed: bool = True) -> bool:
    """Let a change of `current` (the body that a GET gives now) pass when If-Match names it; whether it was named.

    Raises Unconditional when nothing is named and something is `needed`, Stale when something else is."""
    if "If-Match" not in request.headers:
        if needed:
            raise Unconditional(_("読んだときの ETag を If-Match ヘッダーに入れて送ってください。"))
        return False
    if not request.if_match.contains(tag_of(current)):
        raise Stale(_("読んだあとに変更されています。読み直して、違いを確かめてから送ってください。"))
    return True
