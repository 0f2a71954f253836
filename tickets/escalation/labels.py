"""What people read for the words of a question to the ward."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from tickets.escalation.escalation import DEEDS, STATES, EscalationState
from tickets.escalation.urgency import Matter, Urgency

__all__ = ["DEEDS", "STATES"]

MATTERS = {
    Matter.RULES: _l("規則の読み方"),
    Matter.EXCEPTION: _l("例外の取扱いの願い"),
    Matter.OBJECTION: _l("不交付への不服"),
    Matter.DISCLOSURE: _l("開示の請求"),
    Matter.COMPLAINT: _l("強い苦情"),
    Matter.CHILD_SAFETY: _l("児童の安全・虐待の疑い（189）"),
    Matter.LEAK: _l("個人情報の漏えいの疑い"),
    Matter.PROTECTION: _l("DV・支援措置"),
    Matter.PRESS: _l("報道・議員からの問合せ"),
    Matter.THREAT: _l("脅迫"),
    Matter.OTHER: _l("その他"),
}
URGENCIES = {
    Urgency.NORMAL: _l("通常（2営業日）"),
    Urgency.SAME_DAY: _l("当日"),
    Urgency.IMMEDIATE: _l("即時（責任者が区へ電話）"),
}
SHORT_URGENCIES = {
    Urgency.NORMAL: _l("通常"),
    Urgency.SAME_DAY: _l("当日"),
    Urgency.IMMEDIATE: _l("即時"),
}
URGENCY_TONES = {Urgency.NORMAL: "quiet", Urgency.SAME_DAY: "wait", Urgency.IMMEDIATE: "late"}
STATE_TONES = {
    EscalationState.WITH_WARD: "ward",
    EscalationState.ASKED_BACK: "wait",
    EscalationState.ANSWERED: "open",
    EscalationState.TOLD: "done",
    EscalationState.WITHDRAWN: "quiet",
}
