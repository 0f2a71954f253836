"""Differences are told in a time that no text can stretch."""

import time

import pytest

from kb.pages import labels
from tickets.signs.difference import difference


@pytest.mark.parametrize("tell", [difference, labels.difference], ids=["tickets", "faq"])
@pytest.mark.parametrize("piece", ["。", "\n", "あ", "あ。", "a\nb、"])
def test_equal_pieces_without_end_are_told_at_once(tell, piece):
    old = piece * (10_000 // len(piece))
    began = time.process_time()
    before, after = tell(old, old[:-1] + "x")
    assert time.process_time() - began < 3
    assert "".join(part["text"] for part in before) == old
    assert "".join(part["text"] for part in after) == old[:-1] + "x"
