"""One line of a JSON Lines file (UTF-8, perhaps with a byte order mark), how its fault is named, and the list of those
that were not taken. Pure."""

from __future__ import annotations

import json
from typing import Any


class LineFault(Exception):
    """A line that cannot be taken: which column, and what to do. Holds nothing of the line's content."""

    def __init__(self, column: str, reason: str):
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


class Rejected(list[dict[str, Any]]):
    """The lines of a file that were not taken, with column and reason: the first ten thousand, so that memory stays
    flat whatever the file is, and how many in all (`total`)."""

    MOST = 10_000
    total = 0

    def note(self, number: int, fault: LineFault) -> None:
        """A line was not taken."""
        self.total += 1
        if len(self) < self.MOST:
            self.append({"line": number, "column": fault.column, "reason": fault.reason})


def read_object(raw: bytes) -> dict[str, Any]:
    """The object that a line holds. Raises LineFault, column "line", for anything else."""
    try:
        line = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise LineFault("line", f"UTF-8 ではない文字があります（{problem.start + 1}バイト目）。") from None
    except json.JSONDecodeError as problem:
        raise LineFault("line", f"JSON として読めません（{problem.colno}文字目）。") from None
    except RecursionError:
        raise LineFault("line", "入れ子が深すぎます。") from None
    except ValueError:  # a number of thousands of digits
        raise LineFault("line", "長すぎる数が書かれています。") from None
    if not isinstance(line, dict):
        raise LineFault("line", "1行に一つのオブジェクト { … } を書いてください。")
    return line
