"""Closing a case by two, what the witness wants to become of it, and opening it again when they come back.

Nothing leaves and nothing is lost by a closing: the keys stay where they are, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.cases.ending_models import CLOSE, DESTROY, Proposal, RetentionChoice
from app.cases.forms import Opening
from app.cases.models import CLOSED, Case, CaseState, Retention
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict, NotFound, Unprocessable
from app.work import Form, Work, action
from app.work.forms import Language, Line, Reason

# What would be forgotten in a closed case says so here: each raises Conflict for a case that has it.
BEFORE_CLOSING: Final[list[Callable[[Work, UUID], None]]] = []
# Under which key a witness's wish lies: the first of these that whoever records it holds.
_SIDES: Final = ("TESTIMONY", "IDENTITY")
# The same for the reason why a case is opened again.
_REASONS: Final = ("TESTIMONY", "CARE", "THREAT", "LEGAL", "IDENTITY")

CustodianCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{1,15}$")]


class Choose(Form):
    """What the witness wants, as they were asked. An archive has a name and a code on the office's own list."""

    choice: Retention
    language: Language
    how_given: Literal["SPOKEN", "SIGNED", "RECORDED", "THROUGH_INTERPRETER"]
    custodian_code: CustodianCode | None = None
    custodian: Line | None = None


class Reopen(Form):
    words: Reason


@action("retention.record", operation="collect", on=Case)
def record_choice(work: Work, case: Case, form: Choose) -> Stored:
    """Keep what the witness wants to become of their case. It may be said at any time, and said anew."""
    named = form.custodian_code is not None, form.custodian is not None
    if named != (form.choice == Retention.ARCHIVE,) * 2:
        raise Unprocessable("An archive needs its name and its code, and nothing else has one.")
    work.lock(case)
    row = RetentionChoice(
        case_id=case.id, compartment=_first_held(work, case, _SIDES), choice=form.choice,
        recorded_by=work.actor.code, recorded_at=work.now,
    )  # fmt: skip
    work.seal(row, "language", form.language)
    work.seal(row, "how_given", form.how_given)
    work.seal(row, "custodian", form.custodian)
    case.choose(form.choice, form.custodian_code, at=work.now)
    work.add(row)
    work.record(row, choice=form.choice)
    return Stored(row.id, "retention_choices", case.state)


@action("retention.open", operation="consult", on=RetentionChoice, opens=(RetentionChoice,))
def open_choice(work: Work, row: RetentionChoice, form: Opening) -> Opened:
    """Open how a witness said what should become of their case, and the name of the archive."""
    return open_fields(work, row, form)


@action("closing.propose", operation="alter", on=Case)
def propose_closing(work: Work, case: Case) -> Stored:
    """Want a case closed. It takes no new content from this commit on; a second colleague has to agree."""
    case.must_be_a_witness()
    work.lock(case)
    case.begin_closing(at=work.now)
    for refuse in BEFORE_CLOSING:
        refuse(work, case.id)
    return propose(work, case, CLOSE)


@action("case.close", operation="alter", on=Proposal, second=True)
def close(work: Work, proposal: Proposal) -> Stored:
    """Agree to a closing: kept or archived as the witness chose; who was not asked has two years."""
    case = agree(work, proposal, CLOSE)
    case.close(at=work.now)
    work.record(proposal, state=case.state, choice=case.retention or Retention.KEEP_2Y)
    return Stored(proposal.id, "proposals", case.state)


@action("proposal.drop", operation="alter", on=Proposal)
def drop(work: Work, proposal: Proposal) -> Stored:
    """Not now: a case that was closing is open again, anything else stays as it is."""
    case = _locked(work, proposal)
    proposal.drop(by=work.actor.code, at=work.now)
    if proposal.kind == CLOSE:
        case.reopen(at=work.now)
    work.record(proposal, kind=proposal.kind)
    return Stored(proposal.id, "proposals", proposal.state)


@action("case.reopen", operation="alter", on=Case)
def reopen(work: Work, case: Case, form: Reopen) -> Stored:
    """Open a closed case again, for a reason in words.

    One person is enough: who comes back may be in danger, nothing is shown or lost by it, and
    it is undone by closing again. A destruction that waits for its second is off.
    """
    work.lock(case)
    if case.state not in CLOSED:
        raise Conflict("This case is not closed.")
    case.reopen(at=work.now)
    for waiting in work.all(Proposal, Proposal.case_id == case.id, Proposal.state == "WAITING"):
        if waiting.kind == DESTROY:
            waiting.drop(by=work.actor.code, at=work.now)
    work.justify(case.id, _first_held(work, case, _REASONS), form.words)
    work.record(case, state=case.state)
    return Stored(case.id, "cases", case.state)


def propose(work: Work, case: Case, kind: str, hold: UUID | None = None) -> Stored:
    """Put something before a second colleague. The case is locked: of one kind only one thing waits."""
    about = Proposal.case_id == case.id, Proposal.kind == kind, Proposal.state == "WAITING"
    if any(waiting.hold_id == hold for waiting in work.all(Proposal, *about)):
        raise Conflict("This waits for a second colleague already.")
    proposal = Proposal(
        case_id=case.id, kind=kind, hold_id=hold, state="WAITING", proposed_by=work.actor.code, proposed_at=work.now,
        settled_by=None, settled_at=None,
    )  # fmt: skip
    work.add(proposal)
    work.record(proposal, kind=kind)
    return Stored(proposal.id, "proposals", proposal.state)


def agree(work: Work, proposal: Proposal, kind: str) -> Case:
    """The second signature under something, and its case, locked."""
    case = _locked(work, proposal)
    proposal.agree(kind, by=work.actor.code, at=work.now)
    return case


def _locked(work: Work, proposal: Proposal) -> Case:
    # The case first, as everybody else does: two who lock in different order wait for each other.
    case = work.one(Case, Case.id == proposal.case_id)
    work.lock(case)
    work.lock(proposal)
    return case


def _first_held(work: Work, case: Case, order: tuple[str, ...]) -> str:
    held = work.held(case.id)
    found = next((compartment for compartment in order if compartment in held), None)
    if found is None or case.state == CaseState.DESTROYED:
        raise NotFound
    return found
