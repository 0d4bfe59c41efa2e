"""Destroying a case by two, what stops it, and what is left: a reference and two dates that nobody holds a key to.

Its rows stay, and nothing opens them: the keys are what is destroyed, in one transaction. Files and the old
pages of the database go after the commit; until they are gone they are noise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import or_, select

from app.cases.ending import agree, propose
from app.cases.ending_models import DESTROY, LIFT, Erasure, Proposal
from app.cases.models import Case, Handoff, Hold
from app.cases.views import Stored
from app.errors import Conflict
from app.keyholders import ending as keys
from app.work import Form, Work, action
from app.work.forms import Moment, Reason

# What each domain forgets of a case, by the name of its count in the entry. All in the destroying transaction.
AT_THE_END: Final[dict[str, Callable[[Work, UUID], int]]] = {}
# More at once has never happened; what is beyond it waits for the next rewrite.
_REWRITES_MAX: Final = 10_000


class SetHold(Form):
    """Why nothing of a case may be destroyed for the time being."""

    words: Reason


class ProposeDestruction(Form):
    """offered  what came of offering the witness, or their counsel, the report of who saw what and their consents"""

    offered: Literal["TAKEN", "DECLINED", "OUT_OF_REACH"]


class FinishErasures(Form):
    """before  when the rewrite began: what was destroyed after that is in it no longer for certain"""

    before: Moment


@action("hold.set", operation="alter", on=Case)
def set_hold(work: Work, case: Case, form: SetHold) -> Stored:
    """Forbid the destruction of a case: a court, an authority or counsel may need it. Says why, under LEGAL."""
    # One after the other with a destruction: whichever commits first, the second sees it.
    work.lock(case)
    hold = Hold(case_id=case.id, kind="LEGAL", tier=None, since=work.now, until=None, set_by=work.actor.code)
    work.add(hold)
    work.justify(case.id, "LEGAL", form.words)
    work.record(hold)
    return Stored(hold.id, "holds", "LEGAL")


@action("hold.propose_lift", operation="alter", on=Hold)
def propose_lift(work: Work, hold: Hold) -> Stored:
    """Want a hold lifted. A second legal reviewer has to agree."""
    case = work.one(Case, Case.id == hold.case_id)
    work.lock(case)
    if hold.kind != "LEGAL" or hold.until is not None:
        raise Conflict("There is no such hold any more.")
    return propose(work, case, LIFT, hold.id)


@action("hold.lift", operation="alter", on=Proposal, second=True)
def lift(work: Work, proposal: Proposal) -> Stored:
    """Agree that a hold is lifted."""
    agree(work, proposal, LIFT)
    hold = work.one(Hold, Hold.id == proposal.hold_id)
    hold.lift(at=work.now)
    work.record(proposal, hold=hold.id)
    return Stored(hold.id, "holds", "LEGAL")


@action("destruction.propose", operation="alter", on=Case)
def propose_destruction(work: Work, case: Case, form: ProposeDestruction) -> Stored:
    """Want a closed case destroyed, when its day has come or the witness asked. Nothing is lost yet."""
    work.lock(case)
    case.must_be_due(at=work.now)
    _not_on_hold(work, case)
    work.record(offered=form.offered)
    return propose(work, case, DESTROY)


@action("case.destroy", operation="erase", on=Proposal, second=True)
def destroy(work: Work, proposal: Proposal) -> Stored:
    """Agree to a destruction: every key of the case is gone with this commit, escrow's too. It cannot be undone."""
    case = agree(work, proposal, DESTROY)
    _not_on_hold(work, case)
    case.destroy(at=work.now)
    # The database lets a grant go only with its case.
    work.flush()
    for name, forget in sorted(AT_THE_END.items()):
        counted: dict[str, Any] = {name: forget(work, case.id)}
        work.record(**counted)
    ended = keys.end_case(work.session, case.id)
    erasure = Erasure(case_id=case.id, at=work.now, files_at=None, rewritten_at=None)
    work.add(erasure)
    work.later("attachment.erase", erasure.id, at=work.now)
    work.record(proposal, grants=ended)
    return Stored(proposal.id, "proposals", proposal.state)


@action("erasure.finish", operation="erase")
def finish(work: Work, form: FinishErasures) -> int:
    """Note that the database's files were written anew: nothing of what was destroyed before is in them."""
    waiting = work.all(
        Erasure, Erasure.rewritten_at.is_(None), Erasure.at < form.before, order=Erasure.id, limit=_REWRITES_MAX
    )
    for erasure in waiting:
        erasure.rewritten_at = work.now
        work.record(erasure)
    work.record(erasures=len(waiting))
    return len(waiting)


def take_keys_out(work: Work, envelopes: Collection[UUID]) -> int:
    """Empty envelopes that belong to a destroyed case; returns how many. One that others use goes on."""
    return keys.empty_envelopes(work.session, envelopes)


def _not_on_hold(work: Work, case: Case) -> None:
    live = or_(Hold.until.is_(None), Hold.until > work.now)
    if work.first(Hold, Hold.case_id == case.id, Hold.kind == "LEGAL", live) is not None:
        raise Conflict("A legal hold stands on this case, so nothing of it can be destroyed.")


def _forget_handoffs(work: Work, case: UUID) -> int:
    passed = work.session.scalars(select(Handoff.envelope_id).where(Handoff.case_id == case)).all()
    return take_keys_out(work, passed)


AT_THE_END["handoffs"] = _forget_handoffs
