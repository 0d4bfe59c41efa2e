"""A case with a mark of its own in every sealed field, and everybody who may open one of them.

The marks are hunted afterwards wherever they must not be. What is opened proves that the
mark was there to be found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier

from app import clock
from app.accounts import witnesses
from app.cases import actions as cases
from app.cases import ending
from app.cases.forms import BeginVisit, Opening, SendHandoff
from app.db import Row
from app.intake import actions as intake
from app.intake.forms import Link, Receive, ReceivedFile
from app.intake.models import Submission, SubmissionFile
from app.legal import actions as legal
from app.legal import assurances, leaving, moves
from app.legal.forms import AskLeaving, ReadAssessment
from app.legal.leaving import Judged
from app.legal.views import AssessmentRead
from app.narratives import actions as narratives
from app.people import actions as people
from app.protection import actions as protection
from app.testimonies import actions as testimonies
from app.testimonies import (
    answers,
    claims,
    custody,
    drafts,
    forms,
    mentions,
    paper,
    read_back,
    reading,
    safety,
    sessions,
    terms,
    versions,
)
from app.testimonies.answers import AnswersRead
from app.testimonies.claims import ClaimsRead, ReadClaims
from app.testimonies.forms import OpenFile, ReadAccount
from app.testimonies.session_forms import PrepareSession
from app.testimonies.terms import ReadStatement, StatementRead
from app.testimonies.views import AccountRead, Chips, FileOpened, SessionPrepared
from app.work import Action, Caller, Justification, Query, Reasoned
from tests.conftest import Database
from tests.world import World, words

PNG = b"\x89PNG\r\n\x1a\n" + b"CANARY-in-a-file" * 40

# What opens more than single fields of one row, and its form.
WHOLE: dict[Action, type[Reasoned]] = {
    testimonies.download: OpenFile,
    reading.read_account: ReadAccount,
    answers.read_answers: ReadAccount,
    mentions.read: ReadAccount,
    sessions.prepare: PrepareSession,
    claims.read_claims: ReadClaims,
    terms.read_statement: ReadStatement,
    leaving.judge: AskLeaving,
    legal.read: ReadAssessment,
}
# What the question is about, where one is asked besides.
ASKED = {"use": "DIRECT", "subject": "DECLARANT", "jurisdiction": "US", "body": "CRIMINAL_COURT"}


@dataclass(frozen=True)
class Look:
    """One opening that the rules allow: who, what, and for which reason."""

    login: str
    action: Action
    row: UUID | str
    column: str
    justification: str
    cites: UUID | None = None
    words: str | None = None

    def form(self) -> Reasoned:
        reason = Justification(self.justification)
        if self.action in WHOLE:
            asked = ASKED if self.action is leaving.judge else {}
            said = {"justification": reason, "cites": self.cites, "words": self.words}
            return WHOLE[self.action].model_validate(asked | said)
        return Opening(fields=(self.column,), justification=reason, cites=self.cites, words=self.words)

    def take(self, world: World) -> str:
        """Open it; the text, or of a file the key's hex."""
        view = world.do(self.login, self.action, self.form(), subject=self.row)
        if isinstance(view, FileOpened):
            return view.key.raw().hex()
        if isinstance(view, AccountRead):
            return "".join(passage.text.read() for passage in view.passages if passage.text)
        if isinstance(view, Chips):
            return "".join(each.name.read() for chip in view.chips for each in chip.names if each.name)
        if isinstance(view, AnswersRead):
            return "".join(str(json.loads(each.answer.raw())["words"]) for each in view.answers if each.answer)
        if isinstance(view, ClaimsRead):
            told = [each.values["proposition"] for group in view.groups for each in group]
            return "".join(each.read() for each in told if each)
        if isinstance(view, SessionPrepared):
            return "".join(choice.dialects.read() for choice in view.interpreters if choice.dialects)
        if isinstance(view, AssessmentRead):
            return "".join(told.read() for factor in view.factors for told in factor.values.values() if told)
        if isinstance(view, StatementRead):
            return "".join(plain.read() for each in view.promises if (plain := each.values[self.column]))
        if isinstance(view, Judged):
            return "".join(each.answer.read() for each in view.passages)
        plain = view.values[self.column]
        return "" if plain is None else plain.read()


@dataclass
class Story:
    """One case, its marks, and its openings by the name of the action."""

    reference: str
    marks: list[str] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)
    submission: str = ""
    receipt: str = ""

    def __deepcopy__(self, _memo: object) -> Story:
        """For a test of its own: its lists, and the same actions, which are known by what they are."""
        return replace(self, marks=list(self.marks), looks=dict(self.looks))

    def mark(self) -> str:
        made = f"CANARY-{len(self.marks):03d}-سرّ-Geheimnis"
        self.marks.append(made)
        return made


def tell(world: World) -> Story:
    """Fill a case through the same actions its people use; once a run, where the office has done nothing yet."""
    told: Story = world.begin("story", _tell)
    return told


def _tell(world: World) -> Story:
    story = Story(world.case())
    _who(world, story)
    _what(world, story)
    _arrival(world, story)
    world.hand_to_legal(story.reference)
    world.hand_to_protection(story.reference)
    _passed_on(world, story)
    _safety(world, story)
    _reasons(world, story)
    _in_public(world, story)
    return story


def _who(world: World, story: Story) -> None:
    reference, mark = story.reference, story.mark
    world.person(
        reference, legal_name=mark(), name_arabic=mark(), aliases=(mark(), mark()),
        birth_date={"precision": "YEAR", "words": mark(), "year": 1991},
    )  # fmt: skip
    world.document(reference, number=mark(), issuer=mark())
    world.claim(reference, source=mark(), latin={"given": mark()}, birth_date={"precision": "SEASON", "words": mark()})
    world.same_person(reference, reasons=mark())
    world.contact(
        reference, address=mark(), safe_hours=mark(), opening_words=mark(), who_must_not_know=mark()
    )  # fmt: skip


def _what(world: World, story: Story) -> None:
    reference, mark = story.reference, story.mark
    passages = tuple(forms.Passage(text=mark() * 3) for _ in range(2))
    interpreter, code = world.interpreter(vetting=mark(), origin=mark(), ties=mark(), dialects=mark())
    testimony = world.testimony(reference, segments=passages, interpreter=code)
    story.marks.append(words.own_words("ar"))
    world.consents(reference, "T3", conditions=mark())
    attachment = world.attach(reference, PNG, mark(), "image/png")
    wish = world.retention(reference, custodian=mark())
    story.looks["retention.open"] = Look("intake", ending.open_choice, wish, "custodian", "WITNESS_REQUEST")

    def read(action: Action, table: str, column: str, row: UUID | None = None) -> None:
        found = row or world.row("intake", reference, table)
        story.looks[action.name] = Look("intake", action, found, column, "INTAKE", cites=testimony)

    _not_kept_yet(world, story, testimony)
    read(drafts.open_draft, "drafts", "words")
    read(safety.open_answer, "safety_answers", "answers")
    read(testimonies.open_testimony, "testimonies", "own_words")
    read(reading.read_account, "testimonies", "text")
    read(testimonies.open_segment, "segments", "text")
    read(testimonies.open_consent, "consents", "conditions")
    read(testimonies.open_attachment, "attachments", "file_name", attachment)
    read(testimonies.download, "attachments", "file_name", attachment)
    read(custody.open_custody, "custody_events", "why", world.custody(attachment, why=mark()))
    read(people.reveal, "persons", "legal_name")
    _beside(world, story, testimony)
    read(sessions.open_interpreter, "interpreters", "vetting", interpreter)
    read(sessions.prepare, "testimonies", "vetting")
    read(mentions.open_mention, "mentions", "name")
    story.looks["mention.read"] = Look(
        "intake", mentions.read, world.row("intake", reference, "mentions"), "name", "INTAKE", cites=testimony
    )
    read(versions.open_version, "segment_versions", "text")
    read(sessions.open_event, "session_events", "words")
    read(claims.open_claim, "claims", "proposition")
    read(claims.read_claims, "testimonies", "proposition")
    read(read_back.open_read_back, "read_backs", "reason")
    read(sessions.open_exposure, "exposure_events", "person")
    read(answers.open_answer, "protocol_answers", "answer")
    read(answers.read_answers, "testimonies", "answer", testimony)
    read(paper.open_paper, "paper_sessions", "carried_by")
    read(people.reveal_document, "identity_documents", "number")
    read(people.reveal_contact, "contact_channels", "address")
    read(people.reveal_claim, "identity_claims", "source")
    finding = world.row("intake", reference, "same_person_findings")
    story.looks["person.reveal_finding"] = Look("intake", people.reveal_finding, finding, "reasons", "SAME_PERSON")
    read(people.open_approach, "approaches", "codes", world.approach(reference))


def _beside(world: World, story: Story, testimony: UUID) -> None:
    """A correction, a finding about the interpreter, what was told elsewhere, a protocol on paper."""
    reference, mark = story.reference, story.mark
    world.amend(testimony, world.row("intake", reference, "segments"), text=mark(), reason=mark())
    world.read_back(testimony, answer="REFUSED", reason=mark())
    world.claimed(reference, proposition=mark(), method=mark(), outside=(mark(),))
    world.mention(reference, name=mark())
    world.report_interpreter(testimony, words=mark())
    world.told_before(reference, account=mark(), said_on=mark())
    world.answers(testimony, world.protocol(), next_talk=mark())
    begun = world.testimony(reference, upto="TRIAGED")
    world.print_protocol(begun, carried_by=mark())


def _not_kept_yet(world: World, story: Story, testimony: UUID) -> None:
    """A draft, what outlived a session, and whether anybody is in danger."""
    text = drafts.SaveDraft(step="LIMITS", testimony=testimony, fields=drafts.written({"text": (story.mark(),)}))
    world.do("intake", drafts.save, text, subject=story.reference)
    me = world["intake"]
    assert me.actor.id is not None
    assert me.keyring is not None
    late = drafts.SaveDraft(step="SEGMENTS", testimony=testimony, fields=drafts.written({"text": (story.mark(),)}))
    left = drafts.RescueDraft(user_id=me.actor.id, holder=me.keyring.holder, draft=late)
    world.office.perform(Caller.service("signin"), drafts.rescue, left)
    nobody = safety.Safety(in_danger=False, found_out=False, others=False, hurt=False)
    world.do("intake", safety.record, nobody, subject=testimony)
    story.marks.append(json.dumps(dict.fromkeys(safety.QUESTIONS, False)))


def _arrival(world: World, story: Story) -> None:
    """A submission with a file, read at the door and taken into the case."""
    mark = story.mark
    receipt = witnesses.draw("en").words
    assert receipt is not None
    new = witnesses.new_witness(receipt, "en")
    file = ReceivedFile(
        blob="ab" * 32, size_bytes=3, sha256=b"h" * 32, key=b"k" * 32, file_name=mark(), media_type="text/plain"
    )
    form = Receive(
        witness_id=new.id, handle_hash=new.handle_hash, looking_hash=new.looking_hash, witness_public=new.public,
        witness_sealed_private=new.sealed_private, account=mark(), language="en", contact=mark(), danger=False,
        files=(file,),
    )  # fmt: skip
    story.submission = world.portal.perform(Caller.anonymous("portal"), intake.receive, form).reference
    story.receipt = receipt
    waiting, files = (ids(world, "intake", table)[0] for table in (Submission, SubmissionFile))
    world.do("intake", intake.link, Link(case=story.reference), subject=story.submission)

    def read(action: Action, row: UUID | str, column: str, justification: str, cites: UUID | None) -> None:
        story.looks[action.name] = Look("intake", action, row, column, justification, cites)

    read(intake.open_submission, story.submission, "account", "TRIAGE", waiting)
    read(intake.open_file, files, "file_name", "TRIAGE", waiting)
    prior = world.row("intake", story.reference, "prior_accounts")
    read(testimonies.open_prior, prior, "account", "INTAKE", story.looks["segment.open"].cites)


def _passed_on(world: World, story: Story) -> None:
    note = world.proposed(story.reference, reasons=story.mark(), contrary_evidence=story.mark())
    world.sent_back(note, story.reference, story.mark())
    factor, asked = (world.row("legal", story.reference, table) for table in ("mitigation_factors", "second_readings"))
    story.looks["second_reading.open"] = Look(
        "legal", legal.open_reading, asked, "words", "LEGAL_ASSESSMENT", cites=note
    )  # fmt: skip
    story.looks["mitigation.open"] = Look("legal", legal.open_factor, factor, "reasons", "LEGAL_ASSESSMENT", cites=note)
    story.looks["mitigation.read"] = Look("legal", legal.read, note, "reasons", "LEGAL_ASSESSMENT", cites=note)
    step = world.stepped(
        story.reference, "NOT_RAISED", clock="FULL_ACCOUNT", runs_from=clock.now().date(), authority=story.mark(),
        reason=story.mark(), instrument=story.mark(),
    )  # fmt: skip
    story.looks["mitigation_step.open"] = Look(
        "legal", moves.open_step, step, "reason", "LEGAL_ASSESSMENT", cites=note
    )  # fmt: skip
    _promised(world, story)
    passed = SendHandoff(kind="STATEMENT", to_team="legal", words=story.mark())
    sent = world.do("protection", cases.send, passed, subject=story.reference)
    story.looks["handoff.open"] = Look("legal", cases.open_handoff, sent.id, "words", "LEGAL_ASSESSMENT", cites=note)


def _promised(world: World, story: Story) -> None:
    """A promise that another signed, what intake reads out of it, and a passage that legal made stricter."""
    reference, mark = story.reference, story.mark
    promise = world.drafted(reference, issuer=mark(), basis=mark(), instrument=mark(), conditions=mark())
    world.signed(promise, verified=mark())
    segment, testimony = (story.looks[name].row for name in ("segment.open", "testimony.read"))
    assert isinstance(segment, UUID)
    world.tightened(segment, reason=mark())
    for action, table, column in (
        (terms.open_terms, "terms_of_use", "conditions"),
        (terms.open_restriction, "use_restrictions", "reason"),
    ):
        row = world.row("legal", reference, table)
        story.looks[action.name] = Look("legal", action, row, column, "ASSURANCE", cites=promise)
    opened, judged = assurances.open_assurance, leaving.judge
    story.looks[opened.name] = Look("legal-lead", opened, promise, "instrument", "SECOND_SIGNATURE", cites=promise)
    story.looks[judged.name] = Look("legal", judged, testimony, "rules", "ASSURANCE", cites=promise)
    read = terms.read_statement
    story.looks[read.name] = Look("legal", read, testimony, "issuer", "ASSURANCE", cites=promise)


def _safety(world: World, story: Story) -> None:
    reference, mark = story.reference, story.mark
    threat = world.threat(reference, fear_in_own_words=mark(), findings=mark(), measures=mark())
    place = world.residence(reference, place=mark(), since=mark(), who_knows=mark())
    need = world.need(reference, words=mark())
    check_in = world.check_in(reference, agreed_word=mark())
    for action, row, column in (
        (protection.open_threat, threat, "fear_in_own_words"),
        (protection.open_need, need, "words"),
        (protection.open_check_in, check_in, "agreed_word"),
    ):
        story.looks[action.name] = Look("protection", action, row, column, "SAFETY", threat)
    reveal = protection.reveal_residence
    story.looks[reveal.name] = Look("protection", reveal, place, "place", "SAFETY", threat, words=mark())


def _reasons(world: World, story: Story) -> None:
    """A demand, with a sentence that is content itself."""
    segment = story.looks["segment.open"].row
    Look("legal", testimonies.open_segment, segment, "text", "DEMAND", words=story.mark()).take(world)
    reason = world.row("legal", story.reference, "justifications")
    world.do("legal", cases.visit, BeginVisit(justification=Justification.WITNESS_REQUEST), subject=story.reference)
    story.looks["justification.open"] = Look("legal", cases.open_justification, reason, "words", "INCIDENT")


def _in_public(world: World, story: Story) -> None:
    """What a paper printed about somebody else, in a case of its own."""
    case = world.case(origin="PUBLIC_REPORT")
    report = world.report(case, by="intake", source_title=story.mark(), nationality=story.mark())
    coding = world.code_report(report, "N1a", "N4c")
    story.marks.append('["N1a", "N4c"]')
    for action, row, column in (
        (narratives.open_report, report, "source_title"),
        (narratives.open_coding, coding, "codes"),
    ):
        story.looks[action.name] = Look("narrative-lead", action, row, column, "RELEASE_WORK", cites=report)


def ids(world: World, login: str, table: type[Row]) -> list[UUID]:
    """Row ids of a table as a member of the cast sees it."""
    question = Query("test.ids", lambda reading: [row.id for row in reading.all(table)])
    found: list[UUID] = world.office.ask(world[login], question)
    return found


def entries(database: Database) -> list[dict[str, Any]]:
    """Every entry of the log, in the order it was made, as its committed bytes say it."""
    with database.connect("auditor") as auditor:
        bodies = auditor.execute("SELECT body FROM entry_bodies ORDER BY entry").fetchall()
    return [json.loads(bytes(body)) for (body,) in bodies]


def count(database: Database, table: str) -> int:
    with database.connect("owner") as owner:
        found = owner.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    assert found is not None
    return int(found[0])
