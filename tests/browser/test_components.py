"""The parts of the desk in a real browser: keys, drafts, suggestions, combobox, palette, reveal, the idle cover."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def patterns(browser_page, components_url):
    browser_page.goto(f"{components_url}/patterns")
    expect(browser_page.locator("html[data-ready]")).to_be_attached()
    return browser_page


@pytest.fixture
def call(browser_page, components_url):
    browser_page.goto(f"{components_url}/patterns?view=call")
    expect(browser_page.locator("html[data-ready]")).to_be_attached()
    return browser_page


def consultation(page):
    return page.get_by_label(re.compile("^相談内容"))


def answer(page):
    return page.get_by_label(re.compile("^回答内容"))


def leave_fields(page):
    page.evaluate("document.activeElement.blur()")


def composed_key(page, key, code, **more):
    """A key press that belongs to an input method."""
    page.evaluate(
        "([key, code, more]) => document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true, ...more}))",
        [key, code, more],
    )


# --- whole pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("address", ["/patterns", "/patterns?view=call"])
def test_axe_finds_nothing_on_the_components(browser_page, components_url, axe, photograph, address, width):
    browser_page.set_viewport_size(PHONE if width == 390 else {"width": 1280, "height": 800})
    browser_page.goto(components_url + address)
    expect(browser_page.locator("html[data-ready]")).to_be_attached()
    photograph(browser_page, f"{'call' if 'call' in address else 'patterns'}-{width}")
    assert axe(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("layer", ["keys", "palette", "cover", "identity", "reveal", "list", "menu"])
def test_axe_finds_nothing_on_what_opens(call, axe, photograph, layer):
    openers = {
        "keys": lambda: (leave_fields(call), call.keyboard.press("?")),
        "palette": lambda: call.keyboard.press("Control+k"),
        "cover": lambda: call.evaluate("document.getElementById('cover').showModal()"),
        "identity": lambda: call.keyboard.press("Alt+k"),
        "reveal": lambda: call.locator("[data-reveal]").first.click(),
        "list": lambda: (call.keyboard.press("Alt+b"), call.keyboard.type("り")),
        "menu": lambda: call.get_by_role("button", name=re.compile("青木 由美")).click(),
    }
    openers[layer]()
    photograph(call, f"open-{layer}")
    assert axe(call) == []


def test_the_browser_keeps_nothing(call):
    consultation(call).fill("早朝の利用について")
    expect(call.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")
    kept = call.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]"
    )
    assert kept == [0, 0, 0, 0]


def test_a_page_does_not_jump_while_it_opens(browser_page, components_url):
    browser_page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => "
        "window.shift += entry.value)).observe({type: 'layout-shift', buffered: true})"
    )
    for _visit in range(2):
        browser_page.goto(f"{components_url}/patterns?view=call")
        browser_page.wait_for_load_state("networkidle")
        assert browser_page.evaluate("window.shift") < 0.01


# --- keys ----------------------------------------------------------------------------------------------


def test_a_letter_works_only_when_nobody_types(patterns):
    name = patterns.get_by_label(re.compile("^お名前"))
    name.focus()
    patterns.keyboard.press("n")
    assert name.input_value() == "n"
    assert patterns.url.endswith("/patterns")
    leave_fields(patterns)
    patterns.keyboard.press("n")
    patterns.wait_for_url("**view=call")


def test_slash_goes_to_the_search_box(patterns):
    leave_fields(patterns)
    patterns.keyboard.press("/")
    expect(patterns.get_by_role("searchbox")).to_be_focused()
    assert patterns.get_by_role("searchbox").input_value() == ""


def test_keys_in_turn_go_places(patterns):
    leave_fields(patterns)
    patterns.keyboard.press("g")
    patterns.keyboard.press("f")
    patterns.wait_for_url("**#kb")


def test_keys_of_an_input_method_are_left_alone(call):
    consultation(call).focus()
    composed_key(call, "1", "Digit1", altKey=True, isComposing=True)
    composed_key(call, "Process", "Digit1", altKey=True, keyCode=229)
    composed_key(call, "Enter", "Enter", ctrlKey=True, keyCode=229)
    assert answer(call).input_value() == ""
    assert call.locator("form.call").get_attribute("aria-busy") is None
    composed_key(call, "1", "Digit1", altKey=True)
    assert answer(call).input_value() != ""


def test_combinations_jump_between_the_parts_of_a_call(call):
    expect(consultation(call)).to_be_focused()
    call.keyboard.press("Alt+r")
    expect(answer(call)).to_be_focused()
    call.keyboard.press("Alt+o")
    expect(call.get_by_role("radio", name="完結")).to_be_focused()
    call.keyboard.press("ArrowRight")
    expect(call.get_by_role("radio", name="折返し")).to_be_checked()
    call.keyboard.press("Alt+s")
    expect(call.get_by_role("radio", name="名前を聞かない（匿名）")).to_be_focused()
    call.keyboard.press("Alt+h")
    expect(call.get_by_role("tab", name="履歴 2")).to_have_attribute("aria-selected", "true")
    expect(call.locator("#suggestions")).to_be_hidden()


def test_only_the_open_dialogs_keys_work(call):
    call.keyboard.press("Alt+k")
    expect(call.get_by_label("申請番号")).to_be_focused()
    call.keyboard.press("Alt+1")
    call.keyboard.press("Escape")
    expect(call.locator("#identity")).to_be_hidden()
    assert answer(call).input_value() == ""


def test_the_list_of_keys_switches_single_letters_off(patterns):
    leave_fields(patterns)
    patterns.keyboard.press("?")
    expect(patterns.locator("#keys")).to_contain_text("新規受電")
    patterns.get_by_label("一文字のキーを使わない").check()
    patterns.keyboard.press("Escape")
    leave_fields(patterns)
    patterns.keyboard.press("n")
    patterns.keyboard.press("j")
    assert patterns.evaluate("document.activeElement === document.body")
    patterns.keyboard.press("Control+k")
    expect(patterns.locator("#palette")).to_be_visible()


def test_a_list_is_walked_by_keys(patterns):
    leave_fields(patterns)
    for key, subject in [
        ("j", "早朝の利用"),
        ("j", "領収書の"),
        ("ArrowDown", "折返し希望"),
        ("k", "領収書の"),
        ("End", "年度途中"),
    ]:
        patterns.keyboard.press(key)
        expect(patterns.locator(":focus")).to_contain_text(subject)
    patterns.keyboard.press("Enter")
    patterns.wait_for_url("**#26-00402")


# --- drafts --------------------------------------------------------------------------------------------


def status(page, state):
    expect(page.locator("form.call [data-draft-status]")).to_have_attribute("data-state", state, timeout=8000)


def test_a_draft_is_saved_while_typing(call):
    sent = []
    call.on("request", lambda request: request.url.endswith("/drafts") and sent.append(request.post_data))
    consultation(call).press_sequentially("あいうえおかきくけこさしすせそたちつてと", delay=120)
    assert len(sent) >= 1, "typing without a pause is saved after a second and a half"
    status(call, "saved")
    expect(call.locator("form.call [data-draft-status]")).to_contain_text(
        re.compile(r"下書き保存済み \d\d:\d\d")
    )
    assert "csrf_token" not in sent[-1]
    assert "draft_version=" in sent[-1]


def test_text_stays_and_is_sent_again_when_the_server_comes_back(call):
    call.route("**/patterns/drafts", lambda route: route.abort())
    consultation(call).fill("消えてはいけない言葉")
    status(call, "away")
    expect(call.locator("form.call [data-draft-status]")).to_contain_text("内容はこの画面に残っています")
    call.keyboard.press("Control+Enter")
    expect(call.locator(".toast")).to_contain_text("まだ送っていません")
    assert consultation(call).input_value() == "消えてはいけない言葉"
    call.unroute("**/patterns/drafts")
    status(call, "saved")


def test_a_server_in_trouble_counts_as_away(call):
    call.route("**/patterns/drafts", lambda route: route.fulfill(status=503, body="away"))
    consultation(call).fill("言葉")
    status(call, "away")


def differing(call, fields):
    """The next save finds another device's draft of version 8."""

    conflicts = []

    def conflict(route):
        if conflicts:
            route.continue_()
            return
        conflicts.append(route)
        body = {"version": 8, "saved_at": "2026-11-23T01:42:00Z", "fields": fields}
        route.fulfill(status=409, content_type="application/json", body=json.dumps(body))

    call.route("**/patterns/drafts", conflict)


@pytest.mark.parametrize(
    ("button", "kept"),
    [
        ("この画面の内容を使う", "こちら"),
        ("もう一方の内容を使う", "あちら"),
        ("両方を続けて残す", "こちら\n\nあちら"),
    ],
)
def test_two_devices_see_both_texts_and_lose_none(call, button, kept):
    sent = []
    call.on("request", lambda request: request.url.endswith("/drafts") and sent.append(request.post_data))
    differing(call, {"consultation": "あちら"})
    consultation(call).fill("こちら")
    dialog = call.get_by_role("dialog", name="同じ下書きが別の端末で変更されました")
    expect(dialog).to_contain_text("あちら")
    expect(dialog).to_contain_text("10:42")
    dialog.get_by_role("button", name=button).click()
    status(call, "saved")
    assert consultation(call).input_value() == kept
    assert "draft_version=8" in sent[-1]


def test_a_page_that_is_left_saves_what_is_typed(call):
    with call.expect_request("**/patterns/drafts") as leaving:
        consultation(call).fill("閉じる直前")
        call.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert leaving.value.method == "POST"


def test_a_form_is_sent_once(call):
    sent = []

    def slow(route):
        if "draft_version" in route.request.post_data:
            route.continue_()
            return
        sent.append(route.request.post_data)
        route.fulfill(status=200, content_type="text/html", body="<p>ok</p>")

    call.route("**/patterns/drafts", slow)
    consultation(call).fill("一度だけ")
    call.keyboard.press("Control+Enter")
    call.keyboard.press("Control+Enter")
    call.wait_for_url("**/patterns/drafts")
    assert len(sent) == 1
    assert re.search(r"once=[0-9a-f]{32}", sent[0])
    assert "closing=close" in sent[0]


def test_one_key_closes_a_general_question(call):
    consultation(call).fill("夜間は何時からか")
    with call.expect_request(lambda request: "closing=general" in (request.post_data or "")):
        call.keyboard.press("Alt+g")
    call.wait_for_url("**/patterns/drafts")


# --- suggestions ---------------------------------------------------------------------------------------


def test_a_key_inserts_a_suggestion_and_undo_takes_it_back(call):
    answer(call).fill("お答えします。")
    call.keyboard.press("Alt+1")
    assert answer(call).input_value().startswith("お答えします。\n夜間は午後10時から")
    assert call.locator('input[name="told_revision"]').input_value() == "r27-3"
    expect(call.locator(".suggestion").first).to_contain_text("案内済み")
    call.keyboard.press("Control+z")
    assert answer(call).input_value() == "お答えします。"
    call.get_by_role("button", name="案内したFAQから外す").click()
    assert call.locator('input[name="told_revision"]').count() == 0


def test_suggestions_follow_the_text_but_not_an_unfinished_word(call):
    asked = []
    call.on("request", lambda request: request.url.endswith("/suggestions") and asked.append(request.url))
    consultation(call).evaluate(
        "(field) => { field.value = 'やかん'; field.dispatchEvent(new InputEvent('input', {bubbles: true, isComposing: true})) }"
    )
    call.wait_for_timeout(500)
    assert asked == []
    consultation(call).evaluate(
        "(field) => field.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}))"
    )
    call.wait_for_timeout(500)
    assert len(asked) == 1
    consultation(call).fill("夜間とは何時からのことかを知りたいという質問です")
    expect(call.locator(".suggestion")).to_have_count(2)
    expect(call.locator("#announce")).to_have_text("FAQの候補 2件")


# --- combobox, palette, reveal -------------------------------------------------------------------------


def test_a_combobox_is_worked_by_keys_and_fills_the_select(call):
    call.keyboard.press("Alt+b")
    box = call.get_by_role("combobox", name=re.compile("^問合せ区分"))
    expect(box).to_be_focused()
    call.keyboard.type("tadashi")
    expect(call.get_by_role("option", name=re.compile("但し書き"))).to_have_attribute("aria-selected", "true")
    call.keyboard.press("Enter")
    assert box.input_value() == "書類 › 領収書 › 但し書き"
    assert call.locator("#category").input_value() == "receipt"
    expect(call.get_by_role("listbox")).to_have_count(0)
    call.keyboard.press("ArrowDown")
    call.keyboard.press("ArrowDown")
    call.keyboard.press("Escape")
    assert box.input_value() == "書類 › 領収書 › 但し書き"


def test_a_combobox_waits_for_the_input_method(call):
    call.keyboard.press("Alt+b")
    call.keyboard.type("領収")
    composed_key(call, "Enter", "Enter", keyCode=229, isComposing=True)
    assert call.locator("#category").input_value() == ""


def test_a_wrong_word_in_a_combobox_leaves_the_old_choice(call):
    call.keyboard.press("Alt+b")
    call.keyboard.type("ないことば")
    expect(call.locator(".combobox__none")).to_have_text("当てはまるものがありません")
    call.keyboard.press("Tab")
    assert call.locator("#category").input_value() == ""
    assert call.get_by_role("combobox", name=re.compile("^問合せ区分")).input_value() == ""


def test_the_palette_finds_places_by_any_name(patterns):
    patterns.keyboard.press("Control+k")
    patterns.keyboard.type("ｵﾘｶｴｼ")
    expect(patterns.locator("#palette [aria-selected=true]")).to_contain_text("折返し")
    patterns.keyboard.press("Enter")
    patterns.wait_for_url("**#callbacks")


def test_the_palette_searches_for_what_it_does_not_know(patterns):
    patterns.keyboard.press("Control+k")
    patterns.keyboard.type("髙橋 090")
    expect(patterns.locator("#palette [aria-selected=true]")).to_have_text("「髙橋 090」を検索")
    patterns.keyboard.press("Enter")
    patterns.wait_for_url("**/patterns?q=*")


def test_a_masked_value_opens_for_a_reason_and_closes_again(patterns):
    opener = patterns.get_by_role("button", name="氏名を表示")
    opener.click()
    patterns.get_by_role("button", name="理由を記録して表示").click()
    expect(patterns.get_by_role("alert").filter(has_text="理由を選んでください")).to_be_visible()
    patterns.get_by_label("折返しの電話をかける").check()
    patterns.keyboard.press("Enter")
    expect(patterns.get_by_text("髙橋 真理")).to_be_visible()
    patterns.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    expect(patterns.get_by_text("髙橋 真理")).to_have_count(0)
    expect(opener).to_be_visible()


def test_a_page_that_covers_itself_masks_what_was_opened(patterns):
    patterns.get_by_role("button", name="氏名を表示").click()
    patterns.get_by_label("その他（補足に書く）").check()
    patterns.keyboard.press("Enter")
    expect(patterns.get_by_text("髙橋 真理")).to_be_visible()
    title = patterns.title()
    patterns.evaluate("document.body.dataset.idleSeconds = '1'")
    expect(patterns.locator("#cover")).to_be_visible(timeout=8000)
    patterns.evaluate("document.body.dataset.idleSeconds = '1200'")
    assert patterns.title() == "窓口"
    patterns.get_by_role("button", name="サインインしたので戻る").click()
    expect(patterns.locator("#cover")).to_be_hidden()
    assert patterns.title() == title
    expect(patterns.get_by_text("髙橋 真理")).to_have_count(0)


def test_a_dangerous_button_asks_first(patterns):
    patterns.get_by_role("button", name="下書きを捨てる").click()
    expect(patterns.get_by_role("dialog", name="下書きを捨てますか")).to_be_visible()
    patterns.get_by_role("button", name="やめる").last.click()
    expect(patterns.locator("#confirm")).to_be_hidden()


# --- idle and signed out -------------------------------------------------------------------------------


def test_an_idle_page_warns_then_covers_itself_and_comes_back(call):
    answered = json.dumps({"csrf_token": "again", "person": "7"})
    call.route("**/session", lambda route: route.fulfill(content_type="application/json", body=answered))
    consultation(call).fill("話の途中")
    call.evaluate("document.body.dataset.idleSeconds = '3'")
    expect(call.locator("#idle")).to_contain_text("画面を覆います")
    expect(call.locator("#cover")).to_be_visible(timeout=8000)
    call.evaluate("document.body.dataset.idleSeconds = '1200'")
    call.keyboard.press("Escape")
    expect(call.locator("#cover")).to_be_visible()
    assert call.evaluate("document.elementFromPoint(600, 300).closest('#cover') !== null")
    call.get_by_role("button", name="サインインしたので戻る").click()
    expect(call.locator("#cover")).to_be_hidden()
    assert consultation(call).input_value() == "話の途中"
    assert call.locator('meta[name="csrf-token"]').get_attribute("content") == "again"


def test_a_key_takes_the_warning_away(call):
    call.evaluate("document.body.dataset.idleSeconds = '30'")
    expect(call.locator("#idle")).to_be_visible()
    call.evaluate("document.body.dataset.idleSeconds = '1200'")
    call.keyboard.press("Shift")
    expect(call.locator("#idle")).to_be_hidden()


def test_a_lost_sign_in_covers_the_page_and_then_sends_again(call):
    call.route("**/session", lambda route: route.fulfill(status=401))
    call.route("**/patterns/drafts", lambda route: route.fulfill(status=401))
    consultation(call).fill("サインインが切れた")
    expect(call.locator("#cover")).to_be_visible()
    call.get_by_role("button", name="サインインしたので戻る").click()
    expect(call.locator("[data-cover-error]")).to_be_visible()
    call.unroute("**/patterns/drafts")
    call.unroute("**/session")
    call.get_by_role("button", name="サインインしたので戻る").click()
    status(call, "saved")
    assert consultation(call).input_value() == "サインインが切れた"


def test_another_persons_sign_in_shows_a_fresh_page(call):
    consultation(call).fill("前の人の言葉")
    status(call, "saved")
    answered = json.dumps({"csrf_token": "x", "person": "8"})
    call.route("**/session", lambda route: route.fulfill(content_type="application/json", body=answered))
    call.evaluate("document.getElementById('cover').showModal()")
    with call.expect_navigation():
        call.locator("[data-cover-return]").click()
    assert consultation(call).input_value() == ""
