"""``make bench``: what the promise costs, as ratios against the bare server in one run.

Both servers run in this process over the same PostgreSQL with full durability. Each figure
is a median of requests taken in turn, bare and ours, so that a slow minute slows both. Then
how our cost grows with the number of cases, and the log's own speed. Prints a table and, with
``--json``, one object.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import clock
from app.accounts.signin import SignIns
from app.audit.append import Draft, append
from app.audit.sequencer import Sequencer
from app.audit.tiles import TileFolder
from app.cases import queries
from app.cli.database import migrate
from app.crypto import signing
from app.db import engine_for
from app.embedded import Embedded
from app.keyholders.manager import FileKeyManager, make_unlock
from app.main import office_of, staff_app
from app.oversight import actions as oversight
from app.oversight.forms import AskLog
from app.people import actions as people
from app.settings import LEAST, Settings
from app.work.files import FileStore
from tests.bench.bare import Base, bare
from tests.world import World

ROUNDS = 300
NEED = {"kind": "MEDICINE", "words": "Insulin, and a doctor who speaks Arabic. " * 10}


class Bench:
    """One installation in a temporary folder, and the bare server beside it."""

    def __init__(self, home: Path) -> None:
        weakest = {
            name: value
            for name, value in LEAST.items()
            if name in {"argon2_memory_mib", "argon2_passes", "argon2_lanes"}
        }
        self.settings = replace(Settings(home=home), **weakest)  # type: ignore[arg-type]
        self.server = Embedded(self.settings.postgres_folder)
        self.urls = self.server.start().urls
        migrate(self.urls["owner"])
        make_unlock(self.settings.unlock_path)
        manager = FileKeyManager.make(
            self.settings.keys_folder / "staff.key", self.settings.unlock_path, "pepper", "wrap"
        )
        mine = replace(self.settings, database_url=self.urls["app"])
        engine = engine_for(self.urls["app"])
        office = office_of(mine, engine)
        self.world = World(office, SignIns(office, manager, mine), files=FileStore(home / "files", bytes_max=1 << 30))
        self.world.found()
        self.ours = staff_app(mine)
        owner = create_engine(self.urls["owner"])
        Base.metadata.create_all(owner)
        with owner.begin() as connection:
            connection.execute(text("GRANT SELECT, INSERT ON bare_notes TO amana_app"))
        owner.dispose()
        self.bare = bare(engine)

    def close(self) -> None:
        self.server.stop()


async def compare(bench: Bench) -> dict[str, dict[str, float]]:
    """Medians in milliseconds of bare and ours, taken in turn, and their ratio."""
    reference = bench.world.whole_case("en")
    headers = {"Authorization": f"Bearer {bench.world.members['protection'].token}"}
    ours = httpx.AsyncClient(
        transport=httpx.ASGITransport(bench.ours), base_url="http://localhost:8000", headers=headers
    )
    plain = httpx.AsyncClient(transport=httpx.ASGITransport(bench.bare), base_url="http://localhost")
    note = (await plain.post("/notes/x", json=NEED)).json()["id"]
    need = (await ours.post(f"/api/cases/{reference}/needs", json=NEED)).json()["id"]
    check_in = str(bench.world.row("protection", reference, "check_ins"))
    opening = {"fields": ["words"], "justification": "CARE", "cites": check_in}
    pairs: dict[str, tuple[Callable[[], Awaitable[httpx.Response]], Callable[[], Awaitable[httpx.Response]]]] = {
        "write a note of 400 characters": (
            lambda: plain.post("/notes/x", json=NEED),
            lambda: ours.post(f"/api/cases/{reference}/needs", json=NEED),
        ),
        "open one field": (
            lambda: plain.get(f"/notes/{note}"),
            lambda: ours.post(f"/api/needs/{need}/open", json=opening),
        ),
        "list my cases": (lambda: plain.get("/list/x"), lambda: ours.get("/api/cases")),
        "show a case": (lambda: plain.get("/list/x"), lambda: ours.get(f"/api/cases/{reference}")),
    }
    found = {}
    for name, (first, second) in pairs.items():
        assert (await second()).status_code < 300, name
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for which, ask in enumerate((first, second)):
                begun = time.perf_counter()
                await ask()
                times[which].append((time.perf_counter() - begun) * 1000)
        bare_ms, ours_ms = statistics.median(times[0]), statistics.median(times[1])
        found[name] = {"bare_ms": round(bare_ms, 2), "ours_ms": round(ours_ms, 2), "ratio": round(ours_ms / bare_ms, 1)}
    await ours.aclose()
    await plain.aclose()
    return found


def growth(bench: Bench, sizes: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Medians in milliseconds of list, show and open while the office holds more and more cases."""
    found = {}
    made = int(bench.world.office.ask(bench.world["intake"], queries.count))
    for size in sizes:
        while made < size:
            bench.world.case()
            made += 1
        reference = bench.world.case()
        made += 1
        found[f"{size} cases"] = _times(bench, reference)
    return found


def _times(bench: Bench, reference: str) -> dict[str, float]:
    world = bench.world
    world.person(reference)
    testimony = world.testimony(reference, upto="TRIAGED")
    person = world.row("intake", reference, "persons")
    asks: dict[str, Callable[[], Any]] = {
        "list_ms": lambda: world.office.ask(world["intake"], queries.cases),
        "show_ms": lambda: world.office.ask(world["intake"], queries.show, reference),
        "open_ms": lambda: world.open(
            "intake", people.reveal, person, "legal_name", justification="INTAKE", cites=testimony
        ),
    }
    return {name: round(_median(ask, 40), 2) for name, ask in asks.items()}


def _median(ask: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def durable_entries(bench: Bench) -> dict[str, float]:
    """Entries a second, each in a transaction of its own, on disk before the next; whole actions; the sequencer."""
    world, engine = bench.world, engine_for(bench.urls["app"])
    form = AskLog(actor="S-nobody")

    def entry() -> None:
        with Session(engine, info={"hallway": True}) as session, session.begin():
            append(session, Draft(operation="verify", action="log.query", actor="S-nobody", at=clock.now()))

    entries = _per_second(entry)
    actions = _per_second(lambda: world.office.perform(world["auditor"], oversight.ask, form))
    engine.dispose()
    return {"entries_per_second": entries, "actions_per_second": actions, "placed_per_second": _placed(bench)}


def _per_second(work: Callable[[], Any], *, seconds: float = 5, writers: int = 8) -> float:
    stop, counts = time.monotonic() + seconds, [0] * writers

    def write(which: int) -> None:
        while time.monotonic() < stop:
            work()
            counts[which] += 1

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(counts) / seconds)


def _placed(bench: Bench) -> float:
    seed = signing.generate()
    engine = create_engine(bench.urls["sequencer"])
    tiles = TileFolder(bench.settings.log_folder)
    sequencer = Sequencer(
        engine, tiles, origin="bench", sign=lambda note: signing.sign(seed, note), public=signing.public(seed)
    )
    begun, placed = time.perf_counter(), 0
    while batch := sequencer.tick(sign_now=True):
        placed += batch
    took = time.perf_counter() - begun
    sequencer.close()
    engine.dispose()
    return round(placed / took)


def main() -> None:
    """Run all parts and print them."""
    sizes = tuple(int(n) for n in os.environ.get("CASES", "100,400,1600").split(","))
    with tempfile.TemporaryDirectory(prefix="amana-bench-") as folder:
        bench = Bench(Path(folder))
        try:
            result: dict[str, dict[str, Any]] = {
                "against the bare server": asyncio.run(compare(bench)),
                "as cases grow": growth(bench, sizes),
                "the log": durable_entries(bench),
            }
        finally:
            bench.close()
    if "--json" in sys.argv:
        print(json.dumps(result, sort_keys=True))
        return
    for part, rows in result.items():
        print(f"\n{part}")
        for name, row in rows.items():
            print(f"  {name:34} {row}")


main()
