"""Days, nights and refusals in the office's own time; numbers that are the lengths of their lists; my own openings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app import clock
from app.audit.models import EntryBody
from app.errors import NotFound, Refusal
from app.oversight import actions as oversight
from app.oversight import queries
from app.oversight.forms import AskLog
from app.oversight.views import LogPage
from app.people import actions as people
from app.policy.actor import Actor
from app.settings import Settings
from app.testimonies import actions as testimonies
from app.work import Caller, Query
from tests.conftest import NOON, Clock
from tests.ladder import CANARY
from tests.world import World


@pytest.fixture
def in_baghdad(world: World) -> Iterator[Settings]:
    """The office lies three hours east of UTC."""
    before = world.office._settings
    world.office._settings = replace(before, office_zone="Asia/Baghdad")
    yield world.office._settings
    world.office._settings = before


def page(world: World, **filters: Any) -> LogPage:
    found: LogPage = world.do("auditor", oversight.ask, AskLog(**filters))
    return found


def reveal(world: World, reference: str, login: str = "intake") -> None:
    row = world.row(login, reference, "persons")
    # Before it is asked for, as at a page: what is asked for without one stands in the log as refused.
    world.step_up(login, people.reveal, row)
    world.open(login, people.reveal, row, "legal_name", justification="WITNESS_REQUEST")


def at(standing_clock: Clock, moment: str, world: World, *logins: str) -> None:
    """The clock is set, and these members sign in afresh."""
    standing_clock.seconds = datetime.fromisoformat(moment).timestamp()
    for login in logins:
        world.sign_in(login)


def refused(world: World, login: str = "legal") -> None:
    with pytest.raises(Refusal):
        world.case(by=login)


# days and nights


@pytest.mark.parametrize(
    ("hour", "night"), [(22, True), (23, True), (0, True), (5, True), (6, False), (12, False), (21, False)]
)
def test_the_night_is_the_offices(hour: int, night: bool) -> None:
    zone = Settings(office_zone="Asia/Baghdad").zone
    moment = datetime(2026, 9, 21, hour, 30, tzinfo=zone).astimezone(UTC)

    assert clock.at_night(moment, zone) is night


def test_what_the_list_calls_night_is_what_its_filter_finds(
    world: World, standing_clock: Clock, in_baghdad: Settings
) -> None:
    reference = world.case()
    world.person(reference)
    # 21:30, 22:30 and 06:30 in Baghdad.
    for moment in ("2026-09-22T18:30+00:00", "2026-09-22T19:30+00:00", "2026-09-23T03:30+00:00"):
        at(standing_clock, moment, world, "intake")
        reveal(world, reference)
    world.sign_in("auditor")

    nightly = page(world, action="person.reveal", nights=True).entries
    everything = page(world, action="person.reveal").entries

    assert [line.body["at"][:16] for line in nightly] == ["2026-09-22T19:30"]
    assert [line.night for line in everything] == [False, True, False]


def test_a_day_begins_at_the_offices_midnight(world: World, standing_clock: Clock, in_baghdad: Settings) -> None:
    for moment in ("2026-09-22T20:59+00:00", "2026-09-22T21:01+00:00", "2026-09-23T20:59+00:00"):
        at(standing_clock, moment, world, "intake")
        world.case()
    world.sign_in("auditor")

    def found(**days: date) -> list[str]:
        return [line.body["at"][8:16] for line in page(world, action="case.open", **days).entries]

    second, third = date(2026, 9, 22), date(2026, 9, 23)
    assert found(from_day=third, to_day=third) == ["23T20:59", "22T21:01"]
    assert found(from_day=second, to_day=second) == ["22T20:59"]
    assert len(found(from_day=second)) == 3
    assert len(found(to_day=third)) == 3


def test_only_refusals_are_found_when_only_they_are_asked_for(world: World) -> None:
    since = clock.now()
    world.case()
    refused(world)

    found = page(world, refused=True, since=since).entries

    assert [(line.body["operation"], line.body["outcome"]) for line in found] == [("refuse", "denied")]


def test_a_page_says_whether_there_are_older_ones(world: World) -> None:
    reference = world.case()
    for _ in range(50):
        world.document(reference)

    first = page(world, case=reference)
    second = page(world, case=reference, before=first.entries[-1].id)

    assert (len(first.entries), first.older, first.newer) == (50, True, False)
    assert (len(second.entries), second.older, second.newer) == (1, False, True)


@pytest.mark.parametrize(
    "filters",
    [{"from_day": "yesterday"}, {"to_day": "2026-13-01"}, {"from_day": "0001-01-01"}, {"nights": "sometimes"}],
)
def test_a_day_that_is_none_is_refused(filters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AskLog.model_validate(filters)


# numbers


def test_each_number_is_the_length_of_the_list_it_leads_to(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.testimony(reference)
    world.person(reference)
    for days in (9, 2):
        at(standing_clock, _noon(days), world, "intake", "legal")
        refused(world)
        standing_clock.move(hours=11)
        world.sign_in("intake")
        reveal(world, reference)
        segment = world.row("intake", reference, "segments")
        world.open("intake", testimonies.open_segment, segment, "text", justification="WITNESS_REQUEST")
    at(standing_clock, _noon(0), world, "auditor")

    numbers = world.office.ask(world["auditor"], queries.numbers)
    lists = world.office.ask(world["auditor"], queries.asked)

    assert (numbers.refused, numbers.nights, numbers.combined) == (1, 2, 1)
    lengths = [len(world.do("auditor", oversight.ask, form).entries) for form in lists]
    assert lengths == [numbers.refused, numbers.nights, numbers.combined, numbers.alarms]


def _noon(days_ago: int) -> str:
    return (datetime.fromtimestamp(NOON, UTC) + timedelta(days=20 - days_ago)).isoformat()


def test_the_numbers_are_for_auditors(world: World) -> None:
    for login in set(world.members) - {"auditor"}:
        with pytest.raises(NotFound):
            world.office.ask(world[login], queries.numbers)


# what I opened


def test_everybody_is_shown_what_they_opened_themselves_and_nothing_else(world: World) -> None:
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    reveal(world, reference)
    reveal(world, reference, "intake-lead")
    world.do("auditor", oversight.ask, AskLog())

    mine = world.office.ask(world["intake"], queries.mine)

    assert [(line.action, line.operation, line.cases) for line in mine] == [("person.reveal", "consult", (reference,))]
    assert mine[0].justification == "WITNESS_REQUEST"
    assert len(world.office.ask(world["intake-lead"], queries.mine)) == 1
    # An auditor may read every entry, and is still told here of their own alone.
    for login in ("auditor", "administrator", "legal"):
        assert world.office.ask(world[login], queries.mine) == ()
    assert CANARY not in str(mine)


def test_of_the_log_somebody_is_given_their_own_entries_and_an_auditor_all(world: World) -> None:
    """By the scope of the rows, whatever a question asks for; witnesses share a code, and are given none."""
    world.whole_case()
    given = Query("test.given", lambda reading: {body.view["actor"] for body in reading.all(EntryBody, limit=1000)})
    codes = {login: world.members[login].code for login in ("intake", "legal", "administrator")}

    assert {login: world.office.ask(world[login], given) for login in codes} == {
        login: {code} for login, code in codes.items()
    }  # fmt: skip
    assert world.office.ask(world["auditor"], given) > set(codes.values())
    witness = Caller(Actor("Witness", "witness", id=UUID(int=7)))
    for caller in (witness, Caller.anonymous()):
        assert world.office.ask(caller, given) == set()


def test_a_joining_of_name_and_account_is_on_my_list(world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    world.person(reference)
    reveal(world, reference)
    segment = world.row("intake", reference, "segments")
    world.open("intake", testimonies.open_segment, segment, "text", justification="WITNESS_REQUEST")

    mine = world.office.ask(world["intake"], queries.mine)

    assert [line.operation for line in mine] == ["combine", "consult", "consult"]


def test_what_i_opened_longer_ago_is_not_on_my_list(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.person(reference)
    reveal(world, reference)
    standing_clock.move(days=queries.MINE_DAYS + 2)
    world.sign_in("intake")

    assert world.office.ask(world["intake"], queries.mine) == ()


# how the house is


def test_the_health_of_the_house_is_told_without_a_count_of_cases(world: World) -> None:
    before = world.office.ask(world["administrator"], queries.health)
    world.whole_case()
    after = world.office.ask(world["administrator"], queries.health)

    assert replace(after, free_percent=0, free_mib=0) == replace(before, free_percent=0, free_mib=0)
    assert (after.revision, after.profile, after.state) == ("0002", "ngo", "unchecked")
    assert after.rules > 30
    assert 0 <= after.free_percent <= 100


def test_only_an_administrator_is_told_how_the_house_is(world: World) -> None:
    for login in set(world.members) - {"administrator"}:
        with pytest.raises(NotFound):
            world.office.ask(world[login], queries.health)
