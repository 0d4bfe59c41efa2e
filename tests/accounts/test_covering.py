"""A conversation that was left alone: covered after five minutes, ended after sixty, uncovered by a second factor."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts import mine
from app.accounts.covering import Covered
from app.accounts.forms import ComeBack
from app.accounts.stepping import NotConfirmed
from app.errors import NotSignedIn, TooManyTries, Unprocessable
from app.testimonies import actions as testimonies
from app.testimonies.forms import MoveOn
from tests.conftest import Clock
from tests.ladder import Log
from tests.world import World


def talking(world: World, login: str = "intake") -> str:
    """Somebody in the middle of a conversation; their session's token."""
    world.testimony(world.case(by=login), by=login, upto="IN_SESSION")
    world.sign_in(login)
    return world.members[login].token


def standing(world: World, token: str) -> str:
    try:
        world.signins.caller(token)
    except Covered:
        return "covered"
    except NotSignedIn:
        return "over"
    return "open"


def back(world: World, token: str, **more: Any) -> str:
    return world.signins.come_back(token, ComeBack(**(more or world.factor("intake")))).token


@pytest.mark.parametrize(
    ("away", "stands"), [(290, "open"), (301, "covered"), (960, "covered"), (3590, "covered"), (3601, "over")]
)
def test_it_is_covered_after_five_minutes_and_over_after_sixty(
    world: World, standing_clock: Clock, away: float, stands: str
) -> None:
    token = talking(world)

    standing_clock.move(seconds=away)

    assert standing(world, token) == stands


@pytest.mark.parametrize(("away", "stands"), [(890, "open"), (901, "over")])
@pytest.mark.parametrize("login", ["intake", "intake-lead"])
def test_the_control_outside_a_conversation_nothing_is_covered_and_fifteen_minutes_end_it(
    world: World, standing_clock: Clock, login: str, away: float, stands: str
) -> None:
    """Before a conversation, and for a colleague of whoever is in one."""
    world.testimony(world.case(), upto="READY")
    if login == "intake-lead":
        talking(world)
    world.sign_in(login)

    standing_clock.move(seconds=away)

    assert standing(world, world.members[login].token) == stands


def test_whoever_writes_is_there(world: World, standing_clock: Clock) -> None:
    token = talking(world)

    for _ in range(20):
        standing_clock.move(minutes=4)
        assert standing(world, token) == "open"


def test_a_conversation_that_is_paused_covers_nothing(world: World, standing_clock: Clock) -> None:
    account = world.testimony(world.case(), upto="IN_SESSION")
    world.do("intake", testimonies.move, MoveOn(to="PAUSED"), subject=account)
    world.sign_in("intake")

    standing_clock.move(minutes=10)

    assert standing(world, world.members["intake"].token) == "open"


@pytest.mark.abuse("D06")
def test_a_second_factor_uncovers_it_under_another_token(world: World, standing_clock: Clock, log: Log) -> None:
    token = talking(world)
    standing_clock.move(minutes=30)
    log.fresh()

    renewed = back(world, token)

    (said,) = log.fresh()
    assert (said.operation, said.action, said.outcome) == ("sign-in", "signin.come_back", "done")
    assert said.codes["factor"] == "recovery"
    assert (standing(world, renewed), standing(world, token)) == ("open", "over")
    standing_clock.move(minutes=5, seconds=1)
    assert standing(world, renewed) == "covered", "and again"


def test_a_wrong_second_factor_uncovers_nothing_is_an_entry_and_is_slowed(
    world: World, standing_clock: Clock, log: Log
) -> None:
    token = talking(world)
    standing_clock.move(minutes=10)
    log.fresh()

    with pytest.raises(NotConfirmed):
        back(world, token, code="000000")

    assert [(entry.action, entry.outcome) for entry in log.fresh()] == [("signin.come_back", "step_up.refused")]
    assert standing(world, token) == "covered"
    with pytest.raises(Unprocessable):
        back(world, token, code="000000", **world.factor("intake"))
    for _ in range(20):
        with pytest.raises((NotConfirmed, TooManyTries)) as refusal:
            back(world, token, code="000000")
    assert refusal.type is TooManyTries


@pytest.mark.parametrize("why", ["open", "over", "left", "a stranger's"])
def test_no_other_session_is_come_back_to(world: World, standing_clock: Clock, log: Log, why: str) -> None:
    token = talking(world)
    standing_clock.move(minutes={"open": 1, "over": 61}.get(why, 10))
    if why == "left":
        world.do("administrator", mine.end_all, subject=world.members["intake"].code)
    given = world.factor("intake")
    log.fresh()

    with pytest.raises(NotSignedIn):
        back(world, "x" * 43 if why == "a stranger's" else token, **given)
    assert log.fresh() == []
