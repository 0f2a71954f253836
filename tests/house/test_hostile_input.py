"""What nobody types but an attacker sends: it is refused or found to be nothing, and never becomes a fault of ours."""

import gc
import json
import logging

import pytest
from flask import url_for
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from callcenter.db import db, writing
from callcenter.headers import CSP, HEADERS
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

HUGE = (2**31, 2**63, int("9" * 40))


@pytest.mark.parametrize("number", [*map(str, HUGE), "9" * 5000])
def test_a_number_too_large_for_a_column_is_not_found(world, number):
    client = world.client("sato")
    assert client.get(f"/tickets/{number}").status_code == 404
    assert client.get(f"/tickets/babysitter-{number}").status_code == 404
    assert client.post(f"/tickets/{number}/notes").status_code == 404


@pytest.mark.parametrize("programme", ["%00", "%FF", "%ED%A0%80", "a" * 3000])
def test_a_programme_of_odd_letters_is_not_found(world, programme):
    assert world.client("sato").get(f"/tickets/{programme}-1").status_code in (400, 404)


@pytest.mark.parametrize(
    "query",
    [
        "opened_from=0001-01-01",
        "opened_to=9999-12-31",
        "before=%00",
        "before=" + "f" * 300,
        "endpoint=x",
        "_method=POST",
        "_scheme=javascript&_external=1",
        "state=%00&owner=%00&category=%00&team=%00",
    ],
)
def test_the_address_of_the_list_is_only_ever_a_filter(world, query):
    answer = world.client("sato").get(f"/tickets?{query}")
    assert answer.status_code in (200, 404, 422)
    assert "javascript:" not in answer.get_data(as_text=True)


def test_a_value_that_the_database_cannot_take_is_a_bad_request(world, app):
    if app.extensions["settings"].database_url is None:
        pytest.skip("SQLite takes every text")
    app.view_functions["people.account"] = _asks("SELECT CAST(:value AS text)", "\x00", app)
    answer = world.client("sato").get("/account")
    assert answer.status_code == 400


def test_two_who_did_the_same_thing_at_once_are_a_conflict(world, app):
    app.view_functions["people.account"] = _asks("INSERT INTO ward (id, code) VALUES (NULL, NULL)", "x", app)
    answer = world.client("sato").get("/account")
    assert answer.status_code == 409


def _asks(statement, value, app):
    def view():
        db.session.execute(text(statement), {"value": value} if ":value" in statement else {})
        return ""

    view.permission = app.view_functions["people.account"].permission
    return view


def test_errors_of_the_database_name_no_values(world):
    with pytest.raises(IntegrityError) as failed, writing():
        db.session.execute(
            text("INSERT INTO ward (id, code, name) VALUES (NULL, :code, '')"), {"code": "山田花子"}
        )
    said = str(failed.value).partition("DETAIL:")
    assert "山田花子" not in said[0] + said[2].partition("[SQL:")[2]


def test_a_fault_is_logged_without_its_text(world, app, caplog):
    def view():
        raise ValueError("山田花子 090-0000-1234")

    view.permission = app.view_functions["people.account"].permission
    app.view_functions["people.account"] = view
    with caplog.at_level(logging.DEBUG):
        answer = world.client("sato").get("/account?q=山田花子")
    assert answer.status_code == 500
    assert "山田花子" not in caplog.text
    assert "0000-1234" not in caplog.text + answer.get_data(as_text=True)


def test_nothing_in_the_trail_says_done_of_what_was_rolled_back(world, app):
    def view():
        audit.record(Action.CALLER_CREATED, by=world.sato)
        return "", 422

    view.permission = app.view_functions["people.end_session"].permission
    app.view_functions["people.sign_out"] = view
    assert world.client("sato").post("/sign-out").status_code == 422
    assert world.entries(Action.CALLER_CREATED) == []


def test_what_strangers_ask_of_static_files_fills_no_trail(world):
    before = len(world.entries())
    assert world.client().get("/static/x/090-0000-1234.css").status_code == 404
    assert len(world.entries()) == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_without_its_file_leaves_the_file_closed(world, method):
    with world.app.test_request_context():
        address = url_for("static", filename="css/ticket.css")
    with world.client().get(address) as answer:
        known = {"If-None-Match": answer.headers["ETag"]}
    for headers in [known] if method == "GET" else [{}, known]:
        assert world.client().open(address, method=method, headers=headers).data == b""
    gc.collect()  # a file left open is a warning now, and a warning fails the test


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_what_is_for_loopback_alone_does_not_come_through_a_proxy(world, path, header):
    assert world.client().get(path).status_code in (200, 503)
    assert world.client().get(path, headers={header: "127.0.0.1"}).status_code == 404
    assert world.client().get(path, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404


def test_a_header_makes_no_other_address(world, app):
    world.client().get("/tickets/1", headers={"X-Forwarded-For": "198.51.100.9"})
    world.client("sato").get("/tickets/999999", headers={"X-Forwarded-For": "198.51.100.9"})
    assert {entry.address for entry in world.entries()} <= {"", "127.0.0.1"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("HEAD", "/sign-in", 200),
        ("GET", "/", 303),
        ("GET", "/no-such-page", 404),
        ("GET", "/static/none", 404),
        ("PUT", "/sign-in", 405),
        ("TRACE", "/sign-in", 405),
        ("PATCH", "/tickets", 405),
        ("POST", "/sign-in", 422),
    ],
)
def test_every_answer_carries_the_headers(world, method, path, status):
    answer = world.client().open(path, method=method)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["Content-Security-Policy"] == CSP
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_static_file_and_its_304_carry_the_headers(world):
    name = next(r for r in world.app.url_map.iter_rules() if r.endpoint == "static").build(
        {"filename": "js/desk.js"}
    )[1]
    first = world.client().get(name)
    again = world.client().get(name, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    for answer in (first, again):
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    first.close()
    again.close()


@pytest.mark.parametrize(
    "name", ["package.json", "package-lock.json", "../wsgi.py", "..%2fwsgi.py", "vendor/../package.json"]
)
def test_what_the_installer_left_behind_is_not_served(world, name):
    base = next(r for r in world.app.url_map.iter_rules() if r.endpoint == "static").rule.rpartition("/")[0]
    answer = world.client().get(f"{base}/{name}")
    answer.close()
    assert answer.status_code == 404


def test_another_method_cannot_be_smuggled_into_a_post(world):
    client = world.client("sato")
    for sent in ({"headers": {"X-HTTP-Method-Override": "GET"}}, {"data": {"_method": "GET"}}):
        assert client.post("/callers/new", **sent).status_code == 405


def test_without_a_token_nobody_writes_and_it_is_written_down(world, app):
    app.config["WTF_CSRF_ENABLED"] = True
    before = len(world.entries(Action.REQUEST_REFUSED))
    for client in (world.client("sato"), world.client()):
        assert client.post("/callers", data={"name": "山田 花子"}).status_code == 400
    refused = world.entries(Action.REQUEST_REFUSED)[before:]
    assert [json.loads(entry.facts)["code"] for entry in refused] == ["csrf", "csrf"]
    assert "山田" not in "".join(entry.facts for entry in refused)
