"""Who may do what: every word, every role, in one table. What stands nowhere is refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """`noun:verb`. A route names one of these or it does not answer."""

    ANYONE = "anyone"
    HALF_SIGNED_IN = "half:signed-in"
    SIGNED_IN = "signed:in"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_WRITE = "applications:write"
    APPLICATIONS_DECIDE = "applications:decide"
    APPLICATIONS_UNLOCK = "applications:unlock"
    AUDIT_READ = "audit:read"
    CALLERS_MERGE = "callers:merge"
    CALLERS_READ = "callers:read"
    CALLERS_WRITE = "callers:write"
    CATEGORIES_WRITE = "categories:write"
    CLAUSES_WRITE = "clauses:write"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    COMPLAINTS_HANDLE = "complaints:handle"
    COMPLAINTS_READ = "complaints:read"
    COMPLAINTS_WRITE = "complaints:write"
    ESCALATIONS_ANSWER = "escalations:answer"
    ESCALATIONS_ENTER = "escalations:enter"
    ESCALATIONS_RAISE = "escalations:raise"
    ESCALATIONS_READ = "escalations:read"
    IDENTITY_CHECK = "identity:check"
    ITEMS_APPROVE = "items:approve"
    ITEMS_READ = "items:read"
    KB_APPROVE = "kb:approve"
    KB_CURATE = "kb:curate"
    KB_READ = "kb:read"
    KB_WRITE = "kb:write"
    PERSONAL_REVEAL = "personal:reveal"
    PROTECTION_READ = "protection:read"
    PROTECTION_WRITE = "protection:write"
    RULES_WRITE = "rules:write"
    STAFF_INVITE = "staff:invite"
    STAFF_READ = "staff:read"
    STAFF_WRITE = "staff:write"
    TICKETS_ASSIGN = "tickets:assign"
    TICKETS_CORRECT = "tickets:correct"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"


class Side(StrEnum):
    """Whose person this is: the contractor's or the ward's."""

    CONTRACTOR = "contractor"
    WARD = "ward"


class Role(StrEnum):
    PHONE_AGENT = "phone_agent"
    MAIL_AGENT = "mail_agent"
    SUPERVISOR = "supervisor"
    PRE_SCREENER = "pre_screener"
    DISPATCHER = "dispatcher"
    WARD_STAFF = "ward_staff"
    PRIVACY_OFFICER = "privacy_officer"
    WARD_AUDITOR = "ward_auditor"
    ADMINISTRATOR = "administrator"


P = Permission

_AGENT = {
    P.APPLICATIONS_READ,
    P.CALLERS_READ,
    P.CALLERS_WRITE,
    P.COMPLAINTS_READ,
    P.COMPLAINTS_WRITE,
    P.CONTACTS_READ,
    P.CONTACTS_WRITE,
    P.ESCALATIONS_RAISE,
    P.ESCALATIONS_READ,
    P.IDENTITY_CHECK,
    P.KB_READ,
    P.PERSONAL_REVEAL,
    P.TICKETS_READ,
    P.TICKETS_WRITE,
}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.PHONE_AGENT: frozenset(_AGENT),
    Role.MAIL_AGENT: frozenset(_AGENT),
    Role.SUPERVISOR: frozenset(
        _AGENT
        | {
            P.APPLICATIONS_UNLOCK,
            P.CALLERS_MERGE,
            P.CATEGORIES_WRITE,
            P.COMPLAINTS_HANDLE,
            P.ESCALATIONS_ENTER,
            P.KB_CURATE,
            P.KB_WRITE,
            P.PROTECTION_READ,
            P.RULES_WRITE,
            P.STAFF_READ,
            P.TICKETS_ASSIGN,
            P.TICKETS_CORRECT,
        }
    ),
    Role.PRE_SCREENER: frozenset(
        {
            P.APPLICATIONS_READ,
            P.APPLICATIONS_WRITE,
            P.CALLERS_READ,
            P.KB_READ,
            P.PERSONAL_REVEAL,
            P.TICKETS_READ,
        }
    ),
    Role.DISPATCHER: frozenset({P.APPLICATIONS_READ, P.KB_READ}),
    Role.WARD_STAFF: frozenset(
        {
            P.APPLICATIONS_READ,
            P.APPLICATIONS_DECIDE,
            P.CALLERS_READ,
            P.COMPLAINTS_READ,
            P.ESCALATIONS_ANSWER,
            P.ESCALATIONS_READ,
            P.ITEMS_APPROVE,
            P.ITEMS_READ,
            P.KB_APPROVE,
            P.KB_CURATE,
            P.KB_READ,
            P.PERSONAL_REVEAL,
            P.PROTECTION_READ,
            P.PROTECTION_WRITE,
            P.RULES_WRITE,
            P.STAFF_INVITE,
            P.STAFF_READ,
            P.TICKETS_READ,
        }
    ),
    Role.PRIVACY_OFFICER: frozenset({P.AUDIT_READ, P.ITEMS_READ, P.STAFF_READ}),
    Role.WARD_AUDITOR: frozenset({P.AUDIT_READ, P.ITEMS_READ, P.STAFF_READ}),
    Role.ADMINISTRATOR: frozenset(
        {
            P.CATEGORIES_WRITE,
            P.CLAUSES_WRITE,
            P.ITEMS_READ,
            P.KB_READ,
            P.STAFF_INVITE,
            P.STAFF_READ,
            P.STAFF_WRITE,
        }
    ),
}

SIDES: dict[Role, Side] = {
    role: Side.WARD if role in (Role.WARD_STAFF, Role.WARD_AUDITOR) else Side.CONTRACTOR for role in Role
}


def allow(permission: Permission) -> Callable[[View], View]:
    """Mark a view with the permission it needs. A view without this mark is refused by the border."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return permission in (Permission.ANYONE, Permission.SIGNED_IN) or permission in ROLES[role]
