"""The figures of one benchmark or drill: a table to read, JSON to keep, a dated page for a drill."""

from __future__ import annotations

import json
import os
import platform
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
DRILLS = ROOT / "docs" / "drills"


@dataclass(frozen=True)
class Figure:
    """One line: what was done, the value, its unit and the value that it may not exceed
    (`most`) or fall below (`least`)."""

    work: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        return (self.most is None or self.value <= self.most) and (
            self.least is None or self.value >= self.least
        )


@dataclass
class Report:
    """Collects figures under one name. `keep()` ends it."""

    name: str
    figures: list[Figure] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now().astimezone())

    def add(
        self,
        work: str,
        value: float,
        unit: str,
        *,
        most: float | None = None,
        least: float | None = None,
        note: str = "",
    ) -> Figure:
        """Take one figure down and return it."""
        figure = Figure(work, value, unit, most, least, note)
        self.figures.append(figure)
        return figure

    def keep(self, drill: bool = False) -> int:
        """Print the table, write the JSON (and for a drill its page); 0 when every figure holds, else 1."""
        table = self.table()
        print(table)
        RESULTS.mkdir(parents=True, exist_ok=True)
        stamp = self.began.strftime("%Y-%m-%d-%H%M%S")
        facts = {"name": self.name, "began": self.began.isoformat(timespec="seconds"), **_machine()}
        facts["figures"] = [{**asdict(figure), "holds": figure.holds} for figure in self.figures]
        (RESULTS / f"{self.name}-{stamp}.json").write_text(
            json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
        )
        if drill:
            self._write_page(table)
        return 0 if all(figure.holds for figure in self.figures) else 1

    def table(self) -> str:
        """The figures as aligned text; Japanese counts two columns a character."""
        rows = [("work", "value", "bound", "", "note")]
        for figure in self.figures:
            value = f"{figure.value:,.4g}" if abs(figure.value) < 1000 else f"{figure.value:,.0f}"
            rows.append((figure.work, f"{value} {figure.unit}", _bound(figure), _mark(figure), figure.note))
        widths = [max(_columns(row[i]) for row in rows) for i in range(5)]
        lines = (
            "  ".join(cell + " " * (w - _columns(cell)) for cell, w in zip(row, widths, strict=True))
            for row in rows
        )
        return "\n".join(line.rstrip() for line in lines)

    def _write_page(self, table: str) -> None:
        DRILLS.mkdir(parents=True, exist_ok=True)
        machine = ", ".join(f"{key} {value}" for key, value in _machine().items())
        day = self.began.date().isoformat()
        text = f"# Drill {self.name}, {day}\n\n{machine}\n\n```\n{table}\n```\n"
        (DRILLS / f"{self.name}-{day}.md").write_text(text, encoding="utf-8")


def _machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _bound(figure: Figure) -> str:
    if figure.most is not None:
        return f"≤ {figure.most:,.6g}"
    return "" if figure.least is None else f"≥ {figure.least:,.6g}"


def _mark(figure: Figure) -> str:
    if figure.most is None and figure.least is None:
        return ""
    return "holds" if figure.holds else "MISSED"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
