"""Files on a ticket: added, refused with the reason, downloaded and never shown; and corrected consultations."""

import io

import pytest
from sqlalchemy import select

from callcenter.db import db
from callcenter.files import Scan, Scanner
from callcenter.privacy.actions import Action
from tickets.records.attachments import Attachment
from tickets.records.consultation import Consultation, Correction

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def case(world, make):
    class Case:
        id = make.ticket()
        number = make.number(id)

        def add(self, who="aoki", name="領収書.pdf", content=PDF):
            form = {"file": (io.BytesIO(content), name)}
            return world.client(who).post(f"/tickets/{self.number}/attachments", data=form)

    return Case()


def kept():
    return db.session.scalars(select(Attachment)).all()


def test_a_file_is_kept_and_comes_back_as_a_download(world, case):
    assert case.add().status_code == 303
    (row,) = kept()
    assert (row.name, row.scan) == ("領収書.pdf", Scan.UNSCANNED)
    page = world.client("ueda").get(f"/tickets/{case.number}").text
    assert "領収書.pdf" in page
    assert "ウイルス未検査" in page
    answer = world.client("ueda").get(f"/attachments/{row.id}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E9%A0%98")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert world.entries(Action.ATTACHMENT_ADDED)
    assert world.entries(Action.ATTACHMENT_DOWNLOADED)[-1].object_id == case.id.hex


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("実行.exe", b"MZ", "この形式は添付できません"),
        ("絵.png", b"<html>", "中身が、名前の形式と違います"),
        ("空.pdf", b"", "空のファイルです"),
    ],
)
def test_a_refused_file_says_why_at_the_field(world, case, name, content, words):
    answer = case.add(name=name, content=content)
    assert answer.status_code == 422
    assert words in answer.text
    assert kept() == []
    assert world.entries(Action.ATTACHMENT_REFUSED)[-1].object_id == case.id.hex


def test_a_file_has_to_be_chosen(world, case):
    answer = world.client("aoki").post(f"/tickets/{case.number}/attachments", data={})
    assert answer.status_code == 422
    assert "ファイルを選んでください" in answer.text


def test_who_only_reads_adds_nothing(case):
    assert case.add("kato").status_code == 403
    assert kept() == []


def test_strangers_find_no_file(world, case):
    case.add()
    (row,) = kept()
    assert case.add("yoso").status_code == 404
    assert world.client("yoso").get(f"/attachments/{row.id}").status_code == 404
    assert world.client("honda").get(f"/attachments/{row.id}").status_code == 403


class Finding(Scanner):
    """A scanner that finds something in everything."""

    def scan(self, content):
        return Scan.INFECTED


def test_an_infected_file_is_not_kept(world, app, case):
    app.extensions["scanner"] = Finding(None)
    answer = case.add()
    assert answer.status_code == 422
    assert "ウイルスが見つかった" in answer.text
    assert kept() == []


def test_a_file_kept_unscanned_is_scanned_before_it_is_given_out(world, app, case, tmp_path):
    case.add()
    (row,) = kept()
    address = f"/attachments/{row.id}"
    app.extensions["scanner"] = Scanner(tmp_path / "away.sock")
    assert world.client("aoki").get(address).status_code == 503
    app.extensions["scanner"] = Finding(None)
    assert world.client("aoki").get(address).status_code == 422


@pytest.fixture
def consultation(case):
    return db.session.scalars(select(Consultation)).one().id


def correct(world, case, consultation, who="sato", **form):
    values = {"version": "1", "content": "直した相談内容", "answer": "", "reason": "聞き違い"} | form
    return world.client(who).post(
        f"/tickets/{case.number}/consultations/{consultation}/corrections", data=values
    )


def test_a_correction_keeps_the_old_text_for_those_who_may_see_it(world, case, consultation):
    assert correct(world, case, consultation).status_code == 303
    supervisor, agent = (world.client(who).get(f"/tickets/{case.number}").text for who in ("sato", "aoki"))
    assert "直した相談内容" in agent
    assert "夫の名前でもよいですか" in supervisor
    assert "夫の名前でもよいですか" not in agent.replace("領収書の宛名", "", 1)
    assert world.entries(Action.CONSULTATION_CORRECTED)[-1].object_id == consultation.hex


def test_two_corrections_at_once_show_the_difference(world, case, consultation):
    correct(world, case, consultation, content="佐藤が直した内容")
    answer = correct(world, case, consultation, who="suzuki", content="鈴木が直した内容")
    assert answer.status_code == 409
    assert "<del>佐藤</del>" in answer.text
    assert "鈴木が直した内容" in answer.text
    assert (
        correct(world, case, consultation, who="suzuki", content="二人の内容", version="2").status_code == 303
    )
    assert len(db.session.scalars(select(Correction)).all()) == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [({"reason": " "}, "入力してください"), ({"content": ""}, "入力してください")],
)
def test_a_correction_without_reason_or_text_is_asked_for(world, case, consultation, form, words):
    answer = correct(world, case, consultation, **form)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_correction_that_changes_nothing_is_refused(world, case, consultation):
    row = db.session.get(Consultation, consultation)
    answer = correct(world, case, consultation, content=row.content, answer=row.answer or "")
    assert answer.status_code == 422
    assert "変わったところがありません" in answer.text


def test_only_supervisors_of_the_programme_correct(world, case, consultation):
    assert correct(world, case, consultation, who="aoki").status_code == 403
    assert correct(world, case, consultation, who="yoso").status_code == 404
    assert (
        world.client("sato").get(f"/tickets/{case.number}/consultations/{case.id}/correction").status_code
        == 404
    )


def test_the_form_begins_with_the_text_and_with_what_was_typed(world, case, consultation):
    client, address = world.client("sato"), f"/tickets/{case.number}/consultations/{consultation}/correction"
    assert "夫の名前でもよいですか" in client.get(address).text
    client.post(f"/drafts/correction/{consultation}", data={"content": "書きかけの訂正", "reason": ""})
    assert "書きかけの訂正" in client.get(address).text
