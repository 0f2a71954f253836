"""The rooms of the privacy officer and the ward's auditor: what they see, what they do not, and what it leaves behind."""

import re
from datetime import date, timedelta

import pytest

from callcenter import clock
from callcenter.db import db, writing
from callcenter.oversight import labels
from callcenter.people.callers import Caller
from callcenter.privacy import approvals, audit, checkpoints, packs
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra

PAGES = ["/oversight/", "/oversight/chain", "/oversight/items", "/oversight/keys"]
AUDITORS_ALONE = [page for page in PAGES if page != "/oversight/items"]


def make_view(world, by, caller=None, reason="折返しのため", period=None):
    period_id = (period or world.period).id
    with writing():
        audit.record(
            Action.CALLER_VIEWED,
            by=by,
            on=("caller", caller.id if caller else by.id),
            period_id=period_id,
            reason=reason,
            read=True,
        )
    seq = db.session.query(audit.AuditEntry.seq).order_by(audit.AuditEntry.seq.desc()).first()[0]
    db.session.rollback()
    return seq


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["ono", "kondo"])
def test_the_privacy_officer_and_the_auditor_read_every_page(world, page, name):
    answer = world.client(name).get(page)
    assert answer.status_code == 200
    assert len(world.entries()) > 0


@pytest.mark.parametrize("page", AUDITORS_ALONE)
@pytest.mark.parametrize("name", ["aoki", "sato", "kato", "honda"])
def test_nobody_else_reads_the_trail(world, page, name):
    assert world.client(name).get(page).status_code in (403, 404)


def test_the_newest_entries_come_first_and_say_who_what_where(world):
    make_view(world, world.aoki)
    page = text_of(world.client("ono").get("/oversight/"))
    assert "青木 晴" in page
    assert "相談者を閲覧" in page
    assert "受電担当" in page
    assert page.index("相談者を閲覧") < page.index("利用者を登録")


def test_an_entry_of_another_programme_is_not_there(world):
    seq = make_view(world, world.yoso, period=world.other_period)
    browser = world.client("ono")
    assert "余所 望" not in text_of(browser.get("/oversight/"))
    assert browser.get(f"/oversight/entries/{seq}").status_code == 404
    assert browser.post(f"/oversight/entries/{seq}/reason").status_code == 404
    assert browser.get("/oversight/entries/999999").status_code == 404


def test_a_name_or_reason_never_stands_on_the_ledger(world):
    with writing():
        caller = Caller.create(world.period, by=world.aoki, name="髙木 見えない")
    seq = make_view(world, world.aoki, caller, reason="髙木さんの件")
    browser = world.client("ono")
    for page in ("/oversight/", f"/oversight/entries/{seq}"):
        assert "髙木" not in browser.get(page).get_data(as_text=True)


def test_opening_a_reason_is_a_step_with_an_entry_of_its_own(world):
    seq = make_view(world, world.aoki)
    browser = world.client("kondo")
    assert "折返しのため" not in browser.get(f"/oversight/entries/{seq}").get_data(as_text=True)
    before = len(world.entries(Action.AUDIT_VIEWED))
    opened = browser.post(f"/oversight/entries/{seq}/reason")
    assert opened.status_code == 200
    assert "折返しのため" in opened.get_data(as_text=True)
    entry = world.entries(Action.AUDIT_VIEWED)[-1]
    assert len(world.entries(Action.AUDIT_VIEWED)) == before + 1
    assert '"opened": "reason"' in entry.facts
    assert entry.actor == world.kondo.actor_id
    assert browser.get(f"/oversight/entries/{seq}/reason").status_code == 405


def test_an_entry_without_a_reason_has_none_to_open(world):
    with writing():
        audit.record(Action.SIGNED_IN, by=world.aoki)
    seq = world.entries()[-1].seq
    db.session.rollback()
    assert world.client("ono").post(f"/oversight/entries/{seq}/reason").status_code == 404


def test_looking_at_the_ledger_is_itself_written_down(world):
    world.client("ono").get("/oversight/?action=signed.in")
    entry = world.entries(Action.AUDIT_VIEWED)[-1]
    assert '"asked": ["action"]' in entry.facts
    assert entry.is_read


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("actor={aoki}", True),
        ("actor={ueda}", False),
        ("action=caller.viewed", True),
        ("action=ticket.viewed", False),
        ("kind=caller", True),
        ("kind=ticket", False),
        ("number={caller}", True),
        ("number=123456", False),
        ("since={today}&until={today}", True),
        ("since={tomorrow}", False),
        ("until={yesterday}", False),
        ("actor={aoki}&kind=caller&action=caller.viewed", True),
    ],
)
def test_the_ledger_can_be_narrowed(world, asked, shown):
    with writing():
        caller = Caller.create(world.period, by=world.sato, name="某 氏")
    seq = make_view(world, world.aoki, caller)
    today = clock.today()
    words = {
        "aoki": world.aoki.actor_id,
        "ueda": world.ueda.actor_id,
        "caller": str(caller.id),
        "today": today.isoformat(),
        "tomorrow": (today + timedelta(days=1)).isoformat(),
        "yesterday": (today - timedelta(days=1)).isoformat(),
    }
    db.session.rollback()
    page = world.client("ono").get(f"/oversight/?{asked.format(**words)}")
    assert page.status_code == 200
    assert (f'/oversight/entries/{seq}"' in page.get_data(as_text=True)) is shown


@pytest.mark.parametrize("asked", ["since=notaday", "action=nothing", "number=" + "9" * 50])
def test_a_condition_that_cannot_be_used_says_so(world, asked):
    answer = world.client("ono").get(f"/oversight/?{asked}")
    assert answer.status_code == 422
    assert "aria-invalid" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "asked", ["before=x", "after=-5", "before=99999999999999999999", "actor=%00%F0", "number=99999999999999"]
)
def test_a_strange_address_does_not_break_the_ledger(world, asked):
    assert world.client("ono").get(f"/oversight/?{asked}").status_code in (200, 422)


@pytest.mark.parametrize("seq", ["0", "-1", "x", "9" * 30])
def test_an_impossible_number_of_an_entry_is_not_there(world, seq):
    assert world.client("ono").get(f"/oversight/entries/{seq}").status_code == 404


def test_pages_of_the_ledger_join_without_gap_or_overlap(world):
    with writing():
        for n in range(120):
            audit.record(
                Action.TICKET_VIEWED, by=world.aoki, period_id=world.period.id, facts={"n": n}, read=True
            )
    db.session.rollback()
    browser, seen, address = world.client("ono"), [], "/oversight/?action=ticket.viewed"
    while address:
        page = browser.get(address).get_data(as_text=True)
        seen += [int(s) for s in re.findall(r'/oversight/entries/(\d+)"', page)]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older and older.group(1).replace("&amp;", "&")
    assert len(seen) == 120
    assert seen == sorted(seen, reverse=True)
    back = browser.get(f"/oversight/?action=ticket.viewed&after={seen[-1]}").get_data(as_text=True)
    assert [int(s) for s in re.findall(r'/oversight/entries/(\d+)"', back)] == seen[-51:-1]


def test_the_state_of_the_chain_is_told(world):
    assert "検証はまだ行われていません" in text_of(world.client("ono").get("/oversight/chain"))
    checkpoints.sign()
    report = packs.verify_database()
    with writing():
        facts = {"ok": report.ok, "rows": report.rows}
        audit.record(Action.AUDIT_VERIFIED, by=audit.CONSOLE, facts=facts, read=True)
    db.session.rollback()
    page = text_of(world.client("ono").get("/oversight/chain"))
    assert "異常はありませんでした" in page
    assert checkpoints.last().root in page


def test_the_signed_checkpoint_can_be_kept_outside(world):
    assert world.client("ono").get("/oversight/chain/checkpoint.txt").status_code == 404
    signed = checkpoints.sign()
    kept = world.client("kondo").get("/oversight/chain/checkpoint.txt")
    assert kept.get_data(as_text=True) == signed.note
    assert "attachment" in kept.headers["Content-Disposition"]


def test_no_key_material_stands_in_the_inventory(world):
    page = world.client("ono").get("/oversight/keys").get_data(as_text=True)
    store = world.app.extensions["keystore"]
    assert "監査記録の署名" in page
    assert not any(store.get(e.name).hex() in page for e in store.entries())
    assert "隣の区の事業" not in page


def test_every_personal_item_is_listed_with_its_place(world):
    page = text_of(world.client("kato").get("/oversight/items"))
    for word in (
        "氏名",
        "銀行口座情報",
        "caller.name",
        "application.account",
        "支援措置の有無",
        "取り扱わない",
    ):
        assert word in page


# --- approvals -------------------------------------------------------------------------------------------


def address(world, extra="protection_flag", programme=None):
    found = f"/oversight/programmes/{(programme or world.programme).id}/items/{extra}"
    db.session.rollback()
    return found


def is_on(world):
    db.session.rollback()
    return approvals.is_approved(world.programme.id, Extra.PROTECTION_FLAG)


def test_the_ward_switches_an_item_on_and_off(world):
    browser = world.client("kato")
    assert not is_on(world)
    assert browser.get(address(world) + "/approvals/new").status_code == 200
    given = browser.post(address(world) + "/approvals", data={"number": "8新総第12号", "on": "令和8年4月1日"})
    assert given.status_code == 303
    assert is_on(world)
    assert "8新総第12号" in text_of(browser.get("/oversight/items"))
    assert browser.post(address(world) + "/withdrawals").status_code == 303
    assert not is_on(world)
    entries = world.entries(Action.ITEM_APPROVED)
    assert [e.actor for e in entries] == [world.kato.actor_id] * 2
    assert '"mark": "withdrawn"' in entries[-1].facts


@pytest.mark.parametrize("name", ["aoki", "sato", "ono", "kondo", "honda"])
def test_only_ward_staff_enter_an_approval(world, name):
    browser = world.client(name)
    assert browser.get(address(world) + "/approvals/new").status_code in (403, 404)
    sent = browser.post(address(world) + "/approvals", data={"number": "1", "on": "2026-04-01"})
    assert sent.status_code in (403, 404)
    assert not is_on(world)


def test_an_item_of_another_programme_is_not_there(world):
    other = world.other_period.programme
    answer = world.client("kato").post(
        address(world, programme=other) + "/approvals", data={"number": "1", "on": "2026-04-01"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"number": "", "on": "2026-04-01"},
        {"number": "  ", "on": "2026-04-01"},
        {"number": "9" * 41, "on": "2026-04-01"},
        {"number": "1\x07", "on": "2026-04-01"},
        {"number": "1", "on": ""},
        {"number": "1", "on": "いつか"},
        {"number": "1", "on": "2999-01-01"},
    ],
)
def test_a_wrong_number_or_day_is_said_at_the_field(world, data):
    answer = world.client("kato").post(address(world) + "/approvals", data=data)
    assert answer.status_code == 422
    assert "field__error" in answer.get_data(as_text=True) or "aria-invalid" in answer.get_data(as_text=True)
    assert not is_on(world)


def test_an_item_that_is_on_cannot_be_entered_again(world):
    with writing():
        approvals.approve(
            world.programme.id, Extra.PROTECTION_FLAG, by=world.kato, number="1", on=date(2026, 4, 1)
        )
    answer = world.client("kato").post(
        address(world) + "/approvals", data={"number": "2", "on": "2026-04-01"}
    )
    assert answer.status_code == 422
    assert is_on(world)


def test_an_unknown_item_is_not_there(world):
    browser = world.client("kato")
    assert browser.get(address(world, extra="shoe_size") + "/approvals/new").status_code == 404
    assert browser.post(address(world) + "/withdrawals").status_code == 409


def test_every_action_and_role_has_a_name_for_people():
    assert set(labels.ACTIONS) == set(Action)
    assert labels.action("an.older_word") == "an.older_word"
