"""Free words given for an opening are kept sealed, or not taken at all."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.cases import actions as cases
from app.cases.forms import Opening
from app.errors import Unprocessable
from app.intake import actions as intake
from app.people import actions as people
from app.work import Justification
from tests.conftest import Database
from tests.world import World


def test_words_for_a_case_are_sealed_beside_it(world: World) -> None:
    reference = world.whole_case("en")
    person = world.row("protection", reference, "persons")
    world.open(
        "protection", people.reveal, person, "legal_name", justification="LIFE_AT_RISK", words="He did not call."
    )

    kept = world.row("protection", reference, "justifications")
    opened = world.open("protection", cases.open_justification, kept, "words", justification="WITNESS_REQUEST")

    assert "He did not call." in str(opened["words"])


def test_words_that_could_not_be_kept_are_not_taken(world: World, database: Database) -> None:
    _, reference = world.submit()
    with database.connect("owner") as owner:
        row = owner.execute("SELECT id FROM submissions WHERE reference = %s", [reference]).fetchone()
    assert row is not None
    given = {"justification": "TRIAGE", "cites": row[0]}

    with pytest.raises(Unprocessable):
        world.open("intake", intake.open_submission, reference, "account", words="at once", **given)  # type: ignore[arg-type]
    assert world.open("intake", intake.open_submission, reference, "account", **given)["account"]  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [" ", "\u200b", "...", "\u202e"])
def test_a_reason_that_says_nothing_is_no_reason(words: str) -> None:
    with pytest.raises(ValidationError):
        Opening(fields=("text",), justification=Justification.DEMAND, words=words)
    assert Opening(fields=("text",), justification=Justification.DEMAND, words="محكمة").words
