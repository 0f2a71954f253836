"""The rules that the code cites are written down, and the project cites nothing outside itself."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "docs" / "rules.md"


def texts():
    for room in ("callcenter", "kb", "tickets", "templates", "docs", "script", "bench", "tests"):
        for file in (ROOT / room).rglob("*"):
            if file.suffix in {".py", ".html", ".md", ".css", ".js"} and not {
                "node_modules",
                "vendor",
                "results",
            } & set(file.parts):
                yield file, file.read_text()


def test_every_cited_rule_is_written_down():
    anchors = set(re.findall(r"^## ([a-z-]+)$", RULES.read_text(), re.M))
    cited = {(str(f), a) for f, text in texts() for a in re.findall(r"docs/rules\.md#([a-z-]+)", text)}
    assert {pair for pair in cited if pair[1] not in anchors} == set()


def test_every_written_rule_is_cited():
    cited = {a for _f, text in texts() for a in re.findall(r"docs/rules\.md#([a-z-]+)", text)}
    assert set(re.findall(r"^## ([a-z-]+)$", RULES.read_text(), re.M)) <= cited


def test_nothing_outside_the_project_is_cited():
    outside = re.compile(
        "|".join(
            map(
                re.escape,
                ("design" + ".md", "domain" + ".md", "security" + ".md", "field" + ".md", "tech" + ".md"),
            )
        )
    )
    assert [str(f) for f, text in texts() if outside.search(text)] == []
