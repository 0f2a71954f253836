"""What a text is taken apart into before it is searched."""

import threading

import pytest

from kb.index.analysis import bigrams, content_words, folded


def forms(text):
    return [word.form for word in content_words(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("振込", "振り込み"),
        ("締切", "〆切"),
        ("締切", "締め切り"),
        ("双子", "ふたご"),
        ("引越", "引っ越し"),
        ("申込", "申し込み"),
        ("レシート", "ﾚｼｰﾄ"),
        ("144時間", "１４４時間"),
        ("288時間", "二百八十八時間"),
        ("払った", "払う"),
    ],
)
def test_spellings_of_one_word_have_one_form(one, other):
    assert forms(one) == forms(other) != []


def test_particles_endings_and_stop_words_are_gone():
    assert forms("領収書の宛名が夫の名前になっているのですが、どうすればよいですか") == [
        "領収",
        "書",
        "宛て名",
        "夫",
        "名前",
    ]


def test_a_word_knows_where_it_stands():
    text = "ええと。交通費は出ますか"
    assert [text[word.start : word.end] for word in content_words(text)] == ["交通", "費", "出"]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("交通費", ["交通", "通費"]),
        ("ｺｳﾂｳ", ["こう", "うつ", "つう"]),
        ("髙﨑", ["高崎"]),
        ("A-1 か", ["1か"]),
        ("。、！", []),
        ("あ", []),
        ("", []),
    ],
)
def test_pairs_are_folded_and_stay_within_runs_of_letters(text, pairs):
    assert bigrams(folded(text)) == pairs


def test_a_text_longer_than_the_dictionary_takes_is_analysed():
    assert len(content_words("領収書" * 50_000)) > 1000
    assert content_words("\ud800\x00🙂") is not None


def test_many_threads_analyse_at_once():
    found = []

    def analyse():
        found.extend(tuple(forms("領収書の宛名を直したい")) for _round in range(50))

    threads = [threading.Thread(target=analyse) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 400
    assert len(set(found)) == 1
