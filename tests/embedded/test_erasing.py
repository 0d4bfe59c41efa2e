"""Keys of a destroyed case in the files of PostgreSQL: there after the commit, gone after the rewrite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import clock
from app.cases import ending_queries, erasing
from app.cases.ending_queries import Erasures
from app.cli.database import Roles
from app.cli.rewriting import rewrite
from app.errors import CannotStart
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.work import Caller
from tests.conftest import Database
from tests.ladder import Log, log
from tests.world import World

__all__ = ["log"]

# As much of a sealed key as is looked for: nothing else in the world begins like it.
PIECE = 48


def keys_of(database: Database, reference: str) -> list[bytes]:
    """The sealed keys of a case, a piece of each."""
    with database.connect("owner") as owner:
        rows = owner.execute(
            "SELECT sealed_key FROM grants WHERE case_id = (SELECT id FROM cases WHERE reference = %s)", (reference,)
        ).fetchall()
    return [bytes(key)[200 : 200 + PIECE] for (key,) in rows]


def files_with(cluster: Path, pieces: list[bytes]) -> dict[str, int]:
    """In which files of the data folder how many of the pieces lie: tables, TOAST, WAL and all else."""
    found = {}
    for path in _files(cluster):
        content = path.read_bytes()
        count = sum(piece in content for piece in pieces)
        if count:
            found[str(path.relative_to(cluster)).split("/")[0]] = count
    return found


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if path.is_file():
                yield path


@pytest.mark.abuse("K02")
@pytest.mark.domain("D48")
def test_after_the_rewrite_no_file_of_the_database_holds_a_key_of_a_destroyed_case(
    world: World, database: Database, log: Log
) -> None:
    cluster = database.server._cluster
    stays, goes = world.case(), world.whole_case("en", upto="TRIAGED")
    _settle(world, goes)
    kept, erased = keys_of(database, stays), keys_of(database, goes)
    with database.connect("owner") as owner:
        owner.autocommit = True
        owner.execute("SELECT cluster.let_go_of_old_wal()")
    world.destroyed(goes)
    before = files_with(cluster, erased)
    log.fresh()

    began = clock.now()
    rewrite(Roles(dict(database.addresses.urls)))
    office, operator = world.office, Caller.operator()
    done = office.perform(operator, erasing.finish, erasing.FinishErasures(before=began))

    assert keys_of(database, goes) == []
    assert before["base"] >= 7, f"the control: a deleted row's bytes lie where they were: {before}"
    assert before["pg_wal"] >= 7, f"the control: and in the WAL: {before}"
    assert files_with(cluster, erased) == {}
    assert files_with(cluster, kept)["base"] == len(kept), "the control: the search finds what is there"
    assert done == 1
    said = log.last()
    assert (said.action, said.operation, said.actor, said.cases) == ("erasure.finish", "erase", "operator", [goes])
    left: Erasures = office.ask(operator, ending_queries.erasures)
    assert left == Erasures(0, None)


def test_what_is_destroyed_while_the_tables_are_written_waits_for_the_next_time(world: World) -> None:
    office, operator = world.office, Caller.operator()
    began = clock.now()
    world.destroyed(world.case())

    done = office.perform(operator, erasing.finish, erasing.FinishErasures(before=began))

    assert done == 0
    left: Erasures = office.ask(operator, ending_queries.erasures)
    assert left.number == 1


def test_a_server_that_keeps_old_wal_is_refused(world: World, database: Database) -> None:
    roles = Roles({"owner": database.addresses.urls["owner"] + "&options=-c%20wal_recycle%3Don"})
    database.server._as_cluster_role("GRANT SET ON PARAMETER wal_recycle TO amana_owner")
    try:
        with pytest.raises(CannotStart, match="wal_recycle = off"):
            rewrite(roles)
    finally:
        database.server._as_cluster_role("REVOKE SET ON PARAMETER wal_recycle FROM amana_owner")


def _settle(world: World, reference: str) -> None:
    settled = SettleCheckIn(state="MET_OK")
    world.do("protection", protection.settle_check_in, settled, subject=world.row("protection", reference, "check_ins"))
