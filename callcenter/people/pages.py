"""All pages of the people room, on one blueprint."""

from callcenter.people import (
    pages_account,
    pages_clauses,
    pages_entry,
    pages_factor,
    pages_letting_in,
    pages_sign_in,
    pages_staff,
    pages_step_up,
    pages_tokens,
)
from callcenter.people.blueprint import pages

__all__ = [
    "pages",
    "pages_account",
    "pages_clauses",
    "pages_entry",
    "pages_factor",
    "pages_letting_in",
    "pages_sign_in",
    "pages_staff",
    "pages_step_up",
    "pages_tokens",
]
