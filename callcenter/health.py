"""Whether the house is alive and ready: three addresses for those who look after the machine."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import func, select

from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.permissions import Permission, allow
from callcenter.privacy import doctor
from callcenter.privacy.audit import AuditEntry

pages = Blueprint("health", __name__)
LOOPBACK = frozenset({"127.0.0.1", "::1"})
HANDED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""A request that carries one of these came through a proxy, which stands on loopback itself."""


@pages.get("/healthz")
@allow(Permission.ANYONE)
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@pages.get("/readyz")
@allow(Permission.ANYONE)
def ready() -> tuple[Response, int]:
    """Database, keys and lens answer; 503 with what the doctor says of those that do not. For loopback only."""
    _loopback_only()
    extensions = current_app.extensions
    found = doctor.ready(extensions["settings"], extensions["keystore"])
    checks = {name: [finding.code for finding in findings] for name, findings in found.items()}
    is_ready = not any(checks.values())
    return jsonify(status="ready" if is_ready else "not ready", checks=checks), 200 if is_ready else 503


@pages.get("/metrics")
@allow(Permission.ANYONE)
def metrics() -> Response:
    """Counts in Prometheus' text format (0.0.4); no personal item, no name. For loopback only."""
    _loopback_only()
    lines = []
    for name, explanation, value in _figures():
        lines += [f"# HELP {name} {explanation}", f"# TYPE {name} gauge", f"{name} {value}"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _figures() -> list[tuple[str, str, Any]]:
    unsettled = select(func.count()).select_from(Contact).where(Contact.settled_at.is_(None))
    return [
        (
            "madoguchi_audit_sequence",
            "Last sequence of the audit trail",
            _one(select(func.max(AuditEntry.seq))),
        ),
        ("madoguchi_contacts_unsettled", "Contacts that wait in the tray", _one(unsettled)),
    ]


def _one(query: Any) -> int:
    return db.session.scalar(query) or 0


def _loopback_only() -> None:
    if request.remote_addr not in LOOPBACK or any(name in request.headers for name in HANDED_ON):
        raise NotFound("ページが見つかりません。")
