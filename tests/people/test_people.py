"""Who somebody is: recorded by those who sit with the person, revealed for a reason, row by row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.cases import actions as cases
from app.errors import Conflict
from app.people import actions as people
from app.people.forms import RecordClaim, RecordContact, RecordDocument, RecordPerson
from app.work import Action, Form
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, grant, opening, outside_the_team, with_an_onlooker
from tests.world import World, words

RECORDS: list[tuple[Action, Form]] = [
    (people.record, RecordPerson(**words.person(0))),
    (people.record_document, RecordDocument(kind="PASSPORT", condition="DESTROYED_BY_GROUP")),
    (people.claim, RecordClaim(**words.claim())),
    (people.record_contact, RecordContact(channel="THROUGH_SOMEBODY", address="the pharmacist, mornings")),
]
# Each action that reveals, the table it reveals, a field of it, and what builds the row.
REVEALS: list[tuple[Action, str, str]] = [
    (people.reveal, "persons", "legal_name"),
    (people.reveal_document, "identity_documents", "number"),
    (people.reveal_claim, "identity_claims", "source"),
    (people.reveal_contact, "contact_channels", "address"),
]


def row_with(world: World, reference: str, table: str, canary: str) -> UUID:
    builders: dict[str, Callable[[], UUID]] = {
        "persons": lambda: world.person(reference, legal_name=canary).id,
        "identity_documents": lambda: world.document(reference, number=canary),
        "contact_channels": lambda: world.contact(reference, address=canary),
        "identity_claims": lambda: world.claim(reference, source=canary),
    }
    return builders[table]()


# recording


@pytest.mark.parametrize(("action", "form"), RECORDS, ids=lambda value: getattr(value, "name", ""))
def test_who_sits_with_the_person_records_who_they_are(world: World, log: Log, action: Action, form: Form) -> None:
    reference = with_an_onlooker(world)
    outside_the_team(world, "reviewer", "legal_reviewer")
    world.do("intake", cases.give, grant(world, "reviewer", "IDENTITY", hours=8), subject=reference)
    world.hand_to_legal(reference)

    climb(
        world, log, action,
        Rung("protection", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        # Holding the case by another compartment is not enough, nor is the right one in the wrong role.
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("legal-lead", "denied", "no-rule"),
        Rung("reviewer", "denied", "no-rule"),
        Rung("intake", "done", "holder-records-identity"),
        form=form, subject=reference,
    )  # fmt: skip


@pytest.mark.parametrize(("action", "form"), RECORDS, ids=lambda value: getattr(value, "name", ""))
def test_nothing_is_recorded_about_the_person_of_a_closed_case(
    world: World, log: Log, database: Database, action: Action, form: Form
) -> None:
    reference = world.case()
    close_every_case(database)

    climb(world, log, action, Rung("intake", "conflict", "none"), form=form, subject=reference)


def test_a_case_is_about_one_person(world: World) -> None:
    reference = world.case()
    world.person(reference)

    with pytest.raises(Conflict):
        world.person(reference)


def test_names_come_back_as_they_were_given(world: World, log: Log) -> None:
    reference = world.case()
    given: dict[str, Any] = {"legal_name": "  Yūsuf  ", "name_arabic": "يوسف", "aliases": ("Abu Layth", "the tall one")}
    person = world.person(reference, **given).id

    seen = world.open(
        "intake", people.reveal, person, "legal_name", "name_arabic", "aliases", "birth_date",
        justification="WITNESS_REQUEST",
    )  # fmt: skip

    assert (seen["legal_name"], seen["name_arabic"]) == (given["legal_name"], given["name_arabic"])
    assert json.loads(seen["aliases"] or "") == list(given["aliases"])
    assert json.loads(seen["birth_date"] or "") == {
        "precision": "SEASON", "words": "spring 1991", "day": None, "year": 1991,
    }  # fmt: skip


def test_what_was_not_given_is_nothing(world: World) -> None:
    reference = world.case()
    person = world.person(reference, name_arabic=None, aliases=(), birth_date=None).id

    seen = world.open(
        "intake", people.reveal, person, "name_arabic", "aliases", "birth_date", justification="WITNESS_REQUEST"
    )

    assert set(seen.values()) == {None}


# revealing


@pytest.mark.parametrize(("action", "table", "field"), REVEALS, ids=[action.name for action, _, _ in REVEALS])
def test_an_intake_officer_reveals_for_the_account_they_cite(
    world: World, log: Log, action: Action, table: str, field: str
) -> None:
    reference, canary = with_an_onlooker(world), world.canary()
    row = row_with(world, reference, table, canary)
    testimony = world.testimony(reference, upto="TRIAGED")
    elsewhere = world.testimony(world.case(), upto="TRIAGED")
    world.invite("another", roles=("intake_officer",))

    view = climb(
        world, log, action,
        Rung("another", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("SAFETY", field, cites=testimony)),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", field)),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", field, cites=elsewhere)),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", field, cites=row)),
        Rung("intake", "denied", "life-at-risk-in-words", form=opening("LIFE_AT_RISK", field)),
        Rung("intake", "done", "intake-reveals-identity", form=opening("SAME_PERSON", field)),
        Rung("intake", "done", "intake-reveals-identity"),
        form=opening("INTAKE", field, cites=testimony), subject=row,
    )  # fmt: skip

    assert view.values[field].read() == canary


@pytest.mark.parametrize(("action", "table", "field"), REVEALS, ids=[action.name for action, _, _ in REVEALS])
def test_a_caseworker_reveals_for_the_safety_they_cite(
    world: World, log: Log, action: Action, table: str, field: str
) -> None:
    reference = world.case()
    row = row_with(world, reference, table, world.canary())
    world.hand_to_protection(reference)
    threat = world.threat(reference)

    climb(
        world, log, action,
        Rung("legal", "not_found", "none"),
        Rung("protection", "denied", "no-rule", form=opening("INTAKE", field, cites=threat)),
        Rung("protection", "denied", "no-rule", form=opening("SAFETY", field)),
        Rung("protection", "denied", "life-at-risk-in-words", form=opening("LIFE_AT_RISK", field)),
        Rung(
            "protection", "done", "caseworker-reveals-identity-life",
            form=opening("LIFE_AT_RISK", field, words=world.canary()),
        ),
        Rung("protection", "done", "caseworker-reveals-identity"),
        form=opening("SAFETY", field, cites=threat), subject=row,
    )  # fmt: skip


@pytest.mark.parametrize(("action", "table", "field"), REVEALS, ids=[action.name for action, _, _ in REVEALS])
def test_a_legal_reviewer_reveals_only_within_hours_and_in_words(
    world: World, log: Log, action: Action, table: str, field: str
) -> None:
    reference = world.case()
    row = row_with(world, reference, table, world.canary())
    world.hand_to_legal(reference)
    note = world.note(reference)
    world.do("intake", cases.give, grant(world, "legal", "IDENTITY", hours=8), subject=reference)
    cited = opening("LEGAL_ASSESSMENT", field, cites=note, words="whose signature this is")
    allowed = "legal-reveals-identity-boxed"
    # A way to reach somebody is nothing an assessment needs.
    last = Rung("legal", "denied", "no-rule") if table == "contact_channels" else Rung("legal", "done", allowed)

    climb(
        world, log, action,
        Rung("legal-lead", "not_found", "none"),
        Rung("legal", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", field, cites=note)),
        Rung("legal", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", field, words="without the note")),
        Rung("legal", "denied", "no-rule", form=opening("INTAKE", field, cites=note, words="not mine to say")),
        Rung("legal", "denied", "life-at-risk-in-words", form=opening("DEMAND", field)),
        last,
        form=cited, subject=row,
    )  # fmt: skip


def test_free_words_are_sealed_and_the_log_has_only_their_commitment(world: World, log: Log) -> None:
    reference = world.case()
    person, canary = world.person(reference).id, world.canary()
    log.fresh()

    world.open("intake", people.reveal, person, "legal_name", justification="WITNESS_REQUEST", words=canary)

    said = log.last()
    assert said.words is not None
    assert len(bytes.fromhex(said.words)) == 32
    assert canary not in str(said.view)


def test_a_reveal_is_one_row_and_the_fields_that_were_named(world: World, log: Log) -> None:
    reference = world.case()
    person = world.person(reference).id
    log.fresh()

    seen = world.open("intake", people.reveal, person, "legal_name", "sex", justification="WITNESS_REQUEST")

    said = log.last()
    assert set(seen) == {"legal_name", "sex"}
    assert said.fields == ["persons.legal_name", "persons.sex"]
    assert said.subjects[0]["rows"] == [str(person)]
