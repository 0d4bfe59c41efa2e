"""The demonstration, built once for all who look at it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine

from app import clock
from app.policy.engine import Policy
from app.settings import Settings
from app.work import Office
from tests.conftest import NOON, Clock
from tests.kept import States
from tests.world import World
from tests.world.cast import Filled
from tests.world.demo import demonstration


@dataclass
class Shown:
    """The office as a visitor finds it."""

    world: World
    filled: Filled

    @property
    def came(self) -> list[str]:
        """The eight who came to the office."""
        return self.filled.cases[:8]

    @property
    def printed(self) -> list[str]:
        """The cases of public reports."""
        return self.filled.cases[8:]


@pytest.fixture(scope="module")
def shown(founded: World, states: States, app_engine: Engine, policy: Policy, settings: Settings) -> Iterator[Shown]:
    standing = Clock(NOON + 60)
    before = clock.use(standing)
    world = copy.copy(founded)
    world.wait = lambda seconds: standing.move(seconds=seconds)
    world.members = {login: copy.copy(member) for login, member in founded.members.items()}
    world.receipts = {}
    world.office = Office(app_engine, policy, settings=replace(settings, demo=True), register=founded.office.register)
    # Somebody who can be the second coder.
    world.invite("narrative", roles=("narrative_editor",))
    filled = demonstration(world)
    clock.use(before)
    yield Shown(world, filled)
    states.put_back()
