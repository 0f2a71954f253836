"""The world itself stands on both databases."""

from callcenter.privacy.actions import Action


def test_the_named_people_are_there(world):
    assert world.aoki.name == "青木 晴"
    assert world.yoso.programme_ids != world.aoki.programme_ids


def test_preparing_a_house_is_recorded(world):
    assert len(world.entries(Action.HOUSE_PREPARED)) == 1
