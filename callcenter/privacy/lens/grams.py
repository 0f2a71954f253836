"""Character pairs: how folded text becomes the tokens of an FTS5 table with ``tokenize='ascii'``.

A field of n characters gives n tokens: each character with the one after it, the last with an end mark. A word of two
or more characters is a phrase of its pairs, and such a phrase is there exactly where the word is. The end mark keeps it
from running across into the next field, and lets a word of one character be asked for as the beginning of a token.
The ascii tokenizer splits at ASCII punctuation, which therefore stands in full width (folded text has none of that).
Source: https://www.sqlite.org/fts5.html §3, §4.3.2."""

import re
from collections.abc import Iterable
from operator import add

from callcenter.privacy.lens.folding import fold

END = "\ufdd0"
MARK = "\ufdd1"
"""Noncharacters, which folding removes from every text. A tag begins with MARK, so that no word ever meets one."""

_PUNCTUATION = re.compile(r"[ -/:-@\[-`{-~]")


def pairs(fields: Iterable[str]) -> str:
    """The raw `fields` as tokens, one space between them. 40 µs for 250 characters."""
    out = []
    for field in fields:
        text = _PUNCTUATION.sub(_wide, fold(field))
        if text:
            out.append(" ".join(map(add, text, text[1:] + END)))
    return " ".join(out)


def word(raw: str) -> str | None:
    """A word or phrase as an FTS5 expression; None when nothing of it is left after folding."""
    text = _PUNCTUATION.sub(_wide, fold(raw))
    if len(text) < 2:
        return f'"{text}" *' if text else None
    return f'"{" ".join(map(add, text, text[1:]))}"'


def tag(text: str) -> str:
    """A filter or an exact value as one token."""
    return MARK + _PUNCTUATION.sub(_wide, " ".join(text.split()).lower())


def _wide(match: re.Match[str]) -> str:
    return "\u3000" if match[0] == " " else chr(ord(match[0]) + 0xFEE0)
