"""The ladder of a check-in that did not come about: who is called, when, and until when.

Caseworker, then whoever is on duty, then the lead. A rung that nobody answers is left behind;
the last one is called again and again. An answer is a named person's, and holds an hour.
Pure: time and people come in, nothing is read and nothing is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from app.errors import Conflict

# How long after its time a check-in may still come about before it reads as missed.
GRACE: Final = timedelta(hours=2)
# How long one rung has before the next is called.
TO_ANSWER: Final = timedelta(minutes=30)
# How long whoever answered has to find out where the person is.
TO_FIND: Final = timedelta(minutes=60)
# So often the last rung is called again.
AGAIN: Final = timedelta(minutes=10)


class Rung(IntEnum):
    CASEWORKER = 1
    DUTY = 2
    LEAD = 3


class EscalationState(StrEnum):
    """CALLING and ACKNOWLEDGED have a next time; in the others nobody is called any more."""

    CALLING = "CALLING"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    UNACCOUNTED = "UNACCOUNTED"
    LOCATED = "LOCATED"
    # We spoke with them after all.
    SPOKEN = "SPOKEN"


# In these somebody is still being looked for.
OPEN: Final = (EscalationState.CALLING, EscalationState.ACKNOWLEDGED, EscalationState.UNACCOUNTED)
RUNNING: Final = (EscalationState.CALLING, EscalationState.ACKNOWLEDGED)

# By rung, the codes of those who stand on it at this moment.
People = Mapping[Rung, frozenset[str]]


@dataclass(frozen=True)
class Call:
    """One call: on which rung, of whom, and when it is over unanswered."""

    rung: Rung
    people: frozenset[str]
    next_at: datetime


def grace_over(due_at: datetime) -> datetime:
    """When a check-in that was due then is late enough to call somebody.

    In UTC: two hours on a wall clock are one or three on the night the clocks change.
    """
    return due_at.astimezone(UTC) + GRACE


def is_due(next_at: datetime, now: datetime) -> bool:
    """Whether the next step has come. So is one further off than any could be: the clock was set back since."""
    return next_at <= now or next_at > now + TO_FIND


def first(people: People, *, due_at: datetime, now: datetime) -> Call:
    """The first call, for a check-in that was due then. Raises Conflict while its grace lasts."""
    if now < grace_over(due_at):
        raise Conflict("The grace of this check-in is not over yet.")
    return _call(None, frozenset(), people, since=grace_over(due_at), now=now)


def climb(rung: Rung, called: frozenset[str], people: People, *, next_at: datetime, now: datetime) -> Call:
    """The call that follows one nobody answered, or an answer of which nothing came. Raises Conflict before its time.

    called   everybody who was called already: one person on two rungs counts once
    next_at  when it was to come. A rung's time counts from there: if nothing ran for three hours, the person who
             is missing has waited, so the rungs whose time is over follow at once.
    """
    if not is_due(next_at, now):
        raise Conflict("This rung has its time to answer yet.")
    return _call(rung, called, people, since=min(next_at, now), now=now)


def _call(rung: Rung | None, called: frozenset[str], people: People, *, since: datetime, now: datetime) -> Call:
    for higher in Rung:
        fresh = people.get(higher, frozenset()) - called
        # A rung on which nobody stands who was not called before would be half an hour lost.
        if higher != Rung.LEAD and higher > (rung or 0) and fresh:
            return Call(higher, fresh, since + TO_ANSWER)
    # Called again with the lead: whoever has come on duty meanwhile. Not made up for, or an hour would bring six.
    newcomers = frozenset[str]().union(*people.values()) - called
    return Call(Rung.LEAD, people.get(Rung.LEAD, frozenset()) | newcomers, now + AGAIN)
