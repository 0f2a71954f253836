"""`script/manage kb …`: bring articles in, lay down the first ones, look something up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask.cli import AppGroup

from callcenter.console import (
    NEEDS_A_PERSON,
    WRONG_CALL,
    PutAside,
    a_file,
    a_new_file,
    end,
    json_option,
    note_reads,
    programme_option,
    refusals,
    written_whole,
)
from callcenter.db import Intent, db, intent
from callcenter.files import MOST_BYTES, accept
from callcenter.people.staff import Staff
from callcenter.privacy.audit import CONSOLE
from callcenter.programmes import Programme, the_programme
from callcenter.sheets import delimited
from kb.exchange.exporting import export
from kb.exchange.importing import Importer, Report, ward_person
from kb.exchange.reading import Format
from kb.exchange.seeding import seed
from kb.finding.shelf import find

kb = AppGroup("kb", help="The FAQ: articles in and out, and looking things up.")

publish_option = click.option("--publish", is_flag=True, help="Publish what is brought; needs --approved-by.")
approved_option = click.option(
    "--approved-by",
    "approver",
    metavar="WARD_PERSON",
    help="Sign-in name of the ward's person who approved it.",
)


@kb.command("import")
@click.argument("file", type=a_file)
@publish_option
@approved_option
@programme_option
@json_option
def import_articles(file: Path, publish: bool, approver: str | None, code: str | None, as_json: bool) -> None:
    """Bring a file of articles in (.csv, .xlsx, or JSON lines). Good lines are kept; bad ones are reported, and written
    to FILE.rejected.jsonl (or .csv) to mend and import again."""
    with refusals():
        programme = the_programme(code)
        approved_by = _approver(approver, programme) if publish else None
        with PutAside(file, Format.of(file.name).rejected) as bad, table_of(file) as source:
            report = Importer(programme, by=CONSOLE, approved_by=approved_by, bad=bad).take(
                source, Format.of(file.name)
            )
    _tell(report, as_json)
    if report.rejected:
        click.echo(f"{report.rejected.total} lines were rejected; see {bad.path}", err=True)


@kb.command("export")
@click.argument("file", type=a_new_file)
@click.option("--all", "everything", is_flag=True, help="Also drafts; each article in its newest version.")
@click.option("--cp932", is_flag=True, help="CSV in Shift_JIS (cp932) instead of UTF-8.")
@programme_option
@json_option
def export_articles(file: Path, everything: bool, cp932: bool, code: str | None, as_json: bool) -> None:
    """Write the articles to FILE.jsonl, FILE.csv or FILE.xlsx; what is written comes back unchanged by `kb import`."""
    form = Format.of(file.name)
    if file.suffix.lower().lstrip(".") not in list(Format):
        end("The file must end in .jsonl, .csv or .xlsx.", WRONG_CALL)
    if cp932 and form is not Format.CSV:
        end("--cp932 is for .csv files.", WRONG_CALL)
    with refusals(), intent(Intent.READ), written_whole(file) as target:
        programme = the_programme(code)
        count = export(
            programme.id,
            target,
            form,
            by=CONSOLE,
            everything=everything,
            encoding=delimited.CP932 if cp932 else delimited.UTF_8,
        )
        note_reads()
    click.echo(json.dumps({"articles": count}) if as_json else f"articles {count}")


@kb.command("seed")
@publish_option
@approved_option
@programme_option
@json_option
def seed_articles(publish: bool, approver: str | None, code: str | None, as_json: bool) -> None:
    """Lay down the articles that the office starts with, as drafts for the ward to approve."""
    with refusals():
        programme = the_programme(code)
        approved_by = _approver(approver, programme) if publish else None
        report = seed(programme, by=CONSOLE, approved_by=approved_by)
    _tell(report, as_json)


@kb.command("search")
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many.")
@click.option("--drafts", is_flag=True, help="Also what the ward has not approved.")
@programme_option
@json_option
def search(query: str, limit: int, drafts: bool, code: str | None, as_json: bool) -> None:
    """The articles that answer a question, best first."""
    with refusals(), intent(Intent.READ):
        programme = the_programme(code)
        found = find(query, [programme.id], limit=limit, drafts=drafts)
        db.session.rollback()
    articles = [
        {"external_id": one.external_id, "question": one.question, "score": round(one.score, 4)}
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"articles": articles}, ensure_ascii=False))
        return
    for article in articles:
        click.echo(f"{article['score']:8.3f}  {article['external_id']}  {article['question']}")


@contextmanager
def table_of(file: Path) -> Iterator[BinaryIO]:
    """The file, opened; a workbook only after it was found to be one that may be opened."""
    if Format.of(file.name) is Format.XLSX:
        with file.open("rb") as source:
            accept(file.name, source.read(MOST_BYTES + 1))
    with file.open("rb") as source:
        yield source


def _approver(name: str | None, programme: Programme) -> Staff:
    if name is None:
        end("--publish needs --approved-by: only the ward's person can approve articles.", NEEDS_A_PERSON)
    return ward_person(name, programme)


def _tell(report: Report, as_json: bool) -> None:
    facts: dict[str, Any] = vars(report)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo("  ".join(f"{name} {facts[name]}" for name in ("new", "changed", "unchanged", "published")))
    for fault in report.rejected:
        click.echo(f"line {fault['line']}  {fault['column']}: {fault['reason']}")
