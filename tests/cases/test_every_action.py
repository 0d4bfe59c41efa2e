"""Three colleagues who hold nothing of a case try everything the product can do to it."""

from __future__ import annotations

import pytest

from app.cases.forms import GiveGrant
from app.errors import Refusal
from app.work.actions import ACTIONS
from tests.cases.canaries import plant
from tests.cases.every_action import Request, requests
from tests.ladder import Log
from tests.world import World

# What an administrator may do at all. Nothing of it opens anything.
ADMINISTERS = {
    "account.invite", "account.disable", "account.prefer", "undertaking.sign", "team.remove", "signin.end_all",
    "signin.leave",
    "signin.leave_everywhere", "log.verify", "service.end", "clock.confirm",
}  # fmt: skip
# Nothing has a place in the log here, so that no entry is found by its number.
OVERSEES = {
    "log.query", "log.verify", "log.signs", "log.sample", "log.figures", "log.keep", "log.drop", "log.case_report",
    "inquiry.open", "inquiry.ask", "inquiry.close",
    "account.prefer", "undertaking.sign", "signin.leave", "signin.leave_everywhere",
}  # fmt: skip
# Last, since after them the caller is nobody.
LEAVING = {"signin.leave", "signin.leave_everywhere"}


def test_there_is_a_request_for_every_action(world: World) -> None:
    assert set(requests(world, plant(world))) == set(ACTIONS)


@pytest.mark.abuse("E09")
@pytest.mark.domain("D32")
def test_an_administrator_can_do_eleven_things_and_read_nothing(world: World, log: Log) -> None:
    assert done_by(world, log, "administrator") == ADMINISTERS


@pytest.mark.abuse("E09")
def test_a_key_custodian_can_do_nothing_but_leave_sign_and_choose_a_language(world: World, log: Log) -> None:
    world.invite("custodian", roles=("key_custodian",))

    assert done_by(world, log, "custodian") == LEAVING | {"account.prefer", "undertaking.sign"}


@pytest.mark.domain("D30")
def test_an_auditor_is_refused_at_every_action_but_those_on_the_log(world: World, log: Log) -> None:
    assert done_by(world, log, "auditor") == OVERSEES


@pytest.mark.domain("D30")
def test_an_auditor_is_refused_at_every_action_that_opens(world: World, log: Log) -> None:
    tried = requests(world, plant(world))
    opening = [name for name, action in ACTIONS.items() if action.discloses] + ["attachment.download"]
    log.fresh()

    outcomes = {name: _try(world, "auditor", name, tried[name]) for name in opening}

    assert len(opening) > 15
    assert set(outcomes.values()) == {"not_found"}
    assert [said.operation for said in log.fresh()] == ["refuse"] * len(opening)


@pytest.mark.abuse("E02")
def test_an_officer_without_a_grant_reaches_no_row_of_a_case(world: World, log: Log) -> None:
    world.invite("stranger", roles=("intake_officer",))
    tried = requests(world, plant(world))
    about_a_case = [name for name in tried if ACTIONS[name].on is not None and not _of_the_office(name)]

    outcomes = {name: _try(world, "stranger", name, tried[name]) for name in about_a_case}

    assert len(outcomes) > 30
    assert {name for name, outcome in outcomes.items() if outcome != "not_found"} == set()


@pytest.mark.abuse("E09")
@pytest.mark.domain("D32")
def test_an_administrator_cannot_give_themself_a_compartment(world: World, log: Log) -> None:
    planted = plant(world)
    form = GiveGrant(user=world.members["administrator"].code, compartments=frozenset({"TESTIMONY"}))
    log.fresh()

    assert _try(world, "administrator", "grant.give", (form, planted.reference)) == "not_found"

    said = log.last()
    assert (said.operation, said.outcome, said.sought) == ("refuse", "not_found", planted.reference)
    # Not even through somebody who does hold the key: the rules know no such grant.
    assert _try(world, "intake", "grant.give", (form, planted.reference)) == "denied"


def done_by(world: World, log: Log, who: str) -> set[str]:
    """What somebody brought to an end of all that can be tried, with an entry for each try."""
    tried = requests(world, plant(world))
    log.fresh()
    order = sorted(tried, key=lambda name: (name in LEAVING, name))
    outcomes = {}
    for name in order:
        outcomes[name] = _try(world, who, name, tried[name])
        if name in LEAVING and name != order[-1]:
            world.sign_in(who)
    said = [entry for entry in log.fresh() if entry.operation != "combine" and entry.actor != "anonymous"]
    assert [entry.action for entry in said] == order
    assert {entry.action: entry.outcome for entry in said} == outcomes
    return {name for name, outcome in outcomes.items() if outcome == "done"}


def _try(world: World, who: str, name: str, request: Request) -> str:
    form, subject = request
    try:
        world.do(who, ACTIONS[name], form, subject=subject)
    except Refusal as refusal:
        return refusal.code
    return "done"


def _of_the_office(name: str) -> bool:
    # The register of interpreters is the team's, under no case. Whose cases go on is said of a colleague.
    register = {"interpreter.open", "interpreter.undertake", "takeover.begin"}
    return name in register or name.split(".")[0] in {
        "account", "inquiry", "rota", "service", "team", "signin", "submission",
    }  # fmt: skip
