"""One case with a canary in every sealed field that takes free words, and who ought to see which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.cases import actions as cases
from app.cases import erasing
from app.cases.forms import BeginVisit, GiveGrant, SendHandoff
from app.db import CaseRow, EnvelopeRow, sealed_columns, tables
from app.intake import actions as intake
from app.intake import queries
from app.intake.forms import Link, ReceivedFile, Triage
from app.intake.models import SubmissionFile
from app.oversight import keeping
from app.oversight.forms import KeepFilter
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.testimonies import actions as testimonies
from app.testimonies import drafts, forms, safety
from app.work import Caller
from app.work.forms import Justification
from tests.world import World
from tests.world.keys import added

# Sealed fields that cannot hold a canary: closed lists, codes, keys and hashes of ours.
NOT_WORDS = frozenset(
    {
        "persons.sex", "persons.nationalities", "persons.languages", "persons.category",
        "identity_documents.kind", "identity_documents.condition", "contact_channels.channel", "approaches.codes",
        "testimonies.statement_language", "testimonies.found", "testimonies.seal",
        "segments.language", "segments.speaker", "segments.classes",
        "segment_versions.language", "segment_versions.classes", "session_events.kind",
        "claims.basis", "claims.verification", "claims.source_grade", "claims.information_grade",
        "read_backs.reader", "read_backs.language", "read_backs.answer", "check_ins.zone",
        "exposure_events.person", "exposure_events.manner",
        "mentions.kind", "mention_ties.token",
        "paper_sessions.language", "interpreters.languages", "interpreters.gender", "prior_accounts.jurisdiction",
        "identity_claims.about", "identity_claims.name_use", "identity_claims.basis",
        "known_marks.tags", "known_marks.texts", "look_ups.met", "look_ups.settled",
        "same_person_findings.finding", "same_person_findings.attributes", "same_person_findings.asked",
        "retention_choices.language", "retention_choices.how_given",
        "consents.language", "consents.how_given", "prior_accounts.forum", "prior_accounts.caution",
        "attachments.file_key", "attachments.original_sha256", "attachments.fingerprint", "attachments.removed",
        "attachments.flag",
        "custody_events.seal", "safety_answers.answers", "protocol_answers.question", "protocol_answers.language",
        "codings.codes", "public_reports.sex", "public_reports.left_in",
        "assurances.kind", "assurances.strength", "assurances.instrument_sha256", "assurances.rules",
        "terms_of_use.kind", "terms_of_use.strength", "terms_of_use.rules", "use_restrictions.rules",
        "mitigation_factors.finding", "mitigation_factors.passages", "mitigation_factors.evidence",
        "mitigation_factors.against",
        "mitigation_steps.whose", "mitigation_steps.happened_on", "mitigation_steps.ground", "mitigation_steps.clock",
        "mitigation_steps.runs_from", "mitigation_steps.instrument_sha256",
        "threat_assessments.level", "needs.kind",
        "submissions.language", "submissions.decision",
        "submission_files.file_key", "submission_files.original_sha256",
    }
)  # fmt: skip


@dataclass
class Planted:
    """What was planted where, and the rows of it.

    report    the reference of the case of a public report
    chips     of this case and of another of the same officer
    inside    the reference of a case of somebody still inside the group
    canaries  "table.column" -> the canary that only that field holds
    rows      table -> the row that holds its canaries
    """

    reference: str = ""
    submission: str = ""
    report: str = ""
    inside: str = ""
    chips: tuple[str, str] = ("", "")
    canaries: dict[str, str] = field(default_factory=dict)
    rows: dict[str, UUID] = field(default_factory=dict)

    def mark(self, world: World, name: str) -> str:
        self.canaries[name] = world.canary()
        return self.canaries[name]

    def of(self, *names: str) -> set[str]:
        """The canaries of whole tables."""
        return {canary for name, canary in self.canaries.items() if name.split(".")[0] in names}


def plant(world: World) -> Planted:
    """The case, built through the office as its people would, a canary in each field."""
    planted: Planted = world.begin("planted", _plant)
    return planted


def _plant(world: World) -> Planted:
    planted = Planted(reference=world.case())

    def marks(table: str, *columns: str) -> dict[str, str]:
        return {column: planted.mark(world, f"{table}.{column}") for column in columns}

    _who(world, planted, marks("persons", "legal_name", "name_arabic", "aliases", "birth_date"))
    planted.rows["identity_documents"] = world.document(
        planted.reference, **marks("identity_documents", "number", "issuer")
    )
    planted.rows["contact_channels"] = world.contact(
        planted.reference, **marks("contact_channels", "address", "safe_hours", "opening_words", "who_must_not_know")
    )
    planted.rows["approaches"] = world.approach(planted.reference)
    claimed = marks("identity_claims", "name_parts", "birth_date", "source")
    planted.rows["identity_claims"] = world.claim(
        planted.reference, source=claimed["source"], latin={"given": claimed["name_parts"]},
        birth_date={"precision": "SEASON", "words": claimed["birth_date"]},
    )  # fmt: skip
    planted.rows["same_person_findings"] = world.same_person(
        planted.reference, **marks("same_person_findings", "reasons")
    )
    known = marks("interpreters", "dialects", "origin", "ties", "vetting")
    planted.rows["interpreters"], code = world.interpreter(**known)
    told = marks("testimonies", "own_words", "counsel", "frame") | marks("segments", "text")
    _account(world, planted, told | marks("drafts", "words") | {"code": code})
    _after_the_session(world, planted, marks("rescues", "words"))
    given = marks("consents", "conditions", "capacity")
    planted.rows["consents"] = world.consents(
        planted.reference, "T3", conditions=given["conditions"], best_interest=given["capacity"]
    )[0].id
    _beside(world, planted, marks)
    sent = marks("submissions", "account", "contact") | marks("submission_files", "file_name", "media_type")
    _through_the_portal(world, planted, sent)
    file = marks("attachments", "file_name", "media_type")
    planted.rows["attachments"] = world.attach(planted.reference, b"bytes", file["file_name"], file["media_type"])
    planted.rows["custody_events"] = world.custody(
        planted.rows["attachments"], **marks("custody_events", "from_whom", "to_whom", "why")
    )
    planted.rows["security_keys"] = added(world, "intake").row
    world.hand_to_legal(planted.reference)
    world.hand_to_protection(planted.reference)
    _afterwards(world, planted, marks)
    _in_public(world, planted, marks("public_reports", "source_title", "source_url", "nationality"))
    return planted


def fields_of(table: str) -> tuple[str, ...]:
    """The fields of a table that can be asked for."""
    shown = set(sealed_columns(tables()[table])) - set(getattr(tables()[table], "never_shown", ()))
    return tuple(sorted(shown))


def sealed_fields() -> set[str]:
    """Every sealed field the product has."""
    return {
        f"{name}.{column}"
        for name, table in tables().items()
        if issubclass(table, CaseRow | EnvelopeRow)
        for column in sealed_columns(table)
    }


def file_of(world: World, submission: UUID) -> UUID:
    """The row of a submission's file."""
    wanted = select(SubmissionFile.id).where(SubmissionFile.submission_id == submission)
    found: UUID = world.office.housekeep(lambda session: session.scalars(wanted).one())
    return found


def _who(world: World, planted: Planted, marks: dict[str, str]) -> None:
    given: dict[str, Any] = {
        "legal_name": marks["legal_name"], "name_arabic": marks["name_arabic"], "aliases": (marks["aliases"],),
        "birth_date": {"precision": "SEASON", "words": marks["birth_date"]},
    }  # fmt: skip
    planted.rows["persons"] = world.person(planted.reference, **given).id


def _account(world: World, planted: Planted, marks: dict[str, str]) -> None:
    testimony = world.testimony(planted.reference, upto="TRIAGED")
    limits = forms.ExplainLimits(statement_version="2026-10", language="ar", own_words=marks["own_words"])
    world.do("intake", testimonies.explain_limits, limits, subject=testimony)
    world.consents(planted.reference, "T1", "T2")
    world.do(
        "intake", testimonies.ready,
        forms.MakeReady(counsel="DECLINED", counsel_reason=marks["counsel"]), subject=testimony,
    )  # fmt: skip
    start = forms.StartSession(
        place="OFFICE",
        custody_status="FREE",
        guard_present=False,
        why_again=marks["frame"],
        interpreter_code=marks["code"],
    )
    world.do("intake", testimonies.start_session, start, subject=testimony)
    account = forms.RecordAccount(language="ar", segments=(forms.Passage(text=marks["text"]),))
    recorded = world.do("intake", testimonies.record, account, subject=testimony)
    planted.rows["testimonies"], planted.rows["segments"] = testimony, recorded.segments[0]
    nobody = safety.Safety(in_danger=False, found_out=False, others=False, hurt=False)
    planted.rows["safety_answers"] = world.do("intake", safety.record, nobody, subject=testimony).id
    typed = {"text": (marks["words"],)}
    saved = drafts.SaveDraft(step="SESSION", testimony=testimony, fields=drafts.written(typed))
    planted.rows["drafts"] = world.do("intake", drafts.save, saved, subject=planted.reference).id


def _after_the_session(world: World, planted: Planted, marks: dict[str, str]) -> None:
    """What the officer sent when a session had ended."""
    me = world["intake"]
    assert me.actor.id is not None
    assert me.keyring is not None
    text = drafts.SaveDraft(
        step="READ_BACK", testimony=planted.rows["testimonies"], fields=drafts.written({"text": (marks["words"],)})
    )  # fmt: skip
    form = drafts.RescueDraft(user_id=me.actor.id, holder=me.keyring.holder, draft=text)
    world.office.perform(Caller.service("signin"), drafts.rescue, form)
    (planted.rows["rescues"],) = world.office.ask(me, drafts.waiting)


def _through_the_portal(world: World, planted: Planted, marks: dict[str, str]) -> None:
    assert world.files is not None
    with world.files.receive(b"k" * 32) as incoming:
        incoming.write(b"bytes of a file")
        kept = incoming.finish()
    file = ReceivedFile(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, key=b"k" * 32,
        file_name=marks["file_name"], media_type=marks["media_type"],
    )  # fmt: skip
    _, planted.submission = world.submit(marks["account"], contact=marks["contact"], files=(file,))
    waiting = world.office.ask(world["intake"], queries.queue)
    planted.rows["submissions"] = next(line.id for line in waiting if line.reference == planted.submission)
    planted.rows["submission_files"] = file_of(world, planted.rows["submissions"])
    world.do("intake", intake.triage, Triage(decision="INTERVIEW"), subject=planted.submission)
    world.do("intake", intake.link, Link(case=planted.reference), subject=planted.submission)


def _beside(world: World, planted: Planted, marks: Any) -> None:
    """What was told elsewhere, what stands beside the passage, what happened in the session, who heard it."""
    rows, account = planted.rows, planted.rows["testimonies"]
    rows["prior_accounts"] = world.told_before(planted.reference, **marks("prior_accounts", "said_on", "account"))
    rows["mentions"] = world.mention(planted.reference, **marks("mentions", "name"))
    other = world.case()
    world.mention(other)
    planted.chips = (world.chip(planted.reference), world.chip(other))
    correction = marks("segment_versions", "text", "reason")
    rows["segment_versions"] = world.amend(account, rows["segments"], **correction)
    claim = marks("claims", "proposition", "method", "sources")
    rows["claims"] = world.claimed(
        planted.reference, segment=rows["segments"], proposition=claim["proposition"], method=claim["method"],
        outside=(claim["sources"],),
    )  # fmt: skip
    rows["read_backs"] = world.read_back(account, answer="REFUSED", **marks("read_backs", "reason"))
    found = marks("session_events", "words")["words"]
    world.report_interpreter(account, words=found)
    rows["session_events"] = world.row("intake", planted.reference, "session_events")
    rows["exposure_events"] = world.row("intake", planted.reference, "exposure_events")
    rows["protocols"] = world.protocol()
    told = marks("protocol_answers", "answer")["answer"]
    world.answers(account, rows["protocols"], next_talk=told)
    rows["protocol_answers"] = world.row("intake", planted.reference, "protocol_answers")
    begun = world.testimony(planted.reference, upto="TRIAGED")
    rows["paper_sessions"] = world.print_protocol(begun, **marks("paper_sessions", "carried_by"))


def _in_public(world: World, planted: Planted, marks: dict[str, str]) -> None:
    """A case of its own, by the officer who opened the other: what was printed is no part of a witness's case."""
    planted.report = world.case("intake", origin="PUBLIC_REPORT")
    planted.inside = world.case("intake", exit_stage="INSIDE", beside=world.members["protection"].code)
    planted.rows["codings"] = world.code_report(world.report(planted.report, by="intake"), "N1a", "N4c")
    # Not coded yet, so that somebody may.
    planted.rows["public_reports"] = world.report(planted.report, by="intake", **marks)


def _promised(world: World, planted: Planted, marks: Any) -> None:
    """A promise that was signed and revoked, what intake read out of it, and a passage made stricter."""
    reference, rows = planted.reference, planted.rows
    read_out = ("issuer", "proceedings", "conditions", "exceptions")
    given = marks("assurances", "basis", "instrument", "verified", "ended")
    both = marks("terms_of_use", *read_out)
    # What is read out stands in both: under legal's key, and under the account's.
    planted.canaries |= {f"assurances.{column}": both[column] for column in read_out}
    rows["assurances"] = world.drafted(reference, basis=given["basis"], instrument=given["instrument"], **both)
    world.signed(rows["assurances"], verified=given["verified"])
    world.revoked(rows["assurances"], words=given["ended"])
    rows["terms_of_use"] = world.row("legal", reference, "terms_of_use")
    rows["use_restrictions"] = world.tightened(rows["segments"], **marks("use_restrictions", "reason"))


def _afterwards(world: World, planted: Planted, marks: Any) -> None:
    reference, rows = planted.reference, planted.rows
    said = marks("mitigation_factors", "reasons", "contrary_evidence")
    rows["mitigation_assessments"] = world.proposed(reference, **said)
    asked = marks("second_readings", "words")["words"]
    world.sent_back(rows["mitigation_assessments"], reference, asked)
    for table in ("mitigation_factors", "second_readings"):
        rows[table] = world.row("legal", reference, table)
    _promised(world, planted, marks)
    # Nothing was signed by two, so it stands where it began: a day runs from what the witness declared.
    step = marks("mitigation_steps", "authority", "reason", "instrument")
    today = clock.now().date()
    rows["mitigation_steps"] = world.stepped(reference, "NOT_RAISED", clock="FULL_ACCOUNT", runs_from=today, **step)
    rows["threat_assessments"] = world.threat(
        reference, **marks("threat_assessments", "fear_in_own_words", "findings", "measures")
    )
    rows["residences"] = world.residence(reference, **marks("residences", "place", "since", "who_knows"))
    rows["needs"] = world.need(reference, **marks("needs", "words"))
    rows["escalations"] = world.missed(reference)
    check_in = marks("check_ins", "agreed_word", "outcome")
    rows["check_ins"] = world.check_in(reference, agreed_word=check_in["agreed_word"])
    settled = SettleCheckIn(state="MET_OK", outcome=check_in["outcome"])
    world.do("protection", protection.settle_check_in, settled, subject=rows["check_ins"])
    handoff = SendHandoff(kind="SAFETY", to_team="protection", words=marks("handoffs", "words")["words"])
    rows["handoffs"] = world.do("intake", cases.send, handoff, subject=reference).id
    world.open(
        "legal", testimonies.open_segment, rows["segments"], "text",
        justification="DEMAND", words=marks("justifications", "words")["words"],
    )  # fmt: skip
    rows["justifications"] = world.row("legal", reference, "justifications")
    reason = BeginVisit(justification=Justification.WITNESS_REQUEST)
    rows["visits"] = world.do("intake", cases.visit, reason, subject=reference).id
    code = world.members["narrative-lead"].code
    release = GiveGrant(user=code, compartments=frozenset({"RELEASE"}))
    world.do("intake", cases.give, release, subject=reference)
    rows["shifts"] = world.on_duty("protection")
    rows["break_glasses"] = world.break_glass(reference)
    rows["inquiries"] = world.inquiry("intake")
    rows["kept_filters"] = world.do("auditor", keeping.keep, KeepFilter(refused=True)).id
    rows["grants"] = world.show("intake", reference).grants[0].id
    rows["retention_choices"] = world.retention(reference, **marks("retention_choices", "custodian"))
    rows["holds"] = world.hold(reference, by="legal")
    rows["proposals"] = world.do("legal", erasing.propose_lift, subject=rows["holds"]).id
    rows["takeovers"], rows["takeover_cases"] = world.take_over("intake", "intake-lead", by="intake")
    rows["conflicts"] = world.apart(reference, "administrator", by="intake-lead")
