"""A missed check-in never waits for somebody to notice: who is called, who may answer, and that it is once."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, jobs, worker
from app.accounts import actions as accounts
from app.accounts.forms import LeaveTeam
from app.cases import ending
from app.errors import Conflict, NotFound
from app.oversight import clocks
from app.protection import actions as protection
from app.protection import answering, escalating
from app.protection.forms import ReportMissing, SettleCheckIn
from app.protection.models import Escalation, EscalationStep
from app.work import Caller, Office
from tests.conftest import Clock, Database
from tests.cuts import Cut, killed
from tests.ladder import CANARY, Log, Rung, climb, with_a_night
from tests.world import World


@pytest.fixture
def reference(world: World) -> str:
    return with_a_night(world)


def missed(world: World, reference: str, now: Clock, *, hours: float = 2.01, **given: Any) -> UUID:
    """A check-in that fell due and was not met for so long."""
    row = world.check_in(reference, days=1 / 24, **given)
    now.move(hours=1 + hours)
    worker.ring(world.office)
    return row


def escalation(world: World) -> Any:
    (found,) = rows(world, Escalation)
    return found


def rows(world: World, table: Any) -> list[Any]:
    asked = select(table).order_by(table.id)
    found: list[Any] = world.office.housekeep(lambda session: list(session.scalars(asked)))
    return found


def steps(world: World) -> list[tuple[int, str, str | None]]:
    """What happened, with people by their logins."""
    login = {member.code: name for name, member in world.members.items()}
    return [(step.rung, step.what, login.get(step.person, step.person)) for step in rows(world, EscalationStep)]


def again(world: World, *logins: str) -> None:
    for login in logins:
        world.sign_in(login)


@pytest.mark.domain("D25")
def test_caseworker_duty_and_lead_are_called_one_after_another_until_somebody_answers(
    world: World, reference: str, standing_clock: Clock, log: Log
) -> None:
    log.fresh()
    row = missed(world, reference, standing_clock)
    for _ in range(3):
        standing_clock.move(minutes=30)
        worker.ring(world.office)

    assert steps(world) == [
        (1, "CALLED", "protection"), (2, "CALLED", "night"), (3, "CALLED", "protection-lead"),
        (3, "CALLED", "protection-lead"),
    ]  # fmt: skip
    assert (escalation(world).check_in_id, escalation(world).state) == (row, "CALLING")
    said = [each for each in log.fresh() if each.actor == "worker"]
    assert [(each.action, each.codes["rung"], each.codes["called"], each.cases) for each in said] == [
        ("checkin.escalate", 1, 1, [reference]), ("checkin.climb", 2, 1, [reference]),
        ("checkin.climb", 3, 1, [reference]), ("checkin.climb", 3, 1, [reference]),
    ]  # fmt: skip
    assert {each.rule for each in said} == {"clock-calls-people"}


def test_nobody_is_called_while_the_grace_lasts_or_once_they_were_spoken_with(
    world: World, reference: str, standing_clock: Clock, log: Log
) -> None:
    row = missed(world, reference, standing_clock, hours=1.99)
    assert rows(world, Escalation) == []
    again(world, "protection")
    world.do("protection", protection.settle_check_in, SettleCheckIn(state="MET_OK"), subject=row)
    log.fresh()

    standing_clock.move(hours=5)
    worker.ring(world.office)
    worker.mend(world.office)
    worker.ring(world.office)

    assert rows(world, Escalation) == []
    assert log.fresh() == [], "nor does each talk that came about leave a refusal in the log"


def test_to_note_that_somebody_was_missed_calls_nobody_off(world: World, reference: str, standing_clock: Clock) -> None:
    row = missed(world, reference, standing_clock, hours=1)
    again(world, "protection")
    world.do("protection", protection.settle_check_in, SettleCheckIn(state="MISSED"), subject=row)
    standing_clock.move(hours=1.01)

    worker.ring(world.office)

    assert escalation(world).check_in_id == row


def test_a_talk_that_comes_about_later_ends_it(world: World, reference: str, standing_clock: Clock) -> None:
    missed(world, reference, standing_clock)
    again(world, "protection")
    later = world.check_in(reference, days=1)

    world.do("protection", protection.settle_check_in, SettleCheckIn(state="MET_CONCERN"), subject=later)
    standing_clock.move(hours=5)
    worker.ring(world.office)

    assert escalation(world).state == "SPOKEN"
    assert steps(world) == [(1, "CALLED", "protection"), (1, "SPOKEN", "protection")]


def test_an_answer_holds_an_hour_and_then_the_next_rung_is_called(
    world: World, reference: str, standing_clock: Clock
) -> None:
    missed(world, reference, standing_clock)
    again(world, "protection", "night")
    world.do("protection", answering.acknowledge, subject=escalation(world).id)
    standing_clock.move(minutes=59)
    worker.ring(world.office)
    assert escalation(world).acknowledged_by == world.members["protection"].code

    standing_clock.move(minutes=2)
    worker.ring(world.office)

    assert (escalation(world).state, escalation(world).acknowledged_by) == ("CALLING", None)
    assert steps(world)[1:] == [(1, "ACKNOWLEDGED", "protection"), (2, "CALLED", "night")]
    again(world, "night")
    world.do("night", answering.acknowledge, subject=escalation(world).id)
    assert escalation(world).acknowledged_by == world.members["night"].code


@pytest.mark.parametrize("state", ["LOCATED", "UNACCOUNTED"])
def test_what_was_found_out_ends_the_calling(
    world: World, reference: str, standing_clock: Clock, log: Log, state: Any
) -> None:
    missed(world, reference, standing_clock)
    again(world, "night")
    world.do("night", answering.acknowledge, subject=escalation(world).id)
    log.fresh()

    world.do("night", answering.report, ReportMissing(state=state), subject=escalation(world).id)
    said = log.last()
    standing_clock.move(hours=9)
    worker.ring(world.office)

    assert (said.action, said.codes["state"], said.cases) == ("checkin.report", state, [reference])
    assert (escalation(world).state, len(steps(world))) == (state, 3)


def test_whoever_was_unaccounted_for_can_still_be_located_and_not_the_other_way(
    world: World, reference: str, standing_clock: Clock
) -> None:
    missed(world, reference, standing_clock)
    again(world, "protection")
    row = escalation(world).id
    for state in ("UNACCOUNTED", "LOCATED"):
        world.do("protection", answering.report, ReportMissing(state=state), subject=row)

    for state in ("LOCATED", "UNACCOUNTED"):
        with pytest.raises(Conflict):
            world.do("protection", answering.report, ReportMissing(state=state), subject=row)
    with pytest.raises(Conflict):
        world.do("protection", answering.acknowledge, subject=row)


@pytest.mark.parametrize(
    ("action", "form"),
    [(answering.acknowledge, None), (answering.report, ReportMissing(state="LOCATED"))],
    ids=["acknowledge", "report"],
)
def test_only_a_caseworker_of_the_case_or_on_duty_answers(
    world: World, reference: str, standing_clock: Clock, log: Log, action: Any, form: Any
) -> None:
    world.invite("asleep", roles=("caseworker",), duty="duty")
    world.do("protection-lead", accounts.leave_team, LeaveTeam(team="protection"), subject=world.members["asleep"].code)
    missed(world, reference, standing_clock)
    again(world, "night", "asleep", "legal", "legal-lead", "intake", "auditor", "administrator", "narrative-lead")

    climb(
        world, log, action,
        Rung("anonymous", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("intake", "not_found", "none"),
        # Of the duty team, and at home tonight.
        Rung("asleep", "denied", "no-rule"),
        Rung("night", "done", "caseworker-answers-alarms"),
        form=form, subject=escalation(world).id,
    )  # fmt: skip


def test_where_the_witness_said_no_to_duty_nobody_on_duty_is_called_or_can_answer(
    world: World, reference: str, standing_clock: Clock
) -> None:
    missed(world, reference, standing_clock, duty="REFUSED")
    standing_clock.move(minutes=30)
    worker.ring(world.office)
    again(world, "night")

    assert steps(world) == [(1, "CALLED", "protection"), (3, "CALLED", "protection-lead")]
    with pytest.raises(NotFound):
        world.do("night", answering.acknowledge, subject=escalation(world).id)


def test_nobody_is_called_who_is_to_have_nothing_to_do_with_it_or_is_gone(
    world: World, reference: str, standing_clock: Clock, database: Database
) -> None:
    row = world.check_in(reference, days=1 / 24)
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE users SET state = 'DISABLED' WHERE code = %s", (world.members["protection"].code,))
    standing_clock.move(hours=3.01)

    worker.ring(world.office)

    assert escalation(world).check_in_id == row
    # Nobody but the lead holds it any day, so duty comes first.
    assert steps(world) == [(2, "CALLED", "night")]


@pytest.mark.domain("D25")
def test_if_nothing_ran_over_its_time_it_fires_at_once_and_makes_up_for_the_rungs(
    world: World, reference: str, standing_clock: Clock
) -> None:
    missed(world, reference, standing_clock, hours=9)

    assert [rung for rung, _, _ in steps(world)] == [1, 2, 3]


@pytest.mark.domain("D25")
@pytest.mark.abuse("J11")
@pytest.mark.parametrize("days", [3650, 1, -1, -400])
def test_a_clock_that_jumps_silences_nobody(
    world: World, reference: str, standing_clock: Clock, days: int, settings: Any
) -> None:
    missed(world, reference, standing_clock)
    standing_clock.move(days=days)
    worker.mend(world.office)
    worker.ring(world.office)

    called = len(steps(world))
    standing_clock.move(minutes=30)
    worker.ring(world.office)

    assert called >= 2, "the next rung was called after the jump"
    assert len(steps(world)) > called
    assert len(rows(world, Escalation)) == 1


def test_a_jump_that_holds_destruction_holds_no_alarm(world: World, reference: str, standing_clock: Clock) -> None:
    world.office.perform(Caller.service("worker"), clocks.jump, clocks.Jumped(seconds=86400))

    missed(world, reference, standing_clock)

    assert steps(world) == [(1, "CALLED", "protection")]


def test_a_job_that_was_lost_is_asked_for_again(world: World, reference: str, standing_clock: Clock) -> None:
    def lose(session: Session) -> None:
        session.execute(update(jobs.Job).values(done_at=clock.now()))

    world.check_in(reference, days=1 / 24)
    world.office.housekeep(lose)
    standing_clock.move(hours=3.01)
    worker.ring(world.office)
    assert rows(world, Escalation) == []
    for expected in (1, 2, 3):
        worker.mend(world.office)
        worker.ring(world.office)
        assert len(steps(world)) == expected
        world.office.housekeep(lose)
        standing_clock.move(minutes=31)


CUTS = [
    Cut("before", worker, "_perform"),
    Cut("after", worker, "_perform"),
    Cut("before", escalating, "first"),
    Cut("before", escalating, "_call"),
    Cut("after", escalating, "_call"),
]


@pytest.mark.domain("D25")
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_worker_killed_anywhere_calls_once_and_another_goes_on(
    world: World, reference: str, standing_clock: Clock, cut: Cut
) -> None:
    row = world.check_in(reference, days=1 / 24)
    standing_clock.move(hours=3.01)

    assert killed(cut, lambda: worker.ring(fresh_office(world.office)))
    worker.ring(world.office)
    worker.mend(world.office)
    worker.ring(world.office)

    assert escalation(world).check_in_id == row
    assert steps(world) == [(1, "CALLED", "protection")]


def test_two_workers_call_once(world: World, reference: str, standing_clock: Clock) -> None:
    """Also where the job is there twice, so that both perform it at one moment."""
    made = [world.check_in(reference, days=1 / 24 + n / 86400) for n in range(6)]
    for row in made:
        twice = partial(jobs.later, action="checkin.escalate", subject=row, at=clock.now())
        world.office.housekeep(twice)
    standing_clock.move(hours=3.01)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        worker.ring(world.office)

    both = [threading.Thread(target=work) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(each.check_in_id for each in rows(world, Escalation)) == sorted(made)
    assert steps(world) == [(1, "CALLED", "protection")] * 6


def test_no_case_is_closed_while_somebody_is_missing(world: World, reference: str, standing_clock: Clock) -> None:
    row = missed(world, reference, standing_clock)
    again(world, "protection")
    world.do("protection", protection.settle_check_in, SettleCheckIn(state="MISSED"), subject=row)

    with pytest.raises(Conflict) as refused:
        world.do("protection", ending.propose_closing, subject=reference)
    assert "are being called" in refused.value.sentence
    world.do("protection", answering.report, ReportMissing(state="LOCATED"), subject=escalation(world).id)
    # The control: it was this alone.
    world.do("protection", ending.propose_closing, subject=reference)


def test_nothing_sealed_is_in_an_alarm_its_entries_or_what_the_worker_says(
    world: World, reference: str, standing_clock: Clock, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    word = world.canary()
    missed(world, reference, standing_clock, agreed_word=word, zone="Africa/Khartoum")
    again(world, "protection")
    world.do("protection", answering.acknowledge, subject=escalation(world).id)

    kept = [str(vars(row)) for table in (Escalation, EscalationStep, jobs.Job) for row in rows(world, table)]
    with database.connect("auditor") as auditor:
        entries = [bytes(body).decode() for (body,) in auditor.execute("SELECT body FROM entry_bodies").fetchall()]

    for told in (*kept, *entries, caplog.text):
        assert CANARY not in told
        assert "Khartoum" not in told
    # The control: the hunt finds what is there.
    assert any(reference in told for told in entries)
    assert word.startswith(CANARY)


def fresh_office(office: Office) -> Office:
    """The same office over connections of its own: those of another process are not shared."""
    office._engine.dispose(close=False)
    return office
