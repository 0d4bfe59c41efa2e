"""The page of what is claimed: mute without a visit, side by side within one, and the form that adds a claim."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.testimonies.forms import Passage
from app.testimonies.rules import SegmentClass
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, arrived, text_of
from tests.world import World


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def open_case(browser: Browser, reference: str, account: object) -> None:
    browser.get(f"/cases/{reference}/open?tab=claimed&justification=INTAKE&cites={account}")
    begun = browser.submit(f"/cases/{reference}/open", justification="INTAKE", cites=str(account), tab="claimed")
    assert begun.headers["location"] == f"/cases/{reference}/claimed"


@pytest.mark.domain("D17")
def test_rivals_are_shown_side_by_side_with_their_sources(officer: Browser, world: World, log: Log) -> None:
    reference, one, two = world.case(), world.canary(), world.canary()
    account = world.testimony(reference)
    prior = world.told_before(reference)
    first = world.claimed(reference, proposition=one, outside=("An evening paper.",))
    mute = officer.get(f"/cases/{reference}/claimed")
    assert (mute.status_code, one in mute.text) == (200, False)
    open_case(officer, reference, account)
    log.fresh()

    assert one in officer.get(f"/cases/{reference}/claimed").text
    (entry,) = [entry for entry in log.fresh() if entry.operation != "combine"]
    assert (entry.action, entry.operation, entry.codes) == ("claim.read", "consult", {"claims": 1})
    address = f"/cases/{reference}/claimed/add"
    officer.get(f"{address}?beside={first}")
    rival: dict[str, Any] = {
        "proposition": two, "basis": "STATEMENT", "method": "Asked the brother.", "codes.lines": "P-1\r\nP-2",
        "priors": str(prior), "verification": "CONTRADICTED", "source_grade": "C",
    }  # fmt: skip
    missing = officer.submit(address, information_grade="", **rival)
    assert (missing.status_code, two in missing.text) == (422, True)
    kept = officer.submit(address, information_grade="2", **rival)
    assert (kept.status_code, kept.headers["location"]) == (303, f"/cases/{reference}/claimed")

    shown = officer.get(f"/cases/{reference}/claimed").text
    told = text_of(officer)
    assert shown.index(one) < shown.index(two)
    for words in (
        "An evening paper.",
        "P-2",
        "Earlier account 1",
        "Another source says otherwise",
        "C: fairly reliable",
    ):
        assert words in told
    # One group: both stand under the same heading.
    assert re.findall(r"Claim \d", told) == ["Claim 1"]


def test_what_is_claimed_of_a_folded_passage_is_shown_by_itself(officer: Browser, world: World, log: Log) -> None:
    reference, hidden = world.case(), world.canary()
    passage = Passage(text="by night", classes=frozenset({SegmentClass.EXIT_METHOD}))
    account = world.testimony(reference, segments=(passage,))
    segment = world.row("intake", reference, "segments")
    row = world.claimed(reference, segment=segment, proposition=hidden)
    open_case(officer, reference, account)

    assert hidden not in officer.get(f"/cases/{reference}/claimed").text
    reveal = f"/cases/{reference}/reveal/{row}"
    officer.get(reveal)
    answer = officer.submit(reveal, justification="INTAKE", cites=str(account), fields="proposition")
    assert answer.headers["location"] == f"/cases/{reference}/claimed#{row}"
    assert hidden in officer.get(f"/cases/{reference}/claimed").text


def test_a_claim_without_a_source_comes_back_with_what_was_typed(officer: Browser, world: World, log: Log) -> None:
    reference, typed = world.case(), world.canary()
    world.testimony(reference)
    address = f"/cases/{reference}/claimed/add"
    officer.get(address)

    refused = officer.submit(
        address, proposition=typed, basis="FACT", method="none", verification="UNVERIFIED", source_grade="F",
        information_grade="6",
    )  # fmt: skip

    assert (refused.status_code, typed in refused.text) == (409, True)
    assert "needs a source" in text_of(officer)


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("login", ["legal", "protection", "narrative-lead", "auditor", "administrator", "another"])
def test_these_pages_are_for_who_works_with_the_account(
    staff_door: ASGIApp, world: World, log: Log, login: str
) -> None:
    reference = world.case()
    world.testimony(reference)
    world.claimed(reference, proposition=world.canary())
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    if login == "another":
        world.invite("another", roles=("intake_officer",))
    browser = arrived(staff_door, world, login)

    for page in (f"/cases/{reference}/claimed", f"/cases/{reference}/claimed/add"):
        answer = browser.get(page)
        assert answer.status_code == (200 if login == "legal" else 404), page
        assert CANARY not in answer.text


def test_a_stranger_is_shown_the_way_in(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    browser = Browser(staff_door)

    for page in (f"/cases/{reference}/claimed", f"/cases/{reference}/claimed/add"):
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), page
