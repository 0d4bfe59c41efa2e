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
