"""Rows under RELEASE: public reports, and how they were coded.

RELEASE and not TESTIMONY: what is kept here has been published, and those who code it must never
hold the key of an account. Sealed all the same, since an office's choice of reports, put beside
each other, says more than any of them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed


class PublicReport(CaseRow):
    """What one source printed about somebody. A case may have several that disagree: none overwrites another."""

    __tablename__ = "public_reports"
    printed = True
    compartment = "RELEASE"
    author = "recorded_by"

    source_title: Mapped[Sealed]
    source_url: Mapped[Sealed | None]
    left_in: Mapped[Sealed | None]
    nationality: Mapped[Sealed | None]
    sex: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Coding(CaseRow):
    """One coder's reading of a report: first or second, in one version of the frame, all codes in one cell.

    A row for each code would show, without any key, how much somebody told.
    """

    __tablename__ = "codings"
    printed = True
    __table_args__ = (
        CheckConstraint("number IN (1, 2)", name="number"),
        UniqueConstraint("report_id", "frame_version", "number"),
        UniqueConstraint("report_id", "frame_version", "coded_by"),
    )
    compartment = "RELEASE"
    author = "coded_by"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("public_reports.id"), index=True)
    number: Mapped[int]
    frame_version: Mapped[str]
    codes: Mapped[Sealed]
    coded_by: Mapped[str]
    coded_at: Mapped[datetime]
