"""What a colleague of the office knows by heart: which reason fits, what a valid form looks like,
which states there are. Written from the domain's design, not read from the program, so that the
two can disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple


class Reason(NamedTuple):
    """A justification, the tables of which it may cite an item (none: it cites nothing), and whether it needs words."""

    code: str
    cites: tuple[str, ...] = ()
    words: bool = False


WORDS: Final = "Asked for by the exercise of this day."
_TEAM_READS: Final = (Reason("WITNESS_REQUEST"),)
_CASEWORKER: Final = (
    Reason("SAFETY", ("threat_assessments",), words=True),
    Reason("CARE", ("check_ins", "needs"), words=True),
    Reason("LIFE_AT_RISK", words=True),
)
# In the order somebody would try: the first whose item the case holds is used.
REASONS: Final[Mapping[str, tuple[Reason, ...]]] = {
    "intake_officer": (Reason("INTAKE", ("testimonies",)), Reason("WITNESS_REQUEST")),
    "legal_reviewer": (
        Reason("LEGAL_ASSESSMENT", ("mitigation_assessments",), words=True),
        Reason("DEMAND", words=True),
    ),
    "caseworker": _CASEWORKER,
    "narrative_editor": (Reason("RELEASE_WORK", ("public_reports",)),),
}
# Where a table asks for something else than the role's usual reason.
REASONS_FOR: Final[Mapping[tuple[str, str], tuple[Reason, ...]]] = {
    ("intake_officer", "submissions"): (Reason("TRIAGE", ("submissions",)),),
    ("intake_officer", "submission_files"): (Reason("WITNESS_REQUEST"),),
    ("intake_officer", "handoffs"): _TEAM_READS,
    ("legal_reviewer", "handoffs"): _TEAM_READS,
    ("caseworker", "handoffs"): _TEAM_READS,
    ("intake_officer", "justifications"): _TEAM_READS,
    ("legal_reviewer", "justifications"): _TEAM_READS,
    ("caseworker", "justifications"): _TEAM_READS,
    ("intake_officer", "public_reports"): (Reason("RELEASE_WORK", ("public_reports",)),),
    ("intake_officer", "retention_choices"): _TEAM_READS,
    ("legal_reviewer", "retention_choices"): _TEAM_READS,
    ("caseworker", "retention_choices"): _TEAM_READS,
    ("legal_reviewer", "residences"): (Reason("DEMAND", words=True),),
}
# A reason is asked for even of those who have none: the product refuses, not the kit.
NO_REASON: Final = (Reason("INQUIRY"),)


def reasons(role: str, table: str) -> tuple[Reason, ...]:
    """The reasons somebody in this role may give for opening something of this table."""
    return REASONS_FOR.get((role, table)) or REASONS.get(role, NO_REASON)


# What opens rows that are shown after a fresh second factor, by table.
REVEALS: Final[Mapping[str, str]] = {
    "persons": "person.reveal",
    "identity_documents": "person.reveal_document",
    "contact_channels": "person.reveal_contact",
    "identity_claims": "person.reveal_claim",
    "same_person_findings": "person.reveal_finding",
    "residences": "location.reveal",
}

# What a table calls an item that each code may cite, whoever gives it.
CITED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "INTAKE": ("testimonies",),
    "TRIAGE": ("submissions",),
    "SAFETY": ("threat_assessments",),
    "CARE": ("check_ins", "needs"),
    "RELOCATION": ("threat_assessments",),
    "LEGAL_ASSESSMENT": ("mitigation_assessments",),
    "AGREED_DISCLOSURE": ("consents",),
    "RELEASE_WORK": ("public_reports",),
    "ASSURANCE": ("assurances",),
    "SECOND_SIGNATURE": ("mitigation_assessments", "threat_assessments", "retention_choices", "assurances"),
}

LIMITS: Final = {"statement_version": "2026-10", "language": "en", "own_words": "I can stop whenever I like."}
SESSION: Final = {
    "place": "OFFICE", "custody_status": "FREE", "guard_present": False, "why_again": "Asked once more, to be whole.",
}  # fmt: skip
CLAIM: Final = {
    "proposition": "The depot burned in March.", "basis": "STATEMENT", "method": "Compared with the press.",
    "outside": ["An evening paper of that week."], "verification": "CONSISTENT_PUBLIC", "source_grade": "F",
    "information_grade": "3",
}  # fmt: skip
READ_BACK: Final = {"reader": "P-1", "language": "en", "answer": "SIGNED"}
# Stands where an address of a row belongs that an exercise does not know.
NOWHERE: Final = "00000000-0000-0000-0000-000000000000"
ACCOUNT: Final = {
    "language": "en",
    "segments": [{"text": "We waited at the road until evening.", "speaker": "WITNESS", "classes": ["NARRATIVE"]}],
}
CONSENT: Final = {
    "tier": "T1", "granted": True, "text_version": "2026-10", "language": "en", "how_given": "SPOKEN",
    "custody_status": "FREE", "guard_present": False,
}  # fmt: skip
PROTOCOL: Final = {
    "name": "drill", "version": "2026-11", "title": {"ar": "تجربة", "en": "A drill", "fr": "Un exercice"},
    "sections": [
        {
            "title": {"ar": "الآن", "en": "Now", "fr": "Maintenant"},
            "questions": [
                {
                    "key": "water", "kind": "SAFETY", "type": "YES_NO",
                    "text": {"ar": "أتريدون ماء؟", "en": "Would you like water?", "fr": "Voulez-vous de l’eau ?"},
                    "reason": {"ar": "كي ترتاحوا.", "en": "So that you can rest.", "fr": "Pour votre repos."},
                }
            ],
        }
    ],
}  # fmt: skip
CUSTODY: Final = {
    "kind": "HANDED_OVER", "from_whom": "the office", "to_whom": "a court", "why": "Its order.", "seal": "INTACT",
}  # fmt: skip
PROMISE: Final = {
    "kind": "IMMUNITY_ORDER", "strength": "COURT_ORDER", "issuer": "A court", "basis": "Its order of this day",
    "instrument": "What the witness says is not used against the witness.", "jurisdiction": "US",
    "bodies": ["CRIMINAL_COURT"],
}  # fmt: skip
ASKED: Final = {"use": "DERIVATIVE", "subject": "DECLARANT", "jurisdiction": "US", "body": "CRIMINAL_COURT"}
NOTE: Final = {
    "factor": "TIMELINESS", "finding": "MET", "reasons": "He came by himself, in the first week.", "passages": [],
    "seen": 0,
    "contrary_evidence": "None found after looking in both files.",
}  # fmt: skip
STEP: Final = {"seen": 0, "authority": "A court", "happened_on": "2026-01-05", "reason": "Its letter of this day."}
THREAT: Final = {
    "level": "LOW", "fear_in_own_words": "They know my street.", "findings": "Nobody has asked for him.",
}  # fmt: skip


def forms() -> dict[str, dict[str, Any]]:
    """One valid form for each action; what stands in an address is not in it."""
    opening = {"fields": [], "justification": "WITNESS_REQUEST"}
    due, later = ((datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds") for days in (2, 3))
    return {
        "account.disable": {"why": "LEFT"},
        "account.invite_again": {},
        "account.invite": {"login_name": "newcomer", "display_name": "Somebody New", "roles": ["intake_officer"]},
        "team.add": {"team": "intake"},
        "team.remove": {"team": "intake"},
        "team.reseal": {"team": "intake"},
        "service.make": {"team": "legal", "name": "reader of the archive", "purpose": "ARCHIVE", "ends_at": due},
        "service.end": {},
        "rota.set": {"rung": 2, "starts_at": due, "ends_at": later},
        "rota.take_over": {"to": "S-777777"},
        "rota.cut": {},
        "access.break_glass": {
            "reference": "AAAA-AAAA-A",
            "justification": "LIFE_AT_RISK",
            "words": "Men at the door.",
        },
        "break_glass.review": {"verdict": "MISUSE", "why": "OWN_INTEREST"},
        "break_glass.end": {},
        "takeover.begin": {"kind": "LEAVING", "to": "S-777777"},
        "takeover.go_on": {},
        "takeover.pass": {},
        "conflict.declare": {"reason": "SAME_TOWN"},
        "conflict.lift": {"words": "it was a mistake"},
        "signin.leave": {},
        "signin.leave_everywhere": {},
        "signin.end": {},
        "signin.end_all": {},
        "account.prefer": {"language": "fr"},
        "security_key.rename": {"name": "the blue one"},
        "security_key.remove": {},
        "undertaking.sign": {"version": "2026-11", "language": "fr"},
        "case.open": {},
        "case.hand_over": {"team": "legal"},
        "case.came_out": {},
        "retention.record": {"choice": "KEEP_2Y", "language": "en", "how_given": "SPOKEN"},
        "closing.propose": {},
        "case.close": {},
        "case.reopen": {"words": "They came back."},
        "hold.set": {"words": "A court may ask for it."},
        "hold.propose_lift": {},
        "hold.lift": {},
        "destruction.propose": {"offered": "DECLINED"},
        "case.destroy": {},
        "proposal.drop": {},
        "grant.give": {"user": "S-345678", "compartments": ["TESTIMONY"]},
        "grant.revoke": {"user": "S-345678", "compartments": ["TESTIMONY"]},
        "case.visit": {"justification": "WITNESS_REQUEST"},
        "case.leave": {},
        "handoff.send": {"kind": "NEED", "to_team": "protection", "words": "He asks for a doctor."},
        "handoff.file": {},
        "person.record": {"legal_name": "Idris Tamimi", "languages": ["ar"]},
        "person.record_document": {"kind": "PASSPORT", "condition": "LOST"},
        "approach.record": {"codes": ["PORTAL_ONLY"]},
        "person.claim": {
            "about": "WITNESS",
            "name_use": "LEGAL",
            "latin": {"given": "Idris"},
            "basis": "STATEMENT",
            "source": "he",
        },
        "person.settle_same": {"finding": "UNRESOLVED", "asked": "S-345678"},
        "lookup.ask": {
            "name": "Idris Tamimi",
            "birth_date": {"precision": "YEAR", "year": 1990},
            "justification": "SAME_PERSON",
        },
        "lookup.find": {"document_number": "N 4471 902"},
        "lookup.file": {},
        "person.record_contact": {"channel": "PHONE", "address": "+00 555 0117"},
        "draft.save": {"step": "CONSENT_T2", "fields": [{"name": "conditions", "values": ["Not before spring."]}]},
        "draft.discard": {},
        "draft.take_up": {},
        "safety.record": {"in_danger": False, "found_out": False, "others": False, "hurt": False},
        "safety.alert": {
            "in_danger": True,
            "found_out": False,
            "others": False,
            "hurt": False,
            "words": "They know her street.",
        },
        "testimony.begin": {},
        "testimony.explain_limits": LIMITS,
        "testimony.ready": {"counsel": "OFFERED"},
        "session.start": SESSION,
        "testimony.record": ACCOUNT,
        "testimony.move": {"to": "SEGMENTED"},
        "testimony.read_back": READ_BACK,
        "claim.add": CLAIM,
        "claim.read": {name: value for name, value in opening.items() if name != "fields"},
        "session.prepare": {name: value for name, value in opening.items() if name != "fields"},
        "session.note": {"kind": "CAME_IN", "words": "A doctor came in.", "who": "D-1"},
        "session.unprompted": {},
        "session.change_interpreter": {},
        "interpreter.report": {"found": "SAME_GROUP", "words": "They met before.", "interpreter_code": "I-3467"},
        "interpreter.register": {
            "languages": ["ar"],
            "gender": "FEMALE",
            "origin": "a town",
            "vetting": "two referees",
            "undertaking_until": due[:10],
        },
        "interpreter.undertake": {"undertaking_until": due[:10]},
        "prior_account.record": {"forum": "ASYLUM", "said_on": "in spring", "caution": "NOT_GIVEN"},
        "mention.record": {"kind": "PERSON", "name": "Samir of the bakery"},
        "mention.tie": {"chip": "M-345678", "other": "M-456789"},
        "mention.read": {name: value for name, value in opening.items() if name != "fields"},
        "amendment.add": {"segment": NOWHERE, "text": "It was later.", "language": "en", "reason": "A slip."},
        "version.add": {
            "kind": "TRANSLATION",
            "language": "fr",
            "passages": [{"segment": NOWHERE, "text": "Nous attendions."}],
        },
        "protocol.publish": PROTOCOL,
        "answer.record": {
            "protocol": "0" * 64,
            "language": "en",
            "answers": [{"question": "water", "chosen": ["NO"]}],
        },
        "answer.read": {name: value for name, value in opening.items() if name != "fields"},
        "paper.print": {"language": "ar", "carried_by": "S-2"},
        "paper.enter": {
            "collected_on": "2026-01-05",
            "scan": NOWHERE,
            "own_words": "I can stop.",
            "counsel": "OFFERED",
            "session": SESSION,
            "account": ACCOUNT,
        },
        "assurance.draft": PROMISE | {"starts_on": due[:10]},
        "assurance.sign": {"verified": "Called the office back on its own line."},
        "assurance.decline": {},
        "assurance.revoke": {"by": "the court", "heard": True, "words": "Its order of this day."},
        "assurance.lapse": {"cause": "CONDITION", "words": "The second account was refused."},
        "restriction.tighten": {
            "use": "DIRECT",
            "subject": "DECLARANT",
            "jurisdiction": "FR",
            "bodies": ["ASYLUM"],
            "reason": "It names the only witness.",
        },
        "restriction.judge": ASKED | {name: value for name, value in opening.items() if name != "fields"},
        "terms.read": {name: value for name, value in opening.items() if name != "fields"},
        "consent.record": CONSENT,
        "consent.withdraw": {},
        "mitigation.take": {},
        "mitigation.write": NOTE,
        "mitigation.read": {name: value for name, value in opening.items() if name != "fields"},
        "mitigation.propose": {"version": 1},
        "mitigation.withdraw": {"version": 1},
        "mitigation.return": {"version": 1, "words": "Which hearing was it?"},
        "mitigation.sign": {"version": 1, "answer": "SIGNED"},
        "mitigation.move": STEP | {"to": "OFFER_PENDING", "whose": "AUTHORITY"},
        "mitigation.report": STEP | {"instrument": "She named the depot, and it was found.", "uninvolved": True},
        "threat.assess": THREAT,
        "location.record": {"place": "The flat above the bakery.", "since": "spring", "who_knows": "Nobody else."},
        "care.record": {"kind": "HEALTH", "words": "The old wound hurts at night."},
        "checkin.plan": {"due_at": due, "agreed_word": "the blue kettle"},
        "public_report.record": {"source_title": "An evening paper", "left_in": "2015-07", "sex": "MALE"},
        "narrative.code": {"codes": ["N1a"]},
        "checkin.settle": {"state": "MET_OK"},
        "checkin.acknowledge": {},
        "checkin.report": {"state": "LOCATED"},
        "submission.receive": {"account": "I would like to speak to somebody.", "language": "en"},
        "submission.triage": {"decision": "INTERVIEW"},
        "submission.link": {"case": ""},
        "attachment.finish": {},
        "attachment.go_on": {},
        "attachment.copy": {name: value for name, value in opening.items() if name != "fields"},
        "attachment.preview": {name: value for name, value in opening.items() if name != "fields"},
        "custody.record": CUSTODY,
        "attachment.download": {name: value for name, value in opening.items() if name != "fields"},
        "testimony.read": {name: value for name, value in opening.items() if name != "fields"},
        "log.query": {},
        "log.entry": {"number": 0},
        "log.verify": {},
        "clock.confirm": {},
        "log.signs": {},
        "log.sample": {},
        "log.figures": {},
        "log.looked": {"number": 0, "finding": "IN_ORDER"},
        "log.keep": {"operation": "combine", "days": 7},
        "log.drop": {},
        "log.case_report": {"reference": "AAAA-AAAA-A"},
        "inquiry.open": {"reason": "NIGHT"},
        "inquiry.pick": {"entry": "01991c5e-7f00-7000-8000-000000000000"},
        "inquiry.ask": {"question": "WHY_THIS"},
        "inquiry.answer": {"answer": "MY_TASK"},
        "inquiry.close": {"outcome": "LAWFUL"},
    }


class Step(NamedTuple):
    """How a record comes into a state: where that is asked for, with which form.

    action, about   what a second factor is given for where one is asked for: about the "row", the "case" or "me"
    """

    path: str
    form: Mapping[str, Any]
    action: str = ""
    about: str = "row"


def _testimony(to: str, present: str | None) -> Step:
    first = {
        "TRIAGED": Step("/api/cases/{case}/testimonies", {}),
        "LIMITS_EXPLAINED": Step("/api/testimonies/{row}/limits", LIMITS),
        "READY": Step("/api/testimonies/{row}/ready", {"counsel": "OFFERED"}),
        "RECORDED": Step("/api/testimonies/{row}/account", ACCOUNT),
        "IN_SESSION": Step("/api/testimonies/{row}/session", SESSION),
        "READ_BACK": Step("/api/testimonies/{row}/read-back", READ_BACK),
    }
    if to == "IN_SESSION" and present == "PAUSED":
        return Step("/api/testimonies/{row}/move", {"to": to})
    return first.get(to, Step("/api/testimonies/{row}/move", {"to": to}))


def _consent(to: str, _present: str | None) -> Step:
    if to == "WITHDRAWN":
        return Step("/api/consents/{row}/withdraw", {})
    return Step("/api/cases/{case}/consents", CONSENT | {"granted": to == "GRANTED"})


def _check_in(to: str, _present: str | None) -> Step:
    if to == "SCHEDULED":
        return Step("/api/cases/{case}/check-ins", forms()["checkin.plan"])
    return Step("/api/check_ins/{row}/settle", {"state": to})


def _submission(to: str, _present: str | None) -> Step:
    if to == "OPENED":
        opening = {"fields": ["account"], "justification": "WITNESS_REQUEST"}
        return Step("/api/submissions/{case}/open", opening)
    decision = "NOT_OURS" if to == "DECLINED" else "INTERVIEW"
    return Step("/api/submissions/{case}/triage", {"decision": decision})


def _assurance(to: str, _present: str | None) -> Step:
    forms_ = forms()
    verb = {"IN_FORCE": "sign", "DECLINED": "decline", "LAPSED": "lapse", "REVOKED": "revoke"}.get(to)
    if verb is None:
        return Step("/api/cases/{case}/assurances", forms_["assurance.draft"])
    return Step(f"/api/assurances/{{row}}/{verb}", forms_[f"assurance.{verb}"], f"assurance.{verb}")


def _restriction(_to: str, _present: str | None) -> Step:
    return Step("/api/segments/{row}/tighten", forms()["restriction.tighten"])


def _threat(_to: str, _present: str | None) -> Step:
    return Step("/api/cases/{case}/threats", THREAT)


def _handoff(to: str, _present: str | None) -> Step:
    opening = {"fields": ["words"], "justification": "WITNESS_REQUEST"}
    steps = {"OPENED": Step("/api/handoffs/{row}/open", opening), "FILED": Step("/api/handoffs/{row}/file", {})}
    return steps.get(to, Step("/api/cases/{case}/handoffs", forms()["handoff.send"]))


def _break_glass(to: str, _present: str | None) -> Step:
    if to == "ENDED":
        return Step("/api/break_glasses/{row}/end", {})
    if to in {"JUSTIFIED", "MISUSE"}:
        why = "OWN_INTEREST" if to == "MISUSE" else "LIFE_WAS_AT_RISK"
        return Step("/api/break_glasses/{row}/review", {"verdict": to, "why": why})
    words = {"justification": "LIFE_AT_RISK", "words": "Men at the door."}
    return Step("/api/break-glass", {"reference": "{case}", **words}, "access.break_glass", "me")


def _retention(to: str, _present: str | None) -> Step:
    """Closing takes two: the first to ask proposes, another agrees; what is agreed says what becomes of the case."""
    steps = {
        "OPEN": Step("/api/cases/{case}/reopen", {"words": "They came back."}),
        "DESTROYED": Step("/api/cases/{case}/destruction", {"offered": "DECLINED"}, "destruction.propose", "case"),
    }
    return steps.get(to, Step("/api/cases/{case}/closing", {}))


def retention_agreed(to: str) -> Step:
    """What the second of two is asked for, where the first has proposed."""
    if to == "DESTROYED":
        return Step("/api/proposals/{row}/destroy", {}, "case.destroy")
    return Step("/api/proposals/{row}/close", {}, "case.close")


# The machines of the domain that the product moves: name -> table, and how to come into a state.
MACHINES: Final = {
    "assurance": ("assurances", _assurance),
    "use_restriction": ("segments", _restriction),
    "threat_assessment": ("threat_assessments", _threat),
    "handoff": ("handoffs", _handoff),
    "break_glass": ("break_glasses", _break_glass),
    "retention": ("proposals", _retention),
    "testimony": ("testimonies", _testimony),
    "consent": ("consents", _consent),
    "check_in": ("check_ins", _check_in),
    "submission": ("submissions", _submission),
}

_BEFORE_SEALED: Final = frozenset(
    {"RECORDED", "TRANSCRIBED", "TRANSLATED", "READ_BACK", "SEGMENTED", "IN_SESSION", "PAUSED"}
)
# In which states of its record an action is possible; elsewhere it is possible in any.
STATES: Final[Mapping[str, frozenset[str]]] = {
    "testimony.explain_limits": frozenset({"TRIAGED"}),
    "testimony.ready": frozenset({"LIMITS_EXPLAINED"}),
    "session.start": frozenset({"READY"}),
    "testimony.record": frozenset({"IN_SESSION", "PAUSED"}),
    "session.note": frozenset({"IN_SESSION", "PAUSED"}),
    "session.unprompted": frozenset({"IN_SESSION", "PAUSED"}),
    "session.change_interpreter": frozenset({"IN_SESSION", "PAUSED"}),
    "answer.record": frozenset(
        {"IN_SESSION", "PAUSED", "RECORDED", "TRANSCRIBED", "TRANSLATED", "READ_BACK", "SEGMENTED"}
    ),
    "paper.print": frozenset({"TRIAGED"}),
    "paper.enter": frozenset({"PRINTED"}),
    "testimony.move": _BEFORE_SEALED,
    "testimony.read_back": _BEFORE_SEALED - {"IN_SESSION", "PAUSED"},
    "version.add": _BEFORE_SEALED - {"IN_SESSION", "PAUSED"},
    "interpreter.report": _BEFORE_SEALED | {"SEALED"},
    "consent.withdraw": frozenset({"GRANTED"}),
    "checkin.settle": frozenset({"SCHEDULED"}),
    "checkin.acknowledge": frozenset({"CALLING"}),
    "checkin.report": frozenset({"CALLING", "ACKNOWLEDGED", "UNACCOUNTED"}),
    "handoff.file": frozenset({"OPENED"}),
    **dict.fromkeys(("case.close", "hold.lift", "case.destroy", "proposal.drop"), frozenset({"WAITING"})),
    "submission.triage": frozenset({"RECEIVED", "OPENED"}),
    "submission.link": frozenset({"RECEIVED", "OPENED", "TRIAGED"}),
    "attachment.download": frozenset({"KEPT"}),
    "attachment.go_on": frozenset({"INCOMING"}),
    "attachment.copy": frozenset({"KEPT"}),
    "attachment.preview": frozenset({"KEPT"}),
    "custody.record": frozenset({"KEPT"}),
}
# What takes words from the witness: only while they agree that words are kept at all (T1).
AGREED: Final = frozenset({"testimony.ready", "session.start", "testimony.record", "answer.record", "paper.enter"})
# The states of the record an action is about, by its table.
STATES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "testimonies": (
        "REQUESTED", "TRIAGED", "LIMITS_EXPLAINED", "READY", "IN_SESSION", "PAUSED", "RECORDED", "TRANSCRIBED",
        "TRANSLATED", "READ_BACK", "SEGMENTED", "SEALED",
    ),
    "consents": ("GRANTED", "REFUSED", "WITHDRAWN"),
    "check_ins": ("SCHEDULED", "MET_OK", "MET_CONCERN", "MISSED"),
    "escalations": ("CALLING", "ACKNOWLEDGED", "UNACCOUNTED", "LOCATED", "SPOKEN"),
    "handoffs": ("SENT", "OPENED", "FILED"),
    "proposals": ("WAITING", "DONE", "DROPPED"),
    "submissions": ("RECEIVED", "OPENED", "TRIAGED", "LINKED", "DECLINED"),
    "attachments": ("INCOMING", "KEPT", "LAPSED", "NONE"),
    "paper_sessions": ("PRINTED", "ENTERED"),
}  # fmt: skip

# Verbs of the contract whose feature is not there yet: which issue brings it.
# What `amana keys rotate` draws anew.
KEY_CLASSES: Final = ("pepper", "team", "compartment", "wrap", "log")
COMES_WITH: Final[Mapping[str, str]] = {
    "add": "the witness's page",
    "consent": "the witness's page",
    "withdraw": "the witness's page",
    "draft": "narrative releases",
    "approve": "narrative releases",
    "release": "narrative releases",
    "collect": "narrative releases",
    "export": "recorded disclosures",
    "backup": "backup and restore",
    "restore": "backup and restore",
    "cut": "the power-cut campaign",
    "lossy": "the power-cut campaign",
    "faulty": "the fault campaign",
    "fault": "the fault campaign",
    "key_manager": "key managers on a network",
}
KINDS: Final = (
    *(f"km-{kind}" for kind in ("refused", "slow", "wrong-key", "garbage", "flapping", "expired")),
    *(f"db-{kind}" for kind in ("refused", "reset", "blackhole", "swallow", "terminate", "readonly")),
    *(f"disk-{kind}" for kind in ("full", "eio", "fsync", "readonly", "inodes")),
    *(f"clock-{kind}" for kind in ("back", "forward", "decade", "leap")),
    *(f"limit-{kind}" for kind in ("memory", "files", "threads")),
)
