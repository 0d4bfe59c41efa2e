"""Signs of unusual access and the draw: each counts what it says, leads to it, and can be switched off."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.audit.sequencer import Sequencer
from app.cases import queries as case_queries
from app.errors import CannotStart, Conflict, NotFound, Refusal
from app.oversight import actions as oversight
from app.oversight import signs
from app.oversight.forms import AskLog, LookedAt
from app.oversight.signs import Switch, Switches
from app.oversight.views import Sample, Sign, Stirred
from app.people import actions as people
from app.policy.engine import FOLDER
from app.pseudonyms import references
from app.testimonies import actions as testimonies
from tests.conftest import Clock
from tests.ladder import CANARY, Log, Rung, climb
from tests.world import World


def found(world: World) -> dict[str, Sign]:
    told: tuple[Sign, ...] = world.do("auditor", signs.signs)
    return {sign.name: sign for sign in told}


def listed(world: World, stirred: Stirred) -> int:
    return len(world.do("auditor", oversight.ask, AskLog.model_validate(stirred.asks)).entries)


def reveal(world: World, reference: str, login: str = "intake", **why: Any) -> None:
    row = world.row(login, reference, "persons")
    world.step_up(login, people.reveal, row)
    world.open(login, people.reveal, row, "legal_name", **(why or {"justification": "WITNESS_REQUEST"}))


def with_a_person(world: World) -> str:
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    return reference


@pytest.mark.parametrize("action", [signs.signs, signs.sample], ids=["signs", "sample"])
def test_signs_and_the_draw_are_for_auditors(world: World, log: Log, action: Any) -> None:
    climb(
        world, log, action,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "auditor"),
        Rung("anonymous", "denied", "no-rule"), Rung("auditor", "done", "auditor-reads-the-log"),
    )  # fmt: skip


def test_where_nothing_unusual_was_done_no_sign_lists_anybody(world: World) -> None:
    reveal(world, with_a_person(world))

    assert {name: sign.found for name, sign in found(world).items()} == dict.fromkeys(found(world), ())
    assert set(found(world)) == set(signs.FILTERS) | set(signs.SOUGHT)


def test_each_sign_leads_to_as_many_entries_as_it_counts(world: World, standing_clock: Clock) -> None:
    reference = with_a_person(world)
    world.testimony(reference)
    standing_clock.move(hours=10)
    world.sign_in("intake")
    reveal(world, reference)
    segment = world.row("intake", reference, "segments")
    world.open("intake", testimonies.open_segment, segment, "text", justification="WITNESS_REQUEST")
    world.sign_in("auditor")

    told = found(world)

    code = world.members["intake"].code
    assert {name for name, sign in told.items() if sign.found} == {"nights", "joined"}
    for name in ("nights", "joined"):
        (stirred,) = told[name].found
        assert (stirred.actor, stirred.case) == (code, None)
        assert listed(world, stirred) == stirred.number > 0
    assert CANARY not in str(told)


def test_references_asked_for_without_a_key_are_counted_once_each(world: World) -> None:
    world.invite("curious", roles=("intake_officer",))
    drawn = [references.draw() for _ in range(3)]

    def tries(reference: str) -> None:
        with pytest.raises(NotFound):
            world.office.ask(world["curious"], case_queries.show, reference)

    for _ in range(3):
        tries(drawn[0])
    assert found(world)["without_key"].found == ()
    tries(drawn[1])
    tries(drawn[2])

    (stirred,) = found(world)["without_key"].found
    assert (stirred.actor, stirred.number) == (world.members["curious"].code, 3)
    assert listed(world, stirred) == 5


def test_who_goes_on_looking_after_handing_a_case_over_is_listed_with_it(world: World, standing_clock: Clock) -> None:
    kept, given = with_a_person(world), with_a_person(world)
    reveal(world, given)
    standing_clock.move(seconds=1)
    world.hand_to_protection(given)
    standing_clock.move(seconds=1)
    reveal(world, kept)
    assert found(world)["after_hand_over"].found == ()

    reveal(world, given)

    (stirred,) = found(world)["after_hand_over"].found
    assert (stirred.actor, stirred.case, stirred.number) == (world.members["intake"].code, given, 1)
    assert listed(world, stirred) >= 1


def test_a_sign_that_is_switched_off_looks_for_nothing(
    world: World, standing_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = with_a_person(world)
    standing_clock.move(hours=10)
    world.sign_in("intake")
    reveal(world, reference)
    world.sign_in("auditor")
    assert found(world)["nights"].found, "the control: it is found while it is on"
    told = signs.switches()
    off = {**told.signs, "nights": Switch(on=False, days=7, least=1)}
    monkeypatch.setattr(signs, "switches", lambda: Switches(off, told.sample))

    assert (found(world)["nights"].on, found(world)["nights"].found) == (False, ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[signs.nights]", "[signs.noon]"),
        ("days = 7", "days = 0"),
        ("least = 3", 'least = "3"'),
        ("on = true", "off = true"),
    ],
    ids=["unknown", "zero", "text", "misspelt"],
)
def test_a_file_that_switches_what_nobody_knows_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "oversight.toml").read_text()
    (tmp_path / "oversight.toml").write_text(text.replace(old, new))

    with pytest.raises(CannotStart):
        signs.switches(tmp_path)


# the draw


def openings(world: World, count: int) -> None:
    reference = with_a_person(world)
    for _ in range(count):
        reveal(world, reference)


def drawn(world: World) -> Sample:
    told: Sample = world.do("auditor", signs.sample)
    return told


def test_the_same_checkpoint_draws_the_same_openings_and_anybody_can(
    world: World, standing_clock: Clock, sequencer: Sequencer
) -> None:
    openings(world, 14)
    sequencer.tick(sign_now=True)
    standing_clock.move(hours=7 * 24)
    for login in ("auditor", "intake"):
        world.sign_in(login)
    before = drawn(world)
    sequencer.tick(sign_now=True)
    first = drawn(world)
    world.do("auditor", oversight.ask, AskLog())
    sequencer.tick(sign_now=True)
    again = drawn(world)

    assert (before.size, before.drawn) == (None, ()), "while nothing was signed since, nothing is drawn"
    assert first.root is not None
    assert (first.of, len(first.drawn)) == (14, 10)
    assert [each.line.id for each in again.drawn] == [each.line.id for each in first.drawn]
    everything = world.do("auditor", oversight.ask, AskLog(action="person.reveal", outcome="done")).entries
    root = bytes.fromhex(first.root)
    mine = sorted(hashlib.sha256(root + (line.place or 0).to_bytes(8, "big")).digest() for line in everything)[:10]
    theirs = [hashlib.sha256(root + (each.line.place or 0).to_bytes(8, "big")).digest() for each in first.drawn]
    assert theirs == mine
    assert CANARY not in str(first)


def test_what_was_looked_at_is_told_by_its_entry(
    world: World, log: Log, standing_clock: Clock, sequencer: Sequencer
) -> None:
    openings(world, 2)
    standing_clock.move(hours=7 * 24)
    world.sign_in("auditor")
    sequencer.tick(sign_now=True)
    number = drawn(world).drawn[0].line.place
    assert number is not None
    form = LookedAt(number=number, finding="TO_ASK")

    climb(
        world, log, signs.looked_at,
        Rung("administrator", "denied", "no-rule"), Rung("intake", "denied", "no-rule"),
        Rung("anonymous", "denied", "no-rule"), Rung("auditor", "done", "auditor-reads-the-log"),
        Rung("auditor", "not_found", "none", form=LookedAt(number=99_999, finding="IN_ORDER")),
        Rung("auditor", "conflict", "none", form=LookedAt(number=0, finding="IN_ORDER")),
        form=form,
    )  # fmt: skip
    told = {each.line.place: (each.finding, each.looked_by) for each in drawn(world).drawn}

    assert told.pop(number) == ("TO_ASK", world.members["auditor"].code)
    assert set(told.values()) == {(None, None)}


def test_an_opening_of_another_week_is_not_drawn(world: World, standing_clock: Clock, sequencer: Sequencer) -> None:
    openings(world, 1)
    standing_clock.move(hours=14 * 24)
    world.sign_in("auditor")
    sequencer.tick(sign_now=True)

    assert drawn(world).of == 0
    assert drawn(world).last < clock.now().date().isoformat()
    with pytest.raises((Conflict, Refusal)):
        world.do("auditor", signs.looked_at, LookedAt(number=99_999, finding="IN_ORDER"))
