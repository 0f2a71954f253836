"""Passwords: what is accepted, and how it is kept (argon2id, RFC 9106). Knows nothing of people or the database.

A password is NFKC-normalised, so that full-width typing and composed kana are the same password everywhere; it is
never shortened, and no kinds of characters are demanded: length and not being guessable is what counts
(NIST SP 800-63B §5.1.1; OWASP ASVS 5.0 V6.2)."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callcenter.errors import Unavailable

SHORTEST = 12
RECOMMENDED = 15
LONGEST = 256
GUESSES_NEEDED = 1e8
SCORED = 72

HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=2)
CODE_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

AT_ONCE = 3
WAIT_SECONDS = 20
_room = threading.BoundedSemaphore(AT_ONCE)


def problem(password: str, known: Collection[str] = ()) -> str | None:
    """Why a new password is not accepted, as a sentence for the form; None when it is fine.

    `known` are words that a guesser tries first: sign-in name, name, kana."""
    plain = normal(password)
    if len(plain) < SHORTEST:
        return f"パスワードは{SHORTEST}文字以上にしてください（{RECOMMENDED}文字以上をおすすめします）。"
    if len(plain) > LONGEST:
        return f"パスワードは{LONGEST}文字以内にしてください。"
    if plain.lower() in _common():
        return "よく使われているパスワードです。ほかの言葉を組み合わせてください。"
    if any(len(word) >= 3 and normal(word).lower() in plain.lower() for word in known):
        return "サインイン名や氏名を含むパスワードは使えません。"
    if len(set(plain)) < 5:
        return "同じ文字の繰り返しは推測されやすいため使えません。"
    from zxcvbn import zxcvbn  # twelve megabytes of words, which a process without new passwords does without

    if zxcvbn(plain[:SCORED], user_inputs=list(known))["guesses"] < GUESSES_NEEDED:
        return "推測されやすいパスワードです。関係のない言葉を三つ以上つなげるなどしてください。"
    return None


def normal(password: str) -> str:
    """A password as it is hashed: NFKC, whole."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """The hash to keep. Takes about 0.1 s and 64 MiB: never call it while the write lock is held."""
    with _turn():
        return HASHER.hash(_bytes(password))


def fits(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Without a hash it takes as long and is False, so that nobody learns from the
    clock which names exist."""
    with _turn():
        return _verify(HASHER, password_hash or _nobodys_hash(), password) and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other settings than today's and should be made anew at sign-in."""
    return HASHER.check_needs_rehash(password_hash)


def hashed_code(code: str) -> str:
    """The hash of a random code; lighter, since the code itself cannot be guessed."""
    with _turn():
        return CODE_HASHER.hash(_bytes(code))


def code_fits(code_hash: str, code: str) -> bool:
    with _turn():
        return _verify(CODE_HASHER, code_hash, code)


def _verify(hasher: PasswordHasher, known: str, given: str) -> bool:
    try:
        return hasher.verify(known, _bytes(given))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return normal(password).encode("utf-8", "surrogatepass")


@contextmanager
def _turn() -> Iterator[None]:
    """At most three hashes at once, so that a rush of sign-ins cannot take all memory."""
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise Unavailable(
            "ただいまサインインが混み合っています。少し待ってからもう一度お試しください。", code="busy"
        )
    try:
        yield
    finally:
        _room.release()


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_bytes(32))


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
