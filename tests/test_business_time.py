"""Business time: tables of days and moments, and the slow count by minutes beside the fast one."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import clock
from callcenter.business_time import NeverOpen, OfficeHours, Span, Week, read_spans, written_spans
from tests import slow_time
from tests.slow_time import at

CLOSED = ()
FULL = (Span(9 * 60, 17 * 60),)
LUNCH = (Span(9 * 60, 12 * 60), Span(13 * 60, 17 * 60))
MORNING = (Span(9 * 60, 12 * 60),)


def week(since="2020-04-01", *, weekday=FULL, saturday=CLOSED, sunday=CLOSED):
    return Week(date.fromisoformat(since), (*[weekday] * 5, saturday, sunday))


OFFICE = OfficeHours(
    (week(),),
    {
        date(2026, 6, 1): CLOSED,  # Monday: the office moves
        date(2026, 6, 10): MORNING,  # Wednesday
        date(2026, 4, 11): MORNING,  # Saturday before a deadline
        date(2026, 11, 3): MORNING,  # 文化の日
        date(2026, 12, 29): MORNING,
    },
)
PAUSING = OfficeHours((week(weekday=LUNCH),))
SATURDAYS = OfficeHours((week(saturday=MORNING),))
CHANGING = OfficeHours(
    (week(), week("2026-10-01", weekday=(Span(8 * 60 + 30, 18 * 60),), saturday=MORNING)),
)
ROUND_THE_CLOCK = OfficeHours(
    (Week(date(2020, 4, 1), ((Span(0, 1440),),) * 7),),
    {day: (Span(0, 1440),) for day in (date(2026, 12, 29), date(2026, 12, 30))},
)
NEVER = OfficeHours((week(weekday=CLOSED),))


def cases(table):
    """Cases with the first word as their id."""
    return [pytest.param(*values, id=name) for name, *values in table]


@pytest.mark.parametrize(
    ("day", "is_open"),
    cases(
        [
            ("monday", "2026-04-06", True),
            ("friday", "2026-04-10", True),
            ("saturday", "2026-04-04", False),
            ("sunday", "2026-04-05", False),
            ("saturday_opened_for_once", "2026-04-11", True),
            ("last_day_of_a_fiscal_year", "2026-03-31", True),
            ("first_day_of_a_fiscal_year", "2026-04-01", True),
            ("showa_day", "2026-04-29", False),
            ("constitution_day_on_a_sunday", "2026-05-03", False),
            ("greenery_day", "2026-05-04", False),
            ("childrens_day", "2026-05-05", False),
            ("substitute_three_days_late", "2026-05-06", False),
            ("day_after_the_substitute", "2026-05-07", True),
            ("marine_day", "2026-07-20", False),
            ("mountain_day", "2026-08-11", False),
            ("obon_is_no_holiday", "2026-08-13", True),
            ("respect_for_the_aged", "2026-09-21", False),
            ("between_two_holidays", "2026-09-22", False),
            ("autumn_equinox", "2026-09-23", False),
            ("sports_day", "2026-10-12", False),
            ("holiday_with_a_half_day", "2026-11-03", True),
            ("thanksgiving_on_a_monday", "2026-11-23", False),
            ("last_day_before_the_turn", "2026-12-28", True),
            ("turn_with_a_half_day", "2026-12-29", True),
            ("turn_of_the_year", "2026-12-30", False),
            ("new_years_eve", "2026-12-31", False),
            ("new_years_day", "2027-01-01", False),
            ("third_of_january_on_a_weekday", "2028-01-03", False),
            ("fourth_of_january", "2027-01-04", True),
            ("coming_of_age", "2027-01-11", False),
            ("equinox_on_a_sunday", "2027-03-21", False),
            ("substitute_on_a_monday", "2027-03-22", False),
            ("leap_day", "2028-02-29", True),
            ("ten_days_of_2019", "2019-04-30", False),
            ("enthronement_of_2019", "2019-10-22", False),
            ("games_of_2021", "2021-07-23", False),
            ("where_sports_day_was_not", "2021-10-11", True),
            ("closing_day", "2026-06-01", False),
            ("half_day", "2026-06-10", True),
        ]
    ),
)
def test_a_day_is_a_business_day_or_not(day, is_open):
    assert OFFICE.is_business_day(date.fromisoformat(day)) is is_open


@pytest.mark.parametrize(
    ("office", "moment", "is_open", "opens"),
    cases(
        [
            ("before", OFFICE, "2026-04-06 8:59", False, "2026-04-06 9:00"),
            ("at_opening", OFFICE, "2026-04-06 9:00", True, "2026-04-06 9:00"),
            ("last_minute", OFFICE, "2026-04-06 16:59", True, "2026-04-06 16:59"),
            ("at_closing", OFFICE, "2026-04-06 17:00", False, "2026-04-07 9:00"),
            ("friday_evening", OFFICE, "2026-04-17 20:00", False, "2026-04-20 9:00"),
            ("lunch", PAUSING, "2026-04-06 12:30", False, "2026-04-06 13:00"),
            ("lunch_ends", PAUSING, "2026-04-06 13:00", True, "2026-04-06 13:00"),
            ("closing_day", OFFICE, "2026-06-01 10:00", False, "2026-06-02 9:00"),
            ("after_a_half_day", OFFICE, "2026-06-10 12:00", False, "2026-06-11 9:00"),
            ("saturday_for_once", OFFICE, "2026-04-11 10:00", True, "2026-04-11 10:00"),
            ("golden_week", OFFICE, "2026-05-01 17:00", False, "2026-05-07 9:00"),
            ("silver_week", OFFICE, "2026-09-18 17:30", False, "2026-09-24 9:00"),
            ("turn_of_the_year", OFFICE, "2026-12-29 12:00", False, "2027-01-04 9:00"),
            ("midnight", OFFICE, "2026-04-06 0:00", False, "2026-04-06 9:00"),
            ("open_all_night", ROUND_THE_CLOCK, "2026-04-07 0:00", True, "2026-04-07 0:00"),
            ("earlier_from_october", CHANGING, "2026-10-01 8:30", True, "2026-10-01 8:30"),
            ("not_yet_in_september", CHANGING, "2026-09-30 8:30", False, "2026-09-30 9:00"),
        ]
    ),
)
def test_the_office_is_open_or_says_when(office, moment, is_open, opens):
    assert office.is_open(at(moment)) is is_open
    assert office.next_open(at(moment)) == at(opens)


@pytest.mark.parametrize(
    ("office", "start", "end", "hours"),
    cases(
        [
            ("same_morning", OFFICE, "2026-04-06 9:30", "2026-04-06 11:00", 1.5),
            ("whole_day", OFFICE, "2026-04-06 0:00", "2026-04-07 0:00", 8),
            ("overnight", OFFICE, "2026-04-06 16:00", "2026-04-07 10:00", 2),
            ("weekend", OFFICE, "2026-04-17 16:00", "2026-04-20 10:00", 2),
            ("lunch", PAUSING, "2026-04-06 11:00", "2026-04-06 14:00", 2),
            ("half_day", OFFICE, "2026-06-10 9:00", "2026-06-11 9:00", 3),
            ("holiday_with_a_half_day", OFFICE, "2026-11-03 0:00", "2026-11-03 23:00", 3),
            ("closing_day", OFFICE, "2026-05-29 17:00", "2026-06-02 9:00", 0),
            ("golden_week", OFFICE, "2026-05-01 16:00", "2026-05-07 10:00", 2),
            ("turn_of_the_year", OFFICE, "2026-12-28 16:00", "2027-01-04 10:00", 5),
            ("fiscal_year", OFFICE, "2026-03-31 16:00", "2026-04-01 10:00", 2),
            ("four_weeks", OFFICE, "2026-06-15 9:00", "2026-07-10 17:00", 160),
            ("fiscal_year_whole", NEVER, "2026-04-01 0:00", "2027-04-01 0:00", 0),
            ("backwards", OFFICE, "2026-04-07 10:00", "2026-04-06 10:00", 0),
            ("nothing", OFFICE, "2026-04-06 10:00", "2026-04-06 10:00", 0),
            ("longer_from_october", CHANGING, "2026-09-30 0:00", "2026-10-02 0:00", 17.5),
            ("through_the_night", ROUND_THE_CLOCK, "2026-04-06 22:00", "2026-04-07 2:00", 4),
        ]
    ),
)
def test_open_time_lies_between_two_moments(office, start, end, hours):
    assert office.between(at(start), at(end)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("office", "start", "hours", "end"),
    cases(
        [
            ("same_morning", OFFICE, "2026-04-06 9:30", 1.5, "2026-04-06 11:00"),
            ("until_closing", OFFICE, "2026-04-06 16:00", 1, "2026-04-06 17:00"),
            ("a_minute_more", OFFICE, "2026-04-06 16:01", 1, "2026-04-07 9:01"),
            ("before_opening", OFFICE, "2026-04-06 7:00", 1, "2026-04-06 10:00"),
            ("weekend", OFFICE, "2026-04-17 16:30", 1, "2026-04-20 9:30"),
            ("over_lunch", PAUSING, "2026-04-06 11:30", 1, "2026-04-06 13:30"),
            ("up_to_lunch", PAUSING, "2026-04-06 11:00", 1, "2026-04-06 12:00"),
            ("two_days", OFFICE, "2026-04-06 12:00", 16, "2026-04-08 12:00"),
            ("half_day", OFFICE, "2026-06-10 11:00", 2, "2026-06-11 10:00"),
            ("closing_day", OFFICE, "2026-05-29 16:00", 2, "2026-06-02 10:00"),
            ("golden_week", OFFICE, "2026-05-01 16:00", 2, "2026-05-07 10:00"),
            ("silver_week", OFFICE, "2026-09-18 16:00", 2, "2026-09-24 10:00"),
            ("turn_of_the_year", OFFICE, "2026-12-28 16:00", 5, "2027-01-04 10:00"),
            ("fiscal_year", OFFICE, "2026-03-31 16:00", 2, "2026-04-01 10:00"),
            ("saturday_mornings", SATURDAYS, "2026-04-10 16:00", 5, "2026-04-13 10:00"),
            ("nothing", OFFICE, "2026-04-05 7:00", 0, "2026-04-05 7:00"),
            ("through_midnight", ROUND_THE_CLOCK, "2026-04-06 22:00", 4, "2026-04-07 2:00"),
        ]
    ),
)
def test_open_time_is_added_to_a_moment(office, start, hours, end):
    assert office.add(at(start), timedelta(hours=hours)) == at(end)


@pytest.mark.parametrize(
    ("office", "moment", "n", "closes"),
    cases(
        [
            ("same_day", OFFICE, "2026-04-06 10:00", 0, "2026-04-06 17:00"),
            ("same_day_before_opening", OFFICE, "2026-04-06 7:00", 0, "2026-04-06 17:00"),
            ("last_minute", OFFICE, "2026-04-06 16:59", 0, "2026-04-06 17:00"),
            ("at_closing_it_is_the_next", OFFICE, "2026-04-06 17:00", 0, "2026-04-07 17:00"),
            ("at_lunch", PAUSING, "2026-04-06 12:30", 0, "2026-04-06 17:00"),
            ("weekend", OFFICE, "2026-04-04 10:00", 0, "2026-04-06 17:00"),
            ("half_day", OFFICE, "2026-06-10 10:00", 0, "2026-06-10 12:00"),
            ("after_a_half_day", OFFICE, "2026-06-10 13:00", 0, "2026-06-11 17:00"),
            ("next_day", OFFICE, "2026-04-06 10:00", 1, "2026-04-07 17:00"),
            ("next_after_friday", OFFICE, "2026-04-17 10:00", 1, "2026-04-20 17:00"),
            ("next_after_a_weekend_mail", OFFICE, "2026-04-18 10:00", 1, "2026-04-21 17:00"),
            ("two_days", OFFICE, "2026-04-06 10:00", 2, "2026-04-08 17:00"),
            ("two_over_silver_week", OFFICE, "2026-09-17 10:00", 2, "2026-09-24 17:00"),
            ("two_over_golden_week", OFFICE, "2026-05-01 10:00", 2, "2026-05-08 17:00"),
            ("two_over_the_turn", OFFICE, "2026-12-28 10:00", 2, "2027-01-04 17:00"),
            ("two_over_a_closing_day", OFFICE, "2026-05-29 10:00", 2, "2026-06-03 17:00"),
            ("two_over_a_fiscal_year", OFFICE, "2026-03-30 10:00", 2, "2026-04-01 17:00"),
            ("five_days", OFFICE, "2026-04-13 10:00", 5, "2026-04-20 17:00"),
            ("longer_from_october", CHANGING, "2026-09-30 10:00", 1, "2026-10-01 18:00"),
            ("open_until_midnight", ROUND_THE_CLOCK, "2026-04-06 10:00", 0, "2026-04-07 0:00"),
        ]
    ),
)
def test_a_business_day_ends_when_the_office_shuts(office, moment, n, closes):
    assert office.end_of_business_day(at(moment), n) == at(closes)


@pytest.mark.parametrize(
    ("day", "n", "found"),
    cases(
        [
            ("itself", "2026-04-06", 0, "2026-04-06"),
            ("none_on_a_sunday", "2026-04-05", 0, "2026-04-06"),
            ("first", "2026-04-06", 1, "2026-04-07"),
            ("first_after_a_sunday", "2026-04-05", 1, "2026-04-06"),
            ("tenth", "2026-04-13", 10, "2026-04-27"),
            ("over_golden_week", "2026-04-28", 3, "2026-05-07"),
            ("over_the_turn", "2026-12-28", 3, "2027-01-05"),
            ("over_a_fiscal_year", "2026-03-31", 1, "2026-04-01"),
        ]
    ),
)
def test_the_first_day_does_not_count(day, n, found):
    assert OFFICE.nth_business_day(date.fromisoformat(day), n) == date.fromisoformat(found)


@pytest.mark.parametrize(
    ("office", "moment", "every", "starts"),
    cases(
        [
            ("now", OFFICE, "2026-04-06 10:00", 30, ["2026-04-06 10:00", "2026-04-06 10:30"]),
            ("up_to_the_grid", OFFICE, "2026-04-06 10:01", 30, ["2026-04-06 10:30", "2026-04-06 11:00"]),
            ("outside_hours", OFFICE, "2026-04-04 20:00", 60, ["2026-04-06 9:00", "2026-04-06 10:00"]),
            ("end_of_the_day", OFFICE, "2026-04-06 16:20", 30, ["2026-04-06 16:30", "2026-04-07 9:00"]),
            ("too_late_for_an_hour", OFFICE, "2026-04-06 16:20", 60, ["2026-04-07 9:00", "2026-04-07 10:00"]),
            ("over_lunch", PAUSING, "2026-04-06 11:10", 50, ["2026-04-06 13:00", "2026-04-06 13:50"]),
            ("over_the_turn", OFFICE, "2026-12-29 12:00", 60, ["2027-01-04 9:00", "2027-01-04 10:00"]),
            ("longer_than_any_day", OFFICE, "2026-04-06 10:00", 481, []),
            ("never_open", NEVER, "2026-04-06 10:00", 30, []),
        ]
    ),
)
def test_the_next_slots_are_offered(office, moment, every, starts):
    slots = office.slots(at(moment), every=every, count=2)
    assert [slot.starts_at for slot in slots] == [at(start) for start in starts]
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=every) for slot in slots)


def test_a_half_day_closes_at_noon():
    assert OFFICE.closes_at(date(2026, 6, 10)) == at("2026-06-10 12:00")
    assert OFFICE.closes_at(date(2026, 6, 1)) is None


def test_seconds_are_counted_too():
    begun = at("2026-04-06 16:59") + timedelta(seconds=30)
    assert OFFICE.between(begun, at("2026-04-07 9:00")) == timedelta(seconds=30)
    assert OFFICE.add(begun, timedelta(seconds=31)) == at("2026-04-07 9:00") + timedelta(seconds=1)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: NEVER.next_open(at("2026-04-06 10:00")),
        lambda: NEVER.add(at("2026-04-06 10:00"), timedelta(minutes=1)),
        lambda: NEVER.nth_business_day(date(2026, 4, 6), 0),
        lambda: NEVER.end_of_business_day(at("2026-04-06 10:00")),
    ],
    ids=["next_open", "add", "nth_business_day", "end_of_business_day"],
)
def test_an_office_that_never_opens_names_no_moment(ask):
    with pytest.raises(NeverOpen):
        ask()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Span(540, 540),
        lambda: Span(1020, 540),
        lambda: Span(540, 1441),
        lambda: week(weekday=(Span(540, 720), Span(700, 1020))),
        lambda: Week(date(2026, 4, 1), (FULL,)),
        lambda: OfficeHours(()),
        lambda: OfficeHours((week("2026-04-01"), week("2026-04-01"))),
        lambda: OfficeHours((week(),), {date(2026, 4, 1): (Span(600, 700), Span(540, 560))}),
        lambda: OFFICE.add(at("2026-04-06 10:00"), timedelta(minutes=-1)),
        lambda: OFFICE.nth_business_day(date(2026, 4, 6), -1),
        lambda: OFFICE.slots(at("2026-04-06 10:00"), every=0),
    ],
    ids=[
        "empty",
        "backwards",
        "two_days",
        "overlap",
        "short_week",
        "no_week",
        "twice",
        "order",
        "back",
        "n",
        "slot",
    ],
)
def test_what_cannot_be_is_refused(make):
    with pytest.raises(ValueError):
        make()


def test_hours_do_not_change_behind_the_back():
    days = {date(2026, 6, 1): CLOSED}
    office = OfficeHours((week(),), days)
    days.clear()
    assert not office.is_business_day(date(2026, 6, 1))
    with pytest.raises(TypeError):
        office.days[date(2026, 6, 2)] = CLOSED


@pytest.mark.parametrize(
    ("written", "spans"),
    cases(
        [
            ("plain", "9:00-17:00", FULL),
            ("wave", "９：００～１７：００", FULL),
            ("dash", "09:00–17:00", FULL),
            ("compact", "0900-1700", FULL),
            ("two", "9:00-12:00、13:00-17:00", LUNCH),
            ("spaces", "9:00 - 12:00 13:00 〜 17:00", LUNCH),
            ("midnight", "0:00-24:00", (Span(0, 1440),)),
            ("nothing", " ", ()),
        ]
    ),
)
def test_spans_are_read_as_people_write(written, spans):
    assert read_spans(written) == spans
    assert read_spans(written_spans(spans)) == spans


@pytest.mark.parametrize(
    "written",
    [
        "9時",
        "17:00-9:00",
        "9:00-12:00,11:00-17:00",
        "9:60-10:00",
        "9:00-25:00",
        "9:00",
        "午前",
        "9:00-12:00-13:00",
    ],
)
def test_what_is_no_span_is_refused(written):
    with pytest.raises(ValueError):
        read_spans(written)


# --- beside the slow count

SPANS = st.sampled_from([CLOSED, FULL, LUNCH, MORNING, (Span(0, 1440),), (Span(510, 1065),)])
DAYS = st.dates(date(2026, 3, 20), date(2027, 6, 1))


@st.composite
def offices(draw):
    """Offices that open every Tuesday to Thursday at least, with a change on the way and odd days."""
    since = draw(st.dates(date(2026, 4, 1), date(2027, 5, 1)))
    first, second = (
        tuple(draw(SPANS) if day not in (1, 2, 3) else draw(SPANS) or FULL for day in range(7))
        for _ in range(2)
    )
    return OfficeHours(
        (Week(date(2020, 4, 1), first), Week(since, second)), draw(st.dictionaries(DAYS, SPANS, max_size=12))
    )


@st.composite
def moments(draw):
    """Minutes near the bends: round about holidays, month ends and opening times, anywhere in more than a year."""
    bends = [date(2026, 3, 31), date(2026, 5, 2), date(2026, 9, 20), date(2026, 12, 28), date(2027, 3, 31)]
    day = draw(st.sampled_from(bends) | st.dates(date(2026, 3, 25), date(2027, 5, 10)))
    minutes = draw(st.sampled_from([0, 539, 540, 719, 720, 780, 1019, 1020, 1439]) | st.integers(0, 1439))
    return datetime(day.year, day.month, day.day, tzinfo=clock.JST) + timedelta(minutes=minutes)


@given(offices(), moments())
@settings(max_examples=150, deadline=None)
def test_next_opening_agrees_with_the_slow_count(office, moment):
    assert office.is_open(moment) is slow_time.is_open(office, moment)
    assert office.next_open(moment) == slow_time.next_open(office, moment)


@given(offices(), moments(), st.integers(0, 6 * 1440))
@settings(max_examples=80, deadline=None)
def test_time_between_agrees_with_the_slow_count(office, moment, minutes):
    end = moment + timedelta(minutes=minutes)
    assert office.between(moment, end) == timedelta(minutes=slow_time.between(office, moment, end))


@given(offices(), moments(), st.integers(0, 1500))
@settings(max_examples=80, deadline=None)
def test_adding_time_agrees_with_the_slow_count(office, moment, minutes):
    assert office.add(moment, timedelta(minutes=minutes)) == slow_time.add(office, moment, minutes)


@given(offices(), moments(), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_ends_of_days_agree_with_the_slow_count(office, moment, n):
    assert office.end_of_business_day(moment, n) == slow_time.closing_after_days(office, moment, n)


@given(offices(), moments(), st.integers(5, 90))
@settings(max_examples=60, deadline=None)
def test_slots_lie_in_the_slow_counts_open_time(office, moment, every):
    slots = office.slots(moment, every=every, count=3)
    assert len(slots) == 3
    for slot in slots:
        assert slot.starts_at >= moment
        assert slow_time.between(office, slot.starts_at, slot.ends_at) == every
    assert slots == sorted(slots, key=lambda slot: slot.starts_at)


@given(offices(), moments(), st.timedeltas(timedelta(), timedelta(days=200)))
@settings(max_examples=150, deadline=None)
def test_added_time_lies_between_again(office, moment, duration):
    end = office.add(moment, duration)
    assert office.between(moment, end) == duration
    assert not duration or office.between(moment, end - timedelta(microseconds=1)) < duration
