"""What the log says, as it was committed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True)
class LogLine:
    """One entry. ``place`` is None until the sequencer has put it into the tree."""

    id: UUID
    place: int | None
    body: dict[str, Any]
    night: bool = False


@dataclass(frozen=True)
class LogPage:
    """``older`` and ``newer`` say whether there are more on either side."""

    entries: tuple[LogLine, ...]
    older: bool = False
    newer: bool = False


@dataclass(frozen=True)
class LogEntry:
    """One entry with its proof.

    line      None once its body was erased at the end of its term: the leaf still stands
    leaf      the hash that stands in the tree, in hex
    proof     a text for somebody outside; None while no checkpoint covers the entry, or if
              none leads to the signed root (``broken``)
    together  what else the same request did
    hour      what else the same person did within half an hour, at most ten on either side
    """

    number: int
    line: LogLine | None
    leaf: str
    before: LogLine | None
    after: LogLine | None
    covered: int
    proof: str | None
    broken: bool
    together: tuple[LogLine, ...] = ()
    hour: tuple[LogLine, ...] = ()


@dataclass(frozen=True)
class LogVerified:
    """The result of recomputing the whole log from its bodies."""

    intact: bool
    size: int
    root: str
    bad_index: int | None
    problem: str
    waiting: int


@dataclass(frozen=True)
class LogLeaves:
    """How far an export may go, and the signed checkpoint that says so."""

    size: int
    note: str


@dataclass(frozen=True)
class Outside:
    """What outside witnesses have signed of the log.

    asked  how many are asked
    size   how many entries enough of them signed, and ``at`` when; None before the first time
    late   whether they are asked and it has been too long
    """

    asked: int
    size: int
    at: datetime | None
    late: bool


@dataclass(frozen=True)
class Badge:
    """What is known of the log's wholeness without reading it.

    state   of the last check that was made: "unchecked" if none ever was
    size    how many entries that check went through; ``bad_index`` the first that did not fit
    signed  how many entries the newest checkpoint covers, ``signed_at`` since when
    now     when this was asked, so that an age can be told
    """

    state: Literal["intact", "broken", "unchecked"]
    size: int
    checked_at: datetime | None
    bad_index: int | None
    problem: str
    signed: int
    signed_at: datetime | None
    note: str
    now: datetime
    outside: Outside = Outside(0, 0, None, False)


@dataclass(frozen=True)
class Numbers:
    """How many entries of seven days ask for an auditor's eye, each by the filters of its list."""

    refused: int
    nights: int
    combined: int
    alarms: int


@dataclass(frozen=True)
class Mine:
    """One opening of my own, as the log has it."""

    at: str
    operation: str
    action: str
    cases: tuple[str, ...]
    justification: str | None


@dataclass(frozen=True)
class Health:
    """What the staff's process knows of the installation without any secret, and without counting cases.

    revision     of the database's schema
    free_percent of the disk under the home, and ``free_mib`` in MiB
    jumped       by how many seconds the clock jumped, where a person has to look at it; negative if backward
    """

    python: str
    database: str
    revision: str
    rules: int
    rules_hash: str
    profile: str
    zone: str
    tls: bool
    demo: bool
    signed: int
    signed_at: datetime | None
    checked_at: datetime | None
    state: str
    free_percent: int
    free_mib: int
    disk_low: bool
    core_files: bool
    jumped: int | None
    jumped_at: datetime | None


@dataclass(frozen=True)
class Kept:
    """Filters of one's own that were kept, by the names an address has them under."""

    id: UUID
    asks: dict[str, Any]


@dataclass(frozen=True)
class InquiryLine:
    """An inquiry: about whom, why, how it stands. All codes.

    standing  OPEN, ASKED, LATE, ANSWERED or CLOSED; computed, so that a stopped worker hides nothing
    mine      whether it is about whoever asks
    """

    id: UUID
    about: str
    reason: str
    standing: str
    opened_by: str
    opened_at: datetime
    question: str | None
    due_at: datetime | None
    answer: str | None
    vouched_by: str | None
    answered_at: datetime | None
    outcome: str | None
    closed_by: str | None
    closed_at: datetime | None
    mine: bool


@dataclass(frozen=True)
class InquiryNumbers:
    """How many I am asked in, and, for an auditor, how many wait: for an answer, too long for it, for an outcome."""

    asked_me: int
    waiting: int
    late: int
    to_close: int


@dataclass(frozen=True)
class Stirred:
    """One who set off a sign, how often, and the filters behind it."""

    actor: str
    case: str | None
    number: int
    asks: dict[str, Any]


@dataclass(frozen=True)
class Sign:
    """What a rule of policies/oversight.toml looks for, and whom it found. ``least`` from which number on."""

    name: str
    on: bool
    days: int
    least: int
    found: tuple[Stirred, ...]


@dataclass(frozen=True)
class Drawn:
    """One opening that was drawn, and what whoever looked at it found."""

    line: LogLine
    finding: str | None
    looked_by: str | None


@dataclass(frozen=True)
class Sample:
    """Openings of last week, drawn by the hash of a checkpoint that nobody knew while they were made.

    size, root   of that checkpoint; None while none was signed since the week ended
    of           how many openings they were drawn from
    """

    first: str
    last: str
    size: int | None
    root: str | None
    of: int
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True)
class Figures:
    """What a month of the log looks like, in numbers.

    openings   per role: how many in each hour of the office's day
    refusals, reveals   per day, oldest first
    reviews    per kind of look: within a day, two, three, later, and not yet
    """

    first: str
    last: str
    openings: tuple[tuple[str, tuple[int, ...]], ...]
    refusals: tuple[tuple[str, int], ...]
    reveals: tuple[tuple[str, int], ...]
    reviews: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class CaseLine:
    """One entry about a case, by its number in the case. ``body`` is None once its term is over.

    recipient   to whom something was given: a team's name or somebody's code; the entry itself names a row
    """

    seq: int
    place: int | None
    body: dict[str, Any] | None
    recipient: str | None = None


@dataclass(frozen=True)
class CaseReport:
    """All that was done to one case, 1 to n.

    last      n: how many entries there are about it
    covered   how many of them stand under the checkpoint: the first of those numbers
    size, note, signed_at   of that checkpoint
    gapless   whether every number from 1 to n is there, each once
    operations   how many entries of each kind
    """

    reference: str
    last: int
    covered: int
    size: int
    note: str
    signed_at: datetime | None
    gapless: bool
    operations: tuple[tuple[str, int], ...]
    lines: tuple[CaseLine, ...]
    more: bool
