"""An auditor asks a colleague about their entries: who may, how it stands, and that nobody inquires into themself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.errors import Conflict, NotFound
from app.oversight import actions as oversight
from app.oversight import inquiries
from app.oversight.forms import AskLog, AskThem, CloseInquiry, Explain, OpenInquiry, PickEntry
from app.oversight.views import InquiryLine
from app.people import actions as people
from tests.conftest import Clock
from tests.ladder import CANARY, Log, Rung, climb
from tests.world import World

BEGIN = OpenInquiry(reason="NIGHT")


def reveal(world: World) -> UUID:
    """An entry of the intake officer's: they had a name shown. Its id."""
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    row = world.row("intake", reference, "persons")
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
    found: UUID = world.do("auditor", oversight.ask, AskLog(action="person.reveal")).entries[0].id
    return found


def stands(world: World, row: UUID, login: str = "auditor") -> InquiryLine:
    line: InquiryLine = world.office.ask(world[login], inquiries.show, row)
    return line


def ask(world: World, row: UUID) -> Any:
    return world.do("auditor", inquiries.ask_them, AskThem(question="WHY_THIS"), subject=row)


# who may


def test_auditors_inquire_and_nobody_else_does(world: World, log: Log) -> None:
    about = world.members["intake"].code
    begun = climb(
        world, log, inquiries.open_inquiry,
        *(Rung(login, "denied", "no-rule") for login in world.members if login not in {"auditor", "intake"}),
        Rung("anonymous", "denied", "no-rule"), Rung("auditor", "done", "auditor-inquires"),
        form=BEGIN, subject=about,
    )  # fmt: skip
    entry = reveal(world)
    for action, form in (
        (inquiries.pick, PickEntry(entry=entry)),
        (inquiries.ask_them, AskThem(question="WHY_THEN")),
    ):
        climb(
            world, log, action,
            Rung("anonymous", "not_found", "none"), Rung("legal", "not_found", "none"),
            Rung("intake-lead", "not_found", "none"), Rung("administrator", "not_found", "none"),
            Rung("auditor", "done", "auditor-inquires"),
            form=form, subject=begun.id,
        )  # fmt: skip
    climb(
        world, log, inquiries.answer,
        Rung("legal", "not_found", "none"), Rung("auditor", "denied", "no-rule"),
        Rung("intake", "done", "who-is-asked-answers"), Rung("intake", "conflict", "none"),
        form=Explain(answer="MY_TASK"), subject=begun.id,
    )  # fmt: skip
    climb(
        world, log, inquiries.close,
        Rung("intake-lead", "not_found", "none"), Rung("intake", "denied", "nobody-inquires-into-themself"),
        Rung("auditor", "done", "auditor-inquires"), Rung("auditor", "conflict", "none"),
        form=CloseInquiry(outcome="LAWFUL"), subject=begun.id,
    )  # fmt: skip


@pytest.mark.abuse("E08")
def test_nobody_inquires_into_themself(world: World, log: Log) -> None:
    world.invite("second-auditor", roles=("auditor",))
    mine = "nobody-inquires-into-themself"
    climb(
        world, log, inquiries.open_inquiry, Rung("auditor", "denied", mine),
        form=BEGIN, subject=world.members["auditor"].code,
    )  # fmt: skip
    begun = world.do("second-auditor", inquiries.open_inquiry, BEGIN, subject=world.members["auditor"].code)
    # Before they are asked there is none for them; afterwards they answer, and do nothing else with it.
    close = CloseInquiry(outcome="LAWFUL")
    climb(world, log, inquiries.close, Rung("auditor", "not_found", "none"), form=close, subject=begun.id)
    world.do("second-auditor", inquiries.ask_them, AskThem(question="WAS_IT_YOU"), subject=begun.id)
    climb(world, log, inquiries.close, Rung("auditor", "denied", mine), form=close, subject=begun.id)
    climb(
        world, log, inquiries.answer, Rung("auditor", "done", "who-is-asked-answers"),
        form=Explain(answer="NOT_ME"), subject=begun.id,
    )  # fmt: skip


def test_whoever_it_is_about_is_told_when_they_are_asked_and_not_before(world: World) -> None:
    row = world.inquiry("intake", reveal(world))
    with pytest.raises(NotFound):
        stands(world, row, "intake")
    assert world.office.ask(world["intake"], inquiries.inquiries) == ()

    ask(world, row)

    assert stands(world, row, "intake").question == "WHY_THIS"
    assert [each.action for each in world.office.ask(world["intake"], inquiries.entries, row)] == ["person.reveal"]
    assert world.office.ask(world["intake"], inquiries.count).asked_me == 1
    for login in set(world.members) - {"auditor", "intake"}:
        with pytest.raises(NotFound):
            stands(world, row, login)
    with pytest.raises(NotFound):
        world.office.ask(world["auditor"], inquiries.entries, row)


# how it stands


def test_an_inquiry_goes_from_its_reason_to_its_outcome(world: World, log: Log) -> None:
    entry = reveal(world)
    row = world.inquiry("intake", entry, reason="JOINED")
    colleague = world.members["intake-lead"].code
    log.fresh()
    ask(world, row)
    world.do("intake", inquiries.answer, Explain(answer="STOOD_IN", vouched_by=colleague), subject=row)
    world.do("auditor", inquiries.close, CloseInquiry(outcome="MISTAKE"), subject=row)

    line = stands(world, row)

    assert (line.reason, line.standing, line.answer, line.vouched_by, line.outcome) == (
        "JOINED", "CLOSED", "STOOD_IN", colleague, "MISTAKE",
    )  # fmt: skip
    assert [said.codes for said in log.fresh()] == [
        {"question": "WHY_THIS"}, {"answer": "STOOD_IN", "vouched_by": colleague}, {"outcome": "MISTAKE"},
    ]  # fmt: skip
    found = world.do("auditor", oversight.ask, AskLog(inquiry=row)).entries
    assert [each.id for each in found] == [entry]
    assert CANARY not in str((line, found))


def test_an_answer_is_late_after_seventy_two_hours_and_still_taken(world: World, standing_clock: Clock) -> None:
    row = world.inquiry("intake", asked=True)
    numbers = world.office.ask(world["auditor"], inquiries.count)
    standing_clock.move(hours=72)
    for login in ("auditor", "intake"):
        world.sign_in(login)

    late = stands(world, row)
    then = world.office.ask(world["auditor"], inquiries.count)
    world.do("intake", inquiries.answer, Explain(answer="NOT_REMEMBERED"), subject=row)

    assert (numbers.waiting, numbers.late, then.waiting, then.late) == (1, 0, 0, 1)
    assert late.due_at is not None
    assert (late.standing, late.due_at <= clock.now()) == ("LATE", True)
    assert world.office.ask(world["auditor"], inquiries.count).to_close == 1


def test_who_is_asked_again_answers_again(world: World) -> None:
    row = world.inquiry("intake", asked=True)
    world.do("intake", inquiries.answer, Explain(answer="MY_TASK"), subject=row)
    again = world.do("auditor", inquiries.ask_them, AskThem(question="WHO_ASKED"), subject=row)

    assert (again.standing, again.question, again.answer) == ("ASKED", "WHO_ASKED", None)


def test_nobody_is_found_to_have_misused_a_key_unheard(world: World) -> None:
    row = world.inquiry("intake")
    misuse = CloseInquiry(outcome="MISUSE")
    with pytest.raises(Conflict):
        world.do("auditor", inquiries.close, misuse, subject=row)
    ask(world, row)

    # Whoever does not answer was heard all the same: they were asked.
    assert world.do("auditor", inquiries.close, misuse, subject=row).outcome == "MISUSE"


def test_an_entry_of_somebody_else_or_twice_belongs_to_no_inquiry(world: World) -> None:
    entry = reveal(world)
    theirs, other = world.inquiry("intake"), world.inquiry("legal")

    world.do("auditor", inquiries.pick, PickEntry(entry=entry), subject=theirs)
    for row in (theirs, other):
        with pytest.raises(Conflict):
            world.do("auditor", inquiries.pick, PickEntry(entry=entry), subject=row)
    with pytest.raises(Conflict):
        world.inquiry("legal", entry)


@pytest.mark.parametrize("who", ["S-333333", "themself"])
def test_whoever_confirms_is_another_who_works_here(world: World, who: str) -> None:
    row = world.inquiry("intake", asked=True)
    code = world.members["intake"].code if who == "themself" else who

    with pytest.raises(Conflict):
        world.do("intake", inquiries.answer, Explain(answer="MY_TASK", vouched_by=code), subject=row)


def test_once_closed_nothing_more_is_done_with_it(world: World) -> None:
    row = world.inquiry("intake", asked=True)
    world.do("auditor", inquiries.close, CloseInquiry(outcome="UNRESOLVED"), subject=row)

    for login, action, form in (
        ("auditor", inquiries.pick, PickEntry(entry=reveal(world))),
        ("auditor", inquiries.ask_them, AskThem(question="WHY_THIS")),
        ("intake", inquiries.answer, Explain(answer="MY_TASK")),
    ):
        with pytest.raises(Conflict):
            world.do(login, action, form, subject=row)
