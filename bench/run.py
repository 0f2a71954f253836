"""Finds a benchmark or a drill by its name and runs it; without a name runs every benchmark.

A benchmark is a file `bench/NAME.py`, a drill a file `bench/drills/NAME.py`; each has a `main(arguments) -> int`
whose number is the exit code, and begins with a docstring line saying what it measures or proves."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
FOLDERS = {"bench": FOLDER, "drill": FOLDER / "drills"}


def main(arguments: list[str]) -> int:
    """`bench|drill [--list | NAME [arguments]]`; 2 for a name that is not there."""
    kind, *rest = arguments
    there = known(kind)
    name = rest[0].replace("-", "_") if rest else None
    if name == "__list" or (name is None and kind == "drill"):
        print("\n".join(f"{name.replace('_', '-'):20} {about}" for name, about in there.items()))
        return 0
    if name is None:
        return max((run(kind, each, []) for each in there), default=0)
    if name not in there:
        print(f"No {kind} is called {rest[0]}; there are: {', '.join(there) or 'none yet'}", file=sys.stderr)
        return 2
    return run(kind, name, rest[1:])


def known(kind: str) -> dict[str, str]:
    """The names of this kind's files that have a `main`, each with the first line of its docstring."""
    found = {}
    for file in sorted(FOLDERS[kind].glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        has_main = any(isinstance(part, ast.FunctionDef) and part.name == "main" for part in tree.body)
        if has_main and file != Path(__file__):
            found[file.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def run(kind: str, name: str, arguments: list[str]) -> int:
    """Run one and return its exit code."""
    print(f"== {kind} {name.replace('_', '-')}", file=sys.stderr, flush=True)
    module = importlib.import_module(f"bench.{name}" if kind == "bench" else f"bench.drills.{name}")
    return int(module.main(arguments) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
