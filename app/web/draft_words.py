"""What is called how around drafts and immediate safety: states, rows, deeds, and the fields of steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

STATES: Final = {
    "SAVED": N_("Saved, not kept yet"),
    "ASIDE": N_("Stands aside"),
    "GONE": N_("Gone"),
}
TABLES: Final = {
    "drafts": N_("Draft"),
    "rescues": N_("What outlived a session"),
    "safety_answers": N_("Immediate safety"),
}
FIELDS: Final = {
    "answers": N_("Answers"),
}
DEEDS: Final = {
    "draft.save": N_("Saved a draft"),
    "draft.open": N_("Opened a draft"),
    "draft.discard": N_("Threw a draft away"),
    "draft.rescue": N_("Kept what came after a session had ended"),
    "draft.take_up": N_("Took up what outlived a session"),
    "draft.list": N_("Listed their drafts"),
    "draft.case": N_("Looked for drafts of a case"),
    "draft.waiting": N_("Looked for what outlived a session"),
    "safety.record": N_("Asked whether they are safe"),
    "safety.alert": N_("Told protection of a danger"),
    "safety.open": N_("Read whether they were safe"),
}
# The fields of steps that may be saved before they are kept.
DRAFT_FIELDS: Final = {
    "language": N_("Language"),
    "own_words": N_("The limits in their own words"),
    "granted": N_("The witness says"),
    "how_given": N_("How the answer was given"),
    "conditions": N_("Conditions"),
    "counsel": N_("Lawyer"),
    "counsel_reason": N_("Reason for declining"),
    "place": N_("Kind of place"),
    "custody_status": N_("The witness is"),
    "guard_present": N_("Is a guard in the room?"),
    "interpreter_code": N_("Interpreter, by code"),
    "text": N_("Text"),
    "speaker": N_("Speaker"),
    "classes": N_("Classes"),
    "under_18": N_("Was the witness under 18 at any event that will be told?"),
    "witness_language": N_("Language the witness speaks (optional)"),
    "interviewer_language": N_("Language you speak (optional)"),
    "why_again": N_("Why they are asked once more"),
    "conflict_reason": N_("If something speaks against them: why them all the same, and that the witness agrees"),
    "second_interviewer": N_("Second interviewer"),
    "counsel_code": N_("Lawyer (optional)"),
    "support_code": N_("Support person"),
    "guardian_code": N_("Guardian (optional)"),
    "recording": N_("How it is recorded"),
    "device": N_("Recording device, by code"),
    "modality": N_("In which way"),
    "competence": N_("What makes the interviewer fit for it"),
    "rights": N_("Rights they were told of"),
    "fitness": N_("How the witness was beforehand"),
    "guardian": N_("The guardian’s answer"),
    "own_assent": N_("Does the child agree too, in their own words?"),
    "best_interest": N_("Why it is best for the child"),
    "in_danger": N_("In danger now"),
    "found_out": N_("Somebody may know that they are here"),
    "others": N_("Somebody else in danger now"),
    "hurt": N_("Needs a doctor now"),
    "words": N_("In your words"),
    "kind": N_("What happens"),
    "who": N_("Who came or went, by code (optional)"),
    "found": N_("What was found"),
    "segment": N_("Which passage"),
    "reason": N_("Reason"),
    "reader": N_("Who read it out"),
    "answer": N_("The witness’s answer"),
    "q": N_("Answer to a question"),
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"draft_field": DRAFT_FIELDS}
