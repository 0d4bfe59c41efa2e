"""Today of those who code, judge and keep keys: what is said there is so, and each number leads to its list."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app.accounts import ceremonies
from app.accounts.forms import SharesSeen
from app.errors import NotFound, Unprocessable
from app.narratives import queries
from tests.conftest import Clock, Database
from tests.keyholders.test_custodians import met
from tests.ladder import Log, close_every_case
from tests.web.browser import Forms, arrived
from tests.web.test_intake_today import lines, numbers
from tests.world import World

LISTS = ("/coding?standing=SECOND", "/coding?standing=FIRST")


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def printed(world: World) -> tuple[str, str]:
    """A case with one report nobody has coded, and one with a report that the lead has."""
    world.invite("second", roles=("narrative_editor",))
    untouched, begun = (world.case(origin="PUBLIC_REPORT") for _ in range(2))
    world.report(untouched)
    world.code_report(world.report(begun), "N1a")
    return untouched, begun


@pytest.mark.parametrize(("login", "second", "first"), [("second", 1, 1), ("narrative-lead", 0, 1)])
def test_each_number_of_an_editor_is_the_length_of_its_list(
    staff_door: ASGIApp, world: World, login: str, second: int, first: int
) -> None:
    untouched, begun = printed(world)
    browser = arrived(staff_door, world, login)

    today = browser.get("/today").text

    told = numbers(today)
    assert [told[address] for address in LISTS] == [lines(browser, address) for address in LISTS] == [second, first]
    assert (begun in today) == bool(second)
    assert untouched in today
    assert "Nothing waits for you here." not in said(today)


def test_what_two_have_coded_and_what_is_closed_waits_for_nobody(
    staff_door: ASGIApp, world: World, database: Database
) -> None:
    _, begun = printed(world)
    world.code_report(world.row("second", begun, "public_reports"), "N2a", by="second")
    assert numbers(arrived(staff_door, world, "second").get("/today").text)[LISTS[0]] == 0
    close_every_case(database)
    today = arrived(staff_door, world, "second").get("/today").text

    assert [numbers(today)[address] for address in LISTS] == [0, 0]
    assert "Nothing waits for you here." in said(today)


def test_the_second_coder_is_not_told_who_was_first(staff_door: ASGIApp, world: World) -> None:
    _, begun = printed(world)
    page = arrived(staff_door, world, "second").get(LISTS[0]).text
    assert begun in page
    assert world.members["narrative-lead"].code not in page


@pytest.mark.parametrize("who", ["intake", "legal", "administrator", "auditor"])
def test_nothing_waits_to_be_coded_by_those_who_do_not_code(world: World, who: str) -> None:
    printed(world)
    assert world.office.ask(world[who], queries.waiting) == ()
    assert world.office.ask(world[who], queries.count).first == 0


def test_a_list_that_there_is_not_is_refused(world: World) -> None:
    with pytest.raises(Unprocessable):
        world.office.ask(world["narrative-lead"], queries.waiting, standing="THIRD")


def test_looking_at_the_list_is_no_entry(staff_door: ASGIApp, world: World, log: Log) -> None:
    printed(world)
    browser = arrived(staff_door, world, "second")
    log.fresh()
    browser.get("/today")
    browser.get(LISTS[0])
    assert log.fresh() == []


@pytest.mark.parametrize(
    ("role", "told"), [("reid_reviewer", "none waits for your review"), ("approver", "none waits for your approval")]
)
def test_whoever_has_no_work_yet_is_told_why(staff_door: ASGIApp, world: World, role: str, told: str) -> None:
    world.invite("newcomer", roles=(role,))
    page = said(arrived(staff_door, world, "newcomer").get("/today").text)
    assert told in page
    assert "Nothing waits for you here." not in page


def test_a_custodian_is_told_when_the_shares_are_to_be_tried(staff_door: ASGIApp, world: World) -> None:
    world.invite("custodian", roles=("key_custodian",))
    due = world.office.ask(world["custodian"], ceremonies.shares).due
    page = said(arrived(staff_door, world, "custodian").get("/today").text)
    assert "Meet and try whether your shares" in page
    assert str(due.year) in page
    assert "custodians meet" in said(arrived(staff_door, world, "custodian").get("/help/keys").text)


def test_the_shares_are_late_after_a_year_until_enough_of_them_were_seen(world: World, standing_clock: Clock) -> None:
    standing_clock.move(days=366)
    world.invite("custodian", roles=("key_custodian",))
    assert world.office.ask(world["custodian"], ceremonies.shares).late

    world.office.perform(met(world), ceremonies.test, SharesSeen(marks=world.dealt.marks[:2]))
    assert world.office.ask(world["custodian"], ceremonies.shares).late, "two are not enough"
    world.office.perform(met(world), ceremonies.test, SharesSeen(marks=world.dealt.marks[:3]))

    assert not world.office.ask(world["custodian"], ceremonies.shares).late


@pytest.mark.parametrize("who", ["intake", "administrator", "auditor"])
def test_nobody_else_is_told_of_the_shares(world: World, who: str) -> None:
    with pytest.raises(NotFound):
        world.office.ask(world[who], ceremonies.shares)
