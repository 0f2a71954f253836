"""Articles in the JSON API: the same articles, the same words and the same rules as on the desk."""

import json
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from callcenter.api.idempotency import ApiSubmission
from callcenter.clock import now
from callcenter.db import db, new_id, writing
from callcenter.permissions import Permission as P
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.commands import kb

ROOT = "/api/v1/articles"
NEW = {
    "external_id": "Q-1",
    "category": "費用 > 対象外",
    "question": "交通費は対象になりますか",
    "variants": ["電車代は出ますか"],
    "answer": "交通費は**対象になりません**。\r\n二行目",
    "say": ["保育料だけが対象です。"],
    "rule_keys": ["fee.transport"],
    "valid_from": "2026-04-01",
    "public": False,
}


@pytest.fixture
def sato(world):
    return world.api("sato")


@pytest.fixture
def kato(world):
    return world.api("kato")


def faults(answer):
    return [
        (one.get("pointer") or one.get("parameter") or one.get("header"), one["code"])
        for one in answer.json["errors"]
    ]


# --- writing, approving, putting away


def test_an_article_is_written_approved_told_and_put_away(world, sato, kato):
    made = sato.post(ROOT, json=NEW)
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    body = made.json
    assert path == f"{ROOT}/{body['id']}"
    assert body["category"] == "費用 › 対象外"
    assert body["answer"] == "交通費は**対象になりません**。\n二行目"
    assert (body["state"], body["revision"], body["approved_at"]) == ("draft", 1, None)
    assert {name: body[name] for name in ("external_id", "variants", "say", "rule_keys", "public")} == {
        name: NEW[name] for name in ("external_id", "variants", "say", "rule_keys", "public")
    }
    assert sato.get(path).json == body
    assert sato.get(path).headers["ETag"] == made.headers["ETag"]

    assert world.api("aoki").get(path).status_code == 404
    approved = kato.post(f"{path}/approvals", json={"revision": 1})
    assert (approved.status_code, approved.json["state"]) == (200, "published")
    agent = world.api("aoki")
    assert agent.get(path).json["question"] == NEW["question"]
    assert [one["external_id"] for one in agent.get(ROOT).json["articles"]] == ["Q-1"]

    tag = sato.get(path).headers["ETag"]
    archived = sato.post(f"{path}/archivals", headers={"If-Match": tag})
    assert (archived.status_code, archived.json["state"]) == (200, "archived")
    assert agent.get(ROOT).json["articles"] == []
    restored = sato.post(f"{path}/restorations", headers={"If-Match": archived.headers["ETag"]})
    assert (restored.status_code, restored.json["state"]) == (200, "published")
    actions = [entry.action for entry in world.entries() if entry.action.startswith("article.")]
    assert actions == ["article.saved", "article.approved", "article.archived", "article.restored"]


def test_the_contractor_approves_nothing(world, sato, make_article):
    path = f"{ROOT}/{make_article(approved=False).id}/approvals"
    assert sato.post(path, json={"revision": 1}).status_code == 403
    assert world.api("kato", P.KB_READ).post(path, json={"revision": 1}).status_code == 403
    assert db.session.query(Article).one().current_number is None


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"question": ""}, [("#/question", "too_short")]),
        ({"question": "  "}, [("#/question", "content")]),
        ({"question": "あ" * 201}, [("#/question", "too_long")]),
        ({"answer": None}, [("#/answer", "type")]),
        ({"answer": "a\x00b"}, [("#/answer", "content")]),
        ({"answer": "https://logoform.jp/f/abc/1?key=" + "0" * 64}, [("#/answer", "content")]),
        ({"variants": "電車"}, [("#/variants", "type")]),
        ({"variants": ["a", 3]}, [("#/variants/1", "type")]),
        ({"rule_keys": ["Not A Key"]}, [("#/rule_keys", "content")]),
        ({"category": "一›二›三›四"}, [("#/category", "content")]),
        ({"valid_from": "2026-02-30"}, [("#/valid_from", "format")]),
        ({"valid_from": "2026-04-02", "valid_to": "2026-04-01"}, [("#/valid_to", "content")]),
        ({"state": "published"}, [("#/state", "unknown")]),
        ({"owner_id": "x", "is_admin": True}, [("#/is_admin", "unknown"), ("#/owner_id", "unknown")]),
        ({"external_id": ""}, [("#/external_id", "too_short")]),
    ],
)
def test_what_cannot_be_kept_is_named_by_its_place(sato, changes, wrong):
    answer = sato.post(ROOT, json={**NEW, **changes})
    assert (answer.status_code, faults(answer)) == (422, wrong)
    assert db.session.query(Article).count() == 0


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (b"{", {}, 400, "bad_json"),
        (b"\xff", {}, 400, "bad_json"),
        (b'{"question":"a","question":"b"}', {}, 400, "bad_json"),
        (b"[" * 40, {}, 400, "bad_json"),
        (b"null", {}, 422, "invalid"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Type": "application/json; charset=cp932"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        (b'"' + b"a" * 600_000 + b'"', {}, 413, "request_entity_too_large"),
    ],
)
def test_what_cannot_be_read_is_refused(sato, data, headers, status, code):
    answer = sato.post(ROOT, data=data, headers={"Content-Type": "application/json", **headers})
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


def test_an_external_id_stands_once(sato):
    assert sato.post(ROOT, json=NEW).status_code == 201
    again = sato.post(ROOT, json=NEW)
    assert (again.status_code, again.json["code"]) == (409, "external_id_taken")


# --- two writers


def test_a_new_version_names_what_it_is_based_on(sato, make_article):
    path = f"{ROOT}/{make_article().id}"
    body = {"question": "新しい質問", "answer": "新しい回答"}
    nothing = sato.post(f"{path}/revisions", json=body)
    assert (nothing.status_code, faults(nothing)) == (428, [("If-Match", "required")])
    tag = sato.get(path).headers["ETag"]
    first = sato.post(f"{path}/revisions", json=body, headers={"If-Match": tag})
    assert (first.status_code, first.headers["Location"]) == (201, f"{path}/revisions/2")
    stale = sato.post(f"{path}/revisions", json={**body, "answer": "別の"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    older = sato.post(f"{path}/revisions", json={**body, "answer": "別の", "after": 1})
    assert (older.status_code, older.json["code"]) == (409, "newer_revision")
    assert sato.post(f"{path}/revisions", json={**body, "answer": "別の", "after": 2}).status_code == 201
    assert sato.get(path).json["latest_revision"] == 3
    assert sato.get(path).json["revision"] == 1


def test_what_is_put_away_is_what_was_seen(sato, make_article):
    path = f"{ROOT}/{make_article().id}"
    assert sato.post(f"{path}/archivals").status_code == 428
    assert sato.post(f"{path}/archivals", headers={"If-Match": '"other"'}).status_code == 412
    assert sato.get(path).json["state"] == "published"


def test_an_approval_may_name_what_was_seen(kato, make_article):
    path = f"{ROOT}/{make_article(approved=False).id}"
    stale = kato.post(f"{path}/approvals", json={"revision": 1}, headers={"If-Match": '"other"'})
    assert stale.status_code == 412
    assert kato.post(f"{path}/approvals", json={"revision": 2}).status_code == 409


def test_what_is_known_already_is_not_sent_again(sato, make_article):
    make_article()
    for path in (ROOT, f"{ROOT}/{db.session.query(Article).one().id}"):
        first = sato.get(path)
        known = {"If-None-Match": first.headers["ETag"]}
        again = sato.get(path, headers=known)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    make_article("もう一つの質問ですか")
    assert sato.get(ROOT, headers={"If-None-Match": '"x", W/"y"'}).status_code == 200


# --- once


def test_the_same_key_makes_one_article(sato):
    key = {"Idempotency-Key": "a-1"}
    first, again = (sato.post(ROOT, json=NEW, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert db.session.query(Article).count() == 1


def test_a_key_belongs_to_its_request_and_its_person(world, sato):
    key = {"Idempotency-Key": "a-1"}
    sato.post(ROOT, json=NEW, headers=key)
    other = sato.post(ROOT, json={**NEW, "external_id": "Q-2"}, headers=key)
    assert (other.status_code, other.json["code"], faults(other)) == (
        422,
        "key_reused",
        [("Idempotency-Key", "reused")],
    )
    theirs = world.api("suzuki").post(ROOT, json={**NEW, "external_id": "Q-3"}, headers=key)
    assert theirs.status_code == 201


def test_a_refused_request_leaves_its_key_free(sato):
    key = {"Idempotency-Key": "a-1"}
    assert sato.post(ROOT, json={**NEW, "answer": ""}, headers=key).status_code == 422
    assert sato.post(ROOT, json=NEW, headers=key).status_code == 201


def test_a_key_is_forgotten_after_a_day(sato):
    key = {"Idempotency-Key": "a-1"}
    sato.post(ROOT, json=NEW, headers=key)
    with time_machine.travel(now() + timedelta(hours=25)):
        assert sato.post(ROOT, json={**NEW, "external_id": "Q-2"}, headers=key).status_code == 201
    assert db.session.query(ApiSubmission).count() == 1


@pytest.mark.parametrize("key", ["", "あ", "a" * 256, "a b"])
def test_a_key_that_cannot_be_is_refused(sato, key):
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    assert faults(sato.post(ROOT, json=NEW, headers=headers)) == [("Idempotency-Key", "characters")]


def test_what_is_kept_of_a_request_says_nothing_of_it(sato):
    sato.post(ROOT, json=NEW, headers={"Idempotency-Key": "a-1"})
    row = db.session.query(ApiSubmission).one()
    assert "交通費" not in repr(vars(row))
    assert row.address == f"{ROOT}/{db.session.query(Article).one().id}"


def test_the_same_key_at_the_same_moment_makes_one_article(world, app):
    headers = {**world.api("sato").environ_base, "HTTP_IDEMPOTENCY_KEY": "a-1"}
    gate, statuses = threading.Barrier(4), []

    def send():
        client = app.test_client()
        gate.wait()
        statuses.append(client.post(ROOT, json=NEW, environ_overrides=headers).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert db.session.query(Article).count() == 1


def test_a_request_still_at_work_is_said_where_two_can_write(world, backend, sato):
    if backend != "postgresql":
        pytest.skip("one writes at a time: the second waits")
    sato.post(ROOT, json=NEW, headers={"Idempotency-Key": "a-1"})
    lock = db.session.query(ApiSubmission).one().id.int % 2**63
    db.session.rollback()
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        answer = sato.post(ROOT, json=NEW, headers={"Idempotency-Key": "a-1"})
        other.rollback()
    assert (answer.status_code, answer.json["code"]) == (409, "in_flight")


# --- lists


def test_a_list_is_read_to_its_end_while_articles_come(sato, make_article):
    for number in range(5):
        make_article(f"{number}番の質問ですか")
    seen, path = [], f"{ROOT}?limit=2"
    while path:
        answer = sato.get(path)
        seen += [one["question"][0] for one in answer.json["articles"]]
        path = answer.json["next"]
        assert ("Link" in answer.headers) is (path is not None)
        if len(seen) == 2:
            make_article("5番の質問ですか")
    assert seen == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "", "9" * 30, "１"])
def test_a_page_has_a_size_that_can_be(sato, limit):
    answer = sato.get(f"{ROOT}?limit={limit}")
    assert (answer.status_code, faults(answer)[0][0]) == (422, "limit")


def test_a_cursor_is_of_this_list_and_this_person(world, sato, make_article):
    for number in range(3):
        make_article(f"{number}番の質問ですか")
    following = sato.get(f"{ROOT}?limit=1").json["next"]
    assert sato.get(following).status_code == 200
    cursor = following.partition("cursor=")[2].partition("&")[0]
    for client, path in (
        (sato, f"{ROOT}?cursor={cursor}x"),
        (sato, f"{ROOT}?cursor=x"),
        (sato, f"{ROOT}?cursor={cursor}&shelf=all"),
        (world.api("suzuki"), following),
    ):
        answer = client.get(path)
        assert (answer.status_code, faults(answer)) == (422, [("cursor", "cursor")])


def test_a_list_is_narrowed(world, sato, make_article):
    make_article("一つ目の質問ですか", category="費用 › 対象外")
    make_article("二つ目の質問ですか", category="費用 › 対象外 › 交通費", approved=False)
    make_article("三つ目の質問ですか", category="費用 › 対象外二")

    def found(query, client=sato):
        return [one["question"][0] for one in client.get(f"{ROOT}?{query}").json["articles"]]

    assert found("") == ["一", "三"]
    assert found("shelf=all") == ["一", "二", "三"]
    assert found("shelf=drafts") == ["二"]
    assert found("shelf=all&category=費用 › 対象外") == ["一", "二"]
    assert found("shelf=all&category=費用>対象外") == ["一", "二"]
    assert found("shelf=all&state=draft") == ["二"]
    assert found("programme=babysitter") == ["一", "三"]
    since = (now() + timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert found(f"updated_since={since}") == []
    assert found("shelf=all", world.api("aoki")) == ["一", "三"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("shelf=mine", ("shelf", "enum")),
        ("state=gone", ("state", "enum")),
        ("updated_since=yesterday", ("updated_since", "format")),
        ("updated_since=0001-01-01T00:00:00%2B09:00", ("updated_since", "format")),
        ("programme=neighbour", ("programme", "unknown")),
        ("category=%00", ("category", "characters")),
        ("limit=1&limit=2", ("limit", "duplicate")),
        ("page=2", ("page", "unknown")),
    ],
)
def test_a_filter_that_cannot_be_is_named(sato, query, wrong):
    answer = sato.get(f"{ROOT}?{query}")
    assert (answer.status_code, faults(answer)) == (422, [wrong])


# --- who sees what


def test_drafts_are_for_those_who_write_or_approve(world, sato, make_article):
    article = make_article()
    path = f"{ROOT}/{article.id}"
    body = {"question": "まだ秘密の質問", "answer": "まだ秘密の回答", "after": 1}
    assert sato.post(f"{path}/revisions", json=body).status_code == 201
    agent, reader = world.api("aoki"), world.api("sato", P.KB_READ)
    for client in (agent, reader):
        assert client.get(f"{ROOT}?shelf=drafts").json["code"] == "drafts"
        assert client.get("/api/v1/article-categories?shelf=drafts").status_code == 403
        assert client.post(f"{ROOT}/searches", json={"text": "秘密", "drafts": True}).status_code == 403
        assert [one["revision"] for one in client.get(f"{path}/revisions").json["revisions"]] == [1]
        assert client.get(f"{path}/revisions/2").status_code == 404
        assert client.get(path).json["latest_revision"] == 1
        assert "秘密" not in client.get(f"{ROOT}?shelf=all").text + client.get(path).text
    assert sato.get(f"{path}/revisions/2").json["question"] == "まだ秘密の質問"
    assert sato.get(f"{ROOT}?shelf=drafts").json["articles"][0]["question"] == "まだ秘密の質問"
    assert sato.post(f"{ROOT}/searches", json={"text": "秘密", "drafts": True}).json["articles"]


def test_another_programmes_article_is_not_there(world, make_article):
    stranger, path = world.api("yoso"), f"{ROOT}/{make_article().id}"
    assert stranger.get(ROOT).json["articles"] == []
    assert stranger.post(f"{ROOT}/searches", json={"text": "交通費"}).json["articles"] == []
    gone = stranger.get(f"{ROOT}/{new_id()}")
    for answer in (
        stranger.get(path),
        stranger.get(f"{path}/revisions/1"),
        stranger.post(f"{path}/revisions", json={"question": "a", "answer": "b", "after": 1}),
        stranger.post(f"{path}/archivals", headers={"If-Match": "*"}),
    ):
        assert (answer.status_code, answer.json["detail"]) == (404, gone.json["detail"])


def test_reading_writes_nothing_down_but_a_refusal_is(world, sato, make_article):
    article = make_article()
    sato.get(ROOT)
    before = len(world.entries())
    sato.get(f"{ROOT}/{article.id}")
    sato.post(f"{ROOT}/searches", json={"text": "交通費"})
    assert len(world.entries()) == before
    sato.get(f"{ROOT}/{new_id()}")
    assert world.entries()[-1].action == Action.REQUEST_REFUSED.value


# --- searching, and what else agrees with it


def test_a_search_finds_what_the_command_finds(world, app, sato, make_article):
    make_article()
    make_article("キャンセル料は対象になりますか", variants=["当日断ったときのお金"])
    make_article("領収書の宛名は夫でもよいですか")
    answer = sato.post(f"{ROOT}/searches", json={"text": "キャンセル料は対象ですか", "limit": 2})
    assert answer.status_code == 200
    command = app.test_cli_runner().invoke(
        kb, ["search", "キャンセル料は対象ですか", "--limit", "2", "--programme", "babysitter", "--json"]
    )
    mine = [
        {name: one[name] for name in ("external_id", "question", "score")} for one in answer.json["articles"]
    ]
    assert mine == json.loads(command.output)["articles"]
    assert len(mine) == 2
    assert "キャンセル" in "".join(answer.json["articles"][0]["why"]["words"])


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ("#/text", "required")),
        ({"text": 3}, ("#/text", "type")),
        ({"text": "あ" * 10_001}, ("#/text", "too_long")),
        ({"text": "a", "limit": 101}, ("#/limit", "too_large")),
        ({"text": "a", "drafts": 1}, ("#/drafts", "type")),
    ],
)
def test_a_search_that_cannot_be_is_named(sato, body, wrong):
    answer = sato.post(f"{ROOT}/searches", json=body)
    assert (answer.status_code, faults(answer)) == (422, [wrong])


def test_categories_are_counted(sato, make_article):
    make_article("一つ目の質問ですか", category="費用 › 対象外")
    make_article("二つ目の質問ですか", category="費用")
    assert sato.get("/api/v1/article-categories").json["categories"] == [
        {"path": "費用", "name": "費用", "count": 2},
        {"path": "費用 › 対象外", "name": "対象外", "count": 1},
    ]


def test_what_the_api_gives_the_import_takes_unchanged(world, app, sato, article_file):
    body = sato.post(ROOT, json=NEW).json
    line = {name: value for name, value in body.items() if name in NEW}
    file = article_file(line)
    report = json.loads(
        app.test_cli_runner().invoke(kb, ["import", str(file), "--programme", "babysitter", "--json"]).output
    )
    assert (report["unchanged"], report["rejected"]) == (1, [])


def test_one_of_several_programmes_is_named(world):
    with writing():
        programmes = [world.programme, db.session.get(type(world.programme), world.other_period.programme_id)]
        world.sato.assign(by=world.honda, programmes=programmes)
    client = world.api("sato")
    answer = client.post(ROOT, json=NEW)
    assert (answer.status_code, faults(answer)) == (422, [("programme", "required")])
    assert client.post(f"{ROOT}?programme=neighbour", json=NEW).json["programme"] == "neighbour"
    assert client.get(f"{ROOT}?shelf=all&programme=babysitter").json["articles"] == []
    assert len(client.get(f"{ROOT}?shelf=all").json["articles"]) == 1
