"""What search should answer: every record opened, folded and looked through, as nothing but patience can do it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from callcenter.db import Intent, db, disconnect, intent
from callcenter.privacy.lens.folding import fold
from callcenter.programmes import living_periods
from tickets.finding import shelf
from tickets.records.ticket import Ticket

CHUNK = 500
UNFIT = frozenset("-ー−－:：\"'「」『』“”()（）") | frozenset(" 　\n\t")
LENGTHS_OF_PHRASES = range(8, 16)


@dataclass(frozen=True)
class Truth:
    """How many tickets have each word, and how long one look through everything took (seconds)."""

    totals: dict[str, int]
    tickets: int
    messages: int
    seconds: float


def words_of(app: Flask, count: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Words of two characters and phrases of eight to fifteen, cut out of tickets chosen by chance."""
    random = Random(seed)
    with app.app_context(), intent(Intent.READ):
        newest = list(db.session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).limit(2000)))
        chosen = random.sample(newest, min(len(newest), count * 3))
        texts = [text for document in shelf.documents(db.session(), chosen) for text in document.body if text]
        db.session.remove()
    return _cut(random, texts, [2], count), _cut(random, texts, LENGTHS_OF_PHRASES, count)


def truth(app: Flask, words: Sequence[str], processes: int = 2) -> Truth:
    """Look through every ticket that may be seen, with so many processes."""
    with app.app_context(), intent(Intent.READ):
        ids = [one for period in list(living_periods()) for one in shelf.all_ids(db.session(), period)]
        disconnect()
        began = time.perf_counter()
        folded = [fold(word) for word in words]
        totals, messages = [0] * len(words), 0
        with ProcessPoolExecutor(processes, get_context("fork"), _begin, (app, folded)) as lookers:
            for found, size in lookers.map(_look, _chunks(ids)):
                totals = [total + more for total, more in zip(totals, found, strict=True)]
                messages += size
        seconds = time.perf_counter() - began
    return Truth(dict(zip(words, totals, strict=True)), len(ids), messages, seconds)


def _cut(random: Random, texts: list[str], lengths: Sequence[int], count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        text, length = random.choice(texts), random.choice(lengths)
        at = random.randrange(max(1, len(text) - length))
        word = text[at : at + length]
        if len(word) == length and not UNFIT & set(word) and not word.isascii() and len(fold(word)) == length:
            found[word] = None
    return list(found)


def _chunks(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


_work: list[Any] = []


def _begin(app: Flask, words: list[str]) -> None:
    app.app_context().push()
    db.engine.dispose(close=False)
    _work.append(words)


def _look(ids: list[UUID]) -> tuple[list[int], int]:
    totals, messages = [0] * len(_work[0]), 0
    with intent(Intent.READ):
        for document in shelf.documents(db.session(), ids):
            texts = [fold(text) for text in (*document.body, *document.who)]
            messages += len(document.body) - 1
            for place, word in enumerate(_work[0]):
                totals[place] += any(word in text for text in texts)
        db.session.rollback()
    return totals, messages
