"""What is called how in the assessment of how cooperation may be considered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

STANDINGS: Final = {
    "DRAFT": N_("Being written"),
    "PROPOSED": N_("Waits for a second signature"),
    "RETURNED": N_("Sent back with questions"),
    "SIGNED": N_("Signed by two"),
    "DISSENTED": N_("With a dissent"),
    "SUPERSEDED": N_("Another one has taken its place"),
}
TABLES: Final = {
    "mitigation_assessments": N_("Mitigation assessment"),
    "mitigation_factors": N_("Factor of a mitigation assessment"),
    "second_readings": N_("What a second reader said"),
}
FIELDS: Final = {
    "evidence": N_("Claims that bear it out"),
    "against": N_("Claims that speak against it"),
}
DEEDS: Final = {
    "mitigation.take": N_("Took a case for review"),
    "mitigation.write": N_("Wrote a factor of an assessment"),
    "mitigation.open": N_("Read one factor of an assessment"),
    "mitigation.read": N_("Read an assessment"),
    "mitigation.propose": N_("Sent an assessment to second signature"),
    "mitigation.withdraw": N_("Took an assessment back"),
    "mitigation.return": N_("Sent an assessment back with questions"),
    "mitigation.sign": N_("Answered an assessment as its second reader"),
    "mitigation.list": N_("Listed the assessments of a case"),
    "mitigation.waiting": N_("Listed assessments that wait for a signature"),
    "mitigation.returned": N_("Listed assessments that came back"),
    "second_reading.open": N_("Read what a second reader said"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {"assessment": STANDINGS}
