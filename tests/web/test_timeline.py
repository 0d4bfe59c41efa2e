"""The timeline of a case: what falls due and what was done, in codes; it opens nothing and is no entry."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app.cases import ending
from app.cases import timeline as timelines
from app.errors import Denied, NotFound
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.web.words import word
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import Forms, arrived
from tests.world import World


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def ask(world: World, who: str, reference: str, page: int = 0) -> timelines.Timeline:
    told: timelines.Timeline = world.office.ask(world[who], timelines.timeline, reference, page)
    return told


def test_the_tab_tells_states_hand_overs_and_what_falls_due(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference = world.whole_case("en", upto="SEALED")
    browser = arrived(staff_door, world, "intake")
    assert f"/cases/{reference}/timeline" in browser.get(f"/cases/{reference}").text
    log.fresh()

    page = browser.get(f"/cases/{reference}/timeline")

    assert page.status_code == 200
    assert "Sealed" in said(page.text)
    assert word("case.hand_over", "action") in said(page.text)
    assert log.fresh() == [], "looking at it opens nothing"


def test_what_was_said_and_who_it_is_stands_nowhere_on_it(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference = world.whole_case("en", upto="SEALED")
    codes = {member.code for member in world.members.values()}
    for who in ("intake", "legal", "protection"):
        page = arrived(staff_door, world, who).get(f"/cases/{reference}/timeline").text
        assert CANARY not in page
        main = page.split("<h1", 1)[1]
        assert not [code for code in codes if code in main], "roles, and nobody by a code"


def test_each_part_tells_what_falls_due_in_it_to_its_holders_alone(world: World) -> None:
    reference = world.whole_case("en")
    world.check_in(reference)
    world.threat(reference)

    tables = {who: {line.table for line in ask(world, who, reference).due} for who in ("protection", "legal", "intake")}

    assert {"check_ins", "threat_assessments"} <= tables["protection"]
    assert not {"check_ins", "threat_assessments"} & (tables["legal"] | tables["intake"])


def test_a_settled_check_in_and_an_assessment_that_was_followed_by_another_are_due_no_more(world: World) -> None:
    reference = world.whole_case("en")
    before = [line.table for line in ask(world, "protection", reference).due]
    world.threat(reference)
    check_in = world.check_in(reference)
    added = [line.table for line in ask(world, "protection", reference).due]
    assert (added.count("threat_assessments"), added.count("check_ins")) == (1, before.count("check_ins") + 1)

    done = SettleCheckIn(state="MET_OK", outcome="Well.")
    world.do("protection", protection.settle_check_in, done, subject=check_in)

    assert [line.table for line in ask(world, "protection", reference).due] == sorted(
        [each for each in added if each != "check_ins"] + ["check_ins"] * before.count("check_ins"), key=added.index
    )


def test_what_is_past_its_time_is_told_and_red(staff_door: ASGIApp, world: World, standing_clock: Clock) -> None:
    reference = world.whole_case("en")
    world.check_in(reference, days=0.25)
    assert not any(line.late for line in ask(world, "protection", reference).due if line.table == "check_ins")
    standing_clock.move(hours=7)
    world.sign_in("protection")

    late = [line for line in ask(world, "protection", reference).due if line.late]

    assert "check_ins" in {line.table for line in late}
    page = arrived(staff_door, world, "protection").get(f"/cases/{reference}/timeline").text
    assert page.count("am-timeline__item--red") == len(late)


def test_how_far_an_account_is_is_not_told_to_those_without_it(world: World) -> None:
    reference = world.whole_case("en", upto="SEALED")
    states = {who: {each.state for page in range(4) for each in ask(world, who, reference, page).events}
              for who in ("intake", "protection")}  # fmt: skip
    assert "SEALED" in states["intake"]
    assert states["protection"] <= {None, "OPEN", "CLOSING", "KEPT", "ARCHIVED"}


def test_a_refusal_did_not_happen_to_the_case_and_typing_is_not_told(world: World, log: Log) -> None:
    reference = world.whole_case("en")
    for who in ("intake", "legal", "protection"):
        actions = [each.action for page in range(9) for each in ask(world, who, reference, page).events]
        assert "draft.save" not in actions
    log.fresh()
    with pytest.raises(Denied):
        world.do("legal", ending.propose_closing, subject=reference)
    assert [entry.operation for entry in log.fresh()] == ["refuse"], "the control: it is on record"
    assert not any(each.operation == "refuse" for each in ask(world, "intake", reference).events)


def test_twelve_of_one_kind_in_a_row_are_one_line_and_a_page_has_an_end(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    for _ in range(30):
        world.contact(reference)

    first, second = ask(world, "intake", reference), ask(world, "intake", reference, 1)

    assert (len(first.events), first.more) == (25, True)
    assert {each.seq for each in first.events}.isdisjoint(each.seq for each in second.events)
    assert not second.more
    page = said(arrived(staff_door, world, "intake").get(f"/cases/{reference}/timeline").text)
    assert "Entries 7 to 31" in page
    assert second.due == ()


def test_a_closed_case_tells_until_when_it_is_kept(world: World) -> None:
    reference = world.case()
    world.closed(reference, "KEEP_2Y")
    assert [line.table for line in ask(world, "intake", reference).due] == ["cases"]


@pytest.mark.parametrize("who", ["auditor", "administrator", "newcomer"])
def test_without_a_key_there_is_no_such_case(staff_door: ASGIApp, world: World, log: Log, who: str) -> None:
    world.invite("newcomer", roles=("intake_officer",))
    reference = world.whole_case("en")
    browser = arrived(staff_door, world, who)
    log.fresh()

    answer = browser.get(f"/cases/{reference}/timeline")

    assert answer.status_code == 404
    assert [(entry.operation, entry.outcome) for entry in log.fresh()] == [("refuse", "not_found")]
    with pytest.raises(NotFound):
        ask(world, who, reference)
