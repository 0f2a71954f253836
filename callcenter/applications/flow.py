"""The states of an application and who may move it on. Pure data; the contractor's words and the ward's never mix.

The contractor receives, pre-screens and hands over; review and decision are the ward's alone (contract: 申請の審査、
助成決定は区が実施). Source: docs/rules.md#application-flow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from callcenter.permissions import Side

VERSION = 1


class State(StrEnum):
    RECEIVED = "received"
    SCREENING = "screening"
    QUERIED = "queried"
    RESUBMITTED = "resubmitted"
    SCREENED = "screened"
    HANDED_OVER = "handed_over"
    WARD_REVIEW = "ward_review"
    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    LATE = "late"


STATES = {
    State.RECEIVED: _l("受付"),
    State.SCREENING: _l("事前審査中"),
    State.QUERIED: _l("不備照会中"),
    State.RESUBMITTED: _l("再提出"),
    State.SCREENED: _l("事前審査済"),
    State.HANDED_OVER: _l("区へ引渡し"),
    State.WARD_REVIEW: _l("区審査中"),
    State.GRANTED: _l("交付決定"),
    State.PARTLY_GRANTED: _l("一部交付"),
    State.REFUSED: _l("不交付決定"),
    State.SENT_BACK: _l("区差戻し"),
    State.WITHDRAWN: _l("取下げ"),
    State.DUPLICATE: _l("重複"),
    State.LATE: _l("期限後到着"),
}

DECIDED = frozenset({State.GRANTED, State.PARTLY_GRANTED, State.REFUSED})
"""Reached by a decision of the ward, and by nothing else."""

OPEN = frozenset({State.RECEIVED, State.SCREENING, State.QUERIED, State.RESUBMITTED, State.SENT_BACK})
"""Lies with the contractor."""

FORWARDED = frozenset({State.SCREENED, State.HANDED_OVER, State.WARD_REVIEW})
"""Pre-screened, and not decided yet."""

ASIDE = frozenset({State.WITHDRAWN, State.DUPLICATE, State.LATE})
"""Neither worked on nor decided; none of its hours count."""


@dataclass(frozen=True)
class Step:
    """One allowed move, and whose it is."""

    before: State | None
    after: State
    side: Side


def _steps(side: Side, table: dict[State | None, tuple[State, ...]]) -> list[Step]:
    return [Step(before, after, side) for before, afters in table.items() for after in afters]


STEPS = tuple(
    _steps(
        Side.CONTRACTOR,
        {
            None: (State.RECEIVED,),
            State.RECEIVED: (State.SCREENING, State.DUPLICATE, State.LATE, State.WITHDRAWN),
            State.SCREENING: (State.QUERIED, State.SCREENED, State.DUPLICATE, State.LATE, State.WITHDRAWN),
            State.QUERIED: (State.RESUBMITTED, State.SCREENING, State.WITHDRAWN),
            State.RESUBMITTED: (State.SCREENING, State.WITHDRAWN),
            State.SCREENED: (State.HANDED_OVER, State.SCREENING, State.WITHDRAWN),
            State.SENT_BACK: (State.SCREENING, State.WITHDRAWN),
            State.DUPLICATE: (State.RECEIVED,),
        },
    )
    + _steps(
        Side.WARD,
        {
            State.HANDED_OVER: (State.WARD_REVIEW, State.SENT_BACK),
            State.WARD_REVIEW: (
                State.GRANTED,
                State.PARTLY_GRANTED,
                State.REFUSED,
                State.SENT_BACK,
                State.WITHDRAWN,
            ),
            State.LATE: (State.RECEIVED,),
        },
    )
)

_ALLOWED = {(step.before, step.after): step.side for step in STEPS}


def side_of(before: State | None, after: State) -> Side | None:
    """Whose move this is; None when there is no such move."""
    return _ALLOWED.get((before, after))


def next_states(before: State, side: Side) -> list[State]:
    """Where a person of this side may move an application without deciding it, in the order of the flow."""
    return [s.after for s in STEPS if s.before is before and s.side is side and s.after not in DECIDED]
