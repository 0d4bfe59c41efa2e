"""What sources say of who somebody is: side by side, none overwritten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.db import tables
from app.people import actions as people
from app.people.forms import RecordClaim
from tests.world import World, words


def test_two_sources_that_disagree_both_stand(world: World) -> None:
    reference = world.case()
    world.claim(reference, source="a passport", birth_date={"precision": "YEAR", "year": 1990}, basis="FACT")
    world.claim(reference, source="his brother", birth_date={"precision": "YEAR", "year": 1987})

    rows = [record for record in world.show("intake", reference).records if record.table == "identity_claims"]
    said = [
        world.open("intake", people.reveal_claim, row.id, "source", "birth_date", "basis", "name_parts",
                   justification="WITNESS_REQUEST")
        for row in rows
    ]  # fmt: skip

    assert {one["source"] for one in said} == {"a passport", "his brother"}
    assert {json.loads(one["birth_date"] or "")["year"] for one in said} == {1990, 1987}
    assert {one["basis"] for one in said} == {"FACT", "STATEMENT"}
    assert json.loads(said[0]["name_parts"] or "")[0] == {"script": "ARABIC", "kind": "GIVEN", "text": "إدريس"}


@pytest.mark.parametrize("names", [{}, {"arabic": {}}, {"latin": {"given": None}}], ids=range(3))
def test_a_claim_names_somebody(names: dict[str, Any]) -> None:
    given = {name: value for name, value in words.claim().items() if name not in {"arabic", "latin"}}

    with pytest.raises(ValueError, match="a name in at least one script"):
        RecordClaim(**given, **names)


@pytest.mark.domain("D54")
def test_kin_get_no_category_and_are_not_found_by_whoever_asks(world: World) -> None:
    """Somebody's father is nobody's suspect, and whose father somebody is, is under the key of who the witness is."""
    reference = world.case()
    world.person(reference, category=("WITNESS",))
    world.claim(
        reference, about="FATHER", latin={"given": "Haydar", "father": "Qasim", "family": "Barakat"}, arabic=None
    )
    world.hand_to_legal(reference)
    asked = {"name": "Haydar Qasim Barakat", "birth_date": words.claim()["birth_date"]}

    with pytest.raises(ValueError, match="category"):
        RecordClaim(**words.claim() | {"category": ("SUSPECT",)})
    assert "category" not in tables()["identity_claims"].__table__.columns
    assert not any(world.ask_known(by=who, **asked).possible for who in ("intake", "intake-lead"))
    assert "identity_claims" not in {record.table for record in world.show("legal", reference).records}

    world.claim(
        reference, about="WITNESS", latin={"given": "Haydar", "father": "Qasim", "family": "Barakat"}, arabic=None
    )
    assert world.ask_known(**asked).possible, "the control"
