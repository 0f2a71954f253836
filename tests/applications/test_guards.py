"""The database itself: nobody makes an application decided without a decision of the ward, whatever the program says."""

from importlib import import_module

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from callcenter import clock
from callcenter.applications.flow import DECIDED
from callcenter.applications.guards import ONLY_BY_DECISION
from callcenter.applications.models import Application, Decision
from callcenter.db import db, new_id
from callcenter.privacy import triggers

SET = text("UPDATE application SET state = :state WHERE number = :number")


def refused(statement, values):
    with pytest.raises(IntegrityError, match="decision of the ward"), db.session.begin_nested():
        db.session.execute(statement, values)


def decided_in_raw(world, application, outcome="granted"):
    row = {
        "id": new_id(),
        "group_id": application.group_id,
        "application_id": application.id,
        "outcome": outcome,
        "decider_id": world.kato.id,
        "decider_side": "ward",
        "at": clock.now(),
        "decided_on": clock.today(),
        "amount": None if outcome == "refused" else 5000,
    }
    db.session.execute(insert(Decision.__table__), row)


@pytest.mark.parametrize("state", sorted(DECIDED))
def test_no_state_is_decided_without_a_decision(make, state):
    application = make.at_ward(make.application())
    refused(SET, {"state": state, "number": application.number})


def test_the_decision_must_be_this_applications_and_this_one(world, make):
    application, other = make.at_ward(make.application()), make.at_ward(make.application())
    decided_in_raw(world, other)
    decided_in_raw(world, application, outcome="refused")
    refused(SET, {"state": "granted", "number": application.number})
    db.session.execute(SET, {"state": "refused", "number": application.number})
    db.session.rollback()


def test_no_application_is_made_decided(make):
    application = make.application()
    table = Application.__table__
    row = dict(db.session.execute(table.select().where(table.c.id == application.id)).mappings().one())
    row |= {"id": new_id(), "number": "R8-99999"}
    refused(insert(table), row | {"state": "granted"})
    db.session.execute(insert(table), row)
    db.session.rollback()


def test_every_other_state_is_free(make):
    application = make.application()
    db.session.execute(SET, {"state": "withdrawn", "number": application.number})
    db.session.rollback()


def test_a_guard_that_was_taken_off_is_missed(world):
    with db.engine.begin() as connection:
        assert triggers.missing(connection) == []
        ONLY_BY_DECISION.drop(connection)
        assert triggers.missing(connection) == ["application_decided_insert", "application_decided_update"]
        ONLY_BY_DECISION.create(connection)
        ONLY_BY_DECISION.create(connection)
        assert triggers.missing(connection) == []


def test_the_revision_makes_the_guard_that_the_room_names():
    revision = import_module("callcenter.migrations.versions.0006_decided_by_the_ward")
    assert revision.GUARD == ONLY_BY_DECISION
