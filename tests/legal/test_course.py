"""The course of a mitigation through the office: step by step, by two where it is the office's own, and its report."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import CheckViolation
from pydantic import ValidationError

from app import clock
from app.cases import actions as cases
from app.cases.forms import BeginVisit, GiveGrant
from app.cases.involved import ACCOUNT
from app.cases.timeline import timeline
from app.errors import Conflict, NotFound, Refusal
from app.legal import moves, queries
from app.legal.forms import MoveMitigation, ReportCooperation
from app.testimonies import actions as testimonies
from app.work import Justification
from tests.conftest import Clock, Database
from tests.drills import trials
from tests.ladder import Log, Rung, climb, close_every_case, handed, next_request, opening
from tests.world import World, words

ALL = ("OFFER_PENDING", "AGREEMENT_SIGNED", "PERFORMING", "PERFORMED")
WILL = {"clock": "FULL_ACCOUNT", "whose": "WITNESS"}


def moving(to: str = "NOT_RAISED", **given: Any) -> MoveMitigation:
    """A step as somebody brings it; where nothing else is said, a day begins to run."""
    today = clock.now().date()
    began = {**WILL, "runs_from": today} if to == "NOT_RAISED" else {}
    return MoveMitigation.model_validate({**words.step(), "happened_on": today, "to": to, **began, **given})


def reporting(**given: Any) -> ReportCooperation:
    today = clock.now().date()
    told = {"instrument": "He named the depot; it was found.", "uninvolved": True, "happened_on": today, **given}
    return ReportCooperation.model_validate({**words.step(), **told})


def performed(world: World) -> str:
    """A case in which only the report is missing."""
    reference = handed(world)
    world.upto(reference, "INITIAL_VIEW", *ALL)
    return reference


def ready(world: World) -> tuple[str, int]:
    """The same, and the step that its report follows."""
    reference = performed(world)
    return reference, world.course(reference).seen


def shown(world: World, reference: str, row: UUID) -> dict[str, str]:
    """What was recorded of a step, as its reader is shown it."""
    cites = world.row("legal", reference, "mitigation_assessments")
    form = opening("LEGAL_ASSESSMENT", "authority", "reason", "whose", "happened_on", "ground", "clock", "runs_from",
                   "instrument", "instrument_sha256", cites=cites)  # fmt: skip
    values = world.do("legal", moves.open_step, form, subject=row).values
    return {name: value.read() for name, value in values.items() if value is not None}


@contextmanager
def refused(words: str) -> Iterator[None]:
    """What is done here is a conflict, and its sentence says why."""
    with pytest.raises(Conflict) as found:
        yield
    assert words in found.value.sentence


# --- who may


def test_only_a_reviewer_who_holds_the_case_records_a_step(world: World, log: Log) -> None:
    reference = handed(world)
    world.hand_to_protection(reference)

    climb(
        world, log, moves.move,
        Rung("narrative-lead", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("intake", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"),
        Rung("legal", "done", "legal-records-the-course"),
        Rung("legal-lead", "conflict", "none"),
        form=moving(), subject=reference,
    )  # fmt: skip


def desk_changed(world: World, database: Database, login: str, reference: str) -> None:
    """Somebody reviews for legal now, and is given LEGAL of a case. No action changes a role yet, so the owner does."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE role_holdings SET role = 'legal_reviewer' WHERE user_id = (SELECT id FROM users WHERE code = %s)",
            (world.members[login].code,),
        )
    next_request(world, login)
    give = GiveGrant(user=world.members[login].code, compartments=frozenset({"LEGAL"}))
    world.do("legal-lead", cases.give, give, subject=reference)


def forget(database: Database, *tables: str) -> None:
    """Empty a part of what is known, behind the product's back: the log's term is over, or a note was never made."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        for table in tables:
            owner.execute(f"DELETE FROM {table}")


@pytest.mark.domain("D09")
def test_a_report_is_refused_to_who_had_a_part_and_accepted_from_an_uninvolved_reviewer(
    world: World, database: Database, log: Log
) -> None:
    """The very same text: refused to the officer and the caseworker of the case, even once they review for legal."""
    reference = handed(world)
    world.hand_to_protection(reference)
    world.threat(reference)
    world.upto(reference, "INITIAL_VIEW", *ALL)
    form = reporting(seen=world.course(reference).seen)

    climb(
        world, log, moves.report,
        Rung("narrative-lead", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("intake", "denied", "report-by-who-had-no-part"),
        Rung("protection", "denied", "report-by-who-had-no-part"),
        form=form, subject=reference,
    )  # fmt: skip
    for login in ("intake", "protection"):
        desk_changed(world, database, login, reference)
        climb(
            world, log, moves.report, Rung(login, "denied", "report-by-who-had-no-part"), form=form, subject=reference
        )
    log.steps = True
    climb(
        world, log, moves.report,
        Rung("legal-lead", "step_up.needed", "report-by-a-fresh-second-factor"),
        form=form, subject=reference,
    )  # fmt: skip
    log.steps = False
    climb(
        world, log, moves.report, Rung("legal-lead", "done", "legal-records-the-course"), form=form, subject=reference
    )
    assert world.course(reference).state == "REPORTED"


@pytest.mark.domain("D09")
def test_a_reviewer_who_opened_the_account_does_not_write_the_report(world: World, log: Log) -> None:
    reference, seen = ready(world)
    note, segment = world.row("legal", reference, "mitigation_assessments"), world.row("legal", reference, "segments")
    assert not world.course(reference, by="legal").part
    world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)

    climb(
        world, log, moves.report,
        Rung("legal", "denied", "report-by-who-had-no-part"),
        Rung("legal-lead", "done", "legal-records-the-course"),
        form=reporting(seen=seen), subject=reference,
    )  # fmt: skip
    assert (world.course(reference, by="legal").part, world.course(reference, by="legal-lead").part) == (True, False)


@pytest.mark.domain("D09")
@pytest.mark.parametrize("login", ["intake", "protection"])
def test_each_record_alone_says_who_had_a_part(world: World, database: Database, login: str) -> None:
    """Bodies of entries end after their term, and what a sign-in opened is noted apart: rows outlive both."""
    reference = handed(world)
    world.hand_to_protection(reference)
    world.threat(reference)
    desk_changed(world, database, login, reference)
    assert world.course(reference, by=login).part

    forget(database, "entry_bodies", "combinations")
    assert world.course(reference, by=login).part, "its rows say so"
    forget(database, *(sorted(ACCOUNT) if login == "intake" else ["threat_assessments"]))
    assert not world.course(reference, by=login).part, "the control: nothing says so any more"


@pytest.mark.domain("D09")
def test_whoever_only_looked_at_a_case_as_intake_had_a_part_by_the_log(world: World, database: Database) -> None:
    reference = handed(world)
    world.do("intake-lead", cases.visit, BeginVisit(justification=Justification.WITNESS_REQUEST), subject=reference)
    desk_changed(world, database, "intake-lead", reference)

    assert world.course(reference, by="intake-lead").part
    forget(database, "entry_bodies")
    assert not world.course(reference, by="intake-lead").part, "the control: it stood nowhere else"


def test_another_case_is_no_part_of_this_one(world: World) -> None:
    one, other = handed(world), handed(world)
    world.upto(one, "INITIAL_VIEW", *ALL)
    note, segment = world.note(other), world.row("legal", other, "segments")
    world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)

    world.reported(one, by="legal")

    assert world.course(one).state == "REPORTED"


@pytest.mark.parametrize("lacking", [{"uninvolved": False}, {"instrument": None}, {"attachment": UUID(int=1)}])
def test_a_report_has_words_and_its_author_says_that_they_had_no_part(lacking: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        reporting(**lacking)


def test_a_report_is_not_recorded_as_any_other_step(world: World) -> None:
    reference, seen = ready(world)

    with refused("on its own page"):
        world.do("legal", moves.move, moving("REPORTED", whose="OFFICE", instrument="x", seen=seen), subject=reference)
    assert world.course(reference).state == "PERFORMED"


def test_a_declared_conflict_takes_the_course_out_of_sight(world: World, log: Log) -> None:
    reference, seen = ready(world)
    world.apart(reference, "legal-lead", by="legal-lead")

    for action, form in ((moves.report, reporting(seen=seen)), (moves.move, moving(seen=seen))):
        climb(world, log, action, Rung("legal-lead", "not_found", "none"), form=form, subject=reference)
    with pytest.raises(NotFound):
        world.course(reference, by="legal-lead")


def test_only_holders_of_legal_see_where_it_stands(world: World) -> None:
    reference = handed(world)
    world.upto(reference, "INITIAL_VIEW")

    for login in ("intake", "protection", "narrative-lead", "auditor", "administrator"):
        with pytest.raises(NotFound):
            world.course(reference, by=login)
    assert world.course(reference, by="legal").state == "INITIAL_VIEW"


def test_the_entry_says_that_a_step_was_recorded_and_not_which(world: World, log: Log) -> None:
    reference, marks = handed(world), [world.canary() for _ in range(3)]
    told = dict(zip(("authority", "reason", "instrument"), marks, strict=True))
    world.assessed(reference)
    log.fresh()
    row = world.stepped(reference, "INITIAL_VIEW", **told)

    entry = log.last()
    assert (entry.action, entry.codes) == ("mitigation.move", {"number": 1})
    assert "INITIAL_VIEW" not in str(entry.view)
    assert [mark for mark in marks if mark in str(entry.view)] == []
    # The control: they were there to be told.
    assert shown(world, reference, row).items() >= told.items()


# --- by two


@pytest.mark.parametrize("dissent", [None, "The depot was known before."])
def test_a_first_view_rests_on_an_assessment_of_two_and_keeps_a_dissent(world: World, dissent: str | None) -> None:
    reference = handed(world)
    with refused("Two people sign an assessment of it first"):
        world.stepped(reference, "INITIAL_VIEW")
    world.proposed(reference)
    with refused("Two people sign an assessment of it first"):
        world.stepped(reference, "INITIAL_VIEW")
    row = world.row("legal", reference, "mitigation_assessments")
    world.seconded(row, reference, words=dissent)

    world.stepped(reference, "INITIAL_VIEW")

    told = world.course(reference)
    assert (told.state, told.steps[0].assessment) == ("INITIAL_VIEW", row)
    lines = world.office.ask(world["legal"], queries.assessments, reference)
    assert lines[0].state == ("DISSENTED" if dissent else "SIGNED")
    assert len({*lines[0].authors, lines[0].signed_by}) == 2


def test_that_it_was_done_rests_on_another_one_signed_since_it_began(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    world.upto(reference, "INITIAL_VIEW", "OFFER_PENDING", "AGREEMENT_SIGNED")
    early = world.assessed(reference)
    standing_clock.move(seconds=60)
    world.stepped(reference, "PERFORMING")

    with refused("another assessment since it began"):
        world.stepped(reference, "PERFORMED")
    later = world.assessed(reference)
    world.stepped(reference, "PERFORMED")

    assert world.course(reference).steps[0].assessment == later != early


def test_help_that_is_taken_up_again_is_judged_again(world: World) -> None:
    reference = performed(world)
    world.upto(reference, "REPORTED", "REFERRED_BACK", "PERFORMING")

    with refused("another assessment since it began"):
        world.stepped(reference, "PERFORMED")
    world.upto(reference, "PERFORMED")
    assert world.course(reference).state == "PERFORMED"


def test_the_database_refuses_a_view_of_one(world: World, database: Database) -> None:
    reference = handed(world)
    world.upto(reference, "INITIAL_VIEW")

    for change in ("assessment_id = NULL", "state = 'OFFER_PENDING'", "state = 'REWARDED'", "instrument = 'x'::bytea"):
        with database.connect("owner") as owner, pytest.raises(CheckViolation):
            owner.execute(f"UPDATE mitigation_steps SET {change}")


# --- step by step


def test_the_whole_line_with_its_papers(world: World) -> None:
    reference = performed(world)
    world.reported(reference, instrument="Depot, two trials, four years.")
    world.upto(reference, "CONSIDERED", "CREDITED", "REVOCATION_WINDOW", "CLOSED")

    told = world.course(reference)
    line = ["INITIAL_VIEW", *ALL, "REPORTED", "CONSIDERED", "CREDITED", "REVOCATION_WINDOW", "CLOSED"]
    assert [step.state for step in told.steps] == line[::-1]
    assert [step.number for step in told.steps] == [*range(10, 0, -1)]
    assert told.following == ()
    written = next(step for step in told.steps if step.state == "REPORTED")
    assert written.by == world.members["legal-lead"].code
    read = shown(world, reference, written.id)
    assert read["instrument_sha256"] == sha256(b"Depot, two trials, four years.").hexdigest()
    assert (read["whose"], read["happened_on"]) == ("OFFICE", clock.now().date().isoformat())


def test_a_file_of_the_case_is_a_paper_and_one_of_another_case_is_none(world: World) -> None:
    reference, other = handed(world), handed(world)
    mine, theirs = (world.attach(each, b"bytes", "letter.pdf", "application/pdf") for each in (reference, other))
    world.upto(reference, "INITIAL_VIEW", "OFFER_PENDING")

    with pytest.raises(NotFound):
        world.stepped(reference, "AGREEMENT_SIGNED", instrument=None, attachment=theirs)
    row = world.stepped(reference, "AGREEMENT_SIGNED", instrument=None, attachment=mine)

    assert "instrument" not in shown(world, reference, row)
    # Naming a file opens nothing of the account, so whoever did it may still write the report.
    assert not world.course(reference, by="legal").part


@pytest.mark.parametrize(
    "given",
    [
        {"instrument": "x", "attachment": UUID(int=1)}, {"clock": None}, {"runs_from": None}, {"clock": "MET"},
        {"to": "REWARDED"}, {"whose": "PRESS"}, {"reason": ""}, {"authority": ""}, {"happened_on": "soon"},
        {"ground": "RUMOUR"}, {"discount": 50},
    ],
)  # fmt: skip
def test_a_step_that_is_not_whole_is_refused(given: dict[str, Any]) -> None:
    assert moving()
    with pytest.raises(ValidationError):
        moving(**given)


def test_a_step_is_recorded_after_it_was_taken(world: World) -> None:
    reference, tomorrow = handed(world), clock.now().date() + timedelta(days=1)

    never = tomorrow.replace(year=9999)
    tried: list[dict[str, Any]] = [{"happened_on": tomorrow}, {"runs_from": tomorrow}, {"runs_from": never}]
    for given in tried:
        with refused("after it was taken"):
            world.do("legal", moves.move, moving(**given), subject=reference)
    assert world.course(reference).steps == ()


def test_a_case_that_is_being_closed_takes_no_step_and_warns_of_no_day(world: World, database: Database) -> None:
    reference, long_ago = handed(world), clock.now().date() - timedelta(days=400)
    world.stepped(reference, "NOT_RAISED", **WILL, runs_from=long_ago)
    assert len(world.office.ask(world["legal"], queries.running)) == 1
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("legal", moves.move, moving(seen=1), subject=reference)
    assert world.office.ask(world["legal"], queries.running) == ()


def test_of_two_who_record_at_once_one_finds_the_step_of_the_other(world: World) -> None:
    """Each try is a case of its own; whoever comes second is told, and nothing stands twice."""
    for _ in range(trials(3, 20)):
        reference = handed(world)
        both = threading.Barrier(2)
        answers: Counter[str] = Counter()

        def one(login: str, reference: str = reference, both: threading.Barrier = both,
                answers: Counter[str] = answers) -> None:  # fmt: skip
            both.wait()
            try:
                world.do(login, moves.move, moving(), subject=reference)
                answers["done"] += 1
            except Refusal as refusal:
                answers[refusal.code] += 1

        racers = [threading.Thread(target=partial(one, login)) for login in ("legal", "legal-lead")]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()

        assert answers == {"done": 1, "conflict": 1}
        assert [step.number for step in world.course(reference).steps] == [1]


# --- days


def test_a_day_begins_warns_and_is_met(world: World, standing_clock: Clock) -> None:
    """Italy: all that is known within 180 days of the declared will. A month before, it stands on Today."""
    reference, today = handed(world), clock.now().date()
    world.stepped(reference, "NOT_RAISED", **WILL, runs_from=today)
    last = today + timedelta(days=180)

    def running(login: str = "legal") -> list[tuple[str, Any, bool]]:
        found = world.office.ask(world[login], queries.running)
        return [(line.reference, line.on, line.late) for line in found if line.reference == reference]

    assert (world.course(reference).due_on, running()) == (last, [])
    world.upto(reference, "INITIAL_VIEW", "OFFER_PENDING", "AGREEMENT_SIGNED", "PERFORMING")
    standing_clock.move(days=149)
    for login in ("legal", "legal-lead", "intake"):
        world.sign_in(login)
    assert running() == []
    standing_clock.move(days=1)
    for login in ("legal", "legal-lead", "intake", "auditor"):
        world.sign_in(login)
    assert running() == running("legal-lead") == [(reference, last, False)]
    assert (running("intake"), running("auditor")) == ([], [])
    due = world.office.ask(world["legal"], timeline, reference).due
    assert ("mitigation_steps", last, False) in [(each.table, each.at, each.late) for each in due]
    standing_clock.move(days=31)
    world.sign_in("legal")
    assert running() == [(reference, last, True)]
    assert world.course(reference).state == "PERFORMING", "it warned, and decided nothing"
    assert "PERFORMED" in world.course(reference).following

    world.stepped(reference, "PERFORMING", whose="AUTHORITY", clock="MET")

    assert (world.course(reference).due_on, running()) == (None, [])
    assert world.course(reference).state == "PERFORMING"


def test_a_day_that_ran_out_bars_no_step(world: World) -> None:
    reference, long_ago = handed(world), clock.now().date() - timedelta(days=400)
    world.stepped(reference, "NOT_RAISED", **WILL, runs_from=long_ago)

    world.upto(reference, "INITIAL_VIEW", *ALL)

    assert world.course(reference).due_on is None


def test_since_when_it_stands_is_told_by_the_step_that_moved_it(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    world.upto(reference, "INITIAL_VIEW")
    moved = world.course(reference).steps[0].at
    standing_clock.move(seconds=600)
    world.stepped(reference, "INITIAL_VIEW", **WILL, runs_from=clock.now().date())

    told = world.course(reference)
    assert (told.state, told.since, len(told.steps)) == ("INITIAL_VIEW", moved, 2)
    # The row still says on which assessment it rests.
    assert told.steps[0].assessment == told.steps[1].assessment is not None


def test_a_course_ends_at_its_bound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "STEPS_MAX", 2)
    reference, today = handed(world), clock.now().date()
    for _ in range(2):
        world.stepped(reference, "NOT_RAISED", **WILL, runs_from=today)

    with refused("as many steps as it can"):
        world.stepped(reference, "NOT_RAISED", **WILL, runs_from=today)
