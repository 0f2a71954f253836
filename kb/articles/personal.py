"""Personal data in a short text that anybody may send: found before it is taken, so that it is not taken. Pure.

Better one sentence refused too many than one address kept: what looks like a number of a person, an address, a birth
date or a name said as one's own is found in any width and notation (docs/rules.md#nothing-personal). What the FAQ is
asked about (amounts, hours, days, ward and programme names) is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class PersonalKind(StrEnum):
    """What was found."""

    PHONE = "phone"
    MAIL = "mail"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    ACCOUNT = "account"
    NUMBER = "number"
    NAME = "name"


class Finding(NamedTuple):
    """A piece of a text that looks personal: what it is, and where it stands (start and end in characters)."""

    kind: PersonalKind
    start: int
    end: int


def personal_data_in(text: str) -> list[Finding]:
    """What in a text looks personal, in its order, overlapping pieces joined under the first kind; [] for nothing."""
    plain = _plain(text)
    found = sorted(_found(plain), key=lambda one: (one.start, -one.end))
    joined: list[Finding] = []
    for one in found:
        if joined and one.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = last._replace(end=max(last.end, one.end))
        else:
            joined.append(one)
    return joined


KANJI_DIGITS = {kanji: str(digit) for digit, kanji in enumerate("〇一二三四五六七八九")} | {"零": "0"}
DASHES = dict.fromkeys("‐‑‒–—―−─－", "-")
LONG_SOUND = re.compile(r"(?<=[\d〇零一二三四五六七八九])ー(?=[\d〇零一二三四五六七八九])")
"""Between digits somebody took it for a dash."""


def _plain(text: str) -> str:
    """The text with every character in its usual width, as many characters as before."""
    out = []
    for letter in text:
        letter = DASHES.get(letter, letter)
        usual = unicodedata.normalize("NFKC", letter)
        if len(usual) != 1:
            usual = letter
        if usual.isdecimal() and not usual.isascii():
            usual = str(unicodedata.decimal(usual))
        out.append(" " if unicodedata.category(usual) in ("Zs", "Cf", "Cc") else usual)
    return LONG_SOUND.sub("-", "".join(out))


def _found(plain: str) -> Iterator[Finding]:
    digits = re.sub("[〇零一二三四五六七八九]", lambda found: KANJI_DIGITS[found[0]], plain)
    for kind, pattern, read in PATTERNS:
        for match in pattern.finditer(digits if read == "digits" else plain):
            if kind is PersonalKind.NAME and _is_common(match["name"]):
                continue
            yield Finding(kind, match.start(), match.end())


def _is_common(name: str) -> bool:
    """Whether what stands before さん or 様 is a role, a relation or a thing, and no name."""
    return bool(COMMON.fullmatch(name.strip()))


GAP = r"[ \-()・./_、]{0,3}"
LETTERS = r"一-龥々ヶぁ-んァ-ヴー"
KANJI = r"一-龥々ヶ"
DAY = r"(?:(?:19|20)\d\d|(?:令和|平成|昭和|[RHS])\.? ?(?:\d{1,2}|元))(?:年|[-/. ]) ?\d{1,2}(?:月|[-/. ]) ?\d{1,2}日?"
ROLES = "者員士師社所屋店方課係人客主役側局庁"
COMMON = re.compile(
    rf"(?:お|ご)?(?:[{KANJI}]*[{ROLES}]"
    r"|客|皆|奥|神|王|殿|旦那|子|母|父|姉|兄|爺|婆|孫|娘|息子|赤|双子|同|仕|模|多|有|何|各|先|同級生|園児|学生"
    r"|保護者|シッター|ベビーシッター|ママ|パパ|スタッフ|オペレーター|ヘルパー|サポーター|ドライバー|パートナー"
    r"|センター|コールセンター|サービス|会社|区役所|役所|事務局|保育園|幼稚園|学校|病院|先生|家族|友達|知人|近所"
    r"|両親|叔父|叔母|伯父|伯母|義母|義父|祖母|祖父|妊婦|主婦|子供|外国|高齢|沢山|相談|一人|二人)"
)
NOT_NAMES = "旧姓|夫婦|配偶者|保護者|子供|子ども|本名|通称|漢字|連名|不明|未定|必要|必須|不要|同じ|別|正しい|違う|何|誰|どこ|親|夫|妻"
P = PersonalKind
PATTERNS: tuple[tuple[PersonalKind, re.Pattern[str], str], ...] = (
    (
        P.MAIL,
        re.compile(
            r"[\w.%+-]+ ?(?:[\[(<{]? ?@ ?[\])>}]?|[\[(]at[\])]|アットマーク) ?[\w-]+(?: ?(?:[\[(]?\.[\])]?|ドット|dot) ?[\w-]+)+",
            re.I,
        ),
        "plain",
    ),
    (P.PHONE, re.compile(rf"(?<!\d)0(?:{GAP}\d){{9,10}}(?!\d|円)"), "digits"),
    (P.PHONE, re.compile(rf"\+ ?81(?:{GAP}\d){{9,11}}"), "digits"),
    (P.PHONE, re.compile(r"(?<!\d)[789]0[- ]?\d{4}[- ]?\d{4}(?!\d|円)"), "digits"),
    (
        P.PHONE,
        re.compile(
            r"(?:電話|携帯|TEL|連絡先)(?:番号)?[はが:： ]{0,3}\(?\d{2,5}\)?[- ]\d{2,4}(?:[- ]\d{3,4})?", re.I
        ),
        "digits",
    ),
    (P.ADDRESS, re.compile(r"〒 ?\d{3}-? ?\d{4}|(?<![\d-])\d{3}-\d{4}(?![\d-]|円|時間|人|件|年)"), "digits"),
    (
        P.ADDRESS,
        re.compile(
            rf"[{LETTERS}]{{1,10}}(?:\d{{1,3}}|[一二三四五六七八九十]{{1,3}})丁目 ?(?:[\d一二三四五六七八九十]{{1,5}} ?(?:番地?|号|-)[\d 番地号-]*)"
        ),
        "plain",
    ),
    (
        P.ADDRESS,
        re.compile(
            rf"[{LETTERS}]{{2,12}} ?(?!0|19\d\d|20\d\d)\d{{1,4}}-\d{{1,4}}(?:-\d{{1,4}}){{1,2}}(?!\d|円)"
        ),
        "plain",
    ),
    (
        P.ADDRESS,
        re.compile(
            rf"[{LETTERS}]{{2,12}} ?(?!0)\d{{1,4}}の\d{{1,4}}(?:の\d{{1,4}})?(?!\d|円|年|月|日|時|人|件|回|分|割|歳|才|枚|点|番目)"
        ),
        "plain",
    ),
    (
        P.ADDRESS,
        re.compile(rf"[{KANJI}]{{1,6}}[区市町村郡][{LETTERS}]{{1,10}} ?\d{{1,4}}(?:-\d{{1,4}}|番地?)"),
        "plain",
    ),
    (
        P.ADDRESS,
        re.compile(r"[\d一二三四五六七八九十]{1,4}番地?(?:の)?[\d一二三四五六七八九十]{1,4}号?(?!室?線)"),
        "plain",
    ),
    (
        P.ADDRESS,
        re.compile(
            r"(?:マンション|アパート|ハイツ|コーポ|メゾン|レジデンス|パレス|荘|団地)\S{0,8}?\d{2,4}(?:号室?)?(?!円|時|年|人|件)|(?<!\d)\d{3,4}号室"
        ),
        "plain",
    ),
    (
        P.BIRTH_DATE,
        re.compile(rf"(?:生年月日|誕生日|生まれ)[^。\n]{{0,8}}?{DAY}|{DAY}[ 、]?(?:生|うまれ|が?誕生)"),
        "plain",
    ),
    (
        P.BIRTH_DATE,
        re.compile(
            r"(?:誕生日|生年月日)[はが:： ]{0,3}\d{1,2}(?:月|/) ?\d{1,2}日?|\d{1,2}月 ?\d{1,2}日 ?(?:生まれ|うまれ)"
        ),
        "plain",
    ),
    (
        P.ACCOUNT,
        re.compile(
            rf"(?:口座|普通|当座|支店|店番|銀行|信金|金庫|ゆうちょ|記号)[^。\n\d]{{0,14}}\d(?:{GAP}\d){{4,7}}(?!\d|円|時間)"
        ),
        "digits",
    ),
    (P.ACCOUNT, re.compile(r"(?<!\d)\d{3,5}[- ]\d{6,8}(?!\d|円)"), "digits"),
    (
        P.NUMBER,
        re.compile(
            r"(?:申請|受付|受理|整理|管理|決定|チケット|利用者|会員|マイ|個人|保険証?|被保険者)(?:者)?(?:番号|ナンバー|No\.?|ID)?[はが:： 、のNo.]{0,4}[A-Za-z]{0,4}-?\d[\d-]{3,}(?!\d|円|年)",
            re.I,
        ),
        "digits",
    ),
    (P.NUMBER, re.compile(r"(?<![A-Za-z\d])[ATCＴ]-\d{4,}"), "plain"),
    (P.NUMBER, re.compile(r"(?<![\d,])\d(?:[ -]?\d){6,18}(?![\d,]|円|万|億)"), "digits"),
    (
        P.NAME,
        re.compile(
            rf"(?P<name>[{KANJI}]{{1,4}}(?: ?[{KANJI}]{{1,4}})?|[ァ-ヴー]{{2,8}})(?: ?さん| ?様(?!々|式|子|相|態)| ?ちゃん| ?くん(?!れ)| ?君(?!主)| ?氏(?!名))"
        ),
        "plain",
    ),
    (P.NAME, re.compile(rf"(?P<name>[{LETTERS} ]{{2,12}}?) ?(?:と申し|ともうし)"), "plain"),
    (
        P.NAME,
        re.compile(
            rf"(?:私|わたし|わたくし|僕|名前)は ?(?P<name>(?!(?:{NOT_NAMES}))[{KANJI}]{{2,4}} ?[{LETTERS}]{{0,5}}?|[ァ-ヴー]{{2,8}}) ?(?:といい|と言い)"
        ),
        "plain",
    ),
    (
        P.NAME,
        re.compile(
            rf"(?:氏名|お?名前|申請者名|児童名|宛名)(?:は|:|：| ) ?(?P<name>(?!(?:{NOT_NAMES}))[{KANJI}]{{2,4}}[ ]?[{KANJI}ァ-ヴー]{{1,5}})(?=です|、|。| |$|で|といい)"
        ),
        "plain",
    ),
)
"""What is looked for, each in the text as it stands or with kanji digits as digits."""
