"""@name: who is called in a note. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Named(Protocol):
    """Somebody with a sign-in name and a name."""

    @property
    def sign_in_name(self) -> str: ...
    @property
    def display_name(self) -> str: ...


Person = TypeVar("Person", bound=Named)


def mentioned(text: str, people: Iterable[Person]) -> list[Person]:
    """Those called by @sign-in name, @whole name (with or without its space) or a family name that only one has.

    The longest name that fits counts: @佐藤律 is not @佐藤. In any width; in the order of the text, each once."""
    names = _names(people)
    plain = unicodedata.normalize("NFKC", text)
    found: list[Person] = []
    for at in re.finditer("@", plain):
        after = plain[at.end() :]
        fits = [name for name in names if _begins(after, name)]
        if fits and (person := names[max(fits, key=len)]) not in found:
            found.append(person)
    return found


def _names(people: Iterable[Person]) -> dict[str, Person]:
    everybody = list(people)
    families = Counter(_family(person) for person in everybody)
    names: dict[str, Person] = {}
    for person in everybody:
        whole = unicodedata.normalize("NFKC", person.display_name).strip()
        for name in (whole, whole.replace(" ", ""), person.sign_in_name):
            names[name] = person
        if families[_family(person)] == 1:
            names.setdefault(_family(person), person)
    return {name: person for name, person in names.items() if name}


def _family(person: Named) -> str:
    return unicodedata.normalize("NFKC", person.display_name).strip().split(" ")[0]


def _begins(text: str, name: str) -> bool:
    """Sign-in names end where their letters end: @sato is not in @satou."""
    if not text.lower().startswith(name.lower()):
        return False
    following = text[len(name) : len(name) + 1]
    goes_on = following != "" and following.isascii() and (following.isalnum() or following in "_-")
    return not (name.isascii() and goes_on)
