"""The rules of hours: entered by the office, approved by the ward, a version for every change."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange

from callcenter.applications.blueprint import pages
from callcenter.applications.hours import Cap, Crossing, Fraction
from callcenter.applications.rules import HoursRule, propose
from callcenter.calendar import fiscal_year
from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.forms import Form, Line, OneOf, Required
from callcenter.people import labels, sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Programme

FRACTIONS = {
    Fraction.PER_USE: _l("1回ごとに切り捨て"),
    Fraction.PER_MONTH: _l("月ごとに合計して切り捨て"),
    Fraction.PER_APPLICATION: _l("申請ごとに合計して切り捨て"),
}
CROSSINGS = {
    Crossing.PAY_PART: _l("上限までの時間を数える"),
    Crossing.REJECT_USE: _l("その利用は数えない"),
}
A_YEARS_HOURS = NumberRange(1, 8784, _l("1から8784までの数で入力してください。"))


class RuleForm(Form):
    year = IntegerField(
        _l("年度（西暦）"), [Required(), NumberRange(2015, 2100, _l("西暦4桁で入力してください。"))]
    )
    base = IntegerField(_l("1人あたりの上限（時間）"), [Required(), A_YEARS_HOURS], default=Cap.base)
    multiple = IntegerField(_l("多胎児の上限（時間）"), [Required(), A_YEARS_HOURS], default=Cap.multiple)
    fraction = OneOf(_l("1時間未満"), Fraction, FRACTIONS, default=Cap.fraction)
    crossing = OneOf(_l("上限をまたぐ利用"), Crossing, CROSSINGS, default=Cap.crossing)
    subtracts_transferred = BooleanField(_l("転入前の他区の利用時間を差し引く"), default=True)
    source = Line(_l("根拠（要綱の条、通知の日付）"), limit=200)

    @property
    def cap(self) -> Cap:
        return Cap(
            self.base.data,
            self.multiple.data,
            self.fraction.data,
            self.crossing.data,
            bool(self.subtracts_transferred.data),
        )


@pages.get("/applications/rules")
@allow(Permission.APPLICATIONS_READ)
def rules() -> str:
    """All versions of the rules, the newest year first."""
    return _listed(sessions.current(), RuleForm(formdata=None, year=fiscal_year(today())))


@pages.post("/applications/rules")
@allow(Permission.APPLICATIONS_WRITE)
def propose_rule() -> Response | tuple[str, int]:
    """Enter the next version of a year's rule; it waits for the ward."""
    me, form = sessions.current(), RuleForm()
    is_valid = form.validate_on_submit()
    if is_valid and form.multiple.data < form.base.data:
        form.refuse("multiple", _("多胎児の上限は、1人あたりの上限以上にしてください。"))
    if is_valid and not form.errors:
        propose(_programme(me).id, form.year.data, form.cap, by=me, source=form.source.data)
        flash(_("規則を登録しました。区の承認を待っています。"), "good")
        return redirect(url_for(".rules"), 303)
    return _listed(me, form), form.status


@pages.post("/applications/rules/<uuid:rule_id>/approvals")
@allow(Permission.APPLICATIONS_DECIDE)
def approve_rule(rule_id: uuid.UUID) -> Response:
    """The ward says that this is its rule."""
    me = sessions.current()
    query = select(HoursRule).where(HoursRule.id == rule_id, HoursRule.programme_id.in_(me.programme_ids))
    rule = db.session.scalars(query).first()
    if rule is None:
        raise NotFound(_("この規則は見つかりません。"), code="no_rule")
    rule.approve(by=me)
    flash(_("規則を承認しました。"), "good")
    return redirect(url_for(".rules"), 303)


def _listed(me: Staff, form: RuleForm) -> str:
    query = select(HoursRule).where(HoursRule.programme_id.in_(me.programme_ids))
    found = list(db.session.scalars(query.order_by(HoursRule.fiscal_year.desc(), HoursRule.version.desc())))
    facts = {"list": "hours_rules", "count": len(found)}
    audit.record(Action.LIST_VIEWED, by=me, facts=facts, read=True)
    return render_template(
        "applications/rules.html",
        form=form,
        rows=[_row(rule) for rule in found],
        may_write=me.may(Permission.APPLICATIONS_WRITE),
        may_approve=me.may(Permission.APPLICATIONS_DECIDE) and me.side is Side.WARD,
    )


def _row(rule: HoursRule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": _("%(year)s年度 第%(version)s版", year=rule.fiscal_year, version=rule.version),
        "hours": _("%(base)s時間、多胎 %(multiple)s時間", base=rule.base_hours, multiple=rule.multiple_hours),
        "fraction": FRACTIONS[rule.fraction],
        "crossing": CROSSINGS[rule.crossing],
        "source": rule.source,
        "approved": labels.moment(rule.approved_at),
    }


def _programme(me: Staff) -> Programme:
    query = select(Programme).where(Programme.id.in_(me.programme_ids)).order_by(Programme.code)
    programme = db.session.scalars(query).first()
    if programme is None:
        raise NotFound(_("担当する事業がありません。管理者に知らせてください。"), code="no_programme")
    return programme
