"""One well-formed request for every action there is, about one whole case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app import clock
from app.accounts import forms as accounts
from app.accounts import rota
from app.accounts.undertakings import VERSION
from app.cases import conflicts, ending, erasing, glass, takeovers
from app.cases.forms import (
    BeginVisit,
    GiveGrant,
    HandOver,
    OpenCase,
    Opening,
    RecoverCase,
    RenewKeys,
    RevokeGrant,
    SendHandoff,
)
from app.db import CaseRow, tables
from app.intake.forms import Link, Receive, Triage
from app.legal.forms import (
    AskLeaving,
    DraftAssurance,
    LapseAssurance,
    MoveMitigation,
    OfVersion,
    ReadAssessment,
    ReportCooperation,
    ReturnAssessment,
    RevokeAssurance,
    SecondSignature,
    SignAssurance,
    Tighten,
    WriteFactor,
)
from app.narratives.forms import CodeReport, RecordReport
from app.oversight import clocks
from app.oversight import forms as log
from app.oversight.forms import AskEntry, AskLog
from app.people.forms import (
    AskKnown,
    FindCase,
    RecordApproach,
    RecordClaim,
    RecordContact,
    RecordDocument,
    RecordPerson,
    SettleSamePerson,
)
from app.protection.forms import AssessThreat, PlanCheckIn, RecordNeed, RecordResidence, ReportMissing, SettleCheckIn
from app.testimonies import answers, drafts, mentions, protocols, safety
from app.testimonies import forms as testimonies
from app.testimonies import session_forms as sessions
from app.testimonies.claims import AddClaim, ReadClaims
from app.testimonies.questions import Answer, Protocol, named
from app.testimonies.read_back import ReadItBack
from app.testimonies.terms import ReadStatement
from app.work import Caller, Form
from app.work.actions import ACTIONS
from app.work.forms import Justification
from tests.cases.canaries import Planted, fields_of
from tests.world import World, words

# About a proposal; what waits is that a hold be lifted.
SECONDED = ("case.close", "hold.lift", "case.destroy", "proposal.drop")
Request = tuple[Form | None, object]


def requests(world: World, planted: Planted) -> dict[str, Request]:
    """Name of each action -> the form and the subject of a request that somebody might make."""
    # Else there would be nothing to say of the clock.
    world.office.perform(Caller.service("worker"), clocks.jump, clocks.Jumped(seconds=7200))
    return _accounts(world) | _cases(world, planted) | _domains(planted) | _openings(planted)


def _accounts(world: World) -> dict[str, Request]:
    founder = accounts.Founder(login_name="second", display_name="Second", role="administrator")
    colleague = world.members["intake"].code
    return {
        "office.found": (
            accounts.Found(founders=(founder,), escrow_public=world.escrow.public, marks=world.dealt.marks, needed=3),
            None,
        ),
        "custodians.replace": (
            accounts.Redeal(escrow_public=world.escrow.public, marks=world.dealt.marks, needed=3),
            None,
        ),
        "custodians.reseal": (None, None),
        "custodians.test": (accounts.SharesSeen(marks=world.dealt.marks[:3]), None),
        "custodians.recover_team": (
            accounts.RecoverTeam(team="intake", to=colleague, run_by=frozenset()),
            None,
        ),
        "key.rotate_team": (accounts.RotateTeam(team="intake"), None),
        "key.order_renewal": (accounts.OrderRenewal(before=clock.now()), None),
        "key.rotate_pepper": (accounts.RotatePepper(old=1, new=2), None),
        "key.rotate_installed": (accounts.RotateInstalled(key="wrap", old=1, new=2), None),
        "key.move": (accounts.MoveKeys(to="module"), None),
        "key.retire_pepper": (accounts.RetirePepper(old=1), None),
        "account.invite": (
            accounts.Invite(login_name="another", display_name="Another", roles=frozenset({"intake_officer"})),
            None,
        ),
        "account.invite_again": (None, colleague),
        "account.accept": (
            accounts.Enrolment(
                invite_hash=b"i" * 32, salt=b"s" * 16, pepper=1, wrapping_key=b"w" * 32, undertaking=VERSION
            ),
            None,
        ),
        "signin.come_back": (accounts.ComingBack(code="000000"), None),
        "signin.step_up": (accounts.Confirming(action="grant.give", subject="C-0000", code="000000"), None),
        "undertaking.sign": (accounts.SignUndertaking(version=VERSION), None),
        "signin.enter": (
            accounts.Entering(user_id=uuid4(), private_raw=b"p" * 96, code="000000", recovery_code=None),
            None,
        ),
        "signin.leave": (None, None),
        "signin.leave_everywhere": (None, None),
        "signin.close_lane": (None, colleague),
        "signin.suspect_key": (None, colleague),
        "security_key.add": (
            accounts.KeyMade(name="x", credential_id=b"c" * 32, public_key=b"p" * 77, sign_count=0, transports=""),
            colleague,
        ),
        "signin.end": (None, world["intake"].actor.sign_in),
        "signin.end_all": (None, colleague),
        "account.prefer": (accounts.Prefer(language="fr"), None),
        "account.change_passphrase": (
            accounts.Rewrapping(
                wrapping_key=b"w" * 32,
                new_salt=b"s" * 16,
                new_pepper=1,
                new_wrapping_key=b"n" * 32,
                code="000000",
                recovery_code=None,
            ),
            None,
        ),
        "account.renew_factor": (
            accounts.Renewing(which="CODES", wrapping_key=b"w" * 32, code="000000", recovery_code=None),
            None,
        ),
        "account.disable": (None, world.members["legal"].code),
        "team.add": (accounts.JoinTeam(team="intake"), colleague),
        "team.remove": (accounts.LeaveTeam(team="intake"), colleague),
        "team.reseal": (accounts.Reseal(team="intake"), None),
        "rota.set": (
            rota.SetShift(rung=2, starts_at=clock.now() + timedelta(days=2), ends_at=clock.now() + timedelta(days=3)),
            world.members["protection"].code,
        ),
        "service.make": (
            accounts.MakeService(
                team="legal", name="a program", purpose="ARCHIVE", ends_at=clock.now() + timedelta(days=30)
            ),
            None,
        ),
        "service.end": (None, world.service().user),
        "log.query": (AskLog(), None),
        "log.entry": (AskEntry(number=0), None),
        "log.verify": (None, None),
        "clock.jump": (clocks.Jumped(seconds=7200), None),
        "clock.confirm": (None, None),
        "log.signs": (None, None),
        "log.sample": (None, None),
        "log.figures": (None, None),
        "log.looked": (log.LookedAt(number=0, finding="IN_ORDER"), None),
        "log.keep": (log.KeepFilter(nights=True), None),
        "inquiry.open": (log.OpenInquiry(reason="TOLD"), colleague),
        "log.export": (None, None),
    }


def _cases(world: World, planted: Planted) -> dict[str, Request]:
    case = planted.reference
    grant = GiveGrant(user=world.members["narrative-lead"].code, compartments=frozenset({"RELEASE"}))
    revocation = RevokeGrant(team="legal", compartments=frozenset({"TESTIMONY"}))
    colleagues = [world.members[login].code for login in ("intake", "protection")]
    return {
        "case.open": (OpenCase(), None),
        "case.hand_over": (HandOver(team="legal"), case),
        "case.came_out": (None, planted.inside),
        "custodians.recover_case": (
            RecoverCase(case=case, to=frozenset({colleagues[0], colleagues[1]}), run_by=frozenset()),
            None,
        ),
        "compartment.renew": (RenewKeys(compartments=frozenset({"TESTIMONY"})), case),
        "mention.record": (mentions.RecordMention(kind="UNIT", name="the gate guard"), case),
        "mention.tie": (mentions.TieMention(chip=planted.chips[0], other=planted.chips[1]), case),
        "retention.record": (ending.Choose(choice="KEEP_2Y", language="ar", how_given="SPOKEN"), case),
        "closing.propose": (None, case),
        "case.reopen": (ending.Reopen(words="they came back"), case),
        "hold.set": (erasing.SetHold(words="a court"), case),
        "hold.propose_lift": (None, planted.rows["holds"]),
        "destruction.propose": (erasing.ProposeDestruction(offered="DECLINED"), case),
        **dict.fromkeys(
            ("case.close", "hold.lift", "case.destroy", "proposal.drop"), (None, planted.rows["proposals"])
        ),
        "attachment.erase": (None, uuid4()),
        "erasure.finish": (erasing.FinishErasures(before=clock.now()), None),
        "grant.give": (grant, case),
        "grant.revoke": (revocation, case),
        "case.visit": (BeginVisit(justification=Justification.WITNESS_REQUEST), case),
        "case.leave": (None, planted.rows["visits"]),
        "security_key.rename": (accounts.RenameKey(name="another"), planted.rows["security_keys"]),
        "security_key.remove": (None, planted.rows["security_keys"]),
        "takeover.begin": (takeovers.Begin(kind="LEAVING", to=colleagues[1]), colleagues[0]),
        "takeover.go_on": (None, planted.rows["takeovers"]),
        "takeover.pass": (None, planted.rows["takeover_cases"]),
        "conflict.declare": (conflicts.Declare(reason="FAMILY"), case),
        "conflict.lift": (conflicts.Lift(words="a mistake"), planted.rows["conflicts"]),
        "handoff.send": (SendHandoff(kind="NEED", to_team="protection", words="winter shoes"), case),
        "handoff.file": (None, planted.rows["handoffs"]),
        "person.record": (RecordPerson(**words.person(0)), case),
        "person.record_document": (RecordDocument(kind="PASSPORT", condition="LOST"), case),
        "approach.record": (RecordApproach(codes=frozenset({"PORTAL_ONLY"})), case),
        "person.claim": (RecordClaim(**words.claim()), case),
        "person.settle_same": (SettleSamePerson(**words.same_person()), case),
        "lookup.ask": (AskKnown(**words.question()), None),
        "lookup.find": (FindCase(reference=case), None),
        "lookup.file": (None, None),
        "person.record_contact": (RecordContact(channel="PHONE", address="+00 555 0199"), case),
        "mitigation.take": (None, case),
        "mitigation.write": (WriteFactor(**words.note()), case),
        **_assessed(planted.rows["mitigation_assessments"]),
        **_course(case),
        **_promised(planted),
        "threat.assess": (AssessThreat(**words.threat()), case),
        "location.record": (RecordResidence(**words.residence()), case),
        "care.record": (RecordNeed(**words.need()), case),
        "checkin.plan": (PlanCheckIn(due_at=clock.now() + timedelta(days=1), agreed_word="kettle"), case),
        "public_report.record": (RecordReport(**words.report()), planted.report),
        "narrative.code": (CodeReport(codes=("N2c",)), planted.rows["public_reports"]),
        "checkin.escalate": (None, planted.rows["check_ins"]),
        "checkin.climb": (None, planted.rows["escalations"]),
        "checkin.acknowledge": (None, planted.rows["escalations"]),
        "checkin.report": (ReportMissing(state="LOCATED"), planted.rows["escalations"]),
        "checkin.settle": (SettleCheckIn(state="MET_OK"), planted.rows["check_ins"]),
        "rota.take_over": (rota.PassShift(to=world.members["protection-lead"].code), planted.rows["shifts"]),
        "rota.cut": (None, planted.rows["shifts"]),
        "access.break_glass": (
            glass.Break(reference=case, justification=Justification.LIFE_AT_RISK, words="Men at the door."),
            None,
        ),
        "break_glass.review": (glass.Review(verdict="MISUSE", why="OWN_INTEREST"), planted.rows["break_glasses"]),
        "break_glass.end": (None, planted.rows["break_glasses"]),
        "log.case_report": (log.AskCase(reference=case), None),
        "log.drop": (None, planted.rows["kept_filters"]),
        "inquiry.pick": (log.PickEntry(entry=uuid4()), planted.rows["inquiries"]),
        "inquiry.ask": (log.AskThem(question="WHY_THIS"), planted.rows["inquiries"]),
        "inquiry.answer": (log.Explain(answer="MY_TASK"), planted.rows["inquiries"]),
        "inquiry.close": (log.CloseInquiry(outcome="LAWFUL"), planted.rows["inquiries"]),
    }


def _domains(planted: Planted) -> dict[str, Request]:
    case, testimony = planted.reference, planted.rows["testimonies"]
    said: dict[str, Any] = {"text_version": "2026-10", "language": "ar", "how_given": "SPOKEN"}
    account = testimonies.RecordAccount(language="ar", segments=(testimonies.Passage(text="words"),))
    limits = testimonies.ExplainLimits(statement_version="2026-10", language="ar", own_words="I see")
    session = testimonies.StartSession(place="OFFICE", custody_status="FREE", guard_present=False)
    file = testimonies.FinishAttachment(
        blob="0" * 64, size_bytes=1, sha256=b"h" * 32, file_name=None, media_type=None
    )  # fmt: skip
    consent = testimonies.RecordConsent(tier="T4", granted=False, custody_status="FREE", guard_present=False, **said)
    submission = Receive(
        witness_id=uuid4(), handle_hash=b"h" * 32, looking_hash=b"l" * 32, witness_public=b"p" * 1216,
        witness_sealed_private=b"s",
        account="words", language="en", contact=None, danger=False,
    )  # fmt: skip
    handed = testimonies.RecordCustody(
        kind="HANDED_OVER", from_whom="us", to_whom="a court", why="its order", seal="INTACT"
    )
    well: dict[str, Any] = {"found_out": False, "others": False, "hurt": False}
    unsent = drafts.SaveDraft(step="LIMITS", testimony=testimony, fields=drafts.written({"own_words": ("I",)}))
    left = drafts.RescueDraft(user_id=uuid4(), holder=uuid4(), draft=unsent)
    download = testimonies.OpenFile(justification=Justification.WITNESS_REQUEST)
    return _sessions(planted) | {
        "draft.save": (
            drafts.SaveDraft(step="LIMITS", testimony=testimony, fields=drafts.written({"own_words": ("I",)})),
            case,
        ),
        "draft.discard": (None, planted.rows["drafts"]),
        "draft.rescue": (left, None),
        "draft.take_up": (None, planted.rows["rescues"]),
        "safety.record": (safety.Safety(in_danger=False, **well), testimony),
        "safety.alert": (safety.Alert(in_danger=True, words="the brother", **well), testimony),
        "testimony.begin": (testimonies.BeginTestimony(), case),
        "testimony.explain_limits": (limits, testimony),
        "testimony.ready": (testimonies.MakeReady(counsel="PRESENT"), testimony),
        "session.start": (session, testimony),
        "testimony.record": (account, testimony),
        "testimony.move": (testimonies.MoveOn(to="SEGMENTED"), testimony),
        "claim.add": (
            AddClaim(
                segment=planted.rows["segments"],
                proposition="it burned",
                basis="STATEMENT",
                method="asked",
                verification="UNVERIFIED",
                source_grade="F",
                information_grade="6",
            ),
            case,
        ),
        "testimony.read_back": (ReadItBack(reader="P-1", language="ar", answer="BY_WORD"), testimony),
        "consent.record": (consent, case),
        "consent.withdraw": (None, planted.rows["consents"]),
        "attachment.begin": (testimonies.BeginAttachment(), case),
        "attachment.go_on": (testimonies.GoOn(fingerprint="0" * 64), planted.rows["attachments"]),
        "attachment.copy": (download, planted.rows["attachments"]),
        "attachment.keep_copy": (testimonies.FinishCopy(why="MALFORMED"), planted.rows["attachments"]),
        "attachment.preview": (download, planted.rows["attachments"]),
        "attachment.lapse": (None, planted.rows["attachments"]),
        "custody.record": (handed, planted.rows["attachments"]),
        "attachment.finish": (file, planted.rows["attachments"]),
        "attachment.download": (download, planted.rows["attachments"]),
        "submission.receive": (submission, None),
        "submission.triage": (Triage(decision="ABUSE"), planted.submission),
        "submission.link": (Link(case=case), planted.submission),
    }


def _assessed(row: UUID) -> dict[str, Request]:
    # Of what was sent back: eight factors, nothing since.
    version = {"version": 8}
    return {
        "mitigation.propose": (OfVersion(**version), row),
        "mitigation.withdraw": (OfVersion(**version), row),
        "mitigation.return": (ReturnAssessment(words="which hearing?", **version), row),
        "mitigation.sign": (SecondSignature(answer="SIGNED", **version), row),
        "mitigation.read": (ReadAssessment(justification=Justification.LEGAL_ASSESSMENT, cites=row), row),
    }


def _course(case: str) -> dict[str, Request]:
    # One step is recorded, by which a day began to run.
    said: dict[str, Any] = {**words.step(), "seen": 1, "happened_on": clock.now().date()}
    met = MoveMitigation.model_validate({**said, "to": "NOT_RAISED", "whose": "WITNESS", "clock": "MET"})
    return {
        "mitigation.move": (met, case),
        "mitigation.report": (ReportCooperation(instrument="He named the depot.", uninvolved=True, **said), case),
    }


def _promised(planted: Planted) -> dict[str, Request]:
    assurance = planted.rows["assurances"]
    draft = DraftAssurance.model_validate({**words.assurance(), "starts_on": clock.now().date()})
    tighter = Tighten.model_validate({
        "use": "MEDIA", "subject": "DECLARANT", "jurisdiction": "FR", "bodies": ["PRESS"],
        "reason": "They asked twice.",
    })  # fmt: skip
    return {
        "assurance.draft": (draft, planted.reference),
        "assurance.sign": (SignAssurance(verified="by telephone"), assurance),
        "assurance.decline": (None, assurance),
        "assurance.revoke": (RevokeAssurance(by="the court", heard=False, words="its order"), assurance),
        "assurance.lapse": (LapseAssurance(cause="CONDITION", words="not met"), assurance),
        "restriction.tighten": (tighter, planted.rows["segments"]),
    }


def _sessions(planted: Planted) -> dict[str, Request]:
    testimony, segment, paper = (planted.rows[name] for name in ("testimonies", "segments", "paper_sessions"))
    whole = sessions.PrepareSession(justification=Justification.WITNESS_REQUEST, words="because")
    today = clock.now().date()
    interpreter = sessions.RegisterInterpreter(
        languages=("ar",), gender="MALE", origin="a town", vetting="seen", undertaking_until=today
    )
    entered = sessions.EnterPaper(
        collected_on=today, scan=planted.rows["attachments"], own_words="I see", counsel="OFFERED",
        session=testimonies.StartSession(place="OFFICE", custody_status="FREE", guard_present=False),
        account=testimonies.RecordAccount(language="ar", segments=(testimonies.Passage(text="words"),)),
    )  # fmt: skip
    report = sessions.ReportInterpreter(found="KNOWN_TO_WITNESS", words="they met", interpreter_code="I-3467")
    beside = sessions.Beside(segment=segment, text="words")
    return {
        "interpreter.register": (interpreter, None),
        "interpreter.undertake": (sessions.Undertake(undertaking_until=today), planted.rows["interpreters"]),
        "session.prepare": (whole, testimony),
        "session.note": (sessions.NoteEvent(kind="TRAUMA_SIGN", words="a long silence"), testimony),
        "session.unprompted": (None, testimony),
        "session.change_interpreter": (testimonies.ChooseInterpreter(), testimony),
        "interpreter.report": (report, testimony),
        "prior_account.record": (
            sessions.RecordPrior(forum="POLICE", said_on="in May", caution="UNKNOWN"),
            planted.reference,
        ),
        "amendment.add": (sessions.Amend(segment=segment, text="words", language="ar", reason="a slip"), testimony),
        "version.add": (sessions.AddVersion(kind="TRANSLATION", language="en", passages=(beside,)), testimony),
        **_protocols(testimony),
        "paper.print": (sessions.PrintProtocol(language="ar", carried_by="S-2"), testimony),
        "paper.enter": (entered, paper),
    }


def _protocols(testimony: UUID) -> dict[str, Request]:
    shipped = protocols.shipped()
    next_version = Protocol.model_validate(shipped.model_dump(mode="json", by_alias=True) | {"version": "2027-01"})
    answered = answers.RecordAnswers(
        protocol=named(shipped.bytes()), language="ar",
        answers=(Answer(question="way_home", chosen=("YES",)),),
    )  # fmt: skip
    return {"protocol.publish": (next_version, None), "answer.record": (answered, testimony)}


def _openings(planted: Planted) -> dict[str, Request]:
    """For each action that opens something: every field of the row, for the witness's own wish."""
    whole = testimonies.ReadAccount(justification=Justification.WITNESS_REQUEST, words="because")
    side_by_side = ReadClaims(justification=Justification.WITNESS_REQUEST, words="because")
    leaving = AskLeaving(
        justification=Justification.WITNESS_REQUEST, words="because", use="DIRECT", subject="DECLARANT",
        jurisdiction="US", body="CRIMINAL_COURT",
    )  # fmt: skip
    statement = ReadStatement(justification=Justification.WITNESS_REQUEST, words="because")
    read, claimed = (whole, planted.rows["testimonies"]), (side_by_side, planted.rows["testimonies"])
    made: dict[str, Request] = {
        "testimony.read": read, "answer.read": read, "claim.read": claimed,
        "restriction.judge": (leaving, planted.rows["testimonies"]),
        "terms.read": (statement, planted.rows["testimonies"]),
        "mention.read": (whole, planted.rows["mentions"]),
    }  # fmt: skip
    for action in ACTIONS.values():
        if action.form is not Opening:
            continue
        for table in (opened.__tablename__ for opened in action.opens):
            subject = planted.submission if table == "submissions" else planted.rows[table]
            reason = Justification.WITNESS_REQUEST
            words = "because" if issubclass(tables()[table], CaseRow) else None
            made[action.name] = (Opening(fields=fields_of(table), justification=reason, words=words), subject)
    return made
