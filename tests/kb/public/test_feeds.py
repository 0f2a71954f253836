"""What machines read: only what visitors may read, in the forms that they ask for."""

import json
from datetime import timedelta
from xml.etree import ElementTree as xml

import pytest

from callcenter.clock import now
from kb.public import feeds

HOME = "/babysitter/"
HOSTILE = "<script>&'\"]]>"


@pytest.fixture
def site(bare_site):
    """Two articles, one of them hostile."""
    bare_site.put(1, "交通費は対象になりますか", path="費用 › 対象外", approved_at=now() - timedelta(days=2))
    bare_site.put(2, HOSTILE, path=f"分類{HOSTILE}")
    return bare_site


def test_the_feed_names_the_newest_first(site):
    answer = site.get(f"{HOME}changes.atom")
    assert answer.content_type == "application/atom+xml"
    feed = xml.fromstring(answer.data)
    titles = [one.text for one in feed.iter(f"{{{feeds.ATOM}}}title")]
    assert titles[1:] == [HOSTILE, "交通費は対象になりますか"]
    ids = [one.text for one in feed.iter(f"{{{feeds.ATOM}}}id")]
    assert ids[1:] == [f"http://localhost{HOME}faq/2", f"http://localhost{HOME}faq/1"]
    updated = [one.text for one in feed.iter(f"{{{feeds.ATOM}}}updated")]
    assert updated[0] == updated[1] > updated[2]


def test_the_json_feed_says_the_same(site):
    feed = json.loads(site.get(f"{HOME}changes.json").data)
    assert [one["title"] for one in feed["items"]] == [HOSTILE, "交通費は対象になりますか"]
    assert feed["feed_url"] == f"http://localhost{HOME}changes.json"


def test_the_sitemap_leads_to_pages_that_are_there(site):
    root = xml.fromstring(site.get("/sitemap.xml").data)
    found = [one.text for one in root.iter(f"{{{feeds.SITEMAP}}}loc")]
    assert f"http://localhost{HOME}faq/1" in found
    assert len(found) == 1 + 3 + 2
    for address in found:
        assert site.get(address.removeprefix("http://localhost")).status_code == 200, address


def test_robots_are_told_where_the_map_is(site):
    page = site.get("/robots.txt").text
    assert "Disallow: /*/search" in page
    assert "Sitemap: http://localhost/sitemap.xml" in page


def test_of_a_withdrawn_article_nothing_is_told(site):
    site.take(1)
    for path in (f"{HOME}changes.atom", f"{HOME}changes.json", "/sitemap.xml"):
        assert "faq/1<" not in site.get(path).text
        assert "交通費" not in site.get(path).text
