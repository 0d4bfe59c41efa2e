"""Every code has a word on the pages, and every word a code."""

from __future__ import annotations

import pytest

from app.accounts.forms import Role
from app.accounts.models import AccountState
from app.audit.append import OPERATIONS
from app.cases import conflicts, glass, takeovers
from app.cases.ending import Choose
from app.cases.erasing import ProposeDestruction
from app.cases.forms import Compartment, SendHandoff
from app.cases.models import CaseState, HandoffState, Origin, Pathway, Retention
from app.cases.takeover_models import Passing
from app.cleaning import room, scanner
from app.db import sealed_columns, tables
from app.errors import Refusal
from app.intake.models import SubmissionState
from app.legal import queries as reviews
from app.legal.forms import Factor, WriteFactor
from app.narratives import queries as reports
from app.oversight import forms as log
from app.oversight import signs
from app.people.forms import About, ApproachCode, Basis, NameUse, PartKind, SettleSamePerson, StrongAttribute
from app.protection import queries as safety
from app.protection.forms import VALID_DAYS, RecordNeed
from app.protection.models import CheckInState
from app.testimonies.claims import AddClaim
from app.testimonies.forms import Fitness, Modality, RecordCustody, Right
from app.testimonies.read_back import ReadItBack
from app.testimonies.rules import ConsentState, DraftState, State
from app.testimonies.session_forms import Noted
from app.web import routes
from app.web.endings import SECONDS
from app.web.words import WORDS
from app.work import Form
from app.work.actions import ACTIONS, QUERIES
from app.work.forms import CITES, Justification

assert routes
_KINDS = [table for table in tables().values() if sealed_columns(table)]
_NEVER = {name for table in _KINDS for name in getattr(table, "never_shown", ())}


def _codes(form: type[Form], field: str) -> set[str]:
    return set(form.model_fields[field].annotation.__args__)  # type: ignore[union-attr]


CODES = {
    "action": {*ACTIONS, *QUERIES},
    "operation": OPERATIONS,
    "justification": set(Justification),
    "role": set(Role.__args__),  # type: ignore[attr-defined]
    "compartment": set(Compartment.__args__),  # type: ignore[attr-defined]
    "pathway": set(Pathway),
    "origin": set(Origin),
    "approach": set(ApproachCode.__args__),  # type: ignore[attr-defined]
    "about": set(About.__args__),  # type: ignore[attr-defined]
    "name_use": set(NameUse.__args__),  # type: ignore[attr-defined]
    "part": set(PartKind.__args__),  # type: ignore[attr-defined]
    "basis": set(Basis.__args__),  # type: ignore[attr-defined]
    "same_person": set(SettleSamePerson.model_fields["finding"].annotation.__args__),  # type: ignore[union-attr]
    "strong": set(StrongAttribute.__args__),  # type: ignore[attr-defined]
    "look_up_reason": {"INTAKE", "TRIAGE", "SAME_PERSON", "DEMAND"},
    "state": {
        *CaseState,
        *State,
        *ConsentState,
        *SubmissionState,
        *CheckInState,
        *AccountState,
        *HandoffState,
        *DraftState,
    },
    "standing": {*reviews.STANDINGS, *safety.DUE, *safety.LAPSED, *reports.STANDINGS, "LATER", "SETTLED"},
    "glass": {"OPEN", "TO_REVIEW", "OVERDUE", *glass.WHY},
    "glass_why": {code for codes in glass.WHY.values() for code in codes},
    "rung": {"1", "2"},
    "sign": set(signs.switches().signs),
    "sign_why": set(signs.switches().signs),
    "looked": _codes(log.LookedAt, "finding"),
    "inquiry": {"OPEN", "ASKED", "LATE", "ANSWERED", "CLOSED"},
    "inquiry_reason": _codes(log.OpenInquiry, "reason"),
    "inquiry_question": _codes(log.AskThem, "question"),
    "inquiry_answer": _codes(log.Explain, "answer"),
    "inquiry_outcome": _codes(log.CloseInquiry, "outcome"),
    "review": {"glass", "inquiry"},
    "conflict": set(conflicts.WHY),
    "passing": set(Passing),
    "takeover": {"LEAVING", "COVER"},
    "hindered": {*takeovers.HINDERED, "no-rule"},
    "factor": set(Factor.__args__),  # type: ignore[attr-defined]
    "finding": set(WriteFactor.model_fields["finding"].annotation.__args__),  # type: ignore[union-attr]
    "level": set(VALID_DAYS),
    "need": set(RecordNeed.model_fields["kind"].annotation.__args__),  # type: ignore[union-attr]
    "passed": set(SendHandoff.model_fields["kind"].annotation.__args__),  # type: ignore[union-attr]
    "not_cleaned": {*room.REASONS, "FLAGGED"},
    "scan": set(scanner.STATES),
    "modality": set(Modality.__args__),  # type: ignore[attr-defined]
    "right": set(Right.__args__),  # type: ignore[attr-defined]
    "fitness": set(Fitness.__args__),  # type: ignore[attr-defined]
    "noted": set(Noted.__args__),  # type: ignore[attr-defined]
    "custody_given": set(RecordCustody.model_fields["kind"].annotation.__args__),  # type: ignore[union-attr]
    "verification": set(AddClaim.model_fields["verification"].annotation.__args__),  # type: ignore[union-attr]
    "source_grade": set(AddClaim.model_fields["source_grade"].annotation.__args__),  # type: ignore[union-attr]
    "information_grade": set(AddClaim.model_fields["information_grade"].annotation.__args__),  # type: ignore[union-attr]
    "read_back": set(ReadItBack.model_fields["answer"].annotation.__args__),  # type: ignore[union-attr]
    "retention": set(Retention),
    "proposal": set(SECONDS),
    "offered": set(ProposeDestruction.model_fields["offered"].annotation.__args__),  # type: ignore[union-attr]
    "how_given": set(Choose.model_fields["how_given"].annotation.__args__),  # type: ignore[union-attr]
    "seal": set(RecordCustody.model_fields["seal"].annotation.__args__),  # type: ignore[union-attr]
    "table": {table.__tablename__ for table in _KINDS} | {name for names in CITES.values() for name in names},
    "field": {name for table in _KINDS for name in sealed_columns(table)} - _NEVER,
}


@pytest.mark.parametrize("table", sorted(CODES))
def test_every_code_has_a_word(table: str) -> None:
    assert sorted(str(code) for code in CODES[table]) == sorted(CODES[table] & set(WORDS[table]))


def test_a_page_offers_how_a_wish_was_given_as_its_form_takes_it() -> None:
    assert set(WORDS["how_given"]) == CODES["how_given"]


def test_every_refusal_that_the_log_can_name_has_a_word() -> None:
    def kinds(kind: type[Refusal]) -> list[type[Refusal]]:
        return [each for child in kind.__subclasses__() for each in (child, *kinds(child))]

    at_the_edge = {"request.malformed", "csrf", "method", "too_slow", "path.too_long", "type", "range.none"}
    on_the_command_line = {"share.bad", "share.none"}
    codes = {kind.code for kind in kinds(Refusal)} - at_the_edge - on_the_command_line
    assert codes <= set(WORDS["outcome"])


def test_no_word_stands_without_a_code() -> None:
    assert set(WORDS["action"]) <= {*ACTIONS, *QUERIES}
