"""A thousand half-open heads and two hundred slow bodies at the app itself, with nothing in front of it."""

from __future__ import annotations

import contextlib
import resource
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.proxy import CHEAP
from tests.kit import adapter
from tests.kit.adapter import Product

HALF_OPEN, SLOW, SECONDS = 1000, 200, 25.0
RECEIPTS = "/portal/receipts"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="amana-slow-"))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
    with adapter.start(folder, workers=0, env=CHEAP) as started:
        yield started
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    shutil.rmtree(folder, ignore_errors=True)


class Besiegers:
    """Lines that are opened, hold on, trickle one byte now and then, and are opened again when they are let go."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ending = threading.Event()
        self.lines: list[socket.socket | None] = [None] * (HALF_OPEN + SLOW)
        self.let_go = 0
        # How long the half-open line lived that lived longest, until we looked again.
        self.longest = 0.0
        self._since = [0.0] * len(self.lines)

    def run(self) -> None:
        while not self._ending.is_set():
            for number, line in enumerate(self.lines):
                if line is None or not self._trickle(number, line):
                    self._open(number)
            self._ending.wait(1.0)

    def stop(self) -> None:
        self._ending.set()
        for line in self.lines:
            if line is not None:
                line.close()

    def _open(self, number: int) -> None:
        head = b"POST %s HTTP/1.1\r\nHost: localhost:%d\r\n" % (RECEIPTS.encode(), self._port)
        rest = b"X-" if number < HALF_OPEN else b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
        self.lines[number], self._since[number] = None, time.monotonic()
        with contextlib.suppress(OSError):
            line = socket.create_connection(("127.0.0.1", self._port), timeout=1)
            line.setblocking(False)
            self.lines[number] = line
            line.send(head + rest)

    def _trickle(self, number: int, line: socket.socket) -> bool:
        """One byte more; False when the other side has let go."""
        with contextlib.suppress(BlockingIOError):
            try:
                # Half of the slow ones never say another word.
                if number < HALF_OPEN or number % 2:
                    line.send(b"a")
                if line.recv(4096):
                    return True
            except BlockingIOError:
                return True
            except OSError:
                pass
            self.let_go += 1
            if number < HALF_OPEN:
                self.longest = max(self.longest, time.monotonic() - self._since[number])
            line.close()
            return False
        return True


@pytest.mark.abuse("D12")
def test_a_siege_of_slow_lines_keeps_nobody_waiting(product: Product) -> None:
    siege = Besiegers(int(product.url["portal"].rsplit(":", 1)[1]))
    quiet = [product.http("POST", RECEIPTS, door="portal", json={}).seconds for _ in range(20)]
    thread = threading.Thread(target=siege.run, daemon=True)
    thread.start()
    ends = time.monotonic() + SECONDS
    answers = []
    while time.monotonic() < ends:
        answers.append(product.http("POST", RECEIPTS, door="portal", json={}, timeout=10))
        time.sleep(0.05)
    siege.stop()
    thread.join(20)

    times = sorted(answer.seconds for answer in answers)
    p99 = times[int(len(times) * 0.99)]
    print(
        f"{len(answers)} asked, median {times[len(times) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms "
        f"(quiet: {sorted(quiet)[10] * 1000:.0f} ms); {siege.let_go} lines let go, no half-open one lived longer than "
        f"{siege.longest:.0f} s"
    )
    assert {answer.status for answer in answers} == {201}
    assert p99 <= 2.0
    # More than were ever open at once: those that were let go had come back, and went again.
    assert siege.let_go > HALF_OPEN
    assert siege.longest < 20
