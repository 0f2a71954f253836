"""The OpenAPI document is true: a machine asks whatever it allows and much that it does not, and every answer is one
that it names."""

from contextvars import Context

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from callcenter.api.openapi import document, operations
from callcenter.clock import today
from callcenter.contacts import Channel, Contact
from callcenter.db import db, writing
from callcenter.permissions import Permission
from kb.articles.article import Article
from kb.articles.content import Content
from tickets.escalation.escalation import Escalation, Question
from tickets.escalation.urgency import Matter, Urgency
from tickets.records.consultation import Consultation
from tickets.records.notes import Note
from tickets.records.ticket import Ticket

EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


def test_every_shape_is_a_schema_and_every_object_is_closed(world):
    for _name, operation in operations():
        for shape in (operation.gives, operation.body or {}, *operation.parameters.values()):
            Draft202012Validator.check_schema(shape)
            for inner in objects_in(shape):
                assert inner == {"type": "object"} or inner["additionalProperties"] is False


def objects_in(shape):
    if isinstance(shape, dict):
        if shape.get("type") == "object":
            yield shape
        for inner in shape.values():
            yield from objects_in(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from objects_in(inner)


def test_the_document_names_every_route_of_the_api_and_no_other(world):
    said = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    there = {
        (method, rule.rule.replace("<uuid:", "{").replace("<int:", "{").replace(">", "}"))
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert said == there


def test_the_document_says_who_may_ask(world):
    for methods in document()["paths"].values():
        for said in methods.values():
            open_to_all = said["x-permission"] == Permission.ANYONE.value
            assert said["security"] == ([] if open_to_all else [{"token": []}])


def test_the_document_is_given_to_anybody_and_known_by_its_tag(world):
    first = world.client().get("/api/openapi.json")
    assert first.json["openapi"] == "3.1.0"
    known = {"If-None-Match": first.headers["ETag"]}
    assert world.client().get("/api/openapi.json", headers=known).status_code == 304


@pytest.mark.parametrize("who", ["sato", "kato"])
@pytest.mark.parametrize("mode", GenerationMode)
def test_a_machine_finds_no_fault_and_no_answer_that_is_not_named(world, who, mode):
    with writing():
        content = Content(question="交通費は対象になりますか", answer="対象になりません。", category="費用")
        article = Article.write(world.programme.id, content, by=world.sato)
        article.approve(1, by=world.kato)
        known = {"article_id": str(article.id), **work(world)}
    headers = {"Authorization": world.api(who).environ_base["HTTP_AUTHORIZATION"]}
    db.session.rollback()
    schema = Context().run(schemathesis.openapi.from_wsgi, "/api/openapi.json", world.app)
    for found in schema.get_all_operations():
        operation = found.ok()
        there = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
        for path_parameters in [there, None] if there else [None]:
            ask(operation, mode, headers, path_parameters)


def work(world):
    """One record of each kind of the desk's work, by the name that addresses give it."""
    contact = Contact.receive(world.period, Channel.PHONE, by=world.aoki, handler=world.aoki)
    filed = Contact.receive(world.period, Channel.PHONE, by=world.aoki, handler=world.aoki)
    ticket = Ticket.open(world.period, by=world.aoki, subject="領収書の宛名", owner=world.sato)
    question = Question(Matter.RULES, Urgency.NORMAL, "概要", "夫の名前でもよいですか。")
    rows = {
        "ticket_id": ticket,
        "contact_id": contact,
        "consultation_id": Consultation.file(filed, ticket, by=world.aoki, content="宛名"),
        "note_id": Note.write(ticket, by=world.sato, text="確認"),
        "follow_up_id": ticket.follow_up(today(), "折返し", by=world.sato),
        "escalation_id": Escalation.ask(ticket, question, by=world.sato),
    }
    return {name: str(row.id) for name, row in rows.items()}


def ask(operation, mode, headers, path_parameters):
    """Send what the machine thinks of, in a context of its own as on a server, and hold each answer against the document."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path_parameters))
    def run(case):
        response = Context().run(case.call, headers=headers)
        case.validate_response(response, checks=CHECKS)

    run()
