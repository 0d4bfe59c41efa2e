"""One installation in a folder of its own, served by its own processes, and the twin beside it.

Staff door, portal and worker are started as an operator starts them; the twin is served by
the same uvicorn settings over the same PostgreSQL. Everything goes with the folder.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from app.cli import installation, seeding
from app.cli.database import Roles, database, plain
from app.cli.migrating import migrate
from app.cli.services import Service, answers, services, start_all, stop_all
from app.embedded import Embedded
from app.settings import LEAST, Settings
from tests.bench import bare
from tests.bench.asking import Side
from tests.world import World

START_SECONDS = 30.0


@dataclass
class Ground:
    """What a measurement stands on."""

    settings: Settings
    roles: Roles
    world: World
    running: list[Service]
    twin_port: int
    twin_token: str
    twin_user: UUID
    twin_process: subprocess.Popen[bytes]

    @property
    def staff_port(self) -> int:
        return self.settings.port

    @property
    def portal_port(self) -> int:
        return self.settings.portal_port

    def token(self, login: str) -> str:
        return self.world.members[login].token

    def pid(self, name: str) -> int:
        """The process of a service, or of the twin."""
        if name == "twin":
            return self.twin_process.pid
        process = next(service.process for service in self.running if service.name == name)
        assert process is not None
        return process.pid

    def owner(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """The owner of the database, who goes around the product."""
        return psycopg.connect(plain(self.roles.url("owner")), autocommit=autocommit)

    def ask_owner(self, statement: str, *given: Any, aside: bool = False) -> list[tuple[Any, ...]]:
        """As the owner of the database, around the product; ``aside`` puts the guards aside for once.

        For reading counts, and for rows by the hundred thousand. Nothing that is timed comes this way.
        """
        with self.owner() as connection:
            if aside:
                connection.execute("SET session_replication_role = replica")
            found = connection.execute(statement.encode(), given or None)
            return found.fetchall() if found.description else []

    def side(self, name: str, port: int, asks: Iterable[bytes], expects: int = 200, **more: Any) -> Side:
        """One side of a comparison: ``staff``, ``portal`` or ``twin``, asked these things over and over."""
        return Side(name, port, iter(asks), pid=self.pid(name), expects=expects, **more)

    def entries(self, action: str) -> int:
        """How many entries of an action stand in the log; refusals are not among them."""
        counted = "SELECT count(*) FROM entry_bodies WHERE view ->> 'action' = %s AND view ->> 'outcome' = 'done'"
        return int(self.ask_owner(counted, action)[0][0])


@contextmanager
def ground(home: Path) -> Iterator[Ground]:
    """Make it, serve it, and end everything again."""
    staff, portal, twin = _free_ports(3)
    least = {name: LEAST[name] for name in ("argon2_memory_mib", "argon2_passes", "argon2_lanes")}
    plain_settings = Settings(home=home, demo=True, port=staff, portal_port=portal, disk_free_percent_min=1)
    settings = replace(plain_settings, **least)  # type: ignore[arg-type]
    made = installation.make(settings, "demonstration")
    with database(settings) as roles:
        migrate(roles.url("owner"))
        Embedded(settings.postgres_folder).grant_replica_role()
        with seeding.found_office(settings, roles) as world:
            made.finished(home)
            token = secrets.token_urlsafe(32)
            user = bare.settle(roles.url("owner"), token)
            running = services(settings, roles)
            process = _serve_twin(roles, twin)
            try:
                start_all(running)
                _wait_for(twin)
                yield Ground(settings, roles, world, running, twin, token, user, process)
            finally:
                stop_all(running)
                process.terminate()
                process.wait()


def _serve_twin(roles: Roles, port: int) -> subprocess.Popen[bytes]:
    given = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare", str(port)],
        env=given | {"AMANA_DATABASE_URL": roles.url("app")},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while not answers(port):
        if time.monotonic() > until:
            raise RuntimeError("the twin does not answer")
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
