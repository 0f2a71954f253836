"""The templates keep the house's rules: escaped, no inline code, every Japanese word through gettext, nothing unused."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, render_template
from jinja2 import Environment, FileSystemLoader, nodes

from callcenter import speech

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
SCRIPTS = ROOT / "callcenter" / "static" / "js"
STYLES = ROOT / "callcenter" / "static" / "css"
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff]")  # kana and kanji: signs alone are no word
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
# A letter or a message is Japanese by its nature: its words are the ward's, not the program's.
UNTRANSLATED = ("letters/", "messages/", "public/texts/")

environment = Environment(
    loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True
)
environment.newstyle_gettext = True


def source(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")


def tree(name):
    return environment.parse(source(name))


def translated(call):
    return isinstance(call, nodes.Call) and isinstance(call.node, nodes.Name) and call.node.name in GETTEXT


def untranslated_words(node):
    """Japanese text under a node that stands outside gettext."""
    if translated(node):
        return
    if isinstance(node, nodes.TemplateData) and JAPANESE.search(node.data):
        yield node.data.strip()
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and JAPANESE.search(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from untranslated_words(child)


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith(UNTRANSLATED)])
def test_every_japanese_word_goes_through_gettext(name):
    assert list(untranslated_words(tree(name))) == []


def test_a_japanese_word_outside_gettext_is_seen():
    page = environment.parse('<p title="{{ "題" }}">裸 {{ _("包") }}{% trans %}訳{% endtrans %}</p>')
    assert list(untranslated_words(page)) == ["題", '">裸']


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_marked_safe(name):
    filters = {found.name for found in tree(name).find_all(nodes.Filter)}
    assert not filters & {"safe", "forceescape"}
    assert not list(tree(name).find_all(nodes.MarkSafe))
    assert "autoescape" not in source(name)


class Inline(HTMLParser):
    """Collects what the content security policy would refuse."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.in_script = False

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        self.found += [
            f"{tag} {name}={value}" for name, value in attrs if str(value).startswith("javascript:")
        ]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        outside = [
            value
            for name, value in attrs
            if name in ("src", "href", "action") and re.match(r"(https?:)?//", str(value))
        ]
        self.found += [f"{tag} {address}" for address in outside]


def inline_code(text):
    parser = Inline()
    parser.feed(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL))
    return parser.found


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("letters/")])
def test_no_page_has_inline_style_or_script_or_outside_address(name):
    assert inline_code(source(name)) == []


def test_inline_code_is_seen():
    found = inline_code(
        '<p style="x" onclick="y"><a href="//far.example">z</a><script>1</script><style></style></p>'
    )
    assert found == ["p style", "p onclick", "a //far.example", "script", "style"]


def imported_names(page):
    for statement in page.find_all(nodes.FromImport):
        yield from (name if isinstance(name, str) else name[1] for name in statement.names)
    for statement in page.find_all(nodes.Import):
        yield statement.target


@pytest.mark.parametrize("name", PAGES)
def test_every_imported_macro_is_used(name):
    page = tree(name)
    used = {found.name for found in page.find_all(nodes.Name)}
    assert set(imported_names(page)) - used == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_template_that_is_named_exists(name):
    page = tree(name)
    targets = [
        found.template
        for kind in (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
        for found in page.find_all(kind)
    ]
    named = [target.value for target in targets if isinstance(target, nodes.Const)]
    assert [missing for missing in named if missing not in PAGES] == []


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.name)
def test_scripts_hold_no_japanese_words_and_keep_nothing_in_the_browser(path):
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    assert not re.search(r"[\u3041-\u30fe\u3400-\u9fff]{2}", code)
    assert not re.search(r"localStorage|sessionStorage(?!\.removeItem)|indexedDB|\beval\(|new Function", code)
    assert text.startswith("// ")


def test_every_word_that_a_script_says_stands_in_the_frame():
    said = set()
    for path in SCRIPTS.glob("*.js"):
        said |= set(re.findall(r'say\("([a-z-]+)"', path.read_text(encoding="utf-8")))
    written = set(re.findall(r'"key": "([a-z-]+)"', source("frames/_words.html")))
    assert said - written == set()


def test_every_script_is_asked_for_by_the_frame_or_by_a_page():
    modules = {path.stem for path in SCRIPTS.glob("*.js")} - {"desk"}
    ahead = re.search(r"for module in (\[.*?\])", source("frames/_scripts.html"), re.DOTALL)
    by_pages = {name for page in PAGES for name in re.findall(r"js/(\w+)\.js", source(page))} - {"desk"}
    assert modules == set(re.findall(r'"(\w+)"', ahead.group(1))) | by_pages


def test_every_sheet_is_linked_somewhere():
    linked = " ".join(source(name) for name in PAGES)
    assert [path.name for path in STYLES.glob("*.css") if f"css/{path.name}" not in linked] == []


COLOURED = {"tokens.css", "print.css"}  # the sheet that makes the tokens, and the one for paper


@pytest.mark.parametrize("path", sorted(STYLES.glob("*.css")), ids=lambda path: path.name)
def test_styles_take_their_colours_from_the_tokens(path):
    colours = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", path.read_text(encoding="utf-8"))
    assert bool(colours) == (path.name in COLOURED)


@pytest.fixture
def bare_app():
    """An app with nothing behind it: no database, no sign-in, no session."""
    app = Flask("bare", root_path=str(ROOT), template_folder="templates", static_folder="callcenter/static")
    speech.give(app, "ja", "Asia/Tokyo")
    return app


@pytest.mark.parametrize("name", [name for name in PAGES if re.match(r"errors/\d+\.html", name)])
@pytest.mark.parametrize("message", [None, "理由の文です。"], ids=["own words", "a refusal's words"])
def test_error_pages_need_no_house_behind_them(bare_app, name, message):
    with bare_app.test_request_context("/"):
        page = render_template(name, message=message, code="some_code", status=int(name[7:10]))
    assert f"{name[7:10]} some_code" in page
    assert (message or "</h1>") in page


@pytest.mark.parametrize(
    "code", ["database_lost", "disk_full", "keys_missing", "keys_sealed", "key_erased", "other"]
)
def test_each_kind_of_unavailable_has_its_own_title(bare_app, code):
    titles = {}
    for each in ("database_lost", "disk_full", "keys_missing", "keys_sealed", "key_erased", "other"):
        with bare_app.test_request_context("/"):
            page = render_template("errors/503.html", message=None, code=each, status=503)
        titles[each] = re.search(r"<h1>(.*?)</h1>", page).group(1)
    assert [other for other, title in titles.items() if title == titles[code]] == [code]
