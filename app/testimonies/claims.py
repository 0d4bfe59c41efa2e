"""What is claimed, how it is known and how sure that is: one row for each claim and each look at it.

Claims that contradict each other stand beside each other, each with its own sources. No claim
is changed by another one, nor by a second look at the same: that is a further row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.testimonies.appended import Claim
from app.testimonies.forms import Code
from app.testimonies.models import Attachment, PriorAccount, Segment, SegmentVersion, Testimony
from app.testimonies.rules import FOLDED
from app.testimonies.versions import marked
from app.work import Form, Plain, Reasoned, Work, action
from app.work.forms import Line, Words

CLAIMS_MAX: Final = 200
# Of one kind; a claim with more sources than that is several claims.
SOURCES_MAX: Final = 12
# A passage alone bears nothing out and contradicts nothing.
_NEEDS_ANOTHER: Final = frozenset({"CONSISTENT_PUBLIC", "CORROBORATED", "CONTRADICTED"})
_SEALED: Final = ("proposition", "basis", "method", "verification", "source_grade", "information_grade")


class AddClaim(Form):
    """One claim, its sources, and how sure it is. Source and information are judged apart (Admiralty scale).

    segment  the passage it stands in; none for the case as a whole
    beside   the claim it stands beside: one that says otherwise, or the same once looked at before
    codes, priors, files, outside   sources: people by code, accounts given elsewhere, files kept here, anything else
    """

    segment: UUID | None = None
    beside: UUID | None = None
    proposition: Words
    basis: Literal["FACT", "STATEMENT", "ASSESSMENT"]
    method: Words
    codes: Annotated[tuple[Code, ...], Field(max_length=SOURCES_MAX)] = ()
    priors: Annotated[tuple[UUID, ...], Field(max_length=SOURCES_MAX)] = ()
    files: Annotated[tuple[UUID, ...], Field(max_length=SOURCES_MAX)] = ()
    outside: Annotated[tuple[Line, ...], Field(max_length=SOURCES_MAX)] = ()
    verification: Literal["UNVERIFIED", "CONSISTENT_PUBLIC", "CORROBORATED", "CONTRADICTED", "WITHDRAWN"]
    source_grade: Literal["A", "B", "C", "D", "E", "F"]
    information_grade: Literal["1", "2", "3", "4", "5", "6"]


class ReadClaims(Reasoned):
    """Open what is claimed in a case, side by side, for a reason."""


@dataclass(frozen=True)
class Source:
    """One source of a claim: CODE, PRIOR, FILE or OUTSIDE, and its code, its row or its words."""

    kind: str
    value: Plain


@dataclass(frozen=True)
class ClaimRead:
    """One claim; of a folded passage without its words, which are opened by themselves."""

    id: UUID
    segment: UUID | None
    number: int | None
    folded: bool
    verified_by: str
    verified_at: datetime
    values: dict[str, Plain | None]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class ClaimsRead:
    """The claims of a case in groups: those that stand beside each other, in the order of their making."""

    reference: str
    groups: tuple[tuple[ClaimRead, ...], ...]


@action("claim.add", operation="collect", on=Case, creates=True)
def add(work: Work, case: Case, form: AddClaim) -> Stored:
    """Keep a claim with its sources and how sure it is. What stands beside it stays as it was."""
    case.must_be_open()
    _must_be_there(work, case, form)
    claim = Claim(
        case_id=case.id, segment_id=form.segment, beside_id=_first_of(work, case, form.beside),
        verified_by=work.actor.code, verified_at=work.now,
    )  # fmt: skip
    for column in _SEALED:
        work.seal(claim, column, getattr(form, column))
    work.seal(claim, "sources", json.dumps(_sources(form), ensure_ascii=False))
    work.add(claim)
    work.record(claim)
    return Stored(claim.id, "claims")


@action("claim.open", operation="consult", on=Claim, opens=(Claim,))
def open_claim(work: Work, claim: Claim, form: Opening) -> Opened:
    """Open one claim, also of a passage that stays folded."""
    return open_fields(work, claim, form)


@action("claim.read", operation="consult", on=Testimony, opens=(Claim, Segment, SegmentVersion))
def read_claims(work: Work, testimony: Testimony, form: ReadClaims) -> ClaimsRead:
    """Open what is claimed in the case of an account, side by side. What concerns a folded passage stays shut.

    Asked of an account and not of its case, so that the rules know what it is: words of the account.
    """
    case = work.one(Case, Case.id == testimony.case_id)
    rows = work.all(Claim, Claim.case_id == case.id, order=Claim.id, limit=CLAIMS_MAX)
    about = _passages(work, {row.segment_id for row in rows if row.segment_id})
    groups: dict[UUID, list[Claim]] = {}
    for row in rows:
        groups.setdefault(row.beside_id or row.id, []).append(row)
    view = ClaimsRead(case.reference, tuple(_group(work, group, about) for group in groups.values()))
    work.record(testimony, claims=len(rows))
    return view


def _group(work: Work, rows: Sequence[Claim], about: Mapping[UUID, tuple[int, bool]]) -> tuple[ClaimRead, ...]:
    """Claims beside each other. One that contradicts what is folded repeats it, so all of them stay shut."""
    folded = any(about[row.segment_id][1] for row in rows if row.segment_id)
    return tuple(_read(work, row, about[row.segment_id][0] if row.segment_id else None, folded=folded) for row in rows)


def _read(work: Work, row: Claim, number: int | None, *, folded: bool) -> ClaimRead:
    packed = None if folded else work.open(row, "sources")
    told = json.loads(packed.raw()) if packed else ()
    return ClaimRead(
        id=row.id, segment=row.segment_id, number=number, folded=folded,
        verified_by=row.verified_by, verified_at=row.verified_at,
        values={} if folded else {name: work.open(row, name) for name in _SEALED},
        sources=tuple(Source(kind, Plain(value.encode())) for kind, value in told),
    )  # fmt: skip


def _passages(work: Work, wanted: set[UUID]) -> dict[UUID, tuple[int, bool]]:
    """The number of each passage that a claim is about, and whether it stays folded, by corrections too."""
    found = {}
    for key in wanted:
        segment = work.one(Segment, Segment.id == key)
        found[key] = segment.number, bool(marked(work, segment) & FOLDED)
    return found


def _must_be_there(work: Work, case: Case, form: AddClaim) -> None:
    """Whatever a claim points to lies in its own case; a claim without any source is none."""
    if form.segment is not None:
        work.one(Segment, Segment.id == form.segment, Segment.case_id == case.id)
    for row in form.priors:
        work.one(PriorAccount, PriorAccount.id == row, PriorAccount.case_id == case.id)
    for row in form.files:
        work.one(Attachment, Attachment.id == row, Attachment.case_id == case.id)
    if not (form.segment or form.codes or form.priors or form.files or form.outside):
        raise Conflict("A claim about the case as a whole needs a source: who or what it is known from.")
    if form.verification in _NEEDS_ANOTHER and not (form.codes or form.priors or form.files or form.outside):
        raise Conflict("What bears a claim out, or speaks against it, is named as a source beside the passage itself.")


def _first_of(work: Work, case: Case, beside: UUID | None) -> UUID | None:
    """The claim that a group began with: one that is put beside the third stands beside the first."""
    if beside is None:
        return None
    other = work.one(Claim, Claim.id == beside, Claim.case_id == case.id)
    return other.beside_id or other.id


def _sources(form: AddClaim) -> list[tuple[str, str]]:
    """Every source with its kind, in one cell: how many there are is told by nothing outside it."""
    given = (("CODE", form.codes), ("PRIOR", form.priors), ("FILE", form.files), ("OUTSIDE", form.outside))
    return [(kind, str(value)) for kind, values in given for value in values]
