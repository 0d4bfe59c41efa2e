"""Taking an account: limits, readiness, session, segments, consents, attachments, openings."""

from __future__ import annotations

import json
import secrets
from typing import Final

from app.cases import intakes_end
from app.cases.forms import Opening
from app.cases.models import Case, Hold, Pathway
from app.cases.steps import open_case_of, open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict, NotFound
from app.testimonies import custody, terms, versions
from app.testimonies.drafts import settle
from app.testimonies.forms import (
    BeginAttachment,
    BeginTestimony,
    ExplainLimits,
    FinishAttachment,
    MakeReady,
    MoveOn,
    RecordAccount,
    RecordConsent,
    StartSession,
    TakeOut,
)
from app.testimonies.models import Attachment, Consent, Interpreter, PriorAccount, Segment, Testimony
from app.testimonies.rules import ConsentState, EventKind, Manner, State
from app.testimonies.steps import (
    agreed,
    chosen,
    concerns_a_child,
    expose,
    free_to_consent,
    heard_by,
    interpreting,
    locked,
    moved,
    must_be_admissible,
    note_event,
    seal_classes,
    told_before,
)
from app.testimonies.views import FileBegun, FileOpened, Recorded
from app.work import Work, action

# The later moves whose pages may hold a draft.
DRAFTED: Final = {"SEGMENTED": "SEGMENTS"}
# States in which the limits may be read once more: nothing was said under the old ones yet.
_BEFORE: Final = frozenset({State.LIMITS_EXPLAINED, State.READY})


@action("testimony.begin", operation="collect", on=Case, creates=True)
def begin(work: Work, case: Case, form: BeginTestimony) -> Stored:
    """Open an account that is about to be taken: triaged, nothing said yet.

    Whether admissions may be recorded follows from what is read to the witness; who asks for them without a
    promise on file is told so at once.
    """
    case.must_be_open()
    if form.admissions and not terms.standing(work, case.id).admits:
        raise Conflict("No promise is on file for this case, so no admission may be recorded.")
    testimony = Testimony(
        case_id=case.id, state=State.TRIAGED, state_at=work.now, admissions=False,
        statement_version=None, taken_by=work.actor.code, begun_at=work.now,
    )  # fmt: skip
    work.add(testimony)
    if form.under_18:
        concerns_a_child(work, case)
    work.record(testimony, child=case.pathway == Pathway.CHILD)
    return _stored(testimony)


@action("testimony.explain_limits", operation="alter", on=Testimony)
def explain_limits(work: Work, testimony: Testimony, form: ExplainLimits) -> Stored:
    """Keep that the limits were read and how they were understood, before any question.

    Read once more, where a promise came or went before the conversation began.
    """
    work.lock(testimony)
    found = terms.standing(work, testimony.case_id)
    if found.changed and form.statement_version != found.version:
        raise Conflict("What protects these words has changed. Read out the statement of limits as it stands now.")
    anew = testimony.state in _BEFORE and testimony.statement_version != found.version
    if found.changed and anew:
        open_case_of(work, testimony)
    else:
        moved(work, testimony, State.LIMITS_EXPLAINED)
    settle(work, testimony.case_id, testimony.id, "LIMITS", form)
    testimony.statement_version, testimony.admissions = form.statement_version, found.admits
    work.seal(testimony, "statement_language", form.language)
    work.seal(testimony, "own_words", form.own_words)
    work.record(testimony, statement=form.statement_version)
    return _stored(testimony)


@action("testimony.ready", operation="alter", on=Testimony)
def ready(work: Work, testimony: Testimony, form: MakeReady) -> Stored:
    """Counsel decided, care and legal use asked: only then may somebody ask what happened."""
    moved(work, testimony, State.READY)
    settle(work, testimony.case_id, testimony.id, "READY", form)
    agreed(work, testimony)
    terms.must_be_told(work, testimony)
    work.seal(testimony, "counsel", json.dumps([form.counsel, form.counsel_reason], ensure_ascii=False))
    work.record(testimony, state=testimony.state)
    return _stored(testimony)


@action("session.start", operation="alter", on=Testimony)
def start_session(work: Work, testimony: Testimony, form: StartSession) -> Stored:
    """The conversation begins: kind of place, custody, who else is in the room, who interprets.

    A pause ends by ``testimony.move``: a second frame would be written over the first.
    """
    if testimony.state != State.READY:
        raise Conflict("A conversation begins when the account is ready for it, and only once.")
    case = moved(work, testimony, State.IN_SESSION)
    settle(work, testimony.case_id, testimony.id, "SESSION", form)
    agreed(work, testimony)
    terms.must_be_told(work, testimony)
    if form.why_again is None and told_before(work, testimony):
        raise Conflict("The witness has told this before. Say why they are asked once more.")
    keep_frame(work, testimony, form)
    intakes_end.talked(work, case)
    if form.under_18:
        concerns_a_child(work, case)
    note_event(work, testimony, EventKind.BEGAN)
    work.record(testimony, state=testimony.state)
    return _stored(testimony)


@action("testimony.record", operation="collect", on=Testimony)
def record(work: Work, testimony: Testimony, form: RecordAccount) -> Recorded:
    """Keep the account in numbered segments, each sealed by itself, byte for byte as given."""
    moved(work, testimony, State.RECORDED)
    settle(work, testimony.case_id, testimony.id, "ACCOUNT", form)
    agreed(work, testimony)
    segments = keep_passages(work, testimony, form)
    work.record(testimony, segments=len(segments))
    return Recorded(testimony.id, testimony.state, tuple(segment.id for segment in segments))


@action("testimony.move", operation="alter", on=Testimony)
def move(work: Work, testimony: Testimony, form: MoveOn) -> Stored:
    """Take one of the later steps, as far as the table of moves allows."""
    case = locked(work, testimony)
    testimony.go_on(State(form.to), at=work.now)
    match testimony.state:
        case State.PAUSED:
            note_event(work, testimony, EventKind.BREAK, form.words)
        case State.IN_SESSION:
            # They may have withdrawn during the break.
            agreed(work, testimony)
            _go_on_interpreted(work, testimony)
            intakes_end.talked(work, case)
        case State.SEALED:
            versions.close(work, testimony)
    if form.to in DRAFTED:
        settle(work, testimony.case_id, testimony.id, DRAFTED[form.to], form)
    work.record(testimony, state=testimony.state)
    return _stored(testimony)


@action("testimony.open", operation="consult", on=Testimony, opens=(Testimony,))
def open_testimony(work: Work, testimony: Testimony, form: Opening) -> Opened:
    """Open the frame of an account: how the limits were understood, counsel, the session's record."""
    return open_fields(work, testimony, form)


@action("segment.open", operation="consult", on=Segment, opens=(Segment,))
def open_segment(work: Work, segment: Segment, form: Opening) -> Opened:
    """Open one passage."""
    return open_fields(work, segment, form)


@action("prior_account.open", operation="consult", on=PriorAccount, opens=(PriorAccount,))
def open_prior(work: Work, prior: PriorAccount, form: Opening) -> Opened:
    """Open what was said elsewhere before, a portal submission among it."""
    return open_fields(work, prior, form)


@action("consent.record", operation="collect", on=Case, creates=True)
def record_consent(work: Work, case: Case, form: RecordConsent) -> Stored:
    """One tier, yes or no. In a captor's hands or before a guard nobody consents freely."""
    case.must_be_open()
    free_to_consent(case, form)
    consent = Consent(
        case_id=case.id, tier=form.tier, state=ConsentState.GRANTED if form.granted else ConsentState.REFUSED,
        state_at=work.now, text_version=form.text_version, recorded_by=work.actor.code,
        reconfirm_on=form.adult_on.replace(day=1) if form.adult_on else None,
    )  # fmt: skip
    settle(work, case.id, case.id, f"CONSENT_{form.tier}", form)
    capacity = form.model_dump(include={"guardian", "own_assent", "best_interest"}, exclude_none=True)
    work.seal(consent, "capacity", json.dumps(capacity, ensure_ascii=False) if capacity else None)
    work.seal(consent, "language", form.language)
    work.seal(consent, "how_given", form.how_given)
    work.seal(consent, "conditions", form.conditions)
    work.add(consent)
    work.record(consent, tier=form.tier, text=form.text_version)
    return Stored(consent.id, "consents", consent.state)


@action("consent.withdraw", operation="alter", on=Consent)
def withdraw(work: Work, consent: Consent) -> Stored:
    """Withdraw one tier: what would flow out under it is held from this commit on."""
    work.lock(consent)
    consent.withdraw(at=work.now)
    work.add(Hold(case_id=consent.case_id, kind="CONSENT", tier=consent.tier, since=work.now, until=None))
    work.record(consent, tier=consent.tier)
    return Stored(consent.id, "consents", consent.state)


@action("consent.open", operation="consult", on=Consent, opens=(Consent,))
def open_consent(work: Work, consent: Consent, form: Opening) -> Opened:
    """Open how a consent was given and under which conditions."""
    return open_fields(work, consent, form)


@action("attachment.begin", operation="collect", on=Case)
def begin_attachment(work: Work, case: Case, form: BeginAttachment) -> FileBegun:
    """Make the key of a file that is about to arrive. Its bytes are sealed outside any transaction."""
    case.must_be_open()
    custody.must_have_room(work, case, form.size_bytes or 0)
    key = secrets.token_bytes(32)
    attachment = Attachment(
        case_id=case.id, state="INCOMING", size_bytes=form.size_bytes, received_by=work.actor.code, received_at=work.now
    )
    work.seal(attachment, "file_key", key)
    for column in ("file_name", "media_type", "fingerprint"):
        work.seal(attachment, column, getattr(form, column))
    work.add(attachment)
    work.record(attachment)
    return FileBegun(attachment.id, work.fresh(key))


@action("attachment.finish", operation="collect", on=Attachment)
def finish_attachment(work: Work, attachment: Attachment, form: FinishAttachment) -> Stored:
    """The sealed bytes are on disk: keep their name, size and the hash of the original."""
    work.lock(attachment)
    case = open_case_of(work, attachment)
    if attachment.copy_of is not None:
        raise NotFound
    # What was announced has its room already.
    custody.must_have_room(work, case, form.size_bytes if attachment.size_bytes is None else 0)
    attachment.keep(blob=form.blob, size_bytes=form.size_bytes)
    if attachment.fingerprint is None:
        work.seal(attachment, "file_name", form.file_name)
        work.seal(attachment, "media_type", form.media_type)
    work.seal(attachment, "original_sha256", form.sha256.hex())
    custody.note(work, attachment, "RECEIVED", seal="INTACT")
    custody.note_arrival(work, attachment, form)
    work.record(attachment, bytes=form.size_bytes, scanned=attachment.scanned)
    return Stored(attachment.id, "attachments", attachment.state)


@action("attachment.open", operation="consult", on=Attachment, opens=(Attachment,))
def open_attachment(work: Work, attachment: Attachment, form: Opening) -> Opened:
    """Open what is known of a file: its name, type, and the hash of the original."""
    return open_fields(work, attachment, form)


@action("attachment.download", operation="consult", on=Attachment)
def download(work: Work, attachment: Attachment, form: TakeOut) -> FileOpened:
    """Open the original itself. The entry is committed before its first byte leaves."""
    blob, size_bytes = attachment.whole()
    if attachment.scanned == "FLAGGED" and not form.although_flagged:
        raise Conflict("The virus scanner flagged this file. Say that you want it all the same.")
    if custody.unlooked(work, attachment) and not form.although_unscanned:
        raise Conflict("No virus scanner has found this file clean. Say that you want it all the same.")
    key = work.open(attachment, "file_key")
    assert key is not None
    custody.note(work, attachment, "DOWNLOADED")
    work.record(attachment)
    return FileOpened(attachment.id, blob, key, size_bytes)


def keep_frame(work: Work, testimony: Testimony, form: StartSession) -> None:
    """Seal the frame of a session, with what the register said of its interpreter."""
    told = form.model_dump(
        mode="json", exclude={"home_district", "group", "draft", "aside", "rights"}, exclude_none=True
    )
    against = chosen(work, form)
    # The office's own: the zone of wherever the witness is would say the country.
    told |= {"time_zone": work.settings.office_zone}
    told |= {"rights": " ".join(sorted(form.rights))} if form.rights else {}
    told |= {"ties": " ".join(against)} if against else {}
    work.seal(testimony, "frame", json.dumps(told, ensure_ascii=False))


def keep_passages(work: Work, testimony: Testimony, form: RecordAccount) -> list[Segment]:
    """Seal each passage by itself; whoever should not have heard them is entered as knowing each."""
    admissions = terms.keeps_admissions(work, testimony)
    for passage in form.segments:
        must_be_admissible(passage.classes, admissions=admissions)
    segments = [_segment(work, testimony, number, form) for number in range(1, len(form.segments) + 1)]
    terms.lay(work, testimony, segments)
    # Nobody can say afterwards up to which passage an interpreter sat there: all count as heard.
    for person in sorted(heard_by(work, testimony)):
        work.flush()
        for segment in segments:
            expose(work, testimony, segment, person, Manner.HEARD)
    return segments


def _go_on_interpreted(work: Work, testimony: Testimony) -> None:
    """A session goes on only with an interpreter who is bound, and not with one who was found to be no stranger."""
    code = interpreting(work, testimony)
    if code is not None:
        if code in heard_by(work, testimony):
            raise Conflict("This interpreter was found to be no stranger. Go on with another, or without one.")
        work.one(Interpreter, Interpreter.reference == code).must_be_bound(today=work.today)
    note_event(work, testimony, EventKind.RESUMED)


def _segment(work: Work, testimony: Testimony, number: int, form: RecordAccount) -> Segment:
    passage = form.segments[number - 1]
    segment = Segment(
        case_id=testimony.case_id, testimony_id=testimony.id, number=number,
        recorded_by=work.actor.code, recorded_at=work.now,
    )  # fmt: skip
    work.seal(segment, "text", passage.text)
    work.seal(segment, "language", form.language)
    work.seal(segment, "speaker", passage.speaker)
    seal_classes(work, segment, passage.classes)
    work.add(segment)
    return segment


def _stored(testimony: Testimony) -> Stored:
    return Stored(testimony.id, "testimonies", testimony.state)
