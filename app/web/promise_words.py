"""What promises of others are called: their kinds, where they come from, and what they say of each use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

# The code of a kind is a lawyer's; the word says what it is, and never more than it gives.
KINDS: Final = {
    "IMMUNITY_ORDER": N_("An order of a court that bars the use of compelled words"),
    "IMMUNITY_NOTICE": N_("A notice that stated offences are not brought to court"),
    "USE_UNDERTAKING": N_("An undertaking not to use the words in stated proceedings"),
    "PROFFER": N_("A proffer: an agreement with a prosecutor"),
    "SENTENCING_PROTECTION": N_("An agreement that the words do not raise a sentence"),
    "COURT_CONFIDENTIALITY": N_("Confidentiality before one court"),
    "TRUTH_AGREEMENT": N_("A truth agreement"),
    "INQUIRY_PROMISE": N_("A promise of an inquiry"),
    "AGENCY_POLICY": N_("A policy of an agency"),
    "NONE": N_("No promise: asked for, and none was given"),
}
STRENGTHS: Final = {
    "STATUTE": N_("a law"),
    "COURT_ORDER": N_("an order of a court"),
    "PROSECUTOR_UNDERTAKING": N_("an undertaking of a prosecutor"),
    "CONTRACT": N_("a contract"),
    "POLICY": N_("a policy"),
    "NONE": N_("nothing that binds"),
}
USES: Final = {
    "DIRECT": N_("Directly, as evidence"),
    "DERIVATIVE": N_("To find other evidence"),
    "IMPEACHMENT": N_("To contradict later words"),
    "SENTENCING_RANGE": N_("To raise a sentence"),
    "IMMIGRATION": N_("In a decision on asylum or stay"),
    "CIVIL": N_("In a civil case"),
    "INTELLIGENCE": N_("For intelligence"),
    "MEDIA": N_("In the press"),
}
SUBJECTS: Final = {
    "DECLARANT": N_("against the witness"),
    "THIRD_PARTY": N_("against somebody else"),
}
# As the witness is told.
TOLD_SUBJECTS: Final = {
    "DECLARANT": N_("against you"),
    "THIRD_PARTY": N_("against somebody else"),
}
EFFECTS: Final = {
    "BARRED": N_("Barred"),
    "UNSETTLED": N_("Not settled"),
    "ALLOWED": N_("Allowed"),
}
BODIES: Final = {
    "CRIMINAL_COURT": N_("Criminal court"),
    "ASYLUM": N_("Asylum authority"),
    "CIVIL": N_("Civil court"),
    "INQUIRY": N_("Inquiry"),
    "INTERNATIONAL_COURT": N_("International court"),
    "INTELLIGENCE": N_("Intelligence service"),
    "PRESS": N_("Press"),
}
ANSWERS: Final = {
    "LEAVES": N_("May leave"),
    "WITHOUT_OWN_ACTS": N_("May leave only without every word that speaks against the witness"),
    "STAYS": N_("Stays here"),
}
CAUSES: Final = {
    "CONDITION": N_("A condition was not met"),
    "BODY_ENDED": N_("The body that gave it is no more"),
}
STATES: Final = {
    "OFFERED": N_("Waits for a second signature"),
    "IN_FORCE": N_("In force"),
    "LAPSED": N_("Lapsed"),
    "REVOKED": N_("Revoked"),
    "EXPIRED": N_("Expired"),
    "IN_EFFECT": N_("In effect"),
}
TABLES: Final = {
    "assurances": N_("Promise of others"),
    "terms_of_use": N_("What is read out of a promise"),
    "use_restrictions": N_("Restriction of a passage"),
}
FIELDS: Final = {
    "strength": N_("Where it comes from"),
    "issuer": N_("Who gave it"),
    "instrument": N_("The text of the instrument"),
    "instrument_sha256": N_("Hash of the instrument"),
    "rules": N_("Uses and forums"),
    "proceedings": N_("Stated proceedings or offences"),
    "exceptions": N_("Exceptions"),
    "verified": N_("How it was verified with who gave it"),
    "ended": N_("Why it ended"),
}
DEEDS: Final = {
    "assurance.draft": N_("Drafted a promise of others"),
    "assurance.sign": N_("Signed a promise of others, as the second"),
    "assurance.decline": N_("Declined to sign a promise"),
    "assurance.revoke": N_("Recorded that a promise was revoked"),
    "assurance.lapse": N_("Recorded that a promise lapsed"),
    "assurance.open": N_("Read a promise of others"),
    "assurance.list": N_("Listed the promises of a case"),
    "assurance.waiting": N_("Listed promises that wait for a signature"),
    "terms.standing": N_("Looked whether the limits have changed"),
    "terms.open": N_("Read one promise as it is read out"),
    "terms.read": N_("Read the statement of limits"),
    "restriction.open": N_("Read what restricts a passage"),
    "restriction.tighten": N_("Made a passage stricter"),
    "restriction.judge": N_("Asked what may leave"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "assurance": KINDS,
    "strength": STRENGTHS,
    "use": USES,
    "subject": SUBJECTS,
    "told_subject": TOLD_SUBJECTS,
    "effect": EFFECTS,
    "body": BODIES,
    "leaves": ANSWERS,
    "cause": CAUSES,
    "promise": {**STATES, "DECLINED": N_("Not signed")},
}
