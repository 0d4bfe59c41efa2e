"""Legal's queue: what was handed over waits unassigned, is taken by one, and is written."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.cases import actions as cases
from app.cases.forms import HandOver, SendHandoff
from app.errors import Conflict, NotFound, Refusal, Unprocessable
from app.legal import actions as legal
from app.legal import queries
from app.legal.forms import ReadAssessment, WriteFactor
from app.testimonies import actions as testimonies
from app.work import Justification
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, close_every_case, with_an_onlooker
from tests.world import World, words


def standings(world: World, who: str = "legal") -> dict[str, str]:
    return {line.reference: line.standing for line in world.office.ask(world[who], queries.reviews)}


def handed(world: World) -> str:
    reference = world.case()
    world.hand_to_legal(reference)
    return reference


def test_a_case_goes_from_unassigned_to_mine_to_written(world: World) -> None:
    reference = handed(world)
    seen = [standings(world)[reference]]

    draft = world.do("legal", legal.take, subject=reference)
    seen.append(standings(world)[reference])
    assert standings(world, "legal-lead")[reference] == "TAKEN"
    row = world.proposed(reference)
    seen.append(standings(world)[reference])
    world.sent_back(row, reference)
    seen.append(standings(world)[reference])

    assert seen == ["UNASSIGNED", "MINE", "WRITTEN", "MINE"]
    assert (draft.state, row) == ("DRAFT", draft.id), "the draft itself is filled"


def test_only_a_reviewer_to_whom_a_case_was_handed_takes_it(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    lead_alone = climb(
        world, log, legal.take,
        Rung("legal", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "denied", "no-rule"),
        Rung("protection-lead", "denied", "no-rule"),
        # LEGAL is the lead's from the opening on; the account is not handed over yet.
        Rung("legal-lead", "denied", "no-rule"),
        subject=reference,
    )  # fmt: skip
    assert lead_alone is None
    world.hand_to_legal(reference)
    log.fresh()

    climb(
        world, log, legal.take,
        Rung("legal", "done", "legal-takes-cases"),
        Rung("legal", "conflict", "none"),
        Rung("legal-lead", "conflict", "none"),
        subject=reference,
    )  # fmt: skip


def test_a_draft_is_what_reading_the_account_cites_before_a_word_is_written(world: World, log: Log) -> None:
    reference, mark = world.case(), world.canary()
    world.testimony(reference)
    world.hand_to_legal(reference)
    segment = world.row("legal", reference, "segments")
    with pytest.raises(Refusal):
        world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT")

    draft = world.do("legal", legal.take, subject=reference).id
    world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=draft)
    read = log.last()
    world.note(reference, reasons=mark)
    kept = world.row("legal", reference, "mitigation_factors")

    assert (read.action, read.cites) == ("segment.open", str(draft))
    seen = world.open("legal", legal.open_factor, kept, "reasons", justification="LEGAL_ASSESSMENT", cites=draft)
    assert seen["reasons"] == mark


def test_an_empty_draft_reads_as_nothing(world: World) -> None:
    reference = handed(world)
    draft = world.do("legal", legal.take, subject=reference).id

    view = world.do(
        "legal", legal.read, ReadAssessment(justification=Justification.LEGAL_ASSESSMENT, cites=draft), subject=draft
    )

    assert (view.factors, view.readings, view.version) == ((), (), 0)


def test_a_factor_a_colleague_writes_stands_in_the_same_assessment_and_makes_them_an_author(world: World) -> None:
    reference = handed(world)
    draft = world.do("legal", legal.take, subject=reference).id

    also = world.note(reference, by="legal-lead")

    (line,) = world.office.ask(world["legal"], queries.assessments, reference)
    assert (line.id, line.state, also) == (draft, "DRAFT", draft)
    assert line.authors == (world.members["legal"].code, world.members["legal-lead"].code)


def test_two_who_take_at_one_moment_leave_one_draft(world: World) -> None:
    for _ in range(4):
        reference = handed(world)
        barrier, outcomes = threading.Barrier(2), list[str]()

        def take(who: str, about: str = reference, gate: Any = barrier, told: Any = outcomes) -> None:
            gate.wait()
            try:
                world.do(who, legal.take, subject=about)
                told.append("done")
            except Conflict:
                told.append("conflict")

        threads = [threading.Thread(target=take, args=(who,)) for who in ("legal", "legal-lead")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["conflict", "done"]
        assert len(world.office.ask(world["legal"], queries.assessments, reference)) == 1


def test_the_database_keeps_no_factor_without_what_speaks_against_it(world: World, database: Database) -> None:
    world.note(handed(world))

    with database.engine("owner").begin() as owner, pytest.raises(IntegrityError, match="contrary_evidence"):
        owner.exec_driver_sql("UPDATE mitigation_factors SET contrary_evidence = NULL")


def test_the_longest_waiting_comes_first_and_a_closed_case_waits_no_longer(
    world: World, standing_clock: Clock, database: Database
) -> None:
    first = world.case()
    second = handed(world)
    standing_clock.move(hours=1)
    world.hand_to_legal(first)

    lines = world.office.ask(world["legal"], queries.reviews, standing="UNASSIGNED")
    close_every_case(database)

    assert [line.reference for line in lines] == [second, first]
    assert lines[0].since < lines[1].since
    assert world.office.ask(world["legal"], queries.reviews) == ()


def test_each_number_is_the_length_of_its_list(world: World) -> None:
    made = [handed(world) for _ in range(5)]
    world.do("legal", legal.take, subject=made[0])
    world.do("legal-lead", legal.take, subject=made[1])
    world.proposed(made[2])
    passed = SendHandoff(kind="STATEMENT", to_team="legal", words="asked before")
    world.do("intake", cases.send, passed, subject=made[3])

    for who, (mine, taken) in {"legal": (1, 1), "legal-lead": (1, 1)}.items():
        numbers = world.office.ask(world[who], queries.count)
        listed = [
            len(world.office.ask(world[who], queries.reviews, standing=standing))
            for standing in ("UNASSIGNED", "MINE", "TAKEN", "WRITTEN")
        ]
        assert [numbers.unassigned, numbers.mine, numbers.taken, numbers.written] == listed == [2, mine, taken, 1]
        assert numbers.handoffs == 1


@pytest.mark.domain("D34")
@pytest.mark.parametrize("who", ["intake", "protection", "protection-lead", "auditor", "administrator", "legal"])
def test_a_case_of_others_changes_no_queue_and_no_number(world: World, who: str) -> None:
    def asked() -> tuple[Any, ...]:
        ask = world.office.ask
        return ask(world[who], queries.reviews), ask(world[who], queries.count)

    before = asked()
    reference = world.case("intake-lead")
    # The lead of legal holds LEGAL, and nobody of legal the account.
    world.do("legal-lead", cases.hand_over, HandOver(team="legal"), subject=reference)

    assert asked() == before
    assert before[0] == ()


def test_the_assessments_of_a_case_are_listed_for_holders_without_a_word_of_them(world: World) -> None:
    reference = world.whole_case()

    (line,) = world.office.ask(world["legal"], queries.assessments, reference)

    assert {*line.__dataclass_fields__} == {
        "id", "reference", "state", "at", "authors", "signed_by", "version", "follows", "kept",
    }  # fmt: skip
    assert {*line.kept[0].__dataclass_fields__} == {"factor", "version", "by", "at"}
    for who in ("protection", "intake", "auditor"):
        with pytest.raises(NotFound):
            world.office.ask(world[who], queries.assessments, reference)


def test_a_list_that_is_not_there_is_refused_and_not_empty(world: World) -> None:
    with pytest.raises(Unprocessable):
        world.office.ask(world["legal"], queries.reviews, standing="OVERDUE")


@pytest.mark.domain("D10")
def test_reviews_come_twenty_five_a_page(world: World) -> None:
    made = {handed(world) for _ in range(27)}

    pages = [world.office.ask(world["legal"], queries.reviews, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert {line.reference for page in pages for line in page} == made


def test_nothing_is_taken_in_a_closed_case(world: World, log: Log, database: Database) -> None:
    reference = handed(world)
    close_every_case(database)

    climb(world, log, legal.take, Rung("legal", "conflict", "none"), subject=reference)


def test_the_builder_fills_whatever_the_form_asks() -> None:
    assert set(words.note()) | {"seen", "evidence", "against"} == set(WriteFactor.model_fields)
