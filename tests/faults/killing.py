"""Rounds of killing: eight at work, somebody dies by SIGKILL, comes back, and the books are compared.

``python -m tests.faults`` runs as many rounds as it is told and prints the seed that repeats them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import psycopg

from app.embedded import Embedded
from tests.faults.chance import Chance
from tests.faults.crew import Crew, Told
from tests.faults.reckoning import altered, missing
from tests.kit import adapter, processes
from tests.kit.adapter import Product, Session, Verified

Victim = Literal["programs", "database"]
# Cheap stretching: nobody signs in while somebody dies.
CHEAP: Final = {"AMANA_ARGON2_MEMORY_MIB": "19", "AMANA_ARGON2_PASSES": "2", "AMANA_CHECKPOINT_MINUTES": "1"}
EARLIEST, LATEST = 0.3, 1.2
# How much of a round is opened again and compared byte for byte; the rest is looked up in the tables.
LOOKED_AT: Final = 4


@dataclass
class House:
    """One installation with an office at work, and all it ever acknowledged."""

    product: Product
    intake: Session
    caseworker: Session
    case: str
    kept: Path
    told: Told = field(default_factory=Told)
    rounds: int = 0
    failures: list[str] = field(default_factory=list)

    def kill_once(self, victim: Victim, chance: Chance) -> list[str]:
        """One round; what went wrong in it, in words. The moments of death come from ``chance``."""
        self.rounds += 1
        crew = Crew(self.product, self.caseworker, self.case, f"round {self.rounds}")
        with crew.at_work() as told:
            time.sleep(chance.between(EARLIEST, LATEST))
            if victim == "programs":
                self._kill_programs(chance)
            else:
                self.product.kill("postgres")
                # As the operator's service manager would; by hand, since a command takes a second to be read.
                Embedded(self.product.folder / "home" / "postgres").start()
            # Work goes on after the return, so that recovery is part of what is compared.
            wrong = self._comes_back()
        with psycopg.connect(self.product.owner_url) as owner:
            wrong += missing(owner, told)
        wrong += told.wrong + altered(self.product, self.intake, self.caseworker, told, LOOKED_AT)
        self.told.add(told)
        self._keep_checkpoint()
        self.failures += wrong
        return wrong

    def final(self) -> tuple[list[str], Verified]:
        """Everything ever acknowledged, and the whole log by the verifier that shares nothing with the product."""
        with psycopg.connect(self.product.owner_url) as owner:
            lost = missing(owner, self.told)
        (self.kept / "last").write_bytes(self.product.checkpoint())
        out = self.product.export_log(self.product.folder / f"export-{self.rounds}")
        return lost, self.product.verify(out, checkpoints=self.kept)

    def _kill_programs(self, chance: Chance) -> None:
        """Both doors and the worker, each at its own moment, in an order of its own."""
        pids = [*self.product.pids()["app"], *self.product.pids()["worker"]]
        for pid in chance.order(pids):
            processes.kill([pid])
            time.sleep(chance.between(0, 0.05))
        self.product.restart("worker")
        self.product.restart("app")

    def _comes_back(self) -> list[str]:
        """Health within 30 s, and the worker alive; without anybody's help."""
        back = processes.wait_until(self.product.healthy, 30.0)
        time.sleep(0.1)
        return [] if back else ["no health within 30 s"]

    def _keep_checkpoint(self) -> None:
        """What a stranger would have fetched after this round."""
        published = self.product.folder / "home" / "log" / "checkpoint"
        if published.exists():
            (self.kept / f"{self.rounds:04d}").write_bytes(published.read_bytes())


@contextmanager
def house() -> Iterator[House]:
    """A started product with a small office, in a folder of its own that goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="amana-faults-"))
    try:
        with adapter.start(folder, env=CHEAP) as product:
            cast = product.seed(1)
            kept = folder / "kept"
            kept.mkdir()
            yield House(
                product, product.login("intake_officer", "intake"), product.login("caseworker", "protection"),
                cast.cases[0], kept,
            )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def campaign(rounds: int, seed: int) -> int:
    """``rounds`` of each victim. Prints what was tried and what failed; 0 if nothing did."""
    failed = 0
    for victim in ("programs", "database"):
        chance = Chance(f"{victim} {seed}")
        begun = time.monotonic()
        with house() as here:
            for number in range(rounds):
                wrong = here.kill_once(victim, chance)
                failed += bool(wrong)
                for line in wrong:
                    print(f"  {victim}, kill {number}: {line}")
                if sys.stdout.isatty() or number % 20 == 19:
                    print(f"  {victim}: {number + 1} of {rounds}, {here.told.total()} acknowledged", flush=True)
            lost, verified = here.final()
            failed += bool(lost) + (not verified.ok)
            told = here.told
        print(
            f"{victim}: {rounds} tried, {len(here.failures) + len(lost)} failed; {len(told.submissions)} submissions, "
            f"{len(told.notes)} notes, {len(told.opened)} openings acknowledged; "
            f"log of {verified.size}: {'intact' if verified.ok else verified.problem}; "
            f"seed {seed}; {time.monotonic() - begun:.0f} s",
            flush=True,
        )
    return int(failed > 0)
