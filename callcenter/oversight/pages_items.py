"""情報項目一覧, and where the ward enters the 付議番号 of an item outside the seven."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.forms import Day, Form, Line
from callcenter.oversight import items
from callcenter.oversight.blueprint import pages
from callcenter.oversight.places import places
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import approvals, audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import EXTRA_NAMES, Extra
from callcenter.programmes import Programme


class ApprovalForm(Form):
    number = Line(_l("付議番号"), limit=approvals.NUMBER_LENGTH)
    on = Day(_l("付議の日付"))


@pages.get("/items", endpoint="items")
@allow(Permission.ITEMS_READ)
def item_list() -> str:
    """Which items are kept where, and which lie outside."""
    me = sessions.current()
    audit.record(Action.LIST_VIEWED, by=me, facts={"list": "items", "count": len(Extra)}, read=True)
    return render_template(
        "oversight/items.html",
        kept=items.kept(),
        outside=items.outside(me),
        may_approve=me.may(Permission.ITEMS_APPROVE),
        places=places("oversight.items"),
    )


@pages.get("/programmes/<uuid:programme_id>/items/<extra>/approvals/new")
@allow(Permission.ITEMS_APPROVE)
def new_approval(programme_id: uuid.UUID, extra: str) -> str:
    """A form for the ward's number and day."""
    programme, item = _named(programme_id, extra, sessions.current())
    return _form_page(ApprovalForm(), programme, item)


@pages.post("/programmes/<uuid:programme_id>/items/<extra>/approvals")
@allow(Permission.ITEMS_APPROVE)
def approve(programme_id: uuid.UUID, extra: str) -> Response | tuple[str, int]:
    """Enter them: from now on the programme may keep the item."""
    me = sessions.current()
    programme, item = _named(programme_id, extra, me)
    form = ApprovalForm()
    if form.validate_on_submit() and form.on.data:
        try:
            approvals.approve(programme.id, item, by=me, number=form.number.data or "", on=form.on.data)
        except (Invalid, Conflict) as refusal:
            form.refuse("on" if refusal.code == "day_to_come" else "number", refusal.message)
        else:
            flash(_("%(item)sの付議番号を登録しました。", item=EXTRA_NAMES[item]), "good")
            return redirect(url_for("oversight.items"), 303)
    return _form_page(form, programme, item), form.status


@pages.post("/programmes/<uuid:programme_id>/items/<extra>/withdrawals")
@allow(Permission.ITEMS_APPROVE)
def withdraw(programme_id: uuid.UUID, extra: str) -> Response:
    """The item is off again."""
    me = sessions.current()
    programme, item = _named(programme_id, extra, me)
    approvals.withdraw(programme.id, item, by=me)
    flash(_("%(item)sの取扱いを止めました。", item=EXTRA_NAMES[item]), "good")
    return redirect(url_for("oversight.items"), 303)


def _named(programme_id: uuid.UUID, extra: str, me: Staff) -> tuple[Programme, Extra]:
    programme = items.own_programme(programme_id, me)
    if programme is None or extra not in set(Extra):
        raise NotFound(_("この項目はありません。"))
    return programme, Extra(extra)


def _form_page(form: ApprovalForm, programme: Programme, item: Extra) -> str:
    return render_template(
        "oversight/approval.html",
        form=form,
        programme=programme.name,
        item=EXTRA_NAMES[item],
        address=url_for("oversight.approve", programme_id=programme.id, extra=item.value),
    )
