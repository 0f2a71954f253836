"""Every route against every role: the address book in routes.txt says who may come, and nothing else answers.

A route that is not in the book fails here, and so does a line of the book without a route."""

import uuid
from pathlib import Path

import pytest

from callcenter.permissions import ROLES, Permission, Role
from wsgi import create_app

BOOK = Path(__file__).with_name("routes.txt")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN = (Permission.ANYONE.value,)
PERSON_OF = {
    Role.PHONE_AGENT: "aoki",
    Role.MAIL_AGENT: "ito",
    Role.SUPERVISOR: "sato",
    Role.PRE_SCREENER: "endo",
    Role.DISPATCHER: "okada",
    Role.WARD_STAFF: "kato",
    Role.PRIVACY_OFFICER: "ono",
    Role.WARD_AUDITOR: "kondo",
    Role.ADMINISTRATOR: "honda",
}
LEAVES = frozenset({"/sign-out", "/account/passwords", "/account/factors", "/account/factor-removals"})
"""Routes that end or change the session they are called in: asked last, each with a session of its own."""


def book():
    """Lines `METHOD rule permission` of the address book."""
    lines = [line for line in BOOK.read_text().splitlines() if line and not line.startswith("#")]
    return {
        (line.split()[0], line.split(" ", 1)[1].rsplit(" ", 1)[0]): line.rsplit(" ", 1)[1] for line in lines
    }


def routes(app):
    """(method, rule) → permission word of the view, from the URL map; HEAD and OPTIONS go with their GET."""
    found = {}
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        name = "/static/<path:filename>" if rule.endpoint == "static" else rule.rule
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            found[method, name] = permission.value if permission else None
    return found


def address(app, rule):
    """A path of this rule with ids that belong to nothing."""
    if rule.startswith("/static"):
        return "/static/none"
    made = next(r for r in app.url_map.iter_rules() if r.rule == rule)
    values = {}
    for name, converter in made._converters.items():
        kind = type(converter).__name__
        values[name] = {
            "UUIDConverter": uuid.UUID(int=7),
            "Number": 999_999,
            "AnyConverter": sorted(getattr(converter, "items", ["none"]))[0],
            "PathConverter": "none",
        }.get(kind, "none")
    _domain, path = made.build(values)
    return path


def test_the_address_book_names_every_route_with_its_permission(tmp_path):
    app = create_app(environ={"CALLCENTER_HOME": str(tmp_path)})
    assert routes(app) == book()


def allowed(role, permission):
    if permission in (Permission.ANYONE, Permission.SIGNED_IN, Permission.HALF_SIGNED_IN):
        return True
    return permission in ROLES[role]


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_a_role_comes_where_the_book_lets_it_and_nowhere_else(world, role):
    browser, program = world.client(PERSON_OF[role]), world.api(PERSON_OF[role])
    wrong = []
    for (method, rule), permission in sorted(book().items()):
        if rule in LEAVES or rule.startswith("/static"):
            continue
        client = program if rule.startswith("/api/") else browser
        answer = client.open(address(world.app, rule), method=method)
        refused = answer.status_code == 403 and "この操作をする権限がありません" in answer.get_data(
            as_text=True
        )
        if refused is allowed(role, Permission(permission)) or (
            answer.status_code >= 500 and rule != "/readyz"
        ):
            wrong.append((method, rule, permission, answer.status_code))
    assert wrong == []


def test_nobody_unknown_comes_past_the_open_pages(world):
    wrong = []
    for (method, rule), permission in sorted(book().items()):
        answer = world.client().open(address(world.app, rule), method=method)
        sent_away = answer.status_code in (302, 303) and "/sign-in" in answer.headers["Location"]
        if rule == "/setup":  # open only while nobody is registered; leads to the sign-in afterwards
            assert sent_away
            continue
        if (sent_away or answer.status_code == 401) is (permission in OPEN) or (
            answer.status_code >= 500 and rule != "/readyz"
        ):
            wrong.append((method, rule, permission, answer.status_code))
    assert wrong == []


def test_a_method_that_a_route_does_not_have_is_refused(world):
    known, client = book(), world.client("sato")
    for rule in sorted({rule for _method, rule in known if rule not in LEAVES}):
        for method in METHODS:
            others = {m for m, r in known if r == rule}
            if method not in others and not rule.startswith("/static"):
                assert client.open(address(world.app, rule), method=method).status_code in (404, 405), (
                    method,
                    rule,
                )


def test_every_answer_carries_the_headers_of_the_house(world):
    client = world.client("sato")
    for (method, rule), _permission in sorted(book().items()):
        if rule in LEAVES:
            continue
        headers = client.open(address(world.app, rule), method=method).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy, rule
        assert policy.startswith(("default-src 'none'", "sandbox")), rule
        assert headers["X-Content-Type-Options"] == "nosniff", rule
        assert headers["Referrer-Policy"] == "same-origin", rule
        if not rule.startswith("/static"):
            assert "no-store" in headers["Cache-Control"], rule
