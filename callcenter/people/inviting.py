"""Invitations: how a person is let in without anybody else ever knowing their password."""

from __future__ import annotations

import uuid

from callcenter.db import db
from callcenter.errors import Conflict, Invalid
from callcenter.people import codes, letting_in, totp
from callcenter.people.codes import OneTimeCode, Purpose
from callcenter.people.session_record import Ended
from callcenter.people.staff import Staff, StaffState, ward_has_come
from callcenter.people.token_record import shut_out
from callcenter.permissions import Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

PAPER = 40
"""Characters of the number of the ward's designation paper, at most."""


def invite(person: Staff, *, by: audit.Actor, paper: str | None = None) -> str:
    """A one-time code (good for three days) with which the person sets a password. Shown once, never kept.

    A password they have is void from now on; the second factor stays and will be asked for (OWASP ASVS V6.4.3).
    `paper` is the number of the ward's designation paper, where the invitation stands on one (`stands_on_paper`).
    Raises Conflict for oneself and for a disabled person, Forbidden for who may not let this person in, Invalid
    where the number is missing or too long."""
    if by.actor_id == person.actor_id:
        raise Conflict(
            "自分自身は招待できません。パスワードはアカウントの画面で変更してください。",
            code="own_invitation",
        )
    facts = _authority(person, by, paper)
    if person.state is StaffState.DISABLED:
        raise Conflict("利用が停止されています。再開してから招待してください。", code="disabled")
    if person.password_hash is not None:
        person.forget_password(by=by)
    audit.record(Action.STAFF_INVITED, by=by, on=person, facts=facts)
    return codes.issue(Purpose.INVITATION, by=by.actor_id, staff_id=person.id)


def reset_factor(person: Staff, *, by: audit.Actor, paper: str | None = None) -> str:
    """For a lost device: forget authenticator, recovery codes and password, end all sessions and tokens; gives an invitation.

    Raises what `invite` does."""
    code = invite(person, by=by, paper=paper)
    totp.remove(person, by=by)
    shut_out(person.id, why=Ended.FACTOR_CHANGED)
    return code


def stands_on_paper(person: Staff, by: audit.Actor) -> bool:
    """Whether this actor's invitation of this person asks for the number of the ward's paper."""
    return letting_in.may_invite_on_paper(by, person, ward_has_come=ward_has_come())


def still_opens(code: OneTimeCode, person: Staff) -> bool:
    """Whether an invitation is good yet: one that an administrator gave on paper ends when another of the ward came
    in before. Source: docs/rules.md#ward-alone."""
    if person.side is Side.CONTRACTOR or code.made_by == audit.CONSOLE.actor_id:
        return True
    maker = db.session.get_one(Staff, uuid.UUID(code.made_by))
    return maker.side is Side.WARD or not ward_has_come()


def _authority(person: Staff, by: audit.Actor, paper: str | None) -> dict[str, object]:
    """What the trail says an invitation stands on: the number of a paper, or nothing beyond who made it."""
    if not stands_on_paper(person, by):
        letting_in.require(by, person)
        return {}
    number = (paper or "").strip()
    if not 0 < len(number) <= PAPER:
        raise Invalid("区の指定書の番号を1文字以上40文字以内で入力してください。", code="paper_needed")
    return {"paper": number}
