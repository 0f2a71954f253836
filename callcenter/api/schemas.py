"""The shapes of what the API takes and gives, in JSON Schema 2020-12: one shape checks the request and stands in the
OpenAPI document. The door of `jsonschema`. Pure.

What is wrong is said in our own words: the library's own would repeat what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jsonschema import Draft202012Validator, FormatChecker

from callcenter.api.bodies import MOST_FAULTS, Fault, pointed, step

Shape = dict[str, Any]

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
"""One line: no control characters, which hide text and which PostgreSQL does not take."""


class Named(dict[str, Any]):
    """A shape with a name, which the document keeps once and refers to."""

    def __init__(self, name: str, shape: Shape):
        super().__init__(shape)
        self.name = name


# --- shapes ----------------------------------------------------------------------------------------------


def record(
    properties: dict[str, Shape], *, optional: tuple[str, ...] | None = (), description: str = ""
) -> Shape:
    """An object of just these properties. All but the `optional` are required; None: all are optional."""
    needed = [] if optional is None else [name for name in properties if name not in optional]
    shape: Shape = {"type": "object", "properties": properties, "additionalProperties": False}
    if needed:
        shape["required"] = needed
    return {**shape, "description": description} if description else shape


def text(
    longest: int, *, shortest: int = 0, lines: bool = False, description: str = "", **more: Any
) -> Shape:
    """A text of so many characters (Unicode code points); of one line unless `lines`."""
    shape: Shape = {"type": "string", "maxLength": longest, **more}
    if shortest:
        shape["minLength"] = shortest
    if not lines:
        shape["pattern"] = PRINTABLE
    return {**shape, "description": description} if description else shape


def whole(least: int, most: int, *, description: str = "", **more: Any) -> Shape:
    shape: Shape = {"type": "integer", "minimum": least, "maximum": most, **more}
    return {**shape, "description": description} if description else shape


def several(items: Shape, most: int | None = None) -> Shape:
    return {"type": "array", "items": items, **({"maxItems": most} if most is not None else {})}


def one_of(words: list[str], *, description: str = "", **more: Any) -> Shape:
    shape: Shape = {"type": "string", "enum": words, **more}
    return {**shape, "description": description} if description else shape


def or_nothing(shape: Shape) -> Shape:
    """The same, or null."""
    if isinstance(shape.get("type"), str) and "enum" not in shape:
        return {**shape, "type": [shape["type"], "null"]}
    return {"anyOf": [shape, {"type": "null"}]}


def flag(*, description: str = "", **more: Any) -> Shape:
    shape: Shape = {"type": "boolean", **more}
    return {**shape, "description": description} if description else shape


def formatted(kind: str, *, description: str = "") -> Shape:
    """A text of the format `date`, `date-time` (with its zone) or `uuid`."""
    shape: Shape = {"type": "string", "format": kind}
    return {**shape, "description": description} if description else shape


# --- checking --------------------------------------------------------------------------------------------


class Checker:
    """Checks values against one shape."""

    def __init__(self, shape: Shape):
        self.shape = shape

    @cached_property
    def _validator(self) -> Any:
        Draft202012Validator.check_schema(self.shape)
        return Draft202012Validator(self.shape, format_checker=FORMATS)

    def faults(self, value: Any) -> list[Fault]:
        """Everything that is wrong with a value, by JSON Pointer; [] when it fits."""
        found: list[Fault] = []
        for problem in self._validator.iter_errors(value):
            found += _said(problem)
            if len(found) >= MOST_FAULTS:
                break
        return sorted(found)[:MOST_FAULTS]


def moment(text: str) -> datetime:
    """The moment of a `date-time`, in UTC. Raises ValueError for what is none, or lies outside the calendar."""
    if not MOMENT.fullmatch(text):
        raise ValueError("no moment")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


def said_moment(at: datetime) -> str:
    """A moment as the API gives it: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _is_day(value: Any) -> bool:
    return not isinstance(value, str) or bool(DAY.fullmatch(value) and date.fromisoformat(value))


def _is_moment(value: Any) -> bool:
    return not isinstance(value, str) or bool(moment(value))


def _is_uuid(value: Any) -> bool:
    return not isinstance(value, str) or UUID.fullmatch(value) is not None


FORMATS = FormatChecker(formats=())
FORMATS.checks("date", raises=ValueError)(_is_day)
FORMATS.checks("date-time", raises=ValueError)(_is_moment)
FORMATS.checks("uuid")(_is_uuid)

KINDS = {
    "object": _l("オブジェクト { … }"),
    "array": _l("配列 [ … ]"),
    "string": _l("文字列"),
    "integer": _l("整数"),
    "number": _l("数"),
    "boolean": _l("true か false"),
    "null": _l("null"),
}
FORMAT_WORDS = {
    "date": _l("日付は 2026-04-01 のように書いてください。"),
    "date-time": _l("日時は 2026-04-01T09:00:00+09:00 のように、時差を付けて書いてください。"),
    "uuid": _l("UUID を書いてください。"),
}
SAID: dict[str, Callable[[Any], str]] = {
    "type": lambda kinds: _("%(kind)s で書いてください。", kind=_kinds(kinds)),
    "enum": lambda words: _("次のどれかを書いてください: %(words)s", words="、".join(map(str, words))),
    "const": lambda word: _("%(word)s と書いてください。", word=word),
    "minLength": lambda least: _("%(least)d文字以上にしてください。", least=least),
    "maxLength": lambda most: _("%(most)d文字以内にしてください。", most=most),
    "minimum": lambda least: _("%(least)d以上にしてください。", least=least),
    "maximum": lambda most: _("%(most)d以下にしてください。", most=most),
    "maxItems": lambda most: _("%(most)d個までです。", most=most),
    "minItems": lambda least: _("%(least)d個以上にしてください。", least=least),
    "pattern": lambda _pattern: _("使えない文字（制御文字や改行）が含まれています。"),
    "format": lambda kind: str(FORMAT_WORDS[kind]),
}


def _said(problem: Any) -> Iterator[Fault]:
    pointer = "".join(map(step, problem.absolute_path))
    rule, wanted, value = str(problem.validator), problem.validator_value, problem.instance
    schema: Any = problem.schema
    if rule == "required":
        for name in wanted:
            if name not in value:
                yield pointed(pointer + step(name), _("必須です。"), "required")
    elif rule == "additionalProperties":
        for name in value:
            if name not in schema["properties"]:
                yield pointed(
                    pointer + step(name), _("この名前は使いません。名前を確かめてください。"), "unknown"
                )
    elif rule == "anyOf":
        yield pointed(pointer, _("書ける形のどれにも当たりません。"), "type")
    else:
        yield pointed(pointer, SAID[rule](wanted), CODES.get(rule, rule))


CODES = {
    "minLength": "too_short",
    "maxLength": "too_long",
    "minimum": "too_small",
    "maximum": "too_large",
    "minItems": "too_few",
    "maxItems": "too_many",
    "pattern": "characters",
    "const": "enum",
}


def _kinds(kinds: str | list[str]) -> str:
    return _(" か ").join(str(KINDS[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds))
