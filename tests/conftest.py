"""One embedded PostgreSQL and one founded office for the run; every test commits for real.

After each test the database is put back to what it was when the office was founded, by the
owner with triggers off. Rolling back an outer transaction instead would keep the deferred
trigger, the read-only transaction and a refusal's own entry from ever happening.
"""

from __future__ import annotations

import copy
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

import app.whole  # noqa: F401  every action is known once the program is
from app import clock
from app.accounts.signin import SignIns
from app.cli.key_files import STAFF_KEYS
from app.cli.migrating import migrate
from app.db import engine_for
from app.embedded import Addresses, Embedded
from app.keyholders.manager import FileKeyManager, make_unlock
from app.keyholders.register import Register, trust_line
from app.policy.engine import Policy
from app.private import write_private
from app.settings import LEAST, Settings
from app.testimonies.sessions import in_session
from app.work import Office
from app.work.files import FileStore
from app.work.office import check_actions
from tests.kept import States
from tests.unharmed import unharmed
from tests.world import World

# On a busy machine an example may be slow without being wrong: figures are for `make bench`.
hypothesis.settings.register_profile("amana", deadline=None)
hypothesis.settings.load_profile("amana")

# The clock stands still at this moment unless a test moves it.
NOON = 1_790_000_000.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, seconds: float = NOON) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        # Row ids order by time; a hair's breadth between two of them keeps that order in tests.
        self.seconds += 0.001
        return self.seconds

    def move(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        self.seconds += seconds + 60 * minutes + 3600 * hours + 86400 * days


@dataclass
class Database:
    """The run's database by role, and the way back to a clean state."""

    addresses: Addresses
    server: Embedded

    def engine(self, role: str) -> Engine:
        return create_engine(self.addresses.urls[role], poolclass=NullPool, hide_parameters=True)

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """A raw connection, for drills that go around the product."""
        return psycopg.connect(self.addresses.urls[role].replace("+psycopg", ""))


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[Clock]:
    # A minute after the office was founded, so that everybody's sign-in lies in the past.
    moved = Clock(NOON + 60)
    before = clock.use(moved)
    yield moved
    clock.use(before)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only sockets on this machine; anything else is a defect."""
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError("the network is off in tests")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings of the run: a short folder of its own, and the weakest stretching allowed, for speed."""
    home = Path(tempfile.mkdtemp(prefix="amana-test-"))
    weakest = {
        name: value for name, value in LEAST.items() if name in {"argon2_memory_mib", "argon2_passes", "argon2_lanes"}
    }
    # As a demonstration: tests of security keys ask for one themselves, and every other would have to carry one.
    yield replace(Settings(home=home, database_connections_max=10, totp_for_all=True), **weakest)  # type: ignore[arg-type]
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Database]:
    # Of the two releases that the same wheel carries; the abuse cases marked [2] are tried on both.
    server = Embedded(settings.postgres_folder, major=int(os.environ.get("AMANA_TEST_PG", "18")))
    addresses = server.start()
    server.grant_replica_role()
    migrate(addresses.urls["owner"])
    yield Database(addresses, server)
    server.stop()


@pytest.fixture(scope="session")
def app_engine(database: Database) -> Iterator[Engine]:
    engine = engine_for(database.addresses.urls["app"], connections_max=10)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def portal_engine(database: Database) -> Iterator[Engine]:
    engine = engine_for(database.addresses.urls["portal"], connections_max=5)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def policy() -> Policy:
    policy = Policy.read()
    check_actions(policy)
    return policy


@pytest.fixture(scope="session")
def manager(settings: Settings) -> FileKeyManager:
    """The staff app's key file, made as an installation makes it."""
    make_unlock(settings.unlock_path)
    made = FileKeyManager.make(settings.keys_folder / "staff.key", settings.unlock_path, *STAFF_KEYS)
    write_private(settings.register_path, trust_line(made.register()).encode())
    return made


@pytest.fixture(scope="session")
def office(app_engine: Engine, policy: Policy, manager: FileKeyManager, settings: Settings) -> Office:
    # With the office's own numbers; only where its files lie and how passphrases are stretched are the run's.
    mine = Settings(totp_for_all=settings.totp_for_all)
    return Office(app_engine, policy, settings=mine, register=Register.of(manager))


@pytest.fixture(scope="session")
def portal_office(portal_engine: Engine, policy: Policy, manager: FileKeyManager) -> Office:
    """The portal's: it can check the register and vouch for nothing."""
    return Office(portal_engine, policy, host="portal", register=Register(manager.register()))


@pytest.fixture(scope="session")
def signins(office: Office, manager: FileKeyManager, settings: Settings) -> SignIns:
    return SignIns(office, manager, settings, in_session=in_session)


@pytest.fixture(scope="session")
def files(settings: Settings) -> FileStore:
    return FileStore(settings.attachments_folder, bytes_max=200 * 1024 * 1024, free_percent_min=1)


@pytest.fixture(scope="session")
def founded(database: Database, office: Office, portal_office: Office, signins: SignIns, files: FileStore) -> World:
    """The office on its first morning."""
    before = clock.use(Clock())
    world = World(office, signins, portal=portal_office, files=files)
    world.found()
    clock.use(before)
    return world


@pytest.fixture(scope="session")
def states(founded: World, database: Database, settings: Settings) -> States:
    """The founded office, and what many tests begin from, kept aside table by table."""
    return States(database, settings.attachments_folder)


@pytest.fixture
def world(
    founded: World, states: States, standing_clock: Clock, database: Database, request: pytest.FixtureRequest
) -> Iterator[World]:
    """A founded office for one test; afterwards the database is as it was, and after an abuse case unharmed."""
    mine = copy.copy(founded)
    mine.members = {login: copy.copy(member) for login, member in founded.members.items()}
    mine.receipts = {}
    # The same people in every order of tests: a name that was drawn by a test before may be the one that is asked for.
    mine.draw_anew()
    mine.wait = lambda seconds: standing_clock.move(seconds=seconds)
    mine.begin = lambda name, build: states.begin(mine, standing_clock, name, build)
    try:
        with unharmed(database, request.node):
            yield mine
    finally:
        states.put_back()


@pytest.fixture
def empty(states: States) -> Iterator[None]:
    """No office at all, for tests of founding one; afterwards the founded one is back."""
    states.clear()
    yield
    states.put_back()
