"""What goes out about cases: references, states, dates, counts, staff codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.work import Disclosure, Plain


@dataclass(frozen=True)
class CaseLine:
    """One mute line of my list."""

    reference: str
    state: str
    pathway: str
    origin: str
    opened_at: datetime
    synthetic: bool
    held: tuple[str, ...]
    # Of whoever takes a closed case into their archive.
    custodian: str | None = None


@dataclass(frozen=True)
class RecordLine:
    """That a row is there and which of its fields were given; nothing of what they say."""

    table: str
    id: UUID
    compartment: str
    fields: tuple[str, ...]
    clear: dict[str, str]


@dataclass(frozen=True)
class GrantLine:
    """Who can open what, until when. ``dormant``: only by breaking glass; ``covers``: for whom, under cover."""

    id: UUID
    holder: str
    compartment: str
    generation: int
    until: datetime | None
    dormant: bool = False
    covers: str | None = None


@dataclass(frozen=True)
class CaseView:
    """by_name     compartments that named people alone may hold
    kept_until  of a closed case: before this day only the witness can have it destroyed
    custodian   the code of the archive that the witness chose
    intake_until  when intake's own keys to who it is end, or would if it were handed to protection now
    """

    reference: str
    state: str
    pathway: str
    origin: str
    opened_by: str
    opened_at: datetime
    synthetic: bool
    held: tuple[str, ...]
    by_name: tuple[str, ...]
    records: tuple[RecordLine, ...]
    grants: tuple[GrantLine, ...]
    kept_until: datetime | None = None
    custodian: str | None = None
    intake_until: datetime | None = None


@dataclass(frozen=True)
class Look:
    """One line of "who looked": operation and role, the day, the reason; never a name.

    runs  how many entries in a row it stands for, itself the newest
    """

    seq: int
    at: str
    operation: str
    action: str
    roles: tuple[str, ...]
    justification: str | None
    outcome: str
    runs: int = 1


@dataclass(frozen=True)
class HandoffLine:
    """That another team passed something on to mine: its kind and day, not a word of it.

    due  until when it is to be read: somebody may be in danger now
    """

    id: UUID
    kind: str
    from_team: str
    sent_by: str
    day: str
    state: str
    due: datetime | None = None


@dataclass(frozen=True)
class CaseOpened:
    reference: str
    state: str


@dataclass(frozen=True)
class Granted:
    reference: str
    recipient: str
    compartments: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True)
class Revoked:
    reference: str
    compartments: tuple[str, ...]
    resealed: int


@dataclass(frozen=True)
class Sent:
    id: UUID


@dataclass(frozen=True)
class Stored:
    """A row was made or changed; its contents do not come back."""

    id: UUID
    table: str
    state: str | None = None


@dataclass(frozen=True)
class Opened(Disclosure):
    """Opened values of one row. None where nothing was given."""

    table: str
    id: UUID
    values: dict[str, Plain | None]


@dataclass(frozen=True)
class Visited:
    """A visit that was begun or ended."""

    id: UUID
    reference: str
    until: datetime


@dataclass(frozen=True)
class VisitLine:
    """A visit of mine that is under way; a reveal names its row and fields."""

    id: UUID
    justification: str
    cites: UUID | None
    row: UUID | None
    fields: tuple[str, ...]
    until: datetime


@dataclass(frozen=True)
class HandoffOpened(Opened):
    """What was passed on, and the case it is about. ``held``: its reader may hold no key of that case."""

    reference: str
    held: tuple[str, ...]


@dataclass(frozen=True)
class Recovered:
    """What the custodians gave to whom; ``left`` are the compartments that nobody who was named works with."""

    case: str
    given: tuple[tuple[str, tuple[str, ...]], ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Renewed:
    case: str
    compartment: str
    resealed: int


@dataclass(frozen=True)
class FromCustodians:
    """What somebody was given by the custodians: a case's compartments, or a team to lead."""

    reference: str | None
    team: str | None
    compartments: tuple[str, ...]
    on: date
