"""Asking two servers the same thing in turn, over real connections, and timing each answer.

The asker is as thin as it can be, since it runs on the same cores: whatever it costs is
added to both sides and would make a slow server look less slow.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.bench.figures import quantile

TIMEOUT_SECONDS = 30.0
WARMING = 24


class Void(RuntimeError):
    """A run that proves nothing: its figures are not printed."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def read(self) -> Any:
        return json.loads(self.body)


def request(
    port: int, method: str, path: str, body: Any = None, *, token: str = "", more: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of one request, made before the clock starts."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    head = {"Host": f"localhost:{port}", **(more or {})}
    if token:
        head["Authorization"] = f"Bearer {token}"
    if body is not None:
        head |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return "\r\n".join(lines).encode() + content


class Line:
    """One connection that is kept open, as a browser or a proxy keeps it."""

    def __init__(self, port: int, already: socket.socket | None = None) -> None:
        self._port = port
        self._socket = already

    def ask(self, asked: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(asked)
        return self.answer()

    def answer(self) -> Answer:
        """Wait for the answer to what was sent."""
        got = self._until(b"", lambda got: b"\r\n\r\n" in got)
        head, _, rest = got.partition(b"\r\n\r\n")
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(names.get(b"content-length", b"0"))
        body = self._until(rest, lambda got: len(got) >= length)
        if names.get(b"connection") == b"close":
            self.close()
        return Answer(int(head[9:12]), body)

    def _until(self, got: bytes, whole: Callable[[bytes], bool]) -> bytes:
        assert self._socket is not None
        while not whole(got):
            piece = self._socket.recv(65536)
            if not piece:
                raise Void("the server closed the line in the middle of an answer")
            got += piece
        return got

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def cpu_seconds(pid: int) -> float:
    """Time a process has spent on a core so far, in its own code and in the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def once(port: int, asked: bytes) -> Answer:
    line = Line(port)
    try:
        return line.ask(asked)
    finally:
        line.close()


@dataclass(frozen=True)
class Round:
    """One go at one server: each answer's time, and how many answers had which status."""

    times_ms: tuple[float, ...]
    seconds: float
    statuses: Counter[int]
    cpu_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.times_ms) / self.seconds


@dataclass
class Side:
    """One of the two servers, and an endless supply of requests to it.

    expects   the status of an answer that counts; every other one is a refusal
    before    what must be put right before each round, off the clock
    pid       its process, for the time it spends on a core: that holds still on a busy machine
    """

    name: str
    port: int
    asks: Iterator[bytes]
    pid: int
    expects: int = 200
    before: Callable[[], None] = lambda: None
    rounds: list[Round] = field(default_factory=list)

    def go(self, count: int, clients: int) -> Round:
        """Ask ``count`` times by so many askers at once."""
        self.before()
        asked = [next(self.asks) for _ in range(count)]
        spent = cpu_seconds(self.pid)
        done = fire(self.port, asked, clients)
        return replace(done, cpu_seconds=cpu_seconds(self.pid) - spent)

    @property
    def answers(self) -> int:
        return sum(each.statuses[self.expects] for each in self.rounds)

    @property
    def refused(self) -> int:
        return sum(sum(each.statuses.values()) for each in self.rounds) - self.answers

    @property
    def rates(self) -> list[float]:
        return [each.per_second for each in self.rounds]

    @property
    def cpu_ms(self) -> float:
        """Milliseconds on a core for one answer; the database's own are not among them."""
        return 1000 * sum(each.cpu_seconds for each in self.rounds) / sum(len(each.times_ms) for each in self.rounds)

    @property
    def p50(self) -> float:
        return statistics.median(statistics.median(each.times_ms) for each in self.rounds)

    @property
    def p99(self) -> float:
        return quantile((time for each in self.rounds for time in each.times_ms), 0.99)


def fire(port: int, asked: Sequence[bytes], clients: int) -> Round:
    """Send all, shared among the askers as each becomes free."""
    waiting, times, statuses = iter(asked), list[float](), Counter[int]()
    failed: list[Exception] = []

    def work() -> None:
        line = Line(port)
        try:
            for each in waiting:
                begun = time.perf_counter()
                status = line.ask(each).status
                times.append((time.perf_counter() - begun) * 1000)
                statuses[status] += 1
        except Exception as problem:  # noqa: BLE001  told by the thread that waits
            failed.append(problem)
        finally:
            line.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise Void(f"an asker failed: {failed[0]!r}")
    return Round(tuple(times), time.perf_counter() - begun, statuses)


def in_turn(sides: Sequence[Side], *, rounds: int, count: int, clients: int) -> None:
    """Both sides one after the other, several times: a slow minute of the machine slows both."""
    for side in sides:
        side.rounds.clear()
        warm = side.go(WARMING, clients)
        if set(warm.statuses) != {side.expects}:
            raise Void(f"{side.name} answers {dict(warm.statuses)} where {side.expects} is meant")
    for number in range(rounds):
        for side in sides if number % 2 == 0 else tuple(reversed(sides)):
            side.rounds.append(side.go(count, clients))
