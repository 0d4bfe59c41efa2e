"""Rows under TESTIMONY that are only ever added: no action changes one.

A refusal to sign, or a source that disagrees, is not smoothed over later. The database cannot
insist on it: when somebody's grant is taken back, every row is sealed again with a new key.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed


class ReadBack(CaseRow):
    """That an account was read to the witness once more: by whom, in which language, and what they said to it."""

    __tablename__ = "read_backs"
    compartment = "TESTIMONY"
    author = "recorded_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    reader: Mapped[Sealed]
    language: Mapped[Sealed]
    answer: Mapped[Sealed]
    # Of a refusal: why, in the witness's words.
    reason: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
