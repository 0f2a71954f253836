"""All pages of the FAQ room, on one blueprint."""

from kb.pages import (
    approving,
    exchange,
    feedback,
    finding,
    images,
    links,
    pins,
    reading,
    rules,
    searches,
    synonyms,
    typing,
    upkeep,
    words,
    writing,
)
from kb.pages.blueprint import pages

__all__ = [
    "approving",
    "exchange",
    "feedback",
    "finding",
    "images",
    "links",
    "pages",
    "pins",
    "reading",
    "rules",
    "searches",
    "synonyms",
    "typing",
    "upkeep",
    "words",
    "writing",
]
