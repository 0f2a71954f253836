"""Telephone numbers as keys: the same number, however it was written, is the same key."""

import re
import unicodedata

import phonenumbers

WITHHELD = {
    "非通知": (
        "非通知",
        "非通知設定",
        "ヒツウチ",
        "番号非通知",
        "anonymous",
        "withheld",
        "private",
        "restricted",
    ),
    "公衆電話": ("公衆電話", "公衆", "payphone", "coin line/payphone"),
    "表示圏外": ("表示圏外", "通知不可", "通知不可能", "unavailable", "unknown"),
}
"""What stands in place of a number, under the word by which it is looked up."""

TAIL = 4
"""A caller is often asked for the last four digits (下4桁) alone."""

_KNOWN = {name: word for word, names in WITHHELD.items() for name in names}
_BETWEEN = re.compile(r"[\s()\[\]./‐‑‒–—―−─ー-]+")
_DOMESTIC = re.compile(r"0([1-9]\d{8,9})")
_JAPANESE = re.compile(r"\+?81([1-9]\d{8,9})")


def phone_key(text: str) -> str | None:
    """A number as `+` and its digits with country code (ITU-T E.164), so far as it can be told; a shorter or longer
    one as its bare digits; a withheld one as 非通知, 公衆電話 or 表示圏外; None when there is no number in it.

    Numbers that cannot ring (03-0000-xxxx) have keys like others. Width, hyphens, blanks and +81 make no difference."""
    text = unicodedata.normalize("NFKC", text).strip()
    known = _KNOWN.get(text.lower())
    if known:
        return known
    bare = _BETWEEN.sub("", text)
    match = _DOMESTIC.fullmatch(bare) or _JAPANESE.fullmatch(bare)
    return f"+81{match[1]}" if match else _foreign(bare)


def phone_tail(key: str) -> str | None:
    """The last four digits of a key; None for a withheld number."""
    return key[-TAIL:] if key[-TAIL:].isdecimal() and len(key) > TAIL else None


def _foreign(bare: str) -> str | None:
    digits = bare.removeprefix("+")
    if not digits.isdecimal() or not 3 <= len(digits) <= 20:
        return None
    try:
        number = phonenumbers.parse(bare, "JP")
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(number):
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
