"""Every page of the demo office, in a real browser, at the desk and on a phone: axe finds nothing, nothing overflows.

Pages come from the URL map; an address that needs a record gets one of the demo's."""

import json

import pytest
from sqlalchemy import select

from callcenter import prepare
from callcenter.applications.models import Application
from callcenter.config import Settings
from callcenter.contacts import Contact
from callcenter.db import db, disconnect, writing
from callcenter.people import sessions
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.permissions import ROLES, Permission, Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import AuditEntry
from callcenter.privacy.items import Extra
from callcenter.privacy.keystore import Keystore
from callcenter.programmes import Programme
from kb.articles.article import Article
from kb.exchange import seeding
from kb.exchange.reading import Format
from kb.exchange.uploads import Upload
from kb.finding.searches import keep
from kb.words.lists import OfficeWord, SynonymGroup
from tests.serving import listening
from tickets.complaints.complaint import Complaint, ComplaintKind
from tickets.demo.office import STAFF, DemoOffice
from tickets.escalation.escalation import Escalation, Question
from tickets.escalation.urgency import Matter, Urgency
from tickets.finding.searches import Search
from tickets.records.consultation import Consultation
from tickets.records.ticket import Ticket
from wsgi import create_app

ANSWERS_SCRIPTS = frozenset(
    {
        "static",
        "health.alive",
        "health.ready",
        "health.metrics",
        "live.stream",
        "people.session_state",
        "people.factor_picture",
        "tickets.total",
        "tickets.attachment",
        "kb.image",
        "kb.rejected_lines",
        "tickets.commands",
        "oversight.checkpoint",
    }
)
"""Addresses that answer a script or a machine: no page to look at."""
SMALL = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A demo office on a real port; `office.url`, `office.page_of(rule)`, `office.cookie(role)`."""
    settings = Settings.from_environment({"CALLCENTER_HOME": str(tmp_path_factory.mktemp("demo"))})
    prepare.make_keys(settings, Keystore(settings.keys))
    app = create_app(settings, environ={})
    with app.app_context():
        prepare.make_database()
        programme = db.session.scalars(select(Programme)).one()
        db.session.rollback()
        DemoOffice(programme, lambda _: None).make()
        seeding.seed(programme, by=audit.CONSOLE, approved_by=Staff.named("kato"))
        db.session.rollback()
        app.extensions["follower"].catch_up()
    with listening(app) as url:
        yield Office(app, url)
    with app.app_context():
        disconnect()


class Office:
    """The demo office under test."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        with app.app_context():
            self._values = _records()

    def pages(self):
        """(rule, permission) of every address that shows a page."""
        for rule in self.app.url_map.iter_rules():
            if "GET" in rule.methods and rule.endpoint not in ANSWERS_SCRIPTS:
                permission = getattr(self.app.view_functions[rule.endpoint], "permission", None)
                if not rule.rule.startswith(("/tickets/<programme>", "/api/")):
                    yield rule, permission

    def address(self, rule):
        """The address of a rule with the demo's records."""
        given = dict(self._values)
        given["number"] = 1 if rule.endpoint == "kb.revision" else self._values["ticket"]
        given["part"] = "mine"
        values = {name: given[name] for name in rule._converters}
        return self.url + rule.build(values)[1]

    def sign_in(self, context, role):
        """Give a browser the session of somebody in this role."""
        name = next(n for n, _name, _kana, r in STAFF if r is role)
        with self.app.app_context():
            with writing():
                token = sessions.begin(Staff.named(name), address="127.0.0.1").token
            signer = self.app.session_interface.get_signing_serializer(self.app)
            value = signer.dumps({"_user_id": token, "_fresh": True})
        context.add_cookies([{"name": "madoguchi", "value": value, "url": self.url}])


def _records():
    """Ids of records of the demo, by the name that routes give them."""
    first = {
        "contact_id": select(Contact.id).where(Contact.settled_at.is_(None)),
        "caller_id": select(Caller.id).join(Ticket, Ticket.caller_id == Caller.id),
        "article_id": select(Article.id),
        "staff_id": select(Staff.id).where(Staff.sign_in_name == "ueda"),
        "application_id": select(Application.id),
        "programme_id": select(Programme.id),
        "seq": select(AuditEntry.seq).where(AuditEntry.action == Action.HOUSE_PREPARED.value),
        "ticket": select(Ticket.number).order_by(Ticket.number.desc()),
    }
    found = {name: db.session.scalars(query.limit(1)).one() for name, query in first.items()}
    ticket = db.session.query(Ticket).filter_by(number=found["ticket"]).one()
    found["consultation_id"] = db.session.query(Consultation).filter_by(ticket_id=ticket.id).first().id
    found["extra"] = next(iter(Extra)).value
    found |= {"programme_code": "babysitter", "key": "cap.hours_twin"}
    with writing():
        question = Question(
            Matter.RULES, Urgency.NORMAL, "きょうだいの同時利用", "1人1時間ずつ数えてよいですか。"
        )
        complaint = Complaint.record(ticket, ComplaintKind.OFFICE, "言うことが違う。", by=Staff.named("aoki"))
        found["complaint_id"] = complaint.id
        found["escalation_id"] = Escalation.ask(ticket, question, by=Staff.named("aoki")).id
        found["search_id"] = Search.remember("領収書", by=Staff.named("sato")).id
        found["group_id"] = db.session.scalars(select(SynonymGroup.id)).first()
        found["word_id"] = db.session.scalars(select(OfficeWord.id)).first()
        line = json.dumps(
            {"external_id": "F-1", "question": "質問", "answer": "回答", "category": "費用", "public": True}
        )
        kept = Upload.keep(found["programme_id"], Format.JSONL, line.encode(), by=Staff.named("sato"))
        found["upload_id"] = kept.id
        audit.record(Action.ARTICLES_UPLOADED, by=Staff.named("sato"), on=kept)
        found["asked_id"] = keep(found["programme_id"], "領収書", 3, 1.0, by=Staff.named("sato")).id
    return found


def role_for(permission, endpoint):
    """Somebody who may see the page: the supervisor where possible."""
    if permission in (Permission.ANYONE, Permission.SIGNED_IN, Permission.HALF_SIGNED_IN):
        return Role.SUPERVISOR
    order = [Role.SUPERVISOR, Role.PHONE_AGENT, Role.WARD_STAFF, *Role]
    return next(role for role in order if permission in ROLES[role])


def test_every_page_passes_axe_and_fits_both_screens(office, chromium, axe, photograph):
    wrong = []
    for rule, permission in office.pages():
        role = role_for(permission, rule.endpoint)
        context = chromium.new_context(viewport=DESK, locale="ja-JP", timezone_id="Asia/Tokyo")
        if permission is not Permission.ANYONE:
            office.sign_in(context, role)
        page = context.new_page()
        problems = []
        page.on("console", lambda message, p=problems: message.type == "error" and p.append(message.text))
        page.on("pageerror", lambda error, p=problems: p.append(str(error)))
        answer = page.goto(office.address(rule))
        if answer.status == 200 and "<!doctype" not in answer.text().lower():
            context.close()  # a fragment, shown inside a page
            continue
        if answer.status != 200:
            wrong.append((rule.rule, f"status {answer.status}"))
            context.close()
            continue
        for screen, size in (("desk", DESK), ("phone", SMALL)):
            page.set_viewport_size(size)
            page.wait_for_timeout(120)
            wrong += [(rule.rule, screen, found) for found in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append((rule.rule, screen, "scrolls sideways"))
            photograph(page, f"{rule.endpoint}-{screen}", full=screen == "phone")
        wrong += [(rule.rule, text) for text in problems if "404" not in text]
        context.close()
    assert wrong == []
