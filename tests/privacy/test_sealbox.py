"""A message sealed to a public key opens with its private half alone, in its own place, unchanged."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import Damaged
from callcenter.privacy import sealbox

PRIVATE = bytes(range(32))
PUBLIC = X25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
MESSAGE = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
VECTORS = {
    "": "01358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254066179eab05f80032e3fd7bf2ef8834c",
    "締切はいつですか": "01358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd1662541975390b5a5705838a1013283e43dd372a4e18a33c903200f9f21c68aae7afaa3562630682235a27",
}


@pytest.mark.parametrize(("text", "vector"), VECTORS.items())
def test_a_known_message_seals_to_known_bytes(text, vector):
    sealed = sealbox.seal_with(MESSAGE, PUBLIC, text.encode(), "inbox|1")
    assert sealed.hex() == vector
    assert sealbox.open_sealed(PRIVATE, sealed, "inbox|1").decode() == text


@given(st.binary(max_size=3000), st.text(max_size=50))
def test_what_was_sealed_opens(clear, place):
    private, public = sealbox.make_pair()
    sealed = sealbox.seal(public, clear, place)
    assert len(sealed) == len(clear) + sealbox.SHORTEST
    assert sealbox.open_sealed(private, sealed, place) == clear


def test_the_same_text_is_never_sealed_to_the_same_bytes():
    assert sealbox.seal(PUBLIC, b"x", "p") != sealbox.seal(PUBLIC, b"x", "p")


def test_every_changed_bit_is_noticed():
    sealed = sealbox.seal(PUBLIC, b"text", "place")
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Damaged):
            sealbox.open_sealed(PRIVATE, bytes(changed), "place")


@pytest.mark.parametrize(
    "sealed",
    [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(48), b"\x01" + bytes(32) + bytes(40)],
    ids=["nothing", "format alone", "another format", "short", "a key of small order"],
)
def test_what_is_no_sealed_message_is_damaged(sealed):
    with pytest.raises(Damaged):
        sealbox.open_sealed(PRIVATE, sealed, "place")


def test_another_place_or_another_key_does_not_open():
    sealed = sealbox.seal(PUBLIC, b"text", "inbox|1")
    with pytest.raises(Damaged):
        sealbox.open_sealed(PRIVATE, sealed, "inbox|2")
    with pytest.raises(Damaged):
        sealbox.open_sealed(sealbox.make_pair()[0], sealed, "inbox|1")
