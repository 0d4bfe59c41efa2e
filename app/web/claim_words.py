"""What is called how when an account is read back to the witness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

READ_BACK_ANSWERS: Final = {
    "SIGNED": N_("Stands by it: signed on paper"),
    "BY_WORD": N_("Stands by it: said so"),
    "REFUSED": N_("Refuses to stand by it"),
}
TABLES: Final = {
    "read_backs": N_("Read back to the witness"),
}
FIELDS: Final = {
    "reader": N_("Who read it out"),
    "answer": N_("The witness’s answer"),
}
DEEDS: Final = {
    "testimony.read_back": N_("Read an account back to the witness"),
    "read_back.open": N_("Read what the witness said to their account"),
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "read_back": READ_BACK_ANSWERS,
}
