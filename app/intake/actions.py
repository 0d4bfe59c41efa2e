"""Receiving, opening, triaging and linking what came through the portal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, union

from app.accounts.steps import make_witness
from app.cases.erasing import AT_THE_END, take_keys_out
from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import NotFound
from app.intake.forms import Link, Receive, Triage
from app.intake.models import Submission, SubmissionFile, SubmissionState
from app.intake.views import Acknowledged, Linked
from app.pseudonyms import references
from app.testimonies import custody
from app.testimonies.models import Attachment, PriorAccount
from app.work import Work, action


@action("submission.receive", operation="collect", creates=True)
def receive(work: Work, form: Receive) -> Acknowledged:
    """Keep a submission, sealed to the intake team and to its witness. This process cannot open it again."""
    make_witness(
        work, form.witness_id, handle_hash=form.handle_hash, looking_hash=form.looking_hash,
        public=form.witness_public,
        sealed_private=form.witness_sealed_private,
    )  # fmt: skip
    envelope = work.envelope("intake", witness=form.witness_id, public=form.witness_public)
    submission = Submission(
        envelope_id=envelope.id, reference=references.draw(), state=SubmissionState.RECEIVED,
        state_at=work.now, danger=form.danger, received_at=work.now,
    )  # fmt: skip
    work.seal(submission, "account", form.account)
    work.seal(submission, "contact", form.contact)
    work.seal(submission, "language", form.language)
    work.add(submission)
    work.flush()
    for file in form.files:
        kept = SubmissionFile(
            envelope_id=envelope.id, submission_id=submission.id, blob=file.blob, size_bytes=file.size_bytes
        )
        work.seal(kept, "file_key", file.key)
        work.seal(kept, "file_name", file.file_name)
        work.seal(kept, "media_type", file.media_type)
        work.seal(kept, "original_sha256", file.sha256.hex())
        work.add(kept)
    work.record(submission, files=len(form.files), danger=form.danger)
    return Acknowledged(submission.reference, submission.state)


@action("submission.open", operation="consult", on=Submission, opens=(Submission,))
def open_submission(work: Work, submission: Submission, form: Opening) -> Opened:
    """Read what was sent. The first reading is shown to the witness as its state."""
    work.lock(submission)
    if submission.state == SubmissionState.RECEIVED:
        submission.move(SubmissionState.OPENED, at=work.now)
    return open_fields(work, submission, form)


@action("submission.open_file", operation="consult", on=SubmissionFile, opens=(SubmissionFile,))
def open_file(work: Work, file: SubmissionFile, form: Opening) -> Opened:
    """Open what is known of a file that was sent: its name, type and hash."""
    return open_fields(work, file, form)


@action("submission.triage", operation="alter", on=Submission)
def triage(work: Work, submission: Submission, form: Triage) -> Stored:
    """Decide what becomes of it; the decision itself is sealed to the team."""
    work.lock(submission)
    refused = form.decision in {"NOT_OURS", "ABUSE"}
    submission.move(SubmissionState.DECLINED if refused else SubmissionState.TRIAGED, at=work.now)
    work.seal(submission, "decision", form.decision)
    work.record(submission)
    return Stored(submission.id, "submissions", submission.state)


@action("submission.link", operation="alter", on=Submission)
def link(work: Work, submission: Submission, form: Link) -> Linked:
    """Take it into a case: sealed again under TESTIMONY, as an account given without a caution."""
    case = work.fetch(Case, references.read(form.case))
    case.must_be_open()
    case.must_be_a_witness()
    if "TESTIMONY" not in work.held(case.id):
        raise NotFound
    work.lock(submission)
    submission.move(SubmissionState.LINKED, at=work.now)
    prior = PriorAccount(
        case_id=case.id, submission_id=submission.id, recorded_by=work.actor.code, recorded_at=work.now
    )
    work.seal(prior, "forum", "portal")
    work.seal(prior, "caution", "NOT_GIVEN")
    account = work.open(submission, "account")
    work.seal(prior, "account", account.raw() if account else None)
    work.add(prior)
    files = work.all(SubmissionFile, SubmissionFile.submission_id == submission.id)
    for file in files:
        attachment = _attachment(work, case, file)
        work.add(attachment)
        work.flush()
        custody.note(work, attachment, "RECEIVED", seal="INTACT", from_whom="portal")
    work.record(submission, case=case.id, files=len(files))
    return Linked(case.reference, prior.id, len(files))


def _attachment(work: Work, case: Case, file: SubmissionFile) -> Attachment:
    """The same sealed bytes; only the key of the file is sealed anew, under the case."""
    attachment = Attachment(
        case_id=case.id, state="KEPT", size_bytes=file.size_bytes, blob=file.blob,
        received_by=work.actor.code, received_at=work.now,
    )  # fmt: skip
    for column in ("file_key", "file_name", "media_type", "original_sha256"):
        plain = work.open(file, column)
        work.seal(attachment, column, plain.raw() if plain else None)
    return attachment


def forget(work: Work, case: UUID) -> int:
    """Take the keys out of what was sent and taken into a case that is destroyed, for the team and the sender alike.

    A receipt that opened it answers from now on like one that was never given.
    """
    sent = select(PriorAccount.submission_id).where(
        PriorAccount.case_id == case, PriorAccount.submission_id.is_not(None)
    )
    held = union(
        select(Submission.envelope_id).where(Submission.id.in_(sent)),
        select(SubmissionFile.envelope_id).where(SubmissionFile.submission_id.in_(sent)),
    )
    return take_keys_out(work, work.session.execute(held).scalars().all())


AT_THE_END["submissions"] = forget
