"""Whether the log is whole: recomputed by the house itself, and what a database owner cannot hide from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from app import clock
from app.audit.sequencer import Sequencer
from app.errors import NotFound
from app.oversight import actions as oversight
from app.oversight import queries
from app.oversight.views import LogVerified
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb
from tests.world import World


def verify(world: World) -> LogVerified:
    found: LogVerified = world.do("auditor", oversight.verify)
    return found


def as_owner(database: Database, statement: str, *given: object) -> int:
    """Change the log as its owner can: with every trigger put aside. Returns the number of rows."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        return owner.execute(statement.encode(), given).rowcount


@contextmanager
def without_the_constraint(database: Database) -> Iterator[None]:
    """The owner takes the table's own rule away; afterwards table and rule are as they were."""
    as_owner(database, "ALTER TABLE entry_bodies DROP CONSTRAINT ck_entry_bodies_view")
    yield
    as_owner(database, "UPDATE entry_bodies SET view = convert_from(body, 'UTF8')::jsonb")
    rule = "CHECK (convert_from(body, 'UTF8')::jsonb = view)"
    as_owner(database, f"ALTER TABLE entry_bodies ADD CONSTRAINT ck_entry_bodies_view {rule}")


def entry_at(database: Database, index: int) -> str:
    with database.connect("owner") as owner:
        ((entry,),) = owner.execute("SELECT entry FROM places WHERE leaf_index = %s", (index,)).fetchall()
    return str(entry)


def test_three_may_check_the_log_and_two_of_them_read_nothing_in_it(world: World, log: Log, placed: int) -> None:
    others = [who for who in world.members if who not in {"auditor", "administrator"}]

    climb(
        world, log, oversight.verify,
        *(Rung(who, "denied", "no-rule") for who in others),
        Rung("operator", "done", "operator-checks-the-log"),
        Rung("administrator", "done", "administrator-checks-the-log"),
        Rung("auditor", "done", "auditor-reads-the-log"),
    )  # fmt: skip


def test_a_check_is_kept_so_that_a_page_can_say_when(world: World, placed: int, standing_clock: Clock) -> None:
    before = world.office.ask(world["auditor"], queries.badge)
    verify(world)
    standing_clock.move(minutes=3)

    after = world.office.ask(world["auditor"], queries.badge)

    assert (before.state, before.signed, before.checked_at) == ("unchecked", placed, None)
    assert (after.state, after.size, after.bad_index) == ("intact", placed, None)
    assert after.checked_at is not None
    assert (clock.now() - after.checked_at).total_seconds() // 60 == 3
    assert after.note.splitlines()[1] == str(placed)


def test_a_broken_log_stays_broken_on_the_page_until_a_check_finds_it_whole(
    world: World, database: Database, placed: int
) -> None:
    as_owner(database, "UPDATE places SET leaf_index = 1000 WHERE entry = %s", entry_at(database, 5))
    verify(world)

    badge = world.office.ask(world["auditor"], queries.badge)

    assert (badge.state, badge.bad_index, badge.problem) == ("broken", 5, "a place is missing")


def test_who_neither_audits_nor_administers_is_told_of_no_check(world: World, placed: int) -> None:
    verify(world)

    for login in set(world.members) - {"auditor", "administrator"}:
        with pytest.raises(NotFound):
            world.office.ask(world[login], queries.badge)
    with pytest.raises(NotFound):
        world.office.ask(world["administrator"], queries.badge, "log")
    told = {world.office.ask(world[login], queries.badge).state for login in ("auditor", "administrator")}
    assert told == {"intact"}


def test_an_untouched_log_is_whole_and_says_how_many_wait(world: World, placed: int) -> None:
    first, second = verify(world), verify(world)

    assert (first.intact, first.size, first.bad_index, first.problem) == (True, placed, None, "")
    # What was appended since the last tick has no place yet, the look-up itself among it.
    assert (first.waiting, second.waiting) == (0, 1)


def test_the_root_moves_when_the_waiting_are_placed(world: World, sequencer: Sequencer, placed: int) -> None:
    before = verify(world)
    sequencer.tick(sign_now=True)
    after = verify(world)

    assert (after.size, after.waiting) == (before.size + 1, 0)
    assert after.root != before.root


def test_a_check_of_the_log_is_an_entry_with_its_result(world: World, log: Log, placed: int) -> None:
    log.fresh()

    verify(world)

    said = log.last()
    assert (said.operation, said.codes) == ("verify", {"intact": True, "size": placed})


@pytest.mark.abuse("G09")
def test_a_body_the_owner_rewrote_is_found_at_its_place(world: World, database: Database, placed: int) -> None:
    forged = "UPDATE entry_bodies SET body = '{}', view = '{}' WHERE entry = %s"
    assert as_owner(database, forged, entry_at(database, 7)) == 1

    found = verify(world)

    assert (found.intact, found.bad_index, found.size) == (False, 7, 7)


@pytest.mark.abuse("G09")
def test_what_an_auditor_is_shown_cannot_be_rewritten_beside_a_whole_body(
    world: World, database: Database, placed: int
) -> None:
    """The bytes that were committed to stay as they are; their copy for searching names somebody else."""
    forged = "UPDATE entry_bodies SET view = jsonb_set(view, '{actor}', '\"S-333333\"') WHERE entry = %s"
    with pytest.raises(psycopg.errors.CheckViolation):
        as_owner(database, forged, entry_at(database, 7))

    with without_the_constraint(database):
        assert as_owner(database, forged, entry_at(database, 7)) == 1
        found = verify(world)

    assert (found.intact, found.bad_index) == (False, 7)
    assert "shown" in found.problem


@pytest.mark.abuse("G01")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET commitment = decode(repeat('00', 32), 'hex') WHERE id = %s",
        "UPDATE entry_bodies SET salt = decode(repeat('00', 16), 'hex') WHERE entry = %s",
        "DELETE FROM places WHERE entry = %s",
        "UPDATE places SET leaf_index = 1000 WHERE entry = %s",
    ],
)
def test_each_way_of_editing_a_placed_entry_is_found(
    world: World, database: Database, placed: int, change: str
) -> None:
    assert as_owner(database, change, entry_at(database, 5)) == 1

    assert (verify(world).intact, verify(world).bad_index) == (False, 5)


@pytest.mark.abuse("G02")
def test_a_tail_cut_off_behind_a_signed_checkpoint_is_found(world: World, database: Database, placed: int) -> None:
    assert as_owner(database, "DELETE FROM places WHERE leaf_index >= %s", placed - 3) == 3

    found = verify(world)

    assert (found.intact, found.bad_index) == (False, placed - 3)
    assert "checkpoint" in found.problem


@pytest.mark.abuse("G01")
def test_two_entries_that_changed_places_are_found_by_the_checkpoint(
    world: World, database: Database, placed: int
) -> None:
    first, second = entry_at(database, 3), entry_at(database, 4)
    for entry, index in ((first, 999), (second, 3), (first, 4)):
        as_owner(database, "UPDATE places SET leaf_index = %s WHERE entry = %s", index, entry)

    found = verify(world)

    assert not found.intact
    assert "signed" in found.problem


def test_a_body_whose_term_is_over_leaves_the_log_whole(world: World, database: Database, placed: int) -> None:
    with database.connect("eraser") as eraser:
        assert eraser.execute("DELETE FROM entry_bodies WHERE entry = %s", (entry_at(database, 2),)).rowcount == 1

    assert verify(world).intact


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("role", ["app", "portal", "sequencer", "auditor"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET commitment = ''",
        "DELETE FROM entries",
        "UPDATE entry_bodies SET body = ''",
        "TRUNCATE entries CASCADE",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_no_process_of_ours_may_change_the_log(database: Database, world: World, role: str, statement: str) -> None:
    with database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
