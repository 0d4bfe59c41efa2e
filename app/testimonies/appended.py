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


class Claim(CaseRow):
    """One thing that is said to be so, by which sources it is known, how it was checked and how sure it is.

    Rivals are rows beside each other (``beside_id`` is the one that their group began with), and
    so is a second look at the same. Admiralty grades: the source and the information, judged apart.
    """

    __tablename__ = "claims"
    compartment = "TESTIMONY"
    author = "verified_by"

    # Empty where it is about the case as a whole.
    segment_id: Mapped[UUID | None] = mapped_column(ForeignKey("segments.id"), index=True)
    beside_id: Mapped[UUID | None] = mapped_column(ForeignKey("claims.id"))
    proposition: Mapped[Sealed]
    basis: Mapped[Sealed]
    method: Mapped[Sealed]
    sources: Mapped[Sealed]
    verification: Mapped[Sealed]
    source_grade: Mapped[Sealed]
    information_grade: Mapped[Sealed]
    verified_by: Mapped[str]
    verified_at: Mapped[datetime]
