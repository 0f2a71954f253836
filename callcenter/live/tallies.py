"""Counts that stand beside places (未整理 3): one question each for all people together, kept until its topics change.

Rooms register theirs; a person is shown those that they may see, of the programmes they work for."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from callcenter import clock
from callcenter.db import db
from callcenter.live.hub import Viewer
from callcenter.live.topics import Change, Topic
from callcenter.permissions import Permission
from callcenter.privacy.audit import AuditEntry

Whose = uuid.UUID | None
Periods = tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Counted:
    """How many; `mark` is another as soon as what is counted may look otherwise."""

    number: int
    mark: object = None


Answer = Mapping[Whose, Counted]


@dataclass(frozen=True)
class Question:
    """Asked once for everybody: how many in these contract years, by the person they wait for (None: for nobody)."""

    ask: Callable[[Periods, date], Answer]
    topics: frozenset[Topic]


@dataclass(frozen=True)
class Tally:
    """A count with a name, for those with a permission. `of` picks a person's from the answer."""

    name: str
    permission: Permission
    question: Question
    of: Callable[[Answer, Viewer], Counted]


NONE = Counted(0)


def mine(answer: Answer, viewer: Viewer) -> Counted:
    """What waits for the person."""
    return answer.get(viewer.staff_id, NONE)


def nobodys(answer: Answer, _viewer: Viewer) -> Counted:
    """What waits for nobody yet."""
    return answer.get(None, NONE)


def everybodys(answer: Answer, _viewer: Viewer) -> Counted:
    """All that waits."""
    return Counted(
        sum(c.number for c in answer.values()), tuple(sorted(str(c.mark) for c in answer.values()))
    )


class Tallies:
    """The counts of this process. An answer holds while none of its topics changed in its contract years."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self._answers: dict[tuple[Question, Periods, date], tuple[int, Answer]] = {}
        self._changed: dict[tuple[uuid.UUID | None, str], int] = {}
        self._lock = threading.Lock()

    def register(self, tally: Tally) -> None:
        """Show this count from now on. A name registers once."""
        self._tallies[tally.name] = tally

    def note(self, changes: Iterable[Change]) -> None:
        """Remember which topics changed, where and when."""
        for change in changes:
            for topic in change.topics:
                self._changed[change.period_id, topic] = change.seq

    def forget(self) -> None:
        """Nobody knows what changed: ask everything again."""
        self._answers.clear()

    def of(self, viewer: Viewer) -> dict[str, Counted]:
        """The counts that a person may see. Asks what has to be asked; needs an app context and a session that is
        not in the middle of something."""
        seen = [tally for tally in self._tallies.values() if viewer.may(tally.permission)]
        answers = {tally.question: self._answer(tally.question, viewer.period_ids) for tally in seen}
        return {tally.name: tally.of(answers[tally.question], viewer) for tally in seen}

    def _answer(self, question: Question, periods: Periods) -> Answer:
        key = (question, periods, clock.today())
        with self._lock:
            known = self._answers.get(key)
            if known is not None and known[0] >= self._last_change(question, periods):
                return known[1]
            # Asked in this order, the answer holds at least what the sequence says.
            at = db.session.scalar(select(func.max(AuditEntry.seq))) or 0
            answer = question.ask(periods, clock.today()) if periods else {}
            self._answers = {k: v for k, v in self._answers.items() if k[2] == key[2]}
            self._answers[key] = at, answer
            return answer

    def _last_change(self, question: Question, periods: Periods) -> int:
        places = (*periods, None)
        return max(self._changed.get((p, t), 0) for p in places for t in question.topics)
