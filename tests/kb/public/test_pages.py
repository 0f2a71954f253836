"""The pages that visitors read: by category, by words, one by one; without cookies, and safe from what stands in them."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine

from callcenter.clock import now, today
from callcenter.config import CHECKOUT, Settings
from kb.public import limits
from kb.public.app import create_face
from kb.public.store import PROGRAMME, open_as_house

HOME = "/babysitter/"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}"


@pytest.fixture
def site(bare_site):
    """Three articles in two categories; the first has all that an article can have."""
    bare_site.put(
        1,
        "交通費は対象になりますか",
        path="費用 › 対象外",
        variants=("電車代は出ますか",),
        easy="電車（でんしゃ）のお金は出ません。",
        source="要綱第3条",
        read_aloud="交通費は、対象になりません。",
    )
    bare_site.put(2, "領収書をなくしました", answer="事業者に**再発行**を依頼してください。", path="書類")
    bare_site.put(3, "領収書の宛名は夫でもよいですか", answer="どちらでもかまいません。", path="書類")
    return bare_site


def test_the_address_alone_leads_to_the_only_programme(site):
    answer = site.get("/")
    assert (answer.status_code, answer.location) == (302, HOME)


def test_several_programmes_are_listed(site):
    with site.store.writing() as connection:
        values = {
            "code": "other",
            "name": "隣の事業",
            "ward": "隣の区",
            "stamp": "1",
            "is_demo": True,
            "synonyms": [],
        }
        connection.execute(PROGRAMME.insert().values(**values))
    page = site.get("/").text
    assert 'href="/other/"' in page
    assert "隣の区 隣の事業" in page
    assert "デモです" in site.get("/other/").text
    assert "デモです" not in site.get(HOME).text


def test_home_has_the_search_the_categories_and_what_is_new(site):
    page = site.get(HOME).text
    assert 'action="/babysitter/search"' in page
    assert re.search(r"費用</span><span[^>]*>1件", page)
    assert re.search(r"書類</span><span[^>]*>2件", page)
    assert page.index("領収書の宛名は夫") < page.index("交通費は対象になりますか")


def test_a_category_is_reached_by_its_path_and_shows_where_it_lies(site):
    page = site.get(f"{HOME}categories/{quote('費用/対象外')}").text
    assert "交通費は対象になりますか" in page
    assert f'href="{HOME}categories/{quote("費用")}"' in page
    upper = site.get(f"{HOME}categories/{quote('費用')}").text
    assert "対象外</a>" in upper


def test_an_article_says_all_that_visitors_may_know(site):
    page = site.get(f"{HOME}faq/1").text
    assert "<h1>交通費は対象になりますか</h1>" in page
    assert "<strong>対象になりません</strong>" in page
    assert "要綱第3条" in page
    assert f'datetime="{today().isoformat()}"' in page
    assert f'href="{HOME}faq/1/easy"' in page
    assert f"http://localhost{HOME}faq/1" in page


def test_the_easy_version_has_an_address_of_its_own(site):
    page = site.get(f"{HOME}faq/1/easy").text
    assert "電車（でんしゃ）のお金は出ません。" in page
    assert "<strong>対象になりません</strong>" not in page
    assert site.get(f"{HOME}faq/2/easy").status_code == 404


def test_an_answer_in_doubt_says_so(site):
    site.put(9, "夜間は何時からですか", is_under_review=True)
    assert "いま内容を確かめています" in site.get(f"{HOME}faq/9").text
    assert "いま内容を確かめています" not in site.get(f"{HOME}faq/1").text


def test_related_articles_stand_below(site):
    page = site.get(f"{HOME}faq/2").text
    assert "領収書の宛名は夫でもよいですか" in page[page.index("近い質問") :]


def test_a_search_marks_what_it_found_and_says_why(site):
    page = site.get(f"{HOME}search?q={quote('レシートを無くした')}").text
    assert "<mark>領収書</mark>を" in page
    assert "見つけたことば" in page
    assert "領収書" in page[page.index("見つけたことば") :]


def test_a_search_without_a_hit_says_what_to_do_next(site):
    page = site.get(f"{HOME}search?q=zzzzqq").text
    assert "当てはまる記事がありませんでした" in page
    assert "分類から探す" in page


def test_suggestions_are_questions_with_addresses(site):
    found = site.get(f"{HOME}suggestions?q={quote('交通費')}").json
    assert found == [{"question": "交通費は対象になりますか", "url": f"{HOME}faq/1"}]


def test_what_was_searched_is_kept_by_nobody(site):
    for path in (f"{HOME}search?q=x", f"{HOME}suggestions?q=x"):
        answer = site.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


PAGES = (
    "/",
    HOME,
    f"{HOME}search?q=x",
    f"{HOME}privacy",
    f"{HOME}faq/1",
    f"{HOME}faq/999",
    "/none/",
    "/healthz",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_answer_sets_a_cookie_and_each_has_the_headers(site, path):
    answer = site.get(path)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_unchanged_page_is_not_sent_again(site):
    tag = site.get(HOME).headers["ETag"]
    again = site.get(HOME, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert not again.data


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        "/nowhere/faq/1",
        f"{HOME}faq/99999999999999999999",
        f"{HOME}faq/x",
        f"{HOME}categories/none",
        f"{HOME}categories/%00",
        f"{HOME}faq/1/../../secret",
        "/sign-in",
        "/tickets",
        "/api/v1/",
    ],
)
def test_what_is_not_there_is_a_page_that_leads_back(site, path):
    answer = site.get(path, follow_redirects=True)
    assert answer.status_code == 404
    assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    "query", ["q=%FF%FE", "q=" + "あ" * 3000, "q=%00", "q=<b>", "q=%20", "q=%ED%A0%80", "x=1"]
)
def test_an_odd_search_is_a_page_all_the_same(site, query):
    answer = site.get(f"{HOME}search?{query}")
    assert answer.status_code == 200
    assert "<b>" not in answer.text


def test_another_host_is_refused(site):
    assert site.get(HOME, headers={"Host": "evil.example"}).status_code == 400


def test_a_withdrawn_article_is_gone_from_every_page(site):
    site.take(1)
    assert site.get(f"{HOME}faq/1").status_code == 404
    for path in (
        HOME,
        f"{HOME}search?q={quote('交通費は対象になりますか')}",
        f"{HOME}suggestions?q={quote('交通費')}",
    ):
        page = site.get(path)
        assert "対象になりません" not in page.text
        assert "/faq/1" not in page.text
    assert site.get(f"{HOME}categories/{quote('費用')}").status_code == 404


def test_an_article_past_its_last_day_is_gone_while_the_worker_is_away(site):
    site.put(9, "今日までの質問ですか", valid_to=today())
    assert site.get(f"{HOME}faq/9").status_code == 200
    with time_machine.travel(now() + timedelta(days=1)):
        assert site.get(f"{HOME}faq/9").status_code == 404
        assert "今日までの" not in site.get(HOME).text


def test_hostile_words_in_every_field_are_text(bare_site):
    public = bare_site
    public.put(
        1,
        HOSTILE[:150],
        answer=HOSTILE + "\n\n[x](javascript:alert(1))",
        path="a <b>c</b> › ..",
        variants=(HOSTILE,),
        easy=HOSTILE,
        source=HOSTILE,
        read_aloud=HOSTILE[:80],
    )
    number = 1
    paths = (HOME, f"{HOME}faq/{number}", f"{HOME}faq/{number}/easy", f"{HOME}search?q={quote(HOSTILE[:60])}")
    for path in paths:
        page = public.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "<b>" not in page.text
        assert "49" not in re.sub(r"[0-9a-f]{8,}", "", page.text.partition("<main")[2])
        assert "javascript:" not in re.sub(r">[^<]*<", "><", page.text)
    address = re.search(rf'href="({HOME}categories/[^"]+)"', public.get(HOME).text)[1]
    assert public.get(address).status_code == 200


def test_too_many_pages_from_one_address_are_asked_to_wait(site, monkeypatch):
    monkeypatch.setattr(limits, "READING", limits.Limit("reading", 3, 60))
    answers = [site.get(HOME) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "待って" in answers[-1].text


def test_a_site_without_its_store_says_so_and_comes_back(tmp_path):
    app = create_face(Settings.from_environment({"CALLCENTER_HOME": str(tmp_path)}), environ={})
    client = app.test_client()
    assert client.get(HOME).status_code == 503
    store = open_as_house(Settings.from_environment({"CALLCENTER_HOME": str(tmp_path)}))
    store.make()
    assert client.get(HOME).status_code == 404
    app.extensions["store"].close()
    store.close()


def test_the_static_folder_gives_what_visitors_need_and_no_more(site):
    folder = site.app.static_url_path
    assert site.get(f"{folder}/css/public.css").status_code == 200
    assert site.get(f"{folder}/vendor/htmx.min.js").status_code == 404
    assert site.get(f"{folder}/package.json").status_code == 404


def test_the_face_loads_nothing_that_opens_a_sealed_value():
    """Its process, started as script/start.py starts it."""
    code = "import kb.public.app, sys; kb.public.app.create_face(); print(*sys.modules)"
    environ = {**os.environ, "CALLCENTER_HOME": "/nonexistent", "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    kernel = {name for name in loaded if name.startswith("callcenter.privacy.") and "lens" not in name}
    assert kernel == {"callcenter.privacy.sealbox"}  # it seals to others; it has no key that opens
    assert not loaded & {
        "callcenter.db",
        "callcenter.people",
        "sqlcipher3",
        "argon2",
        "kb.articles.article",
        "tickets",
        "wsgi",
    }
    assert "kb.public.pages" in loaded


def test_the_face_serves_beside_a_house_that_it_cannot_read(site):
    """No keys and no database of the house are there: there is nothing but the face's own file."""
    assert [file.name for file in site.settings.home.iterdir()] == ["face"]
    assert site.get(HOME).status_code == 200
