"""The commands of the work: bringing tickets in from a file, and finding them."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from callcenter.clock import japan
from callcenter.console import (
    WRONG_CALL,
    PutAside,
    a_file,
    json_option,
    note_reads,
    programme_option,
    refusals,
)
from callcenter.privacy import audit
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.follower import Follower
from callcenter.programmes import period_ids, the_programme
from tickets.exchange.importing import Importer, Report
from tickets.finding.search import Found, find

tickets = AppGroup("tickets", help="Bring tickets in, and find them.")


@tickets.command("import")
@click.argument("file", type=a_file)
@programme_option
@json_option
def import_tickets(file: Path, code: str | None, as_json: bool) -> None:
    """Bring tickets in from FILE (JSON Lines, UTF-8). Bad lines go to FILE.rejected.jsonl, to mend and bring in again."""
    with refusals():
        programme = the_programme(code)
        with PutAside(file) as bad:
            report = Importer(programme, by=audit.CONSOLE, bad=bad).run(file)
        follower().catch_up(timeout=600)
    if as_json:
        click.echo(json.dumps(vars(report), ensure_ascii=False))
    else:
        _tell(report, bad.path)


@tickets.command("search")
@click.argument("query")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@programme_option
@json_option
def search_tickets(query: str, limit: int, code: str | None, as_json: bool) -> None:
    """Find tickets of all states, newest first, by words of subject, consultation, answer, reply and note."""
    with refusals(WRONG_CALL):
        programme_ids = [the_programme(code).id]
        follower().catch_up(timeout=60)
        found = find(
            lens(),
            query,
            by=audit.CONSOLE,
            person=None,
            programme_ids=programme_ids,
            period_ids=period_ids(programme_ids),
            limit=limit,
        )
    note_reads()
    _show(found, as_json)


def lens() -> Lens:
    """The lens of this process."""
    found: Lens = current_app.extensions["lens"]
    return found


def follower() -> Follower:
    """The follower of this process; brings the lens up to date where no worker runs."""
    found: Follower = current_app.extensions["follower"]
    return found


def _tell(report: Report, rejected: Path) -> None:
    click.echo(
        f"新規 {report.new}件、変更 {report.changed}件、変更なし {report.unchanged}件、受け付けなかった行 {report.rejected.total}行"
    )
    for fault in report.rejected:
        click.echo(f"  {fault['line']}行目 {fault['column']}: {fault['reason']}")
    if report.rejected:
        click.echo(f"受け付けなかった行は {rejected} にあります。直してからもう一度取り込んでください。")


def _show(found: Found, as_json: bool) -> None:
    if as_json:
        tickets_ = [
            {
                "number": hit.label,
                "external_id": hit.external_id,
                "subject": "".join(part.text for part in hit.subject),
                "opened_at": japan(hit.opened_at).isoformat(),
            }
            for hit in found.hits
        ]
        click.echo(json.dumps({"total": found.total, "tickets": tickets_}, ensure_ascii=False))
        return
    click.echo(f"{found.total}件")
    for hit in found.hits:
        subject = "".join(part.text for part in hit.subject)
        click.echo(f"{hit.label}  {japan(hit.opened_at):%Y-%m-%d %H:%M}  {subject}")
