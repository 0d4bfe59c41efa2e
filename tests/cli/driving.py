"""Driving the real command from outside: words in, exit code and lines out."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.cli.nursery import ROOT, Nursery

# The weakest stretching allowed, for speed; everything else as shipped.
QUICK = {"AMANA_ARGON2_MEMORY_MIB": "19", "AMANA_ARGON2_PASSES": "2"}


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Amana:
    """One folder and two ports, and the command on them."""

    home: Path
    port: int
    portal_port: int
    nursery: Nursery = field(repr=False)
    more: dict[str, str] = field(default_factory=dict)

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Nothing of our own surroundings but the path: what a command needs must be what it is given."""
        return {
            "PATH": os.environ["PATH"],
            "AMANA_HOME": str(self.home),
            "AMANA_PORT": str(self.port),
            "AMANA_PORTAL_PORT": str(self.portal_port),
            **QUICK, **self.more, **(more or {}),
        }  # fmt: skip

    def run(self, *words: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
        """Run a command to its end, without a terminal."""
        return Done(*self.nursery.run(words, self.environ(env), stdin))

    @contextmanager
    def running(
        self, *words: str, until: str = "", env: Mapping[str, str] | None = None, within: tuple[str, ...] = ()
    ) -> Iterator[Running]:
        """A command in the background, from the moment it has said ``until``; ended in order afterwards.

        within   a program that starts it, as another account might
        A door says nothing when it serves: without ``until`` nothing is waited for.
        """
        log = self.home.parent / f"{self.home.name}.{words[0]}.out"
        with log.open("wb") as file:
            started = time.monotonic()
            process = subprocess.Popen(
                [*within, sys.executable, "-m", "app.cli", *words],
                env=self.environ(env), stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=ROOT,
                # As at a terminal: whoever runs the tests in the background has told them to pass over an interrupt.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip
        running = Running(self, process, log)
        try:
            wait_for(lambda: until in running.said() or process.poll() is not None, 120)
            running.seconds = time.monotonic() - started
            yield running
        finally:
            running.end()

    def get(self, path: str, *, portal: bool = False, **given: Any) -> httpx.Response:
        port = self.portal_port if portal else self.port
        return httpx.get(f"http://localhost:{port}{path}", timeout=10, **given)

    def post(self, path: str, body: Any, *, token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.post(f"http://localhost:{self.port}{path}", json=body, headers=headers, timeout=20)

    def serves(self, *, portal: bool = False) -> bool:
        try:
            return self.get("/healthz", portal=portal).status_code == 200
        except httpx.HTTPError:
            return False

    def cast(self) -> Any:
        return json.loads((self.home / "cast.json").read_text())

    def sign_in(self, login: str) -> str:
        """A session token of somebody in the cast. Waits for the next half minute if this one's code is used."""
        member = self.cast()["members"][login]
        for _ in range(2):
            code = self.run("demo", "code", login).out.strip()
            body = {"login_name": login, "passphrase": member["passphrase"], "code": code}
            answer = self.post("/api/sign-in", body)
            if answer.status_code == 200:
                return str(answer.json()["token"])
            time.sleep(30 - time.time() % 30 + 0.1)
        raise AssertionError(f"{login} cannot sign in: {answer.status_code}")

    def fingerprint(self, *parts: str) -> dict[str, str]:
        """The hash of every file under these parts of the folder."""
        files = [f for part in parts for f in (self.home / part).rglob("*") if f.is_file()]
        files += [self.home / part for part in parts if (self.home / part).is_file()]
        return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@dataclass
class Running:
    amana: Amana
    process: subprocess.Popen[bytes]
    log: Path
    seconds: float = 0.0

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def children(self) -> dict[str, int]:
        """The services by name, from what they were started with."""
        found = {}
        for pid in pids_under(self.process.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            for name, word in {"staff": "--staff", "portal": "--portal", "worker": "worker"}.items():
                if word in words:
                    found[name] = pid
        return found

    def served(self) -> float:
        """Of the time in which it and its services wanted a processor, the share in which they had one, to now."""
        ran = waited = 0
        for pid in (self.process.pid, *pids_under(self.process.pid)):
            for thread in Path(f"/proc/{pid}/task").glob("[0-9]*/schedstat"):
                given, queued, _turns = map(int, thread.read_text().split())
                ran, waited = ran + given, waited + queued
        return ran / (ran + waited)

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def pids_under(parent: int) -> list[int]:
    """Direct children of a process."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listed.split()]


def environment_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def processes_in(home: Path) -> list[str]:
    """Command lines, and working folders, of whatever still has to do with a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(home) in words or os.readlink(entry / "cwd").startswith(str(home)):
                found.append(words)
        except OSError:
            continue
    return found


def wait_for(done: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
