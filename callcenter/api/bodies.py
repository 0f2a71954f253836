"""JSON as it is accepted: UTF-8, each name once, numbers that are numbers, not deeper than is sane. Pure.

Whatever RFC 8259 leaves to the reader is refused here, with the place where it stands, so that nobody downstream ever
reads a body in another way than we did (docs/rules.md#json-api)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from flask_babel import gettext as _

DEEPEST = 32
LONGEST_NUMBER = 40
LONGEST_NAME = 60
EXACT = 2**53
"""Up to here a whole number written 74.0, which JSON Schema takes for an integer, is exactly one."""
MOST_FAULTS = 50
PLAIN = re.compile(r'[^"\[\]{}]+|"(?:[^"\\]|\\.)*"?', re.DOTALL)
"""What opens and closes nothing: a string, or anything between brackets."""
SOUND = frozenset({int, float, bool, type(None)})
SURROGATE = re.compile("[\ud800-\udfff]")


class Fault(NamedTuple):
    """One thing that is wrong: where (`pointer` into the body as a URI fragment, `parameter` of the address, or
    `header`), what to do, and a stable code."""

    where: str
    place: str
    detail: str
    code: str

    @property
    def plain(self) -> dict[str, str]:
        return {self.where: self.place, "detail": self.detail, "code": self.code}


class BadJson(Exception):
    """Bytes that are not JSON as it is accepted; `faults` say where."""

    def __init__(self, faults: list[Fault]):
        super().__init__(faults[0].code)
        self.faults = faults


class _Twice(dict[str, Any]):
    """An object in which names stood twice."""

    names: list[str]


class _NoNumber(str):
    """A number that is none (NaN, Infinity), or longer than any we keep."""


def parse(raw: bytes) -> Any:
    """The value that bytes say. Raises BadJson with every place that is wrong."""
    text = _decoded(raw)
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as problem:
        reason = _(
            "JSON として読めません（%(line)d行%(column)d文字目）。", line=problem.lineno, column=problem.colno
        )
        raise BadJson([pointed("", reason, "syntax")]) from None
    faults = list(islice(_faults(value, ""), MOST_FAULTS))
    if faults:
        raise BadJson(faults)
    return value


def pointed(pointer: str, detail: str, code: str) -> Fault:
    """A fault at a JSON Pointer (RFC 6901) into the body."""
    return Fault("pointer", f"#{pointer}", detail, code)


def step(name: str | int) -> str:
    """A step of a JSON Pointer as it stands in a URI fragment (RFC 6901 §6)."""
    plain = SURROGATE.sub("\ufffd", str(name)[:LONGEST_NAME]).replace("~", "~0").replace("/", "~1")
    return "/" + re.sub(r"[^A-Za-z0-9_.~-]", _quoted, plain)


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode())


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as problem:
        reason = _("UTF-8 ではない文字があります（%(place)dバイト目）。", place=problem.start + 1)
        raise BadJson([pointed("", reason, "encoding")]) from None
    if text.startswith("\ufeff"):
        raise BadJson([pointed("", _("先頭のBOM（バイト順マーク）を除いてください。"), "encoding")])
    return text


def _check_depth(text: str) -> None:
    depth = 0
    for place, sign in (
        (found.start(), found.group()) for found in re.finditer(PLAIN.pattern + r"|.", text, re.S)
    ):
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        if depth > DEEPEST:
            reason = _("入れ子は%(most)d段までです（%(place)d文字目）。", most=DEEPEST, place=place + 1)
            raise BadJson([pointed("", reason, "too_deep")])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    seen: set[str] = set()
    twice = _Twice(plain)
    twice.names = [name for name, _value in pairs if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    return twice


def _integer(text: str) -> int | _NoNumber:
    return int(text) if len(text) <= LONGEST_NUMBER else _NoNumber()


def _number(text: str) -> int | float | _NoNumber:
    value = float(text)
    if not math.isfinite(value):
        return _NoNumber()
    return int(value) if value.is_integer() and abs(value) <= EXACT else value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=lambda _text: _NoNumber(),
    parse_int=_integer,
    parse_float=_number,
)


def _faults(value: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(value, _NoNumber):
        yield pointed(pointer, _("数として使えない値です。"), "number")
    elif isinstance(value, str):
        if SURROGATE.search(value):
            yield pointed(pointer, _("文字として成り立たない符号（サロゲート）があります。"), "encoding")
    elif isinstance(value, dict):
        for name in getattr(value, "names", ()):
            yield pointed(pointer + step(name), _("同じ名前が2回書かれています。"), "duplicate")
        for name, inner in value.items():
            if SURROGATE.search(name):
                yield pointed(
                    pointer + step(name),
                    _("文字として成り立たない符号（サロゲート）があります。"),
                    "encoding",
                )
            yield from _faults(inner, pointer + step(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            if type(inner) not in SOUND:
                yield from _faults(inner, pointer + step(number))
