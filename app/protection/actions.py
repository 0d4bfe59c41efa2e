"""Assessing threats, recording places and needs, planning check-ins, and opening each."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select

from app import jobs
from app.cases.dormant import NONE, lay_by, take_back
from app.cases.ending import BEFORE_CLOSING
from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_case_of, open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.protection.answering import spoken
from app.protection.forms import (
    PAGES,
    VALID_DAYS,
    AssessThreat,
    PlanCheckIn,
    RecordNeed,
    RecordResidence,
    SettleCheckIn,
)
from app.protection.models import SPOKEN, CheckIn, CheckInState, Escalation, Need, Residence, ThreatAssessment
from app.protection.rungs import OPEN, grace_over
from app.work import Work, action


@action("threat.assess", operation="collect", on=Case, creates=True)
def assess(work: Work, case: Case, form: AssessThreat) -> Stored:
    """Keep a draft assessment; its term follows from the level, and the term alone is clear."""
    case.must_be_open()
    assessment = ThreatAssessment(
        case_id=case.id, state="DRAFT", state_at=work.now, written_by=work.actor.code,
        valid_until=work.now + timedelta(days=VALID_DAYS[form.level]),
    )  # fmt: skip
    work.seal(assessment, "level", form.level)
    work.seal(assessment, "fear_in_own_words", form.fear_in_own_words)
    work.seal(assessment, "findings", form.findings)
    work.seal(assessment, "measures", form.measures)
    work.add(assessment)
    # A danger of this degree may come to be seen to by somebody who holds nothing of the case.
    asleep = lay_by(work, case) if form.level in PAGES and not _refused(work, case) else NONE
    work.record(assessment, asleep=asleep)
    return Stored(assessment.id, "threat_assessments", assessment.state)


@action("threat.open", operation="consult", on=ThreatAssessment, opens=(ThreatAssessment,), reaches="WOKEN")
def open_threat(work: Work, assessment: ThreatAssessment, form: Opening) -> Opened:
    """Open a threat assessment."""
    return open_fields(work, assessment, form)


@action("location.record", operation="collect", on=Case, creates=True)
def record_residence(work: Work, case: Case, form: RecordResidence) -> Stored:
    """Keep where the person is and who knows it."""
    case.must_be_open()
    residence = Residence(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    work.seal(residence, "place", form.place)
    work.seal(residence, "since", form.since)
    work.seal(residence, "who_knows", form.who_knows)
    work.add(residence)
    # Whoever planned the check-ins may not have held the place: who does completes what sleeps.
    asleep = lay_by(work, case, only_more=True)
    work.record(residence, asleep=asleep)
    return Stored(residence.id, "residences")


@action("location.reveal", operation="consult", on=Residence, opens=(Residence,), reaches="WOKEN")
def reveal_residence(work: Work, residence: Residence, form: Opening) -> Opened:
    """Open where the person is."""
    return open_fields(work, residence, form)


@action("care.record", operation="collect", on=Case, creates=True)
def record_need(work: Work, case: Case, form: RecordNeed) -> Stored:
    """Keep what the person needs."""
    case.must_be_open()
    need = Need(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    work.seal(need, "kind", form.kind)
    work.seal(need, "words", form.words)
    work.add(need)
    work.record(need)
    return Stored(need.id, "needs")


@action("care.open", operation="consult", on=Need, opens=(Need,))
def open_need(work: Work, need: Need, form: Opening) -> Opened:
    """Open what the person needs."""
    return open_fields(work, need, form)


@action("checkin.plan", operation="collect", on=Case, creates=True)
def plan_check_in(work: Work, case: Case, form: PlanCheckIn) -> Stored:
    """Agree on a time to speak, and on the word that says all is well."""
    case.must_be_open()
    if form.due_at <= work.now:
        raise Conflict("That time is over.")
    # Before anything is sealed: where the witness says no, the keys that slept are replaced.
    asleep = take_back(work, case) if form.duty == "REFUSED" else lay_by(work, case)
    check_in = CheckIn(
        case_id=case.id, state=CheckInState.SCHEDULED, due_at=form.due_at, duty_refused=form.duty == "REFUSED",
        planned_by=work.actor.code,
    )  # fmt: skip
    work.seal(check_in, "agreed_word", form.agreed_word)
    work.seal(check_in, "zone", form.zone)
    work.add(check_in)
    # From now on nobody has to notice: people are called by the clock.
    work.later("checkin.escalate", check_in.id, at=grace_over(form.due_at))
    work.record(check_in, refused=check_in.duty_refused, asleep=asleep)
    return Stored(check_in.id, "check_ins", check_in.state)


@action("checkin.settle", operation="alter", on=CheckIn)
def settle_check_in(work: Work, check_in: CheckIn, form: SettleCheckIn) -> Stored:
    """Note that we spoke, or did not."""
    work.lock(check_in)
    open_case_of(work, check_in)
    check_in.meet(CheckInState(form.state), work.now)
    work.seal(check_in, "outcome", form.outcome)
    ended = 0
    if check_in.state in SPOKEN:
        jobs.drop(work.session, "checkin.escalate", check_in.id, work.now)
        ended = spoken(work, check_in)
    work.record(check_in, alarms=ended)
    return Stored(check_in.id, "check_ins", check_in.state)


@action("checkin.open", operation="consult", on=CheckIn, opens=(CheckIn,), reaches="WOKEN")
def open_check_in(work: Work, check_in: CheckIn, form: Opening) -> Opened:
    """Open the agreed word or how a check-in went."""
    return open_fields(work, check_in, form)


def _refused(work: Work, case: Case) -> bool:
    """Whether the witness said, when a check-in was last agreed on, that nobody on duty may look."""
    last = work.first(CheckIn, CheckIn.case_id == case.id, order=CheckIn.id.desc())
    return last is not None and last.duty_refused


def nobody_is_waited_for(work: Work, case: UUID) -> None:
    """Refuse to close a case in which somebody is to be spoken with: it would be on no list, and missed unseen."""
    called = exists().where(Escalation.case_id == case, Escalation.state.in_(OPEN))
    if work.session.scalar(select(called)):
        raise Conflict("People are being called because this person was missed. Protection has to end that first.")
    planned = exists().where(CheckIn.case_id == case, CheckIn.state == CheckInState.SCHEDULED)
    if work.session.scalar(select(planned)):
        raise Conflict("A check-in with this person is still planned. Protection has to settle it first.")


BEFORE_CLOSING.append(nobody_is_waited_for)
