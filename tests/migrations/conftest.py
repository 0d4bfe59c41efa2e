"""A server of its own for revisions that go up and down, and the told story for rights."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import Embedded
from tests.work.conftest import story

__all__ = ["story"]


@pytest.fixture(scope="module")
def scratch() -> Iterator[str]:
    """The owner's URL of a database that nothing else uses."""
    home = Path(tempfile.mkdtemp(prefix="amana-up-down-"))
    server = Embedded(home / "postgres")
    yield server.start().urls["owner"]
    server.stop()
    shutil.rmtree(home, ignore_errors=True)
