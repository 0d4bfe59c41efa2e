"""What was passed on waits in a queue until it was read and filed, and then no longer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import SendHandoff
from app.cases.models import Handoff, HandoffState
from app.errors import Conflict, NotFound
from tests.conftest import Clock
from tests.ladder import Log, Rung, climb, opening
from tests.world import World


def pass_on(world: World, reference: str, kind: Any = "NEED", words: str = "winter shoes") -> UUID:
    form = SendHandoff(kind=kind, to_team="protection", words=words)
    sent: UUID = world.do("intake", cases.send, form, subject=reference).id
    return sent


def waiting(world: World, who: str = "protection", filed: bool = False) -> list[UUID]:
    return [line.id for line in world.office.ask(world[who], queries.handoffs, filed=filed)]


def test_the_queue_empties_when_what_was_passed_on_is_filed(world: World) -> None:
    sent = pass_on(world, world.case())
    assert (waiting(world), world.office.ask(world["protection"], queries.count_handoffs)) == ([sent], 1)

    world.open("protection", cases.open_handoff, sent, "words", justification="SAFETY")
    assert waiting(world) == [sent], "reading it is not filing it"
    world.do("protection", cases.file, subject=sent)

    assert (waiting(world), world.office.ask(world["protection"], queries.count_handoffs)) == ([], 0)
    assert waiting(world, filed=True) == [sent]


def test_what_may_mean_danger_comes_first_then_the_oldest(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    made = {}
    for kind in ("NEED", "BENEFIT", "THREAT", "SAFETY"):
        made[kind] = pass_on(world, reference, kind)
        standing_clock.move(minutes=1)

    assert waiting(world) == [made[kind] for kind in ("THREAT", "SAFETY", "NEED", "BENEFIT")]


def test_only_the_team_it_went_to_files_a_hand_off_and_only_when_it_was_read(world: World, log: Log) -> None:
    reference = world.whole_case()
    sent = pass_on(world, reference, "THREAT", world.canary())

    climb(
        world, log, cases.file,
        Rung("intake", "not_found", "none"),
        Rung("intake-lead", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("protection", "conflict", "none"),
        subject=sent,
    )  # fmt: skip
    world.do("protection", cases.open_handoff, opening("LIFE_AT_RISK"), subject=sent)
    log.fresh()
    climb(
        world, log, cases.file,
        Rung("protection-lead", "done", "team-files-handoffs"),
        Rung("protection", "conflict", "none"),
        subject=sent,
    )  # fmt: skip


def test_the_case_is_named_to_the_reader_and_to_nobody_before(world: World, log: Log) -> None:
    """A caseworker may be told of a case whose keys nobody has given them yet."""
    reference = world.case()
    sent = pass_on(world, reference, "SAFETY", world.canary())
    shown = world.office.ask(world["protection"], queries.show_handoff, sent)
    assert reference not in str(shown)

    opened = world.do("protection", cases.open_handoff, opening("SAFETY"), subject=sent)

    assert (opened.reference, opened.held) == (reference, ())
    with pytest.raises(NotFound):
        world.show("protection", reference)
    with pytest.raises(NotFound):
        world.office.ask(world["legal"], queries.show_handoff, sent)


def test_a_hand_off_is_read_again_without_becoming_new(standing_clock: Clock) -> None:
    at = [standing_clock.seconds, standing_clock.seconds]
    row = Handoff(state=HandoffState.SENT)
    moments: Any = at

    row.read(at=moments[0])
    row.file(at=moments[1])
    row.read(at=moments[0])

    assert (row.state, row.state_at) == (HandoffState.FILED, moments[1])
    with pytest.raises(Conflict):
        row.file(at=moments[0])


def test_another_teams_queue_is_the_same_with_and_without_it(world: World) -> None:
    def asked(who: str) -> tuple[Any, ...]:
        ask = world.office.ask
        return ask(world[who], queries.handoffs), ask(world[who], queries.count_handoffs)

    before = {who: asked(who) for who in ("intake", "legal", "auditor", "administrator")}
    pass_on(world, world.case())

    assert {who: asked(who) for who in before} == before
