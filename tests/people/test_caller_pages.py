"""The callers' pages: found without an address that tells, masked until a reason is given, changed with history."""

import re

import pytest

from callcenter.db import db, writing
from callcenter.people import panels
from callcenter.people.callers import Caller, PhoneLabel
from callcenter.people.phones import key
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import open_reason

NAME, KANA, NUMBER = "髙橋 花子", "タカハシ ハナコ", "090-0000-1234"
SECRETS = [NAME, KANA, NUMBER, "見本町", "hanako@"]


@pytest.fixture
def hanako(world):
    """A caller with everything a caller can have, committed and indexed."""
    with writing():
        caller = Caller.create(
            world.period,
            by=world.aoki,
            name=NAME,
            kana=KANA,
            address="東京都見本区見本町1-2-3",
            phones=[(PhoneLabel.MOBILE, NUMBER)],
            mails=["hanako@example.jp"],
        )
    follow(world)
    return caller


def follow(world):
    assert world.app.extensions["follower"].catch_up()


def make_caller(world, **values):
    with writing():
        caller = Caller.create(world.period, by=world.aoki, **values)
    follow(world)
    return caller


def nothing_told(response):
    return [secret for secret in SECRETS if secret in response.text] == []


# --- list, search, look-up


def test_the_list_shows_masked_callers_and_is_written_down(world, hanako):
    page = world.client("aoki").get("/callers")
    assert page.status_code == 200
    assert "髙●●●" in page.text
    assert "***-****-1234" in page.text
    assert nothing_told(page)
    assert '"list": "callers"' in world.entries(Action.LIST_VIEWED)[-1].facts


def test_the_list_goes_on_where_a_page_ends(world):
    with writing():
        for number in range(52):
            Caller.create(world.period, by=world.aoki, name=f"見本 {number}")
    first = world.client("aoki").get("/callers").text
    assert "50件を表示、該当 52件" in first
    address = first.split('rel="next" href="')[1].split('"')[0]
    assert "2件を表示" in world.client("aoki").get(address).text


@pytest.mark.parametrize(
    "words", ["高橋", "たかはし", "ﾀｶﾊｼ ﾊﾅｺ", "０９０-００００-１２３４", "1234", "HANAKO@example.jp"]
)
def test_a_caller_is_found_in_any_spelling(world, hanako, words):
    page = world.client("aoki").post("/callers/searches", data={"q": words})
    assert page.status_code == 200
    assert str(hanako.id) in page.text
    assert nothing_told(page)
    entry = world.entries(Action.SEARCHED)[-1]
    assert words not in entry.facts
    assert '"total": 1' in entry.facts
    assert open_reason(entry) == words


@pytest.mark.parametrize("words", ["山田", "090-0000-9999", "taro@example.jp"])
def test_who_is_not_there_is_not_found(world, hanako, words):
    page = world.client("aoki").post("/callers/searches", data={"q": words})
    assert "該当する相談者はいません" in page.text


def test_an_empty_search_says_so(world):
    page = world.client("aoki").post("/callers/searches", data={"q": " "})
    assert page.status_code == 422
    assert "入力してください" in page.text


def test_a_stranger_finds_nothing(world, hanako):
    client = world.client("yoso")
    assert str(hanako.id) not in client.post("/callers/searches", data={"q": "高橋"}).text
    assert str(hanako.id) not in client.get("/callers").text
    assert str(hanako.id) not in client.post("/callers/lookups", data={"said": NUMBER}).text


def test_one_caller_behind_a_number_is_sure_and_several_are_not(world, hanako):
    client = world.client("aoki")
    assert "登録あり" in client.post("/callers/lookups", data={"said": "０９０ ００００ １２３４"}).text
    make_caller(world, name="髙橋 太郎", phones=[(PhoneLabel.HOME, NUMBER)])
    answer = client.post("/callers/lookups", data={"said": NUMBER})
    assert "登録あり" not in answer.text
    assert answer.text.count("可能性あり") == 2
    assert nothing_told(answer)


def test_a_name_or_the_last_digits_are_never_sure(world, hanako):
    for said in ("たかはしはなこ", "1234"):
        answer = world.client("aoki").post("/callers/lookups", data={"said": said}).text
        assert "可能性あり" in answer
        assert "登録あり" not in answer


def test_an_empty_look_up_offers_nobody(world, hanako):
    answer = world.client("aoki").post("/callers/lookups", data={"said": ""})
    assert answer.status_code == 200
    assert 'data-count="0"' in answer.text
    assert world.client("aoki").post("/callers/lookups", data={"said": "あ" * 201}).status_code == 422


def test_a_look_up_shows_what_other_rooms_know(world, hanako):
    panels.register_mark("test", lambda callers, person: {caller.id: ["対応中 2件"] for caller in callers})
    try:
        assert "対応中 2件" in world.client("aoki").post("/callers/lookups", data={"said": NUMBER}).text
    finally:
        panels._marks.pop("test")


# --- one caller


def test_a_callers_page_is_masked_and_written_down(world, hanako):
    page = world.client("aoki").get(f"/callers/{hanako.id}")
    assert page.status_code == 200
    assert nothing_told(page)
    assert "見本区●●●" in page.text
    entry = world.entries(Action.CALLER_VIEWED)[-1]
    assert (entry.object_id, entry.is_read) == (hanako.id.hex, True)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["yoso", "aoki"])
def test_what_is_not_yours_is_not_there(world, hanako, method, name):
    caller_id = hanako.id if name == "yoso" else "01900000-0000-7000-8000-000000000000"
    addresses = {
        "get": ["", "/edit"] + (["/merges/new"] if name == "yoso" else []),
        "post": ["/edits", "/revelations?fields=name"] + (["/merges", "/unmerges"] if name == "yoso" else []),
    }[method]
    client = world.client(name)
    for address in addresses:
        answer = getattr(client, method)(f"/callers/{caller_id}{address}")
        assert answer.status_code == 404, address
    assert world.entries(Action.REQUEST_REFUSED)


@pytest.mark.parametrize("name", ["okada", "ono", "kondo", "honda"])
def test_who_has_nothing_to_do_with_callers_is_refused(world, hanako, name):
    client = world.client(name)
    assert client.get("/callers").status_code == 403
    assert client.get(f"/callers/{hanako.id}").status_code == 403
    assert client.post("/callers/lookups", data={"said": NUMBER}).status_code == 403


def reveal(world, caller, name="aoki", fields="name", **data):
    data = {"reason": "call_back", "reason_text": ""} | data
    return world.client(name).post(f"/callers/{caller.id}/revelations?fields={fields}", data=data)


def test_a_value_is_shown_for_a_reason_in_that_answer_only(world, hanako):
    answer = reveal(world, hanako, fields="name", reason="other", reason_text="復唱のため")
    assert answer.status_code == 200
    assert NAME in answer.text
    assert NUMBER not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    entry = world.entries(Action.PERSONAL_REVEALED)[-1]
    assert entry.facts == '{"fields": ["name"], "reason": "other"}'
    assert open_reason(entry) == "復唱のため"
    assert nothing_told(world.client("aoki").get(f"/callers/{hanako.id}"))


def test_all_values_are_shown_together(world, hanako):
    answer = reveal(world, hanako, fields="name,kana,address,phones,mails").text
    assert [secret in answer for secret in SECRETS] == [True] * len(SECRETS)


@pytest.mark.parametrize(
    "data", [{"reason": ""}, {"reason": "curious"}, {"reason": "other", "reason_text": " "}]
)
def test_without_a_reason_nothing_is_shown(world, hanako, data):
    answer = reveal(world, hanako, **data)
    assert answer.status_code == 422
    assert answer.json["message"]
    assert not world.entries(Action.PERSONAL_REVEALED)


def test_an_unknown_field_is_not_there(world, hanako):
    assert reveal(world, hanako, fields="revision").status_code == 404


def test_values_before_a_change_are_shown_for_a_reason_too(world, hanako):
    with writing():
        caller = db.session.get(Caller, hanako.id)
        caller.update(by=world.aoki, seen_revision=1, name="高橋 華子")
        caller.end(caller.phones[0], by=world.aoki)
    assert "変更前の内容を表示" in world.client("aoki").get(f"/callers/{hanako.id}").text
    answer = reveal(world, hanako, fields="versions").text
    assert NAME in answer
    assert NUMBER in answer


# --- new and changed


def test_a_caller_is_entered_once_however_often_sent(world):
    client = world.client("aoki")
    page = client.get("/callers/new").text
    token = re.search(r'name="once" value="([0-9a-f]{32})"', page)[1]
    data = {"once": token, "name": NAME, "phone": NUMBER, "phone_label": "home", "mail": "a@example.jp"}
    first, second = client.post("/callers", data=data), client.post("/callers", data=data)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    (caller,) = db.session.query(Caller).all()
    assert (caller.name, caller.phones[0].number, caller.phones[0].label) == (NAME, NUMBER, PhoneLabel.HOME)
    assert len(world.entries(Action.CALLER_CREATED)) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "どれか一つ"),
        ({"phone": "非通知"}, "電話番号として読めません"),
        ({"name": "山田", "mail": "だれか"}, "メールアドレスとして読めません"),
        ({"name": "あ" * 101}, "100文字以内"),
        ({"name": "https://logoform.jp/f/abc?key=0123456789abcdef0123456789abcdef"}, "LoGo"),
    ],
)
def test_bad_input_is_said_and_stays(world, data, message):
    page = world.client("aoki").post("/callers", data={"phone_label": "mobile"} | data)
    assert page.status_code == 422
    assert message in page.text
    assert all(value in page.text for value in data.values())
    assert db.session.query(Caller).count() == 0


@pytest.mark.parametrize("name", ["endo", "kato"])
def test_readers_cannot_write(world, hanako, name):
    client = world.client(name)
    assert client.get(f"/callers/{hanako.id}").status_code == 200
    assert client.post("/callers", data={"name": NAME}).status_code == 403
    assert client.get("/callers/new").status_code == 403
    assert client.post(f"/callers/{hanako.id}/edits", data={"name": NAME}).status_code == 403
    assert client.get(f"/callers/{hanako.id}/merges/new").status_code == 403


def edit(world, caller, by="aoki", **data):
    data = {"seen_revision": "1", "phone_label": "mobile"} | data
    return world.client(by).post(f"/callers/{caller.id}/edits", data=data)


def test_the_edit_form_shows_nothing_that_is_masked(world, hanako):
    page = world.client("aoki").get(f"/callers/{hanako.id}/edit")
    assert page.status_code == 200
    assert nothing_told(page)


def test_only_what_was_filled_in_changes(world, hanako):
    phone = hanako.phones[0].id
    answer = edit(
        world, hanako, kana="タカハシ カコ", ended=str(phone), phone="03-0000-4321", cleared="address"
    )
    assert answer.status_code == 303
    db.session.expire_all()
    caller = db.session.get(Caller, hanako.id)
    assert (caller.name, caller.kana, caller.address) == (NAME, "タカハシ カコ", None)
    assert [p.number for p in caller.current_phones] == ["03-0000-4321"]
    assert caller.versions[0].address == "東京都見本区見本町1-2-3"
    follow(world)
    assert str(hanako.id) in world.client("aoki").post("/callers/searches", data={"q": "4321"}).text
    assert str(hanako.id) not in world.client("aoki").post("/callers/searches", data={"q": NUMBER}).text


def test_the_second_save_says_that_somebody_was_first(world, hanako):
    edit(world, hanako, name="高橋 華子")
    answer = edit(world, hanako, by="ueda", kana="カコ")
    assert answer.status_code == 422
    assert "先に保存" in answer.text
    assert "カコ" in answer.text


def test_a_number_of_another_caller_cannot_be_ended(world, hanako):
    other = make_caller(world, name="別人", phones=[(PhoneLabel.HOME, "03-0000-1111")])
    assert edit(world, hanako, ended=str(other.phones[0].id)).status_code == 422
    assert key(other.current_phones[0].number)


# --- merging


def merge(world, one, other, name="sato", **data):
    data = {"survivor": "one", "reason": "同じ方と確認"} | data
    return world.client(name).post(f"/callers/{one.id}/merges?with={other.id}", data=data)


def test_those_who_may_be_the_same_person_are_offered(world, hanako):
    twin = make_caller(world, name="高橋花子")
    neighbour = make_caller(world, name="見知らぬ人", phones=[(PhoneLabel.HOME, "09000001234")])
    nobody = make_caller(world, name="山田 太郎")
    page = world.client("sato").get(f"/callers/{hanako.id}/merges/new")
    assert page.status_code == 200
    assert [str(caller.id) in page.text for caller in (twin, neighbour, nobody)] == [True, True, False]
    found = world.client("sato").post(f"/callers/{hanako.id}/merge-searches", data={"q": "山田"})
    assert str(nobody.id) in found.text
    assert (
        world.client("sato").post(f"/callers/{hanako.id}/merge-searches", data={"q": ""}).status_code == 422
    )


def test_two_records_are_compared_without_showing_them(world, hanako):
    twin = make_caller(world, name="高橋花子", phones=[(PhoneLabel.HOME, "03-0000-1111")])
    page = world.client("sato").get(f"/callers/{hanako.id}/merges/new?with={twin.id}")
    assert nothing_told(page)
    assert page.text.count("badge--done") == 1
    assert page.text.count("badge--late") == 1


def test_a_merge_and_its_undoing(world, hanako):
    twin = make_caller(world, name="高橋花子", phones=[(PhoneLabel.HOME, "03-0000-1111")])
    answer = merge(world, hanako, twin)
    assert answer.location.endswith(str(hanako.id))
    follow(world)
    found = world.client("aoki").post("/callers/searches", data={"q": "03-0000-1111"}).text
    assert str(hanako.id) in found
    assert str(twin.id) not in found
    assert "統合されています" in world.client("aoki").get(f"/callers/{twin.id}").text
    answer = world.client("sato").post(f"/callers/{twin.id}/unmerges", data={"reason": "別の方"})
    assert answer.status_code == 303
    follow(world)
    assert str(twin.id) in world.client("aoki").post("/callers/searches", data={"q": "03-0000-1111"}).text
    assert world.entries(Action.CALLER_MERGED)
    assert world.entries(Action.CALLER_UNMERGED)


def test_a_merge_can_keep_the_other_side(world, hanako):
    twin = make_caller(world, name="高橋花子")
    assert merge(world, hanako, twin, survivor="other").location.endswith(str(twin.id))


def test_a_bad_merge_says_why(world, hanako):
    twin = make_caller(world, name="高橋花子")
    assert merge(world, hanako, twin, reason="").status_code == 422
    assert "同じ相談者どうし" in merge(world, hanako, hanako).text
    assert (
        world.client("sato").post(f"/callers/{twin.id}/unmerges", data={"reason": "別の方"}).status_code
        == 422
    )
    assert world.client("sato").post(f"/callers/{twin.id}/unmerges", data={"reason": ""}).status_code == 422


def test_agents_do_not_merge(world, hanako):
    twin = make_caller(world, name="高橋花子")
    assert merge(world, hanako, twin, name="aoki").status_code == 403
    assert world.client("aoki").post(f"/callers/{twin.id}/unmerges", data={"reason": "x"}).status_code == 403


def test_a_caller_of_another_programme_is_never_the_other_side(world, hanako):
    with writing():
        stranger = Caller.create(world.other_period, by=audit.CONSOLE, name=NAME)
    assert merge(world, hanako, stranger).status_code == 404
    assert merge(world, hanako, type("Nobody", (), {"id": "nobody"})).status_code == 404
