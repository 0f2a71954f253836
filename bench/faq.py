"""How well and how fast FAQ articles are found: our own questions, or any FAQ with its judgements.

    script/bench faq [--articles FILE.jsonl --judgements FILE.tsv|.jsonl] [--json]

Articles are lines of the import format (`external_id`, `question`, `variants`, `answer`, `category`). Judgements are
lines `question TAB external_id` (more ids by commas or tabs) or JSON with `question` and `external_ids` (or `relevant`);
lines of one question are joined."""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.report import Report
from kb.index.explaining import reason
from kb.index.search import WHOLE, WITH_FIELDS, WITH_PAIRS, WITH_SYNONYMS, WORDS_ALONE, Analysis, Entry, Index
from kb.index.synonyms import Synonyms, first_synonyms

HERE = Path(__file__).parent
OUR_ARTICLES = HERE.parent / "kb" / "data" / "articles.jsonl"
OUR_QUESTIONS = HERE / "faq_questions.tsv"
OUR_TYPOS = HERE / "faq_typos.tsv"
UNSEEN_TYPOS = HERE / "faq_typos_unseen.tsv"
"""Written after the rules of correction were settled; the figures of the others flatter those rules."""
FRESH_QUESTIONS = HERE / "faq_fresh.tsv"
"""Written on 2026-11-24 from questions and answers alone, after everything was tuned, and before any run over them."""
STEPS = {
    "words alone": WORDS_ALONE,
    "+ bigrams": WITH_PAIRS,
    "+ weights": WITH_FIELDS,
    "+ synonyms": WITH_SYNONYMS,
    "+ readings and typos": WHOLE,
}
FRAGMENTS = ["領収", "夜間", "シッ", "締切", "いくら", "夫", "口座", "ふたご"]

Judgements = list[tuple[str, frozenset[str]]]


def read_articles(file: Path) -> list[Entry]:
    """Articles of an import file as the index takes them."""
    articles = map(json.loads, filter(str.strip, file.read_text("utf-8-sig").splitlines()))
    return [
        Entry(
            str(a["external_id"]),
            a["question"],
            a.get("variants") or [],
            a.get("answer", ""),
            a.get("category") or "",
        )
        for a in articles
    ]


def judged(file: Path) -> Judgements:
    """Questions with the articles that answer them."""
    found: dict[str, set[str]] = {}
    for line in filter(str.strip, file.read_text("utf-8-sig").splitlines()):
        if line.startswith("#") and "\t" not in line:
            continue
        if line.lstrip().startswith("{"):
            row = json.loads(line)
            question, ids = row["question"], row.get("external_ids") or row["relevant"]
        else:
            question, _tab, rest = line.partition("\t")
            ids = re.split(r"[\t,]", rest)
        found.setdefault(question, set()).update(filter(None, (str(one).strip() for one in ids)))
    return [(question, frozenset(ids)) for question, ids in found.items()]


def measure(index: Index, questions: Judgements) -> dict[str, float]:
    """R@1, R@5 (share of questions with a right article that high), MRR and nDCG@10."""
    sums = {"R@1": 0.0, "R@5": 0.0, "MRR": 0.0, "nDCG@10": 0.0}
    for question, right in questions:
        places = [place for place, hit in enumerate(index.find(question, 100), 1) if hit.key in right]
        first = places[0] if places else math.inf
        sums["R@1"] += first == 1
        sums["R@5"] += first <= 5
        sums["MRR"] += 1 / first
        gain = sum(1 / math.log2(place + 1) for place in places if place <= 10)
        sums["nDCG@10"] += gain / sum(1 / math.log2(place + 1) for place in range(1, min(len(right), 10) + 1))
    return {name: round(total / len(questions), 3) for name, total in sums.items()}


def many(articles: Sequence[Entry], count: int = 2000) -> list[Entry]:
    """As many articles as wanted, made by mixing the sentences of the given ones."""
    dice = random.Random(7)
    made = []
    for number in range(count):
        one, other = articles[number % len(articles)], dice.choice(articles)
        sentences = [s for s in (one.answer + "\n" + other.answer).splitlines() if s]
        dice.shuffle(sentences)
        variants = [*one.variants, *other.variants]
        kept = dice.sample(variants, min(5, len(variants)))
        made.append(replace(one, key=number, variants=kept, answer="\n".join(sentences[:12])))
    return made


def latency(
    articles: Sequence[Entry], questions: Judgements, mistyped: Judgements
) -> dict[str, dict[str, float]]:
    """Milliseconds of a suggestion, finding and explaining five articles: for whole questions, for text as it grows
    under somebody's fingers, for what is mistyped, and for long consultations; what the index takes to make, and keeps."""
    synonyms = Synonyms(first_synonyms())
    began = time.perf_counter()
    analysed = [(entry.key, Analysis.of(entry, synonyms)) for entry in articles]
    read = time.perf_counter()
    index = Index(analysed, synonyms)
    built = time.perf_counter()
    known = {entry.key: entry for entry in articles}
    words = [question for question, _right in questions][:200]
    dice = random.Random(7)
    typed = {
        "whole": words,
        "growing": [word[:end] for word in words[:60] for end in range(1, len(word) + 1, 2)] + FRAGMENTS,
        "mistyped": [question for question, _right in mistyped],
        "long": ["。".join(dice.sample(words, min(8, len(words)))) for _n in range(30)],
    }
    found: dict[str, dict[str, float]] = {}
    for kind, texts in typed.items():
        spent = sorted(_milliseconds(index, known, text) for text in texts * 2)
        found[kind] = {
            "p50_ms": round(spent[len(spent) // 2], 2),
            "p95_ms": round(spent[int(len(spent) * 0.95)], 2),
            "max_ms": round(spent[-1], 2),
        }
    made = {"analysed_s": round(read - began, 2), "built_s": round(built - read, 2)}
    return found | {"index": made | {"articles": len(articles), "kept_mib": _kept(analysed, synonyms)}}


def _milliseconds(index: Index, known: Mapping[Any, Entry], text: str) -> float:
    began = time.perf_counter()
    for hit in index.find(text):
        one = known[hit.key]
        reason(
            one.question,
            one.variants,
            one.category,
            one.answer,
            terms=hit.terms,
            synonyms=index.synonyms,
            rarity=index.rarity,
        )
    return (time.perf_counter() - began) * 1000


def _kept(analysed: Sequence[tuple[Any, Analysis]], synonyms: Synonyms) -> float:
    """MiB that an index keeps."""
    tracemalloc.start()
    index = Index(analysed, synonyms)
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(kept / 2**20, 1) if len(index) else 0.0


def run(
    articles_file: Path = OUR_ARTICLES, questions_file: Path = OUR_QUESTIONS, count: int = 2000
) -> dict[str, Any]:
    """All figures: quality step by step, and the speed at `count` articles. Our own articles are also measured on
    questions that nobody tuned on, and on mistyped ones."""
    articles, questions = read_articles(articles_file), judged(questions_file)
    sets = {"questions": questions}
    if articles_file == OUR_ARTICLES:
        sets |= {
            "fresh": judged(FRESH_QUESTIONS),
            "mistyped": judged(OUR_TYPOS),
            "mistyped, unseen": judged(UNSEEN_TYPOS),
        }
    synonyms = Synonyms(first_synonyms())
    analysed = [(entry.key, Analysis.of(entry, synonyms)) for entry in articles]
    steps: dict[str, dict[str, Any]] = {name: {} for name in sets}
    for step, weights in STEPS.items():
        index = Index(analysed, synonyms, weights)
        for name, asked in sets.items():
            steps[name][step] = measure(index, asked)
    return {
        "articles": len(articles),
        "asked": {name: len(asked) for name, asked in sets.items()},
        "steps": steps,
        "latency": latency(
            articles if len(articles) >= count else many(articles, count),
            questions,
            sets.get("mistyped", questions),
        ),
    }


def report(figures: dict[str, Any]) -> Report:
    """The figures as a report; a suggestion at 2,000 articles may take 30 ms."""
    made = Report("faq")
    for name, steps in figures["steps"].items():
        size = f"{figures['articles']} articles, {figures['asked'][name]} asked"
        for step, found in steps.items():
            for figure, value in found.items():
                made.add(f"{name}: {step}: {figure}", value, "", note=size)
    speeds = dict(figures["latency"])
    index = speeds.pop("index")
    size = f"{index['articles']} articles"
    for kind, speed in speeds.items():
        made.add(f"suggestion, {kind}: p50", speed["p50_ms"], "ms", note=size)
        made.add(f"suggestion, {kind}: p95", speed["p95_ms"], "ms", most=30, note=size)
        made.add(f"suggestion, {kind}: longest", speed["max_ms"], "ms", note=size)
    made.add("index made", index["analysed_s"] + index["built_s"], "s", note=size)
    made.add("index kept in memory", index["kept_mib"], "MiB", note=size)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; JSON alone with --json. 0 when the figures hold."""
    reader = argparse.ArgumentParser(
        prog="script/bench faq", description="How well and how fast articles are found."
    )
    reader.add_argument("--articles", type=Path, default=OUR_ARTICLES)
    reader.add_argument("--judgements", type=Path, default=OUR_QUESTIONS)
    reader.add_argument("--json", action="store_true")
    wanted = reader.parse_args(arguments)
    figures = run(wanted.articles, wanted.judgements)
    if wanted.json:
        print(json.dumps(figures, ensure_ascii=False, indent=2))
        return 0
    return report(figures).keep()


if __name__ == "__main__":
    raise SystemExit(main())
