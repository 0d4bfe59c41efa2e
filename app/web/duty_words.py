"""What is done with the rota and with broken glasses, as the log tells it, and the codes of both."""

from __future__ import annotations

from typing import Final

from app.edge.languages import N_

DEEDS: Final = {
    "rota.set": N_("Put somebody on the rota"),
    "rota.cut": N_("Ended a time on duty"),
    "rota.take_over": N_("Passed their time on duty on"),
    "rota.now": N_("Looked at who is on duty"),
    "rota.list": N_("Looked at the rota"),
    "access.break_glass": N_("Broke glass"),
    "break_glass.end": N_("Ended a broken glass"),
    "break_glass.review": N_("Judged a broken glass"),
    "break_glass.list": N_("Listed broken glasses"),
    "break_glass.show": N_("Looked at a broken glass"),
    "break_glass.count": N_("Counted broken glasses"),
    "break_glass.records": N_("Looked at what a broken glass reaches"),
}
WORDS: Final = {
    "glass": {
        "OPEN": N_("Open now"),
        "TO_REVIEW": N_("Waits for its review"),
        "OVERDUE": N_("Past its review"),
        "JUSTIFIED": N_("Justified"),
        "MISUSE": N_("Misuse"),
    },
    "glass_why": {
        "LIFE_WAS_AT_RISK": N_("A life was at risk"),
        "IN_GOOD_FAITH": N_("They had to believe it, though it was not so"),
        "HOLDERS_OUT_OF_REACH": N_("Nobody who holds the case could be reached"),
        "NO_LIFE_AT_RISK": N_("No life was at risk, and they could know it"),
        "HOLDERS_IN_REACH": N_("Somebody who holds the case could be reached"),
        "OPENED_MORE_THAN_NEEDED": N_("More was opened than was needed"),
        "OWN_INTEREST": N_("It was done for an interest of their own"),
    },
    "rung": {"1": N_("Called first"), "2": N_("Called if nobody answers")},
}
