"""What an article is written from: a search, a wish, a consultation of a ticket. Rooms hang their kinds here, so that the
form of an article needs not know them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from callcenter.errors import Invalid
from kb.articles.content import Content, Fault
from kb.articles.personal import personal_data_in

if TYPE_CHECKING:
    from kb.articles.article import Article

PERSONAL = "personal_data"


@dataclass(frozen=True)
class Draft:
    """What the form begins with, and a sentence for the writer about where it comes from."""

    about: str
    question: str = ""
    variants: tuple[str, ...] = ()
    answer: str = ""
    source: str = ""


class Origin(Protocol):
    """Something that an article is written from."""

    def draft(self) -> Draft:
        """What the form begins with."""

    def faults(self, content: Content) -> list[Fault]:
        """What of it must not stand in the article."""

    def keep(self, article: Article, *, by: Any) -> None:
        """Keep the lineage: this article was made from it."""


Finder = Callable[[uuid.UUID, Any], Origin | None]
Guard = Callable[["Article", Content], list[Fault]]

_finders: dict[str, Finder] = {}
_guards: dict[str, Guard] = {}


def register(kind: str, finder: Finder) -> None:
    """Let articles be written from this kind: `finder(id, person)` gives the origin, or None for what the person may
    not see."""
    _finders[kind] = finder


def register_guard(name: str, guard: Guard) -> None:
    """Ask `guard(article, content)` before a new version is kept: what must not stand in this article."""
    _guards[name] = guard


def found(name: str, person: Any) -> Origin | None:
    """The origin with this name (`search-0198…`); None for no name, for an unknown one, and for strangers."""
    kind, _dash, text = name.partition("-")
    finder = _finders.get(kind)
    try:
        return finder(uuid.UUID(text), person) if finder else None
    except ValueError:
        return None


def faults_of(article: Article, content: Content) -> list[Fault]:
    """What of the article's origins must not stand in a new version."""
    return [fault for guard in _guards.values() for fault in guard(article, content)]


def personal_pieces(content: Content) -> list[str]:
    """What in an article looks personal, though nobody knows of whom: telephone numbers, mail addresses and the like.
    What it cites is full of numbers of the office and left out."""
    return [
        text[found.start : found.end]
        for field, text in content.texts()
        if field != "source"
        for found in personal_data_in(text)
    ]


def require_clean(faults: Sequence[Fault]) -> None:
    """Raises Invalid (code `personal_data`, the fields as facts) unless there is nothing to refuse."""
    if faults:
        fields = sorted({fault.field for fault in faults})
        raise Invalid(faults[0].reason, code=PERSONAL, facts={"fields": fields})
