"""Somebody's cases on their way to colleagues: for good or under cover, case by case, and told where a rule refuses."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import Shut
from app.cases import takeovers
from app.cases.takeovers import Begin, TakeoverView
from app.errors import Conflict, NotFound, StepUpNeeded
from app.policy.engine import Policy
from app.protection import actions as protection
from app.work import Office
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb
from tests.world import World


def the(world: World, login: str) -> str:
    return world.members[login].code


def placed(world: World) -> str:
    """A case of which "protection" alone holds the place beside their lead."""
    return world.whole_case("en")


def begun(world: World, whose: str, to: str, *, by: str = "protection-lead", **given: Any) -> UUID:
    form = Begin(**{"kind": "LEAVING", "to": the(world, to), **given})
    made: takeovers.Begun = world.do(by, takeovers.begin, form, subject=the(world, whose))
    return made.id


def shown(world: World, row: UUID, by: str = "protection-lead") -> TakeoverView:
    view: TakeoverView = world.office.ask(world[by], takeovers.show, row)
    return view


def passed(world: World, row: UUID, by: str = "protection-lead") -> TakeoverView:
    for line in shown(world, row, by).lines:
        if line.state == "WAITING":
            world.office.perform(world[by], takeovers.pass_case, subject=line.id)
    return shown(world, row, by)


@pytest.fixture
def peopled(world: World) -> World:
    """A second caseworker, who holds nothing of their own yet."""
    world.invite("successor", roles=("caseworker",))
    return world


# who begins


def test_ladder_of_beginning(peopled: World, log: Log) -> None:
    placed(peopled)
    form = Begin(kind="LEAVING", to=the(peopled, "successor"))

    climb(
        peopled, log, takeovers.begin,
        Rung("anonymous", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("auditor", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"),
        Rung("protection-lead", "done", "lead-has-cases-taken-over"),
        form=form, subject=the(peopled, "protection"),
    )  # fmt: skip


def test_it_begins_with_one_second_factor_and_each_case_has_its_entry(peopled: World, log: Log) -> None:
    first, second = placed(peopled), placed(peopled)
    log.steps = True
    # So that no codes are drawn anew in the middle of it.
    peopled.do("protection-lead", takeovers.begin, Begin(kind="LEAVING", to=the(peopled, "successor")),
               subject=the(peopled, "protection"))  # fmt: skip
    log.fresh()

    row = begun(peopled, "protection", "successor")
    view = passed(peopled, row)

    assert [line.state for line in view.lines] == ["DONE", "DONE"]
    told = log.fresh()
    assert [e.action for e in told if e.outcome == "done"] == [
        "signin.step_up", "takeover.begin", "takeover.pass", "takeover.pass",
    ]  # fmt: skip
    assert sorted(case for e in told if e.action == "takeover.pass" for case in e.cases) == sorted([first, second])


def test_a_leavers_keys_go_to_the_successor_and_are_taken_back(peopled: World) -> None:
    reference = placed(peopled)
    assert "LOCATION" in peopled.show("protection", reference).held, "the control"

    passed(peopled, begun(peopled, "protection", "successor"))

    assert "LOCATION" in peopled.show("successor", reference).held
    assert "LOCATION" not in peopled.show("protection", reference).held
    assert peopled.open(
        "successor", protection.reveal_residence,
        peopled.row("successor", reference, "residences"), "place", justification="LIFE_AT_RISK", words="at the door",
    )  # fmt: skip


def test_of_somebody_whose_account_is_shut_too(peopled: World) -> None:
    reference = placed(peopled)
    peopled.do("administrator", accounts.disable, Shut(why="LEFT"), subject=the(peopled, "protection"))
    (leaver,) = peopled.office.ask(peopled["protection-lead"], takeovers.leavers)
    assert (leaver.user, leaver.cases) == (the(peopled, "protection"), 1)

    passed(peopled, begun(peopled, "protection", "successor"))

    assert "LOCATION" in peopled.show("successor", reference).held
    assert peopled.office.ask(peopled["protection-lead"], takeovers.leavers) == ()


def test_one_case_goes_to_another(peopled: World) -> None:
    peopled.invite("third", roles=("caseworker",))
    first, second = placed(peopled), placed(peopled)

    passed(peopled, begun(peopled, "protection", "successor", choices=(f"{second}={the(peopled, 'third')}",)))

    assert "LOCATION" in peopled.show("successor", first).held
    assert "LOCATION" in peopled.show("third", second).held
    assert "LOCATION" not in peopled.show("successor", second).held


# what stands in the way


def test_a_rule_that_refuses_is_told_and_the_rest_goes_on(peopled: World, log: Log) -> None:
    first, second = placed(peopled), placed(peopled)
    peopled.apart(first, "successor", by="protection-lead")

    view = passed(peopled, begun(peopled, "protection", "successor"))

    by_case = {line.reference: line for line in view.lines}
    assert (by_case[first].state, by_case[first].why) == ("REFUSED", "no-key-to-who-is-apart")
    assert by_case[second].state == "DONE"
    assert "LOCATION" in peopled.show("protection", first).held, "nothing was taken from whom nobody follows"


@pytest.mark.parametrize(
    ("to", "why"), [("intake", "place-boxed-for-legal"), ("protection-lead", "nobody-grants-themself")]
)
def test_it_gives_nobody_what_a_grant_would_not(peopled: World, to: str, why: str) -> None:
    placed(peopled)

    (line,) = passed(peopled, begun(peopled, "protection", to)).lines

    assert line.state == "REFUSED"
    assert line.why in {why, "NOTHING_TO_GIVE", "no-place-to-who-holds-the-account"}


def test_whoever_passes_on_gives_only_what_they_hold(peopled: World) -> None:
    reference = peopled.case()
    assert "RELEASE" not in peopled.show("intake-lead", reference).held, "the control"
    peopled.invite("officer", roles=("intake_officer",))

    (line,) = passed(peopled, begun(peopled, "intake", "officer", by="intake-lead"), "intake-lead").lines

    assert (line.given, line.stayed) == (("IDENTITY", "TESTIMONY"), ("RELEASE",))
    assert "RELEASE" not in peopled.show("officer", reference).held


def test_another_lead_passes_nothing_on_that_they_do_not_hold(peopled: World) -> None:
    placed(peopled)
    row = begun(peopled, "protection", "successor", by="legal-lead")
    assert [line.why for line in passed(peopled, row, "legal-lead").lines] == ["NOTHING_TO_GIVE"]
    with pytest.raises(Conflict):
        peopled.do("protection-lead", takeovers.begin, Begin(kind="LEAVING"), subject=the(peopled, "protection"))
    with pytest.raises(NotFound):
        peopled.office.ask(peopled["legal"], takeovers.held, the(peopled, "protection"))


def test_what_they_alone_hold_comes_first(peopled: World) -> None:
    peopled.case()
    (line,) = peopled.office.ask(peopled["intake-lead"], takeovers.held, the(peopled, "intake"))
    assert line.alone == ("RELEASE",)
    assert line.mine == ("IDENTITY", "TESTIMONY")


# it stops and goes on


def test_cut_in_the_middle_it_goes_on_where_it_stopped(peopled: World) -> None:
    placed(peopled), placed(peopled)
    row = begun(peopled, "protection", "successor")
    first, second = shown(peopled, row).lines
    peopled.office.perform(peopled["protection-lead"], takeovers.pass_case, subject=first.id)

    assert [line.state for line in shown(peopled, row).lines] == ["DONE", "WAITING"]
    with pytest.raises(Conflict):
        peopled.office.perform(peopled["protection-lead"], takeovers.pass_case, subject=first.id)
    assert [line.state for line in passed(peopled, row).lines] == ["DONE", "DONE"]
    assert second.state == "WAITING"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("killed", [False, True], ids=["control", "killed"])
def test_killed_in_the_middle_of_a_case_nothing_of_it_has_moved(
    peopled: World, database: Database, policy: Policy, office: Office, killed: bool
) -> None:
    reference = placed(peopled)
    row = begun(peopled, "protection", "successor")
    (line,) = shown(peopled, row).lines

    child = os.fork()
    if child == 0:
        # Another program of the office; kill -9 finds it with every key sealed anew and nothing committed.
        try:
            other = Office(database.engine("app"), policy, register=office.register)
            if killed:
                other._append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
            other.perform(peopled["protection-lead"], takeovers.pass_case, subject=line.id)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == (-signal.SIGKILL if killed else 0)
    assert [each.state for each in shown(peopled, row).lines] == ["WAITING" if killed else "DONE"]
    assert ("LOCATION" in peopled.show("protection", reference).held) is killed
    assert [each.state for each in passed(peopled, row).lines] == ["DONE"], "it goes on"
    assert "LOCATION" in peopled.show("successor", reference).held


@pytest.mark.abuse("D15")
def test_in_another_sign_in_it_goes_on_after_another_second_factor(peopled: World) -> None:
    placed(peopled)
    row = begun(peopled, "protection", "successor")
    (line,) = shown(peopled, row).lines
    peopled.sign_in("protection-lead")
    assert not shown(peopled, row).here

    with pytest.raises(Conflict):
        peopled.office.perform(peopled["protection-lead"], takeovers.pass_case, subject=line.id)
    with pytest.raises(StepUpNeeded):
        peopled.office.perform(peopled["protection-lead"], takeovers.go_on, subject=row)
    peopled.do("protection-lead", takeovers.go_on, subject=row)

    assert [each.state for each in passed(peopled, row).lines] == ["DONE"]


def test_what_one_began_is_nobody_elses(peopled: World) -> None:
    placed(peopled)
    row = begun(peopled, "protection", "successor")
    for who in ("legal-lead", "protection", "auditor"):
        with pytest.raises(NotFound):
            peopled.office.ask(peopled[who], takeovers.show, row)


# cover


def test_everybody_has_their_own_covered_and_it_ends_by_itself(peopled: World, standing_clock: Clock) -> None:
    reference = placed(peopled)
    until = clock.now() + timedelta(days=10)

    row = begun(peopled, "protection", "successor", by="protection", kind="COVER", until=until)
    passed(peopled, row, "protection")

    assert "LOCATION" in peopled.show("successor", reference).held
    assert "LOCATION" in peopled.show("protection", reference).held, "they keep theirs"
    grants = peopled.show("protection", reference).grants
    assert [each.covers for each in grants if each.holder == the(peopled, "successor")] == [the(peopled, "protection")]
    standing_clock.move(days=10, seconds=1)
    peopled.sign_in("successor")
    assert "LOCATION" not in peopled.show("successor", reference).held


@pytest.mark.parametrize("days", [-1, 14.01])
def test_a_cover_ends_within_fourteen_days(peopled: World, days: float) -> None:
    placed(peopled)
    with pytest.raises(Conflict):
        begun(peopled, "protection", "successor", kind="COVER", until=clock.now() + timedelta(days=days))


def test_a_cover_says_when_it_ends() -> None:
    with pytest.raises(ValueError, match="a cover has an end"):
        Begin(kind="COVER", to="S-777777")
