"""The public site in a real browser: with scripts and without, from a folder on the disk, by keyboard, on a phone."""

import re
from urllib.parse import quote

import pytest

from callcenter import prepare
from callcenter.config import Settings
from callcenter.db import db, disconnect
from callcenter.people.staff import appoint
from callcenter.permissions import Role
from callcenter.privacy import audit
from callcenter.privacy.keystore import Keystore
from callcenter.programmes import Programme
from kb.exchange import seeding
from kb.public import export
from kb.public.app import create_face
from kb.public.gathering import Gathering
from tests.serving import listening
from wsgi import create_app

HOME = "/babysitter/"
REFUSED = re.compile(r"status of (404|422)")
"""What the browser says of a refusal that was wanted."""
SMALL = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The seed's articles on a real port: `site.url`; and as a folder: `site.folder`."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings.from_environment(
        {"CALLCENTER_HOME": str(home), "CALLCENTER_FACE_PHONE": "03-0000-1234"}
    )
    prepare.make_keys(settings, Keystore(settings.keys))
    app = create_app(settings, environ={})
    folder = tmp_path_factory.mktemp("folder")
    with app.app_context():
        prepare.make_database()
        programme = db.session.query(Programme).one()
        ward = appoint(
            by=audit.CONSOLE,
            sign_in_name="kato",
            name="加藤 遥",
            kana="カトウ ハルカ",
            role=Role.WARD_STAFF,
            programmes=[programme],
        )
        db.session.commit()
        seeding.seed(programme, by=audit.CONSOLE, approved_by=ward)
        app.extensions["projection"].settle()
        Gathering(app.extensions["projection"].store).step()
        export.write(app.extensions["projection"].store, "babysitter", settings.face, folder)
        disconnect()
    face = create_face(settings, environ={})
    with listening(face) as url:
        yield type("Site", (), {"url": url, "folder": folder})
    face.extensions["store"].close()


@pytest.fixture
def visit(chromium):
    """visit(viewport, scripts=True): a page whose problems are kept in `page.problems`."""
    contexts = []

    def begin(viewport=DESK, scripts=True):
        context = chromium.new_context(viewport=viewport, locale="ja-JP", java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield begin
    for context in contexts:
        assert context.cookies() == []
        problems = [problem for page in context.pages for problem in page.problems]
        assert [problem for problem in problems if not REFUSED.search(problem)] == []
        context.close()


def paths():
    return {
        "home": HOME,
        "found": f"{HOME}search?q={quote('レシートをなくした')}",
        "nothing": f"{HOME}search?q=zzqq",
        "category": f"{HOME}categories/{quote('金額・時間')}",
        "article": f"{HOME}faq/1",
        "easy": f"{HOME}faq/1/easy",
        "privacy": f"{HOME}privacy",
        "thanks": f"{HOME}thanks",
        "missing": f"{HOME}faq/999",
    }


@pytest.mark.parametrize(("size", "viewport"), [("desk", DESK), ("phone", SMALL)])
def test_every_page_passes_axe_and_fits_the_screen(site, visit, axe, photograph, size, viewport):
    page, wrong = visit(viewport), []
    for name, path in paths().items():
        page.goto(site.url + path)
        wrong += [(name, found) for found in axe(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append((name, "scrolls sideways"))
        photograph(page, f"public-{name}-{size}", full=size == "phone")
    assert wrong == []


def test_a_parent_finds_an_answer_and_sends_a_word_without_scripts(site, visit):
    page = visit(SMALL, scripts=False)
    page.goto(site.url)
    page.get_by_label("知りたいことを入れてください").fill("ふたごの上限")
    page.get_by_role("button", name="探す").click()
    assert page.locator(".public-found mark").first.is_visible()
    page.locator(".public-found__question").first.click()
    page.get_by_role("link", name="やさしい日本語").click()
    assert page.url.endswith("/easy")
    page.get_by_label("いいえ").check()
    page.get_by_label("足りないところがあれば").fill("電話は090-0000-1234です")
    page.get_by_role("button", name="送る").click()
    assert page.get_by_text("まだ送っていません").is_visible()
    assert page.get_by_label("足りないところがあれば").input_value() == "電話は090-0000-1234です"
    assert page.get_by_label("いいえ").is_checked()
    page.get_by_label("足りないところがあれば").fill("図がほしいです")
    page.get_by_role("button", name="送る").click()
    page.wait_for_url("**/thanks*")


def test_suggestions_come_while_typing_and_are_reached_by_keyboard(site, visit):
    page = visit()
    page.goto(site.url + HOME)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "本文へ"
    page.get_by_label("知りたいことを入れてください").focus()
    page.keyboard.type("夜間の料金")
    first = page.locator("[data-found] a").first
    first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url("**/faq/*")


def test_the_folder_opens_from_the_disk_and_finds(site, visit, axe, photograph):
    page = visit(SMALL)
    page.goto((site.folder / "index.html").as_uri())
    page.get_by_label("知りたいことを入れてください").fill("ﾚｼｰﾄをなくした")
    page.get_by_role("button", name="探す").click()
    page.wait_for_url("**/search.html?*")
    found = page.locator(".public-found__question")
    assert found.count() > 0
    assert "領収書" in page.locator(".public-found").inner_text()
    assert axe(page) == []
    photograph(page, "folder-search")
    found.first.click()
    page.wait_for_url("**/faq/*.html")
    assert page.get_by_text("区が確かめた日").is_visible()
    assert page.get_by_text("解決しましたか").count() == 0
    assert axe(page) == []


def test_the_folder_works_without_scripts_by_categories(site, visit):
    page = visit(SMALL, scripts=False)
    page.goto((site.folder / "index.html").as_uri())
    page.locator(".public-list--categories a").first.click()
    page.locator(".public-list__link").first.click()
    assert page.get_by_text("区が確かめた日").is_visible()
    page.get_by_role("link", name="やさしい日本語").click()
    assert page.url.endswith("-easy.html")


def test_the_folders_search_agrees_with_the_servers_mostly(site, visit):
    """Of questions as parents type them, the first answer of the listener is among the folder's first five."""
    page, agreed = visit(), []
    questions = (
        "ふたごの上限",
        "夜間は何時から",
        "領収書をなくした",
        "交通費は出ますか",
        "締切はいつ",
        "申請の書類",
        "兄弟で使う",
        "振込はいつ",
    )
    for words in questions:
        page.goto(f"{site.url}{HOME}search?q={quote(words)}")
        first = page.locator(".public-found__question").first.inner_text()
        page.goto(f"{(site.folder / 'search.html').as_uri()}?q={quote(words)}")
        agreed.append(first in page.locator(".public-found__question").all_inner_texts()[:5])
    assert sum(agreed) >= 7, list(zip(questions, agreed, strict=True))
