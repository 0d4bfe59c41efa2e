"""The real doors in this process: the same assembly that is served, reached through ASGI."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.api.doors import POSTS
from app.cleaning.scanner import Scanner
from app.edge.desk import Desk
from app.keyholders.manager import FileKeyManager
from app.main import portal_app, staff_app
from app.settings import Settings
from tests.conftest import Database
from tests.ladder import CANARY, log
from tests.world import World

__all__ = ["log"]


# Where a session gets another token.
RENEW = frozenset({"/api/step-ups", "/api/me/passphrase", "/api/me/factor"})


@dataclass
class Client:
    """One caller of one door; blocking, so that tests read from top to bottom."""

    program: ASGIApp
    base: str
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    # Gives a second factor for what stands behind an address, where a rule asks for one.
    step_up: Callable[[str], None] | None = None
    # Who knows under which token a session goes on after a second factor.
    world: World | None = None

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request. ``headers`` are added to those of the session."""
        answer = asyncio.run(self._ask(method, path, **more))
        if path in RENEW and answer.is_success:
            self._renewed(answer.json()["token"])
        if self.step_up is None or answer.status_code != 403 or "step_up.needed" not in answer.text:
            return answer
        self.step_up(path)
        return asyncio.run(self._ask(method, path, **more))

    def _renewed(self, token: str) -> None:
        if self.world is not None:
            self.world.renewed(self.world.newest(self.token), token)
        self.token = token

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return self.ask("POST", path, json=json, **more) if json is not None else self.ask("POST", path, **more)

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        token = self.world.newest(self.token) if self.world is not None else self.token
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
        transport = httpx.ASGITransport(self.program, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=self.base, cookies=self.cookies) as client:
            return await client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="session")
def staff_door(settings: Settings, database: Database, manager: FileKeyManager) -> Iterator[ASGIApp]:
    door = staff_app(replace(settings, database_url=database.addresses.urls["app"], database_connections_max=6))
    yield door
    _close(door)


@pytest.fixture(scope="session")
def portal_door(settings: Settings, database: Database, manager: FileKeyManager) -> Iterator[ASGIApp]:
    door = portal_app(replace(settings, database_url=database.addresses.urls["portal"], database_connections_max=4))
    yield door
    _close(door)


@pytest.fixture(scope="module")
def strict_door(settings: Settings, database: Database, manager: FileKeyManager) -> Iterator[ASGIApp]:
    """The staff's door as it is without a word in its settings: digits do not do for every role."""
    url = database.addresses.urls["app"]
    door = staff_app(replace(settings, database_url=url, database_connections_max=4, totp_for_all=False))
    yield door
    _close(door)


@pytest.fixture
def opened(world: World) -> tuple[str, dict[str, Any]]:
    """A case, and the reason for which its files may be opened."""
    reference = world.case()
    return reference, {"justification": "INTAKE", "cites": str(world.testimony(reference, upto="TRIAGED"))}


@contextmanager
def scanning(door: Any, scanner: Scanner | None) -> Iterator[None]:
    """A door as it would be with another virus scanner in its settings, or with none."""
    state = program_of(door).state
    before: Desk = state.desk
    state.desk = replace(before, scanner=scanner)
    try:
        yield
    finally:
        state.desk = before


def _close(door: Any) -> None:
    program_of(door).state.desk.office.close()


def program_of(door: Any) -> FastAPI:
    """The program inside everything that guards it."""
    while not isinstance(door, FastAPI):
        door = door.app
    return door


@pytest.fixture
def stranger(staff_door: ASGIApp, world: World) -> Client:
    """Somebody at the staff door who is not signed in."""
    return Client(staff_door, "http://localhost:8000")


@pytest.fixture
def portal(portal_door: ASGIApp, world: World) -> Client:
    return Client(portal_door, "http://localhost:8001")


@dataclass
class Staff:
    """A client for each member of the cast."""

    program: ASGIApp
    world: World

    def __getitem__(self, login: str) -> Client:
        token = self.world.members[login].token
        return Client(
            self.program, "http://localhost:8000", token=token, step_up=partial(stepping_up, self.world, login),
            world=self.world,
        )  # fmt: skip


def stepping_up(world: World, login: str, path: str) -> None:
    """Give a member's second factor for the action behind an address, about what the address names."""
    for door in POSTS:
        found = re.fullmatch(re.sub(r"{\w+}", "([^/]+)", door.path), path)
        if found is not None:
            world.step_up(login, door.action, next(iter(found.groups()), None))


@pytest.fixture
def staff(staff_door: ASGIApp, world: World) -> Staff:
    return Staff(staff_door, world)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged while the test itself ran: at a fixture's end ``caplog.text`` tells of the end alone.

    But for the asker's own client, which notes each address it asks for.
    """
    records = [record for record in caplog.get_records("call") if not record.name.startswith("http")]
    return "\n".join(caplog.handler.format(record) for record in records)


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[pytest.LogCaptureFixture]:
    """Everything a process may print or log, from every library; no canary may be in it."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    printed = capfd.readouterr()
    for said in (logged(caplog), printed.out, printed.err):
        assert CANARY not in said
