"""The addresses of the public site that machines ask: feeds, sitemap, robots.txt."""

from __future__ import annotations

from flask import Response, current_app

from kb.public import feeds, reading, sending
from kb.public.pages import Readers, links_to, pages, programme_now, store_of


@pages.get("/<code>/changes.atom")
def atom(code: str) -> Response:
    """The articles approved last."""
    with programme_now(code) as (reader, _connection):
        links = links_to(code)
        return Response(
            feeds.atom(reader, links, _absolute, _absolute(links.atom())), content_type="application/atom+xml"
        )


@pages.get("/<code>/changes.json")
def json_feed(code: str) -> Response:
    """The articles approved last."""
    with programme_now(code) as (reader, _connection):
        links = links_to(code)
        found = feeds.json_feed(reader, links, _absolute, _absolute(links.json_feed()))
        return Response(found, content_type="application/feed+json")


@pages.get("/sitemap.xml")
def sitemap() -> Response:
    """Every page worth finding."""
    readers: Readers = current_app.extensions["readers"]
    with store_of().reading() as connection:
        found = [readers.of(connection, one) for one in reading.programmes(connection)]
    sites = [(reader, links_to(reader.code)) for reader in found]
    return Response(feeds.sitemap(sites, _absolute), content_type="application/xml")


@pages.get("/robots.txt")
def robots() -> Response:
    """Everything may be found but what somebody typed."""
    lines = [
        "User-agent: *",
        "Disallow: /*/search",
        "Disallow: /*/suggestions",
        f"Sitemap: {_absolute('/sitemap.xml')}",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _absolute(address: str) -> str:
    return sending.origin() + address


__all__ = ["pages"]
