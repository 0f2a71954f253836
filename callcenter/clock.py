"""The only clock of the house."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in Japan."""
    return japan(now()).date()


def japan(moment: datetime) -> datetime:
    """The same moment on a Japanese clock."""
    return moment.astimezone(JST)


def from_japan(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment named by Japanese wall time, as aware UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=JST).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of a Japanese day and of the next, aware UTC: start <= t < end.

    The very first and last day that Python knows have no such moments in UTC; they count as their neighbours."""
    day = min(max(day, date(1, 1, 2)), date(9999, 12, 30))
    start = datetime(day.year, day.month, day.day, tzinfo=JST)
    nxt = date.fromordinal(day.toordinal() + 1)
    return start.astimezone(UTC), datetime(nxt.year, nxt.month, nxt.day, tzinfo=JST).astimezone(UTC)
