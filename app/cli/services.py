"""Three processes, each with only the secrets it needs, kept running until told to end.

The staff app gets the database as its app role, the portal as its own narrow role, the
worker as sequencer and app. No secret stands on a command line.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from app import presence
from app.cli.database import VARIABLES, Roles
from app.cli.speech import BROKEN, FAILED, FINE, say
from app.errors import CannotStart
from app.settings import Settings

HEALTH_SECONDS: Final = 30.0
DRAIN_SECONDS: Final = 10.0
# A service that dies is started again; one that dies this often within a minute ends the run.
RESTARTS_MAX: Final = 3
RESTARTS_SECONDS: Final = 60.0
# What a child may know of the surroundings besides its own settings.
PASSED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "XDG_RUNTIME_DIR", "TMPDIR", "NO_COLOR")


@dataclass
class Service:
    """One child. ``healthy`` asks whether it serves; ``started`` holds the moments of its starts."""

    name: str
    words: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    healthy: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it with its words and surroundings; what it says goes to its own file, begun anew."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *self.words],
                env=self.environ, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                # Ctrl-C at the terminal is for us alone; we tell the children in our own order.
                start_new_session=True,
            )  # fmt: skip
        self.started.append(time.monotonic())

    def died(self) -> int | None:
        """Its exit code if it has ended."""
        return None if self.process is None else self.process.poll()

    def last_line(self) -> str:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it gave no reason"

    def tired(self) -> bool:
        """Whether it was started too often within the last minute to be started again."""
        recent = [at for at in self.started if time.monotonic() - at < RESTARTS_SECONDS]
        return len(recent) > RESTARTS_MAX


def services(settings: Settings, roles: Roles) -> list[Service]:
    """The three services of one installation on this machine."""
    logs = settings.home / "run"
    parent = f"--parent={os.getpid()}"
    return [
        Service("staff", ("serve", "--staff", parent), _environ(settings, roles, "app", keys=True),
                logs / "staff.log", lambda: answers(settings.port)),
        Service("portal", ("serve", "--portal", parent), _environ(settings, roles, "portal", keys=False),
                logs / "portal.log", lambda: answers(settings.portal_port)),
        Service("worker", ("worker", parent), _environ(settings, roles, "app", "sequencer", keys=True),
                logs / "worker.log", lambda: presence.running(settings) is not None),
    ]  # fmt: skip


def check_ports(*ports: int) -> None:
    """Raises CannotStart naming the port that cannot be had, and what to use instead."""
    if len(set(ports)) < len(ports):
        raise CannotStart("Staff and witnesses need a port each: AMANA_PORT and AMANA_PORTAL_PORT are the same.")
    for port, variable in zip(ports, ("AMANA_PORT", "AMANA_PORTAL_PORT"), strict=False):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except PermissionError:
                raise CannotStart(f"Port {port} is the system's own. Use one from 1024 on: {variable}=8000") from None
            except OSError:
                raise CannotStart(
                    f"Port {port} is taken by another program. Use another: {variable}={port + 10} make run"
                ) from None


def answers(port: int) -> bool:
    """Whether a door on this machine says that it and its database are well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start_all(running: Iterable[Service]) -> None:
    """Start every service and wait until all serve; CannotStart with the reason of the one that does not."""
    running = list(running)
    for service in running:
        service.start()
    deadline = time.monotonic() + HEALTH_SECONDS
    for service in running:
        while not service.healthy():
            if service.died() is not None:
                raise CannotStart(f"The {service.name} service did not start: {service.last_line()}")
            if time.monotonic() > deadline:
                raise CannotStart(f"The {service.name} service does not answer. What it said: {service.log}")
            time.sleep(0.1)


def watch(running: Iterable[Service], ending: threading.Event) -> int:
    """Keep the services running until told to end. Returns the exit code of the run."""
    running = list(running)
    while not ending.wait(0.2):
        for service in running:
            code = service.died()
            if code is None:
                continue
            say(f"The {service.name} service ended with code {code}: {service.last_line()}")
            if code == presence.FORKED:
                return BROKEN
            if service.tired():
                say(f"It ended {RESTARTS_MAX} times within a minute and is not started again.")
                return FAILED
            service.start()
    return FINE


def stop_all(running: Iterable[Service]) -> None:
    """Ask all to end, give them the time to finish what they do, then end them."""
    alive = [service.process for service in running if service.process is not None and service.died() is None]
    for process in alive:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + DRAIN_SECONDS
    for process in alive:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environ(settings: Settings, roles: Roles, *needs: str, keys: bool) -> dict[str, str]:
    """The surroundings of one child, from nothing: its settings, its roles' URLs, and where its keys open.

    The first role is the one the process serves with.
    """
    given = {name: os.environ[name] for name in PASSED if name in os.environ}
    for each in fields(settings):
        value = getattr(settings, each.name)
        if value != each.default and each.name not in {"database_url", "unlock_file"}:
            given[f"AMANA_{each.name.upper()}"] = str(value)
    given["AMANA_HOME"] = str(settings.home)
    if keys and settings.unlock_file:
        given["AMANA_UNLOCK_FILE"] = settings.unlock_file
    first, *others = needs
    given["AMANA_DATABASE_URL"] = roles.url(first)
    return given | {VARIABLES[role]: roles.url(role) for role in others}
