"""What callers call one thing: groups of words, found in a text as one term."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from callcenter.privacy.lens.folding import fold


class Synonyms:
    """Groups of words that callers use for one thing. In a text each group shows as one term, `~12`."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()):
        self.groups = [[fold(word) for word in group] for group in groups]
        self._of: dict[str, list[str]] = {}
        for number, group in enumerate(self.groups):
            for word in filter(None, group):
                self._of.setdefault(word, []).append(f"~{number}")
        longest_first = sorted(self._of, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def terms(self, text: str) -> list[str]:
        """The groups that a folded text names, a term each time."""
        return list(chain.from_iterable(self._of[word] for word in self._pattern.findall(text)))

    def words(self, term: str) -> list[str]:
        """The words of the group that a term stands for."""
        return self.groups[int(term[1:])]


@cache
def first_synonyms() -> list[list[str]]:
    """The groups that the office starts with (docs/rules.md#synonyms)."""
    groups: list[list[str]] = json.loads(
        (Path(__file__).parents[1] / "data" / "synonyms.json").read_text("utf-8")
    )
    return groups
