"""What may come in about a case as such."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.cases.models import Origin, Pathway
from app.work.forms import Form, Moment, Passage, Reasoned, Stated

Compartment = Literal["IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "CARE", "THREAT", "RELEASE"]
Compartments = Annotated[frozenset[Compartment], Field(min_length=1, max_length=7)]
StaffCode = Annotated[str, StringConstraints(pattern=r"^S-[3-9A-Z]{6}$")]
CaseReference = Annotated[str, StringConstraints(min_length=4, max_length=40, pattern=r"^[A-Za-z0-9 -]+$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class OpenCase(Form):
    """Opened for whoever came, or for what was printed about somebody. What a case began as stays.

    beside   the one colleague who knows, besides whoever opens it, who somebody still inside the group is
    """

    pathway: Pathway = Pathway.UNDECIDED
    origin: Origin = Origin.DIRECT
    exit_stage: Literal["OUT", "INSIDE"] = "OUT"
    beside: StaffCode | None = None


class HandOver(Form):
    """Give a team what it works with, as far as the giver holds it."""

    team: Literal["legal", "protection"]


class GiveGrant(Form):
    """Let one colleague open compartments of this case, perhaps only until a time."""

    user: StaffCode
    compartments: Compartments
    until: Moment | None = None


class RevokeGrant(Form):
    """Take compartments from one colleague or from a team."""

    user: StaffCode | None = None
    team: Literal["intake", "legal", "protection", "duty"] | None = None
    compartments: Compartments


class RecoverCase(Form):
    """Whom the custodians give the compartments of a case: two people at least, and never whoever runs the machine.

    run_by   the accounts of whoever runs it, in their own word and by the name they have on the machine
    """

    case: CaseReference
    to: Annotated[frozenset[StaffCode], Field(min_length=2, max_length=6)]
    run_by: frozenset[StaffCode]


class RenewKeys(Form):
    """Which key of a case is drawn anew."""

    compartments: Annotated[frozenset[Compartment], Field(min_length=1, max_length=1)]


class SendHandoff(Form):
    kind: Literal["SAFETY", "NEED", "THREAT", "BENEFIT", "CONSENT", "STATEMENT"]
    to_team: Literal["intake", "legal", "protection"]
    words: Passage


class BeginVisit(Stated):
    """A reason that holds for a while: for a case, or for the named fields of one row of it.

    compartment  under which the words are sealed: one that the visitor holds
    """

    compartment: Compartment | None = None
    row: UUID | None = None
    fields: Annotated[tuple[FieldName, ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def _whole(self) -> BeginVisit:
        if (self.row is None) != (not self.fields):
            raise ValueError("a reveal names a row and its fields")
        if self.words is not None and self.compartment is None:
            raise ValueError("words are sealed under a compartment")
        return self


class Opening(Reasoned):
    """Open named fields of one row, for a reason."""

    fields: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=12)]
