"""Asking whether somebody is known, and finding a case of one's own. A name alone finds nobody.

The answer to the first is "possibly, ask X" or "no match on these particulars": never a case,
unless it is the asker's own. Each question is an entry, with a keyed hash in place of its words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.cases.models import Case
from app.cases.steps import whom_to_ask
from app.cases.views import Stored
from app.errors import NotFound, TooManyLookUps, Unprocessable
from app.people import filing, marks, queries
from app.people.forms import STRONG_LEAST, AskKnown, FindCase, SettleSamePerson
from app.people.memory import MEMORY
from app.people.models import KnownMark, LookUp, SamePersonFinding
from app.people.views import Asked, Filed, Found
from app.pseudonyms import references
from app.work import Work, action
from app.work.marking import Marking

# Of all that agrees, the best so many are looked at. Among a million a common name with a common year agrees with
# hundreds just as well, and whoever is left out there is told "no match".
_CANDIDATES_MAX: Final = 1_000
# So many questions in a row that met nobody: an auditor sees that somebody may be trying names.
_IN_VAIN: Final = 10


@action("lookup.ask", operation="consult")
def ask_known(work: Work, form: AskKnown) -> Asked:
    """Whether somebody is known to the office, by two strong attributes."""
    exact = (*marks.of_document(form.document_number), *marks.of_contact(form.contact))
    named = marks.of_question(form.name or "", form.year) if _is_strong(form) else ()
    # A name in two parts counts with the year of birth, as two: papers are destroyed by the group.
    if len(exact) + (STRONG_LEAST if named else 0) < STRONG_LEAST:
        raise Unprocessable(
            "A name alone finds nobody, and one number alone may be somebody else's. "
            "Give a name in two parts with the year of birth, or a document's number with a way to reach them."
        )
    case = _for_case(work, form)
    asked = _asked_lately(work)
    left = work.settings.lookups_per_hour_max - asked
    if left <= 0:
        raise TooManyLookUps
    marking = work.marking()
    met = _met(work, marking, exact, named)
    met -= _settled(work, case)
    answer = LookUp(
        envelope_id=marking.envelope, for_case=case.id if case else None, asked_by=work.actor.code, asked_at=work.now
    )
    others = met - ({case.id} if case else set())
    work.seal(answer, "met", json.dumps(sorted(str(each) for each in others)))
    work.add(answer)
    mine = _held_of(work, others)
    colleagues = whom_to_ask(work, others - mine.keys())
    work.record(
        answer, case=case.id if case else None, attributes=len(exact) + (STRONG_LEAST if named else 0),
        query=marking.tags(["\x1e".join((*exact, *named))])[0].hex(), possible=bool(others),
        in_vain=not others and _in_vain(work, answer),
    )  # fmt: skip
    ask, own = tuple(sorted(colleagues)), tuple(sorted(mine.values()))
    return Asked(answer.id, bool(others), ask, own, left - 1, queries.unfiled(work))


@action("lookup.find", operation="consult")
def find(work: Work, form: FindCase) -> Found:
    """Cases of mine by one exact particular: a reference, an alias as it is spelt, a document, a way to reach them."""
    given = [name for name, value in form if value is not None]
    if len(given) != 1:
        raise Unprocessable("Please fill in one of these, and only one.")
    if form.reference is not None:
        cases, query = _by_reference(work, form.reference), "reference"
    else:
        marking = work.marking()
        texts = (
            *marks.of_alias(form.alias or ""), *marks.of_document(form.document_number), *marks.of_contact(form.contact)
        )  # fmt: skip
        if not texts:
            raise Unprocessable("This is too short to find anybody by.")
        tags = marking.tags(texts)
        query = tags[0].hex()
        cases = _held_of(work, _agreeing(work, MEMORY.of(marking, at=work.now).agreeing(tags)))
    for case in cases:
        work.record(case=case)
    work.record(found=len(cases), by=given[0], query=query)
    return Found(tuple(sorted(cases.values())))


@action("lookup.file", operation="alter")
def file(work: Work) -> Filed:
    """File into the index what colleagues recorded who do not hold its key."""
    records, made = filing.file_waiting(work, work.marking())
    work.record(records=records, marks=made)
    return Filed(records, made)


@action("person.settle_same", operation="collect", on=Case, creates=True)
def settle(work: Work, case: Case, form: SettleSamePerson) -> Stored:
    """Record whether two records are one person; "not the same" is kept, so that nobody is matched twice."""
    case.must_be_open()
    if form.finding != "UNRESOLVED" and len(form.attributes) < STRONG_LEAST:
        raise Unprocessable("This needs two strong attributes. With fewer it stays unresolved.")
    row = SamePersonFinding(case_id=case.id, found_by=work.actor.code, found_at=work.now, look_up_id=form.look_up)
    if form.look_up is not None:
        look_up = work.fetch(LookUp, form.look_up)
        if look_up.for_case != case.id:
            raise NotFound
        work.seal(look_up, "settled", form.finding)
    work.seal(row, "finding", form.finding)
    work.seal(row, "attributes", json.dumps(sorted(form.attributes)) if form.attributes else "[]")
    work.seal(row, "asked", form.asked)
    work.seal(row, "reasons", form.reasons)
    work.add(row)
    work.record(row)
    return Stored(row.id, row.__tablename__)


def _is_strong(form: AskKnown) -> bool:
    return form.name is not None and form.year is not None and marks.parts_count(form.name) >= STRONG_LEAST


def _for_case(work: Work, form: AskKnown) -> Case | None:
    return None if form.for_case is None else work.fetch(Case, references.read(form.for_case))


def _asked_lately(work: Work) -> int:
    """How often this person asked within the hour."""
    mine = work.rows(LookUp).where(
        LookUp.asked_by == work.actor.code, LookUp.asked_at > work.now - timedelta(hours=1)
    )  # fmt: skip
    return int(work.execute(select(func.count()).select_from(mine.subquery()))[0][0])


def _met(work: Work, marking: Marking, exact: Sequence[str], named: Sequence[str]) -> set[UUID]:
    """The cases that agree: one exact particular, or two texts of one name."""
    known = MEMORY.of(marking, at=work.now)
    rows = Counter(known.agreeing(marking.tags(named), least=marks.AGREEING_LEAST))
    best = dict(rows.most_common(_CANDIDATES_MAX)) | known.agreeing(marking.tags(exact))
    return _agreeing(work, best)


def _agreeing(work: Work, rows: Iterable[UUID]) -> set[UUID]:
    """Whose rows these are. What was emptied since the index was read is nobody's."""
    wanted = [*rows]
    there = KnownMark.id.in_(wanted), KnownMark.tags.is_not(None)
    found = work.all(KnownMark, *there, limit=len(wanted)) if wanted else []
    return {row.of_case for row in found}


def _settled(work: Work, case: Case | None) -> set[UUID]:
    """Cases that were found to be somebody else's when this was asked for the same case before."""
    if case is None:
        return set()
    before = work.all(LookUp, LookUp.for_case == case.id, LookUp.settled.is_not(None), limit=500)
    apart: set[UUID] = set()
    for row in before:
        settled, met = work.open(row, "settled"), work.open(row, "met")
        if settled is not None and met is not None and settled.read() == "NOT_SAME":
            apart |= {UUID(each) for each in json.loads(met.raw())}
    return apart


def _held_of(work: Work, cases: set[UUID]) -> dict[UUID, str]:
    """Those of these cases whose identity I hold, with their references."""
    held = {case for case, compartments in work.held_in(cases).items() if "IDENTITY" in compartments}
    return {case.id: case.reference for case in work.all(Case, Case.id.in_(held), limit=len(held))} if held else {}


def _by_reference(work: Work, typed: str) -> dict[UUID, str]:
    try:
        case = work.first(Case, Case.reference == references.read(typed))
    except NotFound:
        return {}
    return {} if case is None else {case.id: case.reference}


def _in_vain(work: Work, this: LookUp) -> bool:
    """Whether this person's last questions all met nobody, besides this one."""
    before = (LookUp.asked_by == work.actor.code, LookUp.id != this.id)
    last = work.all(LookUp, *before, order=LookUp.asked_at.desc(), limit=_IN_VAIN - 1)
    met = [work.open(row, "met") for row in last]
    return len(last) == _IN_VAIN - 1 and all(each is not None and each.raw() == b"[]" for each in met)
