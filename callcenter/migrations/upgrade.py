"""Running the revisions from inside the program: no ini file, the house's own engine.

Alembic is loaded only when there is something to run: it would cost every process ten megabytes for a comparison."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
REVISION = re.compile(r'^revision(?:: str)? = "([^"]+)"', re.M)


def to_head(engine: Engine) -> None:
    """Bring the schema to the newest revision; nothing happens when it is there already."""
    with engine.connect() as connection:
        if current(connection) == head():
            return
    from alembic import command

    with engine.begin() as connection:
        command.upgrade(configured(connection), "head")


def configured(connection: Connection) -> Config:
    """Alembic's configuration, bound to an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def current(connection: Connection) -> str | None:
    """Revision the database stands at, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def head() -> str | None:
    """Newest revision in the tree: that of the file with the highest number."""
    files = sorted((FOLDER / "versions").glob("[0-9]*.py"))
    found = REVISION.search(files[-1].read_text("utf-8")) if files else None
    return found[1] if found else None
