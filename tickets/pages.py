"""All pages of this room, on one blueprint."""

from tickets.calls import pages_calls, pages_identity, pages_tray
from tickets.cases import pages_attachments, pages_corrections, pages_revealing, pages_ticket
from tickets.complaints import pages as pages_complaints
from tickets.escalation import pages as pages_escalation
from tickets.escalation import pages_lines
from tickets.faq_work import pages as pages_work
from tickets.finding import pages_lists, pages_search
from tickets.home import pages_drafts, pages_home
from tickets.signs.blueprint import pages
from tickets.wrong_answers import pages as pages_told

__all__ = [
    "pages",
    "pages_attachments",
    "pages_calls",
    "pages_complaints",
    "pages_corrections",
    "pages_drafts",
    "pages_escalation",
    "pages_home",
    "pages_identity",
    "pages_lines",
    "pages_lists",
    "pages_revealing",
    "pages_search",
    "pages_ticket",
    "pages_told",
    "pages_tray",
    "pages_work",
]
