"""The shipped nginx.conf in front of both doors, with the sockets of the units, both names on one port."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.kit import adapter, processes
from tests.kit.nginx import OFFICE, PORTAL, Places
from tests.kit.processes import REPOSITORY
from tests.kit.wire import Answer, read_answer

CHEAP: Final = {"AMANA_ARGON2_MEMORY_MIB": "19", "AMANA_ARGON2_PASSES": "2"}


@dataclass
class Proxy:
    """A running nginx: its TLS and plain ports, and how to trust it."""

    port: int
    plain: int
    trust: Path
    folder: Path

    def line(self, name: str, wait: float = 20.0) -> ssl.SSLSocket:
        """A TLS line to one of the two names, or to a third."""
        context = ssl.create_default_context(cafile=str(self.trust))
        bare = socket.create_connection(("127.0.0.1", self.port), timeout=wait)
        return context.wrap_socket(bare, server_hostname=name)

    def said(self, name: str, request: bytes, wait: float = 20.0) -> bytes:
        """Bytes on a line of its own, and whatever comes back until it closes."""
        with self.line(name, wait) as line:
            return heard(line, request)

    def ask(self, name: str, method: str, path: str, body: bytes = b"", *more: str) -> Answer:
        """One plain request."""
        head = [f"{method} {path} HTTP/1.1", f"Host: {name}", "Connection: close", *more]
        if body or method == "POST":
            head.append(f"Content-Length: {len(body)}")
        begun = time.monotonic()
        came = self.said(name, "\r\n".join([*head, "", ""]).encode() + body)
        return read_answer(came, time.monotonic() - begun, method)


def heard(line: socket.socket, request: bytes) -> bytes:
    """All that comes until the other side closes, or falls silent for as long as the line waits."""
    came = b""
    try:
        line.sendall(request)
        while piece := line.recv(65536):
            came += piece
    except OSError:
        pass
    return came


@contextmanager
def in_front() -> Iterator[Proxy]:
    """An installation behind TLS: both doors on sockets they were given, and nginx before them."""
    folder = Path(tempfile.mkdtemp(prefix="amana-tls-"))
    doors: list[subprocess.Popen[bytes]] = []
    try:
        with adapter.start(folder / "p", workers=0, env=CHEAP) as product:
            here = product._here
            for word, name in (("staff", OFFICE), ("portal", PORTAL)):
                words = ("-m", "tests.faults.given", str(folder / f"{word}.sock"), sys.executable, "-m", "app.cli")
                environ = here.environ(AMANA_TLS="proxy", AMANA_PUBLIC_NAME=name)
                with (folder / f"{word}.log").open("wb") as said:
                    doors.append(subprocess.Popen(
                        [sys.executable, *words, "serve", f"--{word}"], env=environ, cwd=REPOSITORY, stdout=said,
                        stderr=said, stdin=subprocess.DEVNULL,
                    ))  # fmt: skip
            with nginx(folder) as proxy:
                up = processes.wait_until(lambda: all(_serves(proxy, name) for name in (OFFICE, PORTAL)), 40.0)
                assert up, [path.read_text() for path in folder.glob("*.log")]
                yield proxy
    finally:
        for door in doors:
            door.terminate()
            door.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def nginx(folder: Path) -> Iterator[Proxy]:
    """Debian's nginx with the shipped file, as the present user."""
    plain, port = processes.free_ports(2)
    places = Places(folder, plain, port, port)
    places.make()
    with (folder / "nginx.log").open("wb") as said:
        running = subprocess.Popen(places.words(), stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    try:
        processes.wait_until(lambda: running.poll() is not None or _listens(port), 20.0)
        assert running.poll() is None, (folder / "nginx.log").read_text()
        yield Proxy(port, plain, places.trust, folder)
    finally:
        running.terminate()
        running.wait(20)


def _serves(proxy: Proxy, name: str) -> bool:
    try:
        return proxy.ask(name, "GET", "/nothing-here").status == 404
    except OSError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
