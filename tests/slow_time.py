"""Business time counted minute by minute, with holidays written down by hand: what the fast module is held against."""

from datetime import date, datetime, timedelta

from callcenter.clock import JST

MINUTE = timedelta(minutes=1)

# as the Cabinet Office lists them, with substitutes (振替休日) and days between holidays (国民の休日)
HOLIDAYS = {
    date(year, *map(int, day.split("/")))
    for year, days in {
        2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
        2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
    }.items()
    for day in days.split()
}


def at(text):
    """The moment of a Japanese wall clock: '2026-04-01 9:00'."""
    day, _, time = text.partition(" ")
    hour, minute = time.split(":")
    return datetime.fromisoformat(day).replace(hour=int(hour), minute=int(minute), tzinfo=JST)


def is_open(hours, moment):
    """Whether an office is open in the minute that begins at a moment."""
    local = moment.astimezone(JST)
    day, minute = local.date(), local.hour * 60 + local.minute
    if day in hours.days:
        spans = hours.days[day]
    elif day in HOLIDAYS or (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3):
        spans = ()
    else:
        held = [week for week in hours.weeks if week.since <= day] or hours.weeks[:1]
        spans = held[-1].days[day.weekday()]
    return any(span.opens <= minute < span.closes for span in spans)


def between(hours, start, end):
    """Open minutes from one moment to another."""
    count = 0
    while start < end:
        count += is_open(hours, start)
        start += MINUTE
    return count


def add(hours, moment, minutes):
    """When so many open minutes have passed."""
    while minutes:
        minutes -= is_open(hours, moment)
        moment += MINUTE
    return moment


def next_open(hours, moment):
    while not is_open(hours, moment):
        moment += MINUTE
    return moment


def closing_after(hours, moment):
    """The end of the business day to which a moment counts: the last open minute of the first day that has one left."""
    first = next_open(hours, moment)
    day, last = first.astimezone(JST).date(), first
    while first.astimezone(JST).date() == day:
        if is_open(hours, first):
            last = first
        first += MINUTE
    return last + MINUTE


def closing_after_days(hours, moment, n):
    """The end of the n-th business day after the one to which a moment counts."""
    closes = closing_after(hours, moment)
    for _ in range(n):
        closes = closing_after(hours, closes)
    return closes
