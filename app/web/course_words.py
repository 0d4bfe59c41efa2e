"""What the steps of the course of a mitigation are called, whose they are, and what runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

STATES: Final = {
    "NOT_RAISED": N_("Not raised yet"),
    "INITIAL_VIEW": N_("A first view, by two"),
    "OFFER_PENDING": N_("An offer is pending"),
    "AGREEMENT_SIGNED": N_("An agreement is signed"),
    "PERFORMING": N_("The help is being given"),
    "PERFORMED": N_("What was agreed was done, say two"),
    "REPORTED": N_("Reported"),
    "CONSIDERED": N_("Being considered"),
    "CREDITED": N_("Taken into account"),
    "NOT_CREDITED": N_("Not taken into account"),
    "DECLINED": N_("Declined"),
    "WITHDRAWN": N_("Withdrawn"),
    "BREACH_ALLEGED": N_("A breach is alleged"),
    "BREACH_FOUND": N_("A court or an authority found a breach"),
    "BREACH_DISMISSED": N_("The allegation was dismissed"),
    "REFERRED_BACK": N_("Referred back"),
    "REVOCATION_WINDOW": N_("It can still be revoked"),
    "CLOSED": N_("Closed"),
}
WHOSE: Final = {
    "COURT": N_("A court"),
    "AUTHORITY": N_("A prosecutor or another authority"),
    "OFFICE": N_("This office"),
    "WITNESS": N_("The witness, or counsel for them"),
}
GROUNDS: Final = {
    "FINDING": N_("A decision by which a court or an authority found it"),
    "NEW_ARREST": N_("A new arrest or charge"),
    "OTHER": N_("Something else"),
}
CLOCKS: Final = {
    "FULL_ACCOUNT": N_("Italian law: all that is known, within 180 days of the declared will"),
    "FURTHER_TERM_LESSER": N_("French law, lesser offence: a further term for 10 years"),
    "FURTHER_TERM_SERIOUS": N_("French law, serious offence: a further term for 20 years"),
    "MET": N_("What ran is met, or over"),
}
TABLES: Final = {"mitigation_steps": N_("Step of a mitigation")}
FIELDS: Final = {
    "whose": N_("Whose step it was"),
    "authority": N_("Who it was in particular"),
    "happened_on": N_("On which day"),
    "ground": N_("What it rests on"),
    "clock": N_("What runs"),
    "runs_from": N_("From which day it runs"),
}
DEEDS: Final = {
    "mitigation.move": N_("Recorded a step of a mitigation"),
    "mitigation.report": N_("Wrote a report of cooperation"),
    "mitigation_step.open": N_("Read a step of a mitigation"),
    "mitigation.course": N_("Looked where a mitigation stands"),
    "mitigation.running": N_("Listed days that run in mitigations"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "course": STATES,
    "whose": WHOSE,
    "breach_ground": GROUNDS,
    "course_clock": CLOCKS,
}
