"""`script/manage lens`: make the index anew, hold it against the database, say how far it is."""

import json
import time
from collections.abc import Iterable
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup

from callcenter.errors import Unavailable
from callcenter.privacy.lens.follower import Follower
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.rebuilding import head, rebuild
from callcenter.privacy.lens.verifying import verify

commands = AppGroup("lens", help="The sealed search index: rebuild, verify, status.")

_period = click.option("--period", type=click.UUID, help="Only this period (its id); without it, all.")
_json = click.option("--json", "as_json", is_flag=True, help="JSON alone on standard output.")


@commands.command("rebuild")
@_period
@click.option("--processes", type=click.IntRange(1, 8), default=2, show_default=True)
@_json
def rebuild_lens(period: UUID | None, processes: int, as_json: bool) -> None:
    """Make the lens anew beside the present one, then put it in its place. Searching goes on meanwhile."""
    made = []
    for period_id in _periods(period):
        begun = time.monotonic()
        documents = rebuild(
            _file(period_id),
            _follower().shelves,
            period_id,
            processes=processes,
            progress=None if as_json else _show,
        )
        made.append(
            {"period": period_id.hex, "documents": documents, "seconds": round(time.monotonic() - begun, 1)}
        )
    _say(
        {"rebuilt": made},
        as_json,
        [f"{m['period']}: {m['documents']} documents in {m['seconds']} s" for m in made],
    )


@commands.command("verify")
@_period
@click.option(
    "--words", type=click.IntRange(0, 1000), default=24, show_default=True, help="Words to count, a shelf."
)
@_json
@click.pass_context
def verify_lens(context: click.Context, period: UUID | None, words: int, as_json: bool) -> None:
    """Open every record and compare; exit 1 when the lens differs from the database."""
    _follower().catch_up(timeout=60)
    reports = [verify(_file(id), _follower().shelves, id, words=words) for id in _periods(period)]
    lines = [
        f"{report.period_id} {finding.shelf}: {finding.documents} documents, missing {len(finding.missing)}, "
        f"extra {len(finding.extra)}, different {len(finding.different)}, damaged {len(finding.damaged)}; "
        f"{finding.words} words, {finding.wrong_words} wrong"
        for report in reports
        for finding in report.findings
    ]
    lines += [f"{report.period_id}: {damage}" for report in reports for damage in report.damages]
    _say({"periods": [report.as_json() for report in reports]}, as_json, lines)
    if not all(report.is_clean for report in reports):
        context.exit(1)


@commands.command("status")
@_json
@click.pass_context
def lens_status(context: click.Context, as_json: bool) -> None:
    """Where each lens stands; exit 1 when one is missing or unfit."""
    last = head()
    states = [_state(period_id, last) for period_id in _periods(None)]
    lines = [
        f"{s['period']}: {'ready' if s['fit'] else 'not ready'}, {s['behind']} behind, {s['bytes']} bytes, "
        f"documents {json.dumps(s['documents'])}"
        for s in states
    ]
    _say({"sequence": last, "periods": states}, as_json, lines)
    if not all(state["fit"] for state in states):
        context.exit(1)


def _state(period_id: UUID, last: int) -> dict[str, object]:
    names = _follower().shelves.names
    state: dict[str, object] = {
        "period": period_id.hex,
        "fit": False,
        "behind": last,
        "bytes": 0,
        "documents": {},
    }
    try:
        file = _file(period_id)
        if file.is_fit(names):
            state |= {"fit": True, "behind": last - file.followed, "bytes": file.bytes_on_disk}
            state["documents"] = {name: file.count(name, None) for name in names}
    except Unavailable as refusal:
        state["refusal"] = refusal.code
    return state


def _follower() -> Follower:
    return current_app.extensions["follower"]


def _file(period_id: UUID) -> LensFile:
    return _follower().lens.file(period_id)


def _periods(only: UUID | None) -> Iterable[UUID]:
    return [only] if only else list(_follower().periods())


def _show(shelf: str, done: int, total: int) -> None:
    click.echo(f"\r{shelf}: {done} of {total}", nl=done == total, err=True)


def _say(answer: dict[str, object], as_json: bool, lines: list[str]) -> None:
    click.echo(json.dumps(answer) if as_json else "\n".join(lines))
