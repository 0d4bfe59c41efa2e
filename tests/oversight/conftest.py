"""The log of each story here, and a sequencer that gives its entries their places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.audit.sequencer import Sequencer
from app.audit.tiles import TileFolder
from app.keyholders.manager import FileKeyManager
from tests.conftest import Database
from tests.ladder import log
from tests.world import World

__all__ = ["log"]


@pytest.fixture
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this test's log is published."""
    return tmp_path_factory.mktemp("log")


@pytest.fixture
def sequencer(world: World, database: Database, tiles: Path) -> Iterator[Sequencer]:
    """The one that gives entries their places, with the log's key, writing to a folder of this test."""
    manager = FileKeyManager({"log": b"l" * 32})
    engine = database.engine("sequencer")
    made = Sequencer(engine, TileFolder(tiles), origin="amana.test/log", sign=manager.sign, public=manager.public())
    yield made
    made.close()
    engine.dispose()


@pytest.fixture
def placed(world: World, sequencer: Sequencer) -> int:
    """A whole case whose entries have their places under a signed checkpoint; how many they are."""
    world.whole_case()
    return sequencer.tick(sign_now=True)
