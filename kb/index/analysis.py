"""Japanese text as search sees it: content words in their dictionary form, and pairs of characters."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

from callcenter.privacy.lens.folding import fold

ANALYSIS = 2
"""Goes up when stop words, word classes or what is kept of an article change."""

LONGEST = 8000
"""Characters of one text that are analysed; no answer is longer, and a pasted mail says what it is about before."""

NOUN_CLASSES = frozenset({"名詞", "接頭辞", "接尾辞"})
"""What compounds are made of: 要件 証明 書."""
KEPT_CLASSES = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞", "代名詞", "接頭辞", "接尾辞", "感動詞"})
DROPPED_KINDS = frozenset({"助動詞語幹", "フィラー"})
_STOP_WORDS = (
    "為る 居る 有る 成る 出来る 言う 行う 遣る 下さる 呉れる 貰う 頂く 御座る 置く 仕舞う 見る 来る 思う 願う 御 "
    "事 物 所 方 時 様 訳 筈 積もり 為 此れ 其れ 彼れ 此処 其処 此の 其の 何 どう こう そう 等 達 さん 様 さま 良い 宜しい "
    "無い 又 もう 未だ 一寸 今 今日 場合 件 はい いいえ ええ 有り難う 済みません もしもし 教える 知る 分かる 聞く"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words of every sentence, in SudachiPy's normalised form: they tell no article from another."""

_GREETING = re.compile("(?:いつも|大変)?お世話にな(?:ります|りました|って(?:おり|い)?ます)")
_PIECE = re.compile(r"[^。！？!?\n]{1,2000}[。！？!?\n]*")
_UNPAIRED = re.compile("[\ud800-\udfff]")
_RUN = re.compile(r"[\w々〆]+")


@cache
def analysis_name() -> str:
    """Names what words are made by: forms kept under another name are made anew."""
    return f"{ANALYSIS} sudachidict-core {version('sudachidict-core')}"


class Word(NamedTuple):
    """A content word: its normalised form, and where it stands in the text."""

    form: str
    start: int
    end: int


class Token(NamedTuple):
    """A piece of a text as the dictionary cuts it, function words too. `form` is None unless it is a content word,
    `reading` is in hiragana, `is_known` says that the dictionary has the word."""

    surface: str
    start: int
    end: int
    form: str | None
    reading: str
    word_class: str
    is_known: bool

    @property
    def is_noun(self) -> bool:
        return self.word_class in NOUN_CLASSES


def content_words(text: str) -> list[Word]:
    """The content words of a text (SudachiPy, mode A), in order, repeats kept.

    振込 and 振り込み, 〆切 and 締め切り, ふたご and 双子 become one form each; particles, endings and stop words are gone."""
    return [Word(form, start, start + len(m.surface())) for m, start in _cut(text) if (form := _form(m))]


def tokens(text: str) -> list[Token]:
    """A text cut into its pieces (SudachiPy, mode A), each with how it is read."""
    return [
        Token(
            m.surface(),
            start,
            start + len(m.surface()),
            _form(m),
            fold(m.reading_form()),
            m.part_of_speech()[0],
            not m.is_oov(),
        )
        for m, start in _cut(text)
    ]


def _cut(text: str) -> Iterator[tuple[Any, int]]:
    tokenizer = _opened()
    for piece in _PIECE.finditer(_UNPAIRED.sub("?", text[:LONGEST])):
        for token in tokenizer.tokenize(piece[0]):
            yield token, piece.start() + token.begin()


def without_greetings(text: str) -> str:
    """What was said without お世話になっております: it asks nothing, and 世話 is what other sentences are about."""
    return _GREETING.sub("", text)


def folded(text: str) -> str:
    """A text as pairs and synonyms are looked for in it: by the folding of the lens (width, kana, variants, case)."""
    return fold(text[:LONGEST])


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring characters within runs of letters of a folded text."""
    return [run[at : at + 2] for run in _RUN.findall(text) for at in range(len(run) - 1)]


def _form(token: Any) -> str | None:
    word_class = token.part_of_speech()
    if word_class[0] not in KEPT_CLASSES or word_class[1] in DROPPED_KINDS:
        return None
    form: str = token.normalized_form().casefold()
    return None if form in STOP_WORDS else form


_lock = threading.Lock()
_dictionary: Any = None


def _opened() -> Any:
    """A tokenizer of the one dictionary, which the first who asks opens: a mapped file of 200 MB, of which 90 MB are read
    and stay in the kernel's cache, shared between processes. A tokenizer serves one thread and takes 2 µs to make."""
    global _dictionary
    with _lock:
        if _dictionary is None:
            from sudachipy import Dictionary

            _dictionary = Dictionary()
    return _dictionary.tokenizer("A")
