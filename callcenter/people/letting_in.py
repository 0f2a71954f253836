"""Who lets a person in or gives them more power: the ward its own people, the contractor's administrator theirs.

Source: docs/rules.md#ward-alone."""

from __future__ import annotations

from typing import Any

from callcenter.errors import Forbidden
from callcenter.permissions import Role, Side
from callcenter.privacy.audit import CONSOLE


def may_let_in(by: Any, person: Any) -> bool:
    """Whether an actor invites this person, takes their lost factor away, changes their role or lifts their stop.

    A person of the ward: ward staff of a programme they share. One of the contractor: an administrator, the console."""
    if person.side is Side.WARD:
        return _role(by) is Role.WARD_STAFF and not set(by.programme_ids).isdisjoint(person.programme_ids)
    return by == CONSOLE or _role(by) is Role.ADMINISTRATOR


def may_invite_on_paper(by: Any, person: Any, *, ward_has_come: bool) -> bool:
    """Whether the ward's paper (区の指定書) stands in for a ward person: on the console always; for an administrator
    until the first of the ward has come, and only to let in 区職員, who then invite the others."""
    if person.side is not Side.WARD:
        return False
    begins = _role(by) is Role.ADMINISTRATOR and person.role is Role.WARD_STAFF and not ward_has_come
    return by == CONSOLE or begins


def require(by: Any, person: Any) -> None:
    """Raise Forbidden, with who can do it, unless the actor may let this person in."""
    if may_let_in(by, person):
        return
    if person.side is Side.WARD:
        raise Forbidden(
            "区の職員の招待、認証アプリの取消し、役割の変更、利用の再開は、同じ事業の区職員だけが行えます。"
            "区職員に依頼してください。",
            code="ward_alone",
        )
    raise Forbidden(
        "受託者の職員の招待、認証アプリの取消し、役割の変更、利用の再開は、管理者だけが行えます。"
        "管理者に依頼してください。",
        code="administrator_alone",
    )


def _role(by: Any) -> Role | None:
    """The role of a member of staff; the console and the system have none."""
    return getattr(by, "role", None)
