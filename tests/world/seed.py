"""An office for drills: cases over every state, and in every sealed field that can hold words a mark
that occurs nowhere else. Where a mark turns up that it should not, somebody was shown something."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from app.cases import actions as cases
from app.cases.forms import SendHandoff
from app.cases.views import Stored
from app.intake import actions as intake
from app.intake.forms import Link, ReceivedFile
from app.people import actions as people
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.testimonies import actions as testimonies
from app.testimonies import forms, read_back
from app.work import Action, Form
from tests.world import exhibits, words
from tests.world.build import World
from tests.world.cast import Canary, Filled

# Every state of an account that staff can bring about, and the steps that lead there from TRIAGED.
_TALK: Final = ("LIMITS_EXPLAINED", "READY", "IN_SESSION")
_KEPT: Final = (*_TALK, "RECORDED")
PATHS: Final[dict[str, tuple[str, ...]]] = {
    "SEALED": (*_KEPT, "READ_BACK", "SEGMENTED", "SEALED"),
    "SEGMENTED": (*_KEPT, "READ_BACK", "SEGMENTED"),
    "READ_BACK": (*_KEPT, "READ_BACK"),
    "TRANSLATED": (*_KEPT, "TRANSCRIBED", "TRANSLATED"),
    "TRANSCRIBED": (*_KEPT, "TRANSCRIBED"),
    "RECORDED": _KEPT,
    "PAUSED": (*_TALK, "PAUSED"),
    "IN_SESSION": _TALK,
    "READY": _TALK[:2],
    "LIMITS_EXPLAINED": _TALK[:1],
    "TRIAGED": (),
}
# Sealed columns no mark fits into: a form that takes one of a few fixed words, a number or a key.
CLOSED: Final = frozenset({
    ("approaches", "codes"),
    ("attachments", "file_key"), ("attachments", "original_sha256"),
    ("check_ins", "zone"), ("codings", "codes"),
    ("consents", "language"), ("consents", "how_given"), ("contact_channels", "channel"),
    ("identity_documents", "kind"), ("identity_documents", "condition"),
    ("identity_claims", "about"), ("identity_claims", "name_use"), ("identity_claims", "basis"),
    ("known_marks", "tags"), ("known_marks", "texts"), ("look_ups", "met"), ("look_ups", "settled"),
    ("same_person_findings", "finding"), ("same_person_findings", "attributes"), ("same_person_findings", "asked"),
    ("mitigation_factors", "finding"), ("mitigation_factors", "passages"), ("mitigation_factors", "evidence"),
    ("mitigation_factors", "against"), ("needs", "kind"),
    *(("mitigation_steps", column) for column in (
        "whose", "happened_on", "ground", "clock", "runs_from", "instrument_sha256")),
    ("persons", "sex"), ("persons", "nationalities"), ("persons", "languages"), ("persons", "category"),
    ("public_reports", "left_in"), ("public_reports", "sex"),
    ("prior_accounts", "forum"), ("prior_accounts", "caution"),
    ("segments", "language"), ("segments", "speaker"), ("segments", "classes"),
    ("submission_files", "file_key"), ("submission_files", "original_sha256"),
    ("submissions", "language"), ("submissions", "decision"),
    ("testimonies", "statement_language"), ("threat_assessments", "level"),
    ("attachments", "fingerprint"), ("custody_events", "seal"), ("exposure_events", "manner"),
    ("interpreters", "gender"), ("interpreters", "languages"), ("paper_sessions", "language"),
    ("prior_accounts", "jurisdiction"), ("segment_versions", "classes"), ("segment_versions", "language"),
    ("session_events", "kind"), ("claims", "basis"), ("claims", "verification"),
    ("claims", "source_grade"), ("claims", "information_grade"),
    ("read_backs", "reader"), ("read_backs", "language"), ("read_backs", "answer"),
    ("mentions", "kind"), ("mention_ties", "token"),
    ("assurances", "kind"), ("assurances", "strength"), ("assurances", "instrument_sha256"), ("assurances", "rules"),
    ("terms_of_use", "kind"), ("terms_of_use", "strength"), ("terms_of_use", "rules"), ("use_restrictions", "rules"),
})  # fmt: skip
# Columns that steps write which the seeded cases do not take; tests/work/story.py takes them and hunts for its marks.
NOT_SEEDED: Final = frozenset({
    ("attachments", "flag"), ("attachments", "removed"), ("consents", "capacity"), ("custody_events", "from_whom"),
    ("custody_events", "to_whom"), ("custody_events", "why"), ("drafts", "words"), ("exposure_events", "person"),
    ("interpreters", "dialects"), ("interpreters", "origin"), ("interpreters", "ties"), ("interpreters", "vetting"),
    ("mentions", "name"),
    ("paper_sessions", "carried_by"), ("prior_accounts", "said_on"), ("protocol_answers", "answer"),
    ("protocol_answers", "language"), ("protocol_answers", "question"), ("rescues", "words"),
    ("safety_answers", "answers"), ("segment_versions", "reason"), ("segment_versions", "text"),
    ("read_backs", "reason"), ("retention_choices", "custodian"), ("retention_choices", "how_given"),
    ("retention_choices", "language"),
    ("claims", "method"), ("claims", "proposition"), ("claims", "sources"),
    *(("assurances", column) for column in (
        "issuer", "basis", "instrument", "proceedings", "conditions", "exceptions", "verified", "ended")),
    *(("terms_of_use", column) for column in ("issuer", "proceedings", "conditions", "exceptions")),
    ("use_restrictions", "reason"),
    *(("mitigation_steps", column) for column in ("authority", "reason", "instrument")),
    ("session_events", "words"), ("testimonies", "found"), ("testimonies", "seal"),
})  # fmt: skip


@dataclass
class Marks:
    """Draws marks for one case or submission and remembers where each was put."""

    seed: int
    made: list[Canary] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def draw(self, case: str, table: str, column: str, compartment: str | None) -> str:
        """A mark for one cell. The same seed draws the same marks in the same order."""
        digest = hashlib.sha256(f"{self.seed}/{next(self.numbers)}".encode()).hexdigest()
        text = f"CANARY-{digest[:24]}"
        self.made.append(Canary(text, table, column, case, compartment))
        return text

    def moved(self, text: str, case: str, table: str, column: str, compartment: str) -> None:
        """Note that a mark stands in a second place too."""
        self.made.append(Canary(text, table, column, case, compartment))


def seed(world: World, count: int, number: int) -> Filled:
    """Fill a founded office with ``count`` cases, each second one with a submission in it."""
    marks = Marks(number)
    states = itertools.cycle(PATHS)
    references = [_whole(world, marks, next(states)) for _ in range(count)]
    for reference in references[::2]:
        _linked(world, marks, reference)
    _printed(world, marks)
    _sent(world, marks)
    return Filled(references, marks.made)


def _whole(world: World, marks: Marks, state: str) -> str:
    """A case with a row in every table and every team on it; its account stands at ``state``."""
    reference = world.case()
    _who(world, marks, reference)
    testimony = _account(world, marks, reference, state)
    _file(world, marks, reference)
    _reason(world, marks, reference, testimony)
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    _judged(world, marks, reference)
    _kept_safe(world, marks, reference)
    return reference


def _who(world: World, marks: Marks, case: str) -> None:
    def mark(table: str, column: str) -> str:
        return marks.draw(case, table, column, "IDENTITY")

    world.person(
        case, legal_name=mark("persons", "legal_name"), name_arabic=mark("persons", "name_arabic"),
        aliases=(mark("persons", "aliases"),),
        birth_date={"precision": "SEASON", "words": mark("persons", "birth_date"), "year": 1991},
    )  # fmt: skip
    world.document(case, number=mark("identity_documents", "number"), issuer=mark("identity_documents", "issuer"))
    born = {"precision": "SEASON", "words": mark("identity_claims", "birth_date")}
    claimed = {"given": mark("identity_claims", "name_parts")}
    world.claim(case, source=mark("identity_claims", "source"), latin=claimed, birth_date=born)
    world.same_person(case, reasons=mark("same_person_findings", "reasons"))
    told = ("address", "safe_hours", "opening_words", "who_must_not_know")
    world.approach(case)
    world.contact(case, **{column: mark("contact_channels", column) for column in told})


def _account(world: World, marks: Marks, case: str, state: str) -> UUID:
    begun: Stored = world.do("intake", testimonies.begin, forms.BeginTestimony(), subject=case)
    for step in PATHS[state]:
        if step == "READY":
            world.consents(case, "T1", "T2", conditions=marks.draw(case, "consents", "conditions", "TESTIMONY"))
        action, form = _step(marks, case, step)
        world.do("intake", action, form, subject=begun.id)
    return begun.id


def _step(marks: Marks, case: str, step: str) -> tuple[Action, Form]:
    def mark(table: str, column: str) -> str:
        return marks.draw(case, table, column, "TESTIMONY")

    match step:
        case "LIMITS_EXPLAINED":
            return testimonies.explain_limits, forms.ExplainLimits(
                statement_version="2026-10", language="ar", own_words=mark("testimonies", "own_words")
            )
        case "READY":
            return testimonies.ready, forms.MakeReady(counsel="DECLINED", counsel_reason=mark("testimonies", "counsel"))
        case "IN_SESSION":
            return testimonies.start_session, forms.StartSession(
                place="OFFICE", custody_status="FREE", guard_present=False,
                why_again=mark("testimonies", "frame"),
            )  # fmt: skip
        case "RECORDED":
            passages = tuple(forms.Passage(text=f"{mark('segments', 'text')} {words.SUBMISSION}") for _ in range(2))
            return testimonies.record, forms.RecordAccount(language="en", segments=passages)
        case "READ_BACK":
            return read_back.read_back, read_back.ReadItBack(reader="P-1", language="en", answer="SIGNED")
    return testimonies.move, forms.MoveOn.model_validate({"to": step})


def _file(world: World, marks: Marks, case: str) -> None:
    name = marks.draw(case, "attachments", "file_name", "TESTIMONY")
    kind = marks.draw(case, "attachments", "media_type", "TESTIMONY")
    # The file's own bytes hold a mark as well: sealed on disk, under no column.
    world.attach(case, exhibits.letter(text=f"{name} in the file"), name, kind)


def _reason(world: World, marks: Marks, case: str, testimony: UUID) -> None:
    person = world.row("intake", case, "persons")
    said = marks.draw(case, "justifications", "words", "IDENTITY")
    world.open("intake", people.reveal, person, "legal_name", justification="INTAKE", cites=testimony, words=said)


def _judged(world: World, marks: Marks, case: str) -> None:
    def mark(column: str) -> str:
        return marks.draw(case, "mitigation_factors", column, "LEGAL")

    row = world.proposed(case, reasons=mark("reasons"), contrary_evidence=mark("contrary_evidence"))
    world.sent_back(row, case, marks.draw(case, "second_readings", "words", "LEGAL"))
    said = marks.draw(case, "handoffs", "words", None)
    world.do("protection", cases.send, SendHandoff(kind="STATEMENT", to_team="legal", words=said), subject=case)


def _kept_safe(world: World, marks: Marks, case: str) -> None:
    def mark(table: str, column: str, compartment: str = "THREAT") -> str:
        return marks.draw(case, table, column, compartment)

    feared, housed = ("fear_in_own_words", "findings", "measures"), ("place", "since", "who_knows")
    world.threat(case, **{column: mark("threat_assessments", column) for column in feared})
    world.residence(case, **{column: mark("residences", column, "LOCATION") for column in housed})
    world.need(case, words=mark("needs", "words", "CARE"))
    planned = world.check_in(case, agreed_word=mark("check_ins", "agreed_word"))
    settled = SettleCheckIn(state="MET_CONCERN", outcome=mark("check_ins", "outcome"))
    world.do("protection", protection.settle_check_in, settled, subject=planned)


def _printed(world: World, marks: Marks) -> None:
    """A public report, coded twice. It is nobody's case, so it stands beside those that were asked for."""
    case = world.case("intake-lead", origin="PUBLIC_REPORT")
    told = ("source_title", "source_url", "nationality")
    report = world.report(case, **{column: marks.draw(case, "public_reports", column, "RELEASE") for column in told})
    for coder in ("narrative-lead", "narrative"):
        world.code_report(report, "N1a", "N4c", by=coder)


def _linked(world: World, marks: Marks, case: str) -> None:
    """A submission that was taken into a case: what it said stands in both places."""
    before = len(marks.made)
    submission = _sent(world, marks)
    world.do("intake", intake.link, Link(case=case), subject=submission)
    elsewhere = {("submissions", "account"): "prior_accounts", ("submission_files", "file_name"): "attachments",
                 ("submission_files", "media_type"): "attachments"}  # fmt: skip
    for mark in marks.made[before:]:
        table = elsewhere.get((mark.table, mark.column))
        if table is not None:
            marks.moved(mark.text, case, table, mark.column, "TESTIMONY")


def _sent(world: World, marks: Marks) -> str:
    """A submission with one file. Its reference is drawn when it arrives, so its marks are told it afterwards."""
    assert world.files is not None
    before, key = len(marks.made), secrets.token_bytes(32)
    file_name = marks.draw("", "submission_files", "file_name", None)
    with world.files.receive(key) as incoming:
        incoming.write(exhibits.voice(0.1))
        kept = incoming.finish()
    file = ReceivedFile(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, key=key, file_name=file_name,
        media_type=marks.draw("", "submission_files", "media_type", None),
    )  # fmt: skip
    account, contact = (marks.draw("", "submissions", column, None) for column in ("account", "contact"))
    _, reference = world.submit(f"{account} {words.SUBMISSION}", contact=contact, files=(file,))
    marks.made[before:] = [replace(mark, case=reference) for mark in marks.made[before:]]
    return reference
