"""What is called how when an account is read back to the witness, and when its claims are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

READ_BACK_ANSWERS: Final = {
    "SIGNED": N_("Stands by it: signed on paper"),
    "BY_WORD": N_("Stands by it: said so"),
    "REFUSED": N_("Refuses to stand by it"),
}
VERIFICATIONS: Final = {
    "UNVERIFIED": N_("Not checked, or nothing found to check it against"),
    "CONSISTENT_PUBLIC": N_("Agrees with public sources, and no more is known"),
    "CORROBORATED": N_("Borne out by another source"),
    "CONTRADICTED": N_("Another source says otherwise"),
    "WITHDRAWN": N_("Taken back by whoever said it"),
}
SOURCE_GRADES: Final = {
    "A": N_("A: completely reliable"),
    "B": N_("B: usually reliable"),
    "C": N_("C: fairly reliable"),
    "D": N_("D: not usually reliable"),
    "E": N_("E: unreliable"),
    "F": N_("F: cannot be judged"),
}
INFORMATION_GRADES: Final = {
    "1": N_("1: confirmed"),
    "2": N_("2: probably true"),
    "3": N_("3: possibly true"),
    "4": N_("4: doubtful"),
    "5": N_("5: improbable"),
    "6": N_("6: cannot be judged"),
}
TABLES: Final = {
    "claims": N_("Claim"),
    "read_backs": N_("Read back to the witness"),
}
FIELDS: Final = {
    "proposition": N_("What is claimed"),
    "method": N_("How it was checked"),
    "sources": N_("Sources"),
    "verification": N_("What the check came to"),
    "source_grade": N_("Grade of the source"),
    "information_grade": N_("Grade of the information"),
    "reader": N_("Who read it out"),
    "answer": N_("The witness’s answer"),
}
DEEDS: Final = {
    "claim.add": N_("Entered a claim"),
    "claim.open": N_("Read one claim"),
    "claim.read": N_("Read what is claimed"),
    "testimony.read_back": N_("Read an account back to the witness"),
    "read_back.open": N_("Read what the witness said to their account"),
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "read_back": READ_BACK_ANSWERS,
    "verification": VERIFICATIONS,
    "source_grade": SOURCE_GRADES,
    "information_grade": INFORMATION_GRADES,
}
