"""The names that the house answers to, and the proxies that stand in front of it.

A request for another name is refused (RFC 9112 §3.2 asks for 400), so that no page of a stranger's name can be made
to lead here. Behind proxies the address of a request is the one that our own proxies noted, and no other's word."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_babel import gettext as _
from werkzeug.middleware.proxy_fix import ProxyFix

from callcenter.config import Settings

CHECKS_OF_THE_MACHINE = "health"
"""The blueprint that is asked by address, whatever names the house has; what it says is for loopback alone."""


def guard(app: Flask, settings: Settings) -> None:
    """Let an app answer to its names alone, and believe as many proxies as there are."""
    known = settings.hosts

    def refuse_other_names() -> Response | None:
        if name_of(request.host) in known or request.blueprint == CHECKS_OF_THE_MACHINE:
            return None
        text = _(
            "このホスト名では開けません。管理者に正しいアドレスを確かめてください（設定 CALLCENTER_HOSTS）。"
        )
        return Response(f"{text}\n", 400, content_type="text/plain; charset=utf-8")

    app.before_request_funcs.setdefault(None, []).insert(0, refuse_other_names)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    name, bracket, _port = host.partition("]")
    return (name + bracket if bracket else host.partition(":")[0]).lower()
