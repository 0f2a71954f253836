"""What people read for the words of this room, and how times and numbers are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter import clock
from callcenter.applications.matching import Fact
from callcenter.contacts import Channel, ClosedAs
from callcenter.files import Scan
from tickets.records.consultation import Outcome
from tickets.records.identity import CALL_BACK, Result
from tickets.records.state import PRIORITIES, STATES, Priority, TicketState

__all__ = ["PRIORITIES", "STATES"]

CHANNELS = {
    Channel.PHONE: _l("電話"),
    Channel.MAIL: _l("メール"),
    Channel.CHAT: _l("チャット"),
    Channel.LETTER: _l("手紙"),
    Channel.FAX: _l("FAX"),
    Channel.COUNTER: _l("窓口"),
    Channel.FORM: _l("フォーム"),
    Channel.WARD: _l("区経由"),
}
CHANNEL_ICONS = {
    Channel.PHONE: "phone",
    Channel.MAIL: "mail",
    Channel.CHAT: "chat",
    Channel.LETTER: "letter",
    Channel.FAX: "fax",
    Channel.COUNTER: "counter",
    Channel.FORM: "form",
    Channel.WARD: "ward",
}
OUTCOMES = {
    Outcome.RESOLVED: _l("完結"),
    Outcome.CALL_BACK: _l("折返し"),
    Outcome.HANDED_OVER: _l("取次"),
    Outcome.TO_WARD: _l("区へ"),
    Outcome.COMPLAINT: _l("苦情"),
    Outcome.OTHER_PROGRAMME: _l("他制度"),
    Outcome.SILENT: _l("無言"),
    Outcome.WRONG_NUMBER: _l("間違い"),
}
OFFERED_OUTCOMES = (
    Outcome.RESOLVED,
    Outcome.CALL_BACK,
    Outcome.HANDED_OVER,
    Outcome.TO_WARD,
    Outcome.COMPLAINT,
)
OUTCOME_TONES = {
    Outcome.RESOLVED: "done",
    Outcome.CALL_BACK: "wait",
    Outcome.HANDED_OVER: "wait",
    Outcome.TO_WARD: "ward",
    Outcome.COMPLAINT: "late",
}
CLOSURES = {
    ClosedAs.SILENT: _l("無言"),
    ClosedAs.WRONG_NUMBER: _l("間違い電話"),
    ClosedAs.OTHER_PROGRAMME: _l("他制度"),
    ClosedAs.DUPLICATE: _l("重複"),
}
STATE_TONES = {TicketState.OPEN: "open", TicketState.WAITING: "wait", TicketState.CLOSED: "done"}
PRIORITY_LEVELS = {Priority.URGENT: "urgent", Priority.HIGH: "high", Priority.NORMAL: "normal"}
SCANS = {Scan.UNSCANNED: _l("ウイルス未検査"), Scan.CLEAN: _l("検査済み"), Scan.INFECTED: _l("ウイルスあり")}
SCAN_TONES = {Scan.UNSCANNED: "wait", Scan.CLEAN: "done", Scan.INFECTED: "late"}
FACTS = {
    Fact.NUMBER: _l("申請番号"),
    Fact.APPLICANT_NAME: _l("申請者の氏名"),
    Fact.CHILD_BIRTH_DATE: _l("児童の生年月日"),
    Fact.ADDRESS: _l("住所"),
    Fact.PHONE: _l("電話番号"),
    CALL_BACK: _l("登録電話への折返し"),
}
RESULTS = {Result.MATCHED: _l("一致"), Result.MISMATCHED: _l("不一致"), Result.NOT_ENTITLED: _l("不一致")}


@dataclass(frozen=True)
class When:
    """A moment for a page: for programs, and as people say it."""

    iso: str
    text: str


def when(at: datetime) -> When:
    """今日 10:42, 昨日 10:42, 11/4 10:42, 2025/11/4: as near as needed, on a Japanese clock."""
    return _when(at, clock.today())


@lru_cache(4096)
def _when(at: datetime, today: date) -> When:
    local = clock.japan(at)
    time = f"{local:%H:%M}"
    days = (today - local.date()).days
    if days == 0:
        text = _("今日 %(time)s", time=time)
    elif days == 1:
        text = _("昨日 %(time)s", time=time)
    elif local.year == today.year:
        text = f"{local.month}/{local.day} {time}"
    else:
        text = f"{local.year}/{local.month}/{local.day} {time}"
    return When(local.isoformat(timespec="seconds"), text)


def day(on: date) -> str:
    """11月24日（火）; with the year when it is another."""
    weekday = "月火水木金土日"[on.weekday()]
    short = f"{on.month}月{on.day}日（{weekday}）"
    return short if on.year == clock.today().year else f"{on.year}年{short}"


def due(on: date) -> str:
    """本日, 明日, 3日超過, 11月24日（火）: how a promise stands."""
    days = (on - clock.today()).days
    if days < 0:
        return _("%(days)d日超過", days=-days)
    return {0: _("本日"), 1: _("明日")}.get(days, day(on))


def size(count: int) -> str:
    """214 KB, 1.2 MB."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, round(count / 1024))} KB"


def length(seconds: int | None) -> str:
    """3分42秒; "" when nobody knows."""
    if seconds is None:
        return ""
    return _("%(minutes)d分%(seconds)02d秒", minutes=seconds // 60, seconds=seconds % 60)
