"""Parts that several actions on an account share: its lock, what was agreed, its session, its interpreter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from app.cases.models import Case, Hold, Pathway
from app.cases.steps import open_case_of
from app.errors import Conflict
from app.testimonies import rules
from app.testimonies.forms import ChooseInterpreter, RecordConsent
from app.testimonies.models import (
    Consent,
    ExposureEvent,
    Interpreter,
    PriorAccount,
    Segment,
    SegmentVersion,
    SessionEvent,
    Testimony,
)
from app.testimonies.protocol_models import ProtocolAnswer
from app.testimonies.rules import ConsentState, EventKind, Manner, SegmentClass, State, Tie, Tier
from app.work import Work

# As many passages as one account can have (forms.RecordAccount), and what may happen in its sessions.
PASSAGES_MAX = 200
EVENTS_MAX = 500
# Answers of one account, later answers to the same questions among them.
ANSWERS_MAX = 600
# States in which nothing was said yet, or nothing that counts.
_UNSAID = (State.REQUESTED, State.TRIAGED, State.LIMITS_EXPLAINED, State.READY, State.VOIDED)


def locked(work: Work, testimony: Testimony) -> Case:
    """Two people on one account: the second finds the state as the first left it."""
    work.lock(testimony)
    return open_case_of(work, testimony)


def moved(work: Work, testimony: Testimony, to: State) -> Case:
    case = locked(work, testimony)
    testimony.move(to, at=work.now)
    return case


def agreed(work: Work, testimony: Testimony) -> None:
    """Refuse to go on unless the witness agrees now that their words are kept for their own care (T1).

    The newest answer is locked, so a withdrawal at this moment comes first or waits.
    """
    newest = newest_answer(work, testimony.case_id, Tier.T1)
    if newest is not None:
        work.lock(newest)
    if newest is None or newest.standing(today=work.today) != ConsentState.GRANTED:
        raise Conflict("The witness has not been asked about care inside the office (T1), or refused it.")


def newest_answer(work: Work, case: UUID, tier: Tier) -> Consent | None:
    """What the witness said last when they were asked about one tier; None if they were not."""
    return work.first(Consent, Consent.case_id == case, Consent.tier == tier, order=Consent.state_at.desc())


def must_be_admissible(classes: frozenset[SegmentClass], *, admissions: bool) -> None:
    """Refuse an admission while no promise is on file, whether it comes as a passage or as its correction."""
    if not rules.admissible(classes, admissions=admissions):
        raise Conflict("No promise is on file, so no admission may be kept. Stop, repeat the limits, go on without it.")


def classes_of(work: Work, row: Segment | SegmentVersion) -> frozenset[SegmentClass]:
    """What a passage, or a correction of one, was said to be about."""
    packed = work.open(row, "classes")
    return frozenset(SegmentClass(each) for each in json.loads(packed.raw())) if packed else frozenset()


def seal_classes(work: Work, row: Segment | SegmentVersion, classes: frozenset[SegmentClass]) -> None:
    work.seal(row, "classes", json.dumps(sorted(classes)) if classes else None)


def told_before(work: Work, testimony: Testimony) -> bool:
    """Whether the witness has told it before: elsewhere, or in another account of this case."""
    if work.first(PriorAccount, PriorAccount.case_id == testimony.case_id) is not None:
        return True
    others = Testimony.case_id == testimony.case_id, Testimony.id != testimony.id
    return work.first(Testimony, *others, Testimony.state.not_in(_UNSAID)) is not None


def answers_of(work: Work, testimony: Testimony) -> Sequence[ProtocolAnswer]:
    """The answers of an account to its protocol, in the order of their keeping."""
    return work.all(
        ProtocolAnswer, ProtocolAnswer.testimony_id == testimony.id, order=ProtocolAnswer.number, limit=ANSWERS_MAX
    )


def note_event(work: Work, testimony: Testimony, kind: EventKind, words: str | None = None) -> SessionEvent:
    event = SessionEvent(
        case_id=testimony.case_id, testimony_id=testimony.id, noted_by=work.actor.code, at=work.now
    )  # fmt: skip
    work.seal(event, "kind", kind)
    work.seal(event, "words", words)
    work.add(event)
    return event


def chosen(work: Work, form: ChooseInterpreter) -> tuple[Tie, ...]:
    """What the register says against the interpreter of a form; refused where that is no small thing."""
    if form.interpreter_code is None:
        return ()
    interpreter = work.first(Interpreter, Interpreter.reference == form.interpreter_code)
    if interpreter is None:
        raise Conflict("No interpreter of the register has this code.")
    interpreter.must_be_bound(today=work.today)
    found = near(work, interpreter, district=form.home_district, group=form.group)
    if found and form.conflict_reason is None:
        raise Conflict(
            "This interpreter comes from the witness’s district or stands near a group they fear. "
            "Choose another; or give the reason, and that the witness agrees."
        )
    return found


def near(work: Work, interpreter: Interpreter, *, district: str | None, group: str | None) -> tuple[Tie, ...]:
    """What ties an interpreter to a witness, as far as the register knows."""
    origin, belongs = work.open(interpreter, "origin"), work.open(interpreter, "ties")
    return rules.ties(
        origin.raw().decode() if origin else "", belongs.raw().decode() if belongs else "",
        district=district, group=group,
    )  # fmt: skip


def expose(work: Work, testimony: Testimony, segment: Segment | None, person: str, manner: Manner) -> None:
    """Enter in the register of who knows which words that somebody does."""
    row = ExposureEvent(
        case_id=testimony.case_id, testimony_id=testimony.id, segment_id=segment.id if segment else None,
        noted_by=work.actor.code, at=work.now,
    )  # fmt: skip
    work.seal(row, "person", person)
    work.seal(row, "manner", manner)
    work.add(row)


def heard_by(work: Work, testimony: Testimony) -> set[str]:
    """Interpreters who were found to be no strangers in a session of this account."""
    packed = None if testimony.found is None else work.open(testimony, "found")
    return set(json.loads(packed.raw())) if packed else set()


def interpreting(work: Work, testimony: Testimony) -> str | None:
    """The code of whoever interprets now: of the frame, or the last one that came instead."""
    packed = work.open(testimony, "frame")
    now: str | None = rules.unpacked(packed.raw().decode()).get("interpreter_code") if packed else None
    events = work.all(
        SessionEvent, SessionEvent.testimony_id == testimony.id, order=SessionEvent.id, limit=EVENTS_MAX
    )  # fmt: skip
    for event in events:
        kind = work.open(event, "kind")
        if kind is not None and kind.raw().decode() == EventKind.INTERPRETER_CHANGED:
            words = work.open(event, "words")
            now = words.raw().decode() if words else None
    return now


def concerns_a_child(work: Work, case: Case) -> None:
    """The witness was under 18 at something that is told: the child's pathway, and never a name or a face."""
    work.lock(case)
    case.pathway = Pathway.CHILD
    shown = Consent.case_id == case.id, Consent.tier == Tier.T6, Consent.state == ConsentState.GRANTED
    for consent in work.all(Consent, *shown):
        consent.withdraw(at=work.now)
        work.add(Hold(case_id=case.id, kind="CONSENT", tier=Tier.T6, since=work.now, until=None))


def free_to_consent(case: Case, form: RecordConsent) -> None:
    """Refuse a yes that was not free, or that a child gave alone; and T6 for a child, whatever the answer."""
    if form.granted and (form.guard_present or form.custody_status != "FREE"):
        raise Conflict("Consent given before a guard or in custody is not free, so it cannot be recorded as given.")
    if case.pathway != Pathway.CHILD:
        return
    if form.tier == Tier.T6:
        raise Conflict("Publication with name or face is never asked of somebody who was under 18 then or is now.")
    asked = form.guardian == "AGREED" or (form.guardian == "NONE_TO_ASK" and form.best_interest is not None)
    if form.granted and not (asked and form.own_assent and form.best_interest is not None):
        raise Conflict(
            "For a child a yes needs the guardian’s, the child’s own, and a note why it is best for them. "
            "Where there is no guardian to ask, say so in that note."
        )
