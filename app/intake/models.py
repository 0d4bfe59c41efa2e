"""Submissions: sealed to the intake team and to the witness, under no case yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import EnvelopeRow, Sealed
from app.errors import Conflict


class SubmissionState(StrEnum):
    RECEIVED = "RECEIVED"
    OPENED = "OPENED"
    TRIAGED = "TRIAGED"
    LINKED = "LINKED"
    DECLINED = "DECLINED"


# In no case yet, and not sent away.
WAITING: Final = (SubmissionState.RECEIVED, SubmissionState.OPENED, SubmissionState.TRIAGED)

_MOVES: Final = {
    "RECEIVED": {"OPENED", "TRIAGED", "LINKED", "DECLINED"},
    "OPENED": {"TRIAGED", "LINKED", "DECLINED"},
    "TRIAGED": {"LINKED", "DECLINED"},
}


class Submission(EnvelopeRow):
    """One message that came without an account. Its reference is for the intake queue only."""

    __tablename__ = "submissions"
    scopes = frozenset({"team", "receipt"})
    addressed_by = "reference"

    reference: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    state_at: Mapped[datetime]
    danger: Mapped[bool]
    account: Mapped[Sealed]
    contact: Mapped[Sealed | None]
    language: Mapped[Sealed]
    decision: Mapped[Sealed | None]
    received_at: Mapped[datetime]

    def move(self, to: SubmissionState, *, at: datetime) -> None:
        if to not in _MOVES.get(self.state, set()):
            raise Conflict("This submission stands elsewhere by now, so this cannot be done with it.")
        self.state, self.state_at = to, at


class SubmissionFile(EnvelopeRow):
    """A file that came with a submission: sealed bytes on disk, key and name in the envelope."""

    __tablename__ = "submission_files"
    scopes = frozenset({"team", "receipt"})
    never_shown: ClassVar[frozenset[str]] = frozenset({"file_key"})

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.id"), index=True)
    blob: Mapped[str]
    size_bytes: Mapped[int]
    file_key: Mapped[Sealed]
    file_name: Mapped[Sealed | None]
    media_type: Mapped[Sealed | None]
    original_sha256: Mapped[Sealed]
