"""Commands of the kernel: `audit …`, `keys …` and `doctor`."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from callcenter.clock import japan
from callcenter.config import Settings
from callcenter.db import db, writing
from callcenter.errors import Refusal
from callcenter.privacy import backups, checkpoints, doctor, packs, rotation, unsealing, verifier
from callcenter.privacy import checks as _checks  # noqa: F401 (registers the kernel's checks)
from callcenter.privacy import triggers as _triggers  # noqa: F401 (puts the triggers on their tables)
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import CONSOLE, AuditEntry, record
from callcenter.privacy.keystore import Keystore

audit = AppGroup("audit", help="The audit trail: verify, export, sign, show.")
keys = AppGroup("keys", help="The keystore: list, rotate, seal, unseal, back up, wipe.")

_json = click.option("--json", "as_json", is_flag=True, help="JSON alone on standard output.")


# --- audit -----------------------------------------------------------------------------------------------


@audit.command("verify")
@click.option(
    "--previous",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept outside.",
)
@_json
@click.pass_context
def verify_trail(context: click.Context, previous: Path | None, as_json: bool) -> None:
    """Check every row, the chain, the order, every root and signature; exit 1 when something does not hold."""
    with refusals():
        report = packs.verify_database(previous.read_text("utf-8") if previous else None)
        with writing():
            facts = {"ok": report.ok, "rows": report.rows, "signed": report.signed_rows, "code": report.code}
            record(Action.AUDIT_VERIFIED, by=CONSOLE, facts=facts, read=True)
    click.echo(json.dumps(asdict(report), ensure_ascii=False) if as_json else verifier.summary(report))
    context.exit(0 if report.ok else 1)


@audit.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@_json
def export_trail(target: Path, as_json: bool) -> None:
    """Write a pack that verifies itself: a new folder, or a new FILE.zip."""
    with refusals():
        last = packs.export(target, by=CONSOLE)
        public = checkpoints.all_public_keys()
    made = {"rows": last.size if last else 0, "root": last.root if last else "", "public_keys": public}
    lines = [
        f"{made['rows']} rows, root {made['root']}",
        *(f"public key {name}: {key}" for name, key in public.items()),
    ]
    _say(made, as_json, lines)


@audit.command("checkpoint")
@_json
def checkpoint(as_json: bool) -> None:
    """Sign the trail as it stands and print the newest checkpoint (keep it outside the house)."""
    with refusals():
        checkpoints.sign()
        last = checkpoints.last()
    if last is None:
        raise click.ClickException("the trail is empty")
    _say({"size": last.size, "root": last.root, "note": last.note}, as_json, [last.note.rstrip("\n")])


@audit.command("show")
@click.option("--last", "count", type=click.IntRange(1, 100_000), default=20, show_default=True)
@_json
def show(count: int, as_json: bool) -> None:
    """The last rows, oldest first; sealed reasons stay sealed."""
    with refusals():
        found = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(count)).all()
        rows = [_entry(entry) for entry in reversed(found)]
    lines = ["\t".join(str(row[name]) for name in _SHOWN) for row in rows]
    _say({"entries": rows}, as_json, ["\t".join(_SHOWN), *lines])


_SHOWN = ("seq", "at", "actor", "action", "result", "kind", "object_id", "address", "facts")


def _entry(entry: AuditEntry) -> dict[str, Any]:
    plain = (
        "actor",
        "role",
        "action",
        "result",
        "kind",
        "object_id",
        "address",
        "session",
        "request",
        "hash",
    )
    return {
        "seq": entry.seq,
        "at": japan(entry.at).isoformat(timespec="milliseconds"),
        **{name: getattr(entry, name) for name in plain},
        "facts": json.loads(entry.facts),
        "has_reason": entry.reason is not None,
    }


# --- keys ------------------------------------------------------------------------------------------------


@keys.command("list")
@_json
def list_keys(as_json: bool) -> None:
    """Every key ever made, its state and fingerprint, and the copies that are out."""
    with refusals():
        store = _keystore()
        entries = [
            {**asdict(e), "copies": [c.medium for c in store.copies_of(e.name)]} for e in store.entries()
        ]
        sealed = store.is_sealed
    lines = [
        f"{e['name']}\t{e['state']}\t{e['made_at'][:19]}\t{e['fingerprint']}\t{','.join(e['copies'])}"
        for e in entries
    ]
    _say({"sealed": sealed, "keys": entries}, as_json, lines)


@keys.command("rotate")
@click.option("--period", type=click.UUID, help="The wrapping key of this period (its id).")
@click.option("--house", "which", flag_value="house", help="The wrapping key of the house.")
@click.option("--signing", "which", flag_value="signing", help="The key that signs checkpoints.")
@click.option(
    "--cookies", "which", flag_value="cookies", help="The key of session cookies: everybody signs in anew."
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 3600),
    default=rotation.GRACE_SECONDS,
    show_default=True,
    help="Seconds the old key stays readable.",
)
@_json
@click.pass_context
def rotate(
    context: click.Context, period: uuid.UUID | None, which: str | None, grace: float, as_json: bool
) -> None:
    """Replace a key. Goes on where an earlier run was broken off."""
    if (period is None) == (which is None):
        raise click.UsageError("name one: --period ID, --house, --signing or --cookies")
    with refusals():
        if which == "signing":
            done = rotation.rotate_signing(by=CONSOLE)
        elif which == "cookies":
            done = rotation.rotate_cookies(by=CONSOLE)
        else:
            done = rotation.rotate(period, by=CONSOLE, grace_seconds=grace, progress=_progress(as_json))
    lines = [
        f"{done.current} is in use; {done.rewrapped} data keys re-wrapped; destroyed: {', '.join(done.destroyed)}"
    ]
    if done.rewrapped:
        lines.append(
            "Back up the database now: older backups need the old key, which lives on in its copies only."
        )
    _say(asdict(done), as_json, lines)


@keys.command("seal-with-passphrase")
@click.option("--stdin", is_flag=True, help="Read the passphrase from standard input.")
def seal_with_passphrase(stdin: bool) -> None:
    """Set or change the passphrase. Running processes lock at once: restart the house, then `keys unseal`."""
    passphrase = _passphrase(stdin, confirm=True)
    if len(passphrase) < 15:
        raise click.ClickException("合言葉は15文字以上にしてください。")
    with refusals():
        _keystore().seal_with(passphrase)
        with writing():
            record(Action.KEYS_SEALED, by=CONSOLE)
    click.echo("Every key file is sealed. Restart the house, then: script/manage keys unseal")


@keys.command("unseal")
@click.option("--stdin", is_flag=True, help="Read the passphrase from standard input.")
@_json
@click.pass_context
def unseal(context: click.Context, stdin: bool, as_json: bool) -> None:
    """Ask for the passphrase and give it to every running process of the house."""
    passphrase = _passphrase(stdin)
    with refusals():
        _keystore().unseal(passphrase)
        answers = unsealing.give(passphrase, _settings().home / "run")
        with writing():
            record(Action.KEYS_UNSEALED, by=CONSOLE, facts={"processes": len(answers)})
    lines = [f"process {pid}: {answer}" for pid, answer in answers.items()] or ["No process is waiting."]
    _say({"processes": {str(pid): answer for pid, answer in answers.items()}}, as_json, lines)
    context.exit(0 if all(answer == "open" for answer in answers.values()) else 1)


@keys.command("backup")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--medium", required=True, help="What the office calls the medium, such as USB-03.")
@_json
def back_up_keys(directory: Path, medium: str, as_json: bool) -> None:
    """Copy the key files to a medium and enter it into the register of copies."""
    with refusals():
        copy = backups.back_up(_keystore(), directory, medium=medium, by=CONSOLE)
    _say(asdict(copy), as_json, [f"{len(copy.keys)} keys copied to {directory} ({medium})"])


@keys.command("wipe")
@click.option(
    "--fingerprint", required=True, help="Fingerprint of the house's present key, as `keys list` shows it."
)
def wipe(fingerprint: str) -> None:
    """Emergency: destroy every key here. Nothing in this house can be read again without a copy of the keys."""
    with refusals():
        store = _keystore()
        if store.entry(store.current("house")).fingerprint != fingerprint:  # type: ignore[union-attr]
            raise click.ClickException("that is not the fingerprint of the present key of the house")
        with writing():
            record(Action.KEYS_WIPED, by=CONSOLE, facts={"keys": len(store.entries())})
        for entry in store.entries():
            store.destroy(entry.name)
    click.echo("Every key was overwritten and removed.")


# --- doctor ----------------------------------------------------------------------------------------------


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Open every sealed value and read every row.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without a person first.")
@_json
@click.pass_context
@with_appcontext
def doctor_command(context: click.Context, deep: bool, fix: bool, as_json: bool) -> None:
    """Check that everything fits together; exit 1 when something does not."""
    examination = doctor.Examination(_settings(), _keystore(), deep)
    with refusals():
        mended = doctor.mend(examination) if fix else {}
        found = doctor.examine(examination)
    clean = not any(found.values())
    result = {
        "clean": clean,
        "mended": mended,
        "checks": [
            {"name": name, "findings": [f._asdict() for f in findings]} for name, findings in found.items()
        ],
    }
    _say(result, as_json, list(_told(found, mended)))
    context.exit(0 if clean else 1)


def _told(found: dict[str, list[doctor.Finding]], mended: dict[str, int]) -> Iterator[str]:
    for name, count in mended.items():
        if count:
            yield f"直しました  {name}: {count} 件"
    for name, findings in found.items():
        yield f"{'異常' if findings else '正常'}  {name}"
        for finding in findings:
            yield f"      [{finding.code}] {finding.sentence} {finding.place}".rstrip()


# --- common ----------------------------------------------------------------------------------------------


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal ends the command with its sentence and exit 1."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.message} [{refusal.code}]") from None


def _say(result: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    click.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else "\n".join(lines))


def _progress(as_json: bool) -> Any:
    if as_json:
        return lambda done, left: None
    return lambda done, left: click.echo(f"{done} re-wrapped, {left} to go", err=True)


def _passphrase(stdin: bool, confirm: bool = False) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("合言葉", hide_input=True, confirmation_prompt=confirm, err=True))


def _keystore() -> Keystore:
    return current_app.extensions["keystore"]


def _settings() -> Settings:
    return current_app.extensions["settings"]
