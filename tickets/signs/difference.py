"""What differs between two texts, in pieces for components/diff.html. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TypedDict

PIECE = re.compile(r"[^。、\n]*[。、\n]?|.")
LONGEST = 1500
MOST_PAIRS = 500_000
"""Equal pieces are compared pair by pair; ten thousand full stops on both sides took 24 s."""


class Part(TypedDict):
    """`kind`: same, gone (only in the old text) or come (only in the new one)."""

    kind: str
    text: str


def difference(old: str, new: str) -> tuple[list[Part], list[Part]]:
    """The two texts cut where they differ: by character while they are short, by clause when they are long."""
    is_short = max(len(old), len(new)) <= LONGEST
    left, right = (list(text) if is_short else PIECE.findall(text) for text in (old, new))
    if _pairs(left, right) > MOST_PAIRS:
        return [Part(kind="gone", text=old)], [Part(kind="come", text=new)]
    before: list[Part] = []
    after: list[Part] = []
    for verb, a, b, c, d in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
        gone, come = "".join(left[a:b]), "".join(right[c:d])
        if verb == "equal":
            before.append(Part(kind="same", text=gone))
            after.append(Part(kind="same", text=come))
            continue
        if gone:
            before.append(Part(kind="gone", text=gone))
        if come:
            after.append(Part(kind="come", text=come))
    return before, after


def _pairs(left: Sequence[str], right: Sequence[str]) -> int:
    """How many pairs of equal pieces two texts have."""
    known = Counter(right)
    return sum(count * known[piece] for piece, count in Counter(left).items())
