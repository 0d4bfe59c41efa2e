"""Every key of every case drawn anew while others read, by processes that are killed again and again.

In ``make test`` few cases and cuts; ``make rotate`` as many as CASES and CUTS say (10,000 and 50), and
its figures go to ``build/rotation.json``.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from app import clock
from app.accounts import rotation
from app.accounts.forms import OrderRenewal
from app.cases import renewal
from app.cases.forms import Opening
from app.db import engine_for
from app.keyholders.ages import ages
from app.policy.engine import Policy
from app.testimonies import actions as testimonies
from app.work import Caller, Justification, Office
from tests.bench.figures import Paper, at_least, at_most, load, machine, quantile, seen
from tests.conftest import Database
from tests.keyholders.stored import cells, holder_named, key_of, opens
from tests.world import World

CASES, CUTS = int(os.environ.get("CASES", "24")), int(os.environ.get("CUTS", "5"))
LARGE = "CASES" in os.environ
# Of so many cases something is read: whoever opens more is stopped, and that is tried elsewhere.
READ = 8
PER_SECOND = 50
# Who comes in: between them they hold whatever somebody holds.
HOLDERS = ("intake", "protection", "legal", "narrative", "intake-lead", "protection-lead", "legal-lead")


@dataclass
class Reading:
    """What readers met. ``failed`` by kind of failure; ``took`` seconds each."""

    rows: list[object]
    failed: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


@contextmanager
def reading(office: Office, caller: Caller, rows: list[object]) -> Iterator[Reading]:
    """Fifty readings a second, begun on their second whether the one before is back or not."""
    met, ended, turn = Reading(rows), threading.Event(), threading.Lock()
    begun, count = time.monotonic(), 0

    def next_at() -> float:
        nonlocal count
        with turn:
            count += 1
            # A machine that is too slow does not owe what it did not do: it is seen in the rate.
            return max(begun + count / PER_SECOND, time.monotonic() - 1)

    def read() -> None:
        form = Opening(fields=("text",), justification=Justification.WITNESS_REQUEST)
        while not ended.wait(max(0.0, next_at() - time.monotonic())):
            from_ = time.monotonic()
            try:
                office.perform(caller, testimonies.open_segment, form, subject=rows[count % len(rows)])
                met.took.append(time.monotonic() - from_)
            except Exception as problem:  # noqa: BLE001  every way to fail is a failure here
                met.failed.append(type(problem).__name__)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        yield met
    finally:
        ended.set()
        for reader in readers:
            reader.join(60)


def ordered(world: World) -> int:
    return sum(each.behind for each in world.office.housekeep(ages) if each.what == "compartment")


def orphans(database: Database) -> int:
    """Keys of cases that escrow or whoever held them has no grant of; and grants of a key that is none."""
    lost = """
        SELECT count(*) FROM case_keys k WHERE NOT EXISTS (
          SELECT FROM grants g JOIN keyholders h ON h.id = g.keyholder_id
          WHERE g.case_id = k.case_id AND g.compartment = k.compartment AND g.generation = k.generation
          AND g.revoked_at IS NULL AND h.kind = 'escrow')
    """
    stray = """
        SELECT count(*) FROM grants g JOIN case_keys k ON k.case_id = g.case_id AND k.compartment = g.compartment
        WHERE g.revoked_at IS NULL AND g.generation <> k.generation
    """
    with database.engine("owner").connect() as owner:
        return sum(owner.execute(text(each)).scalar_one() for each in (lost, stray))


def holders_of(database: Database) -> list[tuple[object, ...]]:
    """Who holds which compartment of which case: a rotation gives nobody anything and takes nothing from anybody."""
    live = "SELECT case_id, compartment, keyholder_id FROM grants WHERE revoked_at IS NULL ORDER BY 1, 2, 3"
    with database.engine("owner").connect() as owner:
        return [tuple(row) for row in owner.execute(text(live))]


def renewing(database: Database, policy: Policy, world: World, callers: list[Caller]) -> int:
    """A process in which one after the other comes in, until nothing is due or it is killed."""
    pid = os.fork()
    if pid == 0:
        try:
            engine = engine_for(database.addresses.urls["app"], connections_max=2)
            office = Office(engine, policy, register=world.office.register)
            while sum(renewal.renew_due(office, caller) for caller in callers):
                continue
        finally:
            os._exit(0)
    return pid


def unopened(world: World, database: Database) -> int:
    """Sealed values that the fresh key of their case, as escrow has it, does not open."""
    found, escrow = 0, holder_named(database, "escrow").id
    for compartment in ("IDENTITY", "TESTIMONY"):
        keys: dict[UUID, bytes] = {}
        for stored in cells(database, compartment):
            case = stored.cell.case
            if case not in keys:
                keys[case] = key_of(database, world.escrow, escrow, compartment, 2, case)
            found += not opens(stored, keys[case])
    return found


def told(keys: int, left: int, cuts: int, met: Reading, seconds: float, lost: int) -> None:
    paper, how = Paper(), f"{CASES} cases, {keys} keys of them, all through the office on a real database"
    for figure in machine():
        paper.add(figure)
    rate = len(met.took) / seconds
    paper.add(seen("rotation", "keys drawn anew", keys - left, "", how))
    paper.add(at_most("rotation", "keys left to draw", left, "", 0))
    paper.add(seen("rotation", "keys a second, one process", (keys - left) / seconds, "/s"))
    paper.add(at_least("rotation", "cut by kill -9", cuts, "", CUTS))
    paper.add(at_most("rotation", "orphans after any cut", lost, "", 0))
    paper.add(at_most("rotation", "readings that failed", len(met.failed), "", 0, f"of {len(met.took)}"))
    paper.add(at_least("rotation", "readings a second meanwhile", rate, "/s", PER_SECOND * 0.95))
    paper.add(seen("rotation", "a reading, median", quantile(met.took, 0.5) * 1000, "ms"))
    paper.add(seen("rotation", "a reading, p99", quantile(met.took, 0.99) * 1000, "ms"))
    paper.add(load("at the end"))
    paper.write(Path("build/rotation.json"))


@pytest.mark.abuse("H04")
def test_the_search_for_orphans_finds_one(world: World, database: Database) -> None:
    """The control: a grant that is of no key, and a key that escrow has not."""
    world.case()
    assert orphans(database) == 0
    for spoil, more in (("generation = generation + 1", 2), ("revoked_at = now()", 1)):
        with database.connect("owner") as owner:
            owner.execute("SET session_replication_role = replica")
            of_escrow = "SELECT g.id FROM grants g JOIN keyholders h ON h.id = g.keyholder_id WHERE h.kind = 'escrow'"
            owner.execute(f"UPDATE grants SET {spoil} WHERE id = ({of_escrow} ORDER BY g.id LIMIT 1)".encode())
            owner.commit()
        assert orphans(database) == more


@pytest.mark.abuse("H04")
@pytest.mark.drill
@pytest.mark.timeout(3600)
def test_keys_are_drawn_anew_under_readers_and_kills(world: World, database: Database, policy: Policy) -> None:
    references = [world.case() for _ in range(CASES)]
    for reference in references[:READ]:
        world.testimony(reference, upto="RECORDED")
    rows: list[object] = [world.row("intake", reference, "segments") for reference in references[:READ]]
    reader, callers = world["intake"], [world[login] for login in HOLDERS if login in world.members]
    held, form = holders_of(database), OrderRenewal(before=clock.now(), portion=5000)
    while world.office.perform(Caller.operator(), rotation.order_renewal, form).left:
        continue
    wanted, cuts, begun = ordered(world), 0, time.monotonic()

    with reading(world.office, reader, rows) as met:
        pid = renewing(database, policy, world, callers)
        while (left := ordered(world)) and time.monotonic() - begun < 20 * 60:
            # As many cuts as wanted, spread over the work by how much of it is done.
            if cuts < CUTS and wanted - left >= wanted * cuts // (CUTS + 1):
                time.sleep(0.01 * (cuts % 7))
                os.kill(pid, signal.SIGKILL)
                cuts += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
                assert orphans(database) == 0
                pid = renewing(database, policy, world, callers)
            time.sleep(0.02 if LARGE else 0.001)
        os.waitpid(pid, 0)
        seconds = time.monotonic() - begun

    if LARGE:
        told(wanted, ordered(world), cuts, met, seconds, orphans(database))
    assert (ordered(world), met.failed, orphans(database), unopened(world, database)) == (0, [], 0, 0)
    assert (cuts, len(met.took) > 0) == (CUTS, True)
    assert holders_of(database) == held
