"""The OpenAPI 3.1 document, made from the operations as they are declared: what it says is what is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import current_app

from callcenter.api import idempotency
from callcenter.api.operations import TYPE, Operation
from callcenter.api.problems import PROBLEM, TITLES
from callcenter.api.problems import TYPE as PROBLEM_TYPE
from callcenter.api.schemas import Named, Shape, formatted, text, whole
from callcenter.permissions import Permission

VERSION = "1.0.0"
IN_RULE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
IDS: dict[str | None, Shape] = {
    "uuid": formatted("uuid"),
    "int": whole(0, 2**31 - 1),
    None: text(200, shortest=1),
}
TAG = {"description": "この内容の版。If-None-Match と If-Match に使います", "schema": {"type": "string"}}
SAYS = {
    "ETag": TAG,
    "Location": {"description": "作られたもの、変えられたもののアドレス", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "同じ鍵の二度目の返事",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Link": {"description": "次のページ（rel=next）", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}},
    "Retry-After": {"description": "待つ秒数", "schema": {"type": "string"}},
}


def operations() -> Iterator[tuple[str, Operation]]:
    """Every operation of this app with its endpoint, by address and method."""
    found = ((name, getattr(view, "operation", None)) for name, view in current_app.view_functions.items())
    known = [(name, operation) for name, operation in found if operation is not None]
    yield from sorted(known, key=lambda pair: (pair[1].rule, pair[1].method))


def document() -> dict[str, Any]:
    """The whole document."""
    named: dict[str, Shape] = {}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, operation in operations():
        path = IN_RULE.sub(r"{\2}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _by_name(
            _described(endpoint, operation), named
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "窓口 API",
            "version": VERSION,
            "description": "窓口の記録を読み書きするAPI。誤りはすべて application/problem+json で返します。",
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": dict(sorted(named.items())),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "画面の「アカウント」で発行する、本人のアクセストークン",
                }
            },
        },
    }


def _described(endpoint: str, operation: Operation) -> dict[str, Any]:
    room, _dot, name = endpoint.rpartition(".")
    said: dict[str, Any] = {
        "operationId": name,
        "tags": [room.removesuffix("_api")],
        "summary": operation.summary,
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation),
        "x-permission": operation.permission.value,
        "security": [] if operation.permission is Permission.ANYONE else [{"token": []}],
    }
    if operation.description:
        said["description"] = operation.description
    if operation.body is not None:
        said["requestBody"] = {"required": True, "content": {TYPE: {"schema": operation.body}}}
    return said


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for kind, name in IN_RULE.findall(operation.rule):
        yield {"name": name, "in": "path", "required": True, "schema": IDS[kind or None]}
    for name, shape in operation.parameters.items():
        yield {"name": name, "in": "query", "required": False, "schema": shape}
    if operation.creates:
        yield _header(
            idempotency.HEADER, "再送しても一度だけ行うための鍵。24時間覚えます", pattern="^[!-~]{1,255}$"
        )
    if operation.matches:
        yield _header("If-Match", "読んだときの ETag")
    if operation.method == "GET":
        yield _header("If-None-Match", "手元にある内容の ETag。変わっていなければ 304")


def _header(name: str, description: str, **shape: Any) -> dict[str, Any]:
    schema = {"type": "string", **shape}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _responses(operation: Operation) -> dict[str, Any]:
    headers = ["ETag"]
    if operation.creates or operation.status == 201:
        headers += ["Location", "Idempotency-Replayed"]
    if "cursor" in operation.parameters:
        headers += ["Link"]
    found: dict[str, Any] = {
        str(operation.status): {
            "description": operation.summary,
            "headers": {name: SAYS[name] for name in headers},
            "content": {TYPE: {"schema": operation.gives}},
        }
    }
    if operation.method == "GET":
        found["304"] = {"description": "変わっていません", "headers": {"ETag": TAG}}
    for status in sorted(_refusals(operation)):
        found[str(status)] = _refusal(status)
    return found


def _refusals(operation: Operation) -> Iterator[int]:
    yield from (400, 406, 422, 500, 503)
    if operation.permission is not Permission.ANYONE:
        yield from (401, 403, 429)
    if IN_RULE.search(operation.rule):
        yield 404
    if operation.body is not None or operation.creates:
        yield from (413, 415)
    if operation.method != "GET":
        yield 409
    if operation.matches:
        yield from (412, 428)


def _refusal(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": str(TITLES[status]),
        "content": {PROBLEM_TYPE: {"schema": PROBLEM}},
    }
    if status == 401:
        said["headers"] = {"WWW-Authenticate": SAYS["WWW-Authenticate"]}
    if status in (429, 503):
        said["headers"] = {"Retry-After": SAYS["Retry-After"]}
    return said


def _by_name(value: Any, named: dict[str, Shape]) -> Any:
    """The same with every named shape put aside and referred to."""
    if isinstance(value, Named):
        if value.name not in named:
            named[value.name] = {}
            named[value.name] = _by_name(dict(value), named)
        return {"$ref": f"#/components/schemas/{value.name}"}
    if isinstance(value, dict):
        return {name: _by_name(inner, named) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_by_name(inner, named) for inner in value]
    return str(value) if not isinstance(value, (str, int, float, bool, type(None))) else value
