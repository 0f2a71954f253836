"""External links that a person opened and found right. The server itself never fetches anything: the desk stands in a
closed network, and an address in an article is no reason to reach out of it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class LinkCheck(Row):
    """Somebody opened an address on a day and found what the articles say of it."""

    __tablename__ = "faq_link_check"

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    url: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 2000))
    confirmed_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))

    @classmethod
    def confirm(cls, programme_id: uuid.UUID, url: str, *, by: Staff) -> LinkCheck:
        """Write down that a person looked."""
        row = cls(programme_id=programme_id, url=url, confirmed_at=clock.now(), by_id=by.id)
        db.session.add(row)
        audit.record(Action.FAQ_LINK_CONFIRMED, by=by, on=row)
        return row


def confirmed(programme_id: uuid.UUID) -> dict[str, datetime]:
    """Address → when somebody last found it right."""
    query = select(LinkCheck.url, func.max(LinkCheck.confirmed_at).label("last"))
    query = query.where(LinkCheck.programme_id == programme_id).group_by(LinkCheck.url)
    return {row.url: row.last for row in db.session.execute(query)}
