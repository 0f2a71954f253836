"""The approved items: which personal items this house may keep (個人情報の項目)."""

from __future__ import annotations

from enum import StrEnum


class Item(StrEnum):
    """The seven items the ward approved for this work, and what staff themselves leave here.

    A sealed column names its item; the page 情報項目一覧 is made from that. Source: docs/rules.md#approved-items."""

    NAME = "氏名"
    ADDRESS = "住所"
    BIRTH_DATE = "生年月日"
    PHONE = "電話番号"
    MAIL = "メールアドレス"
    ACCOUNT = "銀行口座情報"
    CONSULTATION = "相談内容"
    STAFF = "従事者"


class Extra(StrEnum):
    """Items outside the seven: not kept until the ward approved them for a programme (see `approvals`)."""

    PROTECTION_FLAG = "protection_flag"
    VOICEMAIL_AUDIO = "voicemail_audio"
    DISABILITY_EVIDENCE = "disability_evidence"
    FAMILY_EVIDENCE = "family_evidence"


EXTRA_NAMES = {
    Extra.PROTECTION_FLAG: "支援措置の有無",
    Extra.VOICEMAIL_AUDIO: "留守番電話の音声",
    Extra.DISABILITY_EVIDENCE: "障害に関する証明",
    Extra.FAMILY_EVIDENCE: "戸籍・児童扶養手当に関する証明",
}
