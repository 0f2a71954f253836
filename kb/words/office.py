"""How the office writes its words: which word stands better, and where an article uses the other one. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

CHECKED = ("question", "answer", "read_aloud", "easy", "say", "escalate_when")
"""What the office says in its own words. Variants are the callers' words, 言わないこと names what is not said, and a
source is quoted as it is called."""
AROUND = 12
"""Characters shown before and after a word."""
MOST_REMARKS = 50

_QUOTED = re.compile("「[^「」\n]*」")


class Word(NamedTuple):
    """A word that the office does not write, the one that it writes instead, and why."""

    written: str
    instead: str
    reason: str = ""


class Remark(NamedTuple):
    """Where a field of an article uses a word that stands better otherwise: its line (from 1) and the text around."""

    field: str
    line: int
    before: str
    written: str
    after: str
    instead: str
    reason: str


@cache
def first_words() -> tuple[Word, ...]:
    """The word list that the office starts with (docs/rules.md#office-words)."""
    rows = json.loads((Path(__file__).parents[1] / "data" / "words.json").read_text("utf-8"))
    return tuple(Word(**row) for row in rows)


def remarks(fields: Mapping[str, str | Sequence[str]], words: Iterable[Word]) -> list[Remark]:
    """Every use of a word that the office writes otherwise, in the order of the fields, at most `MOST_REMARKS`.

    `fields` are those of an article by name (others than `CHECKED` are left alone), texts or lists of sentences. What
    stands in 「」 is quoted and left as it is, and so is a word within the better one (業者 in 事業者). They are hints:
    nothing is refused for them (docs/rules.md#office-words)."""
    known = {word.written: word for word in words if word.written}
    if not known:
        return []
    longest_first = sorted(known, key=lambda written: (-len(written), written))
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    found: list[Remark] = []
    for name in CHECKED:
        value = fields.get(name) or ""
        lines = value.splitlines() if isinstance(value, str) else list(value)
        for number, line in enumerate(lines, 1):
            found += [
                _remark(name, number, line, known[m[0]], m.start()) for m in _uses(line, pattern, known)
            ]
    return found[:MOST_REMARKS]


def _uses(line: str, pattern: re.Pattern[str], known: Mapping[str, Word]) -> list[re.Match[str]]:
    quoted = [match.span() for match in _QUOTED.finditer(line)]
    return [
        match
        for match in pattern.finditer(line)
        if not any(start <= match.start() and match.end() <= end for start, end in quoted)
        and not _within(line, match.start(), known[match[0]])
    ]


def _within(line: str, at: int, word: Word) -> bool:
    """Whether a word stands there as part of the better one."""
    inside = word.instead.find(word.written)
    return inside >= 0 and at >= inside and line.startswith(word.instead, at - inside)


def _remark(name: str, number: int, line: str, word: Word, at: int) -> Remark:
    end = at + len(word.written)
    before, after = line[max(0, at - AROUND) : at], line[end : end + AROUND]
    return Remark(name, number, before, word.written, after, word.instead, word.reason)
