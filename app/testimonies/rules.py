"""States of a testimony and of a consent, and which moves there are. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from unicodedata import normalize


class State(StrEnum):
    """Domain states of a testimony; those after RECORDED belong to the intake workspace."""

    REQUESTED = "REQUESTED"
    TRIAGED = "TRIAGED"
    LIMITS_EXPLAINED = "LIMITS_EXPLAINED"
    READY = "READY"
    IN_SESSION = "IN_SESSION"
    PAUSED = "PAUSED"
    RECORDED = "RECORDED"
    TRANSCRIBED = "TRANSCRIBED"
    TRANSLATED = "TRANSLATED"
    READ_BACK = "READ_BACK"
    SEGMENTED = "SEGMENTED"
    SEALED = "SEALED"
    RETAINED = "RETAINED"
    STOPPED_BY_WITNESS = "STOPPED_BY_WITNESS"
    VOIDED = "VOIDED"
    DISPUTED = "DISPUTED"
    HANDED_OVER = "HANDED_OVER"
    DESTROYED = "DESTROYED"


class Tier(StrEnum):
    """What a witness agreed to; each separate, dated and revocable, never a condition of help."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"


class ConsentState(StrEnum):
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    # Never stored: follows from the day on which a child is asked again.
    RECONFIRM_DUE = "RECONFIRM_DUE"


class DraftState(StrEnum):
    """ASIDE: a text that would have gone over another that its writer had not seen."""

    SAVED = "SAVED"
    ASIDE = "ASIDE"
    GONE = "GONE"


class SegmentClass(StrEnum):
    SELF_INCRIMINATING = "SELF_INCRIMINATING"
    THIRD_PARTY = "THIRD_PARTY"
    EXIT_METHOD = "EXIT_METHOD"
    LOCATION = "LOCATION"
    FAMILY = "FAMILY"
    SEXUAL_VIOLENCE = "SEXUAL_VIOLENCE"
    CHILD = "CHILD"
    IMMINENT_THREAT = "IMMINENT_THREAT"
    NARRATIVE = "NARRATIVE"


# The one class that nothing is kept back for. Officers set classes; who takes any other one away frees words.
_FREE: Final = frozenset({SegmentClass.NARRATIVE})


class Step(StrEnum):
    """What is done next with an account: the rows of its task list, in their order."""

    LIMITS = "LIMITS"
    CONSENT = "CONSENT"
    READY = "READY"
    SESSION = "SESSION"
    ACCOUNT = "ACCOUNT"
    READ_BACK = "READ_BACK"
    SEGMENTS = "SEGMENTS"
    SEAL = "SEAL"


class EventKind(StrEnum):
    """What can happen during a session."""

    BEGAN = "BEGAN"
    BREAK = "BREAK"
    RESUMED = "RESUMED"
    ENDED = "ENDED"
    TRAUMA_SIGN = "TRAUMA_SIGN"
    CAME_IN = "CAME_IN"
    WENT_OUT = "WENT_OUT"
    STOPPED_FOR = "STOPPED_FOR"
    # A topic that was put, that the witness would not speak of, or that was left alone; and how it goes on after.
    TOPIC_ASKED = "TOPIC_ASKED"
    TOPIC_DECLINED = "TOPIC_DECLINED"
    TOPIC_NOT_RAISED = "TOPIC_NOT_RAISED"
    COPY_HELD = "COPY_HELD"
    NEXT_CONTACT = "NEXT_CONTACT"
    INTERPRETER_FOUND = "INTERPRETER_FOUND"
    INTERPRETER_CHANGED = "INTERPRETER_CHANGED"
    # An admission was spoken although none may be kept. Nothing of it is: only that it happened, and when.
    UNPROMPTED = "UNPROMPTED"


class Tie(StrEnum):
    """Why an interpreter may be no stranger to a witness."""

    SAME_DISTRICT = "SAME_DISTRICT"
    SAME_GROUP = "SAME_GROUP"


class Manner(StrEnum):
    """How somebody came to know words of an account."""

    READ = "READ"
    HEARD = "HEARD"
    PRESENT = "PRESENT"
    TOLD = "TOLD"
    RECEIVED_COPY = "RECEIVED_COPY"


S = State
_STOP = frozenset({S.STOPPED_BY_WITNESS, S.VOIDED})

MOVES: Final[Mapping[State, frozenset[State]]] = {
    S.REQUESTED: frozenset({S.TRIAGED}) | _STOP,
    S.TRIAGED: frozenset({S.LIMITS_EXPLAINED}) | _STOP,
    S.LIMITS_EXPLAINED: frozenset({S.READY}) | _STOP,
    S.READY: frozenset({S.IN_SESSION}) | _STOP,
    S.IN_SESSION: frozenset({S.PAUSED, S.RECORDED}) | _STOP,
    S.PAUSED: frozenset({S.IN_SESSION, S.RECORDED}) | _STOP,
    S.RECORDED: frozenset({S.TRANSCRIBED, S.TRANSLATED, S.READ_BACK}) | _STOP,
    S.TRANSCRIBED: frozenset({S.TRANSLATED, S.READ_BACK}) | _STOP,
    S.TRANSLATED: frozenset({S.READ_BACK}) | _STOP,
    S.READ_BACK: frozenset({S.SEGMENTED}) | _STOP,
    S.SEGMENTED: frozenset({S.SEALED}) | _STOP,
    S.SEALED: frozenset({S.RETAINED, S.DISPUTED}),
    S.RETAINED: frozenset({S.HANDED_OVER, S.DESTROYED, S.DISPUTED}),
    S.DISPUTED: frozenset({S.SEALED, S.RETAINED}),
    S.STOPPED_BY_WITNESS: frozenset({S.RETAINED, S.DESTROYED}),
    S.VOIDED: frozenset(),
    S.HANDED_OVER: frozenset(),
    S.DESTROYED: frozenset(),
}


def may_move(present: str, to: State) -> bool:
    """Whether the table of moves has this one."""
    return to in MOVES[State(present)]


def admissible(classes: frozenset[SegmentClass], *, admissions: bool) -> bool:
    """With no promise on file, self-incriminating words are not kept (rule 9 of the brief)."""
    return admissions or SegmentClass.SELF_INCRIMINATING not in classes


def loosened(before: frozenset[SegmentClass], after: frozenset[SegmentClass]) -> frozenset[SegmentClass]:
    """Classes with a handling of their own that a correction would take from its passage."""
    return before - after - _FREE


def unpacked(text: str) -> dict[str, Any]:
    """The values of a session's frame, as they were packed into one cell."""
    held: dict[str, Any] = json.loads(text)
    return held


def ties(origin: str, belongs: str, *, district: str | None, group: str | None) -> tuple[Tie, ...]:
    """Whether an interpreter comes from the witness's district, or stands near a group the witness fears.

    Compared as written, case and spacing aside; one name within the other counts, so that "eastern Aleppo"
    meets "Aleppo". Other spellings do not meet: the officer asks the interpreter as well.
    """
    found = []
    if district is not None and _meet(origin, district):
        found.append(Tie.SAME_DISTRICT)
    if group is not None and _meet(belongs, group):
        found.append(Tie.SAME_GROUP)
    return tuple(found)


def _meet(one: str, other: str) -> bool:
    first, second = (" ".join(normalize("NFKC", text).casefold().split()) for text in (one, other))
    return bool(first and second) and (first in second or second in first)


# Only corrections are added to an account from here on.
CLOSED: Final = frozenset({State.SEALED, State.RETAINED, State.DISPUTED})
# States in which an account has words that can be corrected.
SPOKEN: Final = CLOSED | {
    State.RECORDED, State.TRANSCRIBED, State.TRANSLATED, State.READ_BACK, State.SEGMENTED,
}  # fmt: skip

# The statement of limits that is read out while no promise is on file (web/templates/intake/statement.html).
STATEMENT_VERSION: Final = "2026-11"

# Classes that stay shut when an account is read: each such passage is opened by itself (LOCATION is for protection).
FOLDED: Final = frozenset(
    {SegmentClass.SELF_INCRIMINATING, SegmentClass.EXIT_METHOD, SegmentClass.SEXUAL_VIOLENCE, SegmentClass.LOCATION}
)

# The step a state waits for. An account in any other state is no longer being taken.
NEXT: Final[Mapping[State, Step]] = {
    S.REQUESTED: Step.LIMITS,
    S.TRIAGED: Step.LIMITS,
    S.LIMITS_EXPLAINED: Step.READY,
    S.READY: Step.SESSION,
    S.IN_SESSION: Step.ACCOUNT,
    S.PAUSED: Step.ACCOUNT,
    S.RECORDED: Step.READ_BACK,
    S.TRANSCRIBED: Step.READ_BACK,
    S.TRANSLATED: Step.READ_BACK,
    S.READ_BACK: Step.SEGMENTS,
    S.SEGMENTED: Step.SEAL,
}
# Days from the state before it within which a step is due.
DUE_DAYS: Final[Mapping[Step, int]] = {Step.READ_BACK: 14, Step.SEGMENTS: 7}
_DONE_AFTER_SEAL: Final = frozenset({S.SEALED, S.RETAINED, S.DISPUTED, S.HANDED_OVER})


def due_at(state: str, since: datetime) -> datetime | None:
    """Until when the next step of an account is due, if it has a term."""
    step = NEXT.get(State(state))
    days = DUE_DAYS.get(step) if step else None
    return since + timedelta(days=days) if days else None


def progress(state: str, *, agreed: bool) -> tuple[tuple[Step, str], ...]:
    """Every step with DONE, NOW, LATER (another comes first) or ENDED (it will not be taken).

    agreed   whether the witness agrees now to care inside the office (T1): nothing is asked before
    """
    present = State(state)
    if present in _DONE_AFTER_SEAL:
        return tuple((step, "DONE") for step in Step)
    following = NEXT.get(present)
    if following is None:
        return tuple((step, "ENDED") for step in Step)
    # Consent can be asked at any time; it must be there before the account is ready to be taken.
    waits = not agreed and following in {Step.READY, Step.SESSION, Step.ACCOUNT}
    steps = list(Step)
    return tuple((step, _standing(step, following, steps, agreed=agreed, waits=waits)) for step in steps)


def _standing(step: Step, following: Step, steps: list[Step], *, agreed: bool, waits: bool) -> str:
    if step is Step.CONSENT:
        return "DONE" if agreed else "NOW"
    if steps.index(step) < steps.index(following):
        return "DONE"
    return "LATER" if step is not following or waits else "NOW"
