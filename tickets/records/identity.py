"""本人確認: what a caller said is compared with the record, and only 一致 or 不一致 comes back.

Level 0: general rules, no check. Level 1 (受付・審査の状況, 残り時間): the application number, or two of applicant's
name, child's birth date and address. Level 2 (金額・不備): level 1 and a call back to the registered number, which
is the number the contact came from. Level 3 (口座・住所・変更): never by phone, only by letter. A level belongs to
one contact and one application. Source: docs/rules.md#identity-levels."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.applications.links import link_between, links_of, people_of
from callcenter.applications.matching import Fact
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid, Locked
from callcenter.people import protection
from callcenter.people.callers import Caller, Relation
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import Erase, belongs_to
from callcenter.privacy.vault import Grouped, sealed

FAILURES_A_DAY = 3
TWO_OF = (Fact.APPLICANT_NAME, Fact.CHILD_BIRTH_DATE, Fact.ADDRESS)
CALL_BACK = "call_back"


class Result(StrEnum):
    """MISMATCHED also stands for who may not be told: from outside the two look the same."""

    MATCHED = "matched"
    MISMATCHED = "mismatched"
    NOT_ENTITLED = "not_entitled"


class IdentityCheck(Row):
    """One attempt: which kinds of facts were said (never the facts), for which level, and whether they matched."""

    __tablename__ = "identity_check"
    __subject__ = belongs_to(
        "application_id", erase=Erase.KEEP, show=("level", "result", "said"), at="checked_at"
    )
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 2", name="level"),
        Index("ix_identity_check_day", "application_id", "checked_at"),
    )

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), index=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    level: Mapped[int]
    said: Mapped[str] = mapped_column(Words(Why.STATE, 120))
    result: Mapped[Result] = mapped_column(Choice(Result))
    checked_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))

    application: Mapped[Application] = relationship(Application)
    by: Mapped[Staff] = relationship(Staff)

    @property
    def facts(self) -> list[str]:
        return self.said.split(",")

    @property
    def is_match(self) -> bool:
        return self.result is Result.MATCHED


class DisclosureLock(Grouped, Row):
    """Nothing of an application is disclosed on a day: three checks failed. A supervisor may lift it, with a reason."""

    __tablename__ = "disclosure_lock"
    __subject__ = belongs_to("application_id", at="locked_at")
    __table_args__ = (Index("ix_disclosure_lock_day", "day", "application_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"))
    day: Mapped[date] = mapped_column(Date)
    locked_at: Mapped[datetime] = mapped_column(Moment)
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
    lifted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: str | None = sealed(Item.CONSULTATION)

    application: Mapped[Application] = relationship(Application)

    @classmethod
    def visible_to(cls, person: Staff) -> Select[DisclosureLock]:
        """Locks of the applications that a person may see."""
        seen = Application.visible_to(person).with_only_columns(Application.id)
        return select(cls).where(cls.application_id.in_(seen))

    @classmethod
    def of_today(cls, person: Staff) -> Select[DisclosureLock]:
        """Those that hold now, newest first."""
        today = cls.visible_to(person).where(cls.day == clock.today(), cls.lifted_at.is_(None))
        return today.order_by(cls.locked_at.desc())

    @property
    def is_holding(self) -> bool:
        return self.day == clock.today() and self.lifted_at is None

    def lift(self, *, by: Staff, reason: str) -> None:
        """Let the application be disclosed again today. Raises Invalid without a reason, Conflict when it holds no more."""
        if not reason.strip():
            raise Invalid("解除の理由を入力してください。", code="reason_missing")
        if not self.is_holding:
            raise Conflict("この停止は、すでに解除されています。", code="not_locked")
        self.lifted_at, self.lifted_by_id, self.reason = clock.now(), by.id, reason.strip()
        audit.record(Action.DISCLOSURE_UNLOCKED, by=by, on=self.application, reason=reason)


def check(
    contact: Contact,
    application: Application,
    said: Mapping[Fact, str],
    *,
    relation: Relation,
    called_back: bool,
    by: Staff,
) -> IdentityCheck:
    """Compare what a caller said with an application, as a whole, and record the attempt.

    `called_back`: the agent rang the registered number back; with it the check is one for level 2. Raises Locked
    while the application is locked, Invalid when too little was said to compare or nobody said who is calling."""
    _one_at_a_time(application)
    require_unlocked(application)
    said = {fact: text for fact, text in said.items() if text.strip()}
    _require_enough(said, relation, called_back, level_of(contact, application))
    level = 2 if called_back else 1
    result = _result(contact, application, said, relation, called_back, by)
    kinds = [*said, *([CALL_BACK] if called_back else [])]
    row = IdentityCheck(
        contact_id=contact.id,
        application=application,
        level=level,
        said=",".join(kinds),
        result=result,
        checked_at=clock.now(),
        by_id=by.id,
    )
    db.session.add(row)
    facts = {"level": level, "result": result, "contact": contact.id.hex, "said": kinds}
    audit.record(Action.IDENTITY_CHECKED, by=by, on=application, facts=facts)
    db.session.flush()
    if result is Result.MISMATCHED:
        _lock_after_failures(contact, application, by)
    return row


def level_of(contact: Contact, application: Application) -> int:
    """The level reached in this contact for this application; 0 while disclosure is locked."""
    if is_locked(application):
        return 0
    reached = select(func.max(IdentityCheck.level)).where(
        IdentityCheck.contact_id == contact.id,
        IdentityCheck.application_id == application.id,
        IdentityCheck.result == Result.MATCHED,
    )
    return db.session.scalar(reached) or 0


def level_reached(contact: Contact) -> int:
    """The highest level reached in a contact, for the record of the consultation."""
    reached = select(func.max(IdentityCheck.level)).where(
        IdentityCheck.contact_id == contact.id, IdentityCheck.result == Result.MATCHED
    )
    return db.session.scalar(reached) or 0


def checks_in(contact_ids: Collection[uuid.UUID]) -> list[IdentityCheck]:
    """All attempts in some contacts, oldest first."""
    query = select(IdentityCheck).where(IdentityCheck.contact_id.in_(contact_ids))
    return list(db.session.scalars(query.order_by(IdentityCheck.checked_at, IdentityCheck.id)))


def lock_of(application: Application) -> DisclosureLock | None:
    """The lock that holds today, if any."""
    query = select(DisclosureLock).where(
        DisclosureLock.application_id == application.id,
        DisclosureLock.day == clock.today(),
        DisclosureLock.lifted_at.is_(None),
    )
    return db.session.scalars(query).first()


def is_locked(application: Application) -> bool:
    return lock_of(application) is not None


def why_locked(*applications: Application) -> str | None:
    """What people are told when three checks of one of these failed today; None while nothing is locked."""
    if any(is_locked(application) for application in applications):
        return _("この申請は、本日の本人確認に3回失敗したため、開示を止めています。SVに引き継いでください。")
    return None


def why_caller_locked(caller: Caller) -> str | None:
    """The same for everything that a caller, or one merged with them, applied for or is tied to: what may not be told
    of an application may not be read off its people either."""
    family = [member.id for member in caller.family]
    own = db.session.scalars(select(Application).where(Application.applicant_id.in_(family)))
    return why_locked(*own, *(link.application for link in links_of(caller)))


def require_unlocked(application: Application) -> None:
    """Raises Locked when three checks failed today."""
    if message := why_locked(application):
        raise Locked(message, code="disclosure_locked")


# --- how it is decided -----------------------------------------------------------------------------------


def _one_at_a_time(application: Application) -> None:
    """Hold the application's row, so that two calls at once cannot both count as the third failure's predecessor."""
    db.session.execute(select(Application.id).where(Application.id == application.id).with_for_update())


def _require_enough(said: Mapping[Fact, str], relation: Relation, called_back: bool, level: int) -> None:
    if relation is Relation.UNKNOWN:
        raise Invalid(_("先に、申請者との関係を聞いて選んでください。"), code="relation_missing")
    enough = Fact.NUMBER in said or sum(fact in said for fact in TWO_OF) >= 2
    if not enough and not (called_back and level >= 1):
        message = _(
            "申請番号、または 氏名・児童の生年月日・住所 のうち2つ以上を、聞いたとおりに入力してください。"
        )
        raise Invalid(message, code="too_little_said")


def _result(
    contact: Contact,
    application: Application,
    said: Mapping[Fact, str],
    relation: Relation,
    called_back: bool,
    by: Staff,
) -> Result:
    """Everything is compared before anything is answered: the time taken tells nothing either."""
    matched = _says_enough(application, said) or (called_back and level_of(contact, application) >= 1)
    if called_back:
        matched &= application.matches(Fact.PHONE, contact.from_number or "")
    people = [person for person in (*people_of(application), contact.caller) if person is not None]
    hidden = [person for person in people if protection.is_protected(person)]
    for person in hidden:
        protection.alert(person, by=by)
    if not _is_entitled(contact, application, relation):
        return Result.NOT_ENTITLED
    return Result.MATCHED if matched and not hidden else Result.MISMATCHED


def _says_enough(application: Application, said: Mapping[Fact, str]) -> bool:
    right = {fact for fact, text in said.items() if application.matches(fact, text)}
    return Fact.NUMBER in right or sum(fact in right for fact in TWO_OF) >= 2


def _is_entitled(contact: Contact, application: Application, relation: Relation) -> bool:
    """The applicant, or whoever has a registered power of attorney. A spouse who is not the applicant has none."""
    link = link_between(contact.caller, application) if contact.caller else None
    if link is not None and not link.may_be_told:
        return False
    return relation is Relation.APPLICANT or (link is not None and link.authorised_on is not None)


def _lock_after_failures(contact: Contact, application: Application, by: Staff) -> None:
    """The third failure of a Japanese day, counted since a lock of that day was lifted, locks until its end."""
    start, end = clock.day_bounds(clock.today())
    lifted = select(func.max(DisclosureLock.lifted_at)).where(
        DisclosureLock.application_id == application.id, DisclosureLock.day == clock.today()
    )
    since = max(start, db.session.scalar(lifted) or start)
    failures = select(func.count()).where(
        IdentityCheck.application_id == application.id,
        IdentityCheck.result == Result.MISMATCHED,
        IdentityCheck.checked_at > since if since > start else IdentityCheck.checked_at >= start,
        IdentityCheck.checked_at < end,
    )
    if (db.session.scalar(failures) or 0) < FAILURES_A_DAY:
        return
    lock = DisclosureLock(
        group=application.group,
        application=application,
        contact_id=contact.id,
        day=clock.today(),
        locked_at=clock.now(),
    )
    db.session.add(lock)
    facts = {"contact": contact.id.hex, "failures": FAILURES_A_DAY}
    audit.record(Action.DISCLOSURE_LOCKED, by=by, on=application, facts=facts)
