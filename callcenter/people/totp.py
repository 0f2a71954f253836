"""The second factor: time-based codes (RFC 6238), each used once, and recovery codes for a lost device."""

from __future__ import annotations

import io
import secrets
import unicodedata
import uuid
from datetime import datetime

import pyotp
from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, delete, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.clock import now
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.errors import Conflict
from callcenter.people import passwords
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import Grouped, sealed
from callcenter.programmes import house_keys

ISSUER = "Madoguchi"
STEP_SECONDS = 30
WINDOW = 1
RECOVERY_CODES = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Totp(Grouped, Row):
    """A person's authenticator: the secret (160 bits), and the last time step that was used."""

    __tablename__ = "totp"
    __subject__ = apart("the second factor of a member of staff")

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), unique=True)
    secret = sealed(Item.STAFF, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_step: Mapped[int | None] = mapped_column(BigInteger)

    def step_of(self, code: str, at: datetime) -> int | None:
        """The time step whose code this is, one step early or late allowed; None when it is no code of now.

        A step that was used, and any before it, is refused (RFC 6238 §5.2)."""
        if not looks_like_code(code):
            return None
        code = _digits(code)
        generator, present = pyotp.TOTP(self.secret), int(at.timestamp()) // STEP_SECONDS
        for step in range(present - WINDOW, present + WINDOW + 1):
            fits = secrets.compare_digest(generator.generate_otp(step), code)
            if fits and (self.last_step is None or step > self.last_step):
                return step
        return None


class RecoveryCode(Row):
    """A code that replaces the authenticator once. Its first two characters find it; the whole is kept hashed."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("staff_id", "label"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    label: Mapped[str] = mapped_column(Words(Why.KEY, 2))
    hash: Mapped[str] = mapped_column(Words(Why.KEY, 200))
    used_at: Mapped[datetime | None] = mapped_column(Moment)


def looks_like_code(typed: str) -> bool:
    """Whether this is six digits (of any width, with or without a blank), not a recovery code."""
    digits = _digits(typed)
    return digits.isascii() and digits.isdecimal() and len(digits) == 6


def of(staff: Staff) -> Totp | None:
    """A person's confirmed authenticator."""
    factor = started(staff)
    return factor if factor is not None and factor.confirmed_at is not None else None


def started(staff: Staff) -> Totp | None:
    """A person's authenticator, confirmed or only begun."""
    return db.session.scalars(select(Totp).where(Totp.staff_id == staff.id)).first()


def start(staff: Staff) -> Totp:
    """Begin an enrolment with a new secret. Raises Conflict while a confirmed one exists."""
    factor = started(staff)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict("認証アプリはすでに登録されています。", code="totp_known")
    if factor is None:
        factor = Totp(group=house_keys(), staff_id=staff.id, secret=pyotp.random_base32(32))
        db.session.add(factor)
        audit.record(Action.STAFF_FACTOR_CHANGED, by=staff, on=staff, facts={"totp": "begun"})
    return factor


def confirm(staff: Staff, code: str) -> bool:
    """Finish an enrolment with a first code. False when the code is wrong."""
    factor = started(staff)
    if factor is None or factor.confirmed_at is not None or not _use(factor, code):
        return False
    factor.confirmed_at = now()
    audit.record(Action.STAFF_FACTOR_CHANGED, by=staff, on=staff, facts={"totp": "confirmed"})
    return True


def check(staff: Staff, code: str) -> bool:
    """Whether this is a code of the person's authenticator now; uses it up. Two at once: one of them is refused."""
    factor = of(staff)
    return factor is not None and _use(factor, code)


def remove(staff: Staff, *, by: audit.Actor) -> None:
    """Forget authenticator and recovery codes; the next sign-in enrols anew."""
    db.session.execute(delete(Totp).where(Totp.staff_id == staff.id))
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    audit.record(Action.STAFF_FACTOR_CHANGED, by=by, on=staff, facts={"totp": "removed"})


def address(staff: Staff, factor: Totp) -> str:
    """The otpauth address that an authenticator reads."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=staff.sign_in_name, issuer_name=ISSUER)


def picture(staff: Staff, factor: Totp) -> bytes:
    """The same as a QR code, SVG without inline style."""
    import segno

    out = io.BytesIO()
    segno.make(address(staff, factor), error="m").save(
        out, kind="svg", scale=5, border=4, dark="#000", light="#fff"
    )
    return out.getvalue()


# --- recovery codes --------------------------------------------------------------------------------------


def make_recovery_codes() -> tuple[list[str], list[tuple[str, str]]]:
    """Ten new codes to show once, and their (label, hash) to keep. Slow on purpose: make them outside a write."""
    labels = secrets.SystemRandom().sample([a + b for a in ALPHABET for b in ALPHABET], RECOVERY_CODES)
    codes = [f"{label}{_letters(3)}-{_letters(5)}-{_letters(5)}" for label in labels]
    return codes, [(code[:2], passwords.hashed_code(_plain(code))) for code in codes]


def keep_recovery_codes(staff: Staff, kept: list[tuple[str, str]]) -> None:
    """Put new recovery codes in the place of all old ones."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    db.session.add_all([RecoveryCode(staff_id=staff.id, label=label, hash=code) for label, code in kept])
    audit.record(Action.STAFF_FACTOR_CHANGED, by=staff, on=staff, facts={"recovery_codes": len(kept)})


def recovery_codes_left(staff: Staff) -> int:
    query = select(RecoveryCode.id).where(RecoveryCode.staff_id == staff.id, RecoveryCode.used_at.is_(None))
    return len(db.session.scalars(query).all())


def matching_recovery_code(staff: Staff, code: str) -> uuid.UUID | None:
    """The unused code this is, by id. Slow on purpose: ask outside a write, then `use_recovery_code`."""
    plain = _plain(code)
    query = select(RecoveryCode).where(
        RecoveryCode.staff_id == staff.id, RecoveryCode.label == plain[:2], RecoveryCode.used_at.is_(None)
    )
    known = db.session.scalars(query).first()
    return known.id if known is not None and passwords.code_fits(known.hash, plain) else None


def use_recovery_code(staff: Staff, code_id: uuid.UUID) -> bool:
    """Use a code up. False when another request used it first."""
    statement = update(RecoveryCode).where(RecoveryCode.id == code_id, RecoveryCode.used_at.is_(None))
    if not _changed(statement.values(used_at=now())):
        return False
    audit.record(Action.STAFF_FACTOR_CHANGED, by=staff, on=staff, facts={"recovery_code": "used"})
    return True


def _use(factor: Totp, code: str) -> bool:
    step = factor.step_of(code, now())
    if step is None:
        return False
    earlier = or_(Totp.last_step.is_(None), Totp.last_step < step)
    return _changed(update(Totp).where(Totp.id == factor.id, earlier).values(last_step=step))


def _changed(statement) -> bool:  # type: ignore[no-untyped-def]
    result = db.session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _digits(typed: str) -> str:
    return "".join(unicodedata.normalize("NFKC", typed).split())


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _plain(code: str) -> str:
    """A code as it is hashed: upper case, without blanks and dashes of any kind."""
    return "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c.isalnum() and c.isascii())
