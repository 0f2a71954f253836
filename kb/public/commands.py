"""`script/manage public …`: the public site's database."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from callcenter.console import refusals
from kb.public import preparing

public = AppGroup("public", help="The public site.")


@public.command("prepare")
def prepare() -> None:
    """Make the tables of the public site; on PostgreSQL also its role, which may read them and nothing else."""
    with refusals():
        click.echo(preparing.prepare(current_app.extensions["settings"]))
    current_app.extensions["projection"].settle()
