"""The audit trail at a million rows: signed, exported, verified by the ward's own program, one row proven.

script/bench audit [--rows 1000000]"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import insert

from bench.house import house
from bench.report import Report
from callcenter.db import db, disconnect, new_id, writing
from callcenter.privacy import audit, checkpoints, packs
from callcenter.privacy.actions import Action

CHUNK = 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure on the embedded database; 0 when the bounds hold."""
    reader = argparse.ArgumentParser(prog="script/bench audit")
    reader.add_argument("--rows", type=int, default=1_000_000)
    rows = reader.parse_args(arguments).rows
    report = Report("audit")
    with (
        tempfile.TemporaryDirectory() as folder,
        house("sqlcipher", 0, lambda _: None, kept=Path(folder)) as made,
        made.app.app_context(),
    ):
        _measure(report, rows, Path(folder) / "pack")
        disconnect()
    return report.keep()


def _measure(report: Report, rows: int, pack: Path) -> None:
    signing, checkpointed = _fill(rows)
    size = checkpoints.last().size  # type: ignore[union-attr]
    db.session.rollback()
    report.add("rows signed", size, "", note=f"{checkpointed} checkpoints")
    report.add("a checkpoint of 1,000 new rows, mean", signing / checkpointed * 1000, "ms")
    report.add("a row proven", _timed(lambda: checkpoints.inclusion(size // 3, size)) * 1000, "ms", most=50)
    report.add(
        "two sizes proven consistent", _timed(lambda: checkpoints.consistency(size // 3, size)) * 1000, "ms"
    )
    db.session.rollback()
    report.add("audit export", _timed(lambda: packs.export(pack, by=audit.CONSOLE)), "s")
    program = [sys.executable, "-I", str(pack / "verifier.py"), str(pack)]
    report.add(
        "the ward's verifier",
        _timed(lambda: subprocess.run(program, check=True, capture_output=True)),
        "s",
        most=60,
    )
    report.add("audit verify, from the database", _timed(lambda: packs.verify_database().ok), "s", most=60)


def _fill(rows: int) -> tuple[float, int]:
    """Write rows as the house does, but without its transactions; sign every thousand. Seconds spent signing."""
    checkpoints.sign()
    signing, count, last = 0.0, 0, None
    for first in range(0, rows, CHUNK):
        with writing():
            made, last = _chunk(first, last)
            db.session.execute(insert(audit.AuditEntry), made)
        signing, count = signing + _timed(checkpoints.sign), count + 1
    return signing, count


def _chunk(first: int, last: tuple[int, str] | None) -> tuple[list[dict[str, object]], tuple[int, str]]:
    seq, before = last or audit._lock_chain(db.session())
    made: list[dict[str, object]] = []
    for n in range(first, first + CHUNK):
        seq += 1
        facts = {"list": "tickets", "count": n % 50}
        entry = audit.Entry(
            Action.LIST_VIEWED, audit.CONSOLE, "ticket", new_id().hex, None, facts, None, True
        )
        row = audit._row(entry, seq, before, [])
        before = row["hash"]
        made.append(row)
    return made, (seq, before)


def _timed(deed) -> float:  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main())
