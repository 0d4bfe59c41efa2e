"""Building an office through the same actions its people would use. No row is written by hand."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from app import clock
from app.accounts import actions as accounts
from app.accounts import rota, rules, services, undertakings, witnesses
from app.accounts.factors import CODES_THAT_LAST
from app.accounts.forms import (
    AcceptInvitation,
    Found,
    Founder,
    GiveFactor,
    Invite,
    JoinTeam,
    MakeService,
    RenewFactor,
    SignInForm,
)
from app.accounts.signin import SignIns
from app.accounts.views import Invited, ServiceMade
from app.cases import actions as cases
from app.cases import conflicts, ending, erasing, glass, queries, takeovers
from app.cases.forms import GiveGrant, HandOver, OpenCase, Opening
from app.cases.views import CaseView, Opened, Stored
from app.errors import StepUpNeeded
from app.intake import actions as intake
from app.intake.forms import Receive
from app.keyholders import custodians
from app.keyholders.custodians import Dealt
from app.legal import actions as legal
from app.legal import assurances, course, leaving, moves, signing
from app.legal import queries as legal_queries
from app.legal.forms import (
    FACTORS,
    DraftAssurance,
    LapseAssurance,
    MoveMitigation,
    OfVersion,
    ReportCooperation,
    ReturnAssessment,
    RevokeAssurance,
    SecondSignature,
    SignAssurance,
    Tighten,
    WriteFactor,
)
from app.legal.models import OPEN
from app.legal.views import AssessmentLine, Course
from app.narratives import actions as narratives
from app.narratives.forms import CodeReport, RecordReport
from app.oversight import inquiries
from app.oversight.forms import AskThem, OpenInquiry
from app.people import actions as people
from app.people import lookups
from app.people.forms import (
    AskKnown,
    RecordApproach,
    RecordClaim,
    RecordContact,
    RecordDocument,
    RecordPerson,
    SettleSamePerson,
)
from app.people.views import Asked
from app.protection import actions as protection
from app.protection import escalating
from app.protection.escalating import Called
from app.protection.forms import AssessThreat, PlanCheckIn, RecordNeed, RecordResidence, SettleCheckIn
from app.protection.rungs import GRACE
from app.testimonies import actions as testimonies
from app.testimonies import (
    answers,
    claims,
    custody,
    forms,
    mentions,
    paper,
    protocols,
    read_back,
    session_forms,
    sessions,
    terms,
    versions,
)
from app.testimonies import queries as account_queries
from app.testimonies.questions import Answer, Protocol
from app.work import Action, Caller, Justification, Office
from app.work.files import FileStore
from tests.world import words


@dataclass
class Member:
    """One invented colleague, with everything they know."""

    login: str
    name: str
    role: str
    duty: str
    passphrase: str
    code: str = ""
    totp: bytes = b""
    recovery: tuple[str, ...] = ()
    last_step: int = 0
    token: str = ""
    # What each token of theirs became at a second factor.
    renewed: Mapping[str, str] = field(default_factory=dict)
    caller: Caller = field(default_factory=Caller.anonymous)


# login, name, role, team it leads or None, duty
CAST: tuple[tuple[str, str, str, str | None, str], ...] = (
    ("administrator", "Vera Lindqvist", "administrator", None, ""),
    ("administrator2", "Otto Brandsma", "administrator", None, ""),
    ("intake-lead", "Mariam Haddad", "intake_officer", "intake", "team_lead"),
    ("intake", "Jonas Weller", "intake_officer", None, ""),
    ("legal-lead", "Amélie Roussel", "legal_reviewer", "legal", "team_lead"),
    ("legal", "Tariq Anwar", "legal_reviewer", None, ""),
    ("protection-lead", "Ines Carvalho", "caseworker", "protection", "team_lead"),
    ("protection", "Samuel Okoro", "caseworker", None, "duty"),
    ("protection2", "Rania Nassar", "caseworker", None, "duty"),
    ("narrative-lead", "Petra Nowak", "narrative_editor", "narrative", "team_lead"),
    ("narrative", "Elif Demir", "narrative_editor", None, ""),
    ("reid", "Hugo Lambert", "reid_reviewer", None, ""),
    ("reid2", "Sana Qureshi", "reid_reviewer", None, ""),
    ("approver", "Lars Holm", "approver", None, ""),
    ("approver2", "Giulia Conti", "approver", None, ""),
    ("auditor", "Nadia Petrova", "auditor", None, ""),
    ("auditor2", "Kwame Mensah", "auditor", None, ""),
    ("custodian", "Ruth Abel", "key_custodian", None, ""),
    ("custodian2", "Milan Horvat", "key_custodian", None, ""),
)
# The people a test of cases needs; the rest of the cast costs a second that most tests save.
CORE = frozenset(
    {
        "administrator", "intake-lead", "intake", "legal-lead", "legal",
        "protection-lead", "protection", "narrative-lead", "auditor",
    }
)  # fmt: skip


class World:
    """An office with its people, reached through in-process doors."""

    def __init__(
        self, office: Office, signins: SignIns, *, portal: Office | None = None, files: FileStore | None = None
    ) -> None:
        self.office, self.signins = office, signins
        self.portal = portal or office
        self.files = files
        self.members: dict[str, Member] = {}
        self.deal(custodians.deal())
        self.receipts: dict[str, str] = {}
        self.drawn = itertools.count()
        self._codes = threading.RLock()
        # A state that many begin from is built; tests build it once.
        self.begin: Callable[[str, Callable[[World], Any]], Any] = lambda _, build: build(self)
        # Lets seconds go by; a test moves its clock.
        self.wait: Callable[[float], None] = time.sleep

    def __getitem__(self, login: str) -> Caller:
        return self.members[login].caller

    def deal(self, dealt: Dealt) -> None:
        """The recovery key that the office will be founded with, and its shares on paper."""
        self.dealt, self.escrow = dealt, dealt.private

    # people

    def found(self, logins: frozenset[str] = CORE) -> None:
        """Found the office with these members of the cast, signed in and in their teams."""
        chosen = [member for member in CAST if member[0] in logins]
        first = [m for m in chosen if m[3] or m[0] == "administrator"]
        founders = tuple(
            Founder(login_name=login, display_name=name, role=role, team=team) for login, name, role, team, _ in first
        )
        made = self.office.perform(
            Caller.operator(),
            accounts.found,
            Found(
                founders=founders,
                escrow_public=self.escrow.public,
                marks=self.dealt.marks,
                needed=self.dealt.needed,
            ),
        )
        by_login = {invited.login_name: invited for invited in made.invitations}
        for login, name, role, _team, duty in first:
            self._arrive(by_login[login], login, name, role, duty)
        for login, name, role, team, duty in chosen:
            if team or login == "administrator":
                continue
            self.invite(login, name=name, roles=(role,), duty=duty)

    def invite(self, login: str, *, name: str = "Somebody New", roles: tuple[str, ...], duty: str = "") -> Member:
        """Invite a colleague, let them sign up and in, and let their lead add them to the team."""
        form = Invite(login_name=login, display_name=name, roles=frozenset(roles))
        invited = self.do("administrator", accounts.invite, form)
        member = self._arrive(invited, login, name, roles[0], duty)
        team = rules.TEAM_OF.get(roles[0])
        lead = f"{team}-lead"
        if team and lead in self.members:
            self.do(lead, accounts.join_team, JoinTeam(team=team), subject=member.code)
            if duty == "duty":
                self.do(lead, accounts.join_team, JoinTeam(team=duty), subject=member.code)
            member.caller = self.signins.caller(member.token)
        return member

    def _arrive(self, invited: Invited, login: str, name: str, role: str, duty: str) -> Member:
        member = Member(login, name, role, duty, passphrase=f"{login} walks home along the river")
        enrolled = self.signins.accept(
            AcceptInvitation(code=invited.invitation, passphrase=member.passphrase, undertaking=undertakings.VERSION)
        )
        member.code = enrolled.user
        member.totp = base64.b32decode(enrolled.totp_secret + "=" * (-len(enrolled.totp_secret) % 8))
        member.recovery = enrolled.recovery_codes
        self.members[login] = member
        self.sign_in(login)
        return member

    def sign_in(self, login: str) -> Caller:
        """Sign in afresh with the next code that has not been used."""
        member = self.members[login]
        form = SignInForm(login_name=login, passphrase=member.passphrase, code=self.code(login))
        member.token = self.signins.enter(form).token
        member.caller = self.signins.caller(member.token)
        return member.caller

    def code(self, login: str) -> str:
        """The member's next unused six digits."""
        member = self.members[login]
        now = int(clock.now().timestamp()) // rules.STEP_SECONDS
        # The step of now, not the one before: on a slow machine that one may be over by the time it arrives.
        member.last_step = max(member.last_step + 1, now)
        return rules.totp_at(member.totp, member.last_step)

    def service(self, team: str = "legal", *, days: float = 30) -> ServiceMade:
        """A program that its team's lead has just made; the token is in it."""
        ends_at = clock.now() + timedelta(days=days)
        form = MakeService(team=team, name="reader of the archive", purpose="ARCHIVE", ends_at=ends_at)
        made: ServiceMade = self.do(f"{team}-lead", services.make, form)
        return made

    def on_duty(self, login: str, *, rung: int = 1, hours: float = 12, ago: float = 1) -> UUID:
        """A time on duty that has begun already; its row."""
        # Whoever has given them away draws others: with one second factor nobody is put on duty.
        self.codes_for(login, CODES_THAT_LAST)
        now = clock.now()
        form = rota.SetShift(rung=rung, starts_at=now - timedelta(hours=ago), ends_at=now + timedelta(hours=hours))
        kept: rota.ShiftKept = self.do("protection-lead", rota.set_shift, form, subject=self.members[login].code)
        return kept.id

    def break_glass(self, reference: str, *, by: str = "protection", words: str = "Men at the door.") -> UUID:
        """Break the glass over a case, being on duty, with a second factor just given."""
        form = glass.Break(reference=reference, justification=Justification.LIFE_AT_RISK, words=words)
        broken: glass.Broken = self.do(by, glass.break_glass, form)
        return broken.id

    def inquiry(self, about: str, entry: UUID | None = None, *, reason: str = "NIGHT", asked: bool = False) -> UUID:
        """An auditor's inquiry into a colleague, perhaps asked already."""
        form = OpenInquiry.model_validate({"reason": reason, "entry": entry})
        begun = self.do("auditor", inquiries.open_inquiry, form, subject=self.members[about].code)
        if asked:
            self.do("auditor", inquiries.ask_them, AskThem(question="WHY_THIS"), subject=begun.id)
        row: UUID = begun.id
        return row

    # cases

    def do(self, login: str, action: Action, form: Any = None, *, subject: object = None) -> Any:
        """Perform an action as a member of the cast, with a second factor where a rule asks for one."""
        for _ in range(8):
            try:
                return self.office.perform(self[login], action, form, subject=subject)
            except StepUpNeeded:
                # Again, for what somebody does on several machines at once: another may use the first.
                self.step_up(login, action, subject)
        return self.office.perform(self[login], action, form, subject=subject)

    def step_up(self, login: str, action: Action, subject: object) -> None:
        """Give a second factor for one action."""
        # One after the other: of two sets of six digits the earlier opens nothing once the later was used.
        with self._codes:
            # What is not there yet is about whoever makes it.
            about = self.members[login].code if action.on is None else str(subject)
            form = GiveFactor(action=action.name, subject=about, **self.factor(login))
            self.renewed(self.members[login].token, self.signins.step_up(self[login], form).token)

    def renewed(self, token: str, then: str) -> None:
        """Somebody's session goes on under another token."""
        for member in self.members.values():
            if token == member.token or token in member.renewed.values():
                member.renewed = {**member.renewed, token: then}
                member.token = then if token == member.token else member.token

    def newest(self, token: str) -> str:
        """The token under which a session goes on now, which began with this one."""
        for member in self.members.values():
            while token in member.renewed:
                token = member.renewed[token]
        return token

    def factor(self, login: str) -> dict[str, str]:
        """A second factor as a form takes it: a code on paper while there is one, so that digits are left to sign in.

        Whoever has none left waits until the authenticator shows the next.
        """
        member = self.members[login]
        with self._codes:
            if len(member.recovery) == 1:
                self._draw_codes(login)
            if member.recovery:
                code, member.recovery = member.recovery[0], member.recovery[1:]
                return {"recovery_code": code}
            early = member.last_step - int(clock.now().timestamp()) // rules.STEP_SECONDS
            self.wait(rules.STEP_SECONDS * max(early, 0))
            return {"code": self.code(login)}

    def codes_for(self, login: str, number: int) -> None:
        """See to it that somebody has so many recovery codes."""
        if len(self.members[login].recovery) < number:
            self._draw_codes(login)

    def _draw_codes(self, login: str) -> None:
        """With the last recovery code draw others, so that nobody waits for their authenticator."""
        member = self.members[login]
        form = RenewFactor(which="CODES", passphrase=member.passphrase, recovery_code=member.recovery[0])
        drawn = self.signins.renew_factor(self[login], form)
        member.recovery = drawn.recovery_codes
        self.renewed(member.token, drawn.token)

    def case(self, by: str = "intake", **given: Any) -> str:
        """A new case; its reference."""
        reference: str = self.do(by, cases.open_case, OpenCase(**given)).reference
        return reference

    def show(self, login: str, reference: str) -> CaseView:
        view: CaseView = self.office.ask(self[login], queries.show, reference)
        return view

    def row(self, login: str, reference: str, table: str) -> UUID:
        """The newest row of a table in a case, as this member sees it."""
        found = [record.id for record in self.show(login, reference).records if record.table == table]
        return found[-1]

    def draw_anew(self) -> None:
        """Begin again with the first of the invented people."""
        self.drawn = itertools.count()

    def person(self, reference: str, *, by: str = "intake", **given: Any) -> Stored:
        form = RecordPerson(**{**words.person(next(self.drawn)), **given})
        stored: Stored = self.do(by, people.record, form, subject=reference)
        return stored

    def consents(self, reference: str, *tiers: str, by: str = "intake", **given: Any) -> list[Stored]:
        fields: dict[str, Any] = {
            "granted": True, "text_version": "2026-10", "language": "ar", "how_given": "SPOKEN",
            "custody_status": "FREE", "guard_present": False, **given,
        }  # fmt: skip
        return [
            self.do(by, testimonies.record_consent, forms.RecordConsent(tier=tier, **fields), subject=reference)
            for tier in tiers
        ]

    def testimony(
        self, reference: str, *, by: str = "intake", upto: str = "RECORDED",
        segments: tuple[forms.Passage, ...] | None = None, language: str = "ar", interpreter: str | None = None,
    ) -> UUID:  # fmt: skip
        """Take an account as far as a state. The office's own order: limits, consent, session, words."""
        begun: Stored = self.do(by, testimonies.begin, forms.BeginTestimony(), subject=reference)
        passages = segments or words.passages(language)
        steps: dict[str, Callable[[], Any]] = {
            "LIMITS_EXPLAINED": lambda: self.do(
                by, testimonies.explain_limits,
                forms.ExplainLimits(
                    statement_version=self.statement(begun.id, by=by), language=language,
                    own_words=words.own_words(language),
                ), subject=begun.id,
            ),
            "READY": lambda: (
                self.consents(reference, "T1", "T2", by=by),
                self.do(by, testimonies.ready, forms.MakeReady(counsel="OFFERED"), subject=begun.id),
            ),
            "IN_SESSION": lambda: self.do(
                by, testimonies.start_session,
                forms.StartSession(
                    place="OFFICE", custody_status="FREE", guard_present=False, why_again="To tell it whole.",
                    interpreter_code=interpreter,
                ), subject=begun.id,
            ),
            "RECORDED": lambda: self.do(
                by, testimonies.record,
                forms.RecordAccount(language=language, segments=passages), subject=begun.id,
            ),
            "READ_BACK": lambda: self.read_back(begun.id, by=by, language=language),
            "SEGMENTED": lambda: self._move(by, begun.id, "SEGMENTED"),
            "SEALED": lambda: self._move(by, begun.id, "SEALED"),
        }  # fmt: skip
        if upto != "TRIAGED":
            for name, step in steps.items():
                step()
                if name == upto:
                    break
        return begun.id

    def interpreter(self, *, by: str = "intake", **given: Any) -> tuple[UUID, str]:
        """Somebody of the register; the row and the code."""
        fields = {
            "languages": ("ar", "en"), "gender": "FEMALE", "origin": "a district by the sea", "vetting": "two referees",
            "undertaking_until": clock.now().date() + timedelta(days=300), **given,
        }  # fmt: skip
        made: Stored = self.do(by, sessions.register, session_forms.RegisterInterpreter(**fields))
        lines = self.office.ask(self[by], account_queries.interpreters)
        return made.id, next(line.code for line in lines if line.id == made.id)

    def told_before(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        form = session_forms.RecordPrior(**{"forum": "ASYLUM", "said_on": "in spring", "caution": "NOT_GIVEN", **given})
        stored: Stored = self.do(by, sessions.record_prior, form, subject=reference)
        return stored.id

    def mention(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        """Somebody an account speaks of; the row."""
        form = mentions.RecordMention(**{"kind": "PERSON", "name": "Samir of the bakery", **given})
        stored: Stored = self.do(by, mentions.record, form, subject=reference)
        return stored.id

    def chip(self, reference: str, *, by: str = "intake") -> str:
        """The chip of the newest name in a case."""
        return [each.clear["chip"] for each in self.show(by, reference).records if each.table == "mentions"][-1]

    def amend(self, testimony: UUID, segment: UUID, *, by: str = "intake", **given: Any) -> UUID:
        said = {"text": "It was the other road.", "language": "en", "reason": "A slip of the tongue.", **given}
        stored: Stored = self.do(by, versions.amend, session_forms.Amend(segment=segment, **said), subject=testimony)
        return stored.id

    def claimed(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        """Something that is said to be so, by a source outside the office unless others are given."""
        said = {
            "proposition": "The depot burned in March.", "basis": "STATEMENT", "method": "Compared with the press.",
            "outside": ("An evening paper of that week.",), "verification": "CONSISTENT_PUBLIC",
            "source_grade": "F", "information_grade": "3", **given,
        }  # fmt: skip
        stored: Stored = self.do(by, claims.add, claims.AddClaim(**said), subject=reference)
        return stored.id

    def report_interpreter(self, testimony: UUID, *, by: str = "intake", **given: Any) -> None:
        """The interpreter of the frame turns out to come from the witness's district."""
        opening = Opening(fields=("frame",), justification=Justification.WITNESS_REQUEST)
        frame = self.do(by, testimonies.open_testimony, opening, subject=testimony).values["frame"].raw()
        code = json.loads(frame)["interpreter_code"]
        said = {"found": "SAME_DISTRICT", "words": "They went to one school.", "interpreter_code": code, **given}
        self.do(by, sessions.report, session_forms.ReportInterpreter(**said), subject=testimony)

    def print_protocol(self, testimony: UUID, *, by: str = "intake", **given: Any) -> UUID:
        form = session_forms.PrintProtocol(**{"language": "ar", "carried_by": "the second officer", **given})
        printed = self.do(by, paper.print_protocol, form, subject=testimony)
        return UUID(str(printed.id))

    def protocol(self, *, by: str = "intake-lead", **changed: Any) -> UUID:
        """Publish the questions that come with the program, or others; the row."""
        form = Protocol.model_validate(protocols.shipped().model_dump(mode="json", by_alias=True) | changed)
        stored: Stored = self.do(by, protocols.publish, form)
        return stored.id

    def answers(self, testimony: UUID, protocol: UUID, *, by: str = "intake", **given: Any) -> answers.AnswersKept:
        """Answer questions by their keys: codes of choices as a list, a number, a date as an object, or words."""
        told = tuple(Answer.model_validate({"question": key, **words.answer(value)}) for key, value in given.items())
        named = self.office.ask(self[by], protocols.show, protocol).sha256
        form = answers.RecordAnswers(protocol=named, language="ar", answers=told)
        kept: answers.AnswersKept = self.do(by, answers.record, form, subject=testimony)
        return kept

    def read_back(self, testimony: UUID, *, by: str = "intake", **given: Any) -> UUID:
        """What the witness says when their account is read to them; the newest row of it."""
        said = {"reader": self.members[by].code, "language": "ar", "answer": "SIGNED", **given}
        self.do(by, read_back.read_back, read_back.ReadItBack(**said), subject=testimony)
        about = self.office.ask(self[by], account_queries.show, testimony).reference
        mine = [row for row in self.show(by, about).records if row.table == "read_backs"]
        return max(row.id for row in mine if row.clear["testimony_id"] == str(testimony))

    def _move(self, by: str, testimony: UUID, to: str) -> None:
        self.do(by, testimonies.move, forms.MoveOn(to=to), subject=testimony)

    def attach(self, reference: str, content: bytes, name: str, media_type: str, *, by: str = "intake") -> UUID:
        """Send a file through the same three steps as the door does."""
        assert self.files is not None
        begun = self.do(by, testimonies.begin_attachment, forms.BeginAttachment(), subject=reference)
        with self.files.receive(begun.key.raw()) as incoming:
            incoming.write(content)
            kept = incoming.finish()
        form = forms.FinishAttachment(
            blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, file_name=name, media_type=media_type
        )
        stored: Stored = self.do(by, testimonies.finish_attachment, form, subject=begun.id)
        return stored.id

    def custody(self, file: UUID, *, by: str = "intake", **given: str) -> UUID:
        """Record that a file's medium changed hands."""
        form = forms.RecordCustody(
            kind="HANDED_OVER", seal="INTACT", **({"from_whom": "us", "to_whom": "a court", "why": "order"} | given)
        )
        stored: Stored = self.do(by, custody.record_custody, form, subject=file)
        return stored.id

    def apart(self, reference: str, whose: str, *, by: str, **given: Any) -> UUID:
        """Somebody is to have nothing to do with a case; the row."""
        form = conflicts.Declare(**{"reason": "EARLIER_ROLE", "about": self.members[whose].code, **given})
        declared: conflicts.Declared = self.do(by, conflicts.declare, form, subject=reference)
        return declared.id

    def take_over(self, whose: str, to: str, *, by: str, days: float = 3) -> tuple[UUID, UUID]:
        """Begin to have somebody's cases covered; the row, and that of its first case, which waits."""
        until = clock.now() + timedelta(days=days)
        form = takeovers.Begin(kind="COVER", to=self.members[to].code, until=until)
        begun: takeovers.Begun = self.do(by, takeovers.begin, form, subject=self.members[whose].code)
        return begun.id, self.office.ask(self[by], takeovers.show, begun.id).lines[0].id

    def hand_to_legal(self, reference: str, *, by: str = "intake") -> None:
        """The officer gives the account, the legal lead the legal compartment."""
        self.do(by, cases.hand_over, HandOver(team="legal"), subject=reference)
        self.do("legal-lead", cases.hand_over, HandOver(team="legal"), subject=reference)

    def hand_to_protection(self, reference: str, *, by: str = "intake") -> None:
        """The officer gives identity, the protection lead the rest, and the place to one by name."""
        self.do(by, cases.hand_over, HandOver(team="protection"), subject=reference)
        self.do("protection-lead", cases.hand_over, HandOver(team="protection"), subject=reference)
        code = self.members["protection"].code
        self.do(
            "protection-lead", cases.give,
            GiveGrant(user=code, compartments=frozenset({"LOCATION"})), subject=reference,
        )  # fmt: skip

    def note(self, reference: str, *, by: str = "legal", **given: Any) -> UUID:
        """One factor of the assessment under way, kept anew where it was kept before; the assessment."""
        form = {**words.note(), **given}
        if "seen" not in form:
            form["seen"] = self.seen(reference, form["factor"], by=by)
        stored: Stored = self.do(by, legal.write, WriteFactor(**form), subject=reference)
        return stored.id

    def seen(self, reference: str, factor: str, *, by: str = "legal") -> int:
        """In which version a factor of the assessment under way was kept last."""
        if "LEGAL" not in self.show(by, reference).held:
            return 0
        lines: tuple[AssessmentLine, ...] = self.office.ask(self[by], legal_queries.assessments, reference)
        return next((line.seen(factor) for line in lines if line.state in OPEN), 0)

    def version(self, assessment: UUID, reference: str, *, by: str = "legal-lead") -> int:
        """How far an assessment is counted."""
        lines: tuple[AssessmentLine, ...] = self.office.ask(self[by], legal_queries.assessments, reference)
        return next(line.version for line in lines if line.id == assessment)

    def proposed(self, reference: str, *, by: str = "legal", **given: Any) -> UUID:
        """An assessment with every factor answered, before its second reader; the row."""
        for factor in FACTORS:
            row = self.note(reference, by=by, factor=factor, **given)
        self.do(by, signing.propose, OfVersion(version=self.version(row, reference)), subject=row)
        return row

    def sent_back(
        self, assessment: UUID, reference: str, words: str = "Which hearing?", *, by: str = "legal-lead"
    ) -> None:
        form = ReturnAssessment(version=self.version(assessment, reference), words=words)
        self.do(by, signing.send_back, form, subject=assessment)

    def seconded(self, assessment: UUID, reference: str, *, by: str = "legal-lead", words: str | None = None) -> None:
        """The second reader signs; with words, dissents."""
        form = SecondSignature(
            version=self.version(assessment, reference), answer="DISSENTED" if words else "SIGNED", words=words
        )
        self.do(by, signing.sign, form, subject=assessment)

    # the course of a mitigation

    def course(self, reference: str, *, by: str = "legal") -> Course:
        """Where it stands."""
        told: Course = self.office.ask(self[by], legal_queries.course_of, reference)
        return told

    def stepped(self, reference: str, to: str, *, by: str = "legal", **given: Any) -> UUID:
        """One step of a mitigation, of somebody whose it can be, with what it needs; the row."""
        state = course.State(to)
        needed: dict[str, Any] = {
            **words.step(), "seen": self.course(reference, by=by).seen, "happened_on": clock.now().date(),
            "whose": min(course.WHOSE[state]),
            "instrument": "As the paper has it." if state in course.ON_PAPER else None,
            "ground": "FINDING" if state in course.BREACHES else None,
        }  # fmt: skip
        form = MoveMitigation.model_validate({**needed, "to": to, **given})
        stored: Stored = self.do(by, moves.move, form, subject=reference)
        return stored.id

    def reported(self, reference: str, *, by: str = "legal-lead", **given: Any) -> UUID:
        """The report for a court, by somebody who had no part in the case; the row."""
        needed: dict[str, Any] = {
            **words.step(), "seen": self.course(reference, by=by).seen, "happened_on": clock.now().date(),
            "instrument": "He named the depot; it was found.", "uninvolved": True,
        }  # fmt: skip
        stored: Stored = self.do(by, moves.report, ReportCooperation(**{**needed, **given}), subject=reference)
        return stored.id

    def assessed(self, reference: str, *, dissent: str | None = None) -> UUID:
        """An assessment that one wrote and another signed, or dissented from; the row."""
        row = self.proposed(reference)
        self.seconded(row, reference, words=dissent)
        return row

    def upto(self, reference: str, *states: str) -> None:
        """Step after step, each by somebody who may, with the assessments that two people sign for it."""
        for state in states:
            if state in course.BY_TWO:
                self.assessed(reference)
            if state == course.REPORTED:
                self.reported(reference)
            else:
                self.stepped(reference, state)

    # what others promised

    def statement(self, testimony: UUID, *, by: str = "intake") -> str:
        """The statement of limits to read out: of a case with promises, the one that is true today."""
        line = self.office.ask(self[by], terms.standing_of, testimony)
        return line.version if "." in line.version else "2026-10"

    def drafted(self, reference: str, *, by: str = "legal", **given: Any) -> UUID:
        """A promise before its second signature; the row."""
        form = DraftAssurance(**{**words.assurance(), "starts_on": clock.now().date(), **given})
        stored: Stored = self.do(by, assurances.draft, form, subject=reference)
        return stored.id

    def signed(self, assurance: UUID, *, by: str = "legal-lead", verified: str = "Called the office back.") -> None:
        """The second signature."""
        self.do(by, assurances.sign, SignAssurance(verified=verified), subject=assurance)

    def promise(self, reference: str, *, by: str = "legal", second: str = "legal-lead", **given: Any) -> UUID:
        """Drafted by one and signed by another; the row."""
        row = self.drafted(reference, by=by, **given)
        self.signed(row, by=second)
        return row

    def revoked(self, assurance: UUID, *, by: str = "legal", words: str = "The office wrote that it is off.") -> None:
        form = RevokeAssurance(by="the prosecutor’s office", heard=True, words=words)
        self.do(by, assurances.revoke, form, subject=assurance)

    def lapsed(self, assurance: UUID, cause: str = "CONDITION", *, by: str = "legal") -> None:
        form = LapseAssurance.model_validate({"cause": cause, "words": "A second account was refused."})
        self.do(by, assurances.lapse, form, subject=assurance)

    def tightened(self, segment: UUID, *, by: str = "legal", **given: Any) -> UUID:
        """One use of a passage barred by a reviewer; the row."""
        said = {
            "use": "DERIVATIVE", "subject": "DECLARANT", "jurisdiction": "US", "bodies": ["CRIMINAL_COURT"],
            "reason": "It names the only witness.", **given,
        }  # fmt: skip
        stored: Stored = self.do(by, leaving.tighten, Tighten.model_validate(said), subject=segment)
        return stored.id

    def threat(self, reference: str, *, by: str = "protection", **given: Any) -> UUID:
        stored: Stored = self.do(by, protection.assess, AssessThreat(**{**words.threat(), **given}), subject=reference)
        return stored.id

    def residence(self, reference: str, *, by: str = "protection", **given: Any) -> UUID:
        form = RecordResidence(**{**words.residence(), **given})
        stored: Stored = self.do(by, protection.record_residence, form, subject=reference)
        return stored.id

    def need(self, reference: str, *, by: str = "protection", **given: Any) -> UUID:
        stored: Stored = self.do(by, protection.record_need, RecordNeed(**{**words.need(), **given}), subject=reference)
        return stored.id

    def check_in(self, reference: str, *, by: str = "protection", days: float = 2, **given: Any) -> UUID:
        form = PlanCheckIn(due_at=clock.now() + timedelta(days=days), **{"agreed_word": "the blue kettle", **given})
        stored: Stored = self.do(by, protection.plan_check_in, form, subject=reference)
        return stored.id

    def missed(self, reference: str, *, by: str = "protection") -> UUID:
        """An alarm: nobody met a check-in, its grace went by, and the clock called the first rung."""
        row = self.check_in(reference, by=by, days=60 / 86400)
        self.wait(60 + GRACE.total_seconds())
        made: Called = self.office.perform(Caller.service("worker"), escalating.escalate, subject=row)
        # Hours later nobody is signed in any more.
        for login in self.members:
            self.sign_in(login)
        self.do(by, protection.settle_check_in, SettleCheckIn(state="MISSED"), subject=row)
        return made.id

    def document(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        form = RecordDocument(**{"kind": "PASSPORT", "condition": "LOST", "number": "N 4471 902", **given})
        stored: Stored = self.do(by, people.record_document, form, subject=reference)
        return stored.id

    def contact(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        form = RecordContact(**{"channel": "PHONE", "address": "+00 555 0142", "safe_hours": "after ten", **given})
        stored: Stored = self.do(by, people.record_contact, form, subject=reference)
        return stored.id

    def approach(self, reference: str, *codes: str, by: str = "intake") -> UUID:
        form = RecordApproach(codes=codes or ("PORTAL_ONLY", "WOMAN_INTERPRETER"))
        stored: Stored = self.do(by, people.record_approach, form, subject=reference)
        return stored.id

    def claim(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        """What one source says of who somebody is."""
        stored: Stored = self.do(by, people.claim, RecordClaim(**{**words.claim(), **given}), subject=reference)
        return stored.id

    def ask_known(self, *, by: str = "intake", **given: Any) -> Asked:
        """Whether somebody is known; by default somebody who is not."""
        asked: Asked = self.do(by, lookups.ask_known, AskKnown(**{**words.question(), **given}))
        return asked

    def same_person(self, reference: str, *, by: str = "intake", **given: Any) -> UUID:
        """A finding about a look-up that was asked for this case."""
        look_up = self.ask_known(by=by, for_case=reference).id
        form = SettleSamePerson(**{**words.same_person(), "look_up": look_up, **given})
        stored: Stored = self.do(by, lookups.settle, form, subject=reference)
        return stored.id

    def report(self, reference: str, *, by: str = "intake-lead", **given: Any) -> UUID:
        """What a source printed, in a case that was opened for it."""
        form = RecordReport(**{**words.report(), **given})
        stored: Stored = self.do(by, narratives.record, form, subject=reference)
        return stored.id

    def code_report(self, report: UUID, *codes: str, by: str = "narrative-lead") -> UUID:
        stored: Stored = self.do(by, narratives.code, CodeReport(codes=codes), subject=report)
        return stored.id

    def whole_case(self, language: str = "ar", *, upto: str = "RECORDED", **given: Any) -> str:
        """A case with something in every compartment and every team on it."""
        reference = self.case(**given)
        self.person(reference)
        self.document(reference)
        self.contact(reference)
        self.approach(reference)
        self.claim(reference)
        self.same_person(reference)
        self.testimony(reference, language=language, upto=upto)
        self.hand_to_legal(reference)
        self.hand_to_protection(reference)
        self.note(reference)
        self.threat(reference)
        self.residence(reference)
        self.need(reference)
        self.check_in(reference)
        return reference

    def open(
        self, login: str, action: Action, row: UUID, *fields: str, justification: str, cites: UUID | None = None,
        words: str | None = None,
    ) -> Mapping[str, str | None]:  # fmt: skip
        """Open fields of a row as a member; the values as text."""
        form = Opening(fields=fields, justification=justification, cites=cites, words=words)
        opened: Opened = self.do(login, action, form, subject=row)
        return {name: None if plain is None else plain.read() for name, plain in opened.values.items()}

    # the portal

    def submit(self, account: str = words.SUBMISSION, **given: Any) -> tuple[str, str]:
        """Send a submission; its receipt and its reference in the intake queue."""
        receipt = witnesses.draw("en").words
        assert receipt is not None
        new = witnesses.new_witness(receipt, "en")
        form = Receive(
            witness_id=new.id, handle_hash=new.handle_hash, looking_hash=new.looking_hash, witness_public=new.public,
            witness_sealed_private=new.sealed_private,
            **{"account": account, "language": "en", "contact": None, "danger": False, **given},
        )  # fmt: skip
        made = self.portal.perform(Caller.anonymous("portal"), intake.receive, form)
        self.receipts[made.reference] = receipt
        return receipt, made.reference

    # the end of a case

    def retention(self, reference: str, choice: str = "ARCHIVE", *, by: str = "intake", **given: Any) -> UUID:
        """What the witness wants to become of their case; the row."""
        archive = {"custodian_code": "ARCH-1", "custodian": "The municipal archive"} if choice == "ARCHIVE" else {}
        form = ending.Choose(**{"choice": choice, "language": "ar", "how_given": "SPOKEN", **archive, **given})
        stored: Stored = self.do(by, ending.record_choice, form, subject=reference)
        return stored.id

    def closed(self, reference: str, choice: str | None = None, *, by: str = "intake") -> None:
        """Closed by two: kept, or archived, as the witness chose."""
        if choice is not None:
            self.retention(reference, choice, by=by)
        proposed: Stored = self.do(by, ending.propose_closing, subject=reference)
        self.do("legal-lead", ending.close, subject=proposed.id)

    def hold(self, reference: str, *, by: str = "legal-lead", words: str = "A court may ask for it.") -> UUID:
        """A legal hold; the row."""
        stored: Stored = self.do(by, erasing.set_hold, erasing.SetHold(words=words), subject=reference)
        return stored.id

    def to_be_destroyed(self, reference: str, *, by: str = "intake") -> UUID:
        """A destruction that waits for its second; the row."""
        form = erasing.ProposeDestruction(offered="DECLINED")
        stored: Stored = self.do(by, erasing.propose_destruction, form, subject=reference)
        return stored.id

    def destroyed(self, reference: str) -> None:
        """Closed and destroyed at the witness's wish, by two each time."""
        self.closed(reference, "DESTROY_AT_CLOSE")
        self.do("legal-lead", erasing.destroy, subject=self.to_be_destroyed(reference))

    def canary(self) -> str:
        """A mark that occurs nowhere else: hunted for wherever it must not be."""
        return f"CANARY-{secrets.token_hex(12)}"
