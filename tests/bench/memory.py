"""What a process keeps in memory, and what a large file adds to it while it goes through."""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.work.files import FileStore
from tests.bench.asking import Line, Void, once, request
from tests.bench.desk import ISSUE
from tests.bench.figures import Paper, at_least, at_most, seen
from tests.bench.ground import Ground

MB: Final = 1_000_000
FILE_MB: Final = 200
PLANTED_MIB: Final = 64
_EDGE: Final = "a-line-that-occurs-nowhere-in-the-file"


def resident(paper: Paper, ground: Ground) -> None:
    """What each process holds after all that was asked of it."""
    paper.title("Memory")
    for name, words in (("staff", "staff worker"), ("portal", "portal worker"), ("worker", "sequencer")):
        paper.add(at_most(ISSUE, f"resident memory, {words}", rss_mb(ground.pid(name)), "MB", 150, "after the load"))
    paper.add(seen(ISSUE, "resident memory, the twin", rss_mb(ground.pid("twin")), "MB"))


def sealing(paper: Paper) -> None:
    """The same in this process, without a line and a door: how fast the disk gets sealed bytes."""
    block = os.urandom(MB)
    with tempfile.TemporaryDirectory() as folder:
        store = FileStore(Path(folder), bytes_max=FILE_MB * MB, free_percent_min=0)
        with watched(os.getpid()) as peak:
            begun = time.perf_counter()
            with store.receive(os.urandom(32)) as incoming:
                for _ in range(FILE_MB):
                    incoming.write(block)
                incoming.finish()
            took = time.perf_counter() - begun
    paper.add(
        at_least(ISSUE, f"{FILE_MB} MB sealed in one process", FILE_MB / took, "MB/s", 100, "hashed twice, durable")
    )
    paper.add(at_most(ISSUE, "sealing them adds", peak.added, "MB", 32))


def large_file(paper: Paper, ground: Ground) -> None:
    """A file of 200 MB in and out again, byte for byte, and how much the staff door grew meanwhile."""
    _notice_a_hoard(paper, ground)
    world = ground.world
    reference = world.case()
    testimony = world.testimony(reference)
    block = os.urandom(MB)
    with watched(ground.pid("staff")) as peak:
        begun = time.perf_counter()
        row = _upload(ground, reference, block)
        took = time.perf_counter() - begun
    how = f"{FILE_MB / took:.0f} MB/s, sealed while it streams"
    paper.add(at_most(ISSUE, f"a file of {FILE_MB} MB in adds", peak.added, "MB", 32, how))
    with watched(ground.pid("staff")) as peak:
        begun = time.perf_counter()
        got = _download(ground, row, str(testimony))
        took = time.perf_counter() - begun
    if got != _hash(block):
        raise Void("the file that came out is not the one that went in")
    how = f"{FILE_MB / took:.0f} MB/s, the same bytes"
    paper.add(at_most(ISSUE, f"a file of {FILE_MB} MB out adds", peak.added, "MB", 32, how))


def rss_mb(pid: int) -> float:
    """Resident memory now. Readable of a process that may not be looked into otherwise."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / MB
    raise Void(f"process {pid} has no memory: it ended")


@dataclass
class Peak:
    """Resident memory at the beginning and at its highest."""

    first: float
    seen: list[float] = field(default_factory=list)

    @property
    def added(self) -> float:
        return max(0.0, max(self.seen) - self.first)


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Look at a process a hundred times a second."""
    peak, ending = Peak(rss_mb(pid)), threading.Event()

    def look() -> None:
        while not ending.wait(0.01):
            peak.seen.append(rss_mb(pid))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        ending.set()
        looking.join()
        peak.seen.append(rss_mb(pid))


def _notice_a_hoard(paper: Paper, ground: Ground) -> None:
    """A process that holds much for a third of a second must be caught at it."""
    with watched(ground.pid("twin")) as peak:
        once(ground.twin_port, request(ground.twin_port, "POST", f"/hoard/{PLANTED_MIB}"))
    if not PLANTED_MIB * 0.95 <= peak.added * MB / (1 << 20) <= PLANTED_MIB * 2.5:
        raise Void(f"{PLANTED_MIB} MiB were held, and {peak.added:.0f} MB were seen")
    paper.add(seen(ISSUE, f"control: {PLANTED_MIB} MiB held for a moment were seen as", peak.added, "MB"))


def _upload(ground: Ground, reference: str, block: bytes) -> str:
    head = (
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{_EDGE}--\r\n".encode()
    asked = request(
        ground.staff_port, "POST", f"/api/cases/{reference}/attachments", token=ground.token("intake"),
        more={
            "Content-Type": f"multipart/form-data; boundary={_EDGE}",
            "Content-Length": str(len(head) + FILE_MB * len(block) + len(tail)),
        },
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", ground.staff_port), 120) as line:
        line.sendall(asked + head)
        for _ in range(FILE_MB):
            line.sendall(block)
        line.sendall(tail)
        answer = Line(ground.staff_port, line).answer()
    if answer.status != 201:
        raise Void(f"the file was not taken: {answer.status}")
    return str(answer.read()["id"])


def _download(ground: Ground, row: str, testimony: str) -> str:
    asked = request(
        ground.staff_port, "POST", f"/api/attachments/{row}/download",
        {"justification": "INTAKE", "cites": testimony}, token=ground.token("intake"),
    )  # fmt: skip
    got, digest = b"", hashlib.sha256()
    with socket.create_connection(("127.0.0.1", ground.staff_port), 120) as line:
        line.sendall(asked)
        while b"\r\n\r\n" not in got:
            got += line.recv(65536)
        head, _, rest = got.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise Void(f"the file was not given: {head[:20]!r}")
        digest.update(rest)
        taken = len(rest)
        while taken < FILE_MB * MB:
            piece = line.recv(1 << 20)
            if not piece:
                raise Void("the file was cut")
            digest.update(piece)
            taken += len(piece)
    return digest.hexdigest()


def _hash(block: bytes) -> str:
    digest = hashlib.sha256()
    for _ in range(FILE_MB):
        digest.update(block)
    return digest.hexdigest()
