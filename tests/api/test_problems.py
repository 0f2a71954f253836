"""Whatever goes wrong under /api is said as application/problem+json, with a stable code."""

import logging
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from callcenter.api.problems import PROBLEM
from callcenter.api.schemas import Checker
from callcenter.db import db
from callcenter.errors import Conflict, Damaged, Locked, NotFound, TooMany, Unavailable
from callcenter.people.step_up import require_fresh

ME = "/api/v1/me"


@contextmanager
def doing(app, deed):
    """Let GET /api/v1/me do something else."""
    view = app.view_functions["api.me"]

    def answer():
        deed()
        return ""

    answer.permission, answer.operation = view.permission, view.operation
    app.view_functions["api.me"] = answer
    yield
    app.view_functions["api.me"] = view


def check(answer, status, code):
    assert (answer.status_code, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert Checker(PROBLEM).faults(answer.json) == []


def refusal(raised):
    def deed():
        raise raised

    return deed


@pytest.mark.parametrize(
    ("deed", "status", "code"),
    [
        (refusal(NotFound("ありません。")), 404, "not_found"),
        (refusal(Conflict("先に開いてください。", code="not_open")), 409, "not_open"),
        (refusal(Locked("ロックされています。")), 423, "locked"),
        (refusal(TooMany("待ってください。")), 429, "too_many"),
        (refusal(Damaged("壊れています。")), 500, "damaged"),
        (refusal(Unavailable("鍵がありません。")), 503, "unavailable"),
        (refusal(ValueError("山田花子")), 500, "internal"),
        (require_fresh, 403, "needs_a_person"),
        (lambda: db.session.execute(text("INSERT INTO ward (id, code) VALUES (NULL, NULL)")), 409, "crossed"),
        (lambda: db.session.execute(text("SELECT 1 FROM nowhere")), 503, "database_lost"),
    ],
)
def test_what_a_view_refuses_is_a_problem(world, app, deed, status, code, caplog):
    client = world.api("sato")
    with doing(app, deed), caplog.at_level(logging.CRITICAL):
        answer = client.get(ME)
    check(answer, status, code)
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    assert "山田" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/api/v1/nowhere", {}, 404, "not_found"),
        ("GET", "/api", {}, 404, "not_found"),
        ("GET", "/api/v2/me", {}, 404, "not_found"),
        ("POST", ME, {}, 405, "method_not_allowed"),
        ("TRACE", ME, {}, 405, "method_not_allowed"),
        ("GET", ME, {"Accept": "text/html"}, 406, "not_acceptable"),
        ("GET", f"{ME}?limit=1", {}, 422, "invalid"),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(world, method, path, headers, status, code):
    answer = world.api("sato").open(path, method=method, headers=headers)
    check(answer, status, code)
    if status == 405:
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "text/html, */*;q=0.1"])
def test_who_takes_json_is_given_json(world, accept):
    assert world.api("sato").get(ME, headers={"Accept": accept}).status_code == 200


def test_a_page_stays_a_page(world):
    assert world.client("sato").get("/nowhere").content_type.startswith("text/html")
    assert "GET" in world.client("sato").put("/tickets").headers["Allow"]
