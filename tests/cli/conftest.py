"""Real folders, real processes. What takes long is made once for the run and looked at by many."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.database import database
from app.settings import Settings
from tests.cli.driving import Amana, free_port
from tests.cli.nursery import Nursery

# Begun with the first folder and ended with the run.
_nurseries: list[Nursery] = []


@pytest.fixture(scope="session", autouse=True)
def _at_the_end() -> Iterator[None]:
    yield
    while _nurseries:
        _nurseries.pop().close()


def new_folder() -> Amana:
    """A folder that is not there yet, and two ports that nobody has."""
    if not _nurseries:
        _nurseries.append(Nursery())
    # A short path: PostgreSQL's socket lies under it.
    return Amana(Path(tempfile.mkdtemp(prefix="amana-cli-")) / "home", free_port(), free_port(), _nurseries[0])


@pytest.fixture
def amana() -> Iterator[Amana]:
    """A folder that is not there yet."""
    made = new_folder()
    yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def real() -> Iterator[Amana]:
    """A real installation: founders invited, nobody signed up, nothing running."""
    made = new_folder()
    done = made.run("init", "--no-input", "--shares-file", str(made.home.parent / "shares"), "--i-have-no-backup")
    assert done.code == 0, done.err
    yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def still() -> Iterator[Amana]:
    """A demonstration with a mark in every sealed field, all states, its log signed; never started again."""
    made = new_folder()
    done = made.run("demo", "seed", "--cases", "11")
    assert done.code == 0, done.err
    assert made.run("audit", "checkpoint").code == 0
    yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def seeded(still: Amana) -> Iterator[Amana]:
    """A copy of it whose database runs all the while, so that commands need not start it."""
    made = copy_of(still)
    with database(Settings.read(made.environ())):
        yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


@pytest.fixture
def spoilt(still: Amana) -> Iterator[Amana]:
    """A copy of it, to be tampered with."""
    made = copy_of(still)
    yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


def copy_of(still: Amana) -> Amana:
    made = new_folder()
    shutil.copytree(still.home, made.home, symlinks=True)
    return made
