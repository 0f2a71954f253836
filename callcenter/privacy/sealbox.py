"""Sealing to somebody: whoever has the public half of a key pair can seal, only its private half opens.

X25519 with a key of its own for each message (RFC 7748), HKDF-SHA256 over the agreed secret with both public keys as
salt (RFC 5869), AES-256-GCM (NIST SP 800-38D). The key serves one message, so the nonce is fixed. A sealed message is
`format (1) ‖ public key of the message (32) ‖ ciphertext with tag`; `place` is bound in and must be the same to open."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callcenter.errors import Damaged

FORMAT = b"\x01"
KEY_BYTES = 32
NONCE = bytes(12)
INFO = b"madoguchi sealbox 1"
SHORTEST = len(FORMAT) + KEY_BYTES + 16


def make_pair() -> tuple[bytes, bytes]:
    """A new private key and its public half, 32 bytes each."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def seal(public: bytes, clear: bytes, place: str) -> bytes:
    """Seal to the owner of a public key. Raises ValueError for bytes that are no public key."""
    return seal_with(X25519PrivateKey.generate(), public, clear, place)


def seal_with(message: X25519PrivateKey, public: bytes, clear: bytes, place: str) -> bytes:
    """As `seal`, with the message's own key given: for test vectors alone, a key serves one message."""
    own = message.public_key().public_bytes_raw()
    key = _key(message.exchange(X25519PublicKey.from_public_bytes(public)), own, public)
    return FORMAT + own + AESGCM(key).encrypt(NONCE, clear, _bound(place))


def open_sealed(private: bytes, sealed: bytes, place: str) -> bytes:
    """Raises Damaged when a byte was changed, the message stands in another place or is for somebody else."""
    own, ciphertext = sealed[1 : 1 + KEY_BYTES], sealed[1 + KEY_BYTES :]
    if sealed[:1] != FORMAT or len(sealed) < SHORTEST:
        raise _damaged()
    mine = X25519PrivateKey.from_private_bytes(private)
    try:
        secret = mine.exchange(X25519PublicKey.from_public_bytes(own))
        key = _key(secret, own, mine.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(NONCE, ciphertext, _bound(place))
    except (InvalidTag, ValueError):  # ValueError: a public key of small order
        raise _damaged() from None


def _key(secret: bytes, own: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=own + public, info=INFO).derive(secret)


def _bound(place: str) -> bytes:
    return FORMAT + b"|" + place.encode()


def _damaged() -> Damaged:
    return Damaged("届いた内容が壊れているため開けません。", code="sealbox")
