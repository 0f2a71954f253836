"""The words and compounds that articles use, found by how they sound and how they look. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from callcenter.privacy.lens.folding import fold
from kb.index.analysis import Token
from kb.index.nearness import LONGEST, Near, alike, cost, is_kana, skeleton

MOST_PIECES = 5
"""A name of the office has no more pieces: 要件 証明 書, 認可 外 保育 施設."""
_WRITTEN = re.compile(r"[\w々〆]+")


def names_in(found: Sequence[Token]) -> list[str]:
    """The runs of nouns in a text, each as 領収/りょうしゅう 書/しょ: what names are made of, to be kept with an article."""
    runs: dict[str, None] = {}
    for run in _runs(found):
        if any(token.form for token in run):
            runs[" ".join(f"{token.surface}/{token.reading}" for token in run)] = None
    return list(runs)


class Names:
    """The words and compounds that articles use, to be found by how they sound and how they look."""

    def __init__(self, runs: Iterable[str]):
        counted = Counter(runs)
        self._uses: Counter[str] = Counter()
        readings: dict[str, str] = {}
        for run, uses in counted.items():
            for surface, reading in _parts(run):
                self._uses[surface] += uses
                readings[surface] = reading
        self._by_reading: dict[str, str] = {}
        self._by_letters: dict[str, str] = {}
        for surface in sorted(readings, key=lambda name: (self._uses[name], name)):
            self._by_reading[readings[surface]] = surface
            self._by_letters[fold(surface)] = surface
        self._readings = readings
        self._sounds = Near(self._by_reading, skeleton)
        self._keys = Near(self._by_reading)
        self._letters = Near((word for word in self._by_letters if not is_kana(word) or len(word) > 3), alike)

    def __len__(self) -> int:
        return len(self._readings)

    def has(self, written: str) -> bool:
        """Whether articles write a (folded) word just so."""
        return written in self._by_letters

    def uses(self, surface: str) -> int:
        """How often articles write a word."""
        return self._uses[surface]

    def sounding(self, reading: str, slips_only: bool) -> list[tuple[str, str, float]]:
        """Words that sound like a reading: surface, reading, cost (see `nearness.cost`). With `slips_only` no other
        key may be wrong."""
        candidates = dict.fromkeys(self._sounds.same(reading))
        if not slips_only:
            candidates |= dict.fromkeys([*self._sounds.near(reading), *self._keys.near(reading)])
        costs = ((meant, cost(reading, meant, _most(len(meant)))) for meant in candidates)
        return [(self._by_reading[meant], meant, far) for meant, far in costs if far <= _most(len(meant))]

    def looking(self, written: str) -> Iterator[tuple[str, str, float]]:
        """Words that look like a (folded) text: surface, reading, cost."""
        for meant in self._letters.near(written):
            surface = self._by_letters[meant]
            same = alike(meant) == alike(written)
            yield surface, self._readings[surface], 0.1 if same else cost(written, meant, 1.0)


def _most(length: int) -> float:
    """How far a word of so many kana may lie from what was typed."""
    if length < 4:
        return 0.0
    return 0.75 if length == 4 else 1.0 if length < 7 else 1.5


def _runs(found: Sequence[Token]) -> Iterator[list[Token]]:
    run: list[Token] = []
    for token in found:
        if run and (not token.is_noun or token.start != run[-1].end):
            yield run
            run = []
        if token.is_noun and _WRITTEN.fullmatch(token.surface) and not token.surface.isdecimal():
            run.append(token)
    if run:
        yield run


def _parts(run: str) -> Iterator[tuple[str, str]]:
    pieces = [piece.split("/", 1) for piece in run.split(" ")]
    for first in range(len(pieces)):
        for last in range(first + 1, min(first + MOST_PIECES, len(pieces)) + 1):
            surface = "".join(piece[0] for piece in pieces[first:last])
            reading = "".join(piece[1] for piece in pieces[first:last])
            if len(surface) > 1 and 3 <= len(reading) <= LONGEST and is_kana(reading):
                yield surface, reading
