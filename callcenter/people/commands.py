"""`script/manage staff …`: who works here, invitations and releases from the console."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from callcenter.calendar import read_date
from callcenter.clock import today
from callcenter.console import NEEDS_A_PERSON, TEXT, end, refusals
from callcenter.db import db, writing
from callcenter.people import inviting
from callcenter.people.staff import Staff
from callcenter.permissions import Side
from callcenter.privacy.audit import CONSOLE

staff = AppGroup("staff", help="Who works here; invitations and releases.")

PAPER_FIRST = (
    "区の職員の招待は区の職員が行います。区の職員がだれもサインインできないときは、区から指定書を受け取り、"
    "その番号を --paper で指定してください。"
)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON alone on standard output.")
def list_staff(as_json: bool) -> None:
    """Everybody: sign-in name, name, role, state, designation."""
    people = db.session.scalars(
        select(Staff).options(selectinload(Staff.designations)).order_by(Staff.sign_in_name)
    )
    rows = [_row(person) for person in people]
    if as_json:
        click.echo(json.dumps({"staff": rows}, ensure_ascii=False))
        return
    for row in rows:
        click.echo("\t".join(str(value or "-") for value in row.values()))


@staff.command("invite")
@click.argument("sign_in_name", type=TEXT)
@click.option(
    "--paper",
    metavar="NUMBER",
    type=TEXT,
    help="Number of the ward's designation paper, for a person of the ward.",
)
@click.option("--lost-device", is_flag=True, help="Forget the authenticator as well.")
def invite(sign_in_name: str, paper: str | None, lost_device: bool) -> None:
    """Print an invitation code; the person sets a password with it at /invitation.

    A person of the ward is let in by the ward, so the console needs the number of the ward's paper."""
    make = inviting.reset_factor if lost_device else inviting.invite
    with refusals(), writing():
        person = _named(sign_in_name)
        if person.side is Side.WARD and not (paper or "").strip():
            end(PAPER_FIRST, NEEDS_A_PERSON)
        code = make(person, by=CONSOLE, paper=paper)
    click.echo(code)


@staff.command("release")
@click.argument("sign_in_name", type=TEXT)
@click.option(
    "--on", "day", default=None, help="Last day, as 2026-04-01 or 令和8年4月1日; today unless said."
)
def release(sign_in_name: str, day: str | None) -> None:
    """Set the last day on which a person is a designated handler."""
    try:
        on = read_date(day) if day else today()
    except ValueError:
        raise click.BadParameter(f"{day} is not a date") from None
    with refusals(), writing():
        _named(sign_in_name).release(by=CONSOLE, on=on)
    click.echo(f"{sign_in_name} {on.isoformat()}")


def _named(sign_in_name: str) -> Staff:
    person = Staff.named(sign_in_name)
    if person is None:
        raise click.ClickException(f"no such sign-in name: {sign_in_name}")
    return person


def _row(person: Staff) -> dict[str, str | None]:
    return {
        "sign_in_name": person.sign_in_name,
        "name": person.name,
        "role": person.role.value,
        "side": person.side.value,
        "state": person.state.value,
        "designated_on": person.designated_on.isoformat() if person.designated_on else None,
        "released_on": person.released_on.isoformat() if person.released_on else None,
    }
