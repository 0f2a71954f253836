"""A refusal of a record becomes a fault at its place in the body, so that a program knows what to mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from callcenter.api.bodies import pointed
from callcenter.api.problems import Faulty
from callcenter.errors import Invalid

PLACES = {
    "answer_missing": "/answer",
    "application_elsewhere": "/application",
    "content_missing": "/content",
    "due_in_past": "/due_on",
    "follow_up_empty": "/text",
    "name_missing": "/spoke_with",
    "note_empty": "/text",
    "owner_elsewhere": "/owner",
    "question_missing": "/question",
    "received_in_future": "/received_at",
    "subject_missing": "/subject",
    "summary_missing": "/summary",
    "text_missing": "/text",
    "urgency_too_low": "/urgency",
    "wanted_in_past": "/wanted_at",
}


@contextmanager
def pointing(otherwise: str = "") -> Iterator[None]:
    """Within, Invalid is raised as Faulty with a pointer: that of its code, else `otherwise`."""
    try:
        yield
    except Faulty:  # points already
        raise
    except Invalid as problem:
        raise Faulty([pointed(PLACES.get(problem.code, otherwise), problem.message, problem.code)]) from None
