"""Attempts to sign in: counted before they are checked, slowed down when they fail, the same for names that do not
exist. What is counted is a keyed digest of the name or address, so that a password typed as a name stays nobody's."""

from __future__ import annotations

import hmac
import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Integer, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Choice, Moment, Row, Why, Words, add_if_new, db
from callcenter.errors import TooMany
from callcenter.people.staff import Staff, folded
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Kind, current_vault, period_group

LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=12)


class Against(StrEnum):
    ACCOUNT = "account"
    ADDRESS = "address"
    CODE = "code"
    TOKEN = "token"


FREE = {Against.ACCOUNT: 5, Against.ADDRESS: 30, Against.CODE: 5, Against.TOKEN: 30}
"""Failures without a delay. An office sits behind one address, so that one has more than an account."""


class AttemptCount(Row):
    """Failures against one account, address or second factor since the last success."""

    __tablename__ = "attempt_count"
    __unaudited__ = True
    __table_args__ = (UniqueConstraint("against", "digest"),)

    against: Mapped[Against] = mapped_column(Choice(Against))
    digest: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[datetime] = mapped_column(Moment)
    blocked_until: Mapped[datetime | None] = mapped_column(Moment)

    def is_blocked(self, at: datetime) -> bool:
        return self.blocked_until is not None and at < self.blocked_until


def delay_after(failures: int, free: int) -> timedelta:
    """How long nobody may try after so many failures: nothing while they are free, then 1, 2, 4, 8, 15 minutes."""
    if failures < free:
        return timedelta(0)
    return min(timedelta(minutes=2 ** min(failures - free, 10)), LONGEST_DELAY)


def network(address: str) -> str:
    """The address that failures are counted against: an IPv6 host owns its whole /64 (RFC 6177), and an IPv4 host that
    comes in at an IPv6 socket (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the same as at any other."""
    try:
        plain = ipaddress.ip_address(address)
    except ValueError:
        return address
    plain = getattr(plain, "ipv4_mapped", None) or plain
    return str(plain) if plain.version == 4 else str(ipaddress.ip_network((plain, 64), strict=False))


def take(sign_in_name: str, address: str) -> None:
    """Count an attempt as failed before it is checked, so that many at once cannot slip through.

    Raises TooMany while account or address must wait; the text is the same whether the account exists or not."""
    account, origin = _count(Against.ACCOUNT, folded(sign_in_name)), _count(Against.ADDRESS, network(address))
    _refuse_blocked(account, origin)
    _fail(account)
    _fail(origin)


def take_address(address: str) -> None:
    """The same for a one-time code, which belongs to no account yet."""
    origin = _count(Against.ADDRESS, network(address))
    _refuse_blocked(origin)
    _fail(origin)


def take_code(staff: Staff) -> None:
    """The same for a code of the second factor."""
    count = _count(Against.CODE, staff.id.hex)
    _refuse_blocked(count)
    _fail(count)


def token_failed(address: str) -> None:
    """Count a wrong access token against its address, apart from sign-ins: a program that goes on with an old token
    shuts nobody out. Raises TooMany while the address must wait; the lock that begins is recorded."""
    origin = _count(Against.TOKEN, network(address))
    _refuse_blocked(origin)
    _fail(origin)
    _record_lock(origin, None)


def succeeded(sign_in_name: str, address: str) -> None:
    """The attempt taken was right: the account is free again, and the address loses the one it was charged."""
    _clear(_count(Against.ACCOUNT, folded(sign_in_name)))
    address_succeeded(address)


def address_succeeded(address: str) -> None:
    origin = _count(Against.ADDRESS, network(address))
    origin.failures, origin.blocked_until = max(0, origin.failures - 1), None


def code_succeeded(staff: Staff) -> None:
    _clear(_count(Against.CODE, staff.id.hex))


def failed(sign_in_name: str, address: str, *, known: Staff | None) -> None:
    """Record a failure that `take` has counted; a lock that begins with it is recorded for supervisors as well."""
    facts = {"account": _digest(Against.ACCOUNT, folded(sign_in_name))[:16], "known": known is not None}
    audit.record(Action.SIGN_IN_FAILED, by=audit.STRANGER, on=known, facts=facts, result="refused")
    for against, key in ((Against.ACCOUNT, folded(sign_in_name)), (Against.ADDRESS, network(address))):
        _record_lock(_count(against, key), known)


def address_failed(address: str, purpose: str) -> None:
    """Record a wrong one-time code that `take_address` has counted."""
    audit.record(Action.SIGN_IN_FAILED, by=audit.STRANGER, facts={"code": purpose}, result="refused")
    _record_lock(_count(Against.ADDRESS, network(address)), None)


def code_failed(staff: Staff) -> None:
    """Record a wrong code that `take_code` has counted."""
    audit.record(Action.SIGN_IN_FAILED, by=staff, on=staff, facts={"factor": "code"}, result="refused")
    _record_lock(_count(Against.CODE, staff.id.hex), staff)


def blocked_until(staff: Staff) -> datetime | None:
    """Until when this person must wait before signing in, for the list that supervisors see; None when free."""
    at = now()
    keys = (_digest(Against.ACCOUNT, staff.sign_in_name), _digest(Against.CODE, staff.id.hex))
    counts = db.session.scalars(select(AttemptCount).where(AttemptCount.digest.in_(keys)))
    return max((c.blocked_until for c in counts if c.blocked_until and c.is_blocked(at)), default=None)


def unlock(staff: Staff, *, by: audit.Actor) -> None:
    """Let a locked-out person try again at once."""
    _clear(_count(Against.ACCOUNT, staff.sign_in_name))
    _clear(_count(Against.CODE, staff.id.hex))
    audit.record(Action.STAFF_CHANGED, by=by, on=staff, facts={"fields": ["lock"]})


def _count(against: Against, key: str) -> AttemptCount:
    """The row that counts these attempts, locked until the end of the transaction."""
    digest = _digest(against, key)
    query = select(AttemptCount).where(AttemptCount.against == against, AttemptCount.digest == digest)
    add_if_new(AttemptCount, against=against, digest=digest, failures=0, last_at=now())
    count = db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    if now() - count.last_at > FORGOTTEN_AFTER:
        _clear(count)
    return count


def _refuse_blocked(*counts: AttemptCount) -> None:
    at = now()
    until = max((c.blocked_until for c in counts if c.blocked_until and c.is_blocked(at)), default=None)
    if until is not None:
        minutes = -(-int((until - at).total_seconds()) // 60) or 1
        raise TooMany(
            f"続けて失敗したため、しばらくサインインできません。約{minutes}分後にもう一度お試しください。",
            code="locked_out",
            facts={"until": until},
        )


def _fail(count: AttemptCount) -> None:
    at = now()
    count.failures, count.last_at = count.failures + 1, at
    delay = delay_after(count.failures, FREE[count.against])
    count.blocked_until = at + delay if delay else None


def _clear(count: AttemptCount) -> None:
    count.failures, count.blocked_until, count.last_at = 0, None, now()


def _record_lock(count: AttemptCount, known: Staff | None) -> None:
    if count.is_blocked(now()):
        facts = {"against": count.against, "failures": count.failures, "until": count.blocked_until}
        audit.record(Action.SIGN_IN_LOCKED, by=audit.SYSTEM, on=known, facts=facts, result="refused")


def _digest(against: Against, key: str) -> str:
    house = current_vault().key(period_group(None, Kind.HOUSE))
    return hmac.new(house, f"{against}|{key}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()
