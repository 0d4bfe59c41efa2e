"""What may be recorded of a person: as it was given, bounded, and never tidied."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from app.people.forms import LooseDate, RecordContact, RecordDocument, RecordPerson


def test_a_season_is_not_a_day() -> None:
    assert LooseDate(precision="SEASON", words="spring 2016", year=2016).day is None
    assert LooseDate(precision="DAY", day=date(2016, 3, 1)).day == date(2016, 3, 1)


@pytest.mark.parametrize(
    "given",
    [
        {"precision": "DAY"},
        {"precision": "SEASON", "day": "2016-03-01"},
        {"precision": "YEAR", "year": 1899},
        {"precision": "YEAR", "year": 2101},
        {"precision": "ROUGHLY"},
        {"precision": "DAY", "day": "2016-02-30"},
    ],
)
def test_a_date_says_no_more_than_was_known(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LooseDate.model_validate(given)


@pytest.mark.abuse("A03")
@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "", "x" * 201])
def test_a_name_is_text_of_a_length(name: str) -> None:
    with pytest.raises(ValidationError):
        RecordPerson(legal_name=name)


@pytest.mark.abuse("A03")
@pytest.mark.parametrize("name", ["e\u0301", "\u00e9", "\u202eevil", "\U0001f54a", "  two  blanks  ", "يوسف\u200c"])
def test_a_name_is_kept_as_it_was_typed(name: str) -> None:
    assert RecordPerson(legal_name=name).legal_name == name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("aliases", ("a",) * 21),
        ("nationalities", ("Syria",)),
        ("nationalities", ("sy",)),
        ("languages", ("arabic",)),
        ("category", ("INFORMANT",)),
        ("sex", "m"),
        ("photograph", b""),
    ],
)
def test_particulars_come_from_short_closed_lists(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        RecordPerson.model_validate({"legal_name": "A", field: value})


def test_papers_and_ways_to_reach_somebody_are_of_known_kinds() -> None:
    with pytest.raises(ValidationError):
        RecordDocument.model_validate({"kind": "PARTY_BOOK", "condition": "LOST"})
    with pytest.raises(ValidationError):
        RecordContact.model_validate({"channel": "CARRIER_PIGEON", "address": "roof"})
