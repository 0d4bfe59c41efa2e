"""What the codes of conflicts of interest are called."""

from __future__ import annotations

from typing import Final

from app.edge.languages import N_

DEEDS: Final = {
    "conflict.declare": N_("Declared a conflict of interest"),
    "conflict.lift": N_("Lifted a conflict of interest"),
    "conflict.of_case": N_("Looked at conflicts of interest of a case"),
    "conflict.list": N_("Listed conflicts of interest"),
}
WORDS: Final = {
    "conflict": {
        "FAMILY": N_("Family, or somebody like it"),
        "SAME_TOWN": N_("From the same town"),
        "FRIEND_OR_ENEMY": N_("A friend, or an enemy"),
        "EARLIER_ROLE": N_("An earlier role in the matter"),
        "OTHER": N_("Another reason, said below"),
    },
}
