"""Runs the web server for script/start.py. Where its processes are forks of this one (Linux), what they all need is
loaded here once, and its memory shared between them. Nothing is opened here: neither a file, nor a thread, nor the database."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from pathlib import Path

from granian.cli import entrypoint

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if multiprocessing.get_start_method() == "fork":
        import wsgi  # noqa: F401

        gc.collect()
        gc.freeze()  # so that looking for garbage touches no page of what is shared
    entrypoint()
