"""What every draft has: a version, the page that saved last, and the rule by which a second page learns of it.

A page that has not seen the newest version is shown the difference; the page that saved last may always save again, so
that a lost answer never looks like a stranger's text."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Moment, Why, Words

Fields = dict[str, list[str]]
"""What was typed: field name → values."""

PAGE = re.compile(r"[0-9A-Za-z-]{1,40}")


class Versioned:
    """Columns of a draft. `page` is the page that saved last, `device` what it runs on."""

    version: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(Moment)
    page: Mapped[str] = mapped_column(Words(Why.NUMBER, 40))
    device: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 60))

    def is_newer_than(self, seen: int, page: str) -> bool:
        """Whether another page saved a version that this one (which has seen version `seen`) does not know."""
        return self.version != seen and self.page != page


def page_named(sent: str) -> str:
    """The number of an open page as it was sent, "" for anything else: it stands readable in the database."""
    return sent if PAGE.fullmatch(sent) else ""


def device(user_agent: str) -> str:
    """What a draft was written on, as far as a browser says: 「Windows Chrome」. Never more than a kind."""
    systems = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "CrOS", "Linux")
    browsers = ("Edg", "Firefox", "Chrome", "Safari")
    found = [next((name for name in names if name in user_agent), "") for names in (systems, browsers)]
    return " ".join(name for name in found if name)
