"""A record of another programme is reached by no id, on no route, in no role; and each try is written down."""

import json

import pytest

from callcenter.db import db, new_id, writing
from callcenter.people import clauses
from callcenter.people.staff import appoint
from callcenter.permissions import ROLES, Permission, Role
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Programme
from tests.world import FIRST_DAY

NOT_A_RECORD = frozenset(
    {"place", "filename", "kind", "session_id", "programme", "extra", "part", "token_id"}
)
"""Names in routes that no record of a programme stands behind; sessions and tokens belong to people, see tests/people."""


@pytest.fixture
def strangers(world):
    """Somebody in every role of the neighbour's programme: role → browser and program."""
    with writing():
        other = db.session.query(Programme).filter_by(code="neighbour").one()
        for role in Role:
            person = appoint(
                by=audit.CONSOLE,
                sign_in_name=f"yoso-{role.value.replace('_', '-')}",
                name="余所 者",
                kana="ヨソ モノ",
                role=role,
                programmes=[other],
                designated_on=FIRST_DAY,
            )
            person.keep_password("not-a-hash", by=audit.CONSOLE)
            clauses.confirm(person, clauses.current())
    names = {role: f"yoso-{role.value.replace('_', '-')}" for role in Role}
    return {role: (world.client(name), world.api(name)) for role, name in names.items()}


def routes_of_records(app, ids):
    """(method, rule, path, permission) of every route that takes the id of a record."""
    for rule in app.url_map.iter_rules():
        names = set(rule._converters) - NOT_A_RECORD
        if not names or rule.endpoint == "static":
            continue
        values = dict(ids)
        values["number"] = ids["application" if rule.endpoint.startswith("applications") else "ticket"]
        if rule.endpoint in ("kb.revision", "kb_api.article_revision"):
            values["number"] = 1
        values |= {"programme": "babysitter", "kind": "call", "place": "x", "extra": "protection_flag"}
        values |= {"programme_code": "babysitter", "key": "cap.twins"}
        path = rule.build({name: values[name] for name in rule._converters})[1]
        permission = app.view_functions[rule.endpoint].permission
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, rule.rule, path, permission


def test_no_id_of_another_programme_opens_anything(world, ids, strangers):
    opened = []
    for role, (browser, program) in strangers.items():
        for method, rule, path, permission in routes_of_records(world.app, ids):
            if role is Role.ADMINISTRATOR and rule.startswith("/staff"):
                continue  # administrators look after everybody who works in the house
            if permission in ROLES[role] or permission is Permission.SIGNED_IN:
                client = program if rule.startswith("/api/") else browser
                status = client.open(path, method=method).status_code
                if status != 404:
                    opened.append((role.value, method, rule, status))
    assert opened == []


def test_each_try_is_written_down(world, ids, strangers):
    before = len(world.entries(Action.REQUEST_REFUSED))
    strangers[Role.SUPERVISOR][0].get(f"/tickets/{ids['ticket']}")
    entries = world.entries(Action.REQUEST_REFUSED)
    assert len(entries) == before + 1
    assert json.loads(entries[-1].facts)["status"] == 404


def test_a_record_that_is_gone_looks_the_same(world, ids, strangers):
    client = strangers[Role.PHONE_AGENT][0]
    there = client.get(f"/callers/{ids['caller_id']}")
    gone = client.get(f"/callers/{new_id()}")
    assert (there.status_code, gone.status_code) == (404, 404)
    assert _words(there) == _words(gone)


def _words(answer):
    return answer.get_data(as_text=True).partition("<main")[2]
