"""How the API says no: application/problem+json (RFC 9457), in the same words as the desk, with a stable code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response, g, request
from flask_babel import lazy_gettext as _l

from callcenter.api.bodies import Fault
from callcenter.api.schemas import Named, one_of, record, several, text, whole
from callcenter.clock import now
from callcenter.errors import Invalid, Refusal

TYPE = "application/problem+json"
SOON = 5
"""Seconds after which it is worth trying again when something the house stands on is away."""

TITLES: dict[int, Any] = {
    400: _l("リクエストを読めません"),
    401: _l("アクセストークンが必要です"),
    403: _l("許可されていません"),
    404: _l("見つかりません"),
    405: _l("このメソッドは使えません"),
    406: _l("この形式では返せません"),
    409: _l("いまの状態と合いません"),
    412: _l("ほかの人が先に変更しました"),
    413: _l("大きすぎます"),
    415: _l("この形式は受け付けません"),
    422: _l("内容に誤りがあります"),
    423: _l("ロックされています"),
    428: _l("変更の前提を示してください"),
    429: _l("回数が多すぎます"),
    500: _l("エラーが起きました"),
    503: _l("いま利用できません"),
}
DETAILS: dict[int, Any] = {
    400: _l("リクエストの形を確かめてください。"),
    404: _l("このアドレスには何もありません。アドレスを確かめてください。"),
    405: _l("使えるメソッドは Allow ヘッダーを見てください。"),
    406: _l("Accept ヘッダーに application/json を入れてください。"),
    409: _l("同じものが同時に変更されました。読み直してからやり直してください。"),
    413: _l("本文を小さくしてから送ってください。"),
    415: _l("Content-Type を application/json にし、UTF-8 で送ってください。"),
    500: _l("記録しました。続くときは、request_id を管理者に知らせてください。"),
    503: _l("少し待ってからもう一度送ってください。"),
}

FAULT = record(
    {
        "pointer": text(2000, description="本文の中の場所（JSON Pointer、URIフラグメント）"),
        "parameter": text(100, description="アドレスの項目"),
        "header": text(100, description="ヘッダー"),
        "detail": text(1000),
        "code": text(60),
    },
    optional=("pointer", "parameter", "header"),
)
PROBLEM = Named(
    "Problem",
    record(
        {
            "type": one_of(["about:blank"]),
            "title": text(200),
            "status": whole(400, 599),
            "detail": text(2000, lines=True),
            "code": text(60, description="プログラムのための変わらない語"),
            "request_id": text(40),
            "errors": several(FAULT),
        },
        optional=("errors",),
    ),
)


class Faulty(Invalid):
    """What was sent can be read but not used; each fault by its place."""

    def __init__(self, faults: Sequence[Fault], *, status: int = 422, code: str = "invalid"):
        super().__init__(faults[0].detail, code=code)
        self.status, self.faults = status, faults


def wanted() -> bool:
    """Whether this request is answered by problems rather than pages."""
    return request.path.startswith("/api/") or request.path == "/api"


def answer(status: int, message: str | None, code: str, refusal: Refusal | None = None) -> Response:
    """A problem as an answer. Without a message the words of its status."""
    body = {
        "type": "about:blank",
        "title": str(TITLES.get(status, TITLES[500 if status >= 500 else 400])),
        "status": status,
        "detail": message or str(DETAILS.get(status, DETAILS[500 if status >= 500 else 400])),
        "code": code,
        "request_id": g.get("request_id", ""),
    }
    faults: Sequence[Fault] = getattr(refusal, "faults", ())
    if faults:
        body["errors"] = [fault.plain for fault in faults]
    made = Response(json.dumps(body, ensure_ascii=False), status, content_type=TYPE)
    made.headers.update(_headers(status, refusal))
    return made


def _headers(status: int, refusal: Refusal | None) -> Mapping[str, str]:
    if status == 401:
        wrong = "" if getattr(refusal, "code", "") == "token_missing" else ', error="invalid_token"'
        return {"WWW-Authenticate": f'Bearer realm="madoguchi"{wrong}'}
    if status in (429, 503):
        until = refusal.facts.get("until") if refusal else None
        seconds = int((until - now()).total_seconds()) + 1 if isinstance(until, datetime) else SOON
        return {"Retry-After": str(max(seconds, 1))}
    if status == 415:
        return {"Accept": "application/json"}
    return {}
