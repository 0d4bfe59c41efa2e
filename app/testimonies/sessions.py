"""Before and during a session: what was told before, who interprets, what happens, what is found out."""

from __future__ import annotations

import json

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.cases.forms import Opening
from app.cases.models import Case, Hold
from app.cases.steps import open_fields, pass_on
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.pseudonyms import references
from app.testimonies.drafts import settle
from app.testimonies.forms import ChooseInterpreter
from app.testimonies.models import ExposureEvent, Interpreter, PriorAccount, Segment, SessionEvent, Testimony
from app.testimonies.rules import EventKind, Manner, State
from app.testimonies.session_forms import (
    NoteEvent,
    PrepareSession,
    RecordPrior,
    RegisterInterpreter,
    ReportInterpreter,
    Undertake,
)
from app.testimonies.steps import PASSAGES_MAX, chosen, expose, heard_by, interpreting, locked, near, note_event
from app.testimonies.terms import admitted
from app.testimonies.views import InterpreterChoice, PriorSeen, SessionPrepared
from app.work import Plain, Work, action

# The register of one office is short; a page of it has an end all the same.
INTERPRETERS_MAX = 50
PRIOR_MAX = 50


def in_session(session: Session, code: str) -> bool:
    """Whether an officer is taking an account at this moment. Asked by the door, which then covers what they see."""
    mine = exists().where(Testimony.taken_by == code, Testimony.state == State.IN_SESSION)
    return bool(session.scalar(select(mine)))


@action("interpreter.register", operation="collect", creates=True)
def register(work: Work, form: RegisterInterpreter) -> Stored:
    """Enter somebody who may interpret, sealed to the intake team; the code is drawn."""
    envelope = work.envelope("intake")
    interpreter = Interpreter(
        envelope_id=envelope.id, reference=references.interpreter_code(), undertaking_until=form.undertaking_until,
        registered_by=work.actor.code, registered_at=work.now,
    )  # fmt: skip
    work.seal(interpreter, "languages", json.dumps(form.languages))
    for column in ("dialects", "gender", "origin", "ties", "vetting"):
        work.seal(interpreter, column, getattr(form, column))
    work.add(interpreter)
    work.record(interpreter)
    return Stored(interpreter.id, "interpreters")


@action("interpreter.undertake", operation="alter", on=Interpreter)
def undertake(work: Work, interpreter: Interpreter, form: Undertake) -> Stored:
    """Note a new end of the promise of secrecy, or that it ends now."""
    work.lock(interpreter)
    interpreter.undertaking_until = form.undertaking_until
    work.record(interpreter)
    return Stored(interpreter.id, "interpreters")


@action("interpreter.open", operation="consult", on=Interpreter, opens=(Interpreter,))
def open_interpreter(work: Work, interpreter: Interpreter, form: Opening) -> Opened:
    """Open what the register holds of one interpreter."""
    return open_fields(work, interpreter, form)


@action("session.prepare", operation="consult", on=Testimony, opens=(Testimony, PriorAccount, Interpreter))
def prepare(work: Work, testimony: Testimony, form: PrepareSession) -> SessionPrepared:
    """See before a session what was told before, and who of the register could interpret."""
    priors = work.all(
        PriorAccount, PriorAccount.case_id == testimony.case_id, order=PriorAccount.recorded_at, limit=PRIOR_MAX
    )  # fmt: skip
    known = work.all(Interpreter, order=Interpreter.reference, limit=INTERPRETERS_MAX)
    others = Testimony.case_id == testimony.case_id, Testimony.id != testimony.id
    here = work.all(Testimony, *others, order=Testimony.begun_at)
    view = SessionPrepared(
        id=testimony.id,
        prior=tuple(_seen(work, each) for each in priors),
        here=tuple(each.begun_at for each in here),
        interpreters=tuple(_choice(work, each, form) for each in known),
    )
    work.record(testimony, prior=len(priors), interpreters=len(known))
    return view


@action("session.note", operation="collect", on=Testimony, creates=True)
def note(work: Work, testimony: Testimony, form: NoteEvent) -> Stored:
    """Note what happens during a session: signs of trauma and what was done, who came and went, when it ended."""
    _in_a_session(work, testimony)
    settle(work, testimony.case_id, testimony.id, "NOTE", form)
    words = f"{form.who}: {form.words}" if form.who else form.words
    event = note_event(work, testimony, EventKind(form.kind), words)
    work.record(event)
    return Stored(event.id, "session_events")


@action("session.unprompted", operation="collect", on=Testimony)
def unprompted(work: Work, testimony: Testimony) -> Stored:
    """An admission was spoken although no promise is on file: stop, keep that it happened and no word, tell legal."""
    _in_a_session(work, testimony)
    if admitted(work, testimony):
        raise Conflict("A promise is on file. What was said can be kept, in a passage that is marked.")
    if testimony.state == State.IN_SESSION:
        testimony.move(State.PAUSED, at=work.now)
        note_event(work, testimony, EventKind.BREAK)
    event = note_event(work, testimony, EventKind.UNPROMPTED)
    pass_on(work, testimony.case_id, "STATEMENT", "legal", EventKind.UNPROMPTED)
    work.record(event, state=testimony.state)
    return Stored(testimony.id, "testimonies", testimony.state)


@action("session.change_interpreter", operation="alter", on=Testimony)
def change_interpreter(work: Work, testimony: Testimony, form: ChooseInterpreter) -> Stored:
    """Go on with another interpreter, or without one. The frame stays: it says who began."""
    _in_a_session(work, testimony)
    chosen(work, form)
    event = note_event(work, testimony, EventKind.INTERPRETER_CHANGED, form.interpreter_code)
    work.record(event)
    return Stored(testimony.id, "testimonies", testimony.state)


@action("interpreter.report", operation="alter", on=Testimony)
def report(work: Work, testimony: Testimony, form: ReportInterpreter) -> Stored:
    """The interpreter turns out to be no stranger, or bound no longer: stop, count what they know, tell protection.

    What they heard stands in the register of exposure from here on; nothing leaves under this case until the
    incident is settled.
    """
    locked(work, testimony)
    settle(work, testimony.case_id, testimony.id, "REPORT", form)
    if interpreting(work, testimony) != form.interpreter_code:
        raise Conflict("This interpreter does not interpret in this session.")
    if testimony.state == State.IN_SESSION:
        testimony.move(State.PAUSED, at=work.now)
        note_event(work, testimony, EventKind.BREAK)
    note_event(work, testimony, EventKind.INTERPRETER_FOUND, f"{form.interpreter_code} {form.found}: {form.words}")
    work.seal(testimony, "found", json.dumps(sorted(heard_by(work, testimony) | {form.interpreter_code})))
    said = work.all(Segment, Segment.testimony_id == testimony.id, limit=PASSAGES_MAX)
    for segment in (None, *said):
        expose(work, testimony, segment, form.interpreter_code, Manner.HEARD)
    work.add(Hold(case_id=testimony.case_id, kind="INCIDENT", tier=None, since=work.now, until=None))
    pass_on(work, testimony.case_id, "SAFETY", "protection", form.words)
    work.record(testimony, state=testimony.state, exposed=len(said))
    return Stored(testimony.id, "testimonies", testimony.state)


@action("prior_account.record", operation="collect", on=Case, creates=True)
def record_prior(work: Work, case: Case, form: RecordPrior) -> Stored:
    """Note that the witness has told it elsewhere; the words too, where a copy is held."""
    case.must_be_open()
    prior = PriorAccount(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    for column in ("forum", "jurisdiction", "said_on", "caution", "account"):
        work.seal(prior, column, getattr(form, column))
    work.add(prior)
    work.record(prior)
    return Stored(prior.id, "prior_accounts")


@action("session_event.open", operation="consult", on=SessionEvent, opens=(SessionEvent,))
def open_event(work: Work, event: SessionEvent, form: Opening) -> Opened:
    """Open what happened in a session."""
    return open_fields(work, event, form)


@action("exposure.open", operation="consult", on=ExposureEvent, opens=(ExposureEvent,))
def open_exposure(work: Work, event: ExposureEvent, form: Opening) -> Opened:
    """Open who came to know words of an account, and how."""
    return open_fields(work, event, form)


def _in_a_session(work: Work, testimony: Testimony) -> None:
    locked(work, testimony)
    if testimony.state not in {State.IN_SESSION, State.PAUSED}:
        raise Conflict("This account is not in a session.")


def _seen(work: Work, prior: PriorAccount) -> PriorSeen:
    opened = {name: work.open(prior, name) for name in ("forum", "jurisdiction", "said_on", "caution")}
    return PriorSeen(prior.id, prior.recorded_at.date().isoformat(), copy=prior.account is not None, **opened)


def _choice(work: Work, interpreter: Interpreter, form: PrepareSession) -> InterpreterChoice:
    languages = work.open(interpreter, "languages")
    spoken = tuple(json.loads(languages.raw())) if languages else ()
    return InterpreterChoice(
        code=interpreter.reference,
        bound=interpreter.undertaking_until >= work.today,
        undertaking_until=interpreter.undertaking_until.isoformat(),
        speaks=form.language is None or form.language in spoken,
        languages=tuple(Plain(each.encode()) for each in spoken),
        dialects=work.open(interpreter, "dialects"),
        gender=work.open(interpreter, "gender"),
        ties=tuple(
            Plain(tie.encode()) for tie in near(work, interpreter, district=form.home_district, group=form.group)
        ),
    )
