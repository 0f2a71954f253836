"""The articles that the office starts with: drafts in a real house, approved by an invented ward in the demo."""

from __future__ import annotations

from pathlib import Path

from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.programmes import Programme
from kb.exchange.importing import Importer, Report

SEED = Path(__file__).parents[1] / "data" / "articles.jsonl"


def seed(programme: Programme, *, by: audit.Actor, approved_by: Staff | None = None) -> Report:
    """Lay the articles down; published only with the ward's approval, and never those marked 要区確認.

    Commits by itself; safe to run again."""
    return Importer(programme, by=by, approved_by=approved_by).run(SEED)


def publish_demo(approver: Staff) -> int:
    """Lay the articles down for the programme of a demo's ward person, who approves them. How many are published."""
    programme = db.session.get_one(Programme, approver.programme_ids[0])
    return seed(programme, by=audit.CONSOLE, approved_by=approver).published
