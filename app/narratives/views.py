"""What goes out of the coders' queue: references and dates; never what was printed, nor how it was coded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ReportLine:
    """One public report that waits for its reader to code it.

    standing  FIRST (nobody has coded it) or SECOND (somebody else has)
    since     when it was kept, or when it was coded first
    """

    reference: str
    standing: str
    since: datetime
    synthetic: bool


@dataclass(frozen=True)
class CodingNumbers:
    """How long each list of the coders is."""

    first: int
    second: int
