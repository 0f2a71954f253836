"""What was meant by what was typed: mistyped, misconverted and kana spellings of words that the articles use.

Only what the index does not know is looked at, so a question that is spelt as the articles are stays as it is
(docs/rules.md#corrections)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import jaconv

from callcenter.privacy.lens.folding import fold
from kb.index.analysis import Token, tokens
from kb.index.names import Names
from kb.index.nearness import LONGEST, SLIP, is_kana

MOST_TOKENS = 150
"""Pieces at the end of a text that are looked through, where somebody is typing."""
MOST_TRIED = 400
"""Spellings that are compared for one text."""

_ROMAJI = re.compile(r"[a-zA-Z](?:[a-zA-Z'’-]*[a-zA-Z-])?")
_SYLLABLES = re.compile(
    r"(?:(?:([kstpcghzjdbmr])(?=\1))?(?:[kgnhbpmrsztjdc]y|[kgsztdnhbpmrjfwyvxl]|sh|ch|ts|dh|th|x[ty])?[aiueo]|nn|n'?(?![aiueoy])|-)+"
)
_LEFT_OVER = re.compile(r"(?<=[ぁ-ヿ])[a-z]{1,2}$")
_DIGIT = re.compile(r"[0-9]")
_FUNCTION = frozenset({"助詞", "助動詞"})
_WRITTEN = re.compile(r"[\w々〆]+")


class Correction(NamedTuple):
    """A spelling that was typed, and the word of the articles that it was taken for."""

    typed: str
    meant: str


class Corrected(NamedTuple):
    """A text as it is searched, and what was changed in it."""

    text: str
    corrections: tuple[Correction, ...]


@dataclass(frozen=True)
class _Guess:
    start: int
    end: int
    meant: str
    cost: float
    gain: float


class Corrector:
    """Says what was meant. `knows` tells whether articles use a word (by its form)."""

    def __init__(self, names: Names, knows: Callable[[str], bool]):
        self.names = names
        self.knows = knows

    def corrected(self, text: str) -> Corrected:
        """A text with what was mistyped set right, as far as the articles have a word for it."""
        plain = unicodedata.normalize("NFKC", text)
        heard, typed_at = self._without_romaji(plain)
        found = tokens(heard)[-MOST_TOKENS:]
        guesses = self._chosen(self._guesses(heard, found))
        out, done, corrections = "", 0, []
        for guess in guesses:
            out += heard[done : guess.start] + guess.meant
            done = guess.end
            typed = _typed(heard, plain, typed_at, guess).strip()
            if fold(typed) != fold(guess.meant):
                corrections.append(Correction(typed, guess.meant))
        for start, end, typed in typed_at:
            if not any(guess.start < end and start < guess.end for guess in guesses):
                corrections.append(Correction(typed, heard[start:end]))
        return Corrected(out + heard[done:], tuple(dict.fromkeys(corrections)))

    # --- romaji

    def _without_romaji(self, text: str) -> tuple[str, list[tuple[int, int, str]]]:
        """The text with romaji as kana, and where in it which letters were typed."""
        text = _LEFT_OVER.sub("", text)
        out, done, changed = "", 0, []
        for match in _ROMAJI.finditer(text):
            kana = self._kana(match[0], beside=_beside(text, match.start(), match.end()))
            if kana:
                out += text[done : match.start()]
                changed.append((len(out), len(out) + len(kana), match[0]))
                out, done = out + kana, match.end()
        return out + text[done:], changed

    def _kana(self, letters: str, beside: bool) -> str:
        """Letters as kana; "" when they are no romaji, or a word of the articles."""
        low = letters.lower().replace("’", "'")
        if len(low) < (3 if beside else 4) or not _SYLLABLES.fullmatch(low) or self.knows(low):
            return ""
        kana: str = jaconv.alphabet2kana(low)
        return kana if is_kana(kana) else ""

    # --- guesses

    def _guesses(self, text: str, found: Sequence[Token]) -> Iterator[_Guess]:
        doubtful = [self._is_doubtful(token) for token in found]
        folded = [fold(token.surface) for token in found]
        tried = 0
        for first in reversed(range(len(found))):
            token = found[first]
            for last in range(first, len(found)):
                end = found[last].end
                if end - token.start > LONGEST or (last > first and found[last].start != found[last - 1].end):
                    break
                window, odd = found[first : last + 1], doubtful[first : last + 1]
                written = "".join(folded[first : last + 1])
                if not self._is_open(written, window, odd):
                    continue
                tried += 1
                if tried > MOST_TRIED:
                    return
                stands_alone = not _touching(found, first, last)
                yield from self._meant(written, window, odd, stands_alone)
            if doubtful[first] and not token.is_known and is_kana(folded[first]):
                yield from self._within(token)

    def _is_doubtful(self, token: Token) -> bool:
        if not _WRITTEN.fullmatch(token.surface) or token.surface.isascii():
            return False
        if token.form is not None:
            return not self.knows(token.form)
        return not token.is_known or token.word_class in ("記号", "感動詞", "補助記号")

    def _is_open(self, written: str, window: Sequence[Token], doubtful: Sequence[bool]) -> bool:
        """Whether these pieces may stand for another word: something in them is not known, or not known together."""
        if not _WRITTEN.fullmatch(written) or _DIGIT.search(written):
            return False
        if any(doubtful):
            return True
        if self.names.has(written):
            return False
        if is_kana(written):  # しえんそち, cut into pieces that stand in every sentence
            return len(written) > (4 if all(len(token.surface) < 3 for token in window) else 6)
        joints = [one.surface[-1] + other.surface[0] for one, other in pairwise(window)]
        nouns = all(token.is_noun and not is_kana(fold(token.surface)) for token in window)
        return nouns and any(not self.knows("=" + fold(joint)) for joint in joints)

    def _meant(
        self, written: str, window: Sequence[Token], doubtful: Sequence[bool], stands_alone: bool
    ) -> Iterator[_Guess]:
        is_word = len(window) == 1 and window[0].is_known
        if is_kana(written):
            yield from self._meant_by_kana(written, window, doubtful)
        elif (is_word and not stands_alone) or written[0] == "何":
            return  # 自動返信 is not 児童返信, and 何階 asks for something else than 何回
        elif window[0].word_class not in _FUNCTION and window[-1].word_class not in _FUNCTION:
            yield from self._meant_by_kanji(written, window, doubtful)

    def _meant_by_kana(
        self, written: str, window: Sequence[Token], doubtful: Sequence[bool]
    ) -> Iterator[_Guess]:
        odd = sum(len(t.surface) for t, is_odd in zip(window, doubtful, strict=True) if is_odd)
        is_word = len(window) == 1 and window[0].is_known
        slips_only = is_word or odd / len(written) < 0.4
        most = 0 if not odd else SLIP if is_word else 2 * SLIP if slips_only else 9
        for surface, meant, far in self.names.sounding(written, slips_only):
            if far >= 1 and len(meant) < 7 and written[0] != meant[0]:
                continue
            if far <= most:
                yield self._guess(window, surface, far, odd + 0.7 * (len(written) - odd))

    def _meant_by_kanji(
        self, written: str, window: Sequence[Token], doubtful: Sequence[bool]
    ) -> Iterator[_Guess]:
        """Words that sound the same, for a wrong conversion; words that look nearly the same, unless what was typed
        is a word too (来月 is not 先月)."""
        reading = "".join(token.reading or fold(token.surface) for token in window)
        odd = [token for token, is_odd in zip(window, doubtful, strict=True) if is_odd]
        kept = [fold(t.surface) for t, is_odd in zip(window, doubtful, strict=True) if t.form and not is_odd]
        broken = bool(odd) and not any(token.is_known and len(token.surface) > 1 for token in odd)
        length = sum(len(token.reading) for token in odd)
        shortest = 3 if all(len(token.surface) == 1 for token in window) else 4
        guesses = list(self.names.sounding(reading, not broken))
        if len(written) > 2 or len(window) > 1:
            guesses += [
                (surface, meant, far)
                for surface, meant, far in self.names.looking(written)
                if far <= 0.1 or (broken and (len(surface) >= shortest or far < 0.5))
            ]
        for surface, meant, far in guesses:
            if far >= 1 and fold(surface) in written:
                continue
            same_sound = far == 0 and len(meant) > 3
            fits = same_sound or (all(known in fold(surface) for known in kept) and len(meant) > 3)
            if (fits or far <= 0.1) and (broken or far <= 2 * SLIP):
                yield self._guess(window, surface, far, length + 0.1 * (len(reading) - length))

    def _within(self, token: Token) -> Iterator[_Guess]:
        """Words within a long run of kana that the dictionary could not cut."""
        written = fold(token.surface)
        if len(written) != len(token.surface):
            return
        for at in range(len(written)):
            for end in range(at + 4, min(at + LONGEST, len(written)) + 1):
                for surface, _meant, far in self.names.sounding(written[at:end], True):
                    if far <= SLIP and end - at < len(written):
                        gain = end - at - 0.5 - 2.5 * far
                        yield _Guess(token.start + at, token.start + end, surface, far, gain)

    def _guess(self, window: Sequence[Token], surface: str, far: float, length: float) -> _Guess:
        gain = length - 2.5 * far + min(self.names.uses(surface), 50) / 100
        return _Guess(window[0].start, window[-1].end, surface, far, gain)

    def _chosen(self, guesses: Iterable[_Guess]) -> list[_Guess]:
        """The best guesses that do not overlap, in the order of the text."""
        kept: list[_Guess] = []
        for guess in sorted(guesses, key=lambda one: (-one.gain, one.start)):
            if all(guess.end <= other.start or other.end <= guess.start for other in kept):
                kept.append(guess)
        return sorted(kept, key=lambda one: one.start)


def _touching(found: Sequence[Token], first: int, last: int) -> bool:
    """Whether a noun stands right before or right after these pieces."""
    before = first > 0 and found[first - 1].is_noun and found[first - 1].end == found[first].start
    after = last + 1 < len(found) and found[last + 1].is_noun and found[last + 1].start == found[last].end
    return before or after


def _beside(text: str, start: int, end: int) -> bool:
    """Whether letters stand right beside Japanese ones: 申請sho."""
    return text[start - 1 : start] > "\u3040" or text[end : end + 1] > "\u3040"


def _typed(heard: str, plain: str, typed_at: Sequence[tuple[int, int, str]], guess: _Guess) -> str:
    """What stood in the text as it was typed where a guess stands in the text as it was heard."""
    out, at = "", guess.start
    for start, end, typed in typed_at:
        if start < guess.end and guess.start < end:
            out += heard[at : max(at, start)] + typed
            at = end
    return out + heard[at : guess.end]
