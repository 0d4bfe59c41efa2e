"""The ladder can fail: each of these plants one wrong expectation."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.cases import actions as cases
from app.cases.forms import OpenCase
from tests.conftest import Database
from tests.ladder import CANARY, Log, Rung, climb
from tests.unharmed import seen_in_clear
from tests.world import World

RIGHT = Rung("auditor", "denied", "no-rule")


@pytest.mark.parametrize(
    "wrong",
    [
        Rung("auditor", "done", "no-rule"),
        Rung("auditor", "not_found", "no-rule"),
        Rung("auditor", "denied", "intake-opens-cases"),
    ],
)
def test_a_ladder_with_a_wrong_expectation_fails(world: World, log: Log, wrong: Rung) -> None:
    climb(world, log, cases.open_case, RIGHT, form=OpenCase())

    with pytest.raises(AssertionError, match=r"case\.open, rung 1: auditor"):
        climb(world, log, cases.open_case, wrong, form=OpenCase())


def test_a_ladder_fails_at_the_rung_that_is_wrong(world: World, log: Log) -> None:
    with pytest.raises(AssertionError, match="rung 2: intake"):
        climb(world, log, cases.open_case, RIGHT, Rung("intake", "denied", "no-rule"), form=OpenCase())


def test_a_ladder_fails_when_an_entry_is_missing(world: World, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "fresh", list)

    with pytest.raises(AssertionError, match="0 entries"):
        climb(world, log, cases.open_case, RIGHT, form=OpenCase())


def test_the_hunt_finds_a_canary_as_text_and_as_bytes(world: World, log: Log, database: Database) -> None:
    world.case()
    assert seen_in_clear(database) == []

    with database.engine("owner").begin() as owner:
        owner.execute(text("SET session_replication_role = replica"))
        owner.execute(text("UPDATE cases SET opened_by = :mark"), {"mark": CANARY})
        owner.execute(text("UPDATE grants SET sealed_key = :mark"), {"mark": b"x" + CANARY.encode()})
    assert set(seen_in_clear(database)) == {"cases", "grants"}

    with database.engine("owner").begin() as owner:
        owner.execute(text("SET session_replication_role = replica"))
        owner.execute(text("DELETE FROM grants"))
        owner.execute(text("UPDATE cases SET opened_by = 'S-000000'"))
