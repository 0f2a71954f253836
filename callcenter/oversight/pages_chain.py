"""記録の証明: how far the trail is signed, when it was last verified, and the checkpoint to keep outside."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.oversight.blueprint import pages
from callcenter.oversight.places import places
from callcenter.people import sessions
from callcenter.people.labels import moment
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit, checkpoints
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import AuditEntry


@pages.get("/chain")
@allow(Permission.AUDIT_READ)
def chain() -> str:
    """The state of the trail."""
    me = sessions.current()
    last, rows = checkpoints.last(), _newest()
    verified = _last_verification()
    facts = [
        {"term": _("記録の件数"), "value": f"{rows:,}"},
        {"term": _("署名済みの件数"), "value": f"{last.size:,}" if last else "0"},
        {"term": _("最後の署名"), "value": moment(last.at) if last else _("まだありません")},
        {"term": _("全体のハッシュ値"), "value": last.root if last else "－"},
        {"term": _("記録の名前"), "value": last.origin if last else "－"},
    ]
    audit.record(Action.AUDIT_VIEWED, by=me, facts={"list": "chain"}, read=True)
    return render_template(
        "oversight/chain.html",
        facts=facts,
        is_signed=last is not None,
        verified=verified,
        keys=[{"term": name, "value": key} for name, key in checkpoints.all_public_keys().items()],
        places=places("oversight.chain"),
    )


@pages.get("/chain/checkpoint.txt")
@allow(Permission.AUDIT_READ)
def checkpoint() -> Response:
    """The newest signed checkpoint, to keep outside the house."""
    last = checkpoints.last()
    if last is None:
        raise NotFound(_("署名はまだありません。"))
    audit.record(Action.AUDIT_VIEWED, by=sessions.current(), facts={"checkpoint": last.size}, read=True)
    name = f"checkpoint-{last.size}.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(last.note, content_type="text/plain; charset=utf-8", headers=headers)


def _newest() -> int:
    return db.session.scalar(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)) or 0


def _last_verification() -> dict[str, Any] | None:
    query = select(AuditEntry).where(AuditEntry.action == Action.AUDIT_VERIFIED.value)
    entry = db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(1)).first()
    if entry is None:
        return None
    facts = json.loads(entry.facts)
    return {"at": moment(entry.at), "ok": bool(facts.get("ok")), "rows": f"{facts.get('rows', 0):,}"}
