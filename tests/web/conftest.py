"""The staff door as a browser meets it."""

import pytest

from tests.api.conftest import heard, staff, staff_door, stranger, strict_door
from tests.api.doors import Scene
from tests.cases.canaries import Planted, plant
from tests.ladder import log
from tests.world import World

__all__ = ["heard", "log", "staff", "staff_door", "stranger", "strict_door"]


@pytest.fixture
def planted(world: World) -> Planted:
    """The case with a canary in every field. Hours go by in it: whoever is to be signed in after it, asks for it."""
    return plant(world)


@pytest.fixture
def scene(world: World) -> Scene:
    """That case and what else its doors need; as ``planted`` for those who sign in."""
    return Scene.set(world)
