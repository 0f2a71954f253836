"""All pages of the FAQ room, on one blueprint."""

from kb import (
    pages_approving,
    pages_exchange,
    pages_feedback,
    pages_finding,
    pages_images,
    pages_links,
    pages_pins,
    pages_reading,
    pages_rules,
    pages_searches,
    pages_synonyms,
    pages_typing,
    pages_upkeep,
    pages_words,
    pages_writing,
)
from kb.blueprint import pages

__all__ = [
    "pages",
    "pages_approving",
    "pages_exchange",
    "pages_feedback",
    "pages_finding",
    "pages_images",
    "pages_links",
    "pages_pins",
    "pages_reading",
    "pages_rules",
    "pages_searches",
    "pages_synonyms",
    "pages_typing",
    "pages_upkeep",
    "pages_words",
    "pages_writing",
]
