"""The roof: builds the house, wires its rooms and registers their pages. The one file that knows every room.

The public face is built by `kb.public.app`, in a process that never loads this file: it knows no room that opens a
sealed value."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Mapping

from flask import Flask
from flask_login import LoginManager

from callcenter import assets, border, contacts, db, desk, files, health, hosts, patterns, prepare, speech
from callcenter.api import nouns as api
from callcenter.applications import caller_panel
from callcenter.applications import commands as application_commands
from callcenter.applications import pages as applications
from callcenter.applications import panels as application_panels
from callcenter.applications import rules as application_rules
from callcenter.applications import search as applications_search
from callcenter.config import CHECKOUT, Settings
from callcenter.live import pages as live
from callcenter.live.feed import Feed
from callcenter.oversight import pages as oversight
from callcenter.people import callers_pages as callers
from callcenter.people import callers_search, sessions
from callcenter.people import commands as people_commands
from callcenter.people import pages as people
from callcenter.people import panels as caller_panels
from callcenter.privacy import checkpoints, keystore, unsealing, vault
from callcenter.privacy import commands as privacy_commands
from callcenter.privacy.lens import checks as lens_checks
from callcenter.privacy.lens import commands as lens_commands
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.follower import Follower
from callcenter.privacy.lens.shelves import SHELVES
from callcenter.privacy.vault import Kind
from callcenter.programmes import living_periods
from callcenter.worker import Chore
from kb import commands as kb_commands
from kb.api import articles as kb_api
from kb.exchange import uploads as faq_uploads
from kb.finding import asked, searches
from kb.pages import every as kb_pages
from kb.public import commands as public_commands
from kb.public import store as face
from kb.public.gathering import Gathering
from kb.public.projection import Projection
from kb.upkeep import care as upkeep
from kb.upkeep import rule_facts
from tickets import commands as ticket_commands
from tickets import opening
from tickets import pages as ticket_pages
from tickets.api import consultations as consultations_api
from tickets.api import escalations as escalations_api
from tickets.api import tickets as tickets_api
from tickets.complaints import complaint
from tickets.demo import guide
from tickets.escalation import escalation, ward_line
from tickets.escalation import lineage as ward_answers
from tickets.faq_work import origins
from tickets.finding import pages_lists, shelf, tallies
from tickets.finding import panels as ticket_panels
from tickets.records import closing, identity
from tickets.records import ticket as tickets
from tickets.wrong_answers import told

PAGES = (
    people.pages,
    callers.pages,
    applications.pages,
    patterns.pages,
    oversight.pages,
    health.pages,
    live.pages,
    kb_pages.pages,
    ticket_pages.pages,
    guide.pages,
)
NOUNS = (
    api.document_nouns,
    api.nouns,
    kb_api.nouns,
    tickets_api.nouns,
    consultations_api.nouns,
    escalations_api.nouns,
)
COMMANDS = (
    people_commands.staff,
    application_commands.applications,
    kb_commands.kb,
    public_commands.public,
    ticket_commands.tickets,
    opening.house,
    opening.work,
)
KERNEL = (
    privacy_commands.audit,
    privacy_commands.keys,
    privacy_commands.doctor_command,
    lens_commands.commands,
)
ROOMS = (applications, complaint, contacts, escalation, tickets, ward_line, privacy_commands)


def create_app(settings: Settings | None = None, environ: Mapping[str, str] = os.environ) -> Flask:
    """The desk: every page and command of the house, bound to one database and one keystore.

    Starts without its database or keys being reachable; what needs them answers 503 until they are back."""
    settings = settings or Settings.from_environment(environ)
    app = border.House(
        "madoguchi",
        template_folder=str(CHECKOUT / "templates"),
        static_folder=str(CHECKOUT / "callcenter" / "static"),
        static_url_path=f"/static/{assets.version()}",
    )
    keys = keystore.Keystore(settings.keys)
    app.extensions["settings"], app.extensions["keystore"] = settings, keys
    is_command = environ.get("FLASK_RUN_FROM_CLI") == "true"
    if is_command:
        prepare.make_keys(settings, keys)
    unsealing.from_environment(keys, environ)
    if keys.has_passphrase:
        unsealing.listen(keys, settings.home / "run")
    app.extensions["vault"] = vault.open_vault(keys)
    db.connect(app, settings, lambda: keys.get(keys.current("database")))
    _configure(app, keys)
    border.guard(app, settings)
    hosts.guard(app, settings)
    _wire(app)
    for pages in PAGES:
        app.register_blueprint(pages)
    for nouns in NOUNS:
        app.register_blueprint(nouns)
        border.csrf.exempt(nouns)
    for commands in (*COMMANDS, *KERNEL):
        app.cli.add_command(commands)
    if is_command and not keys.is_sealed:
        with app.app_context():
            prepare.make_database()
    return app


def serve() -> Flask:
    """The desk for a web process. Everything made so far lasts as long as the process: the collector need not look
    through it again and again while requests are answered."""
    app = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    return app


def _configure(app: Flask, keys: keystore.Keystore) -> None:
    app.session_interface = border.KeyedSessions(keys)
    speech.give(app, "ja", "Asia/Tokyo")
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(sessions.load)
    desk.furnish(app)
    logging.getLogger("callcenter").setLevel(logging.INFO)


def _wire(app: Flask) -> None:
    """Seams between rooms, so that no room needs to look up."""
    settings: Settings = app.extensions["settings"]
    app.extensions["files"] = files.Store(settings.files)
    app.extensions["scanner"] = files.Scanner(settings.clamd)
    callers_search.register(SHELVES)
    applications_search.register(SHELVES)
    caller_panel.register()
    shelf.register(SHELVES)
    ticket_panels.register()
    asked.register()
    origins.register()
    ward_answers.register()
    closing.register("complaints", complaint.why_open)
    told.register()
    application_panels.register_lock("disclosure", identity.why_locked)
    caller_panels.register_lock("disclosure", identity.why_caller_locked)
    application_rules.approved.connect(rule_facts.follow)
    feed = Feed(app, settings.streams)
    app.extensions["live"], app.extensions["threads"] = feed, [feed.pause]
    for tally in tallies.TALLIES:
        feed.tallies.register(tally)
    feed.lists["tickets"] = pages_lists.shown
    lens = Lens(settings.lens, lambda period_id: vault.period_key(period_id, Kind.LENS))
    follower = Follower(lens, SHELVES, living_periods)
    app.extensions["lens"], app.extensions["follower"] = lens, follower
    projection = Projection(face.open_as_house(settings))
    app.extensions["projection"] = projection
    app.extensions["chores"] = [
        Chore("follow", 0.2, follower.step),
        Chore("sign", 60, checkpoints.sign_due),
        Chore("begin", 30, upkeep.begin_due),
        Chore("face", 0.5, projection.step),
        Chore("uploads", 3600, faq_uploads.forget_old),
        Chore("forget searches", 3600, searches.forget_old),
        Chore("gather", 2, Gathering(projection.store).step),
    ]
    lens_checks.register(follower, living_periods)
