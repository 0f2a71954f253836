"""All pages about callers, on one blueprint."""

from callcenter.people import pages_caller_merges, pages_callers, pages_protection
from callcenter.people.callers_blueprint import pages

__all__ = ["pages", "pages_caller_merges", "pages_callers", "pages_protection"]
