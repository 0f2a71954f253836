"""Whose row is it: one declaration on a model says how its rows belong to a person, how they are erased for that
person, and what of them is shown when the person asks (開示請求).

    class Caller(…):
        __subject__ = is_person(PersonKind.CALLER, show=("created_at",))

    class CallerPhone(…):
        __subject__ = belongs_to("caller_id")

    class Staff(…):
        __subject__ = apart("the office's own people; they go with the house, not with a period")

A model whose rows stand in for several people at once names every way: `belongs_to("ticket_id", "caller_id")`.
Source: 個人情報保護法 76条 (開示), docs/rules.md#erasure."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, LargeBinary, Select, Table, false, inspect, or_, select

from callcenter.db import db
from callcenter.privacy.vault import SealedBytes


class PersonKind(StrEnum):
    """The two kinds of people whose data the house keeps for the ward."""

    CALLER = "caller"
    APPLICANT = "applicant"


class Erase(StrEnum):
    """What erasing one person does to a row. VALUES: its sealed values and digests go, the row stays for the
    statistics. ROW: the whole row goes. KEEP: nothing of it is personal by itself."""

    VALUES = "values"
    ROW = "row"
    KEEP = "keep"


class Person(NamedTuple):
    """One person: the records that stand for them (a caller and those merged into it; an application)."""

    kind: PersonKind
    ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Subject:
    """A model's declaration; made by `is_person`, `belongs_to` or `apart`."""

    kind: PersonKind | None = None
    ways: tuple[str, ...] = ()
    why_apart: str = ""
    erase: Erase = Erase.VALUES
    show: tuple[str, ...] = ()
    at: str | None = None
    also: Callable[[Any], None] | None = None


def is_person(
    kind: PersonKind,
    *,
    erase: Erase = Erase.VALUES,
    show: tuple[str, ...] = (),
    at: str | None = None,
    also: Callable[[Any], None] | None = None,
) -> Subject:
    """Each row is a person. `show`: plain columns shown in a disclosure beside all sealed ones; `at`: the column
    that says when (else the moment in the row's UUIDv7); `also`: what else goes when the row is erased (its file on
    the disk), called with the row inside the transaction, and must bear being called again."""
    return Subject(PersonKind(kind), erase=erase, show=show, at=at, also=also)


def belongs_to(
    *foreign_keys: str,
    erase: Erase = Erase.VALUES,
    show: tuple[str, ...] = (),
    at: str | None = None,
    also: Callable[[Any], None] | None = None,
) -> Subject:
    """A row belongs to whom one of these foreign-key columns leads to, over as many tables as it takes. The rest as
    in `is_person`."""
    if not foreign_keys:
        raise ValueError("name the foreign-key columns that lead to the person")
    return Subject(ways=foreign_keys, erase=erase, show=show, at=at, also=also)


def apart(why: str) -> Subject:
    """Rows that belong to no caller or applicant, and why."""
    if len(why) < 10:
        raise ValueError("say why these rows belong to no person")
    return Subject(why_apart=why, erase=Erase.KEEP)


def person(row: Any) -> Person:
    """The person that a row is, with those merged into it (`row.family`, where the model has it).

    Raises TypeError for a row that is no person."""
    subject = subject_of(type(row))
    if subject is None or subject.kind is None:
        raise TypeError(f"{type(row).__name__} is not a person")
    family = getattr(row, "family", None) or [row]
    return Person(subject.kind, tuple(member.id for member in family))


# --- the register ----------------------------------------------------------------------------------------


def models() -> list[type]:
    """All mapped classes, parents before children (the order in which tables can be filled)."""
    order = {table: index for index, table in enumerate(db.metadata.sorted_tables)}
    found = [mapper.class_ for mapper in db.Model.registry.mappers]  # type: ignore[attr-defined]
    return sorted(found, key=lambda model: order[table_of(model)])


def registered() -> list[type]:
    """Models whose rows belong to people."""
    return [m for m in models() if (s := subject_of(m)) is not None and not s.why_apart]


def table_of(model: type) -> Table:
    """The table of a model."""
    return cast(Table, inspect(model).local_table)


def subject_of(model: type) -> Subject | None:
    return getattr(model, "__subject__", None)


def sealed_columns(model: type) -> dict[str, SealedBytes]:
    """Attribute name (as a person of the house writes it) → type, for each sealed column."""
    return {c.name: c.type for c in table_of(model).columns if isinstance(c.type, SealedBytes)}


def digests(model: type) -> list[str]:
    """Keys of other byte columns: keyed digests of personal values, which go when the values go."""
    return [
        inspect(model).get_property_by_column(column).key
        for column in table_of(model).columns
        if isinstance(column.type, LargeBinary) and column.nullable
    ]


def rows_of(model: type, person: Person) -> Select[Any]:
    """The rows of a model that belong to a person."""
    return select(model).where(_condition(model, person, ()))


def moment_of(row: Any) -> datetime:
    """When a row came to be: its declared column, else the milliseconds in its UUIDv7 (RFC 9562 §5.7)."""
    subject = subject_of(type(row))
    if subject and subject.at and (at := getattr(row, subject.at)):
        return cast(datetime, at)
    return datetime.fromtimestamp((row.id.int >> 80) / 1000, UTC)


def _condition(model: type, person: Person, seen: tuple[type, ...]) -> ColumnElement[bool]:
    subject = subject_of(model)
    if subject is None or subject.why_apart or model in seen:
        return false()
    if subject.kind is not None:
        return model.id.in_(person.ids) if subject.kind is person.kind else false()  # type: ignore[attr-defined]
    return or_(false(), *_ways(model, subject, person, (*seen, model)))


def _ways(
    model: type, subject: Subject, person: Person, seen: tuple[type, ...]
) -> Iterator[ColumnElement[bool]]:
    table = table_of(model)
    for way in subject.ways:
        column = table.columns[way]
        target = _model_of(next(iter(column.foreign_keys)).column.table)
        reached = _condition(target, person, seen)
        if subject_of(target) and subject_of(target).kind is person.kind:  # type: ignore[union-attr]
            yield column.in_(person.ids)
        else:
            yield column.in_(select(target.id).where(reached))  # type: ignore[attr-defined]


def _model_of(table: Any) -> type:
    return next(m for m in models() if table_of(m) is table)
