"""Sessions that are written by hand where no machine may be: a protocol to print, and what comes back entered."""

from __future__ import annotations

import json

from app.cases.forms import Opening
from app.cases.steps import open_fields
from app.cases.views import Opened
from app.errors import Conflict
from app.pseudonyms import references
from app.testimonies import protocols, terms
from app.testimonies.actions import keep_frame, keep_passages
from app.testimonies.models import Attachment, PaperSession, Testimony
from app.testimonies.rules import STATEMENT_VERSION, State
from app.testimonies.session_forms import EnterPaper, PrintProtocol
from app.testimonies.steps import agreed, concerns_a_child, locked, told_before
from app.testimonies.views import Printed, Recorded
from app.work import Work, action

# What an account passes through at once when it was given on paper.
_WAY = (State.LIMITS_EXPLAINED, State.READY, State.IN_SESSION, State.RECORDED)


@action("paper.print", operation="collect", on=Testimony)
def print_protocol(work: Work, testimony: Testimony, form: PrintProtocol) -> Printed:
    """Draw the number of an envelope and have the protocol printed with it; the paper bears no reference."""
    locked(work, testimony)
    if testimony.state != State.TRIAGED:
        raise Conflict("A protocol is printed before anything is said.")
    if terms.standing(work, testimony.case_id).changed:
        # Its sheets say that nobody has promised anything, and cannot be called back where they are.
        raise Conflict("What protects these words may change in this case. Read the limits out from the page instead.")
    asked_by = protocols.of_account(work, testimony)
    paper = PaperSession(
        case_id=testimony.case_id, testimony_id=testimony.id, reference=references.envelope_number(),
        state="PRINTED", state_at=work.now, statement_version=STATEMENT_VERSION, printed_by=work.actor.code,
        protocol_id=None if asked_by is None else asked_by.id,
    )  # fmt: skip
    work.seal(paper, "language", form.language)
    work.seal(paper, "carried_by", form.carried_by)
    work.add(paper)
    work.record(paper, statement=paper.statement_version)
    return Printed(
        paper.id, paper.reference, form.language, paper.statement_version, testimony.admissions,
        None if asked_by is None else protocols.view_of(asked_by),
    )  # fmt: skip


@action("paper.enter", operation="collect", on=PaperSession)
def enter(work: Work, paper: PaperSession, form: EnterPaper) -> Recorded:
    """Enter what was written by hand: the scan is the original, and the account shows for ever that it came later."""
    work.lock(paper)
    testimony = work.one(Testimony, Testimony.id == paper.testimony_id)
    case = locked(work, testimony)
    if form.collected_on > work.today:
        raise Conflict("That day has not come yet.")
    scan = work.one(Attachment, Attachment.id == form.scan, Attachment.case_id == paper.case_id)
    if scan.state != "KEPT":
        raise Conflict("The scan has not arrived yet.")
    agreed(work, testimony)
    if form.session.why_again is None and told_before(work, testimony):
        raise Conflict("The witness has told this before. Say why they are asked once more.")
    for state in _WAY:
        testimony.move(state, at=work.now)
    paper.enter(scan.id, at=work.now)
    testimony.collected_on = form.collected_on
    testimony.statement_version = paper.statement_version
    language = work.open(paper, "language")
    work.seal(testimony, "statement_language", language.raw() if language else None)
    work.seal(testimony, "own_words", form.own_words)
    work.seal(testimony, "counsel", json.dumps([form.counsel, form.counsel_reason], ensure_ascii=False))
    keep_frame(work, testimony, form.session)
    if form.session.under_18:
        concerns_a_child(work, case)
    segments = keep_passages(work, testimony, form.account)
    work.record(testimony, segments=len(segments), paper=paper.id)
    return Recorded(testimony.id, testimony.state, tuple(segment.id for segment in segments))


@action("paper.open", operation="consult", on=PaperSession, opens=(PaperSession,))
def open_paper(work: Work, paper: PaperSession, form: Opening) -> Opened:
    """Open in which language a protocol was printed, and who took it along."""
    return open_fields(work, paper, form)
