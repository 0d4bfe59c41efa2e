"""What goes out of an account when nothing is opened, and the handle of a file that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.testimonies.protocols import ProtocolView
from app.work import Disclosure, Plain


@dataclass(frozen=True)
class Recorded:
    """How many segments were kept, by number; not a word of them."""

    id: UUID
    state: str
    segments: tuple[UUID, ...]


@dataclass(frozen=True)
class FileBegun:
    """Where to seal the coming bytes. The key stays in this process."""

    id: UUID
    key: Plain


@dataclass(frozen=True)
class FileArriving:
    """A file on its way, for a door that seals what follows. The key stays in this process."""

    id: UUID
    key: Plain
    size_bytes: int


@dataclass(frozen=True)
class CopyBegun:
    """An original that is about to be copied, and the key of the copy. Both keys stay in this process."""

    id: UUID
    key: Plain
    original: FileOpened
    sha256: Plain


@dataclass(frozen=True)
class FileOpened:
    """An original whose opening is recorded: the door streams it and forgets the key."""

    id: UUID
    blob: str
    key: Plain
    size_bytes: int
    media_type: Plain | None = None


@dataclass(frozen=True)
class StepLine:
    """One row of the task list: DONE, NOW, LATER or ENDED."""

    step: str
    standing: str


@dataclass(frozen=True)
class AccountLine:
    """One mute line of the accounts that are being taken. ``due`` only where the next step has a term."""

    id: UUID
    reference: str
    state: str
    since: datetime
    step: str
    due: datetime | None


@dataclass(frozen=True)
class Accounts:
    """One page of them, and how many there are in all."""

    total: int
    lines: tuple[AccountLine, ...]


@dataclass(frozen=True)
class TierLine:
    """The newest answer to one tier of consent; ``state`` NOT_ASKED and no more where there is none."""

    tier: str
    state: str
    id: UUID | None = None
    since: datetime | None = None
    text_version: str | None = None
    recorded_by: str | None = None


@dataclass(frozen=True)
class FileLine:
    """A file, its number in the case, its size and day; never its name. Of a working copy also whose it is."""

    number: int
    id: UUID
    state: str
    size_bytes: int | None
    day: str
    copy_of: UUID | None = None
    # Whether it may go on where it stopped.
    resumes: bool = False
    # What the office's virus scanner says of it.
    scanned: str = "UNSCANNED"


@dataclass(frozen=True)
class CustodyLine:
    """A step of a file's way: which file, what, when, recorded by whom. From whom and why is sealed."""

    id: UUID
    attachment: UUID
    kind: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Custody:
    """The way of every file of one case, and how much of its room the files take."""

    reference: str
    taken_bytes: int
    room_bytes: int
    events: tuple[CustodyLine, ...]


@dataclass(frozen=True)
class PriorLine:
    """That something was said elsewhere before, and the day it was taken in."""

    number: int
    id: UUID
    day: str


@dataclass(frozen=True)
class AccountView:
    """One account, mute: how far it is and what remains."""

    id: UUID
    reference: str
    state: str
    since: datetime
    due: datetime | None
    admissions: bool
    statement_version: str | None
    taken_by: str
    begun_at: datetime
    segments: int
    steps: tuple[StepLine, ...]
    # The day it was given, where it was written on paper elsewhere and entered later.
    collected_on: str | None = None


@dataclass(frozen=True)
class CaseAccounts:
    """What lies under TESTIMONY in one case, mute."""

    reference: str
    accounts: tuple[AccountView, ...]
    prior: tuple[PriorLine, ...]
    files: tuple[FileLine, ...]


@dataclass(frozen=True)
class RestrictionRead:
    """What holds for uses of a passage: use, subject and effect by code, in these forums.

    assurance  the promise it comes from; None where a reviewer made it stricter, for ``reason``
    """

    id: UUID
    assurance: UUID | None
    set_by: str
    since: datetime
    until: datetime | None
    rules: tuple[tuple[Plain, ...], ...]
    forums: tuple[tuple[Plain, ...], ...]
    reason: Plain | None


@dataclass(frozen=True)
class PassageRead:
    """One passage of an account that was opened; a folded one keeps its words and shows their length at most."""

    id: UUID
    number: int
    folded: bool
    classes: tuple[Plain, ...]
    bytes_at_most: int
    text: Plain | None
    language: Plain | None
    speaker: Plain | None
    beside: tuple[VersionRead, ...] = ()
    restrictions: tuple[RestrictionRead, ...] = ()


@dataclass(frozen=True)
class AccountRead:
    """An account opened as a whole: what was explained, the frame of its session, its passages."""

    id: UUID
    reference: str
    state: str
    frame: dict[str, Plain | None]
    passages: tuple[PassageRead, ...]
    events: tuple[EventRead, ...] = ()
    read_backs: tuple[ReadBackRead, ...] = ()
    # Of its answers to questions, which are restricted together.
    restrictions: tuple[RestrictionRead, ...] = ()


@dataclass(frozen=True)
class NameRead:
    """A name under a chip, and the passage that says it."""

    name: Plain | None
    passage: UUID | None
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class ChipTie:
    """The same somebody or something in another case of mine."""

    reference: str
    other: str


@dataclass(frozen=True)
class ChipRead:
    """Somebody or something that an account speaks of: what it is, by which names, where else."""

    chip: str
    kind: Plain | None
    names: tuple[NameRead, ...]
    ties: tuple[ChipTie, ...]


@dataclass(frozen=True)
class Chips:
    """Everybody and everything that the accounts of a case speak of."""

    reference: str
    chips: tuple[ChipRead, ...]


@dataclass(frozen=True)
class PriorSeen:
    """What was told elsewhere before, without its words: forum, when, whether they were warned, whether we hold it."""

    id: UUID
    day: str
    copy: bool
    forum: Plain | None
    jurisdiction: Plain | None
    said_on: Plain | None
    caution: Plain | None


@dataclass(frozen=True)
class InterpreterChoice:
    """An interpreter of the register, as somebody chooses one: what speaks against them comes first."""

    code: str
    bound: bool
    undertaking_until: str
    speaks: bool
    languages: tuple[Plain, ...]
    dialects: Plain | None
    gender: Plain | None
    ties: tuple[Plain, ...]


@dataclass(frozen=True)
class SessionPrepared(Disclosure):
    """What is looked at before a session begins. ``here``: when other accounts of the case were begun."""

    id: UUID
    prior: tuple[PriorSeen, ...]
    here: tuple[datetime, ...]
    interpreters: tuple[InterpreterChoice, ...]


@dataclass(frozen=True)
class InterpreterLine:
    """One mute line of the register."""

    id: UUID
    code: str
    undertaking_until: str
    bound: bool
    registered_by: str


@dataclass(frozen=True)
class VersionRead:
    """What stands beside a passage: TRANSCRIPT, TRANSLATION or AMENDMENT."""

    id: UUID
    kind: str
    number: int
    made_by: str
    made_at: datetime
    language: Plain | None
    text: Plain | None
    reason: Plain | None
    classes: tuple[Plain, ...] = ()


@dataclass(frozen=True)
class EventRead:
    """What happened in a session."""

    at: datetime
    noted_by: str
    kind: Plain | None
    words: Plain | None


@dataclass(frozen=True)
class ReadBackRead:
    """What the witness said when their account was read to them."""

    at: datetime
    recorded_by: str
    reader: Plain | None
    language: Plain | None
    answer: Plain | None
    reason: Plain | None


@dataclass(frozen=True)
class PaperView:
    """A printed protocol, mute."""

    id: UUID
    testimony: UUID
    envelope: str
    state: str
    statement_version: str
    # Whether the questions of the office stand on its sheets.
    questions: bool = False


@dataclass(frozen=True)
class Printed(Disclosure):
    """A protocol that is about to be printed. ``protocol``: the questions of the office, if it has published any."""

    id: UUID
    envelope: str
    language: str
    statement_version: str
    admissions: bool = False
    protocol: ProtocolView | None = None
