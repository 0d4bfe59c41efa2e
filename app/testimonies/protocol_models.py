"""Rows of interview protocols and of what was answered to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Row, Sealed


class ProtocolVersion(Row):
    """One version of a protocol, as it was published. No secret, and never changed again: answers stand under it.

    The database itself refuses a change of a row, and a row whose name is not the hash of its bytes.
    """

    __tablename__ = "protocols"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        CheckConstraint("sha256 = encode(sha256(body), 'hex')", name="sha256"),
    )
    scopes = frozenset({"staff"})
    author = "published_by"

    name: Mapped[str]
    version: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    # Canonical JSON (app/audit/canonical.py).
    body: Mapped[bytes]
    published_by: Mapped[str]
    published_at: Mapped[datetime]


class ProtocolAnswer(CaseRow):
    """One answer to one question. A later answer to the same question is another row; the highest number counts.

    Which question it answers is sealed too: that somebody was asked what follows on a yes tells the yes.
    """

    __tablename__ = "protocol_answers"
    __table_args__ = (UniqueConstraint("testimony_id", "number"),)
    compartment = "TESTIMONY"
    author = "recorded_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    protocol_id: Mapped[UUID] = mapped_column(ForeignKey("protocols.id"))
    number: Mapped[int]
    question: Mapped[Sealed]
    answer: Mapped[Sealed]
    # The language in which it was asked and answered.
    language: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
