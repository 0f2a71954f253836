"""All pages of the applications room, on one blueprint."""

from callcenter.applications import pages_application, pages_changes, pages_list, pages_rules
from callcenter.applications.blueprint import pages

__all__ = ["pages", "pages_application", "pages_changes", "pages_list", "pages_rules"]
