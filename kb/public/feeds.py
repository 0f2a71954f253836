"""What machines read of the public site: feeds of changes (Atom, RFC 4287; JSON Feed 1.1) and the sitemap."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as xml

from flask_babel import gettext as _

from kb.public.links import Links
from kb.public.reading import Listed, Reader

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_CHANGES = 50

Absolute = Callable[[str], str]
"""An address of the site with its origin before it."""


def atom(reader: Reader, links: Links, absolute: Absolute, own: str) -> bytes:
    """The articles approved last, newest first. Of what was withdrawn nothing is told, not even that it was there."""
    feed = xml.Element("feed", {"xmlns": ATOM, "xml:lang": "ja"})
    home = absolute(links.home())
    _add(feed, "title", _("%(ward)s %(name)s よくある質問の更新", ward=reader.ward, name=reader.name))
    _add(feed, "id", home)
    _add(feed, "updated", _moment(_newest(reader)))
    xml.SubElement(feed, "link", {"href": home})
    xml.SubElement(feed, "link", {"rel": "self", "href": own})
    author = xml.SubElement(feed, "author")
    _add(author, "name", reader.ward)
    for one in reader.recent(MOST_CHANGES):
        entry, address = xml.SubElement(feed, "entry"), absolute(links.article(one))
        _add(entry, "title", one.question)
        _add(entry, "id", address)
        _add(entry, "updated", _moment(one.approved_at))
        xml.SubElement(entry, "link", {"href": address})
        if one.category:
            xml.SubElement(entry, "category", {"term": one.category})
    return _written(feed)


def json_feed(reader: Reader, links: Links, absolute: Absolute, own: str) -> str:
    """The same as `atom`."""
    items = [
        {
            "id": absolute(links.article(one)),
            "url": absolute(links.article(one)),
            "title": one.question,
            "content_text": one.question,
            "date_modified": _moment(one.approved_at),
            **({"tags": [one.category]} if one.category else {}),
        }
        for one in reader.recent(MOST_CHANGES)
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _("%(ward)s %(name)s よくある質問の更新", ward=reader.ward, name=reader.name),
        "home_page_url": absolute(links.home()),
        "feed_url": own,
        "language": "ja",
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False)


def sitemap(sites: Iterable[tuple[Reader, Links]], absolute: Absolute) -> bytes:
    """Every page worth finding, with the day of its last change."""
    root = xml.Element("urlset", {"xmlns": SITEMAP})
    for reader, links in sites:
        _place(root, absolute(links.home()), reader.recent(1))
        for category in reader.categories.values():
            _place(root, absolute(links.category(category)), [])
        for one in reader.articles:
            _place(root, absolute(links.article(one)), [one])
    return _written(root)


def _place(root: xml.Element, address: str, changed: list[Listed]) -> None:
    place = xml.SubElement(root, "url")
    _add(place, "loc", address)
    for one in changed:
        _add(place, "lastmod", one.day.isoformat())


def _add(parent: xml.Element, name: str, text: str) -> None:
    xml.SubElement(parent, name).text = text


def _written(root: xml.Element) -> bytes:
    found: bytes = xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _newest(reader: Reader) -> datetime:
    newest = reader.recent(1)
    return newest[0].approved_at if newest else datetime(2000, 1, 1, tzinfo=UTC)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
