"""The gate: what a signed-in person has to do before anything else."""

from __future__ import annotations

from flask import request

from callcenter.people.staff import Staff
from callcenter.permissions import Permission

ALWAYS_OPEN = frozenset({"people.sign_out"})
CLAUSES = "people.clauses"
CODE = "people.code"


def gate(staff: Staff, needed: Permission, endpoint: str | None = None) -> str | None:
    """The endpoint to send the person to first, or None to let them on.

    First the second factor: a half-signed-in session reaches only pages marked `half:signed-in`. Then the
    confidentiality clauses of the version in force. `endpoint` is that of the request unless said."""
    endpoint = endpoint or request.endpoint
    sign_in = staff.sign_in
    if sign_in is None:
        return CODE
    if endpoint in ALWAYS_OPEN:
        return None
    if sign_in.is_half:
        return None if needed is Permission.HALF_SIGNED_IN else CODE
    if sign_in.owes_clauses and endpoint != CLAUSES:
        return CLAUSES
    return None
