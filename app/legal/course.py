"""The course of a mitigation: where it stands, which steps follow, whose they are, and which days run. Pure.

Every step is somebody's: a court's, an authority's, the witness's, this office's. The office records it with its
paper; it decides none but its own two views, and each of those rests on an assessment that two people signed.
The days warn. They decide nothing, and nothing here is a number that a sentence could be reckoned from.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.errors import Conflict


class State(StrEnum):
    """Where a course stands."""

    NOT_RAISED = "NOT_RAISED"
    INITIAL_VIEW = "INITIAL_VIEW"
    OFFER_PENDING = "OFFER_PENDING"
    AGREEMENT_SIGNED = "AGREEMENT_SIGNED"
    PERFORMING = "PERFORMING"
    PERFORMED = "PERFORMED"
    REPORTED = "REPORTED"
    CONSIDERED = "CONSIDERED"
    CREDITED = "CREDITED"
    NOT_CREDITED = "NOT_CREDITED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    BREACH_ALLEGED = "BREACH_ALLEGED"
    BREACH_FOUND = "BREACH_FOUND"
    BREACH_DISMISSED = "BREACH_DISMISSED"
    REFERRED_BACK = "REFERRED_BACK"
    REVOCATION_WINDOW = "REVOCATION_WINDOW"
    CLOSED = "CLOSED"


class Whose(StrEnum):
    """Whose step it is."""

    COURT = "COURT"
    AUTHORITY = "AUTHORITY"
    OFFICE = "OFFICE"
    WITNESS = "WITNESS"


class Ground(StrEnum):
    """What a word about a breach rests on."""

    FINDING = "FINDING"
    NEW_ARREST = "NEW_ARREST"
    OTHER = "OTHER"


class Clock(StrEnum):
    """What begins to run with a step; MET ends what ran."""

    FULL_ACCOUNT = "FULL_ACCOUNT"
    FURTHER_TERM_LESSER = "FURTHER_TERM_LESSER"
    FURTHER_TERM_SERIOUS = "FURTHER_TERM_SERIOUS"
    MET = "MET"


@dataclass(frozen=True)
class Step:
    """A step as somebody would record it.

    instrument  a paper of it is brought: its text, or the file it lies in
    """

    to: State
    whose: Whose
    instrument: bool = False
    ground: Ground | None = None
    clock: Clock | None = None


_S = State
_BREACH: Final = frozenset({_S.BREACH_ALLEGED})
# The main line ends in CREDITED or NOT_CREDITED. What leads out of the two is what a law may do afterwards: a term
# in which the credit can be revoked, or a court that takes the sentence up again. CLOSED is the end.
MOVES: Final[Mapping[State, frozenset[State]]] = {
    _S.NOT_RAISED: frozenset({_S.INITIAL_VIEW}),
    _S.INITIAL_VIEW: frozenset({_S.OFFER_PENDING, _S.DECLINED, _S.WITHDRAWN}),
    _S.OFFER_PENDING: frozenset({_S.AGREEMENT_SIGNED, _S.DECLINED, _S.WITHDRAWN}),
    _S.AGREEMENT_SIGNED: frozenset({_S.PERFORMING, _S.WITHDRAWN}) | _BREACH,
    _S.PERFORMING: frozenset({_S.PERFORMED, _S.WITHDRAWN}) | _BREACH,
    _S.PERFORMED: frozenset({_S.REPORTED}) | _BREACH,
    _S.REPORTED: frozenset({_S.CONSIDERED, _S.REFERRED_BACK}) | _BREACH,
    _S.CONSIDERED: frozenset({_S.CREDITED, _S.NOT_CREDITED, _S.REFERRED_BACK}) | _BREACH,
    _S.CREDITED: frozenset({_S.REVOCATION_WINDOW, _S.REFERRED_BACK}),
    _S.NOT_CREDITED: frozenset({_S.REFERRED_BACK}),
    _S.DECLINED: frozenset({_S.INITIAL_VIEW}),
    _S.WITHDRAWN: frozenset({_S.INITIAL_VIEW}),
    _S.BREACH_ALLEGED: frozenset({_S.BREACH_FOUND, _S.BREACH_DISMISSED}),
    # Help that was given is considered all the same, by whoever decides.
    _S.BREACH_FOUND: frozenset({_S.CONSIDERED, _S.REFERRED_BACK}),
    # Where it goes on from a dismissed allegation is where it stood before: see ``goes_on_from``.
    _S.BREACH_DISMISSED: frozenset(),
    _S.REFERRED_BACK: frozenset({_S.PERFORMING, _S.CONSIDERED}),
    _S.REVOCATION_WINDOW: frozenset({_S.CLOSED}) | _BREACH,
    _S.CLOSED: frozenset(),
}
_THEIRS: Final = frozenset({Whose.COURT, Whose.AUTHORITY})
_OURS: Final = frozenset({Whose.OFFICE})
WHOSE: Final[Mapping[State, frozenset[Whose]]] = {
    _S.NOT_RAISED: frozenset(Whose),
    _S.INITIAL_VIEW: _OURS,
    _S.OFFER_PENDING: frozenset({Whose.AUTHORITY, Whose.WITNESS}),
    _S.AGREEMENT_SIGNED: _THEIRS,
    _S.PERFORMING: frozenset({Whose.AUTHORITY, Whose.WITNESS, Whose.OFFICE}),
    _S.PERFORMED: _OURS,
    _S.REPORTED: _OURS,
    _S.DECLINED: _THEIRS | {Whose.WITNESS},
    _S.WITHDRAWN: frozenset({Whose.AUTHORITY, Whose.WITNESS}),
    # Its term may have run out, which nobody has to decide.
    _S.CLOSED: _THEIRS | _OURS,
    **dict.fromkeys(
        (
            _S.CONSIDERED, _S.CREDITED, _S.NOT_CREDITED, _S.BREACH_ALLEGED, _S.BREACH_FOUND, _S.BREACH_DISMISSED,
            _S.REFERRED_BACK, _S.REVOCATION_WINDOW,
        ),
        _THEIRS,
    ),
}  # fmt: skip
# Not without the paper itself.
ON_PAPER: Final = frozenset({
    _S.AGREEMENT_SIGNED, _S.REPORTED, _S.CREDITED, _S.NOT_CREDITED, _S.BREACH_FOUND, _S.BREACH_DISMISSED,
    _S.REFERRED_BACK, _S.REVOCATION_WINDOW,
})  # fmt: skip
# Each rests on an assessment that two people signed, or that one signed and another contradicted.
BY_TWO: Final = frozenset({_S.INITIAL_VIEW, _S.PERFORMED})
BREACHES: Final = frozenset({_S.BREACH_ALLEGED, _S.BREACH_FOUND})
# A report is an action of its own, by somebody who had no part in the case.
REPORTED: Final = _S.REPORTED
_ALLEGATION: Final = frozenset({_S.BREACH_ALLEGED, _S.BREACH_DISMISSED})

_BEFORE_DONE: Final = frozenset({_S.NOT_RAISED, _S.INITIAL_VIEW, _S.OFFER_PENDING, _S.AGREEMENT_SIGNED, _S.PERFORMING})
# Italy: D.L. 8/1991 Art. 16-quater, all that is known within 180 days of the declared will. France: Law 2025-532
# Art. 31, a further term that can be executed for 10 years (lesser offence) or 20 (serious offence).
FULL_ACCOUNT_DAYS: Final = 180
FURTHER_TERM_YEARS: Final = {Clock.FURTHER_TERM_LESSER: 10, Clock.FURTHER_TERM_SERIOUS: 20}
STARTS_IN: Final[Mapping[Clock, frozenset[State]]] = {
    Clock.FULL_ACCOUNT: _BEFORE_DONE,
    Clock.FURTHER_TERM_LESSER: frozenset({_S.REVOCATION_WINDOW}),
    Clock.FURTHER_TERM_SERIOUS: frozenset({_S.REVOCATION_WINDOW}),
}
# In every other state nothing runs any more.
RUNS_IN: Final = _BEFORE_DONE | _ALLEGATION | {_S.REVOCATION_WINDOW}
# So long before its day something that runs stands on Today.
WARN_DAYS: Final = 30


def stands(history: Sequence[State]) -> State:
    """Where a course stands after its steps, the oldest first."""
    return history[-1] if history else State.NOT_RAISED


def goes_on_from(history: Sequence[State]) -> State:
    """Where its next steps follow from: a dismissed allegation leaves it where it stood before."""
    here = stands(history)
    if here is not State.BREACH_DISMISSED:
        return here
    return next((state for state in reversed(history) if state not in _ALLEGATION), State.NOT_RAISED)


def next_steps(history: Sequence[State]) -> frozenset[State]:
    """The states that a step may lead to now."""
    return MOVES[goes_on_from(history)]


def must_follow(history: Sequence[State], step: Step, *, running: bool) -> None:
    """Conflict for a step that may not be taken now, is not theirs, or lacks what it rests on.

    running  whether a day runs now
    A step to where the course stands already sets or ends a day, and moves nothing.
    """
    stays = step.to is stands(history) and step.clock is not None
    if not stays and step.to not in next_steps(history):
        raise Conflict("The course stands at another step, so this one cannot be taken now.")
    if not stays:
        _must_be_well_founded(step)
    if step.clock is not None and not (running if step.clock is Clock.MET else step.to in STARTS_IN[step.clock]):
        raise Conflict("This day does not run at this step.")


def _must_be_well_founded(step: Step) -> None:
    if step.to is State.BREACH_FOUND and (step.whose not in _THEIRS or step.ground is not Ground.FINDING):
        raise Conflict(
            "A breach is found in a decision of a court or an authority, and never here. "
            "Until then it is an allegation, and so is a new arrest."
        )
    if step.whose not in WHOSE[step.to]:
        raise Conflict("This step is not theirs to take. Say whose it is: it is recorded here, and not decided.")
    if (step.ground is not None) != (step.to in BREACHES):
        raise Conflict("That a breach is alleged or was found says what it rests on; no other step does.")
    if step.to in ON_PAPER and not step.instrument:
        raise Conflict("This step rests on a paper. Give its text, or choose the file it lies in.")


def due(clock: Clock, runs_from: date) -> date | None:
    """The last day of what begins to run on a day; None for MET, which ends it."""
    if clock is Clock.FULL_ACCOUNT:
        return runs_from + timedelta(days=FULL_ACCOUNT_DAYS)
    if clock is Clock.MET:
        return None
    year = runs_from.year + FURTHER_TERM_YEARS[clock]
    # Of a leap day the day before: who is warned is warned too early rather than too late.
    leapt = (runs_from.month, runs_from.day) == (2, 29) and not isleap(year)
    return runs_from.replace(year=year, day=28 if leapt else runs_from.day)


def due_after(step: Step, runs_from: date | None, before: date | None) -> date | None:
    """The day that runs after a step; ``before`` is the one that ran until then."""
    if step.clock is not None and runs_from is not None:
        return due(step.clock, runs_from)
    return before if step.clock is None and step.to in RUNS_IN else None
