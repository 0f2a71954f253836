"""What the house refuses, in words a person can act on. One handler in the border shows them all."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A sentence for people (Japanese), a stable code for programs, and the HTTP status it becomes.

    Never holds personal data: texts name numbers and ids only."""

    status = 400
    code = "refused"
    is_recorded = False
    """Whether the trail knows of it already (or need not), so that the border writes no entry."""

    def __init__(self, message: str, *, code: str | None = None, facts: Mapping[str, object] | None = None):
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.facts = dict(facts or {})


class NotFound(Refusal):
    """No such record, or none that this person may see: the two look the same."""

    status = 404
    code = "not_found"


class Forbidden(Refusal):
    status = 403
    code = "forbidden"


class Conflict(Refusal):
    """Another person changed the same thing, or the state does not allow it now."""

    status = 409
    code = "conflict"


class Invalid(Refusal):
    status = 422
    code = "invalid"


class Locked(Refusal):
    status = 423
    code = "locked"


class TooMany(Refusal):
    status = 429
    code = "too_many"


class Unavailable(Refusal):
    """Something the house stands on is away (database, keys, disk); works again without a restart."""

    status = 503
    code = "unavailable"


class Damaged(Refusal):
    """A sealed value does not open: it was changed or moved. Shown as damaged, never as text."""

    status = 500
    code = "damaged"
