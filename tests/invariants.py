"""What must hold after every single abuse case, I1 to I6 of the threat model, looked at together.

I1 what was acknowledged opens and is byte for byte the same · I2 what was shown has its entry · I3 the stranger's
verifier accepts the log, which never shrank · I4 no mark in clear in a table, a file or an answer that refuses ·
I5 no 5xx and no traceback · I6 the doors live.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session

from app.audit.export import entries_under, trust_text, write_export
from app.audit.models import SignedCheckpoint
from app.audit.note import verifier_key
from app.audit.sequencer import Sequencer
from app.audit.tiles import TileFolder
from app.intake import actions as intake
from app.intake import queries
from app.keyholders.manager import FileKeyManager
from tests.conftest import Database
from tests.kit.hunt import contents, hunt
from tests.kit.verify_log import verify
from tests.ladder import opening
from tests.unharmed import seen_in_clear
from tests.world import World

ORIGIN = "amana.test/log"


@dataclass
class Invariants:
    """What was answered and promised while a case is tried, and all that must hold at its end.

    shown     marks that were planted before: an answer that holds one has shown something
    wanted    statuses beyond 4xx that the case itself names
    again     statuses that show the same page once more, with all that whoever reads it had open
    """

    world: World
    database: Database
    folder: Path
    sequencer: Sequencer
    kept: tuple[Path, ...] = ()
    shown: frozenset[str] = frozenset()
    wanted: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()
    # reference of a submission -> what was sent
    acknowledged: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    _readers: set[str] = field(default_factory=set)
    _looked: int = 0

    def hear(self, answer: httpx.Response, where: str, who: str = "") -> None:
        """One answer of a door, to somebody of the cast or a stranger."""
        status, text = answer.status_code, answer.text
        if status >= 500 and status not in self.wanted:
            self.broken.append(f"I5 {where}: {status}")
        if "Traceback" in text:
            self.broken.append(f"I5 {where}: a traceback")
        if any(mark in text for mark in self.shown):
            if status >= 400 and status not in self.again:
                self.broken.append(f"I4 {where}: {status} shows what was sealed")
            self._readers.add(who)

    def look(self, *alive: httpx.Response) -> list[str]:
        """Everything that does not hold; ``alive`` are answers of the doors' own health."""
        self._looked += 1
        dead = [f"I6 {answer.url} says {answer.status_code}" for answer in alive if answer.status_code != 200]
        return [*self.broken, *self._promised(), *self._entered(), *self._log(), *self._clear(), *dead]

    def _promised(self) -> Iterator[str]:
        rows = {line.reference: line.id for line in self.world.office.ask(self.world["intake"], queries.queue)}
        for reference, sent in self.acknowledged.items():
            asked = opening("TRIAGE", "account", cites=rows.get(reference))
            found = self.world.do("intake", intake.open_submission, asked, subject=reference).values["account"]
            if found.raw() != sent.encode():
                yield f"I1 {reference} is not what was sent"

    def _entered(self) -> Iterator[str]:
        with self.database.connect("auditor") as auditor:
            rows = auditor.execute(
                "SELECT DISTINCT view->>'actor' FROM entry_bodies WHERE view->>'operation' IN ('consult', 'disclose')"
            ).fetchall()
        entered = {code for (code,) in rows}
        for who in sorted(self._readers):
            if who not in self.world.members or self.world.members[who].code not in entered:
                yield f"I2 {who or 'a stranger'} was shown something without an entry"

    def _log(self) -> Iterator[str]:
        self.sequencer.tick(sign_now=True)
        key = verifier_key(ORIGIN, FileKeyManager({"log": b"l" * 32}).public())
        with Session(self.database.engine("owner")) as session:
            signed = session.query(SignedCheckpoint).order_by(SignedCheckpoint.size).all()
            before = self.folder / f"kept{self._looked}"
            before.mkdir()
            for each in signed:
                (before / str(each.size)).write_text(each.note, encoding="utf-8", newline="")
            last, out = signed[-1], self.folder / f"log{self._looked}"
            write_export(out, entries_under(session, last.size), last.note.encode(), trust_text(key))
        found = verify(out, checkpoints=before)
        if not found.ok:
            yield f"I3 {found.problem}"

    def _clear(self) -> Iterator[str]:
        yield from (f"I4 {table} holds a mark in clear" for table in seen_in_clear(self.database))
        files = [file for folder in self.kept for file in folder.rglob("*") if file.is_file()]
        yield from (f"I4 {found.place}: {found.encoding}" for found in hunt(contents(files), self.shown))


@contextmanager
def invariants(world: World, database: Database, folder: Path, **more: Any) -> Iterator[Invariants]:
    """From before a case to its end; whoever tries it asserts that nothing was broken."""
    manager, engine = FileKeyManager({"log": b"l" * 32}), database.engine("sequencer")
    tiles = TileFolder(folder / "tiles")
    sequencer = Sequencer(engine, tiles, origin=ORIGIN, sign=manager.sign, public=manager.public())
    try:
        sequencer.tick(sign_now=True)
        yield Invariants(world, database, folder, sequencer, **more)
    finally:
        sequencer.close()
        engine.dispose()
