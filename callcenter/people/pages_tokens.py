"""A person's own access tokens: made after a fresh proof, shown once, revoked at any time."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from callcenter.db import db
from callcenter.errors import Conflict
from callcenter.forms import Form, Line
from callcenter.people import labels, sessions, tokens
from callcenter.people.blueprint import pages
from callcenter.people.staff import Staff
from callcenter.people.step_up import is_fresh, require_fresh
from callcenter.people.token_record import ApiToken
from callcenter.permissions import Permission, allow

CHOSEN = "chosen"


class TokenForm(Form):
    """What a new token is for, how long it lives, and what it may."""

    purpose = Line(_l("使いみち"), limit=tokens.LONGEST_PURPOSE)
    days = IntegerField(
        _l("期限（日）"),
        [
            InputRequired(_l("日数を入力してください。")),
            NumberRange(1, tokens.MOST_DAYS, _l("1日から365日までの数で入力してください。")),
        ],
        default=tokens.DAYS,
    )
    reach = RadioField(
        _l("できること"),
        choices=[SelectChoice(tokens.READING, _l("読むだけ")), SelectChoice(CHOSEN, _l("選んだものだけ"))],
        default=tokens.READING,
    )
    permissions = SelectMultipleField(
        _l("選ぶもの"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def offer(self, me: Staff) -> TokenForm:
        """Let a person choose among what they may themselves."""
        mine = tokens.grantable(me)
        self.permissions.choices = [SelectChoice(p.value, labels.PERMISSIONS[p]) for p in mine]
        return self

    def check(self) -> bool:
        """Whether a token can be made of it; the fields say why not."""
        if self.validate_on_submit() and self.chosen == []:
            self.refuse("permissions", _("一つ以上選んでください。"))
        return not self.errors and self.is_submitted()

    @property
    def chosen(self) -> list[Permission] | None:
        """The permissions chosen; None for reading alone."""
        return [Permission(word) for word in self.permissions.data] if self.reach.data == CHOSEN else None


@pages.get("/account/tokens/new")
@allow(Permission.SIGNED_IN)
def new_token() -> tuple[str, int]:
    """A form for a new token."""
    require_fresh(back=url_for("people.new_token"))
    return _form_page(TokenForm().offer(sessions.current()))


@pages.post("/account/tokens")
@allow(Permission.SIGNED_IN)
def make_token() -> tuple[str, int]:
    """Make a token and show its secret, this once."""
    me = sessions.current()
    form, stale = TokenForm().offer(me), not is_fresh(me.sign_in)
    if stale or not form.check():
        return _form_page(form, stale=stale)
    try:
        made, secret = tokens.make(
            me, purpose=form.purpose.data, permissions=form.chosen, days=form.days.data
        )
    except Conflict as refusal:
        db.session.rollback()
        form.refuse("purpose", refusal.message)
        return _form_page(form)
    said = token_facts(made)
    facts = [{"term": _("できること"), "value": said["scope"]}, {"term": _("期限"), "value": said["until"]}]
    page = render_template(
        "people/token.html",
        secret=secret,
        purpose=said["purpose"],
        facts=facts,
        back=url_for("people.account"),
    )
    return page, 200


@pages.post("/account/tokens/<uuid:token_id>/endings")
@allow(Permission.SIGNED_IN)
def revoke_token(token_id: uuid.UUID) -> Response:
    """End a token of one's own."""
    tokens.revoke(token_id, by=sessions.current())
    flash(_("アクセストークンを取り消しました。"), "good")
    return redirect(url_for("people.account"), 303)


def token_facts(row: ApiToken) -> dict[str, Any]:
    """A token in words: {"id", "purpose", "scope", "until", "used"}."""
    words = [labels.PERMISSIONS[p] for p in labels.PERMISSIONS if p in tokens.scope_of(row.scopes)]
    return {
        "id": row.id,
        "purpose": row.purpose,
        "scope": _("読むだけ") if row.scopes == tokens.READING else "、".join(map(str, words)),
        "until": labels.moment(row.expires_at),
        "used": labels.day(row.last_used_on) or _("まだ使われていません"),
    }


def _form_page(form: TokenForm, *, stale: bool = False) -> tuple[str, int]:
    page = render_template("people/new_token.html", form=form, stale=stale, most=tokens.MOST)
    return page, 403 if stale else form.status
