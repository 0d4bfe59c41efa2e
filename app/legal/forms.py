"""What may come in about mitigation: a finding in words, never a number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.work.forms import Form, Line, Passage

Factor = Literal[
    "SIGNIFICANCE", "TRUTHFULNESS", "NATURE_EXTENT", "RISK_INCURRED", "TIMELINESS",
    "BEYOND_OWN_PART", "SERIOUSNESS_RELATION", "RENUNCIATION",
]  # fmt: skip


class WriteNote(Form):
    """One factor of the grid. Contrary evidence is never empty: "none found after looking in ..." will do."""

    factor: Factor
    finding: Literal["MET", "PARTLY", "NOT_MET", "UNKNOWN"]
    reasons: Passage
    passages: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    contrary_evidence: Passage
