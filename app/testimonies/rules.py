"""States of a testimony and of a consent, and which moves there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


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
