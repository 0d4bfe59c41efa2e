"""Consent in the browser, tier by tier: asked, kept as given, withdrawn in the moment it is said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.testimonies import queries
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, Forms, arrived
from tests.world import World

ANSWER: dict[str, Any] = {
    "granted": "yes", "language": "ar", "how_given": "SPOKEN", "custody_status": "FREE", "guard_present": "no",
}  # fmt: skip


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def answers(world: World, reference: str) -> dict[str, str]:
    lines: Any = world.office.ask(world["intake"], queries.consents, reference)
    return {line.tier: line.state for line in lines if line.state != "NOT_ASKED"}


def test_each_tier_is_asked_by_itself(officer: Browser, world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()

    for tier, granted in (("T1", "yes"), ("T4", "no")):
        officer.get(f"/cases/{reference}/consent/{tier}")
        officer.submit(f"/cases/{reference}/consent/{tier}", **(ANSWER | {"granted": granted}))

    assert answers(world, reference) == {"T1": "GRANTED", "T4": "REFUSED"}
    assert [(said.action, said.codes["tier"]) for said in log.fresh()] == [
        ("consent.record", "T1"), ("consent.record", "T4"),
    ]  # fmt: skip
    page = re.sub(r"\s+", " ", Forms(officer.get(f"/cases/{reference}/consent").text).text)
    assert page.count("Not asked yet") == 5


@pytest.mark.parametrize("changed", [{"guard_present": "yes"}, {"custody_status": "CAMP"}])
def test_a_yes_that_is_not_free_is_refused_and_everything_typed_stays(
    officer: Browser, world: World, changed: dict[str, Any]
) -> None:
    reference = world.case()
    officer.get(f"/cases/{reference}/consent/T2")

    again = officer.submit(f"/cases/{reference}/consent/T2", **(ANSWER | changed), conditions="only after the trial")

    assert again.status_code == 409
    assert "is not free" in again.text
    assert "only after the trial" in again.text
    assert answers(world, reference) == {}


def test_an_answer_left_out_is_told_beside_its_field(officer: Browser, world: World) -> None:
    reference = world.case()
    officer.get(f"/cases/{reference}/consent/T1")

    again = officer.submit(f"/cases/{reference}/consent/T1", granted="yes")

    assert again.status_code == 422
    for name in ("language", "how_given", "custody_status", "guard_present"):
        assert f'href="#{name}"' in again.text, name


@pytest.mark.parametrize("login", ["intake", "legal"])
def test_whoever_is_told_withdraws_it_at_once(staff_door: ASGIApp, world: World, log: Log, login: str) -> None:
    reference = world.case()
    world.consents(reference, "T4")
    world.testimony(reference, upto="TRIAGED")
    world.hand_to_legal(reference)
    browser = arrived(staff_door, world, login)
    assert f"/cases/{reference}/consent/T4/withdraw" in browser.get(f"/cases/{reference}/consent").text
    log.fresh()

    page = browser.get(f"/cases/{reference}/consent/T4/withdraw").text
    assert "cannot be called back" in page
    done = browser.submit(f"/cases/{reference}/consent/T4/withdraw")

    assert done.headers["location"] == f"/cases/{reference}/consent"
    assert answers(world, reference) == {"T4": "WITHDRAWN"}
    assert [said.action for said in log.fresh()] == ["consent.withdraw"]
    assert "nothing to withdraw" in browser.get(f"/cases/{reference}/consent/T4/withdraw").text


def test_legal_sees_the_states_and_asks_nobody(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    world.consents(reference, "T1", conditions=world.canary())
    world.hand_to_legal(reference)
    reviewer = arrived(staff_door, world, "legal")

    page = reviewer.get(f"/cases/{reference}/consent").text

    assert "Agreed" in page
    assert CANARY not in page
    assert f'/cases/{reference}/consent/T1"' not in page
    assert reviewer.get(f"/cases/{reference}/consent/T1").status_code == 404


def test_a_tier_that_is_none_is_not_there(officer: Browser, world: World) -> None:
    reference = world.case()

    for page in ("T7", "t1", "T1/withdraw/x", "x"):
        assert officer.get(f"/cases/{reference}/consent/{page}").status_code == 404, page
