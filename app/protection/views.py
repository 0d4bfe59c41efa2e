"""What goes out of protection's queues: references, states and dates; never a level, a place or a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class CheckInLine:
    """One time at which we speak.

    standing  MISSED, TODAY (or in the next hours, also past midnight), WEEK (the next seven days), LATER or
              SETTLED; computed, so that a stopped worker hides nobody
    state     MISSED only where somebody has noted it
    """

    id: UUID
    reference: str
    standing: str
    state: str
    due_at: datetime
    planned_by: str
    synthetic: bool


@dataclass(frozen=True)
class ThreatLine:
    """One case whose threat assessment is OVERDUE, or in which there is NONE yet.

    since  when the last assessment's term ended, or the case was handed to us
    """

    reference: str
    standing: str
    since: datetime
    by: str | None
    synthetic: bool


@dataclass(frozen=True)
class SafetyNumbers:
    """How long each list of protection's is."""

    overdue: int
    unassessed: int
    missed: int
    today: int
    week: int
    handoffs: int


@dataclass(frozen=True)
class AlarmStep:
    """One thing that happened: somebody CALLED, or the state that somebody brought about.

    person   a colleague's code; None where a rung was called on which nobody stands
    """

    what: str
    rung: int
    person: str | None
    at: datetime


@dataclass(frozen=True)
class AlarmLine:
    """People are called because a check-in was not met.

    check_in         the check-in
    missed_at, at    when it was to be, and since when people are called for it
    rung             1 caseworker, 2 duty, 3 lead
    next_at          when the next are called; None once nobody is called any more
    acknowledged_by  a colleague's code, while their answer holds
    """

    id: UUID
    reference: str
    check_in: UUID
    state: str
    missed_at: datetime
    at: datetime
    rung: int
    next_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    synthetic: bool


@dataclass(frozen=True)
class Alarm(AlarmLine):
    """The same, with the latest fifty of what happened, the oldest first."""

    steps: tuple[AlarmStep, ...]
