"""How minutes become hours and what is left of the cap: the office's own vectors."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter import clock
from callcenter.applications import hours
from callcenter.applications.hours import Cap, Crossing, Fraction, Remaining, Spell, Standing

# T1: five uses of 2h17, 1h35, 3h40 in September and 4h15, 2h40 in October
FIVE_USES = [
    Spell(clock.from_japan(2026, month, day, 9), minutes, application="R8-00001")
    for month, day, minutes in [(9, 1, 137), (9, 10, 95), (9, 20, 220), (10, 5, 255), (10, 15, 160)]
]


def spell(count, standing=Standing.PENDING, day=1):
    return Spell(clock.from_japan(2026, 5, day, 9), count * 60, standing)


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(Fraction.PER_USE, 12), (Fraction.PER_MONTH, 13), (Fraction.PER_APPLICATION, 14)],
    ids=["T1 per use", "T1 per month", "T1 per application"],
)
def test_fractions_are_cut_where_the_rule_says(fraction, expected):
    assert hours.counted(FIVE_USES, fraction) == expected


@pytest.mark.parametrize(
    ("crossing", "counted"),
    [(Crossing.PAY_PART, 144), (Crossing.REJECT_USE, 142)],
    ids=["T5 pay part", "T5 reject use"],
)
def test_the_use_that_crosses_the_cap_follows_the_rule(crossing, counted):
    left = hours.remaining(Cap(crossing=crossing), False, [spell(142), spell(3, day=2)])
    assert left.pending == counted
    assert left.over == 145 - counted


def test_hours_of_another_ward_are_subtracted():
    assert hours.remaining(Cap(), False, [], transferred=100).left == 44, "T6"


def test_hours_of_another_ward_stay_out_where_the_rule_says_so():
    assert hours.remaining(Cap(subtracts_transferred=False), False, [], transferred=100).left == 144


def test_more_hours_elsewhere_than_the_cap_leave_nothing():
    assert hours.remaining(Cap(), False, [spell(5)], transferred=200).left == 0


@pytest.mark.parametrize(
    ("birth", "eligible"),
    [
        (date(2020, 4, 2), True),
        (date(2020, 4, 1), False),
        (date(2027, 3, 31), True),
        (date(2027, 4, 1), False),
    ],
    ids=["T7 2 April", "T7 1 April", "born in the year", "born after it"],
)
def test_a_child_is_eligible_to_the_end_of_the_year_of_turning_six(birth, eligible):
    assert hours.is_eligible(birth, 2026) is eligible


@pytest.mark.parametrize(("year", "first"), [(2021, date(2015, 4, 2)), (2025, date(2019, 4, 2))])
def test_the_first_birth_date_is_the_one_wards_publish(year, first):
    assert hours.earliest_birth(year) == first


def test_a_night_over_the_end_of_the_year_falls_into_two_years():
    start, end = clock.from_japan(2027, 3, 31, 22), clock.from_japan(2027, 4, 1, 2)
    midnight = clock.from_japan(2027, 4, 1)
    assert hours.split_by_fiscal_year(start, end) == [(2026, start, midnight), (2027, midnight, end)], "T8"


def test_a_use_that_ends_at_midnight_stays_in_one_year():
    start, midnight = clock.from_japan(2027, 3, 31, 22), clock.from_japan(2027, 4, 1)
    assert hours.split_by_fiscal_year(start, midnight) == [(2026, start, midnight)]


def test_a_use_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends after"):
        hours.split_by_fiscal_year(clock.from_japan(2026, 5, 1, 9), clock.from_japan(2026, 5, 1, 9))


def test_decided_screened_and_pending_hours_are_told_apart():
    spells = [spell(10), spell(20, Standing.DECIDED), spell(30, Standing.SCREENED)]
    assert hours.remaining(Cap(), False, spells) == Remaining(144, 0, 20, 30, 10, 0)
    assert hours.remaining(Cap(), False, spells).left == 84


def test_one_of_twins_has_twice_the_hours():
    assert hours.remaining(Cap(), True, []).left == 288


def test_decided_hours_come_before_pending_ones_at_the_cap():
    spells = [spell(100, Standing.PENDING, 1), spell(100, Standing.DECIDED, 2)]
    assert hours.remaining(Cap(), False, spells) == Remaining(144, 0, 100, 0, 44, 56)


def test_a_month_with_decided_and_pending_uses_is_cut_once():
    spells = [
        Spell(clock.from_japan(2026, 5, 1, 9), 90, Standing.DECIDED),
        Spell(clock.from_japan(2026, 5, 2, 9), 90, Standing.PENDING),
    ]
    left = hours.remaining(Cap(fraction=Fraction.PER_MONTH), False, spells)
    assert (left.decided, left.pending) == (1, 2)


uses = st.builds(
    Spell,
    st.datetimes(
        clock.from_japan(2026, 4, 1).replace(tzinfo=None), clock.from_japan(2027, 3, 30).replace(tzinfo=None)
    ).map(lambda moment: moment.replace(tzinfo=clock.JST)),
    st.integers(1, 900),
    st.sampled_from(Standing),
    st.sampled_from(["R8-00001", "R8-00002"]),
)


@given(
    st.lists(uses, max_size=40),
    st.sampled_from(Fraction),
    st.sampled_from(Crossing),
    st.booleans(),
    st.integers(0, 300),
)
def test_hours_are_never_lost_and_never_pass_the_cap(spells, fraction, crossing, is_multiple, transferred):
    cap = Cap(fraction=fraction, crossing=crossing)
    left = hours.remaining(cap, is_multiple, spells, transferred)
    assert 0 <= left.left <= left.cap
    assert left.decided + left.screened + left.pending + left.over == hours.counted(spells, fraction)
