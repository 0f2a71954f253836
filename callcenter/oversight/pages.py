"""All pages of the oversight room, on one blueprint."""

from callcenter.oversight import checks, pages_chain, pages_items, pages_keys, pages_ledger
from callcenter.oversight.blueprint import pages

__all__ = ["checks", "pages", "pages_chain", "pages_items", "pages_keys", "pages_ledger"]
