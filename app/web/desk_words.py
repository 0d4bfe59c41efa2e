"""What the codes of the desks are called: standings of a queue, factors, levels, needs, kinds of hand-offs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

STANDINGS: Final = {
    # of a review
    "UNASSIGNED": N_("Not taken yet"),
    "MINE": N_("Taken by me"),
    "TAKEN": N_("With a colleague"),
    "WRITTEN": N_("Sent on"),
    # of a check-in
    "MISSED": N_("Missed"),
    "TODAY": N_("Due today"),
    "WEEK": N_("Next seven days"),
    "LATER": N_("Later"),
    "SETTLED": N_("Settled"),
    # of a threat assessment
    "OVERDUE": N_("Overdue"),
    "NONE": N_("Not assessed yet"),
    # of a public report
    "FIRST": N_("Coded by nobody"),
    "SECOND": N_("To code a second time"),
}
FACTORS: Final = {
    "SIGNIFICANCE": N_("Significance: did it help to solve, prove or prevent something?"),
    "TRUTHFULNESS": N_("Truthfulness: is it complete and reliable, as far as that can be tested?"),
    "NATURE_EXTENT": N_("Nature and extent: what kind of help, for how long, in person in court?"),
    "RISK_INCURRED": N_("Risk incurred: what danger did it bring to them or their family?"),
    "TIMELINESS": N_("Timeliness: how early, and before which step of the proceedings?"),
    "BEYOND_OWN_PART": N_("Beyond their own part: does it say more than what they did themselves?"),
    "SERIOUSNESS_RELATION": N_("Relation to the offence: how does what was revealed weigh against their own part?"),
    "RENUNCIATION": N_("Renunciation: have they broken with the group in what they do?"),
}
FINDINGS: Final = {
    "MET": N_("Met"),
    "PARTLY": N_("Partly met"),
    "NOT_MET": N_("Not met"),
    "UNKNOWN": N_("Cannot be said yet"),
}
LEVELS: Final = {
    "NONE_KNOWN": N_("No threat known"),
    "LOW": N_("Low"),
    "MODERATE": N_("Moderate"),
    "HIGH": N_("High"),
    "CRITICAL": N_("Critical"),
}
NEEDS: Final = {
    "HEALTH": N_("Health"),
    "TRAUMA": N_("Trauma"),
    "MEDICINE": N_("Medicine"),
    "SCHOOL": N_("School"),
    "LANGUAGE": N_("Language"),
    "FAITH": N_("Faith"),
    "HOUSING": N_("Housing"),
    "WORK": N_("Work"),
    "PAPERS": N_("Papers"),
    "FAMILY": N_("Family"),
}
PASSED: Final = {
    "SAFETY": N_("Safety"),
    "THREAT": N_("A threat"),
    "NEED": N_("A need"),
    "BENEFIT": N_("A benefit given"),
    "CONSENT": N_("A change of consent"),
    "STATEMENT": N_("Something the witness said"),
}

# What these desks do and ask, as the log tells it.
DEEDS: Final = {
    "handoff.file": N_("Filed a hand-off"),
    "handoff.count": N_("Counted hand-offs"),
    "handoff.show": N_("Looked at a hand-off"),
    "review.list": N_("Listed reviews"),
    "review.count": N_("Counted reviews"),
    "check_in.list": N_("Listed check-ins"),
    "check_in.show": N_("Looked at a check-in"),
    "check_in.case": N_("Listed the check-ins of a case"),
    "checkin.escalate": N_("Called people: a check-in was not met"),
    "checkin.climb": N_("Called the next people: nobody had answered"),
    "checkin.acknowledge": N_("Answered an alarm"),
    "checkin.report": N_("Noted what came of an alarm"),
    "escalation.list": N_("Looked at alarms"),
    "escalation.show": N_("Looked at an alarm"),
    "escalation.case": N_("Listed the alarms of a case"),
    "coding.waiting": N_("Listed reports to code"),
    "coding.count": N_("Counted reports to code"),
    "threat.overdue": N_("Listed lapsed assessments"),
    "safety.count": N_("Counted what waits at protection"),
}
STATES: Final = {
    "SENT": N_("Not read yet"),
    "FILED": N_("Filed"),
}

ALARMS: Final = {
    "CALLED": N_("Called"),
    "CALLING": N_("Nobody has answered"),
    "ACKNOWLEDGED": N_("Somebody sees to it"),
    "UNACCOUNTED": N_("Nobody knows where they are"),
    "LOCATED": N_("Located"),
    "SPOKEN": N_("We spoke with them after all"),
}
ALARM_RUNGS: Final = {"1": N_("Caseworker"), "2": N_("On duty"), "3": N_("Lead")}

DESK_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "standing": STANDINGS,
    "factor": FACTORS,
    "finding": FINDINGS,
    "level": LEVELS,
    "need": NEEDS,
    "passed": PASSED,
    "alarm": ALARMS,
    "alarm_rung": ALARM_RUNGS,
}
