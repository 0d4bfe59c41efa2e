"""The processes of one installation: started, counted, ended and killed from outside.

An operator starts the same three services with the same words. Nothing here looks into the program.
"""

from __future__ import annotations

import atexit
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
HEALTH_SECONDS: Final = 60.0
# The database goes with the last service to leave; it writes its last pages meanwhile.
DATABASE_STOP_SECONDS: Final = 30.0
PASSED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


class KitBroken(RuntimeError):
    """The kit itself failed, or was asked for what the product does not have yet."""


class Refused(Exception):
    """A wrong start: the product would not begin. ``code`` is its exit code, ``text`` what it said."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"exit {code}: {text}")
        self.code = code
        self.text = text


@dataclass
class Done:
    """A command that ended."""

    code: int
    out: bytes
    err: bytes
    seconds: float


@dataclass
class Service:
    """One service and what it said. ``port`` is 0 for one without a door; ``program`` is set for one not ours."""

    name: str
    words: tuple[str, ...]
    environ: dict[str, str]
    said: Path
    port: int = 0
    program: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self, before: tuple[str, ...] = ()) -> None:
        """Start it, ``before`` its own words those of a program that starts it."""
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [*before, *(self.program or (sys.executable, "-m", "app.cli")), *self.words],
                env=self.environ, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return None if self.process is None or self.process.poll() is not None else self.process.pid

    def healthy(self) -> bool:
        """Whether it runs, and its door says that it and its database are well."""
        return self.pid is not None and (self.port == 0 or _answers(self.port))

    def wait(self, seconds: float) -> int | None:
        """Its exit code, if it ends in time."""
        if self.process is None:
            return None
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None


@cache
def compiled() -> Path:
    """Where this run's processes keep what Python made of the program: each after the first starts with it.

    Apart from the checkout, which no exercise writes to, and from every folder that is hunted through.
    """
    folder = Path(tempfile.mkdtemp(prefix="amana-compiled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@dataclass
class Surroundings:
    """Where an installation lies and what its processes are told: nothing of ours but what is named."""

    folder: Path
    port: int
    portal_port: int
    profile: str
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def said(self) -> Path:
        """What services print. Part of what is hunted through, and no part of the data folder."""
        return self.folder / "said"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def make(self) -> None:
        for path in (self.folder, self.said, self.temporary):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def environ(self, **more: str) -> dict[str, str]:
        given = {name: os.environ[name] for name in PASSED if name in os.environ}
        return {
            **given, "AMANA_HOME": str(self.home), "AMANA_PORT": str(self.port),
            "AMANA_PORTAL_PORT": str(self.portal_port), "AMANA_PROFILE": self.profile, "AMANA_DEMO": "1",
            "TMPDIR": str(self.temporary), "PYTHONPYCACHEPREFIX": str(compiled()), "NO_COLOR": "1", **self.more, **more,
        }  # fmt: skip

    def command(self, *words: str, stdin: bytes = b"", timeout: float = 120.0) -> Done:
        """One ``amana`` command to its end; one that does not end is killed and has code -9."""
        begun = time.monotonic()
        running = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *words], env=self.environ(), cwd=REPOSITORY,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            out, err = running.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            running.kill()
            out, err = running.communicate()
        return Done(running.returncode, out, err, time.monotonic() - begun)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on. All have five digits."""
    lines = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(line.getsockname()[1]) for line in lines]
    for line in lines:
        line.close()
    return ports


def children(pid: int) -> list[int]:
    """Every process below this one, however deep."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            text = stat.read_text()
            parents.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    return list(_below(pid, parents))


def _below(pid: int, parents: Mapping[int, list[int]]) -> Iterator[int]:
    for child in parents.get(pid, []):
        yield child
        yield from _below(child, parents)


def kill(pids: list[int]) -> None:
    """SIGKILL, and wait until they are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(exists(pid) for pid in pids), 10.0)


def interrupt(pid: int) -> None:
    """SIGINT, which ends PostgreSQL cleanly without waiting for its clients; wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    wait_until(lambda: not exists(pid), DATABASE_STOP_SECONDS)


def resident_bytes(pid: int) -> int:
    """Memory a process holds now; 0 for one that has gone."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])
    return 0


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def clock_before(offset: float) -> tuple[str, ...]:
    """The words that start a program with a clock that far from real time.

    The library of faketime, and not its program: that one waits for a child, so that a signal ends it and leaves
    the child at its port, with its clock.
    """
    if offset == 0:
        return ()
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise KitBroken("set_clock needs the library of faketime, which is not installed here (Debian: libfaketime)")
    return ("env", f"LD_PRELOAD={found[0]}", f"FAKETIME={offset:+.3f}s")


def exists(pid: int) -> bool:
    """Whether a process runs. One that has ended and was not waited for does not count."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
