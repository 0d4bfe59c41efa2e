"""What may come in about a case: bounded, and able to name everything that may be asked for."""

from __future__ import annotations

from datetime import datetime

import pytest
from pydantic import ValidationError

from app.cases.forms import GiveGrant, OpenCase, Opening, SendHandoff
from app.work.forms import Justification
from tests.cases.canaries import fields_of, sealed_fields

# Of the index, of its questions and of a tie nobody is ever shown a field.
SHOWN = sorted({name.split(".")[0] for name in sealed_fields()} - {"known_marks", "look_ups", "mention_ties"})


@pytest.mark.parametrize("table", SHOWN)
def test_every_field_that_may_be_shown_can_be_named(table: str) -> None:
    # The hash of an original has digits in its name, and once could not be asked for at all.
    form = Opening(fields=fields_of(table), justification=Justification.INTAKE)

    assert form.fields == fields_of(table)


@pytest.mark.parametrize("fields", [(), ("x" * 41,), ("Name",), ("name; --",), ("a",) * 13])
def test_a_request_names_one_to_twelve_plain_fields(fields: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Opening(fields=fields, justification=Justification.INTAKE)


@pytest.mark.domain("D01")
def test_a_request_without_a_reason_is_no_request() -> None:
    with pytest.raises(ValidationError, match="justification"):
        Opening.model_validate({"fields": ("text",)})
    with pytest.raises(ValidationError, match="justification"):
        Opening.model_validate({"fields": ("text",), "justification": "OTHER"})


@pytest.mark.abuse("A05")
@pytest.mark.parametrize("extra", ["role", "is_admin", "state", "case_id", "compartment", "__class__", "synthetic"])
def test_a_field_nobody_asked_for_ends_the_request(extra: str) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        OpenCase.model_validate({extra: "x"})


@pytest.mark.abuse("A06")
def test_a_refused_form_repeats_nothing_of_what_came_in() -> None:
    with pytest.raises(ValidationError) as caught:
        SendHandoff.model_validate({"kind": "CANARY-kind", "to_team": "CANARY-team", "words": ""})

    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("user", ["S-3467", "S-aaaaaa", "intake", "S-33333333", ""])
def test_a_colleague_is_named_by_their_code(user: str) -> None:
    with pytest.raises(ValidationError, match="user"):
        GiveGrant.model_validate({"user": user, "compartments": ["TESTIMONY"]})


def test_a_grant_names_at_least_one_compartment_there_is() -> None:
    for compartments in ([], ["EVERYTHING"]):
        with pytest.raises(ValidationError, match="compartments"):
            GiveGrant.model_validate({"user": "S-333333", "compartments": compartments})


def test_the_end_of_a_grant_says_in_which_zone_it_is() -> None:
    with pytest.raises(ValidationError, match="until"):
        GiveGrant(user="S-333333", compartments=frozenset({"TESTIMONY"}), until=datetime(2030, 1, 1))
