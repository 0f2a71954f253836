"""A creating request that is sent again is answered again and done once (docs/rules.md#json-api).

What is kept is a keyed digest of the request and the address of what it made, for 24 hours, in the transaction of the
deed itself: a process that dies in between leaves neither."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, delete, text, update
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.api.bodies import Fault
from callcenter.api.keys import key_for
from callcenter.api.problems import Faulty
from callcenter.clock import now
from callcenter.db import Moment, Row, Why, Words, add_if_new, db
from callcenter.errors import Conflict

HEADER = "Idempotency-Key"
REMEMBERED = timedelta(hours=24)
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class ApiSubmission(Row):
    """A creating request that was done. `id` comes of the person and their key, `address` leads to what was made."""

    __tablename__ = "api_submission"
    __unaudited__ = True

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    digest: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    address: Mapped[str] = mapped_column(Words(Why.TECHNICAL), default="")


def once(key: str, staff_id: uuid.UUID, request: bytes, deed: Callable[[], str]) -> tuple[str, bool]:
    """Do a deed once for a person's key: the address of what it made (a path without personal data, which `deed`
    returns), and whether it had been made before.

    Raises Conflict while the first request with this key is still at work (on the embedded database, which writes one
    at a time, the second waits instead), Faulty for a key that cannot be or that came with another request."""
    if not KEY.fullmatch(key):
        raise Faulty([_fault(_("1文字から255文字までの、ASCIIの見える文字で書いてください。"), "characters")])
    number = uuid.uuid5(staff_id, f"api|{key}")
    digest = hmac.new(key_for("idempotency"), request, "sha256").hexdigest()
    _hold(number)
    db.session.execute(delete(ApiSubmission).where(ApiSubmission.at < now() - REMEMBERED))
    if not add_if_new(ApiSubmission, id=number, staff_id=staff_id, at=now(), digest=digest, address=""):
        known = db.session.get_one(ApiSubmission, number, populate_existing=True)
        if not hmac.compare_digest(known.digest, digest):
            raise Faulty(
                [_fault(_("この鍵は、別の内容のリクエストで使われています。"), "reused")], code="key_reused"
            )
        return known.address, True
    address = deed()
    db.session.execute(update(ApiSubmission).where(ApiSubmission.id == number).values(address=address))
    return address, False


def _hold(number: uuid.UUID) -> None:
    """PostgreSQL lets two write at once: the second of one key does not wait."""
    if db.session.get_bind().dialect.name != "postgresql":
        return
    lock = number.int % 2**63
    if not db.session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}):
        raise Conflict(
            _("同じ鍵のリクエストを処理しています。少し待ってから送り直してください。"), code="in_flight"
        )


def _fault(detail: str, code: str) -> Fault:
    return Fault("header", HEADER, detail, code)
