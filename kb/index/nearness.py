"""How near two spellings are: the slips of kana that cost little, the letters that look alike, one wrong key. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

_ROWS = (
    ("あ", "あかさたなはまやらわがざだばぱぁゃゎ"),
    ("い", "いきしちにひみりぎじぢびぴぃ"),
    ("う", "うくすつぬふむゆるぐずづぶぷぅゅゔ"),
    ("え", "えけせてねへめれげぜでべぺぇ"),
    ("お", "おこそとのほもよろをごぞどぼぽぉょ"),
)
VOWEL = {kana: vowel for vowel, row in _ROWS for kana in row}
"""Which vowel a kana ends in."""
_LONG = {"あ": "あ", "い": "い", "う": "う", "え": "えい", "お": "おう"}
"""What is written for a longer vowel: おう and おお, えい and ええ."""
_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_PLAIN = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔを",
    "かきくけこさしすせそたしすてとはひふへほはひふへほうお",
)
_ALIKE = str.maketrans(
    "一－口力夕二八工卜才千ニロカタハエトオチー", "ーーろかたにはえとおちにろかたはえとおちー"
)
"""Letters that look alike: 二 and ニ, 口 and ロ, 一 and ー; said in hiragana, as folded text is."""
_SMALL = frozenset("ぁぃぅぇぉゃゅょゎ")
_KANA = re.compile("[ぁ-ゖー]+")

LONGEST = 16
"""Characters of a spelling that is compared; no word of the office is longer."""
SLIP = 0.35
"""What a slip costs that is no other sound: a long vowel, a small letter, a voiced mark."""


def is_kana(text: str) -> bool:
    """Whether a folded text is kana alone."""
    return bool(_KANA.fullmatch(text))


def alike(text: str) -> str:
    """A folded text with letters that look alike made one: ニ重 and 二重, ク一ポン and クーポン."""
    return text.translate(_ALIKE)


def skeleton(reading: str) -> str:
    """A reading without what is easily left out or mistaken: long vowels, small letters, voiced marks, doublings.

    Spellings of one skeleton differ by slips only: べびしったー and べびーしったー, きやんせる and きゃんせる."""
    kept: list[str] = []
    before = ""
    for kana in reading.translate(_LARGE):
        lengthens = before and kana in _LONG.get(VOWEL.get(before, ""), "") and before not in "いうあえお"
        if kana != "ー" and not lengthens and kana != before:
            kept.append(kana.translate(_PLAIN))
        before = before if kana == "ー" else kana
    return "".join(kept)


def cost(typed: str, meant: str, most: float) -> float:
    """How far a typed spelling lies from a meant one, in wrong keys; more than `most` when it is farther.

    A character that is wrong, missing or too many costs 1, two that changed places .7, a slip less (`SLIP`)."""
    if typed == meant:
        return 0.0
    if abs(len(typed) - len(meant)) > most / SLIP:
        return most + 1
    rows: list[list[float]] = [[0.0]]
    for at, kana in enumerate(meant):
        rows[0].append(rows[0][-1] + _left_out(meant, at, kana))
    for i, one in enumerate(typed, 1):
        row = [rows[-1][0] + _left_out(typed, i - 1, one)]
        for j, other in enumerate(meant, 1):
            best = min(
                rows[-1][j - 1] + _exchanged(one, other),
                rows[-1][j] + _left_out(typed, i - 1, one),
                row[-1] + _left_out(meant, j - 1, other),
            )
            if i > 1 and j > 1 and one == meant[j - 2] and typed[i - 2] == other and one != other:
                best = min(best, rows[i - 2][j - 2] + 0.7)
            row.append(best)
        if min(row) > most:
            return most + 1
        rows.append(row)
    return rows[-1][-1]


def _left_out(text: str, at: int, kana: str) -> float:
    """What it costs that a character is there in one spelling and not in the other."""
    if at == 0:
        return 1.0
    before = text[at - 1]
    if kana == "ー" or kana == before or kana in _LONG.get(VOWEL.get(before, ""), ""):
        return SLIP
    return 0.6 if kana in _SMALL or kana == "っ" else 1.0


def _exchanged(one: str, other: str) -> float:
    if one == other:
        return 0.0
    large = one.translate(_LARGE), other.translate(_LARGE)
    same = large[0] == large[1] or large[0].translate(_PLAIN) == large[1].translate(_PLAIN)
    return SLIP if same else 1.0


class Near:
    """Spellings that lie one wrong key from another, found without comparing all.

    With one wrong key either the first half of a spelling is as it should be or the second; so each is kept under both."""

    def __init__(self, spellings: Iterable[str], key: Callable[[str], str] = str):
        self._key = key
        self._whole: dict[str, list[str]] = {}
        for spelling in spellings:
            self._whole.setdefault(key(spelling), []).append(spelling)
        self._halves: dict[tuple[str, bool], list[str]] = {}
        for known in self._whole:
            half = len(known) // 2
            if half:
                self._halves.setdefault((known[:half], True), []).append(known)
                self._halves.setdefault((known[half:], False), []).append(known)

    def same(self, typed: str) -> list[str]:
        """Spellings whose key is the same."""
        return self._whole.get(self._key(typed), [])

    def near(self, typed: str) -> Iterator[str]:
        """Spellings whose key is the same or one wrong key away."""
        key = self._key(typed)
        yield from self._whole.get(key, ())
        seen = {key}
        for other in self._candidates(key):
            if other not in seen and _within_one(key, other):
                yield from self._whole[other]
            seen.add(other)

    def _candidates(self, key: str) -> Iterator[str]:
        length = len(key)
        for whole in (length - 1, length, length + 1):
            half = whole // 2
            if half:
                yield from (w for w in self._halves.get((key[:half], True), ()) if len(w) == whole)
            if 0 < whole - half <= length:
                yield from (w for w in self._halves.get((key[half - whole :], False), ()) if len(w) == whole)
        for at in range(length - 1):
            swapped = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
            if swapped in self._whole:
                yield swapped


def _within_one(one: str, other: str) -> bool:
    """Whether two different texts differ by one character put in, left out or exchanged, or by two that changed places."""
    if len(one) > len(other):
        one, other = other, one
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    if len(one) < len(other):
        return len(other) - len(one) == 1 and one[at:] == other[at + 1 :]
    return one[at + 1 :] == other[at + 1 :] or (
        one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    )
