"""The shelf from the console: what is printed, and the exit codes."""

import json

import pytest

from callcenter.db import db
from callcenter.programmes import Programme


@pytest.fixture
def run(world):
    """Runs `kb …` and gives exit code, JSON (or text) of standard output, and standard error."""

    def call(*words, as_json=True):
        arguments = ["kb", *map(str, words), "--programme", world.programme.code]
        result = world.app.test_cli_runner().invoke(args=[*arguments, *(["--json"] if as_json else [])])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        output = json.loads(result.stdout) if as_json and result.stdout else result.stdout
        return result.exit_code, output, result.stderr

    return call


def test_import_prints_counts_alone(run, article_file, line):
    code, output, _error = run("import", article_file(line("a"), line("b")))
    assert code == 0
    assert output == {"new": 2, "changed": 0, "unchanged": 0, "published": 0, "rejected": []}


def test_bad_lines_are_in_a_file_to_mend_and_import_again(run, article_file, line):
    file = article_file(line("a"), '{"external_id": "b"', line("c", read_aloud="あ" * 81))
    code, output, error = run("import", file)
    assert code == 0
    assert [fault["line"] for fault in output["rejected"]] == [2, 3]
    aside = file.with_name(file.name + ".rejected.jsonl")
    assert str(aside) in error
    mended = (
        aside.read_text().replace('{"external_id": "b"', json.dumps(line("b"))).replace("あ" * 81, "短い")
    )
    aside.write_text(mended)
    assert run("import", aside)[1]["new"] == 2


def test_a_good_file_leaves_no_file_of_bad_lines(run, article_file, line):
    file = article_file(line("a"))
    run("import", file)
    assert [one.name for one in file.parent.glob("articles*")] == ["articles.jsonl"]


def test_the_wards_person_publishes(run, article_file, line):
    file = article_file(line("a"))
    code, output, _error = run("import", file, "--publish", "--approved-by", "kato")
    assert (code, output["published"]) == (0, 1)
    code, output, _error = run("search", "交通費")
    assert code == 0
    assert [set(one) for one in output["articles"]] == [{"external_id", "question", "score"}]
    assert output["articles"][0]["external_id"] == "a"


@pytest.mark.parametrize("person", ["sato", "honda", "kondo", "nobody"])
def test_nobody_else_publishes_and_nothing_is_kept(run, article_file, line, person):
    code, output, error = run("import", article_file(line("a")), "--publish", "--approved-by", person)
    assert (code, output) == (1, "")
    assert error
    assert run("search", "交通費", "--drafts")[1] == {"articles": []}


def test_publishing_without_a_person_needs_one(run, article_file, line):
    code, output, error = run("import", article_file(line("a")), "--publish")
    assert (code, output) == (3, "")
    assert "--approved-by" in error


def test_a_file_that_is_not_there_is_a_wrong_call(run, tmp_path):
    assert run("import", tmp_path / "none.jsonl")[0] == 2


def test_with_several_programmes_one_must_be_named(world):
    runner = world.app.test_cli_runner()
    assert db.session.query(Programme).count() == 2
    refused = runner.invoke(args=["kb", "search", "交通費", "--json"])
    assert refused.exit_code == 3
    assert "--programme" in refused.stderr
    assert runner.invoke(args=["kb", "search", "交通費", "--programme", "none"]).exit_code == 2


def test_search_is_limited_and_sees_drafts_when_asked(run, article_file, line):
    run("import", article_file(*(line(f"n{n}") for n in range(12))))
    assert run("search", "交通費")[1] == {"articles": []}
    assert len(run("search", "交通費", "--drafts")[1]["articles"]) == 10
    scores = [one["score"] for one in run("search", "n3の交通費", "--drafts", "--limit", 3)[1]["articles"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert run("search", "交通費", "--limit", 0)[0] == 2


def test_people_read_a_table(run, article_file, line):
    assert "new 1" in run("import", article_file(line("a"), "x"), as_json=False)[1]
    assert "aの交通費" in run("search", "交通費", "--drafts", as_json=False)[1]


def test_seed_lays_down_drafts(run):
    assert run("seed")[1]["new"] == 84
    assert run("seed", "--publish", "--approved-by", "kato")[1]["published"] == 53
    assert run("search", "締切の日の消印", "--limit", 1)[1]["articles"][0]["external_id"] == "faq-060"


@pytest.mark.parametrize("typed", ["レシートをなくした", "領収書をなくしました"])
def test_a_lost_receipt_is_found_in_what_waits_for_the_ward_and_in_what_is_told(run, typed):
    run("seed", "--publish", "--approved-by", "kato")
    first = [run("search", typed, "--limit", 1, *more)[1]["articles"][0] for more in ([], ["--drafts"])]
    assert [one["external_id"] for one in first] == ["faq-059", "faq-084"]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "xlsx"])
def test_what_is_exported_comes_back_unchanged(run, tmp_path, ending):
    run("seed")
    file = tmp_path / f"faq.{ending}"
    assert run("export", file)[:2] == (0, {"articles": 0})
    code, output, _error = run("export", file, "--all")
    assert (code, output["articles"] > 80) == (0, True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("import", file)[1] == {
        "new": 0,
        "changed": 0,
        "unchanged": output["articles"],
        "published": 0,
        "rejected": [],
    }


def test_a_file_that_cannot_be_written_whole_is_not_written(run, article_file, line, tmp_path):
    run("import", article_file(line("a", answer="絵文字😀")), "--publish", "--approved-by", "kato")
    file = tmp_path / "faq.csv"
    code, output, error = run("export", file, "--cp932")
    assert (code, output) == (1, "")
    assert "2行目「回答」の「😀」" in error
    assert [one.name for one in tmp_path.iterdir() if "faq" in one.name] == []


@pytest.mark.parametrize(("name", "more"), [("faq.txt", ()), ("faq", ()), ("faq.xlsx", ("--cp932",))])
def test_a_format_that_is_not_known_is_a_wrong_call(run, tmp_path, name, more):
    assert run("export", tmp_path / name, *more)[0] == 2
    assert not (tmp_path / name).exists()


def test_a_table_with_bad_rows_leaves_a_table_of_them(run, tmp_path):
    file = tmp_path / "faq.csv"
    file.write_text("記事番号,質問,回答\n1,質問は,はい。\n2,,はい。\n")
    code, output, error = run("import", file)
    assert (code, output["new"]) == (0, 1)
    assert [(one["line"], one["column"]) for one in output["rejected"]] == [(3, "question")]
    assert "faq.csv.rejected.csv" in error
    assert run("import", tmp_path / "faq.csv.rejected.csv")[1]["rejected"][0]["line"] == 2


def test_a_workbook_that_is_none_ends_the_command(run, tmp_path):
    file = tmp_path / "faq.xlsx"
    file.write_bytes(b"PK\x03\x04 nothing")
    code, output, error = run("import", file)
    assert (code, output) == (1, "")
    assert error
