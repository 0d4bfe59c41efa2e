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
    """

    number: int
    line: LogLine | None
    leaf: str
    before: LogLine | None
    after: LogLine | None
    covered: int
    proof: str | None
    broken: bool


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
