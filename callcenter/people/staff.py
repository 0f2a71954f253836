"""Staff: the people who work here, in what role, for which programmes, and between which days.

A person acts only between designation and release (取扱者の指定). Every deed takes who does it as `by`."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Select,
    UniqueConstraint,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.clock import day_bounds, now, today
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people import codes, letting_in
from callcenter.people.codes import Purpose
from callcenter.people.designations import Designation
from callcenter.people.session_record import Ended, SignIn
from callcenter.people.token_record import end_at_latest, shut_out
from callcenter.permissions import SIDES, Permission, Role, Side, may
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import Grouped, sealed
from callcenter.programmes import Programme, house_keys, period_ids

SIGN_IN_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")


class StaffState(StrEnum):
    """INVITED: has no password yet, only an invitation. DISABLED: shut out at once, whatever the dates say."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class Staff(Grouped, Row):
    """A member of staff, of the contractor or of the ward. What Flask-Login calls the user."""

    __tablename__ = "staff"
    __subject__ = apart("the people who work here; their names stay with what they did")
    __allow_unmapped__ = True
    __table_args__ = (
        UniqueConstraint("id", "side"),
        CheckConstraint("(side = 'ward') = (role IN ('ward_staff', 'ward_auditor'))", name="side_of_role"),
    )

    sign_in_name: Mapped[str] = mapped_column(Words(Why.SIGN_IN, 40), unique=True)
    name = sealed(Item.STAFF, nullable=False)
    kana = sealed(Item.STAFF, nullable=False)
    role: Mapped[Role] = mapped_column(Choice(Role))
    side: Mapped[Side] = mapped_column(Choice(Side))
    state: Mapped[StaffState] = mapped_column(Choice(StaffState), default=StaffState.INVITED)
    password_hash: Mapped[str | None] = mapped_column(Words(Why.KEY, 200))
    password_set_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    designations: Mapped[list[Designation]] = relationship(
        back_populates="staff", order_by="Designation.designated_on, Designation.id"
    )
    assignments: Mapped[list[Assignment]] = relationship(back_populates="staff", cascade="all, delete-orphan")

    sign_in: SignIn | None = None
    _actor: tuple[str, str] | None = None
    _programme_ids: tuple[uuid.UUID, ...] | None = None
    _period_ids: tuple[uuid.UUID, ...] | None = None
    _scope: frozenset[Permission] | None = None

    def __init__(self, *, role: Role, **values: Any):
        super().__init__(role=role, side=SIDES[role], **values)

    # --- finding

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Staff]:
        """Staff that a person may see: colleagues in the same programmes; an administrator sees everybody."""
        if person.role is Role.ADMINISTRATOR:
            return select(cls)
        shared = select(Assignment.staff_id).where(Assignment.programme_id.in_(person.programme_ids))
        return select(cls).where(or_(cls.id == person.id, cls.id.in_(shared)))

    @classmethod
    def named(cls, sign_in_name: str) -> Staff | None:
        """The person with this sign-in name in any width and case, or None."""
        return db.session.scalars(select(cls).where(cls.sign_in_name == folded(sign_in_name))).first()

    # --- what Flask-Login asks

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return self.state is StaffState.ACTIVE

    @property
    def is_anonymous(self) -> bool:
        return False

    def get_id(self) -> str:
        """The token of the sign-in session that loaded this person: never an id of the person."""
        if self.sign_in is None:
            raise RuntimeError("a person without a sign-in session cannot be signed in")
        return self.sign_in.token

    # --- what a person is

    @property
    def actor_id(self) -> str:
        return self._actor[0] if self._actor else self.id.hex

    @property
    def actor_role(self) -> str:
        return self._actor[1] if self._actor else self.role.value

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def programme_ids(self) -> tuple[uuid.UUID, ...]:
        """Programmes this person works for; asked once, then remembered with the instance."""
        if self._programme_ids is None:
            query = select(Assignment.programme_id).where(Assignment.staff_id == self.id)
            self._programme_ids = tuple(db.session.scalars(query))
        return self._programme_ids

    @property
    def period_ids(self) -> tuple[uuid.UUID, ...]:
        """All contract years of those programmes, newest first; remembered with the instance."""
        if self._period_ids is None:
            self._period_ids = tuple(period_ids(list(self.programme_ids)))
        return self._period_ids

    def may(self, permission: Permission) -> bool:
        """Whether this person's role has a permission, and the access token too where one came with the request."""
        if self._scope is not None and permission not in self._scope:
            return False
        return permission is Permission.HALF_SIGNED_IN or may(self.role, permission)

    def is_designated(self, on: date) -> bool:
        """Whether this person may handle personal information on a day: the first and the last day count."""
        return any(d.covers(on) for d in self.designations)

    @property
    def designation(self) -> Designation | None:
        """The designation of today, else the next one to come, else the last one."""
        day = today()
        current = [d for d in self.designations if d.covers(day)]
        coming = [d for d in self.designations if d.designated_on > day]
        return next(iter([*current, *coming, *reversed(self.designations)]), None)

    @property
    def designated_on(self) -> date | None:
        return self.designation.designated_on if self.designation else None

    @property
    def released_on(self) -> date | None:
        return self.designation.released_on if self.designation else None

    # --- what is done to a person

    def rename(self, *, by: audit.Actor, name: str, kana: str) -> None:
        """Correct name and kana."""
        self.name, self.kana = _named(name), _named(kana)
        audit.record(Action.STAFF_CHANGED, by=by, on=self, facts={"fields": ["name", "kana"]})

    def change_role(self, *, by: audit.Actor, role: Role) -> None:
        """Give another role; signs the person out. Raises Conflict for the other side and for oneself, Forbidden for
        who may not let this person in.

        A contractor's person never becomes the ward's: decisions refer to their decider by (id, side)."""
        letting_in.require(by, self)
        if role is self.role:
            return
        if by.actor_id == self.actor_id:
            raise Conflict("自分自身の役割は変更できません。別の管理者に依頼してください。", code="own_role")
        if SIDES[role] is not self.side:
            raise Conflict(
                "区の職員と受託者の職員は入れ替えられません。新しい利用者を登録してください。",
                code="other_side",
            )
        before, self.role = self.role, role
        audit.record(
            Action.STAFF_CHANGED, by=by, on=self, facts={"fields": ["role"], "before": before, "after": role}
        )
        shut_out(self.id, why=Ended.ROLE_CHANGED)

    def assign(self, *, by: audit.Actor, programmes: Collection[Programme]) -> None:
        """Let the person work for exactly these programmes."""
        wanted, known = {p.id for p in programmes}, {a.programme_id for a in self.assignments}
        if wanted == known:
            return
        self.assignments = [a for a in self.assignments if a.programme_id in wanted]
        self.assignments += [Assignment(programme_id=i) for i in sorted(wanted - known)]
        self._programme_ids = self._period_ids = None
        facts = {"fields": ["programmes"], "added": len(wanted - known), "removed": len(known - wanted)}
        audit.record(Action.STAFF_CHANGED, by=by, on=self, facts=facts)

    def designate(self, *, by: audit.Actor, on: date, until: date | None = None) -> Designation:
        """Designate as a handler from one day, perhaps until another. Raises Conflict when it overlaps another."""
        if until is not None and until < on:
            raise Invalid("解除日は指定日以後の日付にしてください。", code="dates_reversed")
        if any(d.overlaps(on, until) for d in self.designations):
            raise Conflict("この期間はすでに指定されています。", code="designated_already")
        made = Designation(staff_id=self.id, designated_on=on, released_on=until, designated_by=by.actor_id)
        self.designations.append(made)
        facts = {"fields": ["designation"], "designated_on": on, "released_on": until}
        audit.record(Action.STAFF_CHANGED, by=by, on=self, facts=facts)
        return made

    def release(self, *, by: audit.Actor, on: date) -> None:
        """Set the last day of the present designation. Sessions and access tokens die by themselves the day after.

        Raises Conflict without a designation, and for oneself."""
        current = self.designation
        if current is None or (current.released_on and current.released_on < today()):
            raise Conflict("取扱者に指定されていません。", code="not_designated")
        if by.actor_id == self.actor_id:
            raise Conflict(
                "自分自身の指定は解除できません。別の管理者に依頼してください。", code="own_release"
            )
        if on < current.designated_on:
            raise Invalid("解除日は指定日以後の日付にしてください。", code="dates_reversed")
        current.released_on, current.released_by, current.release_recorded_at = on, by.actor_id, now()
        end_at_latest(self.id, day_bounds(on)[1])
        audit.record(Action.STAFF_CHANGED, by=by, on=self, facts={"fields": ["release"], "released_on": on})

    def disable(self, *, by: audit.Actor, reason: str) -> None:
        """Shut a person out at once: running sessions die on their next request, invitations are void."""
        if by.actor_id == self.actor_id:
            raise Conflict(
                "自分自身を停止することはできません。別の管理者に依頼してください。", code="own_release"
            )
        self._change_state(StaffState.DISABLED, by, reason)
        shut_out(self.id, why=Ended.DISABLED)
        codes.withdraw(Purpose.INVITATION, self.id)

    def enable(self, *, by: audit.Actor, reason: str) -> None:
        """Let a disabled person in again, with the password they had. Raises Forbidden for who may not let them in."""
        letting_in.require(by, self)
        self._change_state(StaffState.ACTIVE if self.password_hash else StaffState.INVITED, by, reason)

    def keep_password(self, password_hash: str, *, by: audit.Actor) -> None:
        """Keep the hash of a new password (`passwords.hashed`) and let the person sign in with it.

        Raises Conflict for a disabled person."""
        if self.state is StaffState.DISABLED:
            raise Conflict("利用が停止されています。管理者に確認してください。", code="disabled")
        self.password_hash, self.password_set_at, self.state = password_hash, now(), StaffState.ACTIVE
        audit.record(Action.STAFF_PASSWORD_CHANGED, by=by, on=self)

    def forget_password(self, *, by: audit.Actor) -> None:
        """Take the password away; only an invitation lets the person set a new one."""
        self.password_hash, self.state = None, StaffState.INVITED
        audit.record(Action.STAFF_PASSWORD_CHANGED, by=by, on=self, facts={"reset": True})
        shut_out(self.id, why=Ended.PASSWORD_CHANGED)

    def remember(
        self,
        sign_in: SignIn,
        programmes: Iterable[uuid.UUID],
        periods: Iterable[uuid.UUID],
        scope: frozenset[Permission] | None = None,
    ) -> None:
        """Keep what the session's (or token's) one query learned, for this request."""
        self.sign_in, self._actor = sign_in, (self.id.hex, self.role.value)
        self._programme_ids, self._period_ids = tuple(programmes), tuple(periods)
        self._scope = scope

    # --- private

    def _change_state(self, state: StaffState, by: audit.Actor, reason: str) -> None:
        before, self.state = self.state, state
        facts = {"fields": ["state"], "before": before, "after": state}
        audit.record(Action.STAFF_CHANGED, by=by, on=self, facts=facts, reason=reason)


class Assignment(Row):
    """A person works for a programme."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("staff_id", "programme_id"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)

    staff: Mapped[Staff] = relationship(back_populates="assignments")


def appoint(
    *,
    by: audit.Actor,
    sign_in_name: str,
    name: str,
    kana: str,
    role: Role,
    programmes: Collection[Programme] = (),
    designated_on: date | None = None,
    released_on: date | None = None,
) -> Staff:
    """Enter a new person, designated from a day (today unless said) until a day. They still need an invitation.

    Raises Invalid for a sign-in name that is not plain, Conflict for one that is taken."""
    plain = check_sign_in_name(sign_in_name)
    if Staff.named(plain) is not None:
        raise Conflict("このサインイン名はすでに使われています。", code="name_taken")
    person = Staff(group=house_keys(), role=role, sign_in_name=plain, name=_named(name), kana=_named(kana))
    person.state = StaffState.INVITED
    db.session.add(person)
    audit.record(Action.STAFF_CREATED, by=by, on=person, facts={"role": role, "side": person.side})
    person.designate(by=by, on=designated_on or today(), until=released_on)
    person.assign(by=by, programmes=programmes)
    db.session.flush()
    return person


def folded(sign_in_name: str) -> str:
    """A sign-in name as it is compared: NFKC, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", sign_in_name).strip().lower()


def check_sign_in_name(sign_in_name: str) -> str:
    """The folded name. Raises Invalid unless it is 1 to 40 of a–z, 0–9 and inner `.`, `_`, `-`.

    One small alphabet: letters of other scripts that look alike, and characters without width, never make two names
    that people take for one (Unicode TR 39)."""
    plain = folded(sign_in_name)
    if not SIGN_IN_NAME.fullmatch(plain):
        raise Invalid(
            "サインイン名は半角の英小文字・数字・「.」「_」「-」で40文字までにしてください。",
            code="bad_sign_in_name",
        )
    return plain


def colleagues(person: Staff) -> list[Staff]:
    """Active, designated staff in the same programmes, ordered by kana: whom work may be given to."""
    working = Staff.visible_to(person).where(Staff.state == StaffState.ACTIVE, designated(today()))
    return sorted(db.session.scalars(working), key=lambda p: p.kana)


def designated(day: Any) -> ColumnElement[bool]:
    """A condition on `Staff`: designated on a day (a date or a bound parameter), the first and last day included."""
    ends = or_(Designation.released_on.is_(None), Designation.released_on >= day)
    return exists().where(Designation.staff_id == Staff.id, Designation.designated_on <= day, ends)


def anybody() -> bool:
    """Whether anybody at all is registered."""
    return db.session.scalar(select(Staff.id).limit(1)) is not None


def ward_has_come() -> bool:
    """Whether anybody of the ward ever came in; they may have been stopped or released since."""
    came = select(Staff.id).where(Staff.side == Side.WARD, Staff.password_set_at.is_not(None))
    return db.session.scalar(came.limit(1)) is not None


def _named(text: str) -> str:
    text = text.strip()
    if not text or len(text) > 60:
        raise Invalid("氏名とフリガナは1文字以上60文字以内で入力してください。", code="bad_name")
    return text
