"""How urgent a question to the ward is, and until when the ward answers: by tables of cases."""

from datetime import date

import pytest

from callcenter.business_time import OfficeHours, Span
from callcenter.clock import from_japan
from tickets.escalation.urgency import (
    RANK,
    URGENCIES,
    WARD_HOURS,
    WEEKDAY,
    Matter,
    Urgency,
    due_at,
    fits,
    resumed,
    ring_by,
)

HOURS = WARD_HOURS
HALF_DAY = (Span(8 * 60 + 30, 12 * 60),)


def at(text):
    """2026-11-24 10:00 of a Japanese clock."""
    day, _space, time = text.partition(" ")
    return from_japan(*map(int, day.split("-")), *map(int, time.split(":")))


DUE = {
    "same day in the morning": (Urgency.SAME_DAY, "2026-11-24 09:00", "2026-11-24 17:00"),
    "same day a minute before the close": (Urgency.SAME_DAY, "2026-11-24 16:59", "2026-11-24 17:00"),
    "same day at the close is tomorrow": (Urgency.SAME_DAY, "2026-11-24 17:00", "2026-11-25 17:00"),
    "same day before the ward opens": (Urgency.SAME_DAY, "2026-11-24 07:00", "2026-11-24 17:00"),
    "same day on a Friday evening": (Urgency.SAME_DAY, "2026-11-20 18:00", "2026-11-24 17:00"),
    "same day on a Saturday": (Urgency.SAME_DAY, "2026-11-21 10:00", "2026-11-24 17:00"),
    "same day on a holiday": (Urgency.SAME_DAY, "2026-11-23 10:00", "2026-11-24 17:00"),
    "at once has the same day": (Urgency.IMMEDIATE, "2026-11-24 10:00", "2026-11-24 17:00"),
    "two business days": (Urgency.NORMAL, "2026-11-24 10:00", "2026-11-26 17:00"),
    "two business days over a week-end": (Urgency.NORMAL, "2026-11-26 10:00", "2026-11-30 17:00"),
    "two business days after the close": (Urgency.NORMAL, "2026-11-24 17:30", "2026-11-27 17:00"),
    "two business days over the holiday of a Monday": (
        Urgency.NORMAL,
        "2026-11-20 10:00",
        "2026-11-25 17:00",
    ),
    "over the turn of the year": (Urgency.NORMAL, "2026-12-28 10:00", "2027-01-05 17:00"),
    "over the golden week with its substitute holiday": (
        Urgency.NORMAL,
        "2026-05-01 10:00",
        "2026-05-08 17:00",
    ),
    "over the end of the fiscal year": (Urgency.NORMAL, "2027-03-31 10:00", "2027-04-02 17:00"),
}


@pytest.mark.parametrize(("urgency", "asked", "due"), DUE.values(), ids=DUE.keys())
def test_the_ward_answers_by_the_close_of_its_day(urgency, asked, due):
    assert due_at(urgency, at(asked), HOURS) == at(due)


def test_a_closing_day_of_the_ward_is_no_business_day():
    hours = OfficeHours(HOURS.weeks, {date(2026, 11, 25): ()})
    assert due_at(Urgency.NORMAL, at("2026-11-24 10:00"), hours) == at("2026-11-27 17:00")


def test_on_a_half_day_the_ward_answers_by_noon_and_on_an_opened_saturday_too():
    hours = OfficeHours(HOURS.weeks, {date(2026, 11, 26): HALF_DAY, date(2026, 11, 28): WEEKDAY})
    assert due_at(Urgency.NORMAL, at("2026-11-24 10:00"), hours) == at("2026-11-26 12:00")
    assert due_at(Urgency.SAME_DAY, at("2026-11-26 13:00"), hours) == at("2026-11-27 17:00")
    assert due_at(Urgency.SAME_DAY, at("2026-11-28 10:00"), hours) == at("2026-11-28 17:00")
    resumed_at = resumed(at("2026-11-27 17:00"), at("2026-11-27 10:00"), at("2026-11-28 09:00"), hours)
    assert resumed_at == at("2026-11-28 17:00")


RESUMED = {
    "a reply on the same day adds nothing": ("2026-11-24 10:00", "2026-11-24 15:00", "2026-11-26 17:00"),
    "a reply a day later adds a day": ("2026-11-24 10:00", "2026-11-25 15:00", "2026-11-27 17:00"),
    "two days add a week-end too": ("2026-11-24 10:00", "2026-11-26 09:00", "2026-11-30 17:00"),
    "a week-end between adds no day": ("2026-11-25 17:30", "2026-11-26 09:00", "2026-11-26 17:00"),
    "asking back after the time mends nothing": ("2026-11-27 10:00", "2026-11-30 09:00", "2026-11-26 17:00"),
}


@pytest.mark.parametrize(("asked_back", "replied", "due"), RESUMED.values(), ids=RESUMED.keys())
def test_asking_back_moves_the_time_by_the_days_of_the_reply(asked_back, replied, due):
    assert resumed(at("2026-11-26 17:00"), at(asked_back), at(replied), HOURS) == at(due)


def test_only_what_is_urgent_is_rung():
    asked = at("2026-11-22 03:00")
    assert ring_by(Urgency.IMMEDIATE, asked) == at("2026-11-22 03:15")
    assert ring_by(Urgency.SAME_DAY, asked) is None
    assert ring_by(Urgency.NORMAL, asked) is None


@pytest.mark.parametrize("matter", Matter)
@pytest.mark.parametrize("urgency", Urgency)
def test_a_matter_is_sent_as_urgently_as_it_is_or_more(matter, urgency):
    assert fits(matter, urgency) is (RANK[urgency] >= RANK[URGENCIES[matter]])


def test_the_safety_of_a_child_is_never_sent_as_usual():
    assert not fits(Matter.CHILD_SAFETY, Urgency.NORMAL)
    assert not fits(Matter.CHILD_SAFETY, Urgency.SAME_DAY)
