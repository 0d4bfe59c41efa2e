"""Protection's queues: nobody who was missed drops out of sight, and no level, place or word is in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.cases import actions as cases
from app.cases.forms import HandOver, SendHandoff
from app.errors import NotFound, Unprocessable
from app.protection import actions as protection
from app.protection import queries
from app.protection.forms import SettleCheckIn
from app.protection.rungs import GRACE
from app.work import Office
from tests.conftest import Clock, Database
from tests.ladder import CANARY, close_every_case
from tests.world import World


def handed(world: World) -> str:
    reference = world.case()
    world.hand_to_protection(reference)
    return reference


def standings(world: World, who: str = "protection") -> dict[UUID, str]:
    return {line.id: line.standing for line in world.office.ask(world[who], queries.check_ins)}


def settle(world: World, row: UUID, state: Any) -> None:
    world.do("protection", protection.settle_check_in, SettleCheckIn(state=state), subject=row)


def test_a_check_in_is_ahead_then_due_today_then_missed_by_the_clock_alone(world: World, standing_clock: Clock) -> None:
    row = world.check_in(handed(world), days=9)
    seen = [standings(world).get(row)]

    for hours in (50, 153, 14, 1.1):
        standing_clock.move(hours=hours)
        world.sign_in("protection")
        seen.append(standings(world).get(row))

    # Nine days ahead; within the week; on the day; past its time and within the two hours; past them.
    assert seen == [None, "WEEK", "TODAY", "TODAY", "MISSED"]


def test_what_was_noted_as_missed_waits_until_somebody_has_spoken_with_them(
    world: World, standing_clock: Clock
) -> None:
    """Noting it must not make a person who may be in danger disappear from everybody's day."""
    reference = handed(world)
    missed = world.check_in(reference, days=0.01)
    standing_clock.move(hours=3)
    world.sign_in("protection")
    assert standings(world) == {missed: "MISSED"}
    settle(world, missed, "MISSED")
    assert standings(world) == {missed: "MISSED"}

    again = world.check_in(reference, days=0.01)
    assert standings(world) == {missed: "MISSED", again: "TODAY"}
    settle(world, again, "MET_CONCERN")

    assert standings(world) == {}


def test_speaking_with_one_person_settles_nothing_for_another(world: World, standing_clock: Clock) -> None:
    missed, spoken = (world.check_in(handed(world), days=1) for _ in range(2))
    standing_clock.move(hours=25)
    world.sign_in("protection")
    settle(world, missed, "MISSED")
    world_later = world.check_in(world.show("protection", handed(world)).reference, days=2)

    settle(world, spoken, "MET_OK")
    settle(world, world_later, "MET_OK")

    assert standings(world) == {missed: "MISSED"}


def test_an_earlier_talk_does_not_settle_a_later_miss(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    earlier, later = world.check_in(reference, days=1), world.check_in(reference, days=2)

    settle(world, earlier, "MET_OK")
    standing_clock.move(hours=49)
    world.sign_in("protection")
    settle(world, later, "MISSED")

    assert standings(world) == {later: "MISSED"}


def test_missed_comes_first_then_by_time_and_a_closed_case_not_at_all(
    world: World, standing_clock: Clock, database: Database
) -> None:
    late, soon, today = (world.check_in(handed(world), days=days) for days in (0.05, 3, 0.2))
    standing_clock.move(hours=4)
    world.sign_in("protection")

    listed = [line.id for line in world.office.ask(world["protection"], queries.check_ins)]
    close_every_case(database)

    assert listed == [late, today, soon]
    assert world.office.ask(world["protection"], queries.check_ins) == ()


def test_today_is_the_offices_own_day(world: World) -> None:
    """At a quarter to midnight, by UTC, it is tomorrow in Amman already."""
    row = world.check_in(handed(world), days=9.5 / 24)
    office = world.office
    there = Office(office._engine, office.policy, settings=replace(office._settings, office_zone="Asia/Amman"))

    line_here, line_there = (o.ask(world["protection"], queries.check_in, row) for o in (office, there))

    assert (line_here.standing, line_there.standing) == ("TODAY", "WEEK")


def test_whoever_works_tonight_sees_what_falls_due_after_midnight(world: World, standing_clock: Clock) -> None:
    begins = clock.now()
    standing_clock.move(hours=(23 - begins.hour) % 24)
    world.sign_in("protection")
    reference = handed(world)
    tonight, tomorrow = world.check_in(reference, days=2 / 24), world.check_in(reference, days=12 / 24)

    assert (clock.now() + timedelta(hours=2)).date() > clock.now().date()
    assert standings(world) == {tonight: "TODAY", tomorrow: "WEEK"}


def test_an_assessment_is_overdue_when_its_term_has_ended_and_no_newer_one_stands(
    world: World, standing_clock: Clock
) -> None:
    reference = handed(world)
    assert [line.standing for line in world.office.ask(world["protection"], queries.threats)] == ["NONE"]
    world.threat(reference, level="CRITICAL")
    assert world.office.ask(world["protection"], queries.threats) == ()

    standing_clock.move(days=8)
    world.sign_in("protection")
    (line,) = world.office.ask(world["protection"], queries.threats)
    assert (line.reference, line.standing, line.by) == (reference, "OVERDUE", world.members["protection"].code)

    world.threat(reference, level="LOW")
    assert world.office.ask(world["protection"], queries.threats) == ()


def test_a_newer_shorter_term_counts_and_not_the_older_longer_one(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    world.threat(reference, level="LOW")
    world.threat(reference, level="CRITICAL")

    standing_clock.move(days=8)
    world.sign_in("protection")

    assert [line.reference for line in world.office.ask(world["protection"], queries.threats)] == [reference]


def test_the_gravest_come_first_and_no_level_is_told(world: World, standing_clock: Clock) -> None:
    made = {level: handed(world) for level in ("LOW", "CRITICAL", "HIGH")}
    none = handed(world)
    for level, reference in made.items():
        world.threat(reference, level=level)
    standing_clock.move(days=200)
    world.sign_in("protection")

    lines = world.office.ask(world["protection"], queries.threats)

    assert [line.reference for line in lines] == [made["CRITICAL"], made["HIGH"], made["LOW"], none]
    assert not any(level in str(lines) for level in made)


def test_a_case_that_was_not_handed_to_protection_wants_no_assessment_yet(world: World) -> None:
    """The lead holds THREAT from the opening on; with the name it was handed over."""
    reference = world.case()
    assert world.office.ask(world["protection-lead"], queries.threats) == ()

    world.do("intake", cases.hand_over, HandOver(team="protection"), subject=reference)

    assert [line.reference for line in world.office.ask(world["protection-lead"], queries.threats)] == [reference]


def test_each_number_is_the_length_of_its_list(world: World, standing_clock: Clock) -> None:
    made = [handed(world) for _ in range(4)]
    world.threat(made[0], level="CRITICAL")
    world.threat(made[1], level="LOW")
    world.check_in(made[0], days=0.1)
    standing_clock.move(days=8)
    world.sign_in("protection")
    world.sign_in("protection-lead")
    world.check_in(made[1], days=0.1)
    world.check_in(made[1], days=3)
    passed = SendHandoff(kind="NEED", to_team="protection", words="winter shoes")
    world.do("intake", cases.send, passed, subject=made[3])

    for who in ("protection", "protection-lead"):
        numbers = world.office.ask(world[who], queries.count)
        due = [len(world.office.ask(world[who], queries.check_ins, standing=s)) for s in ("MISSED", "TODAY", "WEEK")]
        lapsed = [len(world.office.ask(world[who], queries.threats, standing=s)) for s in ("OVERDUE", "NONE")]
        assert [numbers.missed, numbers.today, numbers.week] == due == [1, 1, 1]
        assert [numbers.overdue, numbers.unassessed] == lapsed == [1, 2]
        assert numbers.handoffs == 1


@pytest.mark.domain("D34")
@pytest.mark.parametrize("who", ["intake", "legal", "legal-lead", "auditor", "administrator", "stranger"])
def test_a_case_of_others_changes_no_queue_and_no_number(world: World, who: str) -> None:
    def asked() -> tuple[Any, ...]:
        ask = world.office.ask
        return ask(world[who], queries.check_ins), ask(world[who], queries.threats), ask(world[who], queries.count)

    world.invite("stranger", roles=("caseworker",))
    before = asked()
    reference = world.case()
    # To the lead alone: the team is given no key of it.
    world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference)
    world.check_in(reference, by="protection-lead")
    world.threat(reference, by="protection-lead")

    assert asked() == before
    assert before[:2] == ((), ())


def test_a_queue_holds_no_word_of_what_was_agreed(world: World) -> None:
    reference = handed(world)
    row = world.check_in(reference, agreed_word=world.canary())
    world.threat(reference, findings=world.canary())

    lists = [world.office.ask(world["protection"], question) for question in (queries.check_ins, queries.threats)]
    told = [*lists, world.office.ask(world["protection"], queries.check_in, row)]

    assert CANARY not in str(told)
    with pytest.raises(NotFound):
        world.office.ask(world["legal"], queries.check_in, row)


@pytest.mark.domain("D10")
def test_both_queues_come_twenty_five_a_page(world: World) -> None:
    made = [handed(world) for _ in range(26)]
    for reference in made:
        world.check_in(reference, days=1)

    for question in (queries.check_ins, queries.threats):
        pages = [world.office.ask(world["protection"], question, page=page) for page in range(2)]
        assert [len(page) for page in pages] == [25, 1]


def test_the_grace_of_a_check_in_is_the_fields_two_hours() -> None:
    assert timedelta(hours=2) == GRACE


@pytest.mark.parametrize("question", [queries.check_ins, queries.threats], ids=["check-ins", "threats"])
def test_a_list_that_is_not_there_is_refused_and_not_empty(world: World, question: Any) -> None:
    with pytest.raises(Unprocessable):
        world.office.ask(world["protection"], question, standing="LATER")


def test_the_talks_of_one_case_are_listed_the_latest_first(world: World, standing_clock: Clock) -> None:
    reference, other = handed(world), handed(world)
    made = [world.check_in(reference, days=days) for days in (1, 20, 3)]
    world.check_in(other)
    settle(world, made[0], "MET_OK")

    lines = world.office.ask(world["protection"], queries.of_case, reference)

    assert [line.id for line in lines] == [made[1], made[2], made[0]]
    assert [line.standing for line in lines] == ["LATER", "WEEK", "SETTLED"]
    assert world.office.ask(world["intake"], queries.of_case, reference) == ()
    with pytest.raises(NotFound):
        world.office.ask(world["legal"], queries.of_case, reference)
