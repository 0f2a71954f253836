"""Reading changes nothing: over every route a GET and a HEAD leave each table as it was, but for the trail itself."""

import hashlib

import pytest

from callcenter.db import db, new_id
from callcenter.permissions import ROLES, Permission

ITS_OWN = frozenset({"audit_entry", "audit_checkpoint", "audit_node", "sign_in_session"})
"""The trail of what was read, and when a session was last seen."""
PEOPLE = ("sato", "endo", "kato", "ono", "honda")
OPEN = (Permission.ANYONE, Permission.SIGNED_IN, Permission.HALF_SIGNED_IN)


def digests():
    """Table → digest of all its rows."""
    db.session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        if table.name not in ITS_OWN:
            rows = sorted(repr(tuple(row)) for row in db.session.execute(table.select()))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    db.session.rollback()
    return found


def readings(world, ids):
    """(person, path) of every route that answers a GET, each with somebody who may come there."""
    for rule in world.app.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        values = dict(ids) | {
            "programme": "babysitter",
            "kind": "call",
            "extra": "protection_flag",
            "part": "mine",
        }
        values |= {"place": 1, "filename": "css/none.css", "session_id": new_id()}
        values |= {"programme_code": "babysitter", "key": "cap.twins"}
        values["number"] = 1 if rule.endpoint in ("kb.revision", "kb_api.article_revision") else ids["ticket"]
        path = rule.build({name: values[name] for name in rule._converters})[1]
        needed = world.app.view_functions[rule.endpoint].permission
        who = next(name for name in PEOPLE if needed in OPEN or needed in ROLES[getattr(world, name).role])
        yield who, path


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_get_and_no_head_changes_a_row(world, app, ids, method):
    app.extensions["follower"].step()
    browsers = {name: world.client(name) for name in PEOPLE}
    programs = {name: world.api(name) for name in PEOPLE}
    for program in programs.values():
        assert program.get("/api/v1/me").status_code == 200  # the first use of a day is noted
    before, failed = digests(), []
    for who, path in readings(world, ids):
        client = (programs if path.startswith("/api/") else browsers)[who]
        answer = client.open(path, method=method)
        if answer.status_code >= 500 or (method == "HEAD" and answer.get_data()):
            failed.append((path, answer.status_code))
    after = digests()
    assert [name for name in before if before[name] != after[name]] == []
    assert failed == []
