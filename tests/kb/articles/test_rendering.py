"""The door of bleach: what hostile HTML and markdown become, and when they are refused."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import Invalid
from kb.articles.rendering import (
    ARTICLE_TAGS,
    ATTRIBUTES,
    MAIL_TAGS,
    clean_html,
    plain_text,
    render,
    safe_url,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><style><a href='</style><img src=x onerror=alert(1)>'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVa\tScRiPt:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='javascript:123'>x</a>",
    "<a href=' data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//evil.example.jp'>x</a>",
    "<a href='/\\evil.example.jp'>x</a>",
    "<a href='https://ward.example.jp@evil.example.jp/'>x</a>",
    "<p style='background:url(//evil.example.jp)'>x</p>",
    "<p onclick=alert(1) id=x class=y>x</p>",
    "<base href='//evil.example.jp/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example.jp'>",
    "<link rel=stylesheet href='//evil.example.jp'>",
    "<form action='//evil.example.jp'><input name=a><button>送信</button></form>",
    "<object data='x.swf'></object><embed src=x>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "<a title='\"><img src=x onerror=alert(1)>' href='/faq/1'>x</a>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<td onmouseover=alert(1) colspan='2 onclick=alert(1)'>x",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<a href='https://example.jp' target=_self rel=opener>x</a>",
    "<\x00script>alert(1)</script>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)</script>",
]


class Reader(HTMLParser):
    """Reads HTML as a browser would and keeps every element that stands in it."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


def assert_harmless(html, tags):
    for tag, attributes in Reader(html).elements:
        assert tag in tags, html
        allowed = ATTRIBUTES.get(tag, set()) | ({"rel", "target"} if tag == "a" else set())
        assert set(attributes) <= allowed, html
        if tag == "a":
            assert safe_url(attributes["href"]) == attributes["href"]
            assert attributes["rel"] == "noopener noreferrer"
            assert attributes.get("target") in (None, "_blank")


@pytest.mark.parametrize("vector", HOSTILE)
def test_hostile_html_of_a_mail_is_inert(vector):
    assert_harmless(clean_html(vector), MAIL_TAGS)


@pytest.mark.parametrize("vector", HOSTILE)
def test_hostile_html_in_an_article_is_shown_as_text(vector):
    html = render(vector)
    assert_harmless(html, ARTICLE_TAGS)
    assert "&lt;" in html


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))",
        "[x](javascript:123)",
        "[x](<java\tscript:alert(1)>)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](//evil.example.jp)",
        "[x](http://example.jp)",
        "[x](faq/1)",
        "[x](#top)",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](https://evil.example.jp/x.png)",
        '[x](https://example.jp "t" onclick="alert(1)")',
    ],
)
def test_markdown_with_a_bad_address_keeps_its_words_only(markdown):
    html = render(markdown)
    assert_harmless(html, ARTICLE_TAGS)
    assert "<a" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**太字**と`記号`", "<p><strong>太字</strong>と<code>記号</code></p>\n"),
        ("- 一\n- 二", "<ul>\n<li>一</li>\n<li>二</li>\n</ul>\n"),
        ("1. 一\n2. 二", "<ol>\n<li>一</li>\n<li>二</li>\n</ol>\n"),
        ("~~旧~~", "<p><s>旧</s></p>\n"),
        ("[区](/faq/1)", '<p><a href="/faq/1" rel="noopener noreferrer">区</a></p>\n'),
        (
            "[国税庁](https://www.nta.example.jp/a?b=1&c=2)",
            '<p><a href="https://www.nta.example.jp/a?b=1&amp;c=2" rel="noopener noreferrer" target="_blank">国税庁</a></p>\n',
        ),
        ("2,500円 < 3,500円 & 税込", "<p>2,500円 &lt; 3,500円 &amp; 税込</p>\n"),
    ],
)
def test_markdown_becomes_plain_html(markdown, html):
    assert render(markdown) == html


def test_a_table_of_an_article_is_a_table():
    html = render("|時間帯|上限|\n|--|--:|\n|7時から22時|2,500円|")
    assert "<table>" in html
    assert "<td>2,500円</td>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.jp", True),
        ("https://example.jp:8443/a?b=c#d", True),
        ("HTTPS://EXAMPLE.JP/", True),
        ("/faq/12", True),
        ("/", True),
        ("mailto:madoguchi@example.jp", True),
        ("tel:03-0000-0001", True),
        ("tel:+81300000001", True),
        ("http://example.jp", False),
        ("//example.jp", False),
        ("///example.jp", False),
        ("/\\example.jp", False),
        ("\\\\example.jp", False),
        ("https:example.jp", False),
        ("https:/example.jp", False),
        ("https:///example.jp", False),
        ("https://", False),
        ("https://user@example.jp", False),
        ("https://user:word@example.jp", False),
        ("https://exa mple.jp", False),
        ("https://example.jp\t/", False),
        ("https://例え.jp", False),
        ("https://[::1", False),
        ("javascript:alert(1)", False),
        ("javascript:123", False),
        ("java\nscript:1", False),
        ("\x01javascript:1", False),
        ("data:text/html,x", False),
        ("blob:https://example.jp/1", False),
        ("file:///etc/passwd", False),
        ("mailto:a@example.jp?bcc=b@example.jp", False),
        ("mailto:", False),
        ("tel:*#06#", False),
        ("faq/12", False),
        ("?q=1", False),
        ("#top", False),
        ("", False),
        ("/" + "a" * 2000, False),
        ("/a\u202eb", False),
    ],
)
def test_only_listed_kinds_of_address_pass(url, allowed):
    assert (safe_url(url) is not None) is allowed


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 32_000,
        "<!-- --><div><!--</div>-->" * 10_000,
        "<div title='</div>'>" * 10_000,
        "<b><i>" * 20_000,
        "<blockquote></b>" * 10_000,
    ],
    ids=["divs", "ends inside comments", "ends inside attributes", "formatting", "ends that close nothing"],
)
def test_html_nested_too_deep_is_refused_at_once(html):
    began = time.thread_time()
    with pytest.raises(Invalid, match="200") as refused:
        clean_html(html)
    assert refused.value.code == "too_deep"
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    "html",
    ["<p/" + "p/" * 200_000 + ">", "<a " * 150_000, "<p " + "a=b " * 100_000 + ">"],
    ids=["slashes", "open tags", "attributes"],
)
def test_html_that_takes_too_long_is_refused_after_two_seconds(html):
    began = time.thread_time()
    with pytest.raises(Invalid) as refused:
        clean_html(html)
    assert refused.value.code == "too_slow"
    assert time.thread_time() - began < 3


def test_html_larger_than_512_kb_is_refused_with_the_limit():
    with pytest.raises(Invalid, match="512") as refused:
        clean_html("あ" * 180_000)
    assert refused.value.code == "too_large"
    assert refused.value.facts == {"limit_bytes": 512 * 1024}


def test_markdown_larger_than_64_kb_is_refused_with_the_limit():
    with pytest.raises(Invalid, match="64"):
        render("あ" * 22_000)


@pytest.mark.parametrize("markdown", ["> " * 40 + "x", "- " * 40 + "x", "> - " * 5000 + "x"])
def test_markdown_nested_too_deep_is_refused_not_cut(markdown):
    with pytest.raises(Invalid, match="30") as refused:
        render(markdown)
    assert refused.value.code == "too_deep"


@pytest.mark.parametrize(
    "markdown",
    ["[" * 60_000, "![[]()" * 10_000, "*a " * 20_000, "|a" * 99 + "\n" + "|-" * 99 + "\n" + "|\n" * 99],
)
def test_odd_markdown_is_rendered_in_good_time(markdown):
    began = time.thread_time()
    assert_harmless(render(markdown), ARTICLE_TAGS)
    assert time.thread_time() - began < 4


def test_words_of_style_sheets_and_scripts_do_not_become_text():
    html = clean_html(
        "<title>題</title><style>p{color:red}</style>本文<script>var a</script>続き<STYLE\n>x</STYLE >"
    )
    assert html == "本文続き"


def test_an_unclosed_style_does_not_swallow_the_mail():
    assert "本文" in clean_html("<style>本文")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/\"'=&;#! abphrefionclick:tdlx\n-あ"), max_size=80))
def test_cleaning_twice_is_cleaning_once(text):
    once = clean_html(text)
    assert_harmless(once, MAIL_TAGS)
    assert clean_html(once) == once


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/\"'=&;#! abhref:*_`[]()|\n->1.あ"), max_size=80))
def test_any_markdown_renders_to_harmless_html(text):
    assert_harmless(render(text), ARTICLE_TAGS)


def test_plain_text_keeps_words_and_line_ends_only():
    markdown = (
        "**上限**は`2,500円`です。\n\n- 交通費は[対象外](/faq/2)\n- キャンセル料も\n\n|a|b|\n|-|-|\n|一|二|"
    )
    assert plain_text(markdown) == "上限は2,500円です。\n交通費は対象外\nキャンセル料も\na\nb\n一\n二"


def test_one_module_alone_imports_bleach(request):
    importers = [
        path.relative_to(request.config.rootpath).as_posix()
        for room in ("callcenter", "kb", "tickets")
        for path in (request.config.rootpath / room).rglob("*.py")
        if re.search(r"^\s*(from|import) bleach", path.read_text(), re.MULTILINE)
    ]
    assert importers == ["kb/articles/rendering.py"]


def test_a_small_text_that_makes_an_endless_table_is_refused():
    table = "|a" * 223 + "|\n" + "|-" * 223 + "|\n" + "a\n" * 223
    for door in (render, plain_text):
        with pytest.raises(Invalid) as refusal:
            door(table)
        assert refusal.value.code == "too_large"
