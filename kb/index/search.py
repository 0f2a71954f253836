"""Finding articles by what a caller says: BM25F over words, pairs of characters and the office's synonyms."""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from sys import intern

from callcenter.privacy.lens.folding import fold
from kb.index.analysis import analysis_name, bigrams, content_words, folded, tokens, without_greetings
from kb.index.correction import Corrected, Correction, Corrector
from kb.index.names import Names, names_in
from kb.index.synonyms import Synonyms, first_synonyms

K1 = 1.2
FRAGMENT = 4
"""Up to so many characters somebody is still typing a word; pairs of kana may find it."""
MOST_WORDS = 40
MOST_PAIRS = 60
"""A long consultation is searched by its rarest words and pairs; the common ones tell nothing and cost time."""


@dataclass(frozen=True)
class Entry:
    """What the index knows of an article. `key` is given back with a hit; `forms` is what `analysed_forms` gave when
    the article was saved, which spares most of the work."""

    key: Hashable
    question: str
    variants: Sequence[str] = ()
    answer: str = ""
    category: str = ""
    forms: str = ""

    def fields(self) -> tuple[str, str, str, str]:
        return self.question, "\n".join(self.variants), self.answer, self.category

    def analysed_forms(self) -> str:
        """The content words of each field, to be kept: a line that names the analysis, a line a field, and one
        of the runs of nouns in them."""
        cut = [tokens(text) for text in self.fields()]
        lines = ["\t".join(token.form for token in found if token.form) for found in cut]
        names = dict.fromkeys(chain.from_iterable(names_in(found) for found in cut))
        return "\n".join([analysis_name(), *lines, "\t".join(names)])

    def words(self) -> tuple[list[list[str]], list[str]]:
        """The content words of each field, and the runs of nouns that names are made of; analysed anew when the kept
        forms came from another dictionary."""
        kept = self.forms if self.forms.partition("\n")[0] == analysis_name() else self.analysed_forms()
        *fields, names = (line.split("\t") if line else [] for line in kept.split("\n")[1:])
        return fields, names


@dataclass(frozen=True)
class Weights:
    """How much each field and each kind of term counts; lengths are evened out by `even` (BM25's b)."""

    question: float = 3.0
    variants: float = 2.0
    answer: float = 1.0
    category: float = 1.0
    words: float = 1.0
    pairs: float = 0.3
    synonyms: float = 1.0
    meant: float = 0.9
    mistyped: float = 0.5
    even: tuple[float, float, float, float] = (0.3, 0.3, 0.7, 0.0)

    def of_fields(self) -> tuple[float, float, float, float]:
        return self.question, self.variants, self.answer, self.category


WORDS_ALONE = Weights(question=1, variants=1, pairs=0, synonyms=0, meant=0)
WITH_PAIRS = Weights(question=1, variants=1, synonyms=0, meant=0)
WITH_FIELDS = Weights(synonyms=0, meant=0)
WITH_SYNONYMS = Weights(meant=0)
WHOLE = Weights()


@dataclass(frozen=True)
class Hit:
    """A found article: its key, its score, and the terms of the query that it was found by."""

    key: Hashable
    score: float
    terms: frozenset[str]


@dataclass(frozen=True)
class Analysis:
    """The counted terms of an entry, field by field: what costs time to make, and is worth keeping between indexes.

    Words stand as they are, pairs behind `=`, synonyms behind `~`."""

    counts: tuple[Mapping[str, int], ...]
    names: Sequence[str] = ()

    @classmethod
    def of(cls, entry: Entry, synonyms: Synonyms) -> Analysis:
        fields, names = entry.words()
        texts = zip(entry.fields(), fields, strict=True)
        return cls(tuple(Counter(_terms(text, words, synonyms)) for text, words in texts), names)


def _terms(text: str, words: Iterable[str], synonyms: Synonyms) -> list[str]:
    plain = folded(text)
    pairs = [intern("=" + pair) for pair in bigrams(plain)]
    return [*map(intern, words), *pairs, *synonyms.terms(plain)]


class Index:
    """An index of a few thousand articles, made at once and never changed; safe for many threads."""

    def __init__(
        self,
        analysed: Iterable[tuple[Hashable, Analysis]],
        synonyms: Synonyms,
        weights: Weights = WHOLE,
    ):
        self.synonyms = synonyms
        self.weights = weights
        self.keys: list[Hashable] = []
        documents: list[tuple[Mapping[str, int], ...]] = []
        names: list[str] = []
        for key, analysis in analysed:
            self.keys.append(key)
            documents.append(analysis.counts)
            names += analysis.names
        self._postings: dict[str, tuple[array[int], array[float]]] = {}
        self._fill(documents)
        self._corrector = Corrector(Names(names), self._postings.__contains__)

    @classmethod
    def of(
        cls, entries: Iterable[Entry], synonyms: Synonyms | None = None, weights: Weights = WHOLE
    ) -> Index:
        """An index of entries, analysed here and now."""
        known = Synonyms(first_synonyms()) if synonyms is None else synonyms
        return cls(((entry.key, Analysis.of(entry, known)) for entry in entries), known, weights)

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, query: str, limit: int = 5, *, exactly: bool = False) -> list[Hit]:
        """The best articles for what was typed, best first; [] when nothing fits."""
        return self.look(query, limit, exactly=exactly)[0]

    def look(
        self, query: str, limit: int = 5, *, exactly: bool = False
    ) -> tuple[list[Hit], tuple[Correction, ...]]:
        """The best articles, and what was taken for mistyped; `exactly` searches as it stands."""
        meant = Corrected(query, ()) if exactly or not self.weights.meant else self._meant(query)
        wanted = self._wanted(query, meant.text if meant.corrections else None)
        scores = [0.0] * len(self.keys)
        for term, weight in wanted.items():
            documents, impacts = self._postings[term]
            for document, impact in zip(documents, impacts, strict=True):
                scores[document] += weight * impact
        best = nlargest(limit, range(len(scores)), key=lambda at: (scores[at], -at))
        hits = [Hit(self.keys[at], scores[at], self._matched(at, wanted)) for at in best if scores[at] > 0]
        is_fragment = len(fold(query)) <= FRAGMENT
        return [hit for hit in hits if is_fragment or _tells(hit.terms)], meant.corrections

    def rarity(self, term: str) -> float:
        """How much a term tells one article from another; 0 for one that no article has."""
        known = self._postings.get(term)
        return math.log(1 + len(self.keys) / len(known[0])) if known else 0.0

    def _meant(self, query: str) -> Corrected:
        return self._corrector.corrected(without_greetings(query))

    def _wanted(self, query: str, meant: str | None) -> dict[str, float]:
        """Terms of the query that the index knows, with their weight: the rarest of each kind. What was `meant` counts
        as typed where nothing was changed, less where it was; what was typed in its place counts little."""
        terms: dict[str, float] = dict(self._counted(query))
        if meant is not None:
            right = self._counted(meant)
            typed = {term: n if term in right else n * self.weights.mistyped for term, n in terms.items()}
            terms = typed | {term: n * self.weights.meant for term, n in right.items() if term not in terms}
        if not terms and len(single := fold(query)) == 1:
            terms = {term: 1 for term in self._postings if term.startswith("=" + single)}
        pairs = [term for term in terms if term[0] == "="]
        others = [term for term in terms if term[0] != "="]
        kept = [*self._rarest(others, MOST_WORDS), *self._rarest(pairs, MOST_PAIRS)]
        return {term: 1 + math.log(terms[term]) if terms[term] > 1 else terms[term] for term in kept}

    def _counted(self, query: str) -> dict[str, int]:
        query = without_greetings(query)
        words = (word.form for word in content_words(query))
        terms = Counter(_terms(query, words, self.synonyms))
        return {term: n for term, n in terms.items() if term in self._postings}

    def _rarest(self, terms: list[str], most: int) -> list[str]:
        return sorted(terms, key=lambda term: (len(self._postings[term][0]), term))[:most]

    def _matched(self, document: int, wanted: Iterable[str]) -> frozenset[str]:
        return frozenset(term for term in wanted if _holds(self._postings[term][0], document))

    def _fill(self, documents: Sequence[tuple[Mapping[str, int], ...]]) -> None:
        field_weights, even = self.weights.of_fields(), self.weights.even
        lengths = [[_lengths(counts) for counts in document] for document in documents]
        means = [_means([document[at] for document in lengths]) for at in range(4)]
        for number, document in enumerate(documents):
            weighed: dict[str, float] = {}
            for at, counts in enumerate(document):
                long = [
                    _evened(n, mean, even[at]) for n, mean in zip(lengths[number][at], means[at], strict=True)
                ]
                for term, count in counts.items():
                    weighed[term] = weighed.get(term, 0.0) + field_weights[at] * count / long[_kind(term)]
            self._post(number, weighed)
        for term, (numbers, impacts) in self._postings.items():
            rare = math.log(1 + (len(documents) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            weight = self._kind_weight(term) * rare * (K1 + 1)
            for at, frequency in enumerate(impacts):
                impacts[at] = weight * frequency / (frequency + K1)

    def _post(self, number: int, weighed: Mapping[str, float]) -> None:
        for term, frequency in weighed.items():
            if self._kind_weight(term):
                numbers, frequencies = self._postings.setdefault(term, (array("I"), array("f")))
                numbers.append(number)
                frequencies.append(frequency)

    def _kind_weight(self, term: str) -> float:
        return (self.weights.words, self.weights.pairs, self.weights.synonyms)[_kind(term)]


_KANA_PAIR = re.compile("=[ぁ-ゖー]{2}")


def _tells(terms: Iterable[str]) -> bool:
    """Whether an article was found by more than pairs of kana, which stand in every sentence (です, って)."""
    return not all(_KANA_PAIR.fullmatch(term) for term in terms)


def _kind(term: str) -> int:
    return {"=": 1, "~": 2}.get(term[0], 0)


def _lengths(counts: Mapping[str, int]) -> tuple[int, int, int]:
    sums = [0, 0, 0]
    for term, count in counts.items():
        sums[_kind(term)] += count
    return sums[0], sums[1], sums[2]


def _means(lengths: list[tuple[int, int, int]]) -> list[float]:
    return [sum(kind) / max(len(lengths), 1) for kind in zip(*lengths, strict=True)] or [0.0] * 3


def _evened(length: int, mean: float, even: float) -> float:
    return 1 - even + even * length / mean if mean else 1.0


def _holds(documents: array[int], document: int) -> bool:
    at = bisect_left(documents, document)
    return at < len(documents) and documents[at] == document
