"""One entry by its number: what it says, what stands beside it, and the proof to hand to somebody outside."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.audit.checkpoint import open_checkpoint
from app.audit.proof import HEADER
from app.audit.sequencer import Sequencer
from app.audit.tree import verify_inclusion
from app.errors import LogForked, NotFound
from app.oversight import actions as oversight
from app.oversight.forms import AskEntry
from app.oversight.views import LogEntry
from tests.conftest import Database
from tests.ladder import Log, Rung, climb
from tests.oversight.test_verifying import as_owner, entry_at
from tests.world import World


def look(world: World, number: int) -> LogEntry:
    found: LogEntry = world.do("auditor", oversight.entry, AskEntry(number=number))
    return found


def checked(proof: str, leaf: str, key: str) -> int:
    """Check a proof as a stranger would, from its text alone; the number it is for."""
    head, _, note = proof.partition("\n\n")
    header, index, *hashes = head.split("\n")
    assert header == HEADER
    number = int(index.removeprefix("index "))
    signed = open_checkpoint(note.encode(), key)
    path = [base64.b64decode(each) for each in hashes]
    verify_inclusion(bytes.fromhex(leaf), number, signed.size, path, signed.root)
    return number


@contextmanager
def published(world: World, tiles: Path) -> Iterator[None]:
    """The staff's process finds the log's tiles in its home, as an installation has them."""
    before = world.office._settings
    home = tiles.parent / "home"
    home.mkdir()
    shutil.copytree(tiles, home / "log")
    world.office._settings = replace(before, home=home)
    yield
    world.office._settings = before
    shutil.rmtree(home)


def test_an_auditor_reads_single_entries_and_nobody_else_does(world: World, log: Log, placed: int) -> None:
    climb(
        world, log, oversight.entry,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "auditor"),
        Rung("operator", "denied", "no-rule"),
        Rung("anonymous", "denied", "no-rule"),
        Rung("auditor", "not_found", "none", form=AskEntry(number=10**9)),
        Rung("auditor", "done", "auditor-reads-the-log"),
        form=AskEntry(number=3),
    )  # fmt: skip


def test_an_entry_stands_between_its_neighbours(world: World, placed: int) -> None:
    shown = look(world, 5)

    assert shown.line is not None
    places = [line.place for line in (shown.before, shown.line, shown.after) if line is not None]
    assert places == [4, 5, 6]
    assert look(world, 0).before is None
    assert look(world, placed - 1).after is None


def test_each_look_at_an_entry_is_an_entry_with_its_number(world: World, log: Log, placed: int) -> None:
    log.fresh()

    look(world, 5)

    said = log.last()
    assert (said.action, said.operation, said.codes) == ("log.entry", "verify", {"number": 5})


def test_the_proof_convinces_somebody_who_has_only_the_key(
    world: World, placed: int, sequencer: Sequencer, tiles: Path
) -> None:
    numbers = (0, 1, placed // 2, placed - 1)

    from_database = [look(world, number) for number in numbers]
    with published(world, tiles):
        from_tiles = [look(world, number) for number in numbers]

    assert [shown.proof for shown in from_database] == [shown.proof for shown in from_tiles]
    for number, shown in zip(numbers, from_tiles, strict=True):
        assert shown.proof is not None
        assert checked(shown.proof, shown.leaf, sequencer.key) == number
        with pytest.raises(LogForked):
            checked(shown.proof, "00" * 32, sequencer.key)


def test_damaged_tiles_are_passed_over_and_the_database_proves(
    world: World, placed: int, sequencer: Sequencer, tiles: Path
) -> None:
    damaged = [tile for tile in (tiles / "tile" / "0").rglob("*") if tile.is_file()]
    for tile in damaged:
        tile.write_bytes(bytes(tile.stat().st_size))
    assert damaged

    with published(world, tiles):
        shown = look(world, 5)

    assert shown.proof is not None
    assert checked(shown.proof, shown.leaf, sequencer.key) == 5


def test_what_no_checkpoint_covers_has_no_proof_yet_and_is_not_broken(
    world: World, placed: int, sequencer: Sequencer
) -> None:
    world.case()
    assert sequencer.tick() > 0

    shown = look(world, placed)

    assert (shown.proof, shown.broken, shown.covered) == (None, False, placed)


@pytest.mark.abuse("G01")
def test_an_entry_whose_neighbour_was_edited_is_called_broken(world: World, database: Database, placed: int) -> None:
    changed = "UPDATE entries SET commitment = decode(repeat('00', 32), 'hex') WHERE id = %s"
    as_owner(database, changed, entry_at(database, 6))

    shown = look(world, 5)

    assert (shown.proof, shown.broken) == (None, True)


def test_an_entry_whose_body_was_erased_still_has_its_leaf_and_proof(
    world: World, database: Database, placed: int, sequencer: Sequencer
) -> None:
    with database.connect("eraser") as eraser:
        eraser.execute("DELETE FROM entry_bodies WHERE entry = %s", (entry_at(database, 5),))

    shown = look(world, 5)

    assert shown.line is None
    assert shown.proof is not None
    assert checked(shown.proof, shown.leaf, sequencer.key) == 5


@pytest.mark.parametrize("given", [{"number": -1}, {"number": 2**60}, {"number": "five"}, {}, {"number": 1, "id": 1}])
def test_an_entry_is_asked_for_by_its_number(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AskEntry.model_validate(given)


def test_in_an_empty_log_there_is_no_entry_to_look_at(world: World) -> None:
    with pytest.raises(NotFound):
        look(world, 0)
