"""Taking an account: each step by an intake officer who holds it, in its order, and sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app.cases import queries
from app.errors import Conflict
from app.testimonies import actions as testimonies
from app.testimonies.forms import (
    BeginTestimony,
    ExplainLimits,
    MakeReady,
    MoveOn,
    Passage,
    RecordAccount,
    StartSession,
)
from app.testimonies.rules import SegmentClass
from app.work import Action, Form
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, with_an_onlooker
from tests.world import World

LIMITS = ExplainLimits(statement_version="2026-10", language="ar", own_words="I can stop")
READY = MakeReady(counsel="OFFERED")
SESSION = StartSession(place="OFFICE", custody_status="FREE", guard_present=False, why_again="To tell it whole.")
ACCOUNT = RecordAccount(language="ar", segments=(Passage(text="words"),))
# Each step that is taken once (test_read_back.py has the other): the state it needs, the action, its form.
STEPS: list[tuple[str, Action, Form]] = [
    ("TRIAGED", testimonies.explain_limits, LIMITS),
    ("LIMITS_EXPLAINED", testimonies.ready, READY),
    ("READY", testimonies.start_session, SESSION),
    ("IN_SESSION", testimonies.record, ACCOUNT),
    ("READ_BACK", testimonies.move, MoveOn(to="SEGMENTED")),
    ("SEGMENTED", testimonies.move, MoveOn(to="SEALED")),
]


@pytest.mark.parametrize(("state", "action", "form"), STEPS, ids=[f"{a.name}-{s}" for s, a, _ in STEPS])
def test_each_step_is_for_intake_with_the_account_in_hand(
    world: World, log: Log, state: str, action: Action, form: Form
) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference, upto=state)
    world.consents(reference, "T1")
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    world.invite("another", roles=("intake_officer",))

    climb(
        world, log, action,
        Rung("another", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        # The lawyers hold the very same key, and read; they do not take accounts.
        Rung("legal", "denied", "no-rule"),
        Rung("legal-lead", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        # The same step twice: the state has moved on.
        Rung("intake", "conflict", "none"),
        form=form, subject=testimony,
    )  # fmt: skip


def test_only_intake_with_the_account_in_hand_begins_one(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_legal(reference)

    climb(
        world, log, testimonies.begin,
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("protection-lead", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=BeginTestimony(), subject=reference,
    )  # fmt: skip


@pytest.mark.abuse("F06")
@pytest.mark.parametrize("state", ["TRIAGED", "LIMITS_EXPLAINED", "READY", "IN_SESSION", "RECORDED", "SEALED"])
def test_a_step_out_of_its_order_is_refused_and_changes_nothing(world: World, log: Log, state: str) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto=state)
    world.consents(reference, "T1")

    for right, action, form in STEPS:
        if right != state:
            climb(world, log, action, Rung("intake", "conflict", "none"), form=form, subject=testimony)

    assert _state(world, testimony) == state


@pytest.mark.abuse("F06")
@pytest.mark.parametrize(("state", "action", "form"), STEPS, ids=[f"{a.name}-{s}" for s, a, _ in STEPS])
def test_a_closed_case_takes_no_further_step(
    world: World, log: Log, database: Database, state: str, action: Action, form: Form
) -> None:
    testimony = world.testimony(world.case(), upto=state)
    world.consents(_case_of(world, testimony), "T1")
    close_every_case(database)

    climb(world, log, action, Rung("intake", "conflict", "none"), form=form, subject=testimony)
    climb(
        world, log, testimonies.begin, Rung("intake", "conflict", "none"),
        form=BeginTestimony(), subject=_case_of(world, testimony),
    )  # fmt: skip


@pytest.mark.abuse("F06")
def test_a_session_begins_with_its_frame_and_not_by_a_stale_form(world: World, log: Log) -> None:
    """Place, custody and who else was there are asked before the first question, every time."""
    testimony = world.testimony(world.case(), upto="READY")

    climb(
        world, log, testimonies.move, Rung("intake", "conflict", "none"),
        form=MoveOn(to="IN_SESSION"), subject=testimony,
    )  # fmt: skip


def test_a_session_pauses_and_goes_on(world: World) -> None:
    testimony = world.testimony(world.case(), upto="IN_SESSION")

    for state in ("PAUSED", "IN_SESSION"):
        form: Any = MoveOn.model_validate({"to": state})
        assert world.do("intake", testimonies.move, form, subject=testimony).state == state


@pytest.mark.domain("D43")
@pytest.mark.parametrize("given", [(), ("T0", "T2", "T3")])
def test_nothing_is_asked_before_care_was_agreed_to(world: World, given: tuple[str, ...]) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="LIMITS_EXPLAINED")
    world.consents(reference, *given)

    with pytest.raises(Conflict):
        world.do("intake", testimonies.ready, READY, subject=testimony)


@pytest.mark.domain("D43")
def test_nothing_is_asked_when_care_was_refused_or_withdrawn(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="LIMITS_EXPLAINED")
    world.consents(reference, "T1", granted=False)
    with pytest.raises(Conflict):
        world.do("intake", testimonies.ready, READY, subject=testimony)

    (given,) = world.consents(reference, "T1")
    world.do("intake", testimonies.withdraw, subject=given.id)
    with pytest.raises(Conflict):
        world.do("intake", testimonies.ready, READY, subject=testimony)


def test_the_newest_of_many_consents_counts(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="LIMITS_EXPLAINED")
    for _ in range(26):
        world.consents(reference, "T1", "T2", granted=False)
    world.consents(reference, "T1")

    assert world.do("intake", testimonies.ready, READY, subject=testimony).state == "READY"


@pytest.mark.domain("D43")
def test_with_no_promise_on_file_an_admission_cannot_be_saved(world: World, log: Log) -> None:
    reference, canary = world.case(), world.canary()
    testimony = world.testimony(reference, upto="IN_SESSION")
    form = RecordAccount(
        language="ar",
        segments=(Passage(text="one"), Passage(text=canary, classes=frozenset({SegmentClass.SELF_INCRIMINATING}))),
    )

    climb(world, log, testimonies.record, Rung("intake", "conflict", "none"), form=form, subject=testimony)

    # Not the admission, and not the passage before it either.
    assert "segments" not in {line.table for line in world.show("intake", reference).records}
    assert _state(world, testimony) == "IN_SESSION"


def test_nobody_declares_that_a_promise_is_on_file(world: World, log: Log) -> None:
    reference = world.case()
    form = BeginTestimony(admissions=True)

    climb(world, log, testimonies.begin, Rung("intake", "conflict", "none"), form=form, subject=reference)

    assert "testimonies" not in {line.table for line in world.show("intake", reference).records}


def test_after_a_withdrawal_in_a_break_the_conversation_does_not_go_on(world: World, log: Log) -> None:
    """It did: only the words that were told then were refused, when they had been told."""
    reference = world.case()
    testimony = world.testimony(reference, upto="IN_SESSION")
    world.do("intake", testimonies.move, MoveOn(to="PAUSED"), subject=testimony)
    (again,) = world.consents(reference, "T1")
    world.do("intake", testimonies.withdraw, subject=again.id)
    on = MoveOn(to="IN_SESSION")

    climb(world, log, testimonies.move, Rung("intake", "conflict", "none"), form=on, subject=testimony)

    world.consents(reference, "T1")
    climb(world, log, testimonies.move, Rung("intake", "done", "intake-takes-accounts"), form=on, subject=testimony)


def test_a_second_frame_is_not_written_over_the_first(world: World, log: Log) -> None:
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    world.do("intake", testimonies.move, MoveOn(to="PAUSED"), subject=testimony)
    form = StartSession(place="HOSPITAL", custody_status="FREE", guard_present=False)

    climb(world, log, testimonies.start_session, Rung("intake", "conflict", "none"), form=form, subject=testimony)

    world.do("intake", testimonies.move, MoveOn(to="IN_SESSION"), subject=testimony)
    seen = world.open("intake", testimonies.open_testimony, testimony, "frame", justification="WITNESS_REQUEST")
    assert "OFFICE" in str(seen["frame"])


def test_passages_are_numbered_and_kept_byte_for_byte(world: World, log: Log) -> None:
    given = ("  first\r\n", "e\u0301 \u00e9", "النص العربي", world.canary(), "\u202e\U0001f54a")
    reference = world.case()
    world.testimony(reference, segments=tuple(Passage(text=text) for text in given))
    lines = [line for line in world.show("intake", reference).records if line.table == "segments"]

    seen = [
        world.open("intake", testimonies.open_segment, line.id, "text", justification="WITNESS_REQUEST")["text"]
        for line in sorted(lines, key=lambda line: int(line.clear["number"]))
    ]

    assert tuple(seen) == given


def test_a_lawyer_is_declined_only_with_the_reason_given() -> None:
    with pytest.raises(ValidationError):
        MakeReady(counsel="DECLINED")
    assert MakeReady(counsel="DECLINED", counsel_reason="no trust in them").counsel_reason


@pytest.mark.parametrize(
    ("form", "given"),
    [
        (ExplainLimits, {"statement_version": "latest", "language": "ar", "own_words": "yes"}),
        (ExplainLimits, {"statement_version": "2026-10", "language": "ar", "own_words": ""}),
        (StartSession, {"place": "12 Main Street", "custody_status": "FREE", "guard_present": False}),
        (RecordAccount, {"language": "ar", "segments": ()}),
        (RecordAccount, {"language": "ar", "segments": ({"text": "x"},) * 201}),
        (RecordAccount, {"language": "ar", "segments": ({"text": "x", "classes": ("LIE",)},)}),
        (MoveOn, {"to": "DESTROYED"}),
        (MoveOn, {"to": "READY"}),
        (MoveOn, {"to": "RECORDED"}),
    ],
)
def test_a_step_asks_for_what_it_needs_and_for_nothing_else(form: type[Form], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form.model_validate(given)


def _state(world: World, testimony: UUID) -> str:
    reference = _case_of(world, testimony)
    lines = world.show("intake", reference).records
    return next(line.clear["state"] for line in lines if line.id == testimony)


def _case_of(world: World, testimony: UUID) -> str:
    for case in world.office.ask(world["intake"], queries.cases):
        if any(line.id == testimony for line in world.show("intake", case.reference).records):
            return str(case.reference)
    raise AssertionError("no case of this testimony")
