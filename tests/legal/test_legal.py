"""Mitigation notes: written and read by legal reviewers alone, in words, with what speaks against them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.cases import actions as cases
from app.cases.forms import HandOver
from app.cases.views import RecordLine
from app.errors import Conflict
from app.legal import actions as legal
from app.legal.forms import WriteNote
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, end_roles, grant, opening, with_an_onlooker
from tests.world import World, words


def test_only_a_legal_reviewer_with_the_legal_key_writes_a_note(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference)

    climb(
        world, log, legal.write,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "denied", "no-rule"),
        Rung("protection-lead", "denied", "no-rule"),
        # The account has been handed to the team, the legal compartment not yet.
        Rung("legal", "denied", "no-rule"),
        Rung("legal-lead", "done", "legal-writes-mitigation"),
        form=WriteNote(**words.note()), subject=reference,
    )  # fmt: skip


@pytest.mark.domain("D29")
def test_only_legal_reviewers_read_a_note_and_cite_it(world: World, log: Log) -> None:
    reference, canary = world.case(), world.canary()
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    note = world.note(reference, reasons=canary)
    elsewhere = world.case()
    world.hand_to_legal(elsewhere)
    other = world.note(elsewhere)

    view = climb(
        world, log, legal.open_note,
        Rung("intake", "not_found", "none"),
        Rung("intake-lead", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("protection-lead", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", "reasons")),
        Rung("legal", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", "reasons", cites=other)),
        Rung("legal", "denied", "no-rule", form=opening("DEMAND", "reasons")),
        Rung("legal", "denied", "no-rule", form=opening("WITNESS_REQUEST", "reasons", words="they asked")),
        Rung("legal", "done", "legal-reads-mitigation", form=opening("DEMAND", "reasons", words=world.canary())),
        Rung("legal-lead", "done", "legal-reads-mitigation", form=opening("SECOND_SIGNATURE", "reasons", cites=note)),
        Rung("legal", "done", "legal-reads-mitigation"),
        form=opening("LEGAL_ASSESSMENT", "reasons", cites=note), subject=note,
    )  # fmt: skip

    assert view.values["reasons"].read() == canary


def test_a_note_comes_back_as_it_was_written(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    note = world.note(reference, passages=("segment 2", "segment 7"))

    seen = world.open(
        "legal", legal.open_note, note, "factor", "finding", "passages", "contrary_evidence",
        justification="LEGAL_ASSESSMENT", cites=note,
    )  # fmt: skip

    assert (seen["factor"], seen["finding"]) == ("TIMELINESS", "PARTLY")
    assert json.loads(seen["passages"] or "") == ["segment 2", "segment 7"]
    assert seen["contrary_evidence"] == words.note()["contrary_evidence"]


def test_no_note_is_written_in_a_closed_case(world: World, database: Database) -> None:
    reference = world.case()
    close_every_case(database)

    with pytest.raises(Conflict):
        world.note(reference, by="legal-lead")


def test_whoever_is_no_longer_a_reviewer_keeps_the_key_and_reads_nothing(
    world: World, log: Log, database: Database
) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    note = world.note(reference)

    end_roles(database, world, "legal")

    climb(
        world, log, legal.open_note, Rung("legal", "denied", "no-rule"),
        form=opening("LEGAL_ASSESSMENT", "reasons", cites=note), subject=note,
    )  # fmt: skip


def test_the_legal_compartment_goes_to_reviewers_one_by_one_too(world: World) -> None:
    reference = world.case()

    world.do("legal-lead", cases.give, grant(world, "legal", "LEGAL"), subject=reference)

    assert world.show("legal", reference).held == ("LEGAL",)
    assert world.note(reference)


def test_the_clear_part_of_a_note_says_nothing_of_its_finding(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    note = world.note(reference, finding="MET", factor="RENUNCIATION")

    line: RecordLine = next(line for line in world.show("legal", reference).records if line.id == note)

    assert set(line.clear) == {"state", "state_at", "written_by"}
    assert "MET" not in line.clear.values()


@pytest.mark.parametrize(
    "given",
    [
        {"finding": "0.7"},
        {"finding": "CREDIBLE"},
        {"factor": "SINCERITY"},
        {"score": 3},
        {"contrary_evidence": ""},
        {"reasons": ""},
        {"passages": ("segment",) * 51},
    ],
)
def test_a_finding_is_in_words_from_a_closed_list_and_never_a_number(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WriteNote.model_validate(words.note() | given)


@pytest.mark.parametrize("missing", ["factor", "finding", "reasons", "contrary_evidence"])
def test_a_note_without_its_reasons_or_what_speaks_against_them_is_none(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        WriteNote.model_validate({name: value for name, value in words.note().items() if name != missing})
