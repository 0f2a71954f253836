"""`script/manage public …`: the public site's database. `script/manage kb export-site`: the public site as a folder."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import gettext as _

from callcenter.console import programme_option, refusals
from callcenter.db import db, writing
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import the_programme
from kb.commands import kb
from kb.public import export, preparing

public = AppGroup("public", help="The public site.")


@public.command("prepare")
def prepare() -> None:
    """Make the tables of the public site; on PostgreSQL also its role, which may read them and nothing else."""
    with refusals():
        click.echo(preparing.prepare(current_app.extensions["settings"]))
    current_app.extensions["projection"].settle()


@kb.command("export-site")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@programme_option
def export_site(directory: Path, code: str | None) -> None:
    """Write the public site as a folder: for a web server of the ward, or to open from a disk."""
    extensions = current_app.extensions
    with refusals():
        found = the_programme(code).code
        db.session.rollback()
        extensions["projection"].settle()
        count = export.write(extensions["projection"].store, found, extensions["settings"].face, directory)
        with writing():
            audit.record(
                Action.SITE_EXPORTED, by=audit.CONSOLE, on=the_programme(code), facts={"count": count}
            )
    click.echo(_("%(count)d個のファイルを %(folder)s に書き出しました。", count=count, folder=str(directory)))
