"""Servers of PostgreSQL for these tests, each in a folder of its own, and ways to knock at them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.embedded import Addresses, Embedded

# These tests look at doors and starts, not at power cuts: they need not wait for the disk.
QUICK = {"fsync": "off"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path of our own: pytest's own would not fit a socket."""
    path = Path(tempfile.mkdtemp(prefix="amana-test-"))
    try:
        yield path / "postgres"
    finally:
        Embedded(path / "postgres").stop()
        shutil.rmtree(path)


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Embedded, Addresses]]:
    """A server shared by the tests of one file that leave it as they found it."""
    path = Path(tempfile.mkdtemp(prefix="amana-test-"))
    server = Embedded(path / "postgres", settings=QUICK)
    try:
        yield server, server.start()
    finally:
        server.stop()
        shutil.rmtree(path)


@pytest.fixture
def server(house: tuple[Embedded, Addresses]) -> Embedded:
    return house[0]


Enter = Callable[..., psycopg.Connection]


@pytest.fixture
def enter(house: tuple[Embedded, Addresses]) -> Iterator[Enter]:
    """Connect as a role; ``instead`` replaces parts of its address."""
    opened: list[psycopg.Connection] = []

    def connect(role: str, **instead: Any) -> psycopg.Connection:
        opened.append(psycopg.connect(plain(house[1].urls[role]), autocommit=True, **instead))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def plain(url: str) -> str:
    """The address as psycopg itself reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


DROP = """
import os, pwd, sys
import app.embedded, psycopg
uid = int(os.environ.pop("DROP_TO"))
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
"""


def run_as(uid: int, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a few lines of Python as another account, with nothing of ours in its surroundings.

    What they import is loaded before the drop: the other account may not be able to read our Python.
    """
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", DROP + program, *words],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "DROP_TO": str(uid)},
        capture_output=True,
        text=True,
        check=False,
    )


def uid_without_a_name() -> int:
    taken = {account.pw_uid for account in pwd.getpwall()}
    return next(uid for uid in range(54_321, 60_000) if uid not in taken)
