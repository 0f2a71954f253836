"""The doctor: whether everything fits together. Each room registers small checks; each finding says what to do.

    doctor.register("files", orphans, fix=remove_orphans)

A check is given an `Examination` and yields `Finding`s; what it raises becomes a finding too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from callcenter.config import Settings
from callcenter.db import Intent, db, intent
from callcenter.errors import Refusal
from callcenter.privacy.keystore import Keystore

MOST = 20
"""Findings of one kind that are listed; the rest is counted."""


class Finding(NamedTuple):
    """Something does not fit: a stable code, a Japanese sentence with what to do, and where (never personal data)."""

    code: str
    sentence: str
    place: str = ""


@dataclass(frozen=True)
class Examination:
    """What is examined, and how deeply: `deep` opens every sealed value and reads every row."""

    settings: Settings
    keystore: Keystore
    deep: bool = False


Check = Callable[[Examination], Iterable[Finding]]
Fix = Callable[[Examination], int]


@dataclass(frozen=True)
class _Registered:
    check: Check
    fix: Fix | None = None
    quick: bool = False


@dataclass
class Register:
    """The checks of all rooms, in the order in which they registered."""

    checks: dict[str, _Registered] = field(default_factory=dict)


REGISTER = Register()


def register(name: str, check: Check, *, fix: Fix | None = None, quick: bool = False) -> None:
    """Add a room's check under a name of its own. `fix` mends what can be mended without a person and returns how
    much it mended; `quick` ones (a few milliseconds) also answer whether the house is ready."""
    REGISTER.checks[name] = _Registered(check, fix, quick)


def examine(examination: Examination, *, only_quick: bool = False) -> dict[str, list[Finding]]:
    """Run the checks: name → findings; none is a good sign."""
    chosen = {name: r for name, r in REGISTER.checks.items() if r.quick or not only_quick}
    return {name: _findings(registered.check, examination) for name, registered in chosen.items()}


def mend(examination: Examination) -> dict[str, int]:
    """Run what mends without a person: name → how much was mended."""
    return {
        name: registered.fix(examination) for name, registered in REGISTER.checks.items() if registered.fix
    }


def ready(settings: Settings, keystore: Keystore) -> dict[str, list[Finding]]:
    """The quick checks alone: whether the house can answer now."""
    return examine(Examination(settings, keystore), only_quick=True)


def _findings(check: Check, examination: Examination) -> list[Finding]:
    found: list[Finding] = []
    try:
        with intent(Intent.READ):
            found.extend(check(examination))
    except Refusal as refusal:
        found.append(Finding(refusal.code, refusal.message))
    except SQLAlchemyError as problem:
        sentence = "データベースが応えません。データベースの状態と接続先を確かめてください。"
        found.append(Finding("database_lost", sentence, type(problem).__name__))
    except OSError as problem:
        sentence = "ファイルを読めません。ディスクと権限を確かめてください。"
        found.append(Finding("file_unreadable", sentence, str(problem.filename or "")))
    finally:
        _let_go()
    return _shortened(found)


def _let_go() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session.remove()


def _shortened(found: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    counts: dict[str, int] = {}
    for finding in found:
        counts[finding.code] = counts.get(finding.code, 0) + 1
        if counts[finding.code] <= MOST:
            kept.append(finding)
    more = (
        Finding(code, f"同じ種類の異常がほかに {n - MOST} 件あります。")
        for code, n in counts.items()
        if n > MOST
    )
    return [*kept, *more]
