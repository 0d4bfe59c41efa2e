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
from app.legal.forms import WriteNote
from app.testimonies import actions as testimonies
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, close_every_case, opening, with_an_onlooker
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
    note = world.note(reference)
    seen.append(standings(world)[reference])

    assert seen == ["UNASSIGNED", "MINE", "WRITTEN"]
    assert (draft.state, note) == ("DRAFT", draft.id), "the draft itself is filled"


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

    assert (read.action, read.cites) == ("segment.open", str(draft))
    seen = world.open("legal", legal.open_note, draft, "reasons", justification="LEGAL_ASSESSMENT", cites=draft)
    assert seen["reasons"] == mark


def test_an_empty_draft_opens_to_nothing(world: World) -> None:
    reference = handed(world)
    draft = world.do("legal", legal.take, subject=reference).id

    view = world.do("legal", legal.open_note, opening("LEGAL_ASSESSMENT", "reasons", cites=draft), subject=draft)

    assert view.values == {"reasons": None}


def test_a_note_beside_a_colleagues_draft_leaves_it_theirs(world: World) -> None:
    reference = handed(world)
    draft = world.do("legal", legal.take, subject=reference).id

    note = world.note(reference, by="legal-lead")
    lines = {line.id: (line.state, line.by) for line in world.office.ask(world["legal"], queries.notes, reference)}

    assert lines == {
        draft: ("DRAFT", world.members["legal"].code), note: ("NOT_RAISED", world.members["legal-lead"].code),
    }  # fmt: skip


def test_a_second_factor_of_the_grid_is_a_note_of_its_own(world: World) -> None:
    reference = handed(world)
    world.do("legal", legal.take, subject=reference)

    first, second = world.note(reference), world.note(reference, factor="RENUNCIATION")

    assert first != second
    assert len(world.office.ask(world["legal"], queries.notes, reference)) == 2


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
        assert len(world.office.ask(world["legal"], queries.notes, reference)) == 1


def test_the_database_keeps_no_note_without_what_speaks_against_it(world: World, database: Database) -> None:
    draft = world.do("legal", legal.take, subject=handed(world)).id

    with database.engine("owner").begin() as owner, pytest.raises(IntegrityError, match="written"):
        owner.exec_driver_sql("UPDATE mitigation_assessments SET state = 'NOT_RAISED' WHERE id = %(id)s", {"id": draft})


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
    world.note(made[2])
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


def test_the_notes_of_a_case_are_listed_for_holders_without_a_word_of_them(world: World) -> None:
    reference = world.whole_case()

    (line,) = world.office.ask(world["legal"], queries.notes, reference)

    assert {*line.__dataclass_fields__} == {"id", "state", "at", "by"}
    for who in ("protection", "intake", "auditor"):
        with pytest.raises(NotFound):
            world.office.ask(world[who], queries.notes, reference)


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


def test_what_is_written_into_a_draft_is_checked_like_any_note() -> None:
    assert "draft" not in WriteNote.model_fields
    assert set(words.note()) == set(WriteNote.model_fields)
