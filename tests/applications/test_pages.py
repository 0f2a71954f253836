"""The applications' pages: filters and search, masks, moves by the right side, the ward's decision."""

import json

import pytest
from markupsafe import Markup

from callcenter.applications import panels
from callcenter.applications.flow import State
from callcenter.applications.links import link
from callcenter.applications.models import Application, Channel, Decision
from callcenter.db import db, writing
from callcenter.people.callers import Caller, Relation
from callcenter.people.merging import merge
from callcenter.people.protection import NEUTRAL_WORDS, Mark, set_mark
from callcenter.privacy import approvals
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import open_reason
from callcenter.privacy.items import Extra

SECRETS = ["髙橋", "タカハシ", "090-0000-1234", "見本町", "hanako@", "0012345", "2021"]


@pytest.fixture
def application(world, make):
    made = make.application()
    follow(world)
    return made


def follow(world):
    assert world.app.extensions["follower"].catch_up()


def nothing_told(response):
    return [secret for secret in SECRETS if secret in response.text] == []


# --- list and search


def test_the_list_shows_masked_applications_and_is_written_down(world, application):
    page = world.client("aoki").get("/applications")
    assert page.status_code == 200
    assert application.number in page.text
    assert nothing_told(page)
    assert '"list": "applications"' in world.entries(Action.LIST_VIEWED)[-1].facts


def test_filters_narrow_the_list_with_an_exact_total(world, make):
    make.application(channel=Channel.LOGO)
    moved = make.application()
    moved.move(State.SCREENING, by=world.endo)
    db.session.commit()
    client = world.client("endo")
    for address, total in [
        ("?state=screening", 1),
        ("?channel=logo", 1),
        (f"?fiscal_year={moved.fiscal_year}", 2),
        ("?state=granted", None),
        ("?state=nonsense&before=nonsense&fiscal_year=soon", 2),
    ]:
        page = client.get(f"/applications{address}").text
        assert (f"該当 {total}件" if total else "該当する申請はありません") in page, address


def test_the_list_goes_on_where_a_page_ends(world, make):
    for _ in range(52):
        make.application()
    first = world.client("aoki").get("/applications?channel=post").text
    assert "50件を表示、該当 52件" in first
    address = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "2件を表示" in world.client("aoki").get(address).text


@pytest.mark.parametrize(
    "words",
    [
        "高橋花子",
        "たかはし",
        "そら",
        "０９０-００００-１２３４",
        "1234",
        "hanako@EXAMPLE.jp",
        "令和3年4月2日",
    ],
)
def test_an_application_is_found_in_any_spelling(world, application, words):
    page = world.client("aoki").post("/applications/searches", data={"q": words})
    assert application.number in page.text
    entry = world.entries(Action.SEARCHED)[-1]
    assert open_reason(entry) == words
    assert '"shelf": "application"' in entry.facts


def test_an_application_is_found_by_its_number_as_said(world, application):
    said = application.number.lower().replace("-000", "の")
    assert application.number in world.client("aoki").post("/applications/searches", data={"q": said}).text


def test_filters_hold_for_a_search_too(world, application):
    for words in ("高橋", application.number):
        for state, found in (("received", True), ("granted", False)):
            data = {"q": words, "state": state}
            page = world.client("aoki").post("/applications/searches", data=data).text
            assert (f'href="/applications/{application.id}"' in page) is found


def test_an_empty_search_says_so(world):
    page = world.client("aoki").post("/applications/searches", data={"q": ""})
    assert page.status_code == 422
    assert "入力してください" in page.text


# --- one application


def test_the_page_is_masked_and_written_down(world, application):
    page = world.client("aoki").get(f"/applications/{application.id}")
    assert page.status_code == 200
    assert nothing_told(page)
    assert "<meter" not in page.text
    entry = world.entries(Action.APPLICATION_VIEWED)[-1]
    assert (entry.object_id, entry.is_read) == (application.id.hex, True)


def test_strangers_find_nothing(world, application):
    client = world.client("yoso")
    searched = client.post("/applications/searches", data={"q": application.number}).text
    assert f"/applications/{application.id}" not in searched
    assert f"/applications/{application.id}" not in client.get("/applications").text
    assert client.get(f"/applications/{application.id}").status_code == 404
    for noun in ("states", "revelations?fields=name"):
        assert client.post(f"/applications/{application.id}/{noun}").status_code == 404
    assert world.entries(Action.REQUEST_REFUSED)


@pytest.mark.parametrize("name", ["ono", "kondo", "honda"])
def test_who_has_nothing_to_do_with_applications_is_refused(world, application, name):
    client = world.client(name)
    assert client.get("/applications").status_code == 403
    assert client.get(f"/applications/{application.id}").status_code == 403
    assert client.get("/applications/rules").status_code == 403


def reveal(world, application, by="aoki", fields="name", **data):
    data = {"reason": "screening"} | data
    return world.client(by).post(f"/applications/{application.id}/revelations?fields={fields}", data=data)


def test_values_are_shown_for_a_reason(world, application):
    answer = reveal(world, application, by="endo", fields="name,kana,address,phone,mail,account,children")
    assert answer.status_code == 200
    for secret in (
        "髙橋 花子",
        "タカハシ ハナコ",
        "見本荘",
        "090-0000-1234",
        "0012345",
        "髙橋 空",
        "令和3年4月2日",
    ):
        assert secret in answer.text
    assert '"account"' in world.entries(Action.PERSONAL_REVEALED)[-1].facts


def test_an_agent_never_opens_the_account(world, application):
    assert reveal(world, application, fields="account").status_code == 404
    assert "0012345" not in reveal(world, application, fields="name,kana,address").text


def test_a_dispatcher_opens_nothing(world, application):
    assert "data-reveal=" not in world.client("okada").get(f"/applications/{application.id}").text
    assert reveal(world, application, by="okada").status_code == 403


def test_without_a_reason_nothing_is_shown(world, application):
    answer = reveal(world, application, reason="other")
    assert answer.status_code == 422
    assert answer.json["message"]
    assert reveal(world, application, fields="number").status_code == 404


def test_remaining_hours_are_shown_for_a_reason(world, application):
    answer = reveal(world, application, fields="hours").text
    assert "残り 142時間" in answer
    assert 'value="142"' in answer
    assert "承認を受けていません" in answer


def test_a_lock_of_another_room_holds(world, application):
    panels.register_lock("test", lambda row: "本日は開示できません。")
    try:
        answer = reveal(world, application)
        assert (answer.status_code, answer.json["message"]) == (423, "本日は開示できません。")
    finally:
        panels._locks.pop("test")


def test_a_protected_applicants_record_tells_agents_nothing(world, application):
    with writing():
        approvals.approve(
            world.programme.id,
            Extra.PROTECTION_FLAG,
            by=world.kato,
            number="付議第7号",
            on=world.period.starts_on,
        )
        caller = Caller.create(world.period, by=world.aoki, name="髙橋 花子")
        set_mark(caller, Mark.SET, by=world.kato, reason="区からの通知")
        link(caller, application, Relation.APPLICANT, by=world.aoki)
    for fields in ("name", "hours"):
        answer = reveal(world, application, fields=fields)
        assert str(NEUTRAL_WORDS) in answer.text
        assert nothing_told(answer)
        assert "<meter" not in answer.text
    assert len(world.entries(Action.PROTECTION_ASKED)) == 2
    assert "髙橋 花子" in reveal(world, application, by="sato").text


def test_panels_of_other_rooms_stand_on_the_page(world, application):
    panels.register_panel(
        "test", lambda row, person: Markup("<p>{} {}</p>").format(row.number, "チケット2件")
    )
    panels.register_panel("nothing", lambda row, person: None)
    try:
        assert (
            f"<p>{application.number} チケット2件</p>"
            in world.client("aoki").get(f"/applications/{application.id}").text
        )
    finally:
        del panels._panels["test"], panels._panels["nothing"]


def test_a_caller_shows_the_applications_it_has_to_do_with(world, application):
    with writing():
        one = Caller.create(world.period, by=world.aoki, name="髙橋 太郎")
        other = Caller.create(world.period, by=world.aoki, name="髙橋 太郎")
        link(one, application, Relation.SPOUSE, by=world.aoki)
        merge(one, other, by=world.sato, reason="同じ方")
    follow(world)
    page = world.client("aoki").get(f"/callers/{other.id}").text
    assert f"/applications/{application.id}" in page
    found = world.client("aoki").post("/callers/lookups", data={"said": "高橋太郎"}).text
    assert f"配偶者 {application.number}" in found


def test_tied_callers_stand_on_the_page_masked(world, application):
    with writing():
        caller = Caller.create(world.period, by=world.aoki, name="髙橋 太郎")
        link(caller, application, Relation.SPOUSE, by=world.aoki)
    page = world.client("aoki").get(f"/applications/{application.id}")
    assert "配偶者" in page.text
    assert str(caller.id) in page.text
    assert nothing_told(page)
    assert str(caller.id) not in world.client("okada").get(f"/applications/{application.id}").text


# --- moving on, deciding


def move(world, application, after, by="endo", **data):
    data = {"after": after, "seen_state": application.state.value} | data
    return world.client(by).post(f"/applications/{application.id}/states", data=data)


def test_a_pre_screener_moves_an_application_on(world, application):
    answer = move(world, application, "screening", reason="確認を始めます")
    assert answer.status_code == 303
    db.session.expire_all()
    assert application.state is State.SCREENING
    entry = world.entries(Action.APPLICATION_STATE_CHANGED)[-1]
    assert open_reason(entry) == "確認を始めます"
    assert "確認を始めます" in world.client("aoki").get(f"/applications/{application.id}").text


@pytest.mark.parametrize("after", ["granted", "ward_review", "nonsense", ""])
def test_a_state_out_of_turn_is_refused_at_the_field(world, application, after):
    answer = move(world, application, after)
    assert answer.status_code == 422
    db.session.expire_all()
    assert application.state is State.RECEIVED


def test_the_second_mover_is_told_that_somebody_was_first(world, application):
    answer = move(world, application, "screening", seen_state="screened")
    assert answer.status_code == 422
    assert "先に状態を変えました" in answer.text


@pytest.mark.parametrize("name", ["aoki", "okada", "kato"])
def test_others_do_not_move_it(world, application, name):
    assert move(world, application, "screening", by=name).status_code == 403
    assert 'name="after"' not in world.client(name).get(f"/applications/{application.id}").text


def decide(world, application, by="kato", **data):
    data = {"outcome": "granted", "decided_on": "令和8年4月1日", "amount": "5000"} | data
    return world.client(by).post(f"/applications/{application.id}/decisions", data=data)


def test_the_ward_decides_on_the_page(world, make, application):
    make.at_ward(application)
    assert "区の決定" in world.client("kato").get(f"/applications/{application.id}").text
    assert decide(world, application, document_number="8新子第1号").status_code == 303
    decision = db.session.query(Decision).one()
    assert (decision.decider_id, decision.amount, decision.document_number) == (
        world.kato.id,
        5000,
        "8新子第1号",
    )
    page = world.client("aoki").get(f"/applications/{application.id}").text
    assert "交付決定" in page
    assert "令和8年4月1日" in page
    assert world.entries(Action.APPLICATION_DECIDED)


@pytest.mark.parametrize("name", ["aoki", "sato", "endo", "okada", "honda"])
def test_the_contractor_never_decides(world, make, application, name):
    make.at_ward(application)
    assert decide(world, application, by=name).status_code == 403
    assert db.session.query(Decision).count() == 0
    if name != "honda":
        assert "区の決定" not in world.client(name).get(f"/applications/{application.id}").text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"outcome": "screened"}, "決定の種類"),
        ({"outcome": ""}, "選んでください"),
        ({"amount": ""}, "1円以上"),
        ({"amount": "-5"}, "1円以上"),
        ({"outcome": "refused", "amount": ""}, "理由を入力"),
        ({"outcome": "refused", "amount": "5", "reason": "対象外"}, "空欄"),
        ({"decided_on": "いつか"}, "日付として読めません"),
    ],
)
def test_a_bad_decision_is_said_at_the_field(world, make, application, data, message):
    make.at_ward(application)
    answer = decide(world, application, **data)
    assert answer.status_code == 422
    assert message in answer.text
    assert db.session.query(Decision).count() == 0


def test_a_decision_before_its_time_is_refused(world, application):
    assert decide(world, application).status_code == 422
    assert world.client("yoso").post(f"/applications/{application.id}/decisions").status_code in (403, 404)


def test_hours_of_another_ward_are_entered(world, application):
    child = application.children[0].id
    address, data = (
        f"/applications/{application.id}/transfers",
        {"child": str(child), "hours": "100", "from_ward": "隣の区"},
    )
    assert world.client("endo").post(address, data=data).status_code == 303
    assert "残り 42時間" in reveal(world, application, fields="hours").text
    for bad in ({"hours": "-1"}, {"child": "nobody"}, {"from_ward": ""}):
        assert world.client("endo").post(address, data=data | bad).status_code == 422
    assert world.client("aoki").post(address, data=data).status_code == 403
    assert world.client("yoso").post(address, data=data).status_code in (403, 404)
    assert world.entries(Action.APPLICATION_UPDATED)


# --- rules


RULE = {
    "year": "2026",
    "base": "144",
    "multiple": "288",
    "fraction": "per_use",
    "crossing": "pay_part",
    "subtracts_transferred": "y",
    "source": "要綱第5条",
}


def test_the_office_enters_a_rule_and_the_ward_approves_it(world):
    assert world.client("endo").post("/applications/rules", data=RULE).status_code == 303
    page = world.client("kato").get("/applications/rules").text
    assert "承認待ち" in page
    address = page.split("/applications/rules/")[1].split('"')[0]
    assert world.client("endo").post(f"/applications/rules/{address}").status_code == 403
    assert world.client("kato").post(f"/applications/rules/{address}").status_code == 303
    assert world.client("kimura").post(f"/applications/rules/{address}").status_code == 409
    assert "承認済み" in world.client("aoki").get("/applications/rules").text
    assert world.entries(Action.HOURS_RULE_PROPOSED)
    assert world.entries(Action.HOURS_RULE_APPROVED)


@pytest.mark.parametrize(
    "bad",
    [
        {"year": "8"},
        {"base": "0"},
        {"multiple": "10"},
        {"fraction": "often"},
        {"source": ""},
        {"base": "many"},
    ],
)
def test_a_bad_rule_is_said_at_the_field(world, bad):
    assert world.client("endo").post("/applications/rules", data=RULE | bad).status_code == 422


def test_a_rule_of_another_programme_is_not_there(world):
    world.client("endo").post("/applications/rules", data=RULE)
    assert "承認待ち" not in world.client("yoso").get("/applications/rules").text
    unknown = "/applications/rules/01900000-0000-7000-8000-000000000000/approvals"
    assert world.client("kato").post(unknown).status_code == 404
    assert world.client("aoki").post("/applications/rules", data=RULE).status_code == 403


# --- the console


def run(world, *arguments):
    return world.app.test_cli_runner().invoke(args=["applications", *arguments])


def test_the_console_shows_an_application_masked(world, application):
    answer = run(world, "show", application.number.lower(), "--programme", "babysitter", "--json")
    assert answer.exit_code == 0, answer.output
    shown = json.loads(answer.output)
    assert (shown["number"], shown["state"], shown["applicant"]) == (application.number, "received", "髙●●●")
    assert shown["children"] == [{"cap": 144, "left": 142, "rule_approved": False}]
    assert "花子" not in run(world, "show", application.number, "--programme", "babysitter").output
    assert world.entries(Action.APPLICATION_VIEWED)[-1].actor == "console"


def test_the_console_counts_by_state(world, application):
    answer = run(world, "count", "--programme", "babysitter", "--json")
    assert json.loads(answer.output) == {"total": 1, "states": {"received": 1}}
    assert "received\t1" in run(world, "count", "--programme", "babysitter").output


def test_the_console_says_what_it_cannot_find(world):
    assert run(world, "show", "R8-99999", "--programme", "babysitter").exit_code == 1
    assert run(world, "count", "--programme", "nowhere").exit_code == 2
    assert db.session.query(Application).count() == 0
