"""The confidentiality clauses: everybody confirms them, an administrator publishes new versions."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField

from callcenter.clock import today
from callcenter.forms import Day, Form, Required, Text
from callcenter.people import clauses, labels, landing, sessions
from callcenter.people.blueprint import pages
from callcenter.people.step_up import require_fresh
from callcenter.permissions import Permission, allow


class ConfirmForm(Form):
    version = HiddenField()
    read = BooleanField(
        _l("すべて読み、守ることを確認しました"),
        [Required(_l("読んで確認した場合だけ、印を付けて進めます。"))],
    )


class VersionForm(Form):
    text = Text(_l("条項の本文"), limit=clauses.LONGEST_TEXT)
    in_force_on = Day(_l("適用する日"))


@pages.route("/clauses", methods=["GET", "POST"], endpoint="clauses")
@allow(Permission.SIGNED_IN)
def clauses_page() -> Response | tuple[str, int]:
    """Read and confirm the version in force."""
    me, version, form = sessions.current(), clauses.current(), ConfirmForm()
    owes = me.sign_in is not None and me.sign_in.owes_clauses
    if version is not None and form.validate_on_submit():
        clauses.confirm(me, version, read=form.version.data)
        me.sign_in = me.sign_in and me.sign_in.with_clauses()
        return landing.onward(me)
    form.version.data = version.id.hex if version else ""
    shown = {"version": version, "since": labels.day(version.in_force_on) if version else "", "owes": owes}
    return render_template("people/clauses.html", form=form, **shown), form.status


@pages.route("/clauses/versions", methods=["GET", "POST"])
@allow(Permission.CLAUSES_WRITE)
def clauses_versions() -> Response | tuple[str, int]:
    """All versions, how many confirmed each, and a form for the next one."""
    require_fresh(back=url_for("people.clauses_versions"))
    form = VersionForm(in_force_on=today())
    if form.validate_on_submit() and _is_coming(form):
        clauses.publish(form.text.data, by=sessions.current(), in_force_on=form.in_force_on.data)
        flash(_("新しい条項を登録しました。適用日から、全員に確認を求めます。"), "good")
        return redirect(url_for("people.clauses_versions"), 303)
    known = [
        {
            "title": _("第%(number)s版", number=version.number),
            "since": labels.day(version.in_force_on),
            "confirmed": len(clauses.confirmations(version)),
            "text": version.text,
        }
        for version in clauses.versions()
    ]
    if not form.is_submitted() and known:
        form.text.data = known[0]["text"]
    return render_template("people/clauses_versions.html", form=form, versions=known), form.status


def _is_coming(form: VersionForm) -> bool:
    if form.in_force_on.data is None or form.in_force_on.data < today():
        form.refuse("in_force_on", _("今日か、今日より後の日付にしてください。"))
    return not form.errors
