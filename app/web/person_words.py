"""What the codes of who somebody is are called: what a source says, and whether two records are one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

TABLES: Final = {
    "identity_claims": N_("What a source says"),
    "same_person_findings": N_("Same person or not"),
    "known_marks": N_("Mark for the look-up"),
    "look_ups": N_("Look-up"),
}
FIELDS: Final = {
    "about": N_("Of whom"),
    "name_use": N_("Which name"),
    "name_parts": N_("The name, part by part"),
    "basis": N_("How it is known"),
    "source": N_("Source"),
    "attributes": N_("What was compared"),
    "asked": N_("Spoken with"),
}
DEEDS: Final = {
    "person.record": N_("Recorded the person"),
    "person.reveal": N_("Showed the person"),
    "person.record_document": N_("Recorded a document"),
    "person.reveal_document": N_("Showed a document"),
    "approach.record": N_("Recorded how to approach them"),
    "approach.open": N_("Read how to approach them"),
    "person.record_contact": N_("Recorded a way to reach them"),
    "person.reveal_contact": N_("Showed a way to reach them"),
    "person.claim": N_("Recorded what a source says"),
    "person.reveal_claim": N_("Showed what a source says"),
    "person.settle_same": N_("Settled whether two records are one person"),
    "person.reveal_finding": N_("Showed whether two records are one person"),
    "lookup.ask": N_("Asked whether somebody is known"),
    "lookup.find": N_("Searched their cases"),
    "lookup.file": N_("Filed marks for the look-up"),
    "lookup.waiting": N_("Counted marks to be filed"),
}
ABOUT: Final = {
    "WITNESS": N_("The witness"),
    "FATHER": N_("Their father"),
    "MOTHER": N_("Their mother"),
    "SPOUSE": N_("Their husband or wife"),
    "SIBLING": N_("A brother or sister"),
    "CHILD": N_("A child of theirs"),
    "OTHER_KIN": N_("Other kin"),
}
NAME_USES: Final = {
    "LEGAL": N_("Name in papers"),
    "EARLIER": N_("An earlier name"),
    "ALIAS": N_("Another name they go by"),
    "KUNYA": N_("Named after a child (Abu, Umm)"),
    "IN_THE_GROUP": N_("Name taken in the group"),
    "SPELLING": N_("Another spelling of the same name"),
}
PARTS: Final = {
    "GIVEN": N_("Given name"),
    "FATHER": N_("Father's name"),
    "GRANDFATHER": N_("Grandfather's name"),
    "FAMILY": N_("Family name"),
    "OTHER": N_("Another part"),
}
BASES: Final = {
    "FACT": N_("A fact: seen in a paper or proven otherwise"),
    "STATEMENT": N_("A statement: somebody said so"),
    "ASSESSMENT": N_("An assessment: we conclude it"),
}
SAME: Final = {
    "SAME": N_("The same person"),
    "NOT_SAME": N_("Not the same person"),
    "UNRESOLVED": N_("Not settled"),
}
STRONG: Final = {
    "DOCUMENT_NUMBER": N_("The number of a document"),
    "CONTACT": N_("A telephone number or address"),
    "NAME_AND_BIRTH": N_("Name in two parts with the birth"),
    "KIN_BY_NAME": N_("Father or mother by name"),
    "SHARED_EVENT": N_("An event only they can have lived through"),
}
# Why somebody may ask whether a person is known.
REASONS: Final = {
    "INTAKE": N_("Somebody gives their account"),
    "TRIAGE": N_("Something arrived"),
    "SAME_PERSON": N_("Two records may be one person"),
    "DEMAND": N_("Legal asks, because of a demand"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "about": ABOUT,
    "name_use": NAME_USES,
    "part": PARTS,
    "basis": BASES,
    "same_person": SAME,
    "strong": STRONG,
    "look_up_reason": REASONS,
}
