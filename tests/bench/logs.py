"""How fast entries become durable, how soon each lies in a signed tree, and how long a stranger takes to check."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import clock
from app.audit import append as writing
from app.audit.append import Draft, append
from app.audit.canonical import canonical, commitment
from app.audit.export import entries_under, write_export
from app.audit.tiles import TileFolder
from app.db import engine_for
from tests.bench.asking import Void
from tests.bench.desk import ISSUE
from tests.bench.figures import Paper, at_least, at_most, quantile, seen
from tests.bench.ground import Ground

WRITERS: Final = 8
VERIFIER: Final = Path(__file__).resolve().parents[1] / "kit" / "verify_log.py"


@dataclass
class Watch:
    """When the published checkpoint was first seen to cover how many entries."""

    tiles: TileFolder
    moments: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def size(self) -> int:
        """How many entries the published checkpoint covers: its second line."""
        note = self.tiles.read_checkpoint()
        return 0 if note is None else int(note.split(b"\n")[1])

    def look(self) -> int:
        size = self.size()
        if not self.sizes or size > self.sizes[-1]:
            self.moments.append(time.time())
            self.sizes.append(size)
        return size

    def covered(self, index: int) -> float:
        """The first moment at which a checkpoint over this entry was seen."""
        return self.moments[bisect_right(self.sizes, index)]


def writing_entries(paper: Paper, ground: Ground, seconds: float) -> None:
    """Eight writers, each entry durable before the next; each is followed into the signed tree."""
    paper.title("The log")
    stopped = _delays(ground, 2.0, stop_for=2.0)[1]
    held = quantile(stopped, 0.99)
    if held < 1.5:
        raise Void(f"the worker was stopped for two seconds, and the delay was measured as {held:.2f} s")
    paper.add(seen(ISSUE, "control: with the worker stopped for 2 s, merge delay p99", held, "s"))
    written, delays = _delays(ground, seconds)
    how = f"{WRITERS} writers for {seconds:.0f} s, the worker merging meanwhile"
    paper.add(at_least(ISSUE, "durable entries a second", written / seconds, "/s", 1000, how))
    how = f"p50 {quantile(delays, 0.5):.2f}, most {max(delays):.2f}; from commit to a published, signed checkpoint"
    paper.add(at_most(ISSUE, "merge delay p99", quantile(delays, 0.99), "s", 1, how))


def _delays(ground: Ground, seconds: float, *, stop_for: float = 0.0) -> tuple[int, list[float]]:
    """How many entries were written, and from its commit on how long each waited for a checkpoint."""
    watch, ending = Watch(TileFolder(ground.settings.log_folder)), threading.Event()
    watching = threading.Thread(target=lambda: [watch.look() for _ in iter(lambda: ending.wait(0.01), True)])
    watching.start()
    engine = engine_for(ground.roles.url("app"))
    try:
        with _stopped(ground.pid("worker"), stop_for):
            committed = _write(engine, seconds)
        _sign_all(ground, watch)
    finally:
        ending.set()
        watching.join()
        engine.dispose()
    watch.look()
    rows = ground.ask_owner("SELECT entry, leaf_index FROM places WHERE entry = ANY(%s)", [*committed])
    return len(committed), [watch.covered(index) - committed[entry] for entry, index in rows]


@contextmanager
def _stopped(pid: int, seconds: float) -> Iterator[None]:
    """Hold a process still for so long from now on, without anybody being told."""
    if not seconds:
        yield
        return
    os.kill(pid, signal.SIGSTOP)
    waking = threading.Timer(seconds, os.kill, (pid, signal.SIGCONT))
    waking.start()
    yield
    waking.join()


def _write(engine: Engine, seconds: float) -> dict[UUID, float]:
    until, committed = time.monotonic() + seconds, dict[UUID, float]()

    def work() -> None:
        while time.monotonic() < until:
            with Session(engine, info={"hallway": True}) as session, session.begin():
                made = append(session, _draft())
            committed[made] = time.time()

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return committed


def _draft() -> Draft:
    return Draft(
        operation="verify", action="log.query", actor="S-BENCH00", roles=("auditor",), at=clock.now(),
        rule="auditor-reads-the-log", policy_hash="0" * 64, request=clock.uuid7(), host="bench",
    )  # fmt: skip


def _sign_all(ground: Ground, watch: Watch) -> None:
    """Ask the worker for a checkpoint until one covers every entry."""
    until = time.monotonic() + 120
    while watch.size() < int(ground.ask_owner("SELECT count(*) FROM entries")[0][0]):
        if time.monotonic() > until:
            raise Void("the worker did not bring all entries under a checkpoint")
        os.kill(ground.pid("worker"), signal.SIGUSR1)
        time.sleep(0.2)


def checking(paper: Paper, ground: Ground, size: int, home: Path) -> None:
    """A stranger checks an export with the one file; then with one byte of it changed, which must be found."""
    merged = _fill(ground, size)
    paper.add(seen(ISSUE, "entries merged a second from a heap that waited", merged, "/s"))
    folder = home / "export"
    exported = _export(ground, folder)
    begun = time.perf_counter()
    code = _verify(folder)
    took = time.perf_counter() - begun
    if code != 0:
        raise Void(f"the exported log does not verify: {code}")
    _spoil(folder)
    if _verify(folder) != 3:
        raise Void("a byte was changed, and the verifier did not find it")
    shutil.rmtree(folder)
    how = f"{exported:,} entries with their bodies, by tests/kit/verify_log.py; one changed byte was found"
    paper.add(at_most(ISSUE, "verify 100,000 entries", took * 100_000 / exported, "s", 10, how))


def _fill(ground: Ground, size: int) -> float:
    """Bring the log to this many entries, copied in as the owner, and wait for the worker; how many a second."""
    watch = Watch(TileFolder(ground.settings.log_folder))
    before = int(ground.ask_owner("SELECT count(*) FROM entries")[0][0])
    made = [_entry() for _ in range(max(0, size - before))]
    with ground.owner() as owner:
        with owner.cursor().copy("COPY entries (id, commitment) FROM STDIN") as copy:
            for entry, committed, _, _ in made:
                copy.write_row((entry, committed))
        with owner.cursor().copy("COPY entry_bodies (entry, salt, body, view) FROM STDIN") as copy:
            for entry, _, salt, body in made:
                copy.write_row((entry, salt, body, body.decode()))
    begun = time.perf_counter()
    _sign_all(ground, watch)
    return len(made) / (time.perf_counter() - begun)


def _entry() -> tuple[UUID, bytes, bytes, bytes]:
    """An entry as ``append`` makes it: id, commitment, salt, body."""
    entry, salt = clock.uuid7(), secrets.token_bytes(16)
    body = canonical(writing._view(entry, _draft(), []))
    return entry, commitment(salt, body), salt, body


def _export(ground: Ground, folder: Path) -> int:
    note = TileFolder(ground.settings.log_folder).read_checkpoint()
    assert note is not None
    size = int(note.split(b"\n")[1])
    engine: Any = ground.roles.engine("app")
    with Session(engine) as session:
        trust = ground.settings.log_trust_path.read_text()
        write_export(folder, entries_under(session, size), note, trust)
    return size


def _verify(folder: Path) -> int:
    return subprocess.run(
        [sys.executable, str(VERIFIER), str(folder)], capture_output=True, check=False, stdin=subprocess.DEVNULL
    ).returncode


def _spoil(folder: Path) -> None:
    """Change one byte in the middle of the bodies."""
    path = folder / "bodies.jsonl"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        before = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(b"0" if before != b"0" else b"1")
