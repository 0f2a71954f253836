"""Every component in every state on one page, /patterns: what a page may be built of, and what the tests walk."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from callcenter import clock
from callcenter.permissions import Permission, allow

pages = Blueprint("patterns", __name__)

SPECIMEN = Path(__file__).parents[1] / "templates" / "patterns" / "specimen.json"

CATEGORIES = {
    _l("対象経費 › 時間帯"): [
        ("night", _l("早朝・夜間"), "souchou yakan"),
        ("hours", _l("利用時間の数え方"), "jikan"),
    ],
    _l("書類 › 領収書"): [("receipt", _l("但し書き"), "tadashigaki"), ("name", _l("宛名"), "atena")],
    _l("申請 › 受付状況"): [("arrived", _l("届いたか"), "todoita"), ("pending", _l("審査中"), "shinsa")],
}


class Specimens(FlaskForm):
    """One field of every kind."""

    name = StringField(_l("お名前"), [InputRequired()])
    phone = StringField(_l("折返しの電話番号"))
    wrong = StringField(_l("生年月日"), [InputRequired()])
    secret = PasswordField(_l("パスワード"), [InputRequired()])
    note = TextAreaField(_l("内部メモ"))
    channel = SelectField(
        _l("経路"),
        choices=[
            SelectChoice("phone", _l("電話")),
            SelectChoice("mail", _l("メール")),
            SelectChoice("letter", _l("郵便")),
        ],
    )
    category = SelectField(_l("問合せ区分"))
    relation = RadioField(
        _l("申請者との関係"),
        choices=[
            SelectChoice("self", _l("本人")),
            SelectChoice("spouse", _l("配偶者")),
            SelectChoice("agent", _l("代理人")),
            SelectChoice("provider", _l("事業者")),
            SelectChoice("unknown", _l("不明")),
        ],
        default="self",
    )
    outcome = RadioField(
        _l("対応結果"),
        choices=[
            SelectChoice("answered", _l("完結")),
            SelectChoice("callback", _l("折返し")),
            SelectChoice("transfer", _l("取次")),
            SelectChoice("ward", _l("区へ")),
            SelectChoice("complaint", _l("苦情")),
        ],
        default="answered",
    )
    read_back = BooleanField(_l("番号を復唱して確かめた"))
    consultation = TextAreaField(_l("相談内容"))
    answer = TextAreaField(_l("回答内容"))


def specimen_form() -> Specimens:
    """An unsent form with one wrong field, its choices filled."""
    form = Specimens(formdata=None)
    form.category.choices = [SelectChoice("", "")] + [
        SelectChoice(value, label, {"data-words": words}, str(path))
        for path, options in CATEGORIES.items()
        for value, label, words in options
    ]
    form.wrong.data = "2021-02-31"
    form.wrong.errors = [_l("2月31日はありません。実在する日付を入力してください。")]
    return form


@cache
def specimen() -> dict[str, Any]:
    """Invented values for the page, kept beside its templates."""
    return dict(json.loads(SPECIMEN.read_text(encoding="utf-8")))


@pages.get("/patterns")
@allow(Permission.SIGNED_IN)
def show() -> str:
    """The components, or with view=call the call screen laid out from them."""
    page = "patterns_call.html" if request.args.get("view") == "call" else "patterns.html"
    return render_template(page, sample=specimen(), fields=specimen_form(), now=clock.now())


@pages.post("/patterns/drafts")
@allow(Permission.SIGNED_IN)
def save_draft() -> Response:
    """Answer as a draft's address does, and keep nothing."""
    version = request.form.get("draft_version", 0, type=int) + 1
    return jsonify(version=version, saved_at=clock.now().isoformat())


@pages.post("/patterns/suggestions")
@allow(Permission.SIGNED_IN)
def suggest() -> str:
    """The specimens again, fewer the longer the text, so that the panel can be seen to change."""
    left = max(0, 3 - len(request.form.get("text", "")) // 20)
    return render_template("patterns/_suggestions.html", items=specimen()["suggestions"][:left])


@pages.post("/patterns/reveals/<int:place>")
@allow(Permission.SIGNED_IN)
def reveal(place: int) -> tuple[str | Response, int]:
    """Open an invented value when a reason is given."""
    if not request.form.get("reason"):
        return jsonify(message=str(_l("理由を選んでください。"))), 422
    return render_template("patterns/_unmasked.html", item=specimen()["masked"][place]), 200


@pages.post("/patterns/presences")
@allow(Permission.SIGNED_IN)
def presence() -> str:
    """Two invented colleagues."""
    return render_template("patterns/_presence.html", others=specimen()["presence"])


def _keeps_nothing(*views: Any) -> None:
    """Tell the border that these POSTs write no row and are no act of a person."""
    for view in views:
        view.reads_first = view.polls = True


_keeps_nothing(save_draft, suggest, reveal, presence)
