"""What the database itself refuses about applications, whatever the program says or whoever writes past it.

Source: docs/rules.md#application-flow."""

from __future__ import annotations

from callcenter.applications.flow import DECIDED
from callcenter.privacy import triggers

DECIDED_WORDS = ", ".join(f"'{state}'" for state in sorted(DECIDED))

_BY_THE_WARD = (
    "EXISTS (SELECT 1 FROM decision"
    " WHERE application_id = NEW.id AND outcome = NEW.state AND decider_side = 'ward')"
)

ONLY_BY_DECISION = triggers.register(
    triggers.Guard(
        name="application_decided",
        table="application",
        column="state",
        when=f"NEW.state IN ({DECIDED_WORDS}) AND NOT {_BY_THE_WARD}",
        complaint="only a decision of the ward makes an application decided",
    )
)
"""A decision row stands before the state says so: its own constraints make it the ward's."""
