"""JSON as it is accepted, and where each fault is said to be."""

import pytest
from flask_babel import force_locale

from callcenter.api.bodies import BadJson, parse, step


@pytest.fixture(autouse=True)
def speaking(bare_app):
    with bare_app.test_request_context(), force_locale("ja"):
        yield


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b" [1, 2.5, -0, 1e3] \n", [1, 2.5, 0, 1000.0]),
        (b'"\\u3042\\ud83d\\ude00"', "あ😀"),
        ('{"窓口": "髙"}'.encode(), {"窓口": "髙"}),
        (b'["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]', ["[" * 40]),
        (b'"\\"[{"', '"[{'),
        (b"[" * 32 + b"]" * 32, None),
        (b"null", None),
    ],
)
def test_good_json_is_read(raw, value):
    found = parse(raw)
    assert value is None or found == value


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        (b"", "#", "syntax"),
        (b"{", "#", "syntax"),
        (b"{'a':1}", "#", "syntax"),
        (b'{"a":1,}', "#", "syntax"),
        (b"[1] [2]", "#", "syntax"),
        (b"01", "#", "syntax"),
        (b"+1", "#", "syntax"),
        (b'"\x01"', "#", "syntax"),
        (b'"abc', "#", "syntax"),
        (b"// x\n1", "#", "syntax"),
        (b"nan", "#", "syntax"),
        (b"\xff", "#", "encoding"),
        (b'"\xed\xa0\x80"', "#", "encoding"),
        ("﻿{}".encode(), "#", "encoding"),
        ("{}".encode("utf-16"), "#", "encoding"),
        (b"[" * 33 + b"]" * 33, "#", "too_deep"),
        (b'{"a":' * 100_000, "#", "too_deep"),
        (b'{"a":1,"a":2}', "#/a", "duplicate"),
        (b'{"a":{"b":1,"b":1}}', "#/a/b", "duplicate"),
        (b'{"a":[{},{"x":0,"x":0}]}', "#/a/1/x", "duplicate"),
        (b'{"a":NaN}', "#/a", "number"),
        (b"[0,-Infinity]", "#/1", "number"),
        (b"[1e400]", "#/0", "number"),
        (b'{"n":' + b"9" * 5000 + b"}", "#/n", "number"),
        (b'{"a":"\\ud800"}', "#/a", "encoding"),
        (b'{"\\udfff":1}', "#/%EF%BF%BD", "encoding"),
    ],
)
def test_what_is_not_json_is_refused_by_its_place(raw, pointer, code):
    with pytest.raises(BadJson) as caught:
        parse(raw)
    first = caught.value.faults[0]
    assert (first.where, first.place, first.code) == ("pointer", pointer, code)


def test_a_whole_number_is_an_integer_however_it_is_written():
    assert [type(one) for one in parse(b"[74, 74.0, 1e3, 0.5, 1e300]")] == [int, int, int, float, float]


def test_every_fault_is_named_up_to_fifty():
    with pytest.raises(BadJson) as caught:
        parse(b"[" + b"NaN," * 99 + b'{"a":1,"a":2}]')
    assert len(caught.value.faults) == 50


def test_a_fault_repeats_nothing_of_the_value():
    for raw in ('{"a":1,"a":"山田花子"}', '["山田花子\\ud800"]', '{"x": 山田花子}'):
        with pytest.raises(BadJson) as caught:
            parse(raw.encode())
        assert "山田" not in repr(caught.value.faults)


@pytest.mark.parametrize(
    ("name", "said"), [("a/b", "/a~1b"), ("a~b", "/a~0b"), ("あ x", "/%E3%81%82%20x"), (3, "/3"), ("", "/")]
)
def test_a_pointer_is_written_as_a_fragment(name, said):
    assert step(name) == said
