"""Who takes cases out of the drawer one after the other raises an alarm, and is stopped at the cap."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest

from app.accounts import queries as accounts
from app.errors import CannotStart, NotFound, TooManyCases
from app.oversight import actions as oversight
from app.oversight import queries
from app.oversight.forms import AskLog
from app.people import actions as people
from app.settings import Settings
from app.testimonies import actions as testimonies
from app.work.quotas import Lately, judge
from tests.conftest import Clock
from tests.ladder import Log, log
from tests.world import World

__all__ = ["log"]

QUIET = Lately(soon=1, today=1, revealed=0, tonight=0)


# the rule


@pytest.mark.parametrize(
    ("lately", "alarm"),
    [
        (QUIET, (None, 0)),
        (replace(QUIET, soon=9), (None, 0)),
        (replace(QUIET, soon=10, today=10), ("cases.soon", 10)),
        (replace(QUIET, soon=11, today=11), (None, 0)),
        (replace(QUIET, soon=20, today=39), (None, 0)),
        (replace(QUIET, today=40), ("cases.today", 40)),
        (replace(QUIET, today=80), (None, 0)),
        (replace(QUIET, revealed=20), ("reveals.today", 20)),
        (replace(QUIET, tonight=5), ("cases.night", 5)),
        (replace(QUIET, tonight=6), (None, 0)),
    ],
)
def test_an_alarm_is_raised_once_at_each_set_number(lately: Lately, alarm: tuple[str | None, int]) -> None:
    assert judge(lately, Settings(), urgent=False, revealing=True) == alarm


@pytest.mark.parametrize(
    ("lately", "code"),
    [
        (replace(QUIET, soon=21), "cases.soon"),
        (replace(QUIET, today=81), "cases.today"),
        (replace(QUIET, revealed=41), "reveals.today"),
    ],
)
def test_beyond_a_cap_nothing_opens_unless_a_life_is_at_risk(lately: Lately, code: str) -> None:
    with pytest.raises(TooManyCases):
        judge(lately, Settings(), urgent=False, revealing=True)

    alarm, cases = judge(lately, Settings(), urgent=True, revealing=True)

    assert alarm == code
    assert cases in {21, 41, 81}


def test_what_is_no_reveal_is_not_stopped_by_the_reveals_of_the_day() -> None:
    assert judge(replace(QUIET, revealed=41), Settings(), urgent=False, revealing=False) == (None, 0)


@pytest.mark.parametrize("name", ["CASES_OPENED", "CASES_OPENED_DAY", "REVEALS_DAY"])
def test_an_alarm_above_its_cap_would_never_be_heard(name: str) -> None:
    with pytest.raises(CannotStart, match=name):
        Settings.read({f"AMANA_{name}_ALERT": "51", f"AMANA_{name}_STOP": "50"})


# the product


@pytest.fixture
def opened(world: World) -> Callable[..., None]:
    """Open a consent of a case as the officer, on a ring of cases that are made as they are wanted."""
    made: list[UUID] = []

    def look(number: int) -> None:
        while len(made) <= number:
            made.append(world.consents(world.case(), "T1")[0].id)
        world.open("intake", testimonies.open_consent, made[number], "how_given", justification="WITNESS_REQUEST")

    return look


@pytest.mark.abuse("E12")
def test_the_tenth_case_in_ten_minutes_is_an_alarm_and_the_twenty_first_does_not_open(
    world: World, log: Log, standing_clock: Clock, opened: Callable[..., None]
) -> None:
    for number in range(20):
        opened(number)
    looks = [said for said in log.fresh() if said.action == "consent.open"]
    with pytest.raises(TooManyCases):
        opened(20)
    refused = log.last()
    # What lies open may be read on.
    opened(3)

    assert [(said.codes or {}).get("alarm") for said in looks] == [None] * 9 + ["cases.soon"] + [None] * 10
    assert looks[9].codes["distinct"] == 10
    assert (refused.operation, refused.outcome, refused.cases) == ("refuse", "quota.cases", [])
    # The window passes, the day goes on.
    standing_clock.move(minutes=11)
    opened(20)
    assert log.last().outcome == "done"


def test_reading_on_in_one_case_is_counted_once(world: World, log: Log, opened: Callable[..., None]) -> None:
    for _ in range(30):
        opened(0)

    assert not [said for said in log.fresh() if "alarm" in (said.codes or {})]


def test_many_at_one_moment_are_many(world: World) -> None:
    """Each opening waits for the one before it: nobody slips under the cap by asking for all at once."""
    rows = [world.consents(world.case(), "T1")[0].id for _ in range(28)]

    def look(row: UUID) -> bool:
        try:
            world.open("intake", testimonies.open_consent, row, "how_given", justification="WITNESS_REQUEST")
        except TooManyCases:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(look, rows))

    assert sum(came) == 20


def opened_or_not(opened: Callable[..., None], number: int) -> bool:
    try:
        opened(number)
    except TooManyCases:
        return False
    return True


def test_a_life_at_risk_is_never_stopped_and_always_heard_of(
    world: World, log: Log, opened: Callable[..., None]
) -> None:
    for number in range(20):
        opened(number)
    reference = world.case()
    world.person(reference)
    person = world.row("intake", reference, "persons")
    log.fresh()

    with pytest.raises(TooManyCases):
        world.open("intake", people.reveal, person, "legal_name", justification="WITNESS_REQUEST")
    world.open("intake", people.reveal, person, "legal_name", justification="LIFE_AT_RISK", words="They are outside.")

    refused, looked = log.fresh()
    assert refused.outcome == "quota.cases"
    assert looked.codes == {"alarm": "cases.soon", "distinct": 21}


def test_the_fifth_case_of_a_night_is_an_alarm(
    world: World, log: Log, standing_clock: Clock, opened: Callable[..., None]
) -> None:
    for number in range(6):
        opened(number)
    by_day = [said for said in log.fresh() if "alarm" in (said.codes or {})]
    standing_clock.move(hours=11)
    world.sign_in("intake")
    for number in range(6):
        opened(number)
    at_night = [said for said in log.fresh() if "alarm" in (said.codes or {})]

    assert by_day == []
    assert [said.codes for said in at_night] == [{"alarm": "cases.night", "distinct": 5}]


def test_an_auditor_finds_alarms_and_what_was_stopped_by_one_filter(world: World, opened: Callable[..., None]) -> None:
    before = world.office.ask(world["auditor"], queries.numbers).alarms
    for number in range(21):
        opened_or_not(opened, number)

    found = world.do("auditor", oversight.ask, AskLog(alarms=True)).entries

    assert [line.body["outcome"] for line in found] == ["quota.cases", "done"]
    assert {line.body["actor"] for line in found} == {world.members["intake"].code}
    assert (before, world.office.ask(world["auditor"], queries.numbers).alarms) == (0, 2)


def test_the_lead_of_a_team_sees_how_many_cases_a_member_opened_and_no_case(
    world: World, opened: Callable[..., None]
) -> None:
    for number in range(12):
        opened(number)

    def line(login: str) -> tuple[int, int]:
        team = world.office.ask(world[login], accounts.team, "intake")
        return next((m.opened, m.alarms) for m in team.members if m.user == world.members["intake"].code)

    assert line("intake-lead") == (12, 1)
    assert line("intake") == (0, 0)
    assert world.office.ask(world["intake-lead"], accounts.alarms) == 1
    # Of another team a lead is told nothing, and whoever leads none is told nothing at all.
    assert world.office.ask(world["legal-lead"], accounts.alarms) == 0
    assert world.office.ask(world["intake"], accounts.alarms) == 0
    with pytest.raises(NotFound):
        world.office.ask(world["legal-lead"], accounts.team, "intake")
