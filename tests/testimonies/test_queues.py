"""What is being taken, what remains, what was agreed: told in clear states, to those who hold the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.cases import actions as cases
from app.errors import NotFound, Unprocessable
from app.testimonies import queries
from app.testimonies.rules import NEXT, State, Step
from app.testimonies.views import Accounts, AccountView, TierLine
from tests.cases.canaries import plant
from tests.conftest import Clock
from tests.ladder import CANARY, grant, with_an_onlooker
from tests.world import World


def taken(world: World, login: str = "intake", **given: Any) -> Accounts:
    view: Accounts = world.office.ask(world[login], queries.accounts, **given)
    return view


def standing(view: AccountView) -> dict[str, str]:
    return {line.step: line.standing for line in view.steps}


def test_the_longest_waiting_stands_first_with_its_next_step(world: World, standing_clock: Clock) -> None:
    waiting = {}
    for upto in ("RECORDED", "TRIAGED", "READ_BACK"):
        reference = world.case()
        waiting[world.testimony(reference, upto=upto)] = reference
        standing_clock.move(minutes=5)

    listed = taken(world)

    assert listed.total == 3
    assert [line.id for line in listed.lines] == list(waiting)
    assert [line.reference for line in listed.lines] == list(waiting.values())
    assert [(line.state, line.step) for line in listed.lines] == [
        ("RECORDED", "READ_BACK"), ("TRIAGED", "LIMITS"), ("READ_BACK", "SEGMENTS"),
    ]  # fmt: skip
    assert [line.due and line.due - line.since for line in listed.lines] == [
        timedelta(days=14), None, timedelta(days=7),
    ]  # fmt: skip


def test_a_sealed_account_is_no_longer_under_way(world: World) -> None:
    world.testimony(world.case(), upto="SEALED")

    assert taken(world).total == 0


def test_the_list_is_narrowed_by_state_and_by_next_step(world: World) -> None:
    reference = world.case()
    rows = {upto: world.testimony(reference, upto=upto) for upto in ("TRIAGED", "READY", "RECORDED")}

    assert [line.id for line in taken(world, state="READY").lines] == [rows["READY"]]
    assert [line.id for line in taken(world, step="READ_BACK").lines] == [rows["RECORDED"]]
    assert taken(world, state="READY", step="READ_BACK").total == 0


@pytest.mark.parametrize("narrowed", [{"state": "SEALED"}, {"state": "' OR 1=1"}, {"step": "CONSENT"}, {"step": ""}])
def test_a_word_that_is_no_state_or_step_is_refused_and_not_an_empty_list(
    world: World, narrowed: dict[str, str]
) -> None:
    with pytest.raises(Unprocessable):
        taken(world, **narrowed)


@pytest.mark.abuse("E05")
def test_accounts_of_others_are_neither_listed_nor_counted(world: World) -> None:
    reference = with_an_onlooker(world)
    account = world.testimony(reference)
    world.invite("another", roles=("intake_officer",))

    for login in ("another", "legal", "protection-lead", "narrative-lead", "administrator", "auditor"):
        assert taken(world, login) == Accounts(0, ())
        for question, about in (
            (queries.show, account), (queries.of_case, reference), (queries.consents, reference),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                world.office.ask(world[login], question, about)
    assert taken(world).total == 1, "the control: its own officer"


def test_a_key_of_the_case_is_not_yet_a_key_of_the_account(world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    world.hand_to_protection(reference)
    assert "IDENTITY" in world.show("protection", reference).held

    for question in (queries.of_case, queries.consents):
        with pytest.raises(NotFound):
            world.office.ask(world["protection"], question, reference)


def test_legal_sees_how_far_an_account_is_once_it_holds_it(world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    world.do("intake", cases.give, grant(world, "legal", "TESTIMONY"), subject=reference)

    assert taken(world, "legal").total == 1
    assert len(world.office.ask(world["legal"], queries.of_case, reference).accounts) == 1


@pytest.mark.parametrize(
    ("upto", "now", "done"),
    [
        ("TRIAGED", {"LIMITS", "CONSENT"}, set()),
        ("LIMITS_EXPLAINED", {"CONSENT"}, {"LIMITS"}),
        ("READY", {"SESSION"}, {"LIMITS", "CONSENT", "READY"}),
        ("IN_SESSION", {"ACCOUNT"}, {"LIMITS", "CONSENT", "READY", "SESSION"}),
        ("RECORDED", {"READ_BACK"}, {"LIMITS", "CONSENT", "READY", "SESSION", "ACCOUNT"}),
        ("SEGMENTED", {"SEAL"}, set(Step) - {"SEAL"}),
        ("SEALED", set(), set(Step)),
    ],
)
def test_one_account_says_what_is_done_and_what_is_next(world: World, upto: str, now: set[str], done: set[str]) -> None:
    account = world.testimony(world.case(), upto=upto)

    steps = standing(world.office.ask(world["intake"], queries.show, account))

    assert list(steps) == list(Step)
    assert {step for step, stands in steps.items() if stands == "NOW"} == now
    assert {step for step, stands in steps.items() if stands == "DONE"} == done


def test_without_consent_the_account_is_not_made_ready(world: World) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="LIMITS_EXPLAINED")
    before = standing(world.office.ask(world["intake"], queries.show, account))

    world.consents(reference, "T1")

    assert (before["CONSENT"], before["READY"]) == ("NOW", "LATER")
    after = standing(world.office.ask(world["intake"], queries.show, account))
    assert (after["CONSENT"], after["READY"]) == ("DONE", "NOW")


def test_every_state_before_the_seal_waits_for_a_step() -> None:
    over = {"SEALED", "RETAINED", "STOPPED_BY_WITNESS", "VOIDED", "DISPUTED", "HANDED_OVER", "DESTROYED"}

    assert set(NEXT) == set(State) - over
    assert set(NEXT.values()) == set(Step) - {Step.CONSENT}


def test_each_tier_tells_its_newest_answer_and_which_were_never_asked(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.consents(reference, "T1", "T3")
    standing_clock.move(minutes=1)
    world.consents(reference, "T3", granted=False)

    tiers: dict[str, TierLine] = {
        line.tier: line for line in world.office.ask(world["intake"], queries.consents, reference)
    }

    assert list(tiers) == ["T0", "T1", "T2", "T3", "T4", "T5", "T6"]
    assert {tier: line.state for tier, line in tiers.items() if line.state != "NOT_ASKED"} == {
        "T1": "GRANTED", "T3": "REFUSED",
    }  # fmt: skip
    assert tiers["T1"].recorded_by == world.members["intake"].code
    assert (tiers["T2"].id, tiers["T2"].since) == (None, None)


def test_files_and_earlier_accounts_are_told_by_number_size_and_day(world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    world.attach(reference, b"x" * 10, "a.txt", "text/plain")
    world.attach(reference, b"y" * 20, "b.txt", "text/plain")

    view = world.office.ask(world["intake"], queries.of_case, reference)

    assert [(file.number, file.size_bytes, file.state) for file in view.files] == [(1, 10, "KEPT"), (2, 20, "KEPT")]
    assert (view.reference, len(view.accounts), view.prior) == (reference, 1, ())
    assert view.accounts[0].segments == 4


def test_no_question_says_a_word_of_what_was_told(world: World) -> None:
    planted = plant(world)
    asked = [
        taken(world),
        world.office.ask(world["intake"], queries.show, planted.rows["testimonies"]),
        world.office.ask(world["intake"], queries.of_case, planted.reference),
        world.office.ask(world["intake"], queries.consents, planted.reference),
    ]

    assert not any(CANARY in str(view) for view in asked)
    assert len(asked[2].prior) == 2
