"""The public site as a folder: every link leads to a file in it, and nothing stands in it that is not public."""

import io
import re
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from callcenter.clock import today
from callcenter.config import Face
from callcenter.db import db, writing
from callcenter.errors import Conflict
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.public import export, feeds
from tests.kb.public.test_projection import CANARY

HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"'


@pytest.fixture
def laid(public, make_article, world):
    """Two public articles, one of them hostile, and one of every kind that is not public."""
    make_article(category="費用 › 対象外", easy="お金は出ません。", variants=("電車代は",))
    make_article(
        HOSTILE, answer=HOSTILE, category="a/../b", easy=HOSTILE, source=HOSTILE, variants=(HOSTILE,)
    )
    hidden = (
        {"approved": False},
        {"is_public": False},
        {"valid_to": today() - timedelta(days=2)},
        {"valid_from": today() + timedelta(days=2)},
        {"needs_ward": True, "approved": False},
    )
    for values in hidden:
        make_article(
            f"{CANARY}の質問", answer=CANARY, category=CANARY, variants=(CANARY,), source=CANARY, **values
        )
    gone = make_article(f"{CANARY}の古い質問", category=CANARY)
    with writing():
        db.session.get(Article, gone.id).archive(by=world.sato)
    make_article("言い方のある質問ですか", say=(CANARY,), dont_say=(CANARY,), escalate_when=CANARY)
    public.lay()
    return public


def files(laid, face=Face()):  # noqa: B008 (frozen)
    return dict(export.files(laid.store, "babysitter", face))


def test_the_folder_holds_nothing_that_is_not_public(laid):
    found = files(laid, Face(url="https://faq.example.jp"))
    assert len(found) > 20
    for path, content in found.items():
        assert CANARY not in content.decode(), path
        assert CANARY not in path
    assert "交通費は対象になりますか" in found["faq/1.html"].decode()
    assert "お金は出ません。" in found["faq/1-easy.html"].decode()


class Addresses(HTMLParser):
    """Every address on a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src", "action")]


def test_every_address_is_relative_and_leads_to_a_file(laid):
    found = files(laid)
    for path, content in found.items():
        if not path.endswith(".html"):
            continue
        parser = Addresses()
        parser.feed(content.decode())
        for address in parser.found:
            if address.startswith(("#", "tel:")):
                continue
            assert not re.match(r"[a-z]+:|/", address), (path, address)
            target = Path("/x", path).parent / address.partition("#")[0]
            assert str(target.resolve().relative_to("/x")) in found, (path, address)


def test_hostile_words_are_text_in_every_file(laid):
    for path, content in files(laid).items():
        text = content.decode()
        if path.endswith(".html"):
            assert "<script>alert" not in text, path
            assert "<img" not in text, path
        if path.endswith("index.js"):
            assert "</script" not in text


def test_feeds_and_sitemap_come_with_an_address(laid):
    assert not {"changes.atom", "sitemap.xml"} & files(laid).keys()
    found = files(laid, Face(url="https://faq.example.jp"))
    root = xml.fromstring(found["sitemap.xml"])
    places = [one.text for one in root.iter(f"{{{feeds.SITEMAP}}}loc")]
    assert {place.removeprefix("https://faq.example.jp/") for place in places} <= found.keys()
    assert b"https://faq.example.jp/faq/1.html" in found["changes.atom"]


def test_a_folder_written_again_loses_what_was_withdrawn(laid, tmp_path, world):
    folder = tmp_path / "site"
    count = export.write(laid.store, "babysitter", Face(), folder)
    assert count == len([file for file in folder.rglob("*") if file.is_file()]) - 1
    assert (folder / "faq/1.html").exists()
    with writing():
        db.session.query(Article).filter_by(number=1).one().archive(by=world.sato)
    laid.lay()
    export.write(laid.store, "babysitter", Face(), folder)
    assert not (folder / "faq/1.html").exists()
    assert not (folder / "faq/1-easy.html").exists()
    assert all("交通費は対象" not in file.read_text() for file in folder.rglob("*.html"))


def test_a_folder_with_other_files_is_left_alone(laid, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(Conflict):
        export.write(laid.store, "babysitter", Face(), tmp_path)
    export.write(laid.store, "babysitter", Face(), tmp_path / "site")
    (tmp_path / "site" / "mine.txt").write_text("x")
    with pytest.raises(Conflict):
        export.write(laid.store, "babysitter", Face(), tmp_path / "site")


def test_the_command_writes_the_folder_and_says_so(world, make_article, tmp_path):
    make_article()
    done = world.app.test_cli_runner().invoke(
        args=["kb", "export-site", str(tmp_path / "site"), "--programme", "babysitter"]
    )
    assert done.exit_code == 0, done.output
    assert "交通費は対象になりますか" in (tmp_path / "site" / "faq" / "1.html").read_text()
    assert len(world.entries(Action.SITE_EXPORTED)) == 1


def test_the_desk_gives_the_folder_in_a_zip(world, make_article):
    make_article()
    world.app.extensions["projection"].settle()
    answer = world.client("aoki").post("/faq/exports/site", data={"programme": "babysitter"})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "babysitter/index.html" in archive.namelist()
    assert len(world.entries(Action.SITE_EXPORTED)) == 1


def test_a_list_in_the_folder_takes_nothing_away_outside_it(laid, tmp_path):
    folder, victim = tmp_path / "site", tmp_path / "victim.db"
    victim.write_text("kept")
    export.write(laid.store, "babysitter", Face(), folder)
    with (folder / "files.txt").open("a") as listed:
        listed.write(f"../victim.db\n{victim}\n")
    export.write(laid.store, "babysitter", Face(), folder)
    assert victim.read_text() == "kept"


def test_nothing_is_written_through_a_link_out_of_the_folder(laid, tmp_path):
    folder, victim = tmp_path / "site", tmp_path / "victim.html"
    victim.write_text("kept")
    export.write(laid.store, "babysitter", Face(), folder)
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to(victim)
    with pytest.raises(Conflict):
        export.write(laid.store, "babysitter", Face(), folder)
    assert victim.read_text() == "kept"
