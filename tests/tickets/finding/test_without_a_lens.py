"""A number that was typed is kept, also while the index is being made (a contact is kept before it is understood)."""

from callcenter.applications.models import Application
from callcenter.contacts import Contact


def test_a_number_is_kept_without_a_lens(world, make):
    contact = make.call()
    answer = world.client("aoki").post(f"/contacts/{contact}/numbers", data={"number": "090-0000-1234"})
    assert answer.status_code in (200, 303)
    assert make.get(Contact, contact).from_number == "090-0000-1234"


def test_the_screen_stays_and_says_that_search_is_made_ready(world, make):
    contact, typed = make.call(), "領収書の宛名を聞かれた"
    for path, field, words in (
        ("numbers", "number", "090-0000-1234"),
        ("applications", "find", "山田 花子"),
        ("applications", "find", "090-0000-1234"),
    ):
        form = {field: words, "content": typed}
        answer = world.client("aoki").post(
            f"/contacts/{contact}/{path}", data=form, headers={"HX-Request": "true"}
        )
        assert (answer.status_code, "検索の準備をしています" in answer.text) == (200, True), (path, words)
        for wrong in ("当てはまる申請はありません", "登録された相談者はいません"):
            assert wrong not in answer.text


def test_what_is_known_of_the_caller_stays_beside_the_sentence(world, make):
    contact, caller = make.call(), make.caller()
    number = make.get(Application, make.application(applicant=caller)).number
    client, headers = world.client("aoki"), {"HX-Request": "true"}
    client.post(f"/contacts/{contact}/callers", data={"caller": str(caller)}, headers=headers)
    answer = client.post(f"/contacts/{contact}/applications", data={"find": "山田"}, headers=headers)
    assert number in answer.text
    assert "検索の準備をしています" in answer.text


def test_a_number_of_an_application_is_found_without_a_lens(world, make):
    contact, number = make.call(), make.get(Application, make.application()).number
    answer = world.client("aoki").post(
        f"/contacts/{contact}/applications", data={"find": number}, headers={"HX-Request": "true"}
    )
    assert (number in answer.text, "検索の準備をしています" in answer.text) == (True, False)


def test_without_scripts_the_text_is_kept_too(world, make):
    contact = make.call()
    form = {"find": "山田 花子", "content": "領収書の宛名を聞かれた"}
    answer = world.client("aoki").post(f"/contacts/{contact}/applications", data=form, follow_redirects=True)
    assert (answer.status_code, "領収書の宛名を聞かれた" in answer.text) == (200, True)
