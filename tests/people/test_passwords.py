"""What is accepted as a password, and how it is kept."""

import re
import threading
import time

import pytest
from argon2 import PasswordHasher

from callcenter.people import passwords

GOOD = "四つの-言葉を-つなげた-合言葉"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        pytest.param("short-one", "12文字以上", id="nine characters"),
        pytest.param("x" * 257, "256文字以内", id="too long"),
        pytest.param("qwertyuiop123", "よく使われ", id="keyboard walk"),
        pytest.param("1234567890123", "推測され|よく使われ", id="digits in a row"),
        pytest.param("passwordpassword", "推測され|よく使われ", id="a word twice"),
        pytest.param("abababababababab", "同じ文字", id="two letters"),
        pytest.param("ああああああああああああ", "同じ文字", id="one kana"),
        pytest.param("aoki-no-himitsu-desu", "サインイン名や氏名", id="holds the sign-in name"),
        pytest.param("ＡＯＫＩ－ｎｏ－ｈｉｍｉｔｓｕ", "サインイン名や氏名", id="holds it in full width"),
        pytest.param("山の上の青木 晴さんの家", "サインイン名や氏名", id="holds the name"),
    ],
)
def test_a_weak_password_is_refused_with_a_reason(password, said):
    assert re.search(said, passwords.problem(password, ("aoki", "青木 晴", "アオキ ハル")))


def test_the_list_of_common_passwords_is_whole():
    assert len(passwords._common()) >= 3000
    long_ones = [p for p in passwords._common() if len(p) >= passwords.SHORTEST]
    assert long_ones
    assert all(passwords.problem(p) for p in long_ones)


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(GOOD, id="japanese words"),
        pytest.param("correct horse battery staple", id="english words with blanks"),
        pytest.param("kawaguchi zelkova 41 murmur", id="lower case only"),
        pytest.param("みどりのとけいとあおいふね", id="hiragana only"),
        pytest.param("k7#Vw2!pQz9$Lm", id="random signs"),
        pytest.param("あいうえおかきくけこ-0123456789-" * 8, id="256 characters"),
    ],
)
def test_a_good_password_is_accepted_whatever_it_is_made_of(password):
    assert passwords.problem(password, ("aoki",)) is None


def test_a_password_fits_only_itself():
    kept = passwords.hashed(GOOD)
    assert passwords.fits(kept, GOOD)
    assert not passwords.fits(kept, GOOD + "x")
    assert not passwords.fits(kept, GOOD.replace("言葉", "言羽"))


def test_case_is_not_folded_and_nothing_is_cut():
    first, second = "x" * 72 + "tail-one", "x" * 72 + "tail-two"
    kept = passwords.hashed(first)
    assert not passwords.fits(kept, second)
    assert not passwords.fits(kept, first.upper())


def test_full_width_and_composed_typing_is_the_same_password():
    kept = passwords.hashed("ガラスのtokei-42-まど")
    assert passwords.fits(kept, "ガラスのｔｏｋｅｉ－４２－まど")


def test_the_hash_is_argon2id_with_enough_memory():
    kept = passwords.hashed(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=2$")
    assert passwords.hashed(GOOD) != kept


def test_a_hash_of_older_settings_is_outdated():
    older = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(passwords.normal(GOOD))
    assert passwords.fits(older, GOOD)
    assert passwords.is_outdated(older)
    assert not passwords.is_outdated(passwords.hashed(GOOD))


def test_a_kept_value_that_is_no_hash_fits_nothing():
    assert not passwords.fits("not-a-hash", GOOD)


def test_an_unknown_person_costs_the_same_hash_as_a_known_one(monkeypatch):
    verify, settings = passwords._verify, []

    def watched(hasher, kept, given):
        settings.append(kept.split("$")[1:4])
        return verify(hasher, kept, given)

    monkeypatch.setattr(passwords, "_verify", watched)
    for kept in (passwords.hashed(GOOD), None):
        assert not passwords.fits(kept, "wrong")
    assert settings == [["argon2id", "v=19", "m=65536,t=3,p=2"]] * 2


def test_no_more_than_three_are_hashed_at_once():
    running, most, lock = 0, 0, threading.Lock()

    def one():
        nonlocal running, most
        with passwords._turn():
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.05)
            with lock:
                running -= 1

    threads = [threading.Thread(target=one) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == passwords.AT_ONCE
