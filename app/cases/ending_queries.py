"""How a case stands at its end, and what waits for a second signature. In clear columns only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, or_

from app.cases.ending_models import CLOSE, DESTROY, LIFT, Erasure, Proposal
from app.cases.models import Case, Hold
from app.cases.steps import how_many
from app.work import Reading, query

PAGE: Final = 25
# Which kinds a role may agree to: the rules decide, this only keeps a queue free of what is for others.
SECONDS: Final = {
    "legal_reviewer": frozenset({CLOSE, DESTROY, LIFT}),
    "caseworker": frozenset({DESTROY}),
}


@dataclass(frozen=True)
class ProposalLine:
    """Something that waits for a second colleague."""

    id: UUID
    reference: str
    kind: str
    proposed_by: str
    proposed_at: datetime
    synthetic: bool


@dataclass(frozen=True)
class HoldLine:
    """A hold that stops a destruction. Why, stands sealed under LEGAL."""

    id: UUID
    since: datetime
    set_by: str | None


@dataclass(frozen=True)
class Ending:
    """How a case stands at its end.

    choice         what the witness chose, None if they were not asked or said nothing
    custodian      the code of the archive, if they chose one
    backup_days    for how long a backup may still hold what is destroyed
    """

    reference: str
    state: str
    choice: str | None
    custodian: str | None
    kept_until: datetime | None
    holds: tuple[HoldLine, ...]
    waiting: tuple[ProposalLine, ...]
    backup_days: int


@dataclass(frozen=True)
class Erasures:
    """What was destroyed and may still lie in the database's own files."""

    number: int
    oldest: datetime | None


@query("proposal.list")
def waiting(reading: Reading, page: int = 0) -> tuple[ProposalLine, ...]:
    """What waits for my second signature, the longest waiting first, 25 a page."""
    statement = _waiting(reading).order_by(Proposal.proposed_at, Proposal.id).limit(PAGE).offset(PAGE * page)
    return tuple(_line(row, case) for row, case in reading.execute(statement.add_columns(Case)))


@query("proposal.count")
def count(reading: Reading) -> int:
    """How much waits for my second signature."""
    return how_many(reading, _waiting(reading))


@query("case.ending")
def ending(reading: Reading, reference: str) -> Ending:
    """What the witness chose, what holds the case, what waits for a second colleague."""
    case = reading.fetch(Case, reference)
    live = or_(Hold.until.is_(None), Hold.until > reading.now)
    holds = reading.all(Hold, Hold.case_id == case.id, Hold.kind == "LEGAL", live, order=Hold.since)
    proposals = reading.all(Proposal, Proposal.case_id == case.id, Proposal.state == "WAITING", order=Proposal.id)
    return Ending(
        case.reference, case.state, case.retention, case.custodian, case.kept_until,
        tuple(HoldLine(hold.id, hold.since, hold.set_by) for hold in holds),
        tuple(_line(row, case) for row in proposals), reading.settings.backup_days_max,
    )  # fmt: skip


@query("erasure.waiting")
def erasures(reading: Reading) -> Erasures:
    """How many destroyed cases the database's files were not written anew for, and since when. For the operator."""
    found = reading.all(Erasure, Erasure.rewritten_at.is_(None), order=Erasure.at, limit=10_000)
    return Erasures(len(found), found[0].at if found else None)


def _waiting(reading: Reading) -> Select[Proposal]:
    kinds = frozenset().union(*(SECONDS.get(role, frozenset()) for role in reading.actor.roles))
    mine = Proposal.proposed_by == reading.actor.code
    return (
        reading.rows(Proposal)
        .join(Case, Case.id == Proposal.case_id)
        .where(Proposal.state == "WAITING", Proposal.kind.in_(sorted(kinds)), ~mine)
    )


def _line(row: Proposal, case: Case) -> ProposalLine:
    return ProposalLine(row.id, case.reference, row.kind, row.proposed_by, row.proposed_at, case.synthetic)
