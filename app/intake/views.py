"""What goes out of the intake queue: references, states and days."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Acknowledged:
    """That everything is kept, durably. The reference stands in the intake queue."""

    reference: str
    state: str


@dataclass(frozen=True)
class SubmissionLine:
    """One mute line of the queue. The day, not the minute: order tells too much."""

    id: UUID
    reference: str
    state: str
    danger: bool
    day: str
    files: int


@dataclass(frozen=True)
class Arrivals:
    """One page of what waits, how many wait in all, and for how many whole hours the oldest has."""

    total: int
    oldest_hours: int | None
    lines: tuple[SubmissionLine, ...]


@dataclass(frozen=True)
class SentFile:
    """A file that came with a submission: its row and size, never its name."""

    id: UUID
    size_bytes: int


@dataclass(frozen=True)
class SubmissionView:
    """One submission of the queue, with the rows of its files."""

    id: UUID
    reference: str
    state: str
    danger: bool
    day: str
    files: tuple[SentFile, ...]


@dataclass(frozen=True)
class WitnessState:
    """What a receipt's holder is told, in plain words made from the state."""

    reference: str
    state: str
    day: str


@dataclass(frozen=True)
class Look:
    """Somebody of the office opened something of this witness's, or passed it on.

    day    in UTC, as the log has it
    roles  theirs when they did; never who
    did    the action by name, such as ``testimony.open``
    how    CONSULT, COMBINE (who and what, by the same person) or DISCLOSE
    why    the code they gave; "" where the action itself is the reason
    """

    day: str
    roles: tuple[str, ...]
    did: str
    how: str
    why: str


@dataclass(frozen=True)
class Looked:
    """A page of looks, the newest first; whether there are earlier ones."""

    looks: tuple[Look, ...]
    more: bool


@dataclass(frozen=True)
class Linked:
    reference: str
    prior_account: UUID
    attachments: int
