"""The second signature: by somebody who wrote none of it, of the version they read, with a dissent kept beside it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from app.cases import actions as cases
from app.cases.forms import HandOver
from app.errors import Conflict, Refusal
from app.legal import actions as legal
from app.legal import queries, signing
from app.legal.forms import FACTORS, OfVersion, ReadAssessment, ReturnAssessment, SecondSignature
from app.legal.models import DISSENTED, DRAFT, PROPOSED, RETURNED, SIGNED, MitigationAssessment
from app.legal.views import AssessmentLine
from app.work import Action, Form, Justification, Work
from tests.conftest import Clock, Database
from tests.drills import trials
from tests.ladder import Log, Rung, climb, close_every_case, handed
from tests.world import World

EIGHT = OfVersion(version=8)
SIGN = SecondSignature(version=8, answer="SIGNED")
ASK = ReturnAssessment(version=8, words="Which hearing?")


def lines(world: World, reference: str, who: str = "legal") -> tuple[AssessmentLine, ...]:
    found: tuple[AssessmentLine, ...] = world.office.ask(world[who], queries.assessments, reference)
    return found


def state(world: World, reference: str) -> str:
    return lines(world, reference)[0].state


def test_only_a_reviewer_who_holds_the_case_sends_it_to_second_signature(world: World, log: Log) -> None:
    reference = handed(world)
    world.hand_to_protection(reference)
    for factor in FACTORS:
        row = world.note(reference, factor=factor)

    climb(
        world, log, signing.propose,
        Rung("intake", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("legal", "done", "legal-writes-mitigation"),
        Rung("legal", "conflict", "none"),
        form=EIGHT, subject=row,
    )  # fmt: skip


def test_whoever_wrote_it_is_not_its_second_reader_and_the_log_says_by_which_rule(world: World, log: Log) -> None:
    reference = handed(world)
    world.hand_to_protection(reference)
    row = world.proposed(reference)
    for action, form in ((signing.send_back, ASK), (signing.sign, SIGN)):
        climb(
            world, log, action,
            Rung("intake", "not_found", "none"),
            Rung("protection", "not_found", "none"),
            Rung("auditor", "not_found", "none"),
            Rung("administrator", "not_found", "none"),
            Rung("legal", "denied", "nobody-seconds-what-they-wrote"),
            form=form, subject=row,
        )  # fmt: skip

    log.steps = True
    climb(
        world, log, signing.sign,
        Rung("legal-lead", "step_up.needed", "mitigation-by-a-fresh-second-factor"),
        form=SIGN, subject=row,
    )  # fmt: skip
    log.steps = False
    climb(world, log, signing.sign, Rung("legal-lead", "done", "legal-seconds-mitigation"), form=SIGN, subject=row)
    assert state(world, reference) == SIGNED


def test_whoever_wrote_one_factor_of_eight_is_an_author_of_the_whole(world: World, log: Log) -> None:
    reference = handed(world)
    world.note(reference, factor="TIMELINESS", by="legal-lead")
    row = world.proposed(reference)

    climb(
        world, log, signing.sign, Rung("legal-lead", "denied", "nobody-seconds-what-they-wrote"),
        form=SecondSignature(version=9, answer="SIGNED"), subject=row,
    )  # fmt: skip


def test_whoever_does_not_hold_the_account_signs_nothing_that_cites_it(world: World, log: Log) -> None:
    reference = world.case()
    world.do("legal-lead", cases.hand_over, HandOver(team="legal"), subject=reference)
    row = world.proposed(reference)

    climb(world, log, signing.sign, Rung("legal-lead", "denied", "no-rule"), form=SIGN, subject=row)


def test_only_who_wrote_it_takes_it_back(world: World, log: Log) -> None:
    reference = handed(world)
    row = world.proposed(reference)

    climb(
        world, log, signing.withdraw,
        Rung("intake", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal-lead", "denied", "no-rule"),
        Rung("legal", "done", "author-takes-mitigation-back"),
        form=EIGHT, subject=row,
    )  # fmt: skip
    assert state(world, reference) == DRAFT
    assert world.note(reference) == row, "and goes on writing it"


def test_a_declared_conflict_of_interest_takes_the_assessment_out_of_sight(world: World, log: Log) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    world.invite("legal3", roles=("legal_reviewer",))
    world.apart(reference, "legal-lead", by="legal-lead")

    climb(
        world, log, signing.sign, Rung("legal-lead", "not_found", "none"), form=SIGN, subject=row
    )  # fmt: skip
    assert [line for line in world.office.ask(world["legal-lead"], queries.to_sign) if line.id == row] == []
    assert state(world, reference) == PROPOSED


def test_nothing_is_sent_before_every_factor_has_an_answer_and_unknown_is_one(world: World) -> None:
    reference = handed(world)
    for factor in FACTORS[:-1]:
        row = world.note(reference, factor=factor, finding="UNKNOWN")
    with pytest.raises(Conflict):
        world.do("legal", signing.propose, OfVersion(version=7), subject=row)

    world.note(reference, factor=FACTORS[-1], finding="UNKNOWN")
    assert world.do("legal", signing.propose, EIGHT, subject=row).state == PROPOSED


def test_a_question_comes_back_to_who_wrote_it_and_both_texts_stay(world: World) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    world.sent_back(row, reference, "Which hearing was it?")
    (mine,) = world.office.ask(world["legal"], queries.returned)
    assert (mine.id, mine.state) == (row, RETURNED)
    assert world.office.ask(world["legal-lead"], queries.returned) == ()

    world.note(reference, reasons="The hearing of spring.")
    world.do("legal", signing.propose, OfVersion(version=9), subject=row)
    world.seconded(row, reference, words="It was too late to matter.")

    form = ReadAssessment(justification=Justification.LEGAL_ASSESSMENT, cites=row)
    said = world.do("legal", legal.read, form, subject=row).readings
    assert [(each.answer, each.version, each.words.read()) for each in said] == [
        (RETURNED, 8, "Which hearing was it?"), (DISSENTED, 9, "It was too late to matter."),
    ]  # fmt: skip
    assert state(world, reference) == DISSENTED


def test_a_dissent_says_why() -> None:
    with pytest.raises(ValidationError):
        SecondSignature(version=1, answer="DISSENTED")
    assert SecondSignature(version=1, answer="SIGNED")


@pytest.mark.parametrize("words", [None, "I see it otherwise."])
def test_once_two_have_spoken_it_is_not_changed_and_only_followed(world: World, words: str | None) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    world.seconded(row, reference, words=words)
    tried: tuple[tuple[str, Action, Form], ...] = (
        ("legal", signing.propose, EIGHT), ("legal", signing.withdraw, EIGHT),
        ("legal-lead", signing.send_back, ASK), ("legal-lead", signing.sign, SIGN),
    )  # fmt: skip
    for who, action, form in tried:
        with pytest.raises(Conflict):
            world.do(who, action, form, subject=row)

    following = world.note(reference, reasons="Since then a court has found it so.")
    newer, older = lines(world, reference)
    assert (newer.id, newer.follows, newer.version, older.version) == (following, row, 9, 8)
    assert older.state == (DISSENTED if words else SIGNED), "it stands until the other one is signed"

    assert world.proposed(reference) == following
    world.seconded(following, reference)
    assert [line.state for line in lines(world, reference)] == [SIGNED, "SUPERSEDED"]


def test_what_was_read_is_what_is_signed(world: World) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    world.do("legal", signing.withdraw, EIGHT, subject=row)
    world.note(reference, reasons="Quite another reason.")
    world.do("legal", signing.propose, OfVersion(version=9), subject=row)

    for form, action in ((SIGN, signing.sign), (ASK, signing.send_back)):
        with pytest.raises(Conflict):
            world.do("legal-lead", action, form, subject=row)
    assert state(world, reference) == PROPOSED


def test_nothing_is_signed_in_a_closed_case(world: World, database: Database) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("legal-lead", signing.sign, SIGN, subject=row)


def test_second_signatures_wait_in_a_list_of_whoever_can_give_them(world: World, standing_clock: Clock) -> None:
    first, second = handed(world), handed(world)
    rows = [world.proposed(first)]
    standing_clock.move(minutes=5)
    rows.append(world.proposed(second))

    assert [line.id for line in world.office.ask(world["legal-lead"], queries.to_sign)] == rows
    assert world.office.ask(world["legal"], queries.to_sign) == (), "not to whoever wrote them"
    for who in ("intake", "protection", "auditor", "administrator"):
        assert world.office.ask(world[who], queries.to_sign) == ()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("signed_by = authors[1], state = 'SIGNED'", "two"),
        ("state = 'SIGNED'", "signed"),
        ("authors = '{}'", "two"),
        ("state = 'CREDITED'", "state"),
    ],
)
def test_the_database_too_keeps_no_assessment_that_one_person_signed(
    world: World, database: Database, change: str, rule: str
) -> None:
    world.proposed(handed(world))

    with database.engine("owner").begin() as owner, pytest.raises(IntegrityError, match=rule):
        owner.exec_driver_sql(f"UPDATE mitigation_assessments SET {change}")


def test_the_database_keeps_one_open_assessment_a_case(world: World, database: Database) -> None:
    world.note(handed(world))
    twice = (
        "INSERT INTO mitigation_assessments (id, case_id, state, state_at, authors, version)"
        " SELECT gen_random_uuid(), case_id, 'PROPOSED', state_at, authors, 0 FROM mitigation_assessments"
    )

    with database.engine("owner").begin() as owner, pytest.raises(IntegrityError, match="open"):
        owner.exec_driver_sql(twice)


# races


def together(*deeds: Callable[[], Any]) -> list[str]:
    """All at one moment; "done" or the code of the refusal, in the order of the deeds."""
    gate, said = threading.Barrier(len(deeds)), [""] * len(deeds)

    def run(number: int, deed: Callable[[], Any]) -> None:
        gate.wait()
        try:
            deed()
            said[number] = "done"
        except Refusal as refusal:
            said[number] = refusal.code

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def _raced(world: World, reference: str, row: UUID, version: int) -> tuple[list[str], AssessmentLine]:
    """A second signature, an edit and a withdrawal of one version, at one moment."""
    form = SecondSignature(version=version, answer="SIGNED")
    world.step_up("legal-lead", signing.sign, row)
    back = OfVersion(version=version)
    seen = world.seen(reference, "TIMELINESS")
    said = together(
        lambda: world.office.perform(world["legal-lead"], signing.sign, form, subject=row),
        lambda: world.note(reference, reasons="changed in between", seen=seen),
        lambda: world.office.perform(world["legal"], signing.withdraw, back, subject=row),
    )
    return said, next(line for line in lines(world, reference) if line.id == row)


def test_a_signature_an_edit_and_a_withdrawal_at_one_moment_never_both_stand(world: World) -> None:
    """Whatever comes first: what is signed is what was read, and what was taken back is not signed."""
    came: Counter[tuple[str, ...]] = Counter()
    reference = handed(world)
    row = world.proposed(reference)
    for _ in range(trials(12, 10_000)):
        stood = lines(world, reference)
        before = stood[0].version
        said, line = _raced(world, reference, row, before)
        came[tuple(said)] += 1
        signed, edited, withdrawn = (each == "done" for each in said)
        assert not (signed and withdrawn), said
        assert signed == (line.state == SIGNED), (said, line)
        if signed:
            assert line.version == before, "signed is what was read, and not what was written meanwhile"
            begun = len(lines(world, reference)) - len(stood)
            assert begun == (1 if edited else 0), "an edit then began another one"
        if edited and not signed:
            assert withdrawn
            assert line.version == before + 1
        row = _before_a_second_reader(world, reference)

    assert sum(came.values()) == trials(12, 10_000)


def _before_a_second_reader(world: World, reference: str) -> UUID:
    """Whatever the race left: again an assessment that waits for its second signature."""
    newest = lines(world, reference)[0]
    if newest.state == PROPOSED:
        return newest.id
    if newest.state == DRAFT and {each.factor for each in newest.kept} == set(FACTORS):
        world.do("legal", signing.propose, OfVersion(version=newest.version), subject=newest.id)
        return newest.id
    return world.proposed(reference)


def test_without_its_lock_what_was_taken_back_is_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a second reader whose row is not read again signs what its author took back meanwhile."""
    reference = handed(world)
    row = world.proposed(reference)
    world.step_up("legal-lead", signing.sign, row)
    held, taken_back = threading.Event(), threading.Event()

    def unlocked(work: Work, _assessment: MitigationAssessment) -> None:
        if work.actor.code == world.members["legal-lead"].code:
            held.set()
            assert taken_back.wait(timeout=20)

    monkeypatch.setattr(signing, "_locked", unlocked)

    def back() -> None:
        assert held.wait(timeout=20)
        try:
            world.office.perform(world["legal"], signing.withdraw, EIGHT, subject=row)
        finally:
            taken_back.set()

    said = together(lambda: world.office.perform(world["legal-lead"], signing.sign, SIGN, subject=row), back)

    assert (said, state(world, reference)) == (["done", "done"], SIGNED)


def test_two_second_readers_at_one_moment_leave_one_answer(world: World) -> None:
    world.invite("legal3", roles=("legal_reviewer",))
    for _ in range(4):
        reference = handed(world)
        row = world.proposed(reference)
        for who in ("legal-lead", "legal3"):
            world.step_up(who, signing.sign, row)
        dissent = SecondSignature(version=8, answer="DISSENTED", words="I see it otherwise.")

        said = together(
            partial(world.office.perform, world["legal-lead"], signing.sign, SIGN, subject=row),
            partial(world.office.perform, world["legal3"], signing.sign, dissent, subject=row),
        )

        assert sorted(said) == ["conflict", "done"]
        assert state(world, reference) == (SIGNED if said[0] == "done" else DISSENTED)
