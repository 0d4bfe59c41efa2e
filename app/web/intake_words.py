"""What the codes of taking an account are called: steps, tiers, classes of passages, answers of its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

STEPS: Final = {
    "LIMITS": N_("What protects these words"),
    "CONSENT": N_("What the witness agrees to"),
    "SAFETY": N_("Immediate safety"),
    "READY": N_("Lawyer and readiness"),
    "PERSON": N_("Who the witness is"),
    "SESSION": N_("The conversation begins"),
    "PROTOCOL": N_("Go through the questions"),
    "ACCOUNT": N_("The account"),
    "FILES": N_("Files"),
    "READ_BACK": N_("Read back to the witness"),
    "SEGMENTS": N_("Check the passages"),
    "SEAL": N_("Check and seal"),
    "HAND_OVER": N_("Hand over"),
    # No steps of the list, but forms whose drafts are listed beside theirs.
    "NOTE": N_("Note what happens"),
    "REPORT": N_("The interpreter is no stranger"),
    "CORRECTION": N_("Add a correction"),
    "TRANSCRIPT": N_("Add a transcript"),
    "TRANSLATION": N_("Add a translation"),
}
ASKED: Final = {
    "YES": N_("Yes"),
    "NO": N_("No"),
    "NOT_ASKED": N_("Not asked"),
}
KINDS: Final = {
    "SAFETY": N_("Safety"),
    "IDENTITY": N_("Identity"),
    "ACCOUNT": N_("The account"),
    "ADMISSION": N_("Admission: asked only with a promise on file"),
}
PROGRESS: Final = {
    "DONE": N_("Done"),
    "NOW": N_("To do"),
    "LATER": N_("Cannot start yet"),
    "OPEN": N_("When needed"),
    "ENDED": N_("Ended"),
}
TIERS: Final = {
    "T0": N_("T0: that there is a case, and acts that keep them from harm"),
    "T1": N_("T1: care inside this office"),
    "T2": N_("T2: use in proceedings, as agreed"),
    "T3": N_("T3: research under control"),
    "T4": N_("T4: publication without names"),
    "T5": N_("T5: being asked by media, through us"),
    "T6": N_("T6: publication with name or face"),
}
# What is read to the witness before each answer.
TIERS_READ: Final = {
    "T0": N_(
        "We keep that we are in touch with you, and act when somebody is in danger. Nothing else follows from it."
    ),
    "T1": N_("People of this office who help you may know what you need. Nobody outside learns of it."),
    "T2": N_(
        "What you say may be used in proceedings, only as you agreed and only where the stated limits allow it. "
        "A copy that has left this office cannot be called back."
    ),
    "T3": N_("Counts over many people may include you. Small groups are never shown."),
    "T4": N_(
        "Parts of your account may be published without names, after you have read them. What is published stays."
    ),
    "T5": N_("We may ask you, each time, whether you want to speak to media. We never give them a way to you."),
    "T6": N_("Your name or face may be shown, once, for what you agreed. What is published cannot be called back."),
}
CONSENTS: Final = {
    "NOT_ASKED": N_("Not asked yet"),
    "GRANTED": N_("Agreed"),
    "REFUSED": N_("Declined"),
    "WITHDRAWN": N_("Withdrawn"),
    "RECONFIRM_DUE": N_("To be asked again: the child is of age"),
}
CLASSES: Final = {
    "SELF_INCRIMINATING": N_("Speaks against the witness"),
    "THIRD_PARTY": N_("Names or describes somebody else"),
    "EXIT_METHOD": N_("How they got out"),
    "LOCATION": N_("Where somebody is or plans to be"),
    "FAMILY": N_("Speaks of the family"),
    "SEXUAL_VIOLENCE": N_("Sexual violence"),
    "CHILD": N_("Concerns a child"),
    "IMMINENT_THREAT": N_("A threat that is near"),
    "NARRATIVE": N_("May be proposed for publication"),
}
SPEAKERS: Final = {
    "WITNESS": N_("Witness"),
    "INTERVIEWER": N_("Interviewer"),
    "INTERPRETER": N_("Interpreter"),
    "COUNSEL": N_("Lawyer"),
    "SUPPORT": N_("Support person"),
}
COUNSEL: Final = {
    "OFFERED": N_("Offered; the witness will decide later"),
    "PRESENT": N_("Present"),
    "DECLINED": N_("Declined by the witness"),
}
SESSION_PLACES: Final = {
    "OFFICE": N_("In the office"),
    "REMOTE": N_("By telephone or video"),
    "PRIVATE_HOME": N_("In a private home"),
    "HOSPITAL": N_("In a hospital"),
    "DETENTION": N_("In detention"),
}
CUSTODY: Final = {
    "FREE": N_("Free"),
    "DETAINED": N_("Detained"),
    "HELD_BY_ARMED_GROUP": N_("Held by an armed group"),
    "CAMP": N_("In a camp"),
    "UNKNOWN": N_("Not known"),
}
HOW_GIVEN: Final = {
    "SPOKEN": N_("Spoken"),
    "THROUGH_INTERPRETER": N_("Through an interpreter"),
    "SIGNED": N_("Signed"),
    "RECORDED": N_("Recorded"),
}
DECISIONS: Final = {
    "SAFETY_FIRST": N_("Somebody is in danger: see to that first"),
    "INTERVIEW": N_("Ask for a conversation"),
    "INFORMATION_ONLY": N_("Information only"),
    "NOT_OURS": N_("Not for this office"),
    "ABUSE": N_("Not meant seriously, or meant to harm"),
}
SEXES: Final = {
    "FEMALE": N_("Female"),
    "MALE": N_("Male"),
    "OTHER": N_("Other"),
    "NOT_SAID": N_("Prefers not to say"),
}
CATEGORIES: Final = {
    "VICTIM": N_("Somebody was harmed: victim"),
    "WITNESS": N_("Saw or knows: witness"),
    "SUSPECT": N_("Is under investigation"),
    "CONVICTED": N_("Was convicted"),
    "OTHER_PARTY": N_("Another part"),
}
PRECISIONS: Final = {
    "DAY": N_("The exact day"),
    "MONTH": N_("The month"),
    "SEASON": N_("The season"),
    "YEAR": N_("The year"),
    "BEFORE": N_("Before a year"),
    "AFTER": N_("After a year"),
    "UNKNOWN": N_("Not known"),
}
PAPERS: Final = {
    "PASSPORT": N_("Passport"),
    "ID_CARD": N_("Identity card"),
    "BIRTH_CERTIFICATE": N_("Birth certificate"),
    "FAMILY_BOOK": N_("Family book"),
    "RESIDENCE_PERMIT": N_("Residence permit"),
    "OTHER": N_("Another paper"),
}
PAPER_STATES: Final = {
    "HELD": N_("The witness has it"),
    "LOST": N_("Lost"),
    "DESTROYED_BY_GROUP": N_("Destroyed by the group"),
    "SURRENDERED": N_("Given up to an authority"),
    "DOUBTFUL": N_("Its origin is not clear"),
}
CHANNELS: Final = {
    "PORTAL_ONLY": N_("Only through the portal"),
    "PHONE": N_("Telephone"),
    "MESSENGER": N_("Messenger"),
    "EMAIL": N_("E-mail"),
    "THROUGH_SOMEBODY": N_("Through somebody they trust"),
}
# The languages most accounts are given in; the form takes any other by its code.
SPOKEN: Final = {
    "ar": N_("Arabic"),
    "en": N_("English"),
    "fr": N_("French"),
    "de": N_("German"),
    "ku": N_("Kurdish"),
    "fa": N_("Persian"),
    "ps": N_("Pashto"),
    "so": N_("Somali"),
    "tr": N_("Turkish"),
    "ur": N_("Urdu"),
    "ru": N_("Russian"),
    "es": N_("Spanish"),
    "nl": N_("Dutch"),
    "sq": N_("Albanian"),
    "bs": N_("Bosnian"),
    "ha": N_("Hausa"),
    "ff": N_("Fula"),
    "id": N_("Indonesian"),
}
# The values that lie in the frame of an account.
FRAME: Final = {
    "statement_language": N_("The limits were read in"),
    "own_words": N_("The limits in their own words"),
    "counsel": N_("Lawyer"),
    "counsel_reason": N_("Reason for declining"),
    "place": N_("Kind of place"),
    "custody_status": N_("The witness was"),
    "guard_present": N_("A guard in the room"),
    "under_18": N_("Under 18 at an event that is told"),
    "second_interviewer": N_("Second interviewer"),
    "counsel_code": N_("Lawyer in the room"),
    "support_code": N_("Support person"),
    "guardian_code": N_("Guardian"),
    "interpreter_code": N_("Interpreter, by code"),
    "ties": N_("What spoke against the interpreter"),
    "conflict_reason": N_("Why them all the same"),
    "witness_language": N_("Language of the witness"),
    "interviewer_language": N_("Language of the interviewer"),
    "recording": N_("How it is recorded"),
    "device": N_("Recording device, by code"),
    "why_again": N_("Why they were asked once more"),
    "time_zone": N_("Hours by the clock of"),
    "modality": N_("In which way"),
    "competence": N_("What makes the interviewer fit for it"),
    "rights": N_("Rights they were told of"),
    "fitness": N_("How the witness was beforehand"),
}
FORUMS: Final = {
    "portal": N_("through the portal"),
    "POLICE": N_("to the police"),
    "CRIMINAL_COURT": N_("to a criminal court"),
    "ASYLUM": N_("to an asylum authority"),
    "CIVIL": N_("to a civil court"),
    "INQUIRY": N_("to an inquiry"),
    "INTERNATIONAL_COURT": N_("to an international court"),
    "INTELLIGENCE": N_("to an intelligence service"),
    "PRESS": N_("to the press"),
    "NGO": N_("to another organisation"),
}
CAUTIONS: Final = {
    "GIVEN": N_("a warning was given before"),
    "NOT_GIVEN": N_("no warning was given before"),
    "UNKNOWN": N_("whether they were warned is not known"),
}
YES_NO: Final = {"yes": N_("Yes"), "no": N_("No")}

# What was beside the content of a file and is not in its working copy.
REMOVED: Final = {
    "AUTHOR": N_("who wrote it"),
    "COLOUR_PROFILE": N_("a colour profile"),
    "COMMENT": N_("a comment"),
    "COVER": N_("a cover picture"),
    "CUSTOM_DATA": N_("data of other programs"),
    "DATES": N_("dates of making and changing"),
    "EARLIER_REVISIONS": N_("earlier versions"),
    "EDIT_MARKS": N_("marks of editing"),
    "EMBEDDED_FILES": N_("files inside it"),
    "EXIF": N_("particulars of the camera"),
    "FORM_DATA": N_("form data"),
    "IPTC": N_("press captions"),
    "LINKS": N_("links that fetch something"),
    "OTHER_PARTS": N_("other parts"),
    "PLACE": N_("the place where it was taken"),
    "PRIVATE_DATA": N_("private data of programs"),
    "SCRIPT": N_("scripts"),
    "SIGNATURE": N_("signatures"),
    "TAGS": N_("names and tags"),
    "TEXT": N_("hidden text"),
    "THUMBNAIL": N_("a small preview"),
    "TRAILING_BYTES": N_("bytes after its end"),
    "XMP": N_("a history of editing"),
}
# Why a file has no working copy.
NOT_CLEANED: Final = {
    "ENCRYPTED": N_("It is locked with a password."),
    "FLAGGED": N_("The virus scanner flagged it."),
    "MALFORMED": N_("It is damaged, or not what it looks like."),
    "MOVING": N_("It is a moving picture."),
    "NO_ROOM": N_("This machine cannot shut in the program that would make one."),
    "STOPPED": N_("Making one took too long or too much, and was stopped."),
    "TOO_LARGE": N_("It is too large for that."),
    "TOO_MANY": N_("It has too many parts."),
    "UNKNOWN_PART": N_("A part of it cannot be looked into."),
    "UNKNOWN_TYPE": N_("Files of this kind cannot be cleaned."),
}
CUSTODY_STEPS: Final = {
    "RECEIVED": N_("Received"),
    "COPIED": N_("Working copy made"),
    "DOWNLOADED": N_("Taken out"),
    "HANDED_OVER": N_("Handed over"),
    "CHECKED": N_("Seal looked at"),
    "SCANNED": N_("Checked for viruses, none found"),
    "FLAGGED": N_("Flagged by the virus scanner"),
}
# What the office's virus scanner says of a file.
SCANS: Final = {
    "UNSCANNED": N_("Not checked for viruses"),
    "CLEAN": N_("Checked for viruses, none found"),
    "FLAGGED": N_("Flagged by the virus scanner"),
    "HELD": N_("Held back: the virus scanner did not answer, or takes no file so large"),
}
CUSTODY_GIVEN: Final = {each: CUSTODY_STEPS[each] for each in ("RECEIVED", "HANDED_OVER", "CHECKED")}
SEALS: Final = {
    "INTACT": N_("Whole"),
    "BROKEN": N_("Broken"),
    "NOT_CHECKED": N_("Not looked at"),
}
FIELDS: Final = {
    "removed": N_("Taken away"),
    "flag": N_("What the virus scanner calls it"),
    "from_whom": N_("From whom"),
    "to_whom": N_("To whom"),
    "seal": N_("Seal"),
}
DEEDS: Final = {
    "attachment.go_on": N_("Went on receiving a file"),
    "attachment.lapse": N_("Gave up an upload that never ended"),
    "attachment.copy": N_("Asked for a working copy"),
    "attachment.keep_copy": N_("Kept a working copy"),
    "attachment.preview": N_("Looked at a working copy"),
    "attachment.show": N_("Asked how much of a file has arrived"),
    "custody.record": N_("Recorded a step of a file"),
    "custody.open": N_("Read a step of a file"),
    "custody.list": N_("Listed the steps of files"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "step": STEPS,
    "progress": PROGRESS,
    "asked": ASKED,
    "question_kind": KINDS,
    "tier": TIERS,
    "tier_read": TIERS_READ,
    "consent": CONSENTS,
    "class": CLASSES,
    "speaker": SPEAKERS,
    "counsel": COUNSEL,
    "session_place": SESSION_PLACES,
    "custody": CUSTODY,
    "how_given": HOW_GIVEN,
    "decision": DECISIONS,
    "sex": SEXES,
    "category": CATEGORIES,
    "precision": PRECISIONS,
    "paper": PAPERS,
    "paper_state": PAPER_STATES,
    "channel": CHANNELS,
    "spoken": SPOKEN,
    "frame": FRAME,
    "forum": FORUMS,
    "caution": CAUTIONS,
    "yes_no": YES_NO,
    "removed": REMOVED,
    "not_cleaned": NOT_CLEANED,
    "custody_step": CUSTODY_STEPS,
    "custody_given": CUSTODY_GIVEN,
    "scan": SCANS,
    "seal": SEALS,
}
