"""What a telephone shows or a person says instead of a name: a number, an internet address, or why there is none. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from callcenter.privacy.lens.phones import phone_key

_EXTENSION = re.compile(r"\s*(?:内線|ext\.?).*$", re.IGNORECASE)
_SIP = re.compile(r"sips?:[^\s@]+@[^\s@]+", re.IGNORECASE)


class Line(StrEnum):
    """What came with a call: a number, an address of internet telephony, or the network's reason why neither."""

    NUMBER = "number"
    SIP = "sip"
    ANONYMOUS = "anonymous"
    PAYPHONE = "payphone"
    OUT_OF_RANGE = "out_of_range"
    UNREADABLE = "unreadable"


LINES = {
    Line.NUMBER: _l("番号通知"),
    Line.SIP: _l("IP電話"),
    Line.ANONYMOUS: _l("非通知"),
    Line.PAYPHONE: _l("公衆電話"),
    Line.OUT_OF_RANGE: _l("表示圏外"),
    Line.UNREADABLE: _l("番号不明"),
}

WITHHELD = frozenset({Line.ANONYMOUS, Line.PAYPHONE, Line.OUT_OF_RANGE})

_REASONS = {"非通知": Line.ANONYMOUS, "公衆電話": Line.PAYPHONE, "表示圏外": Line.OUT_OF_RANGE}
_CODES = {"p": Line.ANONYMOUS, "c": Line.PAYPHONE, "o": Line.OUT_OF_RANGE, "s": Line.OUT_OF_RANGE}


@dataclass(frozen=True)
class Number:
    """A number as read: the kind of line, and the key by which it is looked up; withheld ones have none."""

    line: Line
    key: str | None = None


def read(raw: str) -> Number:
    """Read what a telephone showed or a person said, in any width and with any dashes or brackets.

    Numbers that cannot ring (03-0000-xxxx) are read like any other: only their length is judged. The letters P, C, O
    and S are the network's reasons for withholding (TTC JT-Q731)."""
    text = unicodedata.normalize("NFKC", raw).strip()
    if text.casefold() in _CODES:
        return Number(_CODES[text.casefold()])
    if _SIP.fullmatch(text):
        return Number(Line.SIP, text.casefold())
    found = phone_key(_EXTENSION.sub("", text))
    if found is None:
        return Number(Line.UNREADABLE)
    if found in _REASONS:
        return Number(_REASONS[found])
    return Number(Line.NUMBER, found)


def key(raw: str | None) -> str | None:
    """The look-up key of a number (E.164 as far as it can be told), or None. Stored is the raw text, never this."""
    return read(raw).key if raw else None
