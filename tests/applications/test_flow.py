"""The contractor never decides: the flow itself says so."""

import pytest

from callcenter.applications.flow import DECIDED, STATES, STEPS, State, next_states, side_of
from callcenter.permissions import Side


def test_only_the_ward_leaves_its_review():
    assert {step.side for step in STEPS if step.before is State.WARD_REVIEW} == {Side.WARD}


def test_only_the_ward_decides_and_only_from_its_review():
    deciding = [step for step in STEPS if step.after in DECIDED]
    assert {step.after for step in deciding} == DECIDED
    assert {(step.before, step.side) for step in deciding} == {(State.WARD_REVIEW, Side.WARD)}


@pytest.mark.parametrize("state", [State.HANDED_OVER, State.WARD_REVIEW, *sorted(DECIDED)])
def test_the_contractor_cannot_touch_what_lies_with_the_ward(state):
    assert next_states(state, Side.CONTRACTOR) == []


def test_decisions_are_not_offered_as_moves():
    assert not DECIDED & set(next_states(State.WARD_REVIEW, Side.WARD))


def test_every_state_has_a_name_and_can_be_reached():
    assert set(STATES) == set(State)
    assert {step.after for step in STEPS} == set(State)


def test_there_is_one_side_for_each_step():
    assert len({(step.before, step.after) for step in STEPS}) == len(STEPS)
    assert side_of(State.RECEIVED, State.GRANTED) is None
