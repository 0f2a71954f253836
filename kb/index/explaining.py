"""Why an article was found: what of the question is marked in it, and where else it matched. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from markupsafe import Markup, escape

from callcenter.privacy.lens.folding import highlight
from kb.index.analysis import Word, content_words
from kb.index.synonyms import Synonyms

LONGEST_LINE = 60
"""Characters of an answer's line that are shown around what was found."""
_LINES = re.compile(r"[。！？!?\n]+")


class Place(StrEnum):
    """Where an article matched."""

    QUESTION = "question"
    VARIANT = "variant"
    CATEGORY = "category"
    ANSWER = "answer"


@dataclass(frozen=True)
class Reason:
    """Where an article matched best, and the text there with what was found between <mark> tags."""

    place: Place
    marked: Markup


def reason(
    question: str,
    variants: Sequence[str],
    category: str,
    answer: str,
    *,
    terms: Iterable[str],
    synonyms: Synonyms,
    rarity: Callable[[str], float],
) -> Reason:
    """The place that holds most of what a question asked: the article's question if nothing else holds more, then a
    spoken variant, its category, a line of the answer (docs/rules.md#why-found).

    `terms` are those of a hit; `rarity` says how much a term tells. The answer is plain text, looked at only when
    nothing before it matched."""
    wanted = frozenset(terms)

    def told(text: str) -> float:
        return sum(rarity(term) for term in _terms_in(text, wanted, synonyms))

    def marked(place: Place, text: str) -> Reason:
        return Reason(place, mark(text, wanted, synonyms))

    most = told(question)
    best = max(variants, key=told, default="")
    if best and told(best) > most:
        return marked(Place.VARIANT, best)
    if most:
        return marked(Place.QUESTION, question)
    if told(category):
        return marked(Place.CATEGORY, category)
    lines = [line.strip() for line in _LINES.split(answer) if line.strip()]
    line = max(lines, key=told, default="")
    if line and told(line):
        return marked(Place.ANSWER, _cut(line, wanted, synonyms))
    return marked(Place.QUESTION, question)


def mark(text: str, terms: Iterable[str], synonyms: Synonyms) -> Markup:
    """The text with what it was found by between <mark> tags."""
    out, done = Markup(), 0
    for start, end in _spans(text, frozenset(terms), synonyms):
        out += escape(text[done:start]) + Markup("<mark>%s</mark>") % text[start:end]
        done = end
    return out + escape(text[done:])


@lru_cache(maxsize=4000)
def _article_words(text: str) -> list[Word]:
    """The words of an article's text, which is looked at again with every key; never called with what a caller said."""
    return content_words(text)


def _terms_in(text: str, wanted: frozenset[str], synonyms: Synonyms) -> set[str]:
    found = {word.form for word in _article_words(text)} & wanted
    found.update(term for term in wanted if term[0] == "~" and highlight(text, synonyms.words(term)))
    if all(term[0] == "=" for term in wanted):
        found.update(term for term in wanted if highlight(text, [term[1:]]))
    return found


def _spans(text: str, wanted: frozenset[str], synonyms: Synonyms) -> list[tuple[int, int]]:
    spans = [(word.start, word.end) for word in _article_words(text) if word.form in wanted]
    for term in wanted:
        if term[0] == "~":
            spans += highlight(text, synonyms.words(term))
    if all(term[0] == "=" for term in wanted):
        spans = highlight(text, [term[1:] for term in wanted])
    return _joined(spans)


def _cut(line: str, wanted: frozenset[str], synonyms: Synonyms) -> str:
    """A line of an answer, shortened around the first thing found in it."""
    if len(line) <= LONGEST_LINE:
        return line
    start = max(0, _spans(line, wanted, synonyms)[0][0] - LONGEST_LINE // 3)
    end = start + LONGEST_LINE
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
