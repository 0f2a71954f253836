"""What people read for the trail's words: actions, kinds of records, results."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from callcenter.people.labels import ROLES
from callcenter.permissions import Role
from callcenter.privacy.actions import Action

A = Action

ACTIONS: dict[Action, Any] = {
    A.API_TOKEN_MADE: _l("アクセストークンを発行"),
    A.API_TOKEN_REFUSED: _l("アクセストークンを拒否"),
    A.API_TOKEN_REVOKED: _l("アクセストークンを取消し"),
    A.API_TOKEN_USED: _l("アクセストークンをその日はじめて使用"),
    A.APPLICATION_CREATED: _l("申請を登録"),
    A.APPLICATION_DECIDED: _l("交付・不交付を決定"),
    A.APPLICATION_STATE_CHANGED: _l("申請の状態を変更"),
    A.APPLICATION_UPDATED: _l("申請を更新"),
    A.APPLICATION_VIEWED: _l("申請を閲覧"),
    A.ARTICLE_APPROVED: _l("FAQを承認"),
    A.ARTICLE_ARCHIVED: _l("FAQを取り下げ"),
    A.ARTICLE_BEGUN: _l("FAQの予定の版を案内開始"),
    A.ARTICLE_CARE_CHANGED: _l("FAQの担当・見直し日を変更"),
    A.ARTICLE_COMMENTED: _l("FAQにコメント"),
    A.ARTICLE_CONFIRMED: _l("FAQを区が再確認"),
    A.ARTICLE_RESTORED: _l("FAQを保管から戻す"),
    A.ARTICLE_SAVED: _l("FAQを保存"),
    A.ARTICLE_IMAGE_ADDED: _l("FAQに画像を追加"),
    A.ARTICLE_IMAGE_DELETED: _l("FAQの画像を削除"),
    A.ARTICLE_WISH_SEEN: _l("FAQの依頼の答えを確認"),
    A.ARTICLE_WISHED: _l("FAQの記事を依頼"),
    A.ARTICLES_EXPORTED: _l("FAQを書出し"),
    A.ARTICLES_IMPORTED: _l("FAQを取込み"),
    A.ARTICLES_UPLOAD_DISCARDED: _l("取込みファイルを破棄"),
    A.ARTICLES_UPLOADED: _l("取込みファイルを預かり"),
    A.ATTACHMENT_ADDED: _l("添付を追加"),
    A.ATTACHMENT_DOWNLOADED: _l("添付を取出し"),
    A.ATTACHMENT_REFUSED: _l("添付を拒否"),
    A.AUDIT_EXPORTED: _l("監査記録を書出し"),
    A.AUDIT_VERIFIED: _l("監査記録を検証"),
    A.AUDIT_VIEWED: _l("監査記録を閲覧"),
    A.CALLER_CREATED: _l("相談者を登録"),
    A.CALLER_LINKED: _l("相談者を結び付け"),
    A.CALLER_MERGED: _l("相談者を統合"),
    A.CALLER_UNMERGED: _l("相談者の統合を解除"),
    A.CALLER_UPDATED: _l("相談者を更新"),
    A.CALLER_VIEWED: _l("相談者を閲覧"),
    A.CATEGORY_CHANGED: _l("区分を変更"),
    A.CLAUSES_CONFIRMED: _l("条項を確認"),
    A.CLAUSES_PUBLISHED: _l("条項を公開"),
    A.CONSULTATION_CORRECTED: _l("相談記録を訂正"),
    A.CONSULTATION_FILED: _l("相談を記録"),
    A.CONTACT_CLOSED: _l("連絡を終了"),
    A.CONTACT_RECEIVED: _l("連絡を受付"),
    A.CONTACT_UPDATED: _l("連絡を更新"),
    A.CONTACT_VIEWED: _l("連絡を閲覧"),
    A.DISCLOSURE_LOCKED: _l("案内を停止"),
    A.DISCLOSURE_UNLOCKED: _l("案内の停止を解除"),
    A.FACE_KEY_MADE: _l("公開サイトの鍵を作成"),
    A.FAQ_DISMISSAL_UNDONE: _l("FAQの対応不要を取消し"),
    A.FAQ_DISMISSED: _l("FAQの作業を対応不要に"),
    A.FAQ_LINK_CONFIRMED: _l("FAQのリンクを確認"),
    A.FEEDBACK_DONE: _l("お声に対応"),
    A.FEEDBACK_LOST: _l("読めないお声を破棄"),
    A.FEEDBACK_RECEIVED: _l("お声を受領"),
    A.FOLLOW_UP_ADDED: _l("次の対応を追加"),
    A.FOLLOW_UP_DONE: _l("次の対応を完了"),
    A.FOLLOW_UP_WITHDRAWN: _l("次の対応を取消し"),
    A.HOURS_RULE_APPROVED: _l("時間の規則を承認"),
    A.HOURS_RULE_PROPOSED: _l("時間の規則を提案"),
    A.HOUSE_PREPARED: _l("システムを準備"),
    A.IDENTITY_CHECKED: _l("本人確認"),
    A.ITEM_APPROVED: _l("情報項目の承認を登録"),
    A.KEYS_COPIED: _l("鍵の控えを作成"),
    A.KEYS_ROTATED: _l("鍵を交換"),
    A.KEYS_SEALED: _l("鍵を封印"),
    A.KEYS_UNSEALED: _l("鍵の封印を解除"),
    A.KEYS_WIPED: _l("鍵をすべて消去"),
    A.LIST_VIEWED: _l("一覧を閲覧"),
    A.NOTE_ADDED: _l("メモを追加"),
    A.PERIOD_ERASED: _l("年度を消去"),
    A.PERIOD_OPENED: _l("年度を開始"),
    A.PERSON_DISCLOSED: _l("開示の一覧を作成"),
    A.PERSON_ERASED: _l("個人の記録を消去"),
    A.PERSONAL_REVEALED: _l("個人情報を表示"),
    A.PROTECTION_ALERT_SEEN: _l("支援措置の通知を確認"),
    A.PROTECTION_ASKED: _l("支援措置の対象者への照会"),
    A.PROTECTION_CHANGED: _l("支援措置を変更"),
    A.RECALLS_MADE: _l("誤案内の折返しを作成"),
    A.RECALLS_UNDONE: _l("誤案内の折返しを取消し"),
    A.REQUEST_REFUSED: _l("拒否"),
    A.RULE_FACT_CHANGED: _l("規則の内容を変更"),
    A.SEARCHED: _l("検索"),
    A.SESSION_KILLED: _l("サインインを終了"),
    A.SETUP_CODE_ISSUED: _l("設定コードを発行"),
    A.SIGN_IN_FAILED: _l("サインイン失敗"),
    A.SIGN_IN_LOCKED: _l("サインインを停止"),
    A.SIGNED_IN: _l("サインイン"),
    A.SIGNED_OUT: _l("サインアウト"),
    A.SITE_EXPORTED: _l("公開サイトを書出し"),
    A.STAFF_CHANGED: _l("利用者を変更"),
    A.STAFF_CREATED: _l("利用者を登録"),
    A.STAFF_FACTOR_CHANGED: _l("認証アプリを変更"),
    A.STAFF_INVITED: _l("利用者を招待"),
    A.STAFF_PASSWORD_CHANGED: _l("パスワードを変更"),
    A.STEPPED_UP: _l("再認証"),
    A.SYNONYMS_CHANGED: _l("同義語を変更"),
    A.TICKET_ASSIGNED: _l("担当を変更"),
    A.TICKET_CREATED: _l("チケットを作成"),
    A.TICKET_LINKED: _l("チケットと申請を結び付け"),
    A.TICKET_STATE_CHANGED: _l("チケットの状態を変更"),
    A.TICKET_UNLINKED: _l("チケットと申請の結び付けを解除"),
    A.TICKET_UPDATED: _l("チケットを更新"),
    A.TICKET_VIEWED: _l("チケットを閲覧"),
    A.TICKETS_IMPORTED: _l("チケットを取込み"),
    A.TICKETS_STAGED: _l("チケットの取込みを準備"),
    A.WORDS_CHANGED: _l("用語を変更"),
}
KINDS: dict[str, Any] = {
    "api_token": _l("アクセストークン"),
    "application": _l("申請"),
    "article": _l("FAQ"),
    "article_revision": _l("FAQの版"),
    "attachment": _l("添付"),
    "audit_entry": _l("監査記録"),
    "caller": _l("相談者"),
    "caller_mail": _l("相談者のメールアドレス"),
    "caller_phone": _l("相談者の電話番号"),
    "caller_version": _l("相談者の訂正前の内容"),
    "category": _l("区分"),
    "child": _l("児童"),
    "clauses_version": _l("条項"),
    "consultation": _l("相談記録"),
    "consultation_correction": _l("相談記録の訂正前の内容"),
    "contact": _l("連絡"),
    "decision": _l("決定"),
    "disclosure_lock": _l("案内の停止"),
    "draft": _l("下書き"),
    "faq_dismissal": _l("FAQの対応不要"),
    "faq_search": _l("FAQの検索"),
    "faq_wish": _l("FAQの依頼"),
    "follow_up": _l("次の対応"),
    "note": _l("メモ"),
    "period": _l("年度"),
    "programme": _l("事業"),
    "protection": _l("支援措置"),
    "reply": _l("返信"),
    "search": _l("検索のことば"),
    "sign_in_session": _l("サインイン"),
    "staff": _l("利用者"),
    "state_change": _l("申請の状態変更"),
    "ticket": _l("チケット"),
    "ticket_reassignment": _l("担当の変更"),
    "ticket_state_change": _l("チケットの状態変更"),
    "totp": _l("認証アプリ"),
}
RESULTS = {"done": _l("実行"), "refused": _l("拒否"), "failed": _l("失敗")}
OUTSIDERS = {"console": _l("管理コンソール"), "system": _l("自動処理"), "anonymous": _l("サインイン前の人")}


def action(word: str) -> Any:
    """An action's name for people; a word from a newer or older version stands as it is."""
    return ACTIONS.get(Action(word), word) if word in set(Action) else word


def kind(word: str) -> Any:
    """A kind of record for people."""
    return KINDS.get(word, word)


def role(word: str) -> Any:
    """The role in which somebody acted."""
    return ROLES[Role(word)] if word in set(Role) else OUTSIDERS.get(word, word)
