"""Without a grant a case does not exist: no row, no count, and an answer that any reference would get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import HandOver, Opening
from app.clock import uuid7
from app.errors import NotFound, Refusal
from app.pseudonyms import references
from app.testimonies import actions as testimonies
from app.testimonies.forms import BeginAttachment, OpenFile
from app.work.forms import Justification
from tests.ladder import Log, opening
from tests.world import World

STRANGERS = ("narrative-lead", "legal", "protection", "auditor", "administrator", "another")


@pytest.fixture
def peopled(world: World) -> World:
    """An office with a second officer who has no part in the first one's cases."""
    world.invite("another", roles=("intake_officer",))
    return world


def a_whole_case(world: World) -> tuple[str, UUID, UUID]:
    """A case of intake alone: its reference, a passage of it and a file."""
    reference = world.case()
    world.testimony(reference)
    file = world.attach(reference, b"a letter", "letter.txt", "text/plain")
    return reference, world.row("intake", reference, "segments"), file


def answer(ask: Callable[[], Any]) -> tuple[str, str, int, str]:
    """All that a caller can learn of a refusal."""
    with pytest.raises(Refusal) as caught:
        ask()
    refusal = caught.value
    return type(refusal).__name__, refusal.code, refusal.status, refusal.sentence


@pytest.mark.domain("D34")
@pytest.mark.abuse("E05")
@pytest.mark.parametrize("who", STRANGERS)
def test_a_list_and_a_count_are_the_same_with_and_without_the_case(peopled: World, who: str) -> None:
    before = peopled.office.ask(peopled[who], queries.cases), peopled.office.ask(peopled[who], queries.count)

    a_whole_case(peopled)

    assert before == ((), 0)
    assert (peopled.office.ask(peopled[who], queries.cases), peopled.office.ask(peopled[who], queries.count)) == before


@pytest.mark.domain("D34")
@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", STRANGERS)
def test_an_existing_case_answers_like_a_reference_nobody_drew(peopled: World, who: str) -> None:
    reference, segment, file = a_whole_case(peopled)
    ask, caller = peopled.office.ask, peopled[who]
    download = OpenFile(justification=Justification.WITNESS_REQUEST)
    doors: list[Callable[[Any, Any, Any], Any]] = [
        lambda case, _row, _file: ask(caller, queries.show, case),
        lambda case, _row, _file: ask(caller, queries.looked, case),
        lambda case, _row, _file: peopled.do(who, cases.hand_over, HandOver(team="legal"), subject=case),
        lambda case, _row, _file: peopled.do(who, testimonies.begin_attachment, BeginAttachment(), subject=case),
        lambda _case, row, _file: peopled.do(who, testimonies.open_segment, opening("DEMAND", "text"), subject=row),
        lambda _case, _row, file: peopled.do(who, testimonies.download, download, subject=file),
    ]

    for door in doors:
        existing = answer(lambda door=door: door(reference, segment, file))  # type: ignore[misc]
        nowhere = answer(lambda door=door: door(references.draw(), uuid7(), uuid4()))  # type: ignore[misc]
        assert existing == nowhere == ("NotFound", "not_found", 404, "There is nothing here for you.")


@pytest.mark.domain("D34")
def test_the_log_tells_the_refusals_apart_only_by_what_was_asked(peopled: World, log: Log) -> None:
    reference, _, _ = a_whole_case(peopled)
    other = references.draw()
    log.fresh()

    for asked in (reference, other):
        with pytest.raises(NotFound):
            peopled.do("another", cases.hand_over, HandOver(team="legal"), subject=asked)

    said = [entry.view for entry in log.fresh()]
    own = {"id", "at", "sought"}
    assert [view["sought"] for view in said] == [reference, other]
    first, second = ({name: view[name] for name in view if name not in own | {"request"}} for view in said)
    assert first == second


@pytest.mark.parametrize("asked", ["", "K7QM", "../../etc", "K7QM-4TDP-X" * 9, "' OR 1=1 --", "\u0661" * 9])
def test_what_is_no_reference_answers_like_one_that_is_nobodys(peopled: World, log: Log, asked: str) -> None:
    log.fresh()

    got = answer(lambda: peopled.do("another", cases.hand_over, HandOver(team="legal"), subject=asked))

    assert got[1] == "not_found"
    # A text that is no reference does not fit the log, so it says only that somebody asked.
    assert log.last().sought is None


@pytest.mark.abuse("E05")
def test_a_page_beyond_the_last_is_empty_for_everybody(peopled: World) -> None:
    a_whole_case(peopled)

    assert peopled.office.ask(peopled["intake"], queries.cases, page=1) == ()
    assert peopled.office.ask(peopled["another"], queries.cases, page=1) == ()


def test_one_compartment_shows_no_row_of_another(world: World) -> None:
    reference = world.whole_case()
    per_compartment = {line.table: line.compartment for line in world.show("protection", reference).records}

    assert set(per_compartment.values()) <= set(world.show("protection", reference).held)
    assert "segments" not in per_compartment


def test_who_looked_is_told_by_role_and_reason_and_never_by_name(world: World) -> None:
    reference = world.whole_case()
    segment, note = world.row("legal", reference, "segments"), world.row("legal", reference, "mitigation_assessments")
    world.do(
        "legal", testimonies.open_segment,
        Opening(fields=("text",), justification=Justification.LEGAL_ASSESSMENT, cites=note), subject=segment,
    )  # fmt: skip

    looks = world.office.ask(world["intake"], queries.looked, reference)

    assert [look.seq for look in looks] == list(range(len(looks), 0, -1))
    assert (looks[0].action, looks[0].roles, looks[0].justification) == (
        "segment.open", ("legal_reviewer",), "LEGAL_ASSESSMENT",
    )  # fmt: skip
    assert not any(member.code in str(looks) or member.name in str(looks) for member in world.members.values())
