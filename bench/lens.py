"""The sealed search index alone: newest page and exact total, size and making, beside FTS5 trigram and LIKE.

    script/bench lens [--documents 20000] [--alone]

Every document has three messages of some 250 characters. Every total is compared with a substring scan of the folded
texts. The alternatives stand in an SQLCipher file of the same settings and hold the same folded texts."""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from bench.report import Report
from callcenter.privacy.lens.connections import connect
from callcenter.privacy.lens.documents import Document, store
from callcenter.privacy.lens.folding import fold
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.query import Query

KEY = bytes(range(32))
PERIOD = UUID(int=1)
START = datetime(2026, 4, 1, tzinfo=UTC)
A_CLASS = 40
CHUNK = 500
TRIGRAM = "SELECT count(*) FROM trigrams WHERE trigrams MATCH ?"
LIKE = "SELECT count(*) FROM texts WHERE text LIKE ?"
MANY = 50_000
"""From here on the bounds are those of a million messages."""

_OPENINGS = (
    "本日10時頃に電話。 利用者本人より。 配偶者の方から、 ４月分の申請で、 お世話になっております。 "
    "先月の件、 ２回目の問合せ。"
)
OPENINGS = _OPENINGS.split()
_THINGS = (
    "申請書 領収書 利用明細書 要件証明書 交付決定通知 振込口座 ベビーシッター 一時預かり 多胎児 "
    "ひとり親 住民登録 転入 転出 締切 期限 必着 郵送 LoGoフォーム オンライン申請 添付ファイル "
    "不備 差戻し 再提出 助成金 補助金 上限 夜間 深夜 早朝 交通費 キャンセル料 入会金 年会費 "
    "割引券 福利厚生 事業者 認定 証明日 生年月日 氏名 住所 電話番号 メールアドレス 銀行口座 通帳 "
    "委任状 課税証明 確定申告 兄弟 双子 保育園 幼稚園 待機児童 育休 病児 送迎 家事 共同保育 予約 "
    "変更 取消 審査 支払 入金 再発行 折返し 担当者 区役所 子ども家庭支援課 窓口 年度 様式 記入 "
    "押印 原本 写し 返却 保管"
)
THINGS = _THINGS.split()
_WANTS = (
    "について確認したい が分からない を紛失した を提出した の書き方を知りたい はいつまでか は必要か "
    "が届かない を間違えた は対象になるか を変更したい の状況を知りたい が足りないと言われた をやめたい"
)
WANTS = _WANTS.split()
_ENDINGS = (
    "とのこと。 との問合せ。 とのご相談あり。 と案内した。 旨を伝え、了承いただいた。 "
    "ので、区へ取次いだ。 と説明（FAQ参照）。"
)
ENDINGS = _ENDINGS.split()
_FAMILIES = (
    "佐藤 鈴木 高橋 髙橋 田中 伊藤 渡辺 渡邉 渡邊 山本 中村 加藤 吉田 𠮷田 山﨑 山崎 齋藤 "
    "斎藤 斉藤 濵田 澤田 栁沢"
)
FAMILIES = _FAMILIES.split()
_GIVEN = "花子 太郎 一郎 さくら 陽菜 結衣 健太 美咲 直樹 愛"
GIVEN = _GIVEN.split()
RARER = [chr(code) for code in range(0x4E00, 0x4E00 + 4000)]


@dataclass(frozen=True)
class Question:
    """Words that all must stand in a document, and with what tag."""

    words: tuple[str, ...]
    tag: str | None = None

    def holds(self, texts: list[str], tags: list[str]) -> bool:
        """Whether all stand in one of the folded texts each, and the tag is there."""
        found = all(any(word in text for text in texts) for word in map(fold, self.words))
        return found and (self.tag is None or self.tag in tags)


def main(arguments: list[str]) -> int:
    """Build, ask, compare; 0 when all totals are right and the figures within their bounds."""
    options = _options(arguments)
    report = Report("lens")
    with tempfile.TemporaryDirectory(prefix="bench-lens-") as folder:
        truth = _build(Path(folder), options.documents, options.alone, report)
        file = LensFile(Path(folder) / "lens" / "bench.lens", KEY)
        for name, questions in truth.items():
            _ask(report, file, name, questions, options.documents)
        _change(report, file, options.documents)
        report.add("size of the lens", file.bytes_on_disk / 1e6, "MB")
        file.close()
        if not options.alone:
            _ask_others(report, Path(folder), truth)
    return report.keep()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench lens", description="the sealed index alone")
    parser.add_argument(
        "--documents", type=int, default=20_000, help="one document is three messages (20000)"
    )
    parser.add_argument("--alone", action="store_true", help="without the alternatives")
    return parser.parse_args(arguments)


# --- what is indexed -------------------------------------------------------------------------------------


def documents(count: int) -> Iterator[Document]:
    """Documents of one year, oldest first; the same ones for the same count."""
    random = Random(count)
    for number in range(count):
        name = f"{random.choice(FAMILIES)}　{random.choice(GIVEN)}"
        yield Document(
            UUID(int=random.getrandbits(128)),
            PERIOD,
            START + timedelta(seconds=number * 31_536_000 / count),
            [_message(random) for _ in range(3)],
            [name],
            [("phone", f"090-0000-{number % 10_000:04d}")],
            [
                f"state:{'open' if random.random() < 0.05 else 'closed'}",
                f"owner:{random.randrange(30)}",
                f"category:{random.randrange(60)}",
            ],
        )


def _message(random: Random) -> str:
    said, wanted = random.choice(OPENINGS), random.gauss(250, 60)
    while len(said) < wanted:
        kind = random.random()
        if kind < 0.1:
            said += f"{random.choice(FAMILIES)}様（{random.randint(1, 12)}月{random.randint(1, 28)}日）、"
        elif kind < 0.2:
            said += f"{''.join(random.choices(RARER, k=random.randint(2, 4)))}{random.randint(1, 8)}丁目。"
        elif kind < 0.25:
            said += "\n"
        else:
            said += random.choice(THINGS) + random.choice(WANTS) + random.choice(ENDINGS)
    return said


def _questions(count: int) -> dict[str, list[Question]]:
    """Words of the vocabulary, and words cut out of the first documents."""
    random = Random(7)
    texts = [
        fold(text)
        for document, _ in zip(documents(count), range(300), strict=False)
        for text in document.body
    ]

    def cut(least: int, most: int) -> str:
        while True:
            text, length = random.choice(texts), random.randint(least, most)
            word = text[(at := random.randrange(len(text))) : at + length]
            if len(word) == length and re.fullmatch(r"[\w、。ー]+", word) and fold(word) == word:
                return word

    two = [word for word in THINGS if re.fullmatch("[一-鿿]{2}", word)]
    rare = [random.choice(two) for _ in range(A_CLASS)]
    return {
        "two kanji": [Question((word,)) for word in rare],
        "four characters": [Question((cut(4, 4),)) for _ in range(A_CLASS)],
        "phrase of 8 to 15": [Question((cut(8, 15),)) for _ in range(A_CLASS)],
        "AND of two": [Question((random.choice(two), cut(2, 3))) for _ in range(A_CLASS)],
        "two kanji and open": [Question((random.choice(two),), "state:open") for _ in range(A_CLASS)],
        "one character": [Question((cut(1, 1),)) for _ in range(A_CLASS)],
    }


def _build(folder: Path, count: int, alone: bool, report: Report) -> dict[str, list[tuple[Question, int]]]:
    """Make the lens and the alternatives in one pass; the questions with their true totals."""
    questions = _questions(count)
    totals = {(name, at): 0 for name, asked in questions.items() for at in range(len(asked))}
    other = None if alone else _open_others(folder)
    pairing = writing = others = 0.0
    with LensFile(folder / "lens" / "bench.lens", KEY).build(["ticket"]) as writer:
        for number, part in enumerate(_parts(documents(count))):
            began = time.perf_counter()
            rows = [store(document) for document in part]
            paired = time.perf_counter()
            writer.put_stored("ticket", rows)
            written = time.perf_counter()
            pairing, writing = pairing + paired - began, writing + written - paired
            folded = [[*map(fold, document.body), *map(fold, document.who)] for document in part]
            _count(totals, questions, part, folded)
            if other:
                began = time.perf_counter()
                _put_others(other, number * CHUNK, folded)
                others += time.perf_counter() - began
            _say(f"{number * CHUNK + len(part):,} of {count:,}")
        began = time.perf_counter()
    report.add(
        "pairs, a message", pairing / count / 3 * 1e6, "µs", note="folding included; decrypting is not"
    )
    report.add("writing, a message", (writing + time.perf_counter() - began) / count / 3 * 1e6, "µs")
    if other:
        other.execute("COMMIT")
        other.close()
        report.add("trigram and LIKE table: writing, a message", others / count / 3 * 1e6, "µs")
    return {
        name: [(question, totals[name, at]) for at, question in enumerate(asked)]
        for name, asked in questions.items()
    }


def _parts(everything: Iterator[Document]) -> Iterator[list[Document]]:
    part: list[Document] = []
    for document in everything:
        part.append(document)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part


def _count(
    totals: dict[tuple[str, int], int],
    questions: dict[str, list[Question]],
    part: list[Document],
    folded: list[list[str]],
) -> None:
    for name, asked in questions.items():
        for at, question in enumerate(asked):
            totals[name, at] += sum(
                question.holds(texts, document.tags) for document, texts in zip(part, folded, strict=True)
            )


# --- what is asked ---------------------------------------------------------------------------------------


def _ask(report: Report, file: LensFile, name: str, asked: list[tuple[Question, int]], count: int) -> None:
    newest, totals, wrong = [], [], 0
    for question, truth in asked:
        query, tags = Query(words=question.words), [[question.tag]] if question.tag else []
        file.count("ticket", query, tags)
        newest.append(_milliseconds(lambda query=query, tags=tags: file.search("ticket", query, tags)))
        took, found = _timed(lambda query=query, tags=tags: file.count("ticket", query, tags))
        totals.append(took)
        wrong += found != truth
    found = f"median {statistics.median(truth for _, truth in asked):,.0f} found"
    two = name == "two kanji"
    report.add(f"{name}: newest 20, p50", _at(newest, 50), "ms")
    report.add(
        f"{name}: newest 20, p95", _at(newest, 95), "ms", most=(20 if count > MANY else 1) if two else None
    )
    report.add(f"{name}: total, p50", _at(totals, 50), "ms", note=found)
    report.add(
        f"{name}: total, p95", _at(totals, 95), "ms", most=(100 if count > MANY else 10) if two else None
    )
    report.add(f"{name}: wrong totals of {len(asked)}", wrong, "", most=0)


def _change(report: Report, file: LensFile, count: int) -> None:
    """Documents written again one by one, as the follower does, each in a transaction of its own."""
    changed = [document for document, _ in zip(documents(count), range(200), strict=False)]
    took = [
        _milliseconds(lambda each=each: file.put("ticket", [_with(each, "追記しました。")], cursor=1))
        for each in changed
    ]
    report.add("one document again, p50", _at(took, 50), "ms")
    report.add("one document again, p95", _at(took, 95), "ms")
    numbers = [f"0900000{number % 10_000:04d}" for number in range(200)]
    look_ups = [
        _milliseconds(lambda number=number: file.exact("ticket", "phone", number)) for number in numbers
    ]
    report.add("telephone number, p95", _at(look_ups, 95), "ms", most=5)


def _with(document: Document, more: str) -> Document:
    return Document(
        document.id,
        document.period_id,
        document.at,
        [*document.body, more],
        document.who,
        document.exact,
        document.tags,
    )


# --- beside it -------------------------------------------------------------------------------------------


def _open_others(folder: Path) -> Any:
    connection = connect(folder / "others.db", KEY, 64_000)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE texts (place INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    connection.execute("CREATE VIRTUAL TABLE trigrams USING fts5(text, content='', tokenize='trigram')")
    return connection


def _put_others(connection: Any, first: int, folded: list[list[str]]) -> None:
    rows = [(first + at, "\n".join(texts)) for at, texts in enumerate(folded)]
    connection.executemany("INSERT INTO texts VALUES (?, ?)", rows)
    connection.executemany("INSERT INTO trigrams (rowid, text) VALUES (?, ?)", rows)


def _ask_others(report: Report, folder: Path, truth: dict[str, list[tuple[Question, int]]]) -> None:
    connection = connect(folder / "others.db", KEY, 8_000)
    for name in ("two kanji", "phrase of 8 to 15"):
        asked = [(question.words[0], total) for question, total in truth[name]]
        runs = [
            _timed(lambda word=word: connection.execute(TRIGRAM, (f'"{word}"',)).fetchone()[0])
            for word, _ in asked
        ]
        right = sum(found == total for (_, found), (_, total) in zip(runs, asked, strict=True))
        note = f"{right} of {len(asked)} totals right"
        report.add(
            f"{name}: total by FTS5 trigram, p95", _at([took for took, _ in runs], 95), "ms", note=note
        )
        some = asked[:5]
        runs = [
            _timed(lambda word=word: connection.execute(LIKE, (f"%{word}%",)).fetchone()[0])
            for word, _ in some
        ]
        report.add(f"{name}: total by LIKE, p95 of {len(some)}", _at([took for took, _ in runs], 95), "ms")
    connection.close()


def _timed(do: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = do()
    return (time.perf_counter() - began) * 1000, answer


def _milliseconds(do: Callable[[], Any]) -> float:
    return _timed(do)[0]


def _at(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def _say(text: str) -> None:
    print(f"\r{text}", end="", file=sys.stderr, flush=True)
