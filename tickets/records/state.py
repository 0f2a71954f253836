"""States and priorities of a ticket, and how its number is written."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


class TicketState(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


NEXT: dict[TicketState, frozenset[TicketState]] = {
    TicketState.OPEN: frozenset({TicketState.WAITING, TicketState.CLOSED}),
    TicketState.WAITING: frozenset({TicketState.OPEN, TicketState.CLOSED}),
    TicketState.CLOSED: frozenset({TicketState.OPEN}),
}


STATES = {TicketState.OPEN: "対応中", TicketState.WAITING: "回答待ち", TicketState.CLOSED: "完了"}


PRIORITIES = {Priority.URGENT: "至急", Priority.HIGH: "高", Priority.NORMAL: "通常"}


def label(number: int) -> str:
    """T-000123: how a ticket's number is written and read out."""
    return f"T-{number:06d}"
