"""What codes are called on a page. The log and the tables hold codes; a sentence never goes back.

Every table is one kind of code; ``{{ code | said("state") }}`` looks a word up and puts it into
the language of the page. A code without a word is shown as it is: a test fails before that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_
from app.web import (
    account_words,
    course_words,
    desk_words,
    draft_words,
    duty_words,
    ending_words,
    intake_words,
    key_words,
    log_words,
    mitigation_words,
    oversight_words,
    people_words,
    person_words,
    promise_words,
    session_words,
)

ROLES: Final = {
    "intake_officer": N_("Intake"),
    "legal_reviewer": N_("Legal review"),
    "caseworker": N_("Protection"),
    "narrative_editor": N_("Narratives"),
    "reid_reviewer": N_("Re-identification review"),
    "approver": N_("Approval"),
    "auditor": N_("Audit"),
    "key_custodian": N_("Key custody"),
    "administrator": N_("Administration"),
}
TEAMS: Final = {
    "intake": N_("Intake team"),
    "legal": N_("Legal team"),
    "protection": N_("Protection team"),
    "duty": N_("Duty team"),
    "narrative": N_("Narrative team"),
    "escrow": N_("Paper shares of the custodians"),
}
COMPARTMENTS: Final = {
    "IDENTITY": N_("Who it is"),
    "LOCATION": N_("Where they are"),
    "TESTIMONY": N_("The account"),
    "LEGAL": N_("Legal assessment"),
    "CARE": N_("Needs and care"),
    "THREAT": N_("Threats to them"),
    "RELEASE": N_("Passages for release"),
}
STATES: Final = {
    # of a case
    "OPEN": N_("Open"),
    "CLOSING": N_("Closing"),
    "KEPT": N_("Kept"),
    "ARCHIVED": N_("Archived"),
    "DESTROYED": N_("Destroyed"),
    # of an account being taken
    "REQUESTED": N_("Asked for"),
    "TRIAGED": N_("Begun"),
    "LIMITS_EXPLAINED": N_("Limits explained"),
    "READY": N_("Ready for the conversation"),
    "IN_SESSION": N_("In conversation"),
    "PAUSED": N_("Paused"),
    "RECORDED": N_("Recorded"),
    "TRANSCRIBED": N_("Transcribed"),
    "TRANSLATED": N_("Translated"),
    "READ_BACK": N_("Read back"),
    "SEGMENTED": N_("Divided into passages"),
    "SEALED": N_("Sealed"),
    "RETAINED": N_("Kept"),
    "STOPPED_BY_WITNESS": N_("Stopped by the witness"),
    "VOIDED": N_("Set aside"),
    "DISPUTED": N_("Disputed"),
    "HANDED_OVER": N_("Handed over"),
    # of consent
    "GRANTED": N_("Agreed"),
    "REFUSED": N_("Declined"),
    "WITHDRAWN": N_("Withdrawn"),
    # of an arrival
    "RECEIVED": N_("Waiting"),
    "LINKED": N_("Taken into a case"),
    "OPENED": N_("Read"),
    "DECLINED": N_("Not taken up"),
    # of an assessment, a check-in, a clearance
    "DRAFT": N_("Draft"),
    "SIGNED": N_("Signed"),
    "SCHEDULED": N_("Planned"),
    "MET_OK": N_("Met, well"),
    "MET_CONCERN": N_("Met, with concern"),
    "MISSED": N_("Missed"),
    "NOT_CLEARED": N_("Not cleared"),
    "CLEARED": N_("Cleared"),
    # of an account of a colleague
    "INVITED": N_("Invited"),
    "ENROLLED": N_("Signed up"),
    "ACTIVE": N_("Active"),
    "DISABLED": N_("Shut"),
    # of a file
    "INCOMING": N_("Arriving"),
    "LAPSED": N_("Given up"),
    "NONE": N_("No working copy"),
}
PATHWAYS: Final = {
    "ADULT": N_("Adult"),
    "CHILD": N_("Child"),
    "NOT_ELIGIBLE": N_("Outside the programme"),
    "NOT_ASSOCIATED": N_("Was not with the group"),
    "UNDECIDED": N_("Pathway not decided"),
}
APPROACHES: Final = {
    "PORTAL_ONLY": N_("Portal only."),
    "NOT_BY_PHONE": N_("Do not phone."),
    "NOT_BY_MESSAGE": N_("No messages."),
    "NOT_BY_LETTER": N_("No letters."),
    "NOT_AT_HOME": N_("Never at home."),
    "THROUGH_SOMEBODY": N_("Only through the person named."),
    "NEVER_NAME_THE_OFFICE": N_("Never name the office."),
    "WOMAN_INTERPRETER": N_("Woman interpreter."),
    "MAN_INTERPRETER": N_("Man interpreter."),
    "NO_INTERPRETER_FROM_HOME": N_("No interpreter from their home town."),
    "WITH_COUNSEL": N_("Only with counsel."),
}
ORIGINS: Final = {
    "DIRECT": N_("Came to the office"),
    "PORTAL": N_("Came through the portal"),
    "REFERRAL": N_("Was referred to us"),
    "PUBLIC_REPORT": N_("Known from a public report"),
}
OPERATIONS: Final = {
    "collect": N_("Recorded"),
    "alter": N_("Changed"),
    "consult": N_("Opened"),
    "disclose": N_("Passed on"),
    "combine": N_("Joined name and account"),
    "erase": N_("Destroyed"),
    "grant": N_("Gave a key"),
    "revoke": N_("Took a key back"),
    "refuse": N_("Refused"),
    "verify": N_("Read or verified the log"),
    "sign-in": N_("Signed in or out"),
    "key": N_("Changed keys"),
    "policy": N_("Changed the rules"),
    "release": N_("Released"),
}
JUSTIFICATIONS: Final = {
    "INTAKE": N_("Taking or completing an account"),
    "TRIAGE": N_("Judging what arrived"),
    "SAFETY": N_("Reducing a threat to someone"),
    "LIFE_AT_RISK": N_("Someone may die or be seized"),
    "RELOCATION": N_("Moving or settling someone"),
    "CARE": N_("Needs, services, a check-in"),
    "ASSURANCE": N_("Obtaining or testing a promise"),
    "LEGAL_ASSESSMENT": N_("Assessing cooperation"),
    "DEMAND": N_("Answering a court or authority"),
    "AGREED_DISCLOSURE": N_("Passing on what was agreed to"),
    "RELEASE_WORK": N_("Preparing a release"),
    "SECOND_SIGNATURE": N_("Checking a colleague's work"),
    "WITNESS_REQUEST": N_("The witness asked for it"),
    "HANDOVER": N_("Taking over or covering a case"),
    "INCIDENT": N_("Finding out what was exposed"),
    "SAME_PERSON": N_("Settling whether two records are one person"),
    "INQUIRY": N_("Reading the log"),
}
TABLES: Final = {
    "persons": N_("Person"),
    "identity_documents": N_("Document"),
    "approaches": N_("How to approach them"),
    "contact_channels": N_("Way to reach them"),
    "testimonies": N_("Account"),
    "segments": N_("Passage"),
    "consents": N_("Consent"),
    "attachments": N_("File"),
    "custody_events": N_("Step of a file"),
    "prior_accounts": N_("Said elsewhere before"),
    "threat_assessments": N_("Threat assessment"),
    "residences": N_("Place"),
    "needs": N_("Need"),
    "check_ins": N_("Check-in"),
    "justifications": N_("Reason for an opening"),
    "handoffs": N_("Hand-off"),
    "submissions": N_("Arrival"),
    "submission_files": N_("File that arrived"),
    "public_reports": N_("Public report"),
    "codings": N_("Coding"),
    "grants": N_("Key"),
    "cases": N_("Case"),
}
FIELDS: Final = {
    "legal_name": N_("Legal name"),
    "name_arabic": N_("Name in Arabic"),
    "aliases": N_("Other names"),
    "birth_date": N_("Born"),
    "sex": N_("Sex"),
    "nationalities": N_("Nationalities"),
    "languages": N_("Languages"),
    "category": N_("Category in proceedings"),
    "kind": N_("Kind"),
    "condition": N_("Condition"),
    "number": N_("Number"),
    "issuer": N_("Issued by"),
    "channel": N_("Channel"),
    "address": N_("Address or number"),
    "safe_hours": N_("Hours at which it is safe"),
    "opening_words": N_("Words to begin with"),
    "who_must_not_know": N_("Who must not know"),
    "statement_language": N_("Language of the statement of limits"),
    "own_words": N_("The limits in their own words"),
    "counsel": N_("Counsel"),
    "frame": N_("The conversation"),
    "text": N_("Text"),
    "language": N_("Language"),
    "speaker": N_("Speaker"),
    "classes": N_("Classes"),
    "how_given": N_("How it was given"),
    "conditions": N_("Conditions"),
    "file_name": N_("File name"),
    "media_type": N_("Type of file"),
    "original_sha256": N_("Hash of the file"),
    "why": N_("Why"),
    "account": N_("What was said"),
    "forum": N_("Where it was said"),
    "caution": N_("Whether they were warned"),
    "contact": N_("How to answer"),
    "decision": N_("Decision"),
    "factor": N_("Factor"),
    "finding": N_("Finding"),
    "reasons": N_("Reasons"),
    "passages": N_("Passages"),
    "contrary_evidence": N_("Contrary evidence"),
    "level": N_("Level"),
    "fear_in_own_words": N_("Their fear in their own words"),
    "findings": N_("Findings"),
    "measures": N_("Measures"),
    "place": N_("Place"),
    "since": N_("Since"),
    "who_knows": N_("Who knows"),
    "words": N_("Words"),
    "source_url": N_("Address of the source"),
    "source_title": N_("Title of the source"),
    "left_in": N_("Left in"),
    "nationality": N_("Nationality"),
    "codes": N_("Codes"),
    "agreed_word": N_("Agreed word"),
    "zone": N_("Their time zone"),
    "outcome": N_("Outcome"),
}
ACTIONS: Final = {
    "log.query": N_("Read the log"),
    "log.verify": N_("Verified the log"),
    "log.export": N_("Exported the log"),
    "clock.jump": N_("Noted that the clock jumped"),
    "clock.confirm": N_("Said that the clock is right"),
    "case.open": N_("Opened a new case"),
    "case.visit": N_("Began a visit"),
    "case.leave": N_("Left the case"),
    "case.hand_over": N_("Handed the case over"),
    "case.came_out": N_("Noted that the witness is out"),
    "case.list": N_("Listed their cases"),
    "case.show": N_("Looked at the overview"),
    "case.looked": N_("Looked at who looked"),
    "case.timeline": N_("Looked at the timeline of a case"),
    "case.count": N_("Counted their cases"),
    "case.sides": N_("Looked at what they had opened"),
    "case.visiting": N_("Looked at their visits"),
    "grant.give": N_("Gave a key"),
    "grant.revoke": N_("Took a key back"),
    "handoff.send": N_("Passed facts on"),
    "handoff.open": N_("Read a hand-off"),
    "handoff.list": N_("Listed hand-offs"),
    "justification.open": N_("Read a reason"),
    "testimony.begin": N_("Began an account"),
    "testimony.explain_limits": N_("Explained the limits"),
    "testimony.ready": N_("Made the account ready"),
    "testimony.record": N_("Recorded the account"),
    "testimony.move": N_("Moved the account on"),
    "testimony.open": N_("Read the frame of the account"),
    "session.start": N_("Began the conversation"),
    "segment.open": N_("Read a passage"),
    "prior_account.open": N_("Read what was said before"),
    "consent.record": N_("Recorded consent"),
    "consent.withdraw": N_("Withdrew consent"),
    "consent.open": N_("Read a consent"),
    "attachment.begin": N_("Received a file"),
    "attachment.finish": N_("Kept a file"),
    "attachment.open": N_("Read about a file"),
    "attachment.download": N_("Opened a file"),
    "consent.list": N_("Listed consents"),
    "testimony.case": N_("Listed the accounts of a case"),
    "testimony.list": N_("Listed accounts"),
    "testimony.show": N_("Looked at how far an account is"),
    "testimony.read": N_("Read the account"),
    "submission.arrivals": N_("Looked at what waits"),
    "public_report.record": N_("Recorded a public report"),
    "public_report.open": N_("Read a public report"),
    "narrative.code": N_("Coded a report"),
    "narrative.open_coding": N_("Read a coding"),
    "threat.assess": N_("Assessed threats"),
    "threat.open": N_("Read a threat assessment"),
    "location.record": N_("Recorded a place"),
    "location.reveal": N_("Showed a place"),
    "care.record": N_("Recorded a need"),
    "care.open": N_("Read a need"),
    "checkin.plan": N_("Planned a check-in"),
    "checkin.settle": N_("Settled a check-in"),
    "checkin.open": N_("Read a check-in"),
    "submission.receive": N_("Received an arrival"),
    "submission.triage": N_("Judged an arrival"),
    "submission.link": N_("Took an arrival into a case"),
    "submission.open": N_("Read an arrival"),
    "submission.open_file": N_("Read about a file that arrived"),
    "submission.list": N_("Listed arrivals"),
    "submission.show": N_("Looked at an arrival"),
    "submission.state": N_("Asked for the state"),
    "submission.looked": N_("Asked who looked"),
    "log.asked": N_("Asked what numbers of the log mean"),
    "log.badge": N_("Looked at the state of the log"),
    "log.entry": N_("Read one entry of the log"),
    "log.mine": N_("Looked at what they had opened"),
    "log.numbers": N_("Counted entries of the log"),
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "role": ROLES,
    "team": TEAMS,
    "compartment": COMPARTMENTS,
    "state": course_words.STATES
    | promise_words.STATES
    | mitigation_words.STANDINGS
    | STATES
    | desk_words.STATES
    | session_words.STATES
    | draft_words.STATES,
    "pathway": PATHWAYS,
    "origin": ORIGINS,
    "approach": APPROACHES,
    "operation": OPERATIONS,
    "justification": JUSTIFICATIONS,
    **log_words.WORDS,
    "table": TABLES
    | session_words.TABLES
    | draft_words.TABLES
    | person_words.TABLES
    | ending_words.TABLES
    | promise_words.TABLES
    | mitigation_words.TABLES
    | course_words.TABLES,
    "field": FIELDS
    | session_words.FIELDS
    | intake_words.FIELDS
    | draft_words.FIELDS
    | person_words.FIELDS
    | ending_words.FIELDS
    | promise_words.FIELDS
    | mitigation_words.FIELDS
    | course_words.FIELDS,
    "action": ACTIONS
    | account_words.DEEDS
    | key_words.ACTIONS
    | duty_words.DEEDS
    | oversight_words.DEEDS
    | people_words.DEEDS
    | desk_words.DEEDS
    | session_words.DEEDS
    | intake_words.DEEDS
    | draft_words.DEEDS
    | ending_words.DEEDS
    | person_words.DEEDS
    | promise_words.DEEDS
    | mitigation_words.DEEDS
    | course_words.DEEDS,
    **ending_words.WORDS,
    **promise_words.WORDS,
    **mitigation_words.WORDS,
    **course_words.WORDS,
    **desk_words.DESK_WORDS,
    **duty_words.WORDS,
    **oversight_words.WORDS,
    **people_words.WORDS,
    **draft_words.WORDS,
    "why": account_words.WHY,
    **intake_words.WORDS,
    **session_words.WORDS,
    **person_words.WORDS,
}


def word(code: str, table: str) -> str:
    """The English word of a code; the code itself if there is none."""
    return WORDS[table].get(code, code)
