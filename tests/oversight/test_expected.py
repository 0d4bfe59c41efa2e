"""Openings on duty and what one's own interview joins: said in the entry, counted last, hidden from nobody."""

from __future__ import annotations

from typing import Any

from app.oversight import actions as oversight
from app.oversight import queries
from app.oversight.forms import AskLog
from app.people import actions as people
from app.protection import actions as protection
from app.testimonies import actions as testimonies
from tests.conftest import Clock
from tests.ladder import Log
from tests.world import World


def reveal(world: World, reference: str) -> None:
    row = world.row("intake", reference, "persons")
    world.step_up("intake", people.reveal, row)
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")


def read(world: World, reference: str) -> None:
    segment = world.row("intake", reference, "segments")
    world.open("intake", testimonies.open_segment, segment, "text", justification="WITNESS_REQUEST")


def flags(log: Log) -> list[tuple[str, Any]]:
    """Of the openings since: their kind, and why each is no surprise."""
    opened = [entry for entry in log.fresh() if entry.operation in {"consult", "combine"}]
    return [(entry.operation, (entry.codes or {}).get("expected")) for entry in opened]


def counted(world: World) -> tuple[int, int]:
    """How many joinings the auditor's tile counts first, and how many there are."""
    first = world.office.ask(world["auditor"], queries.numbers).combined
    return first, len(world.do("auditor", oversight.ask, AskLog(operation="combine")).entries)


def test_what_ones_own_interview_joins_says_so(world: World, log: Log) -> None:
    reference = world.case()
    world.testimony(reference)
    world.person(reference)
    # A second account of the same person, now being taken.
    world.testimony(reference, upto="IN_SESSION")
    log.fresh()

    reveal(world, reference)
    read(world, reference)

    assert flags(log) == [("consult", None), ("consult", None), ("combine", "own_session")]
    assert counted(world) == (0, 1)


def test_the_same_joining_after_the_interview_is_counted_first(world: World, log: Log) -> None:
    """The control: nothing is being taken, so nothing explains it."""
    reference = world.case()
    world.testimony(reference)
    world.person(reference)
    log.fresh()

    reveal(world, reference)
    read(world, reference)

    assert flags(log) == [("consult", None), ("consult", None), ("combine", None)]
    assert counted(world) == (1, 1)


def test_a_colleagues_interview_explains_nothing(world: World, log: Log) -> None:
    reference = world.case()
    world.testimony(reference)
    world.person(reference)
    world.testimony(reference, upto="IN_SESSION", by="intake-lead")
    log.fresh()

    reveal(world, reference)
    read(world, reference)

    assert flags(log)[-1] == ("combine", None)


def test_an_opening_on_duty_says_so_while_the_time_lasts(world: World, log: Log, standing_clock: Clock) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    row = world.threat(reference)

    def opened() -> tuple[str, Any]:
        log.fresh()
        world.open("protection", protection.open_threat, row, "findings", justification="LIFE_AT_RISK", words="Now.")
        return flags(log)[-1]

    assert opened() == ("consult", None)
    world.on_duty("protection", hours=1)
    assert opened() == ("consult", "on_duty")
    standing_clock.move(hours=2)
    world.sign_in("protection")
    assert opened() == ("consult", None)


def test_a_colleague_on_duty_explains_nobody_elses_openings(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    row = world.threat(reference)
    world.invite("other", roles=("caseworker",), duty="duty")
    world.on_duty("other", hours=1)
    log.fresh()

    world.open("protection", protection.open_threat, row, "findings", justification="LIFE_AT_RISK", words="Now.")

    assert flags(log)[-1] == ("consult", None)


def test_nights_on_duty_are_counted_last_and_stand_in_the_list(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    row = world.threat(reference)
    standing_clock.move(hours=10)
    world.sign_in("protection-lead")
    world.sign_in("protection")
    world.on_duty("protection", hours=1)
    world.open("protection", protection.open_threat, row, "findings", justification="LIFE_AT_RISK", words="Now.")
    world.sign_in("auditor")

    assert world.office.ask(world["auditor"], queries.numbers).nights == 0
    (line,) = world.do("auditor", oversight.ask, AskLog(operation="consult", nights=True)).entries
    assert line.body["codes"]["expected"] == "on_duty"
    assert world.do("auditor", oversight.ask, AskLog(operation="consult", nights=True, unexpected=True)).entries == ()
