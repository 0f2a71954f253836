"""What all commands share: their options, their exit codes, a file for lines that were not taken, and how a refusal ends.

Exit 0 done, 1 failed, 2 wrong call, 3 needs a person's word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

import click

from callcenter.db import Intent, db, intent
from callcenter.errors import Refusal
from callcenter.privacy import audit

FAILED, WRONG_CALL, NEEDS_A_PERSON = 1, 2, 3
ABOUT_THE_CALL = {"no_programme": WRONG_CALL, "which_programme": NEEDS_A_PERSON}


class Text(click.ParamType[str]):
    """Words on the command line. What is not in the terminal's encoding is a wrong call, for no column could take it."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            self.fail("文字として読めません。端末の文字コードをUTF-8にして、打ち直してください。", param, ctx)
        return value


TEXT = Text()

programme_option = click.option(
    "--programme", "code", type=TEXT, help="Code of the programme, where there is more than one."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on standard output.")
a_new_file = click.Path(dir_okay=False, writable=True, path_type=Path)
a_file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def end(sentence: str, status: int) -> NoReturn:
    """Say why on standard error and end with this status."""
    click.echo(sentence, err=True)
    raise SystemExit(status)


@contextmanager
def refusals(status: int = FAILED) -> Iterator[None]:
    """A Refusal inside becomes its sentence and this exit status, unless it is about the call itself."""
    try:
        yield
    except Refusal as refusal:
        db.session.rollback()
        end(refusal.message, ABOUT_THE_CALL.get(refusal.code, status))


def note_reads() -> None:
    """Commit the audit rows of what a command looked at."""
    entries = audit.take_pending()
    db.session.rollback()
    with intent(Intent.NOTE):
        audit.put_back(entries)
        db.session.commit()


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that is written whole or not at all: it takes its name when the block ends well. For its owner alone."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class PutAside:
    """The file of rejected lines, to mend and bring in again: made with the first of them, for its owner alone."""

    def __init__(self, source: Path, ending: str = ".rejected.jsonl"):
        self.path = source.with_name(source.name + ending)
        self._handle: int | None = None

    def __enter__(self) -> PutAside:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def write(self, raw: bytes) -> int:
        if self._handle is None:
            self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.write(self._handle, raw)
