"""Who and what an account speaks of besides the witness, under chips: people, units, places."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed


class Mention(CaseRow):
    """That a passage speaks of somebody or something, under a chip drawn at random.

    Spoken of again, by whatever name, it is another row of the same chip: no name is "the"
    name, and none is written over.
    """

    __tablename__ = "mentions"
    compartment = "TESTIMONY"
    author = "recorded_by"

    chip: Mapped[str] = mapped_column(index=True)
    # Empty for what is known without a passage that says it.
    segment_id: Mapped[UUID | None] = mapped_column(ForeignKey("segments.id"))
    kind: Mapped[Sealed]
    name: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class MentionTie(CaseRow):
    """One end of a tie between chips of two cases, in the case of that end.

    ``token`` is a secret that both ends seal, each under its own case. ``mark`` is made of it and of the end, so
    whoever opens one end finds the other among their own cases; of whoever holds one case alone, nobody learns which
    the other is. The access log names both cases of the deed: who reads the whole log, or the database it lies in,
    knows that they were tied.
    """

    __tablename__ = "mention_ties"
    compartment = "TESTIMONY"
    author = "tied_by"
    never_shown: ClassVar[frozenset[str]] = frozenset({"token"})

    chip: Mapped[str]
    token: Mapped[Sealed]
    mark: Mapped[bytes] = mapped_column(unique=True)
    tied_by: Mapped[str]
    tied_at: Mapped[datetime]
