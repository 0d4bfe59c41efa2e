"""Rows under LEGAL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db import CaseRow, Sealed

# Taken, so that reading the account has something to cite; nothing is written in it yet.
DRAFT = "DRAFT"


class MitigationAssessment(CaseRow):
    """One note on how cooperation mitigates: reasons, passages, and what speaks against it."""

    __tablename__ = "mitigation_assessments"
    # A draft may be empty; a note without its reasons, or without what speaks against them, is none.
    __table_args__ = (
        CheckConstraint(
            "state = 'DRAFT' OR (factor IS NOT NULL AND finding IS NOT NULL AND reasons IS NOT NULL"
            " AND contrary_evidence IS NOT NULL)",
            name="written",
        ),
    )
    compartment = "LEGAL"
    author = "written_by"

    state: Mapped[str]
    state_at: Mapped[datetime]
    factor: Mapped[Sealed | None]
    finding: Mapped[Sealed | None]
    reasons: Mapped[Sealed | None]
    passages: Mapped[Sealed | None]
    contrary_evidence: Mapped[Sealed | None]
    written_by: Mapped[str]
