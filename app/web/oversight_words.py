"""What the codes of an auditor's desk are called: signs, questions, answers and outcomes of an inquiry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

DEEDS: Final = {
    "log.keep": N_("Kept filters of the log"),
    "log.drop": N_("Dropped filters of the log"),
    "log.kept": N_("Looked at their filters of the log"),
    "log.signs": N_("Looked for unusual access"),
    "log.sample": N_("Drew openings to look at"),
    "log.looked": N_("Looked at an opening that was drawn"),
    "log.figures": N_("Looked at a month of the log in numbers"),
    "log.case_report": N_("Made the report of a case"),
    "inquiry.open": N_("Began an inquiry"),
    "inquiry.pick": N_("Added an entry to an inquiry"),
    "inquiry.ask": N_("Asked a colleague to explain"),
    "inquiry.answer": N_("Explained what was asked"),
    "inquiry.close": N_("Closed an inquiry"),
    "inquiry.list": N_("Listed inquiries"),
    "inquiry.show": N_("Looked at an inquiry"),
    "inquiry.count": N_("Counted inquiries"),
    "inquiry.entries": N_("Looked at what they are asked about"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sign": {
        "nights": N_("Openings at night"),
        "many": N_("More than is usual"),
        "in_vain": N_("Look-ups that met nobody"),
        "without_key": N_("Cases asked for without a key"),
        "after_hand_over": N_("Looks at a case after handing it over"),
        "life_at_risk": N_("Openings because a life was at risk"),
        "joined": N_("Name and account joined"),
    },
    "sign_why": {
        "nights": N_("Few are at work then, and nobody looks over a shoulder. Somebody on duty has a reason."),
        "many": N_("Somebody reached one of the set numbers of cases, names or look-ups. So does a new lead."),
        "in_vain": N_("Many questions without a hit may be a search for somebody who is not known here."),
        "without_key": N_("Somebody asked for references they hold no key of. One is a slip; several are tries."),
        "after_hand_over": N_("The work on it was over for them. It may have come back to them in another way."),
        "life_at_risk": N_("This reason opens most. Each one is worth a look."),
        "joined": N_("One sitting opened who somebody is and what they said: what a leak would need."),
    },
    "looked": {"IN_ORDER": N_("In order"), "TO_ASK": N_("To be asked about")},
    "inquiry": {
        "OPEN": N_("Not asked yet"),
        "ASKED": N_("Waits for the answer"),
        "LATE": N_("Answer overdue"),
        "ANSWERED": N_("Answered"),
        "CLOSED": N_("Closed"),
    },
    "inquiry_reason": {
        "NIGHT": N_("Openings at night"),
        "MANY_CASES": N_("More than is usual"),
        "IN_VAIN": N_("Look-ups that met nobody"),
        "WITHOUT_KEY": N_("Cases asked for without a key"),
        "AFTER_HAND_OVER": N_("Looks at a case after handing it over"),
        "JOINED": N_("Name and account joined"),
        "BROKEN_GLASS": N_("A glass was broken"),
        "DRAWN": N_("Drawn to be looked at"),
        "TOLD": N_("Somebody told an auditor"),
    },
    "inquiry_question": {
        "WHY_THIS": N_("What did you need this for?"),
        "WHY_THEN": N_("Why at that time?"),
        "WHY_SO_MANY": N_("Why so many?"),
        "WHO_ASKED": N_("Who asked you to?"),
        "WAS_IT_YOU": N_("Was it you?"),
    },
    "inquiry_answer": {
        "MY_TASK": N_("It was work given to me"),
        "STOOD_IN": N_("I stood in for a colleague"),
        "LIFE_AT_RISK": N_("A life was at risk"),
        "WITNESS_ASKED": N_("The witness asked for it"),
        "TOLD_TO": N_("I was told to"),
        "WRONG_CASE": N_("I opened the wrong one by mistake"),
        "NO_TASK": N_("I had no task that needed it"),
        "NOT_ME": N_("It was not me"),
        "NOT_REMEMBERED": N_("I do not remember"),
    },
    "inquiry_outcome": {
        "LAWFUL": N_("In order"),
        "MISTAKE": N_("A mistake"),
        "MISUSE": N_("Misuse"),
        "UNRESOLVED": N_("Could not be settled"),
    },
    "review": {"glass": N_("Broken glasses"), "inquiry": N_("Questions of an inquiry")},
}
