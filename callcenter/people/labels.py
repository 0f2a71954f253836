"""What people read for the room's words."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import format_datetime
from flask_babel import lazy_gettext as _l

from callcenter.calendar import japanese_date
from callcenter.people.session_record import Ended
from callcenter.people.staff import StaffState
from callcenter.permissions import Permission, Role, Side

ROLES = {
    Role.PHONE_AGENT: _l("受電担当"),
    Role.MAIL_AGENT: _l("メール・チャット担当"),
    Role.SUPERVISOR: _l("SV（責任者）"),
    Role.PRE_SCREENER: _l("事務（申請書類の確認）"),
    Role.DISPATCHER: _l("発送担当"),
    Role.WARD_STAFF: _l("区職員"),
    Role.PRIVACY_OFFICER: _l("個人情報管理責任者"),
    Role.WARD_AUDITOR: _l("区の監査担当"),
    Role.ADMINISTRATOR: _l("管理者"),
}
SIDES = {Side.CONTRACTOR: _l("受託者"), Side.WARD: _l("区")}
STATES = {
    StaffState.INVITED: _l("招待中"),
    StaffState.ACTIVE: _l("利用中"),
    StaffState.DISABLED: _l("停止中"),
}
PERMISSIONS = {
    Permission.APPLICATIONS_READ: _l("申請を読む"),
    Permission.APPLICATIONS_WRITE: _l("申請を書く"),
    Permission.APPLICATIONS_DECIDE: _l("交付・不交付を決定する"),
    Permission.APPLICATIONS_UNLOCK: _l("案内の停止を解除する"),
    Permission.AUDIT_READ: _l("監査記録を読む"),
    Permission.CALLERS_MERGE: _l("相談者を統合する"),
    Permission.CALLERS_READ: _l("相談者を読む"),
    Permission.CALLERS_WRITE: _l("相談者を書く"),
    Permission.CATEGORIES_WRITE: _l("区分を変える"),
    Permission.CLAUSES_WRITE: _l("条項を改訂する"),
    Permission.CONTACTS_READ: _l("受付を読む"),
    Permission.CONTACTS_WRITE: _l("受付を書く"),
    Permission.COMPLAINTS_HANDLE: _l("苦情の電話をする、完了を承認する"),
    Permission.COMPLAINTS_READ: _l("苦情を読む"),
    Permission.COMPLAINTS_WRITE: _l("苦情を記録する"),
    Permission.ESCALATIONS_ANSWER: _l("区の回答を書く"),
    Permission.ESCALATIONS_ENTER: _l("紙で届いた区の回答を入力する、区へ電話する"),
    Permission.ESCALATIONS_RAISE: _l("区へ照会する"),
    Permission.ESCALATIONS_READ: _l("区への照会を読む"),
    Permission.IDENTITY_CHECK: _l("本人確認をする"),
    Permission.ITEMS_APPROVE: _l("情報項目の承認を登録する"),
    Permission.ITEMS_READ: _l("情報項目一覧を読む"),
    Permission.KB_APPROVE: _l("FAQを承認する"),
    Permission.KB_CURATE: _l("FAQの作業リストと案内した相手を見る"),
    Permission.KB_READ: _l("FAQを読む"),
    Permission.KB_WRITE: _l("FAQを書く"),
    Permission.PERSONAL_REVEAL: _l("個人情報を表示する"),
    Permission.PROTECTION_READ: _l("支援措置を読む"),
    Permission.PROTECTION_WRITE: _l("支援措置を変える"),
    Permission.RULES_WRITE: _l("規則の値を変える"),
    Permission.STAFF_INVITE: _l("利用者を招待する"),
    Permission.STAFF_READ: _l("利用者を読む"),
    Permission.STAFF_WRITE: _l("利用者を変える"),
    Permission.TICKETS_ASSIGN: _l("担当を変える"),
    Permission.TICKETS_CORRECT: _l("相談記録を訂正する"),
    Permission.TICKETS_READ: _l("チケットを読む"),
    Permission.TICKETS_WRITE: _l("チケットを書く"),
}
"""What a person may be allowed; those that everybody has stand in no list."""
ENDED = {
    Ended.IDLE: _l("30分間操作がなかったため、サインアウトしました。"),
    Ended.TOO_OLD: _l("サインインから10時間たったため、サインアウトしました。"),
    Ended.KILLED: _l("別の画面から、このサインインを終了しました。"),
    Ended.KILLED_BY_OFFICE: _l("責任者または管理者が、このサインインを終了しました。"),
    Ended.PASSWORD_CHANGED: _l("パスワードが変わったため、サインアウトしました。"),
    Ended.FACTOR_CHANGED: _l("認証アプリの登録が変わったため、サインアウトしました。"),
    Ended.ROLE_CHANGED: _l("役割が変わったため、サインアウトしました。もう一度サインインしてください。"),
    Ended.DISABLED: _l("この利用者では、いまサインインできません。管理者に確認してください。"),
}


def moment(at: datetime | None) -> str:
    """2026年4月1日 9:05, on a Japanese clock; "" for none."""
    return format_datetime(at, "yyyy年M月d日 H:mm") if at else ""


def day(on: date | None) -> str:
    """令和8年4月1日; "" for none."""
    return japanese_date(on) if on else ""
