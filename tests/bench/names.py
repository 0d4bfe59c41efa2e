"""Finding somebody again among 10^4, 10^5 and 10^6 people: ``make bench-names``.

People are invented by a seed, filed as tags under the office's own index key, and copied in
by the database's owner. What is timed is the product's: reading the index, and asking it.
"""

from __future__ import annotations

import hmac
import os
import random as drawn  # noqa: TID251  # which people are asked for must be repeatable
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.orm import Session

from app import clock
from app.cli import installation, seeding
from app.cli.database import Roles, database, plain
from app.cli.migrating import migrate
from app.crypto import fields, kdf
from app.crypto.statements import statement, tag
from app.embedded import Embedded
from app.people import lookups, marks
from app.people.forms import AskKnown
from app.people.known import Known, pack
from app.people.memory import MEMORY, Memory
from app.settings import LEAST, Settings
from app.work import Justification
from app.work.marking import LABEL, TAG_BYTES, Marking
from app.work.seals import ENVELOPE, Seals
from tests.bench.figures import Paper, at_least, at_most, machine, seen
from tests.bench.people import Invented, Population, Written
from tests.world import World

SIZES: Final = tuple(int(size) for size in os.environ.get("PEOPLE", "10000,100000,1000000").split(","))
ASKED: Final = int(os.environ.get("ASKED", "2000"))
# As many candidates as the product looks at.
LOOKED_AT: Final = 1_000
Texts = Callable[[str, int | None], Sequence[str]]
Tagged = Callable[[Sequence[str]], list[bytes]]


@dataclass(frozen=True)
class Again:
    """Somebody who comes a second time: the number of their record, and what is written down now."""

    number: int
    written: Written


@dataclass(frozen=True)
class Recall:
    """What was found of those who came again."""

    found: float
    first: float
    candidates: float
    milliseconds: float


def kept(name: str, year: int | None) -> Sequence[str]:
    """What the product keeps of a name."""
    return marks.of_name(name, () if year is None else (year,))


def filed(size: int, seed: int, asked: int, texts: Texts = kept) -> Iterator[tuple[list[str], Again | None]]:
    """The texts of each person's record, and for those who will be asked for, how they come again."""
    population = Population(seed)
    chosen = set(drawn.Random(seed + 1).sample(range(1, size + 1), min(asked, size)))
    for number in range(1, size + 1):
        person: Invented = population.person()
        first = population.first(person)
        again = Again(number, population.again(person, first)) if number in chosen else None
        yield list(texts(first.name, first.year)), again


def recall(known: Known, those: Sequence[Again], tags: Tagged, texts: Texts = marks.of_question) -> Recall:
    """Ask for each of them. ``known`` numbers its rows in the order they were filed, by ids that say so."""
    found = first = candidates = 0
    times = []
    for one in those:
        began = time.perf_counter()
        agreeing = known.agreeing(tags(texts(one.written.name, one.written.year)), least=marks.AGREEING_LEAST)
        counted = {row.int: count for row, count in agreeing.items()}
        best = sorted(counted, key=lambda row: -counted[row])[:LOOKED_AT]
        times.append(time.perf_counter() - began)
        found += one.number in best
        first += one.number in best and counted[one.number] == counted[best[0]]
        candidates += len(best)
    count = len(those)
    return Recall(found / count, first / count, candidates / count, statistics.median(times) * 1000)


def measured(paper: Paper, world: World, roles: Roles, settings: Settings, size: int) -> None:
    """One size: copied in, read, asked."""
    paper.title(f"{size:,} people")
    # A first record makes the index.
    world.person(world.case())
    with _marking(world) as marking:
        index, key = marking.envelope, marking._held()
    # Not inside the transaction above: the database ends one that waits for minutes.
    those = _copy_in(index, key, roles, size)
    with _marking(world) as marking:
        memory = Memory()
        began, on_core = time.perf_counter(), time.process_time()
        known = memory.of(marking, at=clock.now())
        took, core = time.perf_counter() - began, time.process_time() - on_core
    assert len(known) >= size, (len(known), size)
    paper.add(at_most("4", f"load {size:,}", took, "s", 5.0, "from PostgreSQL, opened, in drawers"))
    paper.add(seen("4", f"load on a core {size:,}", round(core, 2), "s", "ours alone, whatever else runs"))
    paper.add(seen("4", f"memory {size:,}", round(known.octets / 2**20), "MiB", "the index alone"))
    made = _tags(key)
    on_core = time.process_time()
    result = recall(known, those, made)
    core = (time.process_time() - on_core) / len(those) * 1000
    paper.add(at_most("4", f"look-up {size:,}", result.milliseconds, "ms", 5.0, "p50: tags, drawers, ranking"))
    paper.add(seen("4", f"look-up on a core {size:,}", round(core, 2), "ms", "mean"))
    paper.add(at_least("4", f"recall {size:,}", result.found * 100, "%", 97.0, f"among the {LOOKED_AT} best"))
    paper.add(seen("4", f"ranked first {size:,}", round(result.first * 100, 1), "%", "none agrees better"))
    paper.add(seen("4", f"candidates {size:,}", round(result.candidates, 1), "rows", "mean, of those looked at"))
    paper.add(
        seen("4", f"whole action {size:,}", _whole(world, settings, those), "ms", "p50, lookup.ask, entry and all")
    )


def _whole(world: World, settings: Settings, those: Sequence[Again]) -> float:
    """The action as an officer asks it: after the index was read once."""
    times = []
    with_more = world.office._settings
    # The product's own memory still holds the people of the size before.
    MEMORY._forget(UUID(int=0))
    world.office._settings = settings
    for one in those[:40]:
        form = AskKnown.model_validate(
            {"name": one.written.name, "birth_date": {"precision": "YEAR", "year": one.written.year},
             "justification": Justification.SAME_PERSON}
        )  # fmt: skip
        began = time.perf_counter()
        world.do("intake", lookups.ask_known, form)
        times.append(time.perf_counter() - began)
    world.office._settings = with_more
    return round(statistics.median(times) * 1000, 1)


@contextmanager
def _marking(world: World) -> Iterator[Marking]:
    """The index in an officer's hands, outside any action: nothing is written with it."""
    at, keyring = clock.now(), world["intake"].keyring
    with Session(world.office._engine, info={"register": world.office.register}) as session:
        yield Marking(session, Seals(session, keyring, at), keyring, at)


def _tags(key: bytes) -> Tagged:
    """As ``Marking.tags``, with the key of the HMAC expanded once for all of them."""
    expanded = kdf.expand(key, LABEL)

    def made(texts: Sequence[str]) -> list[bytes]:
        return [hmac.digest(expanded, statement(LABEL, text.encode()), "sha256")[:TAG_BYTES] for text in texts]

    assert made(["one"]) == [tag(key, LABEL, b"one")[:TAG_BYTES]]
    return made


def _copy_in(index: UUID, key: bytes, roles: Roles, size: int) -> list[Again]:
    """Fill the table around the product. Ids count from one, so that a row tells whose it is."""
    those: list[Again] = []
    made = _tags(key)
    with psycopg.connect(plain(roles.url("owner"))) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("TRUNCATE known_marks, look_ups CASCADE")
        with owner.cursor().copy("COPY known_marks (id, envelope_id, of_case, tags) FROM STDIN") as copy:
            for number, (texts, again) in enumerate(filed(size, seed=size, asked=ASKED), start=1):
                those += [again] if again is not None else []
                for packed in pack(made(texts)):
                    row = UUID(int=number)
                    cell = fields.Cell("known_marks", "tags", row, index, ENVELOPE, 1)
                    copy.write_row((row, index, uuid4(), fields.seal(key, cell, packed)))
        owner.execute("RESET session_replication_role")
        # As the server does by itself while rows come one by one.
        owner.execute("ANALYZE known_marks")
    return those


def main() -> int:
    """Every size, one after the other; the paper says what was promised and what came."""
    paper = Paper()
    for figure in machine():
        paper.add(figure)
    least: dict[str, Any] = {name: LEAST[name] for name in ("argon2_memory_mib", "argon2_passes", "argon2_lanes")}
    with tempfile.TemporaryDirectory(prefix="amana-names-") as folder:
        settings = Settings(home=Path(folder) / "office", demo=True, lookups_per_hour_max=100, **least)
        made = installation.make(settings, "demonstration")
        with database(settings) as roles:
            migrate(roles.url("owner"))
            Embedded(settings.postgres_folder).grant_replica_role()
            with seeding.found_office(settings, roles) as world:
                made.finished(settings.home)
                for size in SIZES:
                    measured(paper, world, roles, settings, size)
    paper.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
