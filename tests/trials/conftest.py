"""One small demonstration, made as ``make steal`` makes one where there is none; each test has a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cli.conftest import copy_of, new_folder
from tests.cli.driving import Amana
from tests.cli.nursery import ROOT

MAKE = "from app.cli.demonstration import demo_settings; from tests.trials.ground import make; make(demo_settings())"


@dataclass
class Tried:
    """A trial that ended."""

    code: int
    out: str
    err: str


def program(amana: Amana, *words: str, **more: str) -> Tried:
    """Python on this folder, as the Makefile calls it."""
    done = subprocess.run(
        [sys.executable, *words], env=amana.environ(more), cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    return Tried(done.returncode, done.stdout, done.stderr)


def trial(amana: Amana, name: str, **more: str) -> Tried:
    return program(amana, "-m", f"tests.trials.{name}", **more)


@pytest.fixture(scope="session")
def lying() -> Iterator[Amana]:
    """Made and never started again."""
    made = new_folder()
    done = program(made, "-c", MAKE)
    assert done.code == 0, done.err
    yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


@pytest.fixture
def shown(lying: Amana) -> Iterator[Amana]:
    """A copy, to be tried."""
    made = copy_of(lying)
    yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


def is_private(path: str) -> bool:
    return os.stat(path).st_mode & 0o777 == 0o600
