"""A tenant for each test."""

import pytest

from azsim.world import World
from tests.azsim.caller import make_world


@pytest.fixture
def world() -> World:
    return make_world()
