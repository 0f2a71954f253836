"""`script/manage applications …`: one application's state from the console, masked, and how many there are."""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from callcenter.applications.balance import balances
from callcenter.applications.matching import read_number
from callcenter.applications.models import Application
from callcenter.clock import japan
from callcenter.console import FAILED, TEXT, end, json_option, note_reads, programme_option, refusals
from callcenter.db import db
from callcenter.privacy import audit, mask
from callcenter.privacy.actions import Action
from callcenter.programmes import the_programme

applications = AppGroup("applications", help="Application records.")


@applications.command("show")
@click.argument("number", type=TEXT)
@programme_option
@json_option
def show_application(number: str, code: str | None, as_json: bool) -> None:
    """State, history and remaining hours of the application NUMBER (R8-00123); names masked."""
    with refusals():
        programme = the_programme(code)
        query = select(Application).where(Application.programme_id == programme.id)
        row = db.session.scalars(query.where(Application.number == (read_number(number) or number))).first()
        if row is None:
            end("この番号の申請はありません。", FAILED)
        facts = {"number": row.number}
        audit.record(Action.APPLICATION_VIEWED, by=audit.CONSOLE, on=row, facts=facts, read=True)
        shown = _shown(row)
    note_reads()
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for name, value in shown.items():
        click.echo(f"{name}\t{value}")


@applications.command("count")
@programme_option
@json_option
def count_applications(code: str | None, as_json: bool) -> None:
    """How many applications there are, by state."""
    with refusals():
        programme = the_programme(code)
    query = select(Application.state, func.count()).where(Application.programme_id == programme.id)
    found = {state.value: count for state, count in db.session.execute(query.group_by(Application.state))}
    if as_json:
        click.echo(json.dumps({"total": sum(found.values()), "states": found}, ensure_ascii=False))
        return
    click.echo(f"total\t{sum(found.values())}")
    for state, count in sorted(found.items()):
        click.echo(f"{state}\t{count}")


def _shown(row: Application) -> dict[str, Any]:
    return {
        "number": row.number,
        "external_id": row.external_id,
        "state": row.state.value,
        "fiscal_year": row.fiscal_year,
        "channel": row.channel.value,
        "received_at": japan(row.received_at).isoformat(),
        "applicant": mask.name(row.name),
        "children": [
            {"cap": b.hours.cap, "left": b.hours.left, "rule_approved": b.is_approved} for b in balances(row)
        ],
        "history": [
            {"at": japan(change.at).isoformat(), "state": change.after.value, "side": change.by_side.value}
            for change in row.history
        ],
    }
