"""Ward, programme, period: whose work this is, and which contract year a record belongs to."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.calendar import fiscal_year, fiscal_year_bounds
from callcenter.db import Choice, Row, Why, Words, db
from callcenter.errors import Conflict, NotFound
from callcenter.privacy import vault
from callcenter.privacy.vault import ONCE_A_PERIOD, DataKey, Kind


class Ward(Row):
    """The public body that entrusts the work (区)."""

    __tablename__ = "ward"

    code: Mapped[str] = mapped_column(Words(Why.PLACE, 10), unique=True)
    name: Mapped[str] = mapped_column(Words(Why.PLACE, 60))


class Programme(Row):
    """A subsidy programme of a ward (事業)."""

    __tablename__ = "programme"

    ward_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ward.id"))
    code: Mapped[str] = mapped_column(Words(Why.PLACE, 40), unique=True)
    name: Mapped[str] = mapped_column(Words(Why.PLACE, 120))

    ward: Mapped[Ward] = relationship(Ward)


class Period(Row):
    """A contract year of a programme: 1 April to 31 March. It has keys of its own, and ends with them."""

    __tablename__ = "period"
    __table_args__ = (
        UniqueConstraint("programme_id", "fiscal_year"),
        CheckConstraint("starts_on < ends_on", name="order"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    fiscal_year: Mapped[int]
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)

    programme: Mapped[Programme] = relationship(Programme)


class Sequence(Row):
    """The next number that people read out, one sequence for each programme and kind of record."""

    __tablename__ = "sequence"
    __unaudited__ = True
    __table_args__ = (UniqueConstraint("programme_id", "kind"),)

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    kind: Mapped[Kind] = mapped_column(Choice(Kind))
    last: Mapped[int] = mapped_column(Integer, default=0)


def the_programme(code: str | None = None) -> Programme:
    """The programme with this code; without one, the only programme of the house.

    Raises NotFound for an unknown code, Conflict when there are several and none was named."""
    query = select(Programme).order_by(Programme.code)
    known = list(db.session.scalars(query.where(Programme.code == code) if code else query))
    if not known:
        raise NotFound(f"事業 {code or ''} は登録されていません。", code="no_programme")
    if len(known) > 1:
        codes = "、".join(programme.code for programme in known)
        raise Conflict(
            f"事業が複数あります（{codes}）。--programme で選んでください。", code="which_programme"
        )
    return known[0]


def open_period(programme: Programme, year: int) -> Period:
    """Open a contract year: its row, its wrapping key in the keystore, and its own data keys.

    Raises Conflict when it is open already. Source: docs/rules.md#period."""
    if db.session.scalars(_period(programme.id, year)).first():
        raise Conflict(f"{year}年度はすでに開かれています。", code="period_open")
    starts_on, ends_on = fiscal_year_bounds(year)
    period = Period(programme=programme, fiscal_year=year, starts_on=starts_on, ends_on=ends_on)
    db.session.add(period)
    db.session.flush()
    vault.current_vault().keystore.make(vault.purpose_of(period.id))
    for kind in ONCE_A_PERIOD:
        db.session.add(vault.new_group(period.id, kind))
    db.session.flush()
    return period


def house_keys() -> DataKey:
    """The key that seals what belongs to the house itself, made with the house. Creates it the first time."""
    query = select(DataKey).where(DataKey.kind == Kind.HOUSE, DataKey.period_id.is_(None))
    known = db.session.scalars(query).first()
    if known is None:
        known = vault.new_group(None, Kind.HOUSE)
        db.session.add_all([known, vault.new_group(None, Kind.AUDIT)])
        db.session.flush()
    return known


def period_for(programme_id: uuid.UUID, day: date) -> Period:
    """The contract year in which a programme receives something on a day (in Japan).

    Raises NotFound when that year was not opened."""
    period = db.session.scalars(_period(programme_id, fiscal_year(day))).first()
    if period is None:
        raise NotFound(
            f"{fiscal_year(day)}年度はまだ開かれていません。管理者に知らせてください。", code="no_period"
        )
    return period


def period_ids(programme_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """Ids of all periods of these programmes, newest first."""
    query = (
        select(Period.id).where(Period.programme_id.in_(programme_ids)).order_by(Period.fiscal_year.desc())
    )
    return list(db.session.scalars(query))


def living_periods() -> list[uuid.UUID]:
    """Ids of all periods whose data keys still stand (an erased one has none)."""
    key = select(DataKey.id).where(DataKey.period_id == Period.id, DataKey.kind == Kind.LENS)
    return list(db.session.scalars(select(Period.id).where(key.exists())))


def next_number(programme_id: uuid.UUID, kind: Kind, count: int = 1) -> int:
    """Take the next number (or the first of `count` numbers) of a sequence; two takers never get the same."""
    query = (
        select(Sequence).where(Sequence.programme_id == programme_id, Sequence.kind == kind).with_for_update()
    )
    sequence = db.session.scalars(query).first()
    if sequence is None:
        sequence = Sequence(programme_id=programme_id, kind=kind, last=0)
        db.session.add(sequence)
    sequence.last += count
    db.session.flush()
    return sequence.last - count + 1


def _period(programme_id: uuid.UUID, year: int):  # type: ignore[no-untyped-def]
    return select(Period).where(Period.programme_id == programme_id, Period.fiscal_year == year)
