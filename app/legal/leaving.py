"""May this leave? For one use, one subject and one forum: every passage with its effect then, now, and the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.cases.models import Case
from app.cases.steps import open_case_of
from app.cases.views import Stored
from app.errors import Conflict
from app.legal import restrictions
from app.legal.forms import AskLeaving, Tighten
from app.legal.restrictions import Effect, Forum, Restriction, Rule, Subject
from app.testimonies import terms
from app.testimonies.models import Segment, SegmentVersion, Testimony
from app.testimonies.rules import ConsentState, SegmentClass, Tier
from app.testimonies.steps import PASSAGES_MAX, classes_of, newest_answer
from app.testimonies.terms_models import UseRestriction
from app.testimonies.versions import of_account
from app.work import Plain, Work, action


@dataclass(frozen=True)
class PassageJudged:
    """One passage: what held when it was said, what holds now, and whether it leaves. Codes, each a sealed value."""

    id: UUID
    number: int
    at_statement: Plain
    now: Plain
    answer: Plain


@dataclass(frozen=True)
class Judged:
    """The passages of an account. ``agreed``: whether the witness agrees to legal use today (T2)."""

    id: UUID
    reference: str
    agreed: bool
    passages: tuple[PassageJudged, ...]


@dataclass(frozen=True)
class Asked:
    """The question, and what answers it for every passage alike.

    own_acts  passages that speak against the witness, where it is asked for somebody else
    """

    form: AskLeaving
    now: datetime
    agreed: bool
    own_acts: frozenset[UUID]


@action("restriction.judge", operation="consult", on=Testimony, opens=(UseRestriction, Segment, SegmentVersion))
def judge(work: Work, testimony: Testimony, form: AskLeaving) -> Judged:
    """Ask what may leave. Nothing leaves by it; what nothing settles stays."""
    case = work.one(Case, Case.id == testimony.case_id)
    consent = newest_answer(work, case.id, Tier.T2)
    agreed = consent is not None and consent.standing(today=work.today) == ConsentState.GRANTED
    laid = terms.laid(work, testimony)
    segments = work.all(Segment, Segment.testimony_id == testimony.id, order=Segment.number, limit=PASSAGES_MAX)
    own_acts = _own_acts(work, testimony, segments) if form.subject is Subject.THIRD_PARTY else frozenset()
    rules = {row.id: (row.segment_id, _rules(work, row)) for row in laid if row.segment_id is not None}
    asked = Asked(form, work.now, agreed, own_acts)
    passages = tuple(
        _judged(segment, [rule for about, held in rules.values() if about == segment.id for rule in held], asked)
        for segment in segments
    )
    work.record(testimony, segments=len(passages))
    return Judged(testimony.id, case.reference, agreed, passages)


@action("restriction.tighten", operation="alter", on=Segment, creates=True)
def tighten(work: Work, segment: Segment, form: Tighten) -> Stored:
    """Bar one use of a passage, from now on. One reviewer is enough to make it stricter, and nobody alone undoes it."""
    open_case_of(work, segment)
    testimony = work.one(Testimony, Testimony.id == segment.testimony_id)
    # The passages of an account are judged together: two who add at one moment stand in a row.
    work.lock(testimony)
    rules = restrictions.packed(
        [Rule(form.use, form.subject, Effect.BARRED)], (Forum(form.jurisdiction, body) for body in form.bodies)
    )
    if len(terms.laid(work, testimony)) >= terms.RESTRICTIONS_MAX:
        raise Conflict("The passages of this account hold as many restrictions as they can.")
    row = terms.tighten(work, segment, rules, form.reason)
    work.record(row)
    return Stored(row.id, "use_restrictions", row.state)


def _judged(segment: Segment, rules: Sequence[Restriction], asked: Asked) -> PassageJudged:
    form, forum = asked.form, Forum(asked.form.jurisdiction, asked.form.body)
    own, declarant = (
        restrictions.judge(
            rules, subject, form.use, forum, said_at=segment.recorded_at, now=asked.now, agreed=asked.agreed
        )
        for subject in (form.subject, Subject.DECLARANT)
    )
    said = restrictions.answer(own, declarant, form.subject, incriminates=segment.id in asked.own_acts)
    at_statement, now, answer = (Plain(str(code).encode()) for code in (own.at_statement, own.now, said))
    return PassageJudged(segment.id, segment.number, at_statement, now, answer)


def _own_acts(work: Work, testimony: Testimony, segments: Sequence[Segment]) -> frozenset[UUID]:
    """Passages that are marked as speaking against the witness, as they were kept or by a correction."""
    corrections = [row for row in of_account(work, testimony) if row.kind == "AMENDMENT"]
    about: list[tuple[UUID, Segment | SegmentVersion]] = [(row.id, row) for row in segments]
    about += [(row.segment_id, row) for row in corrections]
    return frozenset(key for key, row in about if SegmentClass.SELF_INCRIMINATING in classes_of(work, row))


def _rules(work: Work, row: UseRestriction) -> tuple[Restriction, ...]:
    packed = work.open(row, "rules")
    held: Any = json.loads(packed.raw()) if packed else {"rules": [], "forums": []}
    return restrictions.unpacked(held, since=row.since, until=row.until)
