"""A told story: a case with a mark in every sealed field."""

from __future__ import annotations

import pytest

from tests.work.story import Story, tell
from tests.world import World


@pytest.fixture
def story(world: World) -> Story:
    return tell(world)
