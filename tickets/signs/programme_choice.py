"""Which programme something that is entered by hand belongs to."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people.staff import Staff
from callcenter.programmes import Programme


def chosen_programme(person: Staff) -> Programme:
    """The programme that the form names (`programme`, a code), else the person's first one.

    Raises NotFound for one that is not the person's, and for a person without any."""
    query = select(Programme).where(Programme.id.in_(person.programme_ids)).order_by(Programme.code)
    code = request.form.get("programme")
    programme = db.session.scalars(query.where(Programme.code == code) if code else query).first()
    if programme is None:
        raise NotFound(_("担当する事業がありません。管理者に知らせてください。"), code="no_programme")
    return programme
