"""Where a trial takes place: the demonstration of this folder, or a small one made for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli import demonstration, installation
from app.cli.installation import Installation
from app.cli.speech import say
from app.errors import CannotStart
from app.settings import Settings
from tests.world.demo import small


@contextmanager
def ground() -> Iterator[tuple[Settings, dict[str, Any]]]:
    """The settings of a demonstration and its cast; one that was made for the trial is removed after it.

    raises   CannotStart in a folder that holds anything else
    """
    settings = demonstration.demo_settings()
    found = Installation.read(settings.home)
    if found is not None and found.kind != "demonstration":
        raise CannotStart(f"{settings.home} holds a real installation. This is tried on a demonstration alone.")
    if found is None:
        say(f"There is no demonstration in {settings.home}: a small one is made for this, and removed again.")
        # A short path: PostgreSQL's socket lies under it.
        folder = Path(tempfile.mkdtemp(prefix="amana-"))
        try:
            own = replace(settings, home=folder / "home")
            make(own)
            yield own, demonstration.read_cast(own)
        finally:
            shutil.rmtree(folder)
        return
    installation.require(settings)
    yield settings, demonstration.read_cast(settings)


def make(settings: Settings) -> None:
    """A small demonstration in this folder."""
    demonstration.prepare(settings, small)
