"""A visit: one reason for an hour with a case; identity and place are shown for two minutes, each by its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import BeginVisit, Opening
from app.errors import Conflict, Denied, NotFound, Unprocessable
from app.people import actions as people
from app.testimonies import actions as testimonies
from app.work.forms import Justification
from tests.conftest import Clock
from tests.ladder import Log, log
from tests.world import World

__all__ = ["log"]


@pytest.fixture
def reference(world: World) -> str:
    return world.whole_case()


def begin(world: World, login: str, reference: str, code: str, **more: Any) -> UUID:
    form = BeginVisit(justification=Justification(code), **more)
    began: UUID = world.do(login, cases.visit, form, subject=reference).id
    return began


def during(visit: UUID, code: str, cites: UUID | None, *fields: str) -> Opening:
    return Opening(justification=Justification(code), cites=cites, visit=visit, fields=fields)


def test_one_reason_holds_for_an_hour(world: World, reference: str, standing_clock: Clock, log: Log) -> None:
    note, segment = world.row("legal", reference, "mitigation_assessments"), world.row("legal", reference, "segments")
    visit = begin(world, "legal", reference, "LEGAL_ASSESSMENT", cites=note)
    begun = log.last()
    assert (begun.action, begun.justification, begun.cites) == ("case.visit", "LEGAL_ASSESSMENT", str(note))
    opening = during(visit, "LEGAL_ASSESSMENT", note, "text")

    log.fresh()
    opened = world.do("legal", testimonies.open_segment, opening, subject=segment)
    said = log.last()
    standing_clock.move(seconds=60 * 60)

    assert opened.values["text"].read()
    assert opened.entry == said.subjects[0]["seq"], "whoever reads is told under which entry"
    assert (said.action, said.justification, said.cites) == ("segment.open", "LEGAL_ASSESSMENT", str(note))
    with pytest.raises(Conflict):
        world.do("legal", testimonies.open_segment, opening, subject=segment)
    assert log.last().outcome == "conflict"


def test_words_given_at_the_door_stand_behind_each_opening(world: World, reference: str, log: Log) -> None:
    segment = world.row("legal", reference, "segments")
    words = "A court asks for the second passage."
    visit = begin(world, "legal", reference, "DEMAND", words=words, compartment="TESTIMONY")
    bare = begin(world, "legal", reference, "DEMAND")

    log.fresh()
    world.do("legal", testimonies.open_segment, during(visit, "DEMAND", None, "text"), subject=segment)
    said = log.last()

    kept = world.row("legal", reference, "justifications")
    packed = world.open("legal", cases.open_justification, kept, "words", justification="WITNESS_REQUEST")
    told = json.loads(packed["words"] or "")
    commitment = hashlib.sha256(bytes.fromhex(told["salt"]) + words.encode()).hexdigest()
    assert told["words"] == words
    assert said.words == commitment
    with pytest.raises(Denied):
        world.do("legal", testimonies.open_segment, during(bare, "DEMAND", None, "text"), subject=segment)


def test_identity_needs_a_reveal_of_its_own(world: World, reference: str, standing_clock: Clock) -> None:
    person, testimony = world.row("intake", reference, "persons"), world.row("intake", reference, "testimonies")
    visit = begin(world, "intake", reference, "INTAKE", cites=testimony)
    reveal = begin(world, "intake", reference, "INTAKE", cites=testimony, row=person, fields=("legal_name",))

    with pytest.raises(Conflict):
        world.do("intake", people.reveal, during(visit, "INTAKE", testimony, "legal_name"), subject=person)
    shown = world.do("intake", people.reveal, during(reveal, "INTAKE", testimony, "legal_name"), subject=person)
    standing_clock.move(seconds=120)

    assert shown.values["legal_name"].read()
    with pytest.raises(Conflict):
        world.do("intake", people.reveal, during(reveal, "INTAKE", testimony, "legal_name"), subject=person)


def test_a_reveal_shows_only_the_fields_it_named(world: World, reference: str) -> None:
    person, testimony = world.row("intake", reference, "persons"), world.row("intake", reference, "testimonies")
    reveal = begin(world, "intake", reference, "INTAKE", cites=testimony, row=person, fields=("legal_name",))

    with pytest.raises(Conflict):
        world.do("intake", people.reveal, during(reveal, "INTAKE", testimony, "aliases"), subject=person)


def test_how_to_approach_somebody_is_shown_with_the_visit(world: World, reference: str, log: Log) -> None:
    approach, testimony = world.row("intake", reference, "approaches"), world.row("intake", reference, "testimonies")
    visit = begin(world, "intake", reference, "INTAKE", cites=testimony)

    log.fresh()
    shown = world.do("intake", people.open_approach, during(visit, "INTAKE", testimony, "codes"), subject=approach)

    assert json.loads(shown.values["codes"].read()) == ["PORTAL_ONLY", "WOMAN_INTERPRETER"]
    said = log.last()
    assert (said.action, said.fields) == ("approach.open", ["approaches.codes"])


@pytest.mark.parametrize("of", ["a colleague", "another session", "another case", "another reason", "nobody"])
def test_a_visit_serves_only_what_it_was_begun_for(world: World, reference: str, of: str) -> None:
    segment, testimony = world.row("intake", reference, "segments"), world.row("intake", reference, "testimonies")
    visit, code, cites = begin(world, "intake", reference, "INTAKE", cites=testimony), "INTAKE", testimony
    who = "intake"
    match of:
        case "a colleague":
            who = "intake-lead"
        case "another session":
            world.sign_in("intake")
        case "another case":
            other = world.whole_case()
            segment = world.row("intake", other, "segments")
        case "another reason":
            code = "WITNESS_REQUEST"
        case "nobody":
            visit = uuid4()

    with pytest.raises((Conflict, Denied)):
        world.do(who, testimonies.open_segment, during(visit, code, cites, "text"), subject=segment)


def test_what_is_left_is_over(world: World, reference: str, log: Log) -> None:
    testimony, segment = world.row("intake", reference, "testimonies"), world.row("intake", reference, "segments")
    visit = begin(world, "intake", reference, "INTAKE", cites=testimony)

    before = world.office.ask(world["intake"], queries.visiting, reference)
    world.do("intake", cases.leave, subject=visit)

    assert [line.id for line in before] == [visit]
    assert log.last().action == "case.leave"
    assert world.office.ask(world["intake"], queries.visiting, reference) == ()
    with pytest.raises(Conflict):
        world.do("intake", testimonies.open_segment, during(visit, "INTAKE", testimony, "text"), subject=segment)


def test_a_visit_begins_with_a_reason_that_stands(world: World, reference: str) -> None:
    other = world.whole_case()
    elsewhere = world.row("intake", other, "testimonies")

    with pytest.raises(Unprocessable):
        begin(world, "intake", reference, "INTAKE")
    with pytest.raises(Unprocessable):
        begin(world, "intake", reference, "INTAKE", cites=elsewhere)
    with pytest.raises(NotFound):
        begin(world, "intake", reference, "WITNESS_REQUEST", words="They asked for it.", compartment="LOCATION")
    with pytest.raises(NotFound):
        begin(world, "administrator", reference, "WITNESS_REQUEST")


@pytest.mark.parametrize("given", [{"row": str(uuid4())}, {"fields": ["text"]}, {"words": "Because."}])
def test_half_a_form_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        BeginVisit.model_validate({"justification": "WITNESS_REQUEST", **given})
