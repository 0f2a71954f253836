"""Opening the house: the commands that prepare it, with the demo office or for a real installation, and the worker."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from callcenter import prepare, worker
from callcenter.config import Settings
from callcenter.db import db, writing
from callcenter.people import setup
from callcenter.people.installation import Installation
from callcenter.people.staff import Staff, anybody
from callcenter.privacy import audit
from callcenter.programmes import Programme
from kb.exchange import seeding
from kb.public import preparing
from tickets.demo.office import PASSWORD, STAFF, DemoOffice
from tickets.records.ticket import Ticket

house = AppGroup("house", help="Prepare this house.")
work = AppGroup("worker", help="The process that follows the house.")


@house.command("prepare")
@click.option(
    "--empty", is_flag=True, help="No demo office: print the one-time code of the first administrator."
)
def prepare_house(empty: bool) -> None:
    """Make keys and database; on the first run also the demo office (or, with --empty, a set-up code)."""
    settings: Settings = current_app.extensions["settings"]
    with prepare.one_at_a_time(settings.home / "run" / "opening.lock"):
        prepare.make_database()
        if not empty and _is_new():
            _make_demo(lambda text: click.echo(f"      {text}"))
        preparing.prepare(settings)
    _tell_sign_ins()


def _is_new() -> bool:
    """Nobody is registered and no ticket is there."""
    return not anybody() and not db.session.scalar(select(func.count()).select_from(Ticket))


def _make_demo(say: Callable[[str], None]) -> None:
    db.session.rollback()
    programme = db.session.scalars(select(Programme)).one()
    DemoOffice(programme, say).make()
    report = seeding.seed(programme, by=audit.CONSOLE, approved_by=Staff.named("kato"))
    say(f"FAQ {report.new}件（公開 {report.published}件）")


def _tell_sign_ins() -> None:
    if db.session.scalar(select(Installation.is_demo)):
        settings: Settings = current_app.extensions["settings"]
        (settings.home / "run" / "demo").touch()  # script/start.py serves the public site of a demo unasked
        names = " ".join(name for name, *_ in STAFF)
        click.echo(f"      Demo sign-ins, all with the password {PASSWORD}:")
        click.echo(f"      {names}")
    elif not anybody():
        db.session.rollback()
        with writing():
            code = setup.issue_code()
        click.echo(f"      One-time code of the first administrator (24 hours): {code}")


@work.command("run")
@click.option("--tell/--quiet", default=False, help="First print who can sign in.")
def run_worker(tell: bool) -> None:
    """Follow the house until told to stop."""
    if tell:
        _tell_sign_ins()
        db.session.remove()
    worker.run(current_app._get_current_object(), current_app.extensions["chores"])  # type: ignore[attr-defined]
