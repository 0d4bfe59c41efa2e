"""What a witness says when their account is read to them: kept as it is given, a refusal like a signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.cases import actions as cases
from app.cases.forms import RevokeGrant
from app.errors import Conflict
from app.testimonies import actions, sessions
from app.testimonies import read_back as readings
from app.testimonies.forms import MoveOn, Passage
from app.testimonies.read_back import ReadItBack
from app.testimonies.session_forms import Undertake
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, opening, with_an_onlooker
from tests.testimonies.test_versions import read
from tests.world import World


def answer(**given: Any) -> ReadItBack:
    return ReadItBack(**{"reader": "P-1", "language": "ar", "answer": "SIGNED", **given})


def told(world: World, testimony: UUID) -> list[tuple[str, ...]]:
    view = read(world, testimony)
    return [
        tuple("" if value is None else value.read() for value in (row.reader, row.language, row.answer, row.reason))
        for row in view.read_backs
    ]


def test_it_is_for_intake_with_the_account_in_hand(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference)
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)

    climb(
        world, log, readings.read_back,
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=answer(answer="REFUSED", reason=world.canary()), subject=testimony,
    )  # fmt: skip


def test_a_refusal_is_kept_with_its_reason_and_hides_nothing(world: World, log: Log) -> None:
    reference, why = world.case(), world.canary()
    testimony = world.testimony(reference, segments=(Passage(text="I went"),))

    world.read_back(testimony, answer="REFUSED", reason=why, reader="P-1", language="fr")

    view = read(world, testimony)
    assert told(world, testimony) == [("P-1", "fr", "REFUSED", why)]
    assert [passage.text.read() for passage in view.passages if passage.text] == ["I went"]
    assert view.state == "READ_BACK"


def test_asked_again_the_answers_stand_in_a_row_until_the_seal(world: World, log: Log) -> None:
    testimony = world.testimony(world.case())
    world.read_back(testimony, answer="REFUSED", reason="not today")
    world.read_back(testimony, answer="BY_WORD")
    world.do("intake", actions.move, MoveOn(to="SEGMENTED"), subject=testimony)
    world.read_back(testimony, answer="SIGNED", reader="P-2")
    assert read(world, testimony).state == "SEGMENTED"
    world.do("intake", actions.move, MoveOn(to="SEALED"), subject=testimony)

    climb(world, log, readings.read_back, Rung("intake", "conflict", "none"), form=answer(), subject=testimony)
    assert [row[2] for row in told(world, testimony)] == ["REFUSED", "BY_WORD", "SIGNED"]


def test_a_closed_case_is_read_back_no_more(world: World, log: Log, database: Database) -> None:
    testimony = world.testimony(world.case())
    close_every_case(database)

    climb(world, log, readings.read_back, Rung("intake", "conflict", "none"), form=answer(), subject=testimony)


def test_before_anything_is_said_there_is_nothing_to_read_back(world: World, log: Log) -> None:
    testimony = world.testimony(world.case(), upto="IN_SESSION")

    climb(world, log, readings.read_back, Rung("intake", "conflict", "none"), form=answer(), subject=testimony)


@pytest.mark.parametrize(("given", "reason"), [("REFUSED", None), ("SIGNED", "why"), ("BY_WORD", "why")])
def test_a_refusal_has_its_reason_and_nothing_else_has(world: World, given: str, reason: str | None) -> None:
    testimony = world.testimony(world.case())

    with pytest.raises(Conflict):
        world.do("intake", readings.read_back, answer(answer=given, reason=reason), subject=testimony)
    assert read(world, testimony).state == "RECORDED"


def test_an_interpreter_who_reads_it_back_is_of_the_register_bound_and_a_stranger(world: World, log: Log) -> None:
    _, found = world.interpreter()
    row, bound = world.interpreter()
    testimony = world.testimony(world.case(), interpreter=found)
    world.report_interpreter(testimony)

    climb(
        world, log, readings.read_back,
        Rung("intake", "conflict", "none", form=answer(reader="I-3333")),
        Rung("intake", "conflict", "none", form=answer(reader=found)),
        Rung("intake", "done", "intake-takes-accounts", form=answer(reader=bound)),
        subject=testimony,
    )  # fmt: skip
    over = Undertake(undertaking_until=clock.now().date() - timedelta(days=1))
    world.do("intake", sessions.undertake, over, subject=row)
    climb(
        world, log, readings.read_back, Rung("intake", "conflict", "none"),
        form=answer(reader=bound), subject=testimony,
    )  # fmt: skip


def test_one_answer_is_opened_by_who_may_read_the_account(world: World, log: Log) -> None:
    reference, why = with_an_onlooker(world), world.canary()
    testimony = world.testimony(reference)
    row = world.read_back(testimony, answer="REFUSED", reason=why)
    world.hand_to_protection(reference)

    opened = climb(
        world, log, readings.open_read_back,
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", "reason")),
        Rung("intake", "done", "intake-reads-accounts"),
        form=opening("WITNESS_REQUEST", "reason"), subject=row,
    )  # fmt: skip
    assert opened.values["reason"].read() == why


def test_an_answer_outlives_the_key_it_was_sealed_with(world: World) -> None:
    """Taking a grant back seals every row again: no row of this table may be one that cannot be."""
    reference = world.case()
    testimony = world.testimony(reference)
    world.read_back(testimony, answer="REFUSED", reason="not like this")
    before = told(world, testimony)

    lead = RevokeGrant(user=world.members["intake-lead"].code, compartments=frozenset({"TESTIMONY"}))
    world.do("intake", cases.revoke, lead, subject=reference)

    assert told(world, testimony) == before
