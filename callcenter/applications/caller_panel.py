"""What the callers' pages show of applications: a panel on one caller, and words beside candidates."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for
from markupsafe import Markup
from sqlalchemy import select

from callcenter.applications.links import CallerApplication, links_of
from callcenter.applications.models import Application
from callcenter.applications.seen import tone
from callcenter.db import db
from callcenter.people import labels, panels
from callcenter.people.callers import RELATIONS, Caller
from callcenter.permissions import Permission


def register() -> None:
    """Hang panel and words on the callers' pages; the roof calls this."""
    panels.register_panel("applications", panel)
    panels.register_mark("applications", marks)


def panel(caller: Caller, person: Any) -> Markup | None:
    """The applications a caller has to do with, the newest first; nothing for those who may not read them."""
    ties = links_of(caller) if person.may(Permission.APPLICATIONS_READ) else []
    if not ties:
        return None
    rows = [
        {
            "url": url_for("applications.application", application_id=tie.application_id),
            "number": tie.application.number,
            "state": tie.application.state_label,
            "tone": tone(tie.application.state),
            "relation": RELATIONS[tie.relation],
            "received": labels.moment(tie.application.received_at),
        }
        for tie in ties
    ]
    return Markup(render_template("applications/_of_caller.html", rows=rows))  # noqa: S704 (a template of ours)


def marks(callers: Sequence[Caller], person: Any) -> dict[uuid.UUID, list[str]]:
    """「本人 R8-00012」 for each application of each caller, those of merged ones included; one query."""
    if not person.may(Permission.APPLICATIONS_READ):
        return {}
    of_family = {member.id: caller.id for caller in callers for member in caller.family}
    query = (
        select(CallerApplication.caller_id, CallerApplication.relation, Application.number)
        .join(Application, CallerApplication.application_id == Application.id)
        .where(CallerApplication.caller_id.in_(of_family))
        .order_by(Application.received_at.desc(), Application.id.desc())
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for caller_id, relation, number in db.session.execute(query):
        found[of_family[caller_id]].append(f"{RELATIONS[relation]} {number}")
    return found
