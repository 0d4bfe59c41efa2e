"""Kill -9 of anything while eight people work: nothing acknowledged is lost, no opening lacks its entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.chance import Chance
from tests.faults.forgetful import kill_and_count
from tests.faults.killing import House, Victim, house
from tests.faults.reckoning import missing

KILLS = 20
SEED = "20261122"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def here() -> Iterator[House]:
    with house() as made:
        yield made


@pytest.mark.parametrize(
    "victim", [pytest.param("programs", marks=pytest.mark.abuse("J01")),
               pytest.param("database", marks=pytest.mark.abuse("J03"))],
)  # fmt: skip
def test_a_kill_loses_nothing_acknowledged_and_no_opening_without_entry(here: House, victim: Victim) -> None:
    chance = Chance(f"{victim} {SEED}")

    wrong = [line for _ in range(KILLS) for line in here.kill_once(victim, chance)]

    assert wrong == []
    lost, verified = here.final()
    assert lost == []
    assert verified.ok, verified.problem
    # A round in which nobody got anything done would prove nothing.
    print(f"{KILLS} tried, {len(wrong)} failed; {here.told.total()} acknowledged in all; seed {SEED}")
    assert len(here.told.submissions) > KILLS
    assert len(here.told.opened) > KILLS


def test_the_reckoning_names_what_was_never_written_and_never_entered(here: House) -> None:
    """The control of the comparing: one row and one entry taken away as the owner could, one thing never done."""
    if not here.told.opened:
        assert here.kill_once("programs", Chance(SEED)) == []
    reference, note = next(iter(here.told.submissions)), next(iter(here.told.opened))
    with psycopg.connect(here.product.owner_url) as owner:
        assert missing(owner, here.told) == []
        for table in ("submissions", "entry_bodies"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        owner.execute("UPDATE submissions SET reference = 'gone' WHERE reference = %s", [reference])
        owner.execute("DELETE FROM entry_bodies WHERE view ->> 'action' = 'care.open' AND view::text LIKE %s",
                      [f"%{note}%"])  # fmt: skip
        here.told.submissions["A-NEVER"] = ("no receipt", "no account")
        found = missing(owner, here.told)
        owner.rollback()
        del here.told.submissions["A-NEVER"]

    assert found == sorted(
        ["submission A-NEVER is lost", f"submission {reference} is lost", f"the opening of {note} has no entry"]
    )


@pytest.mark.abuse("J03")
def test_a_server_that_may_forget_does_and_one_that_may_not_does_not(tmp_path: Path) -> None:
    """The control of the killing itself, by a writer of our own."""
    kept, lost = kill_and_count(tmp_path / "on", "on", 2, Chance(SEED))
    forgot, gone = kill_and_count(tmp_path / "off", "off", 4, Chance(SEED))

    print(f"on: {kept} acknowledged, {lost} lost; off: {forgot} acknowledged, {gone} lost; seed {SEED}")
    assert (kept > 100, lost) == (True, 0)
    assert gone > 0
