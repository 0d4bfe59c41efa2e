"""The main job from end to end, through the office: intake, legal, protection, and what each may not."""

from __future__ import annotations

import pytest

from app.errors import NotFound
from app.people import actions as people
from app.testimonies import actions as testimonies
from tests.world import World, words


def test_a_testimony_is_recorded_and_read_by_those_who_may(world: World) -> None:
    reference = world.whole_case("ar")
    note = world.row("legal", reference, "mitigation_assessments")
    segment = world.row("legal", reference, "segments")

    opened = world.open(
        "legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note
    )

    assert opened["text"] == words.passages("ar")[3].text


def test_a_caseworker_sees_who_and_not_what(world: World) -> None:
    reference = world.whole_case("fr")
    tables = {record.table for record in world.show("protection", reference).records}
    segment = world.row("intake", reference, "segments")
    threat = world.row("protection", reference, "threat_assessments")
    person = world.row("protection", reference, "persons")

    name = world.open("protection", people.reveal, person, "legal_name", justification="SAFETY", cites=threat)

    assert name["legal_name"]
    assert "segments" not in tables
    with pytest.raises(NotFound):
        world.open("protection", testimonies.open_segment, segment, "text", justification="SAFETY", cites=threat)
