"""The end of a case in the browser: asked, proposed, agreed to, and told plainly what is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.cases import ending, ending_queries
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, Forms, arrived, number_of
from tests.world import World

WISH: dict[str, Any] = {"choice": "DESTROY_AT_CLOSE", "language": "ar", "how_given": "SPOKEN"}


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


@pytest.fixture
def reviewer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "legal-lead")


def text(browser: Browser, path: str) -> str:
    return re.sub(r"\s+", " ", Forms(browser.get(path).text).text)


def state(world: World, reference: str) -> str:
    found: ending_queries.Ending = world.office.ask(world["intake"], ending_queries.ending, reference)
    return found.state


def proposal(world: World, reference: str) -> str:
    (line,) = world.office.ask(world["intake"], ending_queries.ending, reference).waiting
    return f"/cases/{reference}/proposals/{line.id}"


def test_from_the_witness_s_wish_to_the_last_signature(
    officer: Browser, reviewer: Browser, world: World, log: Log
) -> None:
    reference = world.case()
    at = f"/cases/{reference}/ending"
    log.fresh()

    officer.get(f"{at}/wish")
    assert officer.submit(f"{at}/wish", **WISH).headers["location"] == at
    officer.get(f"{at}/close")
    officer.submit(f"{at}/close")
    assert number_of(reviewer.get("/today").text, "Waiting for your second signature") == "1"
    assert reference in reviewer.get("/second-signatures").text
    closing = proposal(world, reference)
    assert "Destroy it as soon as it is closed" in text(reviewer, closing)
    assert reviewer.submit(closing).headers["location"] == at
    assert state(world, reference) == "KEPT"

    officer.get(f"{at}/destroy")
    officer.submit(f"{at}/destroy", offered="DECLINED")
    destruction = proposal(world, reference)
    page = text(reviewer, destruction)
    assert "What is lost for ever" in page
    assert "for 35 days more" in page
    done = reviewer.submit(destruction)

    assert done.headers["location"] == "/second-signatures"
    assert [said.action for said in log.fresh()] == [
        "retention.record", "closing.propose", "case.close", "destruction.propose", "case.destroy",
    ]  # fmt: skip
    assert [each.get(at).status_code for each in (officer, reviewer)] == [404, 404]
    never = text(officer, "/cases/AAAA-AAAA-A/ending")
    assert text(officer, at) == never


def test_who_comes_back_is_let_in_again_for_a_reason_in_words(officer: Browser, world: World, log: Log) -> None:
    reference = world.case()
    world.closed(reference, "ARCHIVE")
    at = f"/cases/{reference}/ending"
    assert "goes to the archive ARCH-1" in text(officer, at)
    assert "ARCH-1" in officer.get("/cases").text

    officer.get(f"{at}/reopen")
    refused = officer.submit(f"{at}/reopen", words="")
    officer.get(f"{at}/reopen")
    officer.submit(f"{at}/reopen", words=f"{CANARY} stands at the door")

    assert refused.status_code == 422
    assert state(world, reference) == "OPEN"
    assert CANARY not in str(log.last().view)


def test_a_hold_is_set_and_lifted_by_two(reviewer: Browser, staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    at, other = f"/cases/{reference}/ending", arrived(staff_door, world, "legal")
    reviewer.get(f"{at}/hold")
    reviewer.submit(f"{at}/hold", words="A court has asked.")
    assert "A legal hold since" in text(other, at)
    assert "A legal hold since" in text(arrived(staff_door, world, "intake"), at)

    (hold,) = world.office.ask(world["legal"], ending_queries.ending, reference).holds
    other.get(at)
    other.submit(f"/cases/{reference}/holds/{hold.id}/lift")
    lifting = proposal(world, reference)
    assert lifting not in Forms(other.get(at).text).text, "whoever proposed it does not agree to it"
    reviewer.get(lifting)
    reviewer.submit(lifting)

    assert "A legal hold since" not in text(other, at)


def test_a_form_that_does_not_fit_comes_back_with_everything_typed(officer: Browser, world: World) -> None:
    reference = world.case()
    at = f"/cases/{reference}/ending/wish"
    officer.get(at)

    again = officer.submit(at, **(WISH | {"choice": "ARCHIVE"}), custodian="The municipal archive")

    assert again.status_code == 422
    assert "An archive needs its name and its code" in again.text
    assert "The municipal archive" in again.text
    assert world.office.ask(world["intake"], ending_queries.ending, reference).choice is None


def test_not_now_opens_the_case_again(officer: Browser, reviewer: Browser, world: World) -> None:
    reference = world.case()
    proposed: Any = world.do("intake", ending.propose_closing, subject=reference)
    drop = f"/cases/{reference}/proposals/{proposal(world, reference).rsplit('/', 1)[1]}/drop"
    reviewer.get(f"/cases/{reference}/ending")

    reviewer.submit(drop)

    assert state(world, reference) == "OPEN"
    assert proposed


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("intake", {"wish": 200, "close": 200, "reopen": 200, "hold": 404, "destroy": 200}),
        ("legal-lead", {"wish": 404, "close": 404, "reopen": 404, "hold": 200, "destroy": 404}),
        ("protection-lead", {"wish": 200, "close": 200, "reopen": 200, "hold": 404, "destroy": 404}),
        ("narrative-lead", dict.fromkeys(("", "wish", "close", "reopen", "hold", "destroy"), 404)),
        ("auditor", dict.fromkeys(("", "wish", "close", "reopen", "hold", "destroy"), 404)),
        ("administrator", dict.fromkeys(("", "wish", "close", "reopen", "hold", "destroy"), 404)),
    ],
)
def test_each_sees_what_they_may_begin(staff_door: ASGIApp, world: World, who: str, seen: dict[str, int]) -> None:
    reference = world.case()
    browser = arrived(staff_door, world, who)
    at = f"/cases/{reference}/ending"

    assert {name: browser.get(f"{at}/{name}".rstrip("/")).status_code for name in seen} == seen


def test_a_second_s_page_is_shown_to_nobody_who_cannot_be_it(
    officer: Browser, staff_door: ASGIApp, world: World
) -> None:
    reference = world.case()
    world.do("intake", ending.propose_closing, subject=reference)
    page = proposal(world, reference)

    assert officer.get(page).status_code == 404
    assert arrived(staff_door, world, "protection-lead").get(page).status_code == 404
    assert arrived(staff_door, world, "legal").get(page).status_code == 404, "holds nothing of it"
    assert officer.get("/second-signatures").status_code == 404
