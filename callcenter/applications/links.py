"""Who a caller is to an application: the link between the two, and what the ward holds of a power of attorney."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.db import Choice, Moment, Row, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.callers import Caller, Relation, staff_id
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.subjects import Erase, belongs_to


class CallerApplication(Row):
    """A caller has something to do with an application. `authorised_on` is the day a 委任状 was registered."""

    __tablename__ = "caller_application"
    __subject__ = belongs_to(
        "caller_id", "application_id", erase=Erase.ROW, show=("relation", "authorised_on"), at="at"
    )
    __table_args__ = (UniqueConstraint("caller_id", "application_id"),)

    caller_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    relation: Mapped[Relation] = mapped_column(Choice(Relation))
    authorised_on: Mapped[date | None] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    caller: Mapped[Caller] = relationship(Caller)
    application: Mapped[Application] = relationship(Application)

    @property
    def may_be_told(self) -> bool:
        """Whether this person may be told at all, after the identity check: the applicant, or who has a 委任状.

        A spouse who is not the applicant may not. Source: docs/rules.md#identity-levels."""
        return self.relation is Relation.APPLICANT or self.authorised_on is not None


def link(
    caller: Caller,
    application: Application,
    relation: Relation,
    *,
    by: Actor,
    authorised_on: date | None = None,
) -> CallerApplication:
    """Tie a caller to an application, or change what they are to each other.

    Raises Invalid when they belong to different programmes, Conflict when another caller is the applicant already."""
    if caller.period.programme_id != application.programme_id:
        raise Invalid("ほかの事業の申請とは結びつけられません。", code="other_programme")
    if relation is Relation.APPLICANT and not _may_be_applicant(caller, application):
        raise Conflict("この申請の申請者は、別の相談者として登録されています。", code="other_applicant")
    known = link_between(caller, application)
    if known is None:
        known = CallerApplication(caller=caller, application=application)
        db.session.add(known)
    known.relation, known.authorised_on = relation, authorised_on
    known.at, known.by_id = clock.now(), staff_id(by)
    if relation is Relation.APPLICANT:
        application.applicant = caller.survivor
    facts = {"caller": caller.id.hex, "relation": relation.value, "authorised": authorised_on is not None}
    audit.record(Action.CALLER_LINKED, by=by, on=application, facts=facts)
    return known


def link_between(caller: Caller, application: Application) -> CallerApplication | None:
    """The link between a caller (or one merged with it) and an application."""
    ids = [member.id for member in caller.family]
    query = select(CallerApplication).where(CallerApplication.application_id == application.id)
    return db.session.scalars(query.where(CallerApplication.caller_id.in_(ids))).first()


def links_of(caller: Caller) -> list[CallerApplication]:
    """A caller's links, those of merged callers included; the newest application first."""
    ids = [member.id for member in caller.family]
    query = select(CallerApplication).join(Application).where(CallerApplication.caller_id.in_(ids))
    return list(db.session.scalars(query.order_by(Application.received_at.desc(), Application.id.desc())))


def links_to(application: Application) -> list[CallerApplication]:
    """All who have something to do with an application, the first tied first."""
    query = select(CallerApplication).where(CallerApplication.application_id == application.id)
    return list(db.session.scalars(query.order_by(CallerApplication.at, CallerApplication.id)))


def people_of(application: Application) -> list[Caller]:
    """The applicant's caller and everybody linked: whose protection counts when something is told."""
    found = {row.caller_id: row.caller for row in links_to(application)}
    if application.applicant is not None:
        found.setdefault(application.applicant.id, application.applicant)
    return list(found.values())


def _may_be_applicant(caller: Caller, application: Application) -> bool:
    return application.applicant is None or application.applicant.survivor.id == caller.survivor.id
