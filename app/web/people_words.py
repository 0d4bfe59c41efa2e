"""What the codes of conflicts of interest are called."""

from __future__ import annotations

from typing import Final

from app.edge.languages import N_

DEEDS: Final = {
    "conflict.declare": N_("Declared a conflict of interest"),
    "conflict.lift": N_("Lifted a conflict of interest"),
    "conflict.of_case": N_("Looked at conflicts of interest of a case"),
    "conflict.list": N_("Listed conflicts of interest"),
    "takeover.begin": N_("Began to have cases taken over"),
    "takeover.go_on": N_("Went on having cases taken over"),
    "takeover.pass": N_("Passed a case on"),
    "takeover.held": N_("Looked at a colleague's cases"),
    "takeover.leavers": N_("Looked at who left and holds keys"),
    "takeover.list": N_("Listed what was passed on"),
    "takeover.show": N_("Looked at how far it has come"),
}
WORDS: Final = {
    "passing": {
        "WAITING": N_("Waits"),
        "DONE": N_("Passed on"),
        "REFUSED": N_("Not passed on"),
    },
    "takeover": {
        "LEAVING": N_("For good: they leave, and their keys are taken back"),
        "COVER": N_("Under cover, until a day within two weeks: they keep their keys"),
    },
    # What stands in the way of one case, where it is no rule.
    "hindered": {
        "CLOSED": N_("This case is closed."),
        "NOTHING_TO_GIVE": N_("There is no key of theirs that you hold and this colleague does not."),
        "NOBODY_THERE": N_("This colleague has not signed in yet or is gone, so nothing can be sealed to them."),
        "NO_KEY": N_("You hold no key of this case any more."),
        "no-rule": N_("No rule lets this colleague hold it."),
    },
    "conflict": {
        "FAMILY": N_("Family, or somebody like it"),
        "SAME_TOWN": N_("From the same town"),
        "FRIEND_OR_ENEMY": N_("A friend, or an enemy"),
        "EARLIER_ROLE": N_("An earlier role in the matter"),
        "OTHER": N_("Another reason, said below"),
    },
}
