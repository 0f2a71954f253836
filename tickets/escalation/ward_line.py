"""Where the ward is rung: the sections' telephone numbers, in the order in which they are tried.

Source: docs/rules.md#escalation."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.errors import Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

SECTION, PHONE, WHEN = 60, 20, 80


class WardLine(Row):
    """A telephone of the ward for urgent questions (緊急連絡先). Never a private one."""

    __tablename__ = "ward_line"

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    position: Mapped[int]
    section: Mapped[str] = mapped_column(Words(Why.PLACE, SECTION))
    phone: Mapped[str] = mapped_column(Words(Why.PLACE, PHONE))
    hours: Mapped[str] = mapped_column(Words(Why.PLACE, WHEN))
    changed_at: Mapped[datetime] = mapped_column(Moment)


def lines_of(programme_id: uuid.UUID) -> list[WardLine]:
    """The lines of a programme, the first to try first."""
    query = select(WardLine).where(WardLine.programme_id == programme_id)
    return list(db.session.scalars(query.order_by(WardLine.position, WardLine.id)))


def add_line(programme_id: uuid.UUID, *, by: Staff, section: str, phone: str, hours: str) -> WardLine:
    """Add a line below the others. Raises Invalid without a section or a number."""
    if not section.strip() or not phone.strip():
        raise Invalid(_("区の係と電話番号を入力してください。"), code="ward_line_missing")
    last = max((line.position for line in lines_of(programme_id)), default=0)
    line = WardLine(
        programme_id=programme_id,
        position=last + 1,
        section=section.strip(),
        phone=phone.strip(),
        hours=hours.strip(),
        changed_at=clock.now(),
    )
    db.session.add(line)
    audit.record(Action.WARD_LINE_ADDED, by=by, on=line, facts={"phone": line.phone})
    return line


def remove_line(line: WardLine, *, by: Staff) -> None:
    """Take a line away."""
    audit.record(Action.WARD_LINE_REMOVED, by=by, on=line, facts={"phone": line.phone})
    db.session.delete(line)
