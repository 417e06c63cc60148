"""A kind of strategy to try everything with."""

import pytest

from tests.strategies.kinds import World, make_kind, registered


@pytest.fixture
def second_kind():
    """What the kind `second` has to do with."""
    return World()


@pytest.fixture
def world(second_kind):
    """The kind `toy` and the facts it judges by; it and `second` are registered."""
    world = World()
    with registered(make_kind(world), make_kind(second_kind, "second")):
        yield world
