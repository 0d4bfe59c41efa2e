"""How cooperation mitigates: written factor by factor in words, read by those who cite it, with what speaks against."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app.cases import actions as cases
from app.cases.forms import HandOver
from app.cases.views import RecordLine
from app.errors import Conflict, NotFound
from app.legal import actions as legal
from app.legal.forms import FACTORS, ReadAssessment, WriteFactor
from app.legal.queries import assessments as legal_lines
from app.legal.views import AssessmentRead
from app.work import Justification
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, end_roles, grant, handed, opening, with_an_onlooker
from tests.world import World, words


def whole(world: World, row: UUID, who: str = "legal", version: int | None = None) -> AssessmentRead:
    form = ReadAssessment(justification=Justification.LEGAL_ASSESSMENT, cites=row, version=version)
    read: AssessmentRead = world.do(who, legal.read, form, subject=row)
    return read


def reasons_of(view: AssessmentRead) -> dict[str, str]:
    said = {each.factor: each.values["reasons"] for each in view.factors}
    return {factor: plain.read() for factor, plain in said.items() if plain is not None}


def test_only_a_legal_reviewer_with_the_legal_key_writes_a_factor(world: World, log: Log) -> None:
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
        form=WriteFactor(**words.note()), subject=reference,
    )  # fmt: skip


@pytest.mark.domain("D29")
def test_only_legal_reviewers_read_a_factor_and_cite_its_assessment(world: World, log: Log) -> None:
    reference, canary = world.case(), world.canary()
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    note = world.note(reference, reasons=canary)
    factor = world.row("legal", reference, "mitigation_factors")
    elsewhere = world.case()
    world.hand_to_legal(elsewhere)
    other = world.note(elsewhere)

    view = climb(
        world, log, legal.open_factor,
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
        form=opening("LEGAL_ASSESSMENT", "reasons", cites=note), subject=factor,
    )  # fmt: skip

    assert view.values["reasons"].read() == canary


@pytest.mark.domain("D29")
def test_an_assessment_is_read_whole_by_those_who_cite_it(world: World, log: Log) -> None:
    reference, canary = world.case(), world.canary()
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    row = world.note(reference, reasons=canary)
    why = Justification.LEGAL_ASSESSMENT

    view = climb(
        world, log, legal.read,
        Rung("intake", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("legal", "denied", "no-rule", form=ReadAssessment(justification=why)),
        Rung("legal-lead", "done", "legal-reads-mitigation",
             form=ReadAssessment(justification=Justification.SECOND_SIGNATURE, cites=row)),
        Rung("legal", "done", "legal-reads-mitigation"),
        form=ReadAssessment(justification=why, cites=row), subject=row,
    )  # fmt: skip

    assert reasons_of(view) == {"TIMELINESS": canary}


def test_what_a_second_reader_said_is_read_by_those_who_cite_the_assessment(world: World, log: Log) -> None:
    reference, canary = handed(world), world.canary()
    world.hand_to_protection(reference)
    row = world.proposed(reference)
    world.sent_back(row, reference, canary)
    reading = world.row("legal", reference, "second_readings")

    view = climb(
        world, log, legal.open_reading,
        Rung("intake", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", "words")),
        Rung("legal", "done", "legal-reads-mitigation"),
        form=opening("LEGAL_ASSESSMENT", "words", cites=row), subject=reading,
    )  # fmt: skip

    assert view.values["words"].read() == canary
    assert [each.words.read() for each in whole(world, row).readings if each.words] == [canary]


def test_a_factor_comes_back_as_it_was_written_with_what_it_cites(world: World) -> None:
    reference = handed(world)
    segment = world.row("legal", reference, "segments")
    row = world.note(reference, passages=(segment, segment))

    seen = world.open(
        "legal", legal.open_factor, world.row("legal", reference, "mitigation_factors"),
        "finding", "passages", "evidence", "contrary_evidence", justification="LEGAL_ASSESSMENT", cites=row,
    )  # fmt: skip

    assert (seen["finding"], seen["evidence"]) == ("PARTLY", None)
    assert json.loads(seen["passages"] or "") == [str(segment)], "said twice, kept once"
    assert seen["contrary_evidence"] == words.note()["contrary_evidence"]


@pytest.mark.parametrize("cited", ["passages", "evidence", "against"])
def test_nobody_cites_what_lies_in_another_case(world: World, cited: str) -> None:
    reference, other = handed(world), handed(world)
    theirs: dict[str, Any] = {cited: (world.row("legal", other, "segments"),)}

    with pytest.raises(NotFound):
        world.note(reference, **theirs)
    assert world.office.ask(world["legal"], legal_lines, reference) == ()


def test_whoever_does_not_hold_the_account_cites_none_of_its_passages(world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    segment = world.row("intake", reference, "segments")
    world.do("legal-lead", cases.hand_over, HandOver(team="legal"), subject=reference)

    with pytest.raises(NotFound):
        world.note(reference, passages=(segment,))
    world.note(reference)


def test_each_keeping_of_a_factor_stays_and_can_be_read_as_it_stood(world: World) -> None:
    reference = handed(world)
    row = world.note(reference, reasons="first")
    world.note(reference, factor="RENUNCIATION", reasons="beside")
    world.note(reference, reasons="second", by="legal-lead")

    stood = [reasons_of(whole(world, row, version=version)) for version in (0, 1, 2, 3)]

    assert stood == [
        {}, {"TIMELINESS": "first"}, {"TIMELINESS": "first", "RENUNCIATION": "beside"},
        {"TIMELINESS": "second", "RENUNCIATION": "beside"},
    ]  # fmt: skip
    assert [each.version for each in whole(world, row).factors] == [3, 2]


def test_whoever_has_not_seen_what_stands_there_writes_nothing_over_it(world: World, log: Log) -> None:
    reference = handed(world)
    row = world.note(reference, reasons="mine")

    for seen in (0, 2):
        with pytest.raises(Conflict) as refused:
            world.note(reference, by="legal-lead", reasons="theirs", seen=seen)
        assert "kept anew" in refused.value.sentence
    assert log.last().outcome == "conflict"
    assert reasons_of(whole(world, row)) == {"TIMELINESS": "mine"}
    (line,) = world.office.ask(world["legal"], legal_lines, reference)
    assert (line.version, line.authors) == (1, (world.members["legal"].code,)), "who was refused is no author"


def test_no_factor_is_written_in_a_closed_case(world: World, database: Database) -> None:
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
    factor = world.row("legal", reference, "mitigation_factors")

    end_roles(database, world, "legal")

    climb(
        world, log, legal.open_factor, Rung("legal", "denied", "no-rule"),
        form=opening("LEGAL_ASSESSMENT", "reasons", cites=note), subject=factor,
    )  # fmt: skip


def test_the_legal_compartment_goes_to_reviewers_one_by_one_too(world: World) -> None:
    reference = world.case()

    world.do("legal-lead", cases.give, grant(world, "legal", "LEGAL"), subject=reference)

    assert world.show("legal", reference).held == ("LEGAL",)
    assert world.note(reference)


def test_the_clear_part_of_a_factor_says_nothing_of_its_finding(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    world.note(reference, finding="MET", factor="RENUNCIATION")

    lines: list[RecordLine] = [
        line for line in world.show("legal", reference).records if line.table.startswith("mitigation_")
    ]

    assert {line.table: set(line.clear) for line in lines} == {
        "mitigation_assessments": {"state", "state_at", "authors", "version"},
        "mitigation_factors": {"assessment_id", "factor", "version", "written_by", "written_at"},
    }
    assert not any("MET" in value for line in lines for value in line.clear.values())


@pytest.mark.parametrize(
    "given",
    [
        {"finding": "0.7"},
        {"finding": "CREDIBLE"},
        {"factor": "SINCERITY"},
        {"score": 3},
        {"weight": 1},
        {"contrary_evidence": ""},
        {"reasons": ""},
        {"passages": ("segment",)},
        {"passages": tuple(UUID(int=n) for n in range(51))},
    ],
)
def test_a_finding_is_in_words_from_a_closed_list_and_never_a_number(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WriteFactor.model_validate(words.note() | given)


@pytest.mark.parametrize("missing", ["factor", "finding", "reasons", "contrary_evidence"])
@pytest.mark.parametrize("finding", ["MET", "PARTLY", "NOT_MET", "UNKNOWN"])
def test_a_factor_without_its_reasons_or_what_speaks_against_them_is_none(missing: str, finding: str) -> None:
    whole_form = words.note() | {"finding": finding}
    assert WriteFactor.model_validate(whole_form)

    with pytest.raises(ValidationError, match=missing):
        WriteFactor.model_validate({name: value for name, value in whole_form.items() if name != missing})


def test_the_factors_are_those_of_the_field_and_no_other() -> None:
    assert FACTORS == (
        "SIGNIFICANCE", "TRUTHFULNESS", "NATURE_EXTENT", "RISK_INCURRED", "TIMELINESS", "BEYOND_OWN_PART",
        "SERIOUSNESS_RELATION", "RENUNCIATION",
    )  # fmt: skip
