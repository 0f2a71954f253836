"""All pages of this room, on one blueprint."""

from tickets import (
    pages_attachments,
    pages_calls,
    pages_corrections,
    pages_drafts,
    pages_home,
    pages_identity,
    pages_lists,
    pages_revealing,
    pages_search,
    pages_ticket,
    pages_told,
    pages_tray,
    pages_work,
)
from tickets.blueprint import pages

__all__ = [
    "pages",
    "pages_attachments",
    "pages_calls",
    "pages_corrections",
    "pages_drafts",
    "pages_home",
    "pages_identity",
    "pages_lists",
    "pages_revealing",
    "pages_search",
    "pages_ticket",
    "pages_told",
    "pages_tray",
    "pages_work",
]
