"""Declaring what the API does: each operation says in one place what it takes, what it gives and who may ask for it.

    @nouns.operation("POST", "/articles", gives=ARTICLE, status=201, body=NEW_ARTICLE, creates=True, summary="…")
    @allow(Permission.KB_WRITE)
    def write_article(asked: Asked) -> Made:

The same declaration checks the request, makes the answer and stands in the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType

from callcenter.api import bodies, conditions, idempotency
from callcenter.api.bodies import BadJson, Fault
from callcenter.api.problems import Faulty
from callcenter.api.schemas import Checker, Shape
from callcenter.permissions import Permission

ROOT = "/api/v1"
TYPE = "application/json"
MOST_BYTES = 64 * 1024
WHOLE = re.compile(r"-?[0-9]{1,18}")
FLAGS = {"true": True, "false": False}


@dataclass(frozen=True)
class Made:
    """What an act made or changed, by the operation that shows it: `Made("kb_api.article", article_id=…)`."""

    endpoint: str
    values: dict[str, Any]

    def __init__(self, endpoint: str, **values: Any):
        object.__setattr__(self, "endpoint", endpoint)
        object.__setattr__(self, "values", values)

    @property
    def address(self) -> str:
        return url_for(self.endpoint, **self.values)

    @classmethod
    def at(cls, address: str) -> Made:
        """What stands at an address of ours."""
        endpoint, values = current_app.url_map.bind("").match(address)
        return cls(str(endpoint), **values)


View = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """One operation as it is declared. `show` is the view itself, which gives a body (or Made) for a request."""

    method: str
    rule: str
    summary: str
    permission: Permission
    show: View
    gives: Shape
    status: int = 200
    parameters: Mapping[str, Shape] = field(default_factory=dict)
    body: Shape | None = None
    most_bytes: int = MOST_BYTES
    creates: bool = False
    matches: bool = False
    description: str = ""

    @cached_property
    def query_checker(self) -> Checker:
        return Checker({"type": "object", "properties": dict(self.parameters)})

    @cached_property
    def body_checker(self) -> Checker:
        return Checker(self.body or {})


class Asked:
    """A request as its operation understands it."""

    def __init__(self, operation: Operation, *, again: bool = False):
        self.operation = operation
        self.query = _defaults(operation) if again else _query(operation)
        """The parameters of the address, with their defaults; a parameter without one may be missing."""

    @cached_property
    def body(self) -> Any:
        """The body, checked. Read when the view asks, so that a record that is not there is not found first.

        Raises Faulty (400 for what is not JSON, 422 for what does not fit)."""
        kind = request.mimetype_params.get("charset", "utf-8").lower()
        if request.mimetype != TYPE or kind not in ("utf-8", "utf8") or "Content-Encoding" in request.headers:
            raise UnsupportedMediaType
        try:
            value = bodies.parse(_raw(self.operation))
        except BadJson as problem:
            raise Faulty(problem.faults, status=400, code="bad_json") from None
        faults = self.operation.body_checker.faults(value)
        if faults:
            raise Faulty(faults)
        return value


class Nouns(Blueprint):
    """Operations of one room."""

    def __init__(self, name: str, import_name: str, **options: Any):
        super().__init__(name, import_name, **{"url_prefix": ROOT, **options})

    def operation(
        self,
        method: str,
        rule: str,
        *,
        summary: str,
        gives: Shape,
        reads: bool = False,
        **more: Any,
    ) -> Callable[[View], View]:
        """Declare the operation that a view carries out; `@allow` stands below. `reads` marks a POST that changes
        nothing; `creates` one that takes an Idempotency-Key; `matches` one that takes If-Match."""

        def declare(view: View) -> View:
            permission: Permission = view.permission  # type: ignore[attr-defined]
            path = f"{self.url_prefix or ''}{rule}"
            operation = Operation(method, path, summary, permission, view, gives, **more)

            @wraps(view)
            def answer(**ids: Any) -> Response:
                return _answer(operation, ids)

            answer.operation = operation  # type: ignore[attr-defined]
            answer.reads_first = reads  # type: ignore[attr-defined]
            self.add_url_rule(rule, view.__name__, answer, methods=[method])
            return view

        return declare


# --- answering -------------------------------------------------------------------------------------------


def _answer(operation: Operation, ids: dict[str, Any]) -> Response:
    if request.accept_mimetypes and not request.accept_mimetypes.best_match([TYPE]):
        raise NotAcceptable
    asked = Asked(operation)
    key = request.headers.get(idempotency.HEADER)
    if operation.creates and key is not None:
        return _once(operation, asked, ids, key)
    made = operation.show(asked, **ids)
    return _made(operation, made) if isinstance(made, Made) else _shown(operation, made)


def _once(operation: Operation, asked: Asked, ids: dict[str, Any], key: str) -> Response:
    said = b"\0".join([operation.method.encode(), request.full_path.encode(), _raw(operation)])
    address, again = idempotency.once(
        key, current_user.id, said, lambda: str(operation.show(asked, **ids).address)
    )
    response = _made(operation, Made.at(address))
    if again:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _made(operation: Operation, made: Made) -> Response:
    """What was made, as a GET of it shows it now."""
    shows: Operation = getattr(current_app.view_functions[made.endpoint], "operation")  # noqa: B009 (of our own making)
    response = _sent(shows.show(Asked(shows, again=True), **made.values), operation.status)
    response.headers["Location"] = made.address
    return response


def _shown(operation: Operation, body: Any) -> Response:
    response = _sent(body, operation.status)
    if operation.method == "GET":
        tag, _weak = response.get_etag()
        if tag and conditions.is_known(tag):
            response = Response(status=304)
            response.set_etag(tag)
        elif isinstance(body, dict) and body.get("next"):
            response.headers["Link"] = f'<{body["next"]}>; rel="next"'
    return response


def _sent(body: Any, status: int) -> Response:
    response = Response(conditions.encoded(body), status, content_type=TYPE)
    response.set_etag(conditions.tag_of(body))
    return response


def _raw(operation: Operation) -> bytes:
    request.max_content_length = operation.most_bytes
    return request.get_data(cache=True)


# --- the parameters of an address ------------------------------------------------------------------------


def _defaults(operation: Operation) -> dict[str, Any]:
    return {name: shape["default"] for name, shape in operation.parameters.items() if "default" in shape}


def _query(operation: Operation) -> dict[str, Any]:
    values, faults = _defaults(operation), []
    for name, texts in request.args.lists():
        shape = operation.parameters.get(name)
        if shape is None:
            faults.append(_fault(name, _("この項目は使いません。名前を確かめてください。"), "unknown"))
        elif len(texts) > 1:
            faults.append(_fault(name, _("2回書かれています。"), "duplicate"))
        else:
            values[name] = _read(texts[0], shape)
    wrong = operation.query_checker.faults(values)
    faults += [_fault(fault.place.removeprefix("#/"), fault.detail, fault.code) for fault in wrong]
    if faults:
        raise Faulty(faults)
    return values


def _read(text: str, shape: Shape) -> Any:
    """The value that a text stands for; a text that stands for none stays, and the checker says so."""
    if shape.get("type") == "integer" and WHOLE.fullmatch(text):
        return int(text)
    return FLAGS.get(text, text) if shape.get("type") == "boolean" else text


def _fault(name: str, detail: str, code: str) -> Fault:
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in name[:60])
    return Fault("parameter", shown, detail, code)
