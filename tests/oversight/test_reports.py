"""A case's report lists 1 to n and says how far a checkpoint covers it; a month in numbers adds up."""

from __future__ import annotations

from typing import Any

import pytest

from app.audit.sequencer import Sequencer
from app.cases import actions as cases
from app.cases.forms import GiveGrant
from app.errors import NotFound, Refusal
from app.oversight import actions as oversight
from app.oversight import inquiries, reports
from app.oversight.forms import AskCase, AskLog, Explain
from app.oversight.views import CaseReport, Figures
from app.people import actions as people
from app.pseudonyms import references
from tests.cases.canaries import plant
from tests.conftest import Clock, Database
from tests.ladder import CANARY, Log, Rung, climb
from tests.oversight.test_verifying import as_owner
from tests.world import World


def report(world: World, reference: str, **more: Any) -> CaseReport:
    told: CaseReport = world.do("auditor", reports.case_report, AskCase(reference=reference, **more))
    return told


def test_the_report_of_a_case_is_the_auditors(world: World, log: Log) -> None:
    reference = world.case()
    climb(
        world, log, reports.case_report,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "auditor"),
        Rung("anonymous", "denied", "no-rule"), Rung("auditor", "done", "auditor-reads-the-log"),
        form=AskCase(reference=reference), subject=reference,
    )  # fmt: skip


@pytest.mark.domain("D02")
def test_everything_done_to_a_case_is_listed_from_one_to_n(world: World, log: Log) -> None:
    planted = plant(world)
    world.case()

    told = report(world, planted.reference, whole=True)

    assert [line.seq for line in told.lines] == list(range(1, told.last + 1))
    assert (told.gapless, told.more) == (True, False)
    assert sum(number for _, number in told.operations) == told.last > 40
    assert {"collect", "consult", "grant"} <= {name for name, _ in told.operations}
    assert all(
        planted.reference in {subject["case"] for subject in line.body["subjects"]} for line in told.lines if line.body
    )
    assert CANARY not in str(told)
    # The report is of the log, and not of the case: it adds nothing to it.
    assert report(world, planted.reference).last == told.last


def test_whom_something_was_given_to_is_told_by_team_or_code(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    code = world.members["narrative-lead"].code
    world.do("intake", cases.give, GiveGrant(user=code, compartments=frozenset({"RELEASE"})), subject=reference)

    given = [line.recipient for line in report(world, reference).lines if line.body and line.body.get("recipient")]

    assert (set(given[:-1]), given[-1]) == ({"legal"}, code)


def test_it_goes_on_page_by_page(world: World) -> None:
    reference = world.case()
    for _ in range(60):
        world.document(reference)

    first = report(world, reference)
    second = report(world, reference, behind=first.lines[-1].seq)

    assert (len(first.lines), first.more, len(second.lines), second.more) == (50, True, 11, False)
    assert second.lines[0].seq == 51


def test_it_says_which_number_is_the_last_under_the_checkpoint(world: World, sequencer: Sequencer) -> None:
    reference = world.case()
    before = report(world, reference)
    world.document(reference)
    sequencer.tick(sign_now=True)
    signed = report(world, reference)
    world.document(reference)
    sequencer.tick()
    after = report(world, reference)

    assert (before.covered, before.size, before.note) == (0, 0, "")
    assert (signed.last, signed.covered) == (2, 2)
    assert signed.note.split("\n")[1] == str(signed.size)
    assert (after.last, after.covered) == (3, 2)


@pytest.mark.abuse("G01")
def test_a_number_that_was_taken_away_is_told(world: World, database: Database) -> None:
    reference = world.case()
    for _ in range(3):
        world.document(reference)
    assert report(world, reference).gapless, "the control: nothing is missing yet"

    as_owner(database, "DELETE FROM entry_subjects WHERE seq = 2")

    assert not report(world, reference).gapless


def test_an_entry_whose_body_was_erased_keeps_its_number(world: World, database: Database) -> None:
    reference = world.case()
    world.document(reference)
    second = world.do("auditor", oversight.ask, AskLog(case=reference)).entries[0].id
    with database.connect("eraser") as eraser:
        eraser.execute("DELETE FROM entry_bodies WHERE entry = %s", (second,))

    told = report(world, reference)

    assert [(line.seq, line.body is None) for line in told.lines] == [(1, False), (2, True)]
    assert told.gapless


@pytest.mark.parametrize("reference", ["A", "drawn"])
def test_of_a_case_that_is_not_there_no_report_is_made(world: World, reference: str) -> None:
    with pytest.raises(NotFound):
        report(world, references.draw() if reference == "drawn" else reference)


# a month in numbers


def test_a_month_in_numbers_is_the_auditors(world: World, log: Log) -> None:
    climb(
        world, log, reports.figures,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "auditor"),
        Rung("anonymous", "denied", "no-rule"), Rung("auditor", "done", "auditor-reads-the-log"),
    )  # fmt: skip


def test_each_number_is_the_length_of_its_list(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    row = world.row("intake", reference, "persons")
    for hours in (1, 30):
        standing_clock.move(hours=hours)
        world.sign_in("intake")
        world.sign_in("legal")
        world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
        with pytest.raises(Refusal):
            world.case(by="legal")
    world.sign_in("auditor")

    told: Figures = world.do("auditor", reports.figures)

    shown = world.do("auditor", oversight.ask, AskLog(action="person.reveal", outcome="done")).entries
    refused = world.do("auditor", oversight.ask, AskLog(refused=True)).entries
    assert sum(number for _, number in told.reveals) == len(shown) == 2
    assert sum(number for _, number in told.refusals) == len(refused)
    assert {day for day, number in told.reveals if number} == {line.body["at"][:10] for line in shown}
    ((role, hours_of),) = told.openings
    assert (role, sum(hours_of)) == ("intake_officer", 2)
    assert (len(told.refusals), told.refusals[-1][0]) == (28, told.last)
    assert CANARY not in str(told)


def test_how_long_answers_and_reviews_took_is_counted(world: World, standing_clock: Clock) -> None:
    quick, slow = world.inquiry("intake", asked=True), world.inquiry("legal", asked=True)
    world.inquiry("protection", asked=True)
    world.do("intake", inquiries.answer, Explain(answer="MY_TASK"), subject=quick)
    standing_clock.move(hours=30)
    for login in ("legal", "auditor"):
        world.sign_in(login)
    world.do("legal", inquiries.answer, Explain(answer="MY_TASK"), subject=slow)

    told: Figures = world.do("auditor", reports.figures)

    assert dict(told.reviews)["inquiry"] == (1, 1, 0, 0, 1)
    assert dict(told.reviews)["glass"] == (0, 0, 0, 0, 0)
