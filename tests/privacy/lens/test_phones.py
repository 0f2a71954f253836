"""The same number, however it was written, has the same key."""

import pytest

from callcenter.privacy.lens.phones import phone_key, phone_tail

KEYS = [
    ("03-0000-1234", "+81300001234"),
    ("０３（００００）１２３４", "+81300001234"),
    ("0300001234", "+81300001234"),
    ("+81 3-0000-1234", "+81300001234"),
    ("+81(0)3-0000-1234", "+81300001234"),
    ("０９０ー００００ー１２３４", "+819000001234"),
    ("090 0000 1234", "+819000001234"),
    ("0120-000-000", "+81120000000"),
    ("+1 650 253 0000", "+16502530000"),
    ("1234", "1234"),
    ("非通知", "非通知"),
    ("Anonymous", "非通知"),
    ("公衆電話", "公衆電話"),
    ("電話なし", None),
    ("", None),
    ("12", None),
    ("²²²", "222"),
]


@pytest.mark.parametrize(("written", "key"), KEYS)
def test_a_number_has_one_key(written, key):
    assert phone_key(written) == key


@pytest.mark.parametrize(
    ("key", "tail"), [("+81300001234", "1234"), ("非通知", None), ("1234", None), ("公衆電話です", None)]
)
def test_the_tail_is_the_last_four_digits(key, tail):
    assert phone_tail(key) == tail
