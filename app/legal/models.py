"""Rows under LEGAL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from app.db import CaseRow, Sealed


class MitigationAssessment(CaseRow):
    """One note on how cooperation mitigates: reasons, passages, and what speaks against it."""

    __tablename__ = "mitigation_assessments"
    compartment = "LEGAL"
    author = "written_by"

    state: Mapped[str]
    state_at: Mapped[datetime]
    factor: Mapped[Sealed]
    finding: Mapped[Sealed]
    reasons: Mapped[Sealed]
    passages: Mapped[Sealed | None]
    contrary_evidence: Mapped[Sealed]
    written_by: Mapped[str]
