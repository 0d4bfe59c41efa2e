"""What the codes of a session are called: what happens in it, who interprets, what stands beside an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_
from app.web import claim_words

EVENTS: Final = {
    "BEGAN": N_("The conversation began"),
    "BREAK": N_("A break"),
    "RESUMED": N_("Taken up again"),
    "ENDED": N_("The conversation ended"),
    "TRAUMA_SIGN": N_("A sign of strain, and what was done"),
    "CAME_IN": N_("Somebody came in"),
    "WENT_OUT": N_("Somebody went out"),
    "STOPPED_FOR": N_("Stopped, and why"),
    "TOPIC_ASKED": N_("A topic was put"),
    "TOPIC_DECLINED": N_("A topic the witness would not speak of"),
    "TOPIC_NOT_RAISED": N_("A topic that was left alone"),
    "COPY_HELD": N_("Who holds a copy of the record"),
    "NEXT_CONTACT": N_("When and how the next contact is to be"),
    "INTERPRETER_FOUND": N_("The interpreter was found to be no stranger"),
    "INTERPRETER_CHANGED": N_("Another interpreter, or none"),
    "UNPROMPTED": N_("An admission was spoken; nothing of it is kept"),
}
# What is noted by hand, in this order.
NOTED: Final = {
    name: EVENTS[name]
    for name in (
        "TRAUMA_SIGN", "CAME_IN", "WENT_OUT", "STOPPED_FOR", "TOPIC_ASKED", "TOPIC_DECLINED", "TOPIC_NOT_RAISED",
        "COPY_HELD", "NEXT_CONTACT", "ENDED",
    )
}  # fmt: skip
TIES: Final = {
    "SAME_DISTRICT": N_("From the same district as the witness."),
    "SAME_GROUP": N_("Stands near a group the witness fears."),
}
FOUND: Final = {
    "SAME_DISTRICT": N_("Comes from the same district"),
    "SAME_GROUP": N_("Stands near a group the witness fears"),
    "UNDERTAKING_LAPSED": N_("The undertaking has run out"),
    "KNOWN_TO_WITNESS": N_("The witness knows them"),
}
RECORDINGS: Final = {
    "WRITTEN": N_("In writing only"),
    "AUDIO": N_("Sound"),
    "VIDEO": N_("Sound and picture"),
}
MODALITIES: Final = {
    "IN_PERSON": N_("Face to face"),
    "VIDEO": N_("Over a line with picture"),
    "TELEPHONE": N_("By telephone"),
    "IN_WRITING": N_("In writing"),
}
RIGHTS: Final = {
    "SILENCE": N_("to say nothing"),
    "REASON": N_("to hear why they are asked"),
    "INTERPRETER": N_("to have an interpreter"),
    "NOTIFY": N_("to have somebody told where they are"),
    "LAWYER": N_("to have a lawyer"),
    "DOCTOR": N_("to see a doctor"),
    "COMPLAINT": N_("to complain"),
}
FITNESS: Final = {
    "FIT": N_("Well enough"),
    "FIT_WITH_BREAKS": N_("Well enough, with breaks"),
    "DOUBTFUL": N_("In doubt"),
    "NOT_JUDGED": N_("Nobody could judge it"),
}
BESIDE: Final = {
    "TRANSCRIPT": N_("Transcript"),
    "TRANSLATION": N_("Translation"),
    "AMENDMENT": N_("Correction"),
}
MENTIONS: Final = {
    "PERSON": N_("A person"),
    "UNIT": N_("A unit or group"),
    "PLACE": N_("A place"),
}
GUARDIANS: Final = {
    "AGREED": N_("The guardian agrees"),
    "REFUSED": N_("The guardian does not agree"),
    "NONE_TO_ASK": N_("There is no guardian who can be asked"),
}
STATES: Final = {
    "RECONFIRM_DUE": N_("To be asked again: the child is of age"),
}
TABLES: Final = {
    "segment_versions": N_("Version of a passage"),
    "session_events": N_("What happened in a conversation"),
    "exposure_events": N_("Who knows which words"),
    "paper_sessions": N_("Protocol on paper"),
    "interpreters": N_("Interpreter"),
    "protocol_answers": N_("Answer to a question"),
    **claim_words.TABLES,
    "mentions": N_("Somebody or something in an account"),
    "mention_ties": N_("Ties to another case"),
}
FIELDS: Final = {
    "found": N_("Interpreters found to be no strangers"),
    "seal": N_("The seal of the account"),
    "reason": N_("Reason"),
    "person": N_("Who"),
    "manner": N_("How they know"),
    "carried_by": N_("Who takes the sheets along"),
    "question": N_("Question"),
    "name": N_("Name"),
    "answer": N_("Answer"),
    "capacity": N_("Guardian, child, and why it is best for them"),
    "jurisdiction": N_("Country"),
    "said_on": N_("When, as they remember it"),
    "dialects": N_("Dialects"),
    "origin": N_("District they come from"),
    "gender": N_("Gender"),
    "ties": N_("Groups they belong or belonged to"),
    "vetting": N_("How they were vetted"),
    **claim_words.FIELDS,
}
DEEDS: Final = {
    "session.prepare": N_("Prepared a conversation"),
    "session.note": N_("Noted what happened in a conversation"),
    "session.unprompted": N_("Stopped at an admission"),
    "session.change_interpreter": N_("Changed the interpreter"),
    "session_event.open": N_("Read what happened in a conversation"),
    "interpreter.register": N_("Entered an interpreter"),
    "interpreter.undertake": N_("Noted until when an interpreter is bound"),
    "interpreter.open": N_("Read about an interpreter"),
    "interpreter.report": N_("Reported an interpreter who is no stranger"),
    "interpreter.list": N_("Listed the interpreters"),
    "exposure.open": N_("Read who knows which words"),
    "prior_account.record": N_("Recorded what was told elsewhere"),
    "mention.record": N_("Named somebody or something in an account"),
    "mention.read": N_("Read whom and what an account speaks of"),
    "mention.open": N_("Read one name in an account"),
    "mention.tie": N_("Tied it to another case"),
    "amendment.add": N_("Added a correction"),
    "version.add": N_("Added a version"),
    "version.open": N_("Read a version"),
    "protocol.publish": N_("Published what is asked in a conversation"),
    "protocol.list": N_("Listed the versions of the questions"),
    "protocol.show": N_("Looked at a version of the questions"),
    "answer.record": N_("Kept answers to questions"),
    "answer.open": N_("Read one answer to a question"),
    "answer.read": N_("Read the answers to the questions"),
    "paper.print": N_("Printed a protocol"),
    "paper.enter": N_("Entered a protocol from paper"),
    "paper.open": N_("Read about a protocol on paper"),
    "paper.show": N_("Looked at a protocol on paper"),
    **claim_words.DEEDS,
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "event": EVENTS,
    "noted": NOTED,
    "tie": TIES,
    "found": FOUND,
    "recording": RECORDINGS,
    "modality": MODALITIES,
    "right": RIGHTS,
    "fitness": FITNESS,
    "beside": BESIDE,
    "guardian": GUARDIANS,
    **claim_words.WORDS,
    "mention": MENTIONS,
}
