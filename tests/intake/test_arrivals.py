"""What waits at the portal: how many, for how long, danger first; gone from the queue once it is decided."""

from __future__ import annotations

from typing import Any

import pytest

from app.intake import actions as intake
from app.intake import queries
from app.intake.forms import Link, Triage
from app.intake.views import Arrivals
from tests.conftest import Clock
from tests.world import World


def waiting(world: World, login: str = "intake", **given: Any) -> Arrivals:
    view: Arrivals = world.office.ask(world[login], queries.arrivals, **given)
    return view


def test_the_oldest_tells_in_hours_how_long_somebody_has_waited(world: World, standing_clock: Clock) -> None:
    assert waiting(world) == Arrivals(0, None, ())

    world.submit()
    standing_clock.move(hours=30, minutes=59)
    world.submit()
    standing_clock.move(hours=2)

    assert (waiting(world).total, waiting(world).oldest_hours) == (2, 32)


def test_those_in_danger_stand_first_and_can_be_asked_for_alone(world: World, standing_clock: Clock) -> None:
    world.submit()
    standing_clock.move(hours=1)
    _, urgent = world.submit(danger=True)

    assert [line.danger for line in waiting(world).lines] == [True, False]
    alone = waiting(world, danger=True)
    assert (alone.total, alone.oldest_hours, [line.reference for line in alone.lines]) == (1, 0, [urgent])


@pytest.mark.parametrize("decision", ["NOT_OURS", "ABUSE"])
def test_what_was_declined_waits_no_longer(world: World, decision: Any) -> None:
    _, reference = world.submit()

    world.do("intake", intake.triage, Triage(decision=decision), subject=reference)

    assert waiting(world).total == 0


def test_what_was_taken_into_a_case_waits_no_longer_and_what_was_only_triaged_does(world: World) -> None:
    _, reference = world.submit()
    world.do("intake", intake.triage, Triage(decision="INTERVIEW"), subject=reference)
    assert [line.state for line in waiting(world).lines] == ["TRIAGED"]

    world.do("intake", intake.link, Link(case=world.case()), subject=reference)

    assert waiting(world).total == 0


@pytest.mark.abuse("E05")
def test_only_the_intake_team_has_arrivals(world: World) -> None:
    world.submit(danger=True)

    for login in ("legal", "protection", "narrative-lead", "auditor", "administrator"):
        assert waiting(world, login) == Arrivals(0, None, ())
    assert waiting(world, "intake-lead").total == 1, "the control"
