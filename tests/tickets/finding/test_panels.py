"""An application and a caller show their tickets, and a ticket its applications."""

from callcenter.applications.models import Application
from callcenter.db import db, writing
from callcenter.people.callers import Caller
from tickets.finding.panels import open_cases
from tickets.records.ticket import Ticket


def linked(make, world):
    application, caller = make.application(), make.caller()
    number = make.number(make.ticket())
    with writing():
        ticket = db.session.query(Ticket).one()
        ticket.caller_id = caller
        ticket.link(db.session.get(Application, application), by=world.aoki)
    return application, caller, number


def test_an_application_shows_its_tickets(world, make):
    application, _caller, _number = linked(make, world)
    page = world.client("aoki").get(f"/applications/{application}").get_data(as_text=True)
    assert "T-000001" in page


def test_a_ticket_shows_its_applications(world, make):
    application, _caller, number = linked(make, world)
    page = world.client("aoki").get(f"/tickets/{number}").get_data(as_text=True)
    assert db.session.get(Application, application).number in page


def test_a_caller_shows_their_tickets(world, make):
    _application, caller, _number = linked(make, world)
    page = world.client("aoki").get(f"/callers/{caller}").get_data(as_text=True)
    assert "T-000001" in page


def test_a_role_without_tickets_sees_none(world, make):
    application, _caller, _number = linked(make, world)
    page = world.client("okada").get(f"/applications/{application}").get_data(as_text=True)
    assert "T-000001" not in page


def test_open_cases_are_counted_beside_a_candidate(world, make):
    _application, caller, _number = linked(make, world)
    row = db.session.get(Caller, caller)
    assert open_cases([row], world.aoki) == {row.id: ["未完了 1件"]}
