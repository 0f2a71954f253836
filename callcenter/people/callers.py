"""Callers (相談者): who calls, their numbers and addresses, and what they were called before a correction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, InPeriod, Moment, Row, db
from callcenter.errors import Conflict, Invalid
from callcenter.people import phones
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.items import Item
from callcenter.privacy.lens.folding import fold
from callcenter.privacy.subjects import PersonKind, belongs_to, is_person
from callcenter.privacy.vault import Grouped, Kind, new_group, sealed
from callcenter.programmes import Period


class Relation(StrEnum):
    """Who a caller is to the applicant. Belongs to a link or a consultation, not to the caller."""

    APPLICANT = "applicant"
    SPOUSE = "spouse"
    AGENT = "agent"
    PROVIDER = "provider"
    UNKNOWN = "unknown"


RELATIONS = {
    Relation.APPLICANT: _l("本人"),
    Relation.SPOUSE: _l("配偶者"),
    Relation.AGENT: _l("代理人"),
    Relation.PROVIDER: _l("事業者"),
    Relation.UNKNOWN: _l("不明"),
}


class PhoneLabel(StrEnum):
    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"


PHONE_LABELS = {PhoneLabel.MOBILE: _l("携帯"), PhoneLabel.HOME: _l("自宅"), PhoneLabel.WORK: _l("勤務先")}


IS_STANDING = text("merged_into_id IS NULL")
STANDING: Any = {"sqlite_where": IS_STANDING, "postgresql_where": IS_STANDING}
"""An index of those that were not merged away alone: what the list of callers goes through."""


class Caller(InPeriod, Grouped, Row):
    """A person who calls, writes or stands at the counter. Anonymous questions have none."""

    __tablename__ = "caller"
    __table_args__ = (
        UniqueConstraint("period_id", "identity_digest"),
        CheckConstraint("merged_into_id <> id", name="not_into_itself"),
        Index("ix_caller_standing", "period_id", "id", **STANDING),
    )

    __subject__ = is_person(PersonKind.CALLER, at="created_at")

    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("caller.id"), index=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    identity_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    name: str | None = sealed(Item.NAME)
    kana: str | None = sealed(Item.NAME)
    address: str | None = sealed(Item.ADDRESS)

    period: Mapped[Period] = relationship(Period)
    phones: Mapped[list[CallerPhone]] = relationship(
        back_populates="caller", order_by="CallerPhone.created_at, CallerPhone.id"
    )
    mails: Mapped[list[CallerMail]] = relationship(
        back_populates="caller", order_by="CallerMail.created_at, CallerMail.id"
    )
    versions: Mapped[list[CallerVersion]] = relationship(order_by="CallerVersion.revision.desc()")
    merged_into: Mapped[Caller | None] = relationship(
        remote_side="Caller.id", foreign_keys=[merged_into_id], back_populates="merged"
    )
    merged: Mapped[list[Caller]] = relationship(foreign_keys=[merged_into_id], back_populates="merged_into")

    @classmethod
    def create(
        cls,
        period: Period,
        *,
        by: Actor,
        name: str | None = None,
        kana: str | None = None,
        address: str | None = None,
        phones: Iterable[tuple[PhoneLabel, str]] = (),
        mails: Iterable[str] = (),
        identity_digest: bytes | None = None,
        recorded: bool = True,
    ) -> Caller:
        """A new caller in the session, with its own data key. Texts are kept exactly as given.

        `recorded=False` leaves the audit row to the one who makes many (an import writes one for all).
        Raises Invalid when nothing at all is known of the caller, or a number is a withheld one."""
        phones, mails = list(phones), list(mails)
        if not any((name, kana, address, phones, mails)):
            raise Invalid(
                "氏名・カナ・住所・電話・メールのどれか一つは入力してください。", code="caller_empty"
            )
        caller = cls(
            group=new_group(period.id, Kind.CALLER),
            period_id=period.id,
            created_at=clock.now(),
            created_by_id=staff_id(by),
            revision=1,
            identity_digest=identity_digest,
        )
        caller.period = period
        caller.name, caller.kana, caller.address = name or None, kana or None, address or None
        for label, number in phones:
            caller._new_phone(label, number, by)
        for mail in mails:
            caller._new_mail(mail, by)
        db.session.add(caller)
        if recorded:
            audit.record(Action.CALLER_CREATED, by=by, on=caller)
        return caller

    @classmethod
    def visible_to(cls, person: Any) -> Select[Caller]:
        """Callers of the programmes that a person is assigned to; merged ones too."""
        return select(cls).where(cls.period_id.in_(person.period_ids))

    @classmethod
    def imported(cls, period_id: uuid.UUID, digests: Sequence[bytes]) -> dict[bytes, uuid.UUID]:
        """Which of these identities (see `identity_digest`) an import has made already: digest → caller id."""
        known: dict[bytes, uuid.UUID] = {}
        for start in range(0, len(digests), 500):
            part = digests[start : start + 500]
            query = select(cls.identity_digest, cls.id).where(
                cls.period_id == period_id, cls.identity_digest.in_(part)
            )
            known |= {digest: caller_id for digest, caller_id in db.session.execute(query) if digest}
        return known

    # --- what it is

    @property
    def survivor(self) -> Caller:
        """The caller under whom this one is shown: itself, or the one it was merged into."""
        return self.merged_into or self

    @property
    def family(self) -> list[Caller]:
        """This caller and all that were merged into it (of the survivor)."""
        return [self.survivor, *self.survivor.merged]

    @property
    def current_phones(self) -> list[CallerPhone]:
        """Numbers in use, those of merged callers included."""
        return [phone for caller in self.family for phone in caller.phones if phone.ended_at is None]

    @property
    def current_mails(self) -> list[CallerMail]:
        return [mail for caller in self.family for mail in caller.mails if mail.ended_at is None]

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        shown = [self.id, *([self.merged_into_id] if self.merged_into_id else [])]
        return [(shelf, caller_id) for caller_id in shown for shelf in ("caller", "of-caller")]

    # --- what it does

    def update(self, *, by: Actor, seen_revision: int, **values: str | None) -> bool:
        """Set name, kana or address; the values before stay in a version. False when nothing changed.

        Raises Conflict when somebody saved since `seen_revision`, and when the caller was merged away."""
        self._require_unmerged()
        if seen_revision != self.revision:
            raise Conflict(
                "ほかの人が先に保存しました。開き直して、違いを確かめてください。", code="revision"
            )
        unknown = values.keys() - {"name", "kana", "address"}
        if unknown:
            raise TypeError(f"a caller has no {sorted(unknown)}")
        changed = sorted(field for field, text in values.items() if (text or None) != getattr(self, field))
        if not changed:
            return False
        self._keep_version(by)
        for field in changed:
            setattr(self, field, values[field] or None)
        audit.record(Action.CALLER_UPDATED, by=by, on=self, facts={"fields": changed})
        return True

    def add_phone(self, label: PhoneLabel, number: str, *, by: Actor) -> CallerPhone:
        """Add a number exactly as it was said. Raises Invalid for one that cannot be looked up (非通知, 公衆電話)."""
        phone = self._new_phone(label, number, by)
        audit.record(Action.CALLER_UPDATED, by=by, on=self, facts={"fields": ["phones"]})
        return phone

    def add_mail(self, address: str, *, by: Actor) -> CallerMail:
        """Add a mail address. Raises Invalid when it is none."""
        mail = self._new_mail(address, by)
        audit.record(Action.CALLER_UPDATED, by=by, on=self, facts={"fields": ["mails"]})
        return mail

    def end(self, reach: CallerPhone | CallerMail, *, by: Actor) -> None:
        """A number or mail address is no longer in use; the row stays, with who ended it and when."""
        if reach.caller_id != self.id:
            raise ValueError("this belongs to another caller")
        reach.ended_at, reach.ended_by_id = clock.now(), staff_id(by)
        facts = {"fields": ["phones" if isinstance(reach, CallerPhone) else "mails"], "ended": reach.id.hex}
        audit.record(Action.CALLER_UPDATED, by=by, on=self, facts=facts)

    def _new_phone(self, label: PhoneLabel, number: str, by: Actor) -> CallerPhone:
        if phones.key(number) is None:
            raise Invalid("電話番号として読めません。数字で入力してください。", code="phone_unreadable")
        made = {"created_at": clock.now(), "created_by_id": staff_id(by)}
        self.phones.append(CallerPhone(group=self.group, label=label, number=number, **made))
        return self.phones[-1]

    def _new_mail(self, address: str, by: Actor) -> CallerMail:
        if "@" not in address.strip("@") or any(character.isspace() for character in address):
            raise Invalid("メールアドレスとして読めません。", code="mail_unreadable")
        made = {"created_at": clock.now(), "created_by_id": staff_id(by)}
        self.mails.append(CallerMail(group=self.group, address=address, **made))
        return self.mails[-1]

    def _keep_version(self, by: Actor) -> None:
        version = CallerVersion(
            group=self.group,
            revision=self.revision,
            ended_at=clock.now(),
            ended_by_id=staff_id(by),
            name=self.name,
            kana=self.kana,
            address=self.address,
        )
        self.versions.insert(0, version)
        self.revision += 1

    def _require_unmerged(self) -> None:
        if self.merged_into_id is not None:
            raise Conflict("この相談者は統合されています。統合先を開いてください。", code="caller_merged")


class _Reach(Grouped, Row):
    """A way to reach a caller, from when to when."""

    __abstract__ = True

    caller_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class CallerPhone(_Reach):
    """A number of a caller, as it was said. Several callers may stand behind one number."""

    __tablename__ = "caller_phone"
    __subject__ = belongs_to("caller_id", show=("label", "ended_at"), at="created_at")

    label: Mapped[PhoneLabel] = mapped_column(Choice(PhoneLabel))
    number: str = sealed(Item.PHONE, nullable=False)
    caller: Mapped[Caller] = relationship(back_populates="phones")

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return self.caller.lens_keys()


class CallerMail(_Reach):
    """A mail address of a caller."""

    __tablename__ = "caller_mail"
    __subject__ = belongs_to("caller_id", show=("ended_at",), at="created_at")

    address: str = sealed(Item.MAIL, nullable=False)
    caller: Mapped[Caller] = relationship(back_populates="mails")

    def lens_keys(self) -> list[tuple[str, uuid.UUID]]:
        return self.caller.lens_keys()


class CallerVersion(Grouped, Row):
    """What a caller's name, kana and address were before a change."""

    __tablename__ = "caller_version"
    __subject__ = belongs_to("caller_id", at="ended_at")
    __table_args__ = (UniqueConstraint("caller_id", "revision"),)

    caller_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("caller.id"))
    revision: Mapped[int]
    ended_at: Mapped[datetime] = mapped_column(Moment)
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    name: str | None = sealed(Item.NAME)
    kana: str | None = sealed(Item.NAME)
    address: str | None = sealed(Item.ADDRESS)


def identity_digest(
    period_id: uuid.UUID, *, name: str | None, kana: str | None, phone: str | None, mail: str | None
) -> bytes | None:
    """The keyed digest by which an import knows a caller again: folded name or kana, with the phone's key or the mail.

    None when there is neither phone nor mail: a name alone is nobody in particular."""
    reach = phones.key(phone) or (mail or "").strip().casefold()
    if not reach:
        return None
    who = fold(name or kana or "").replace(" ", "")
    return vault.digest(period_id, "caller", f"{who}|{reach}")


def staff_id(by: Actor) -> uuid.UUID | None:
    """The id of the member of staff who acts; None for the console and the system."""
    known = getattr(by, "id", None)
    return known if isinstance(known, uuid.UUID) else None
