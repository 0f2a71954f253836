"""Calls, callers, applications and tickets, as agents make them."""

import re

import pytest

from tests.making import Makes


@pytest.fixture
def make(world):
    """What stands in the house before a test begins."""
    return Makes(world=world)


@pytest.fixture
def follow(make):
    """follow(): let the lens take in what stands in the house now."""
    return make.findable


@pytest.fixture
def article(make):
    """article(): an approved answer; gives the id of its revision."""
    return make.article


def hidden(html, name):
    """The value of a hidden field on a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', html
    )
    return found[1] if found else None


@pytest.fixture
def value_of():
    """value_of(html, name): the value of a hidden field."""
    return hidden
