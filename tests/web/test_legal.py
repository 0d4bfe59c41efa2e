"""Legal's desk as a reviewer uses it: take a case, open it for that, read, write, and the others see none of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.cases import actions as cases
from app.cases.forms import HandOver, SendHandoff
from app.legal import actions as legal_actions
from tests.ladder import CANARY, Log, handed, outside_the_team
from tests.web.browser import Browser, Forms, number_of
from tests.world import World, words

NOTE: dict[str, Any] = {
    "finding": "PARTLY", "reasons": "Said so at the border.", "passages": "1 and 2",
    "contrary_evidence": "None found after looking in the record of arrival.",
}  # fmt: skip


@pytest.fixture
def legal(staff_door: ASGIApp, world: World) -> Browser:
    browser = Browser(staff_door)
    browser.sign_in(world, "legal")
    return browser


def test_a_review_from_today_to_a_factor(legal: Browser, world: World, log: Log) -> None:
    reference = handed(world)
    assert number_of(legal.get("/today").text, "Reviews nobody has taken") == "1"
    legal.get("/reviews")
    log.fresh()

    taken = legal.submit(f"/reviews/{reference}/take")
    purpose = legal.get(taken.headers["location"])
    (draft,) = re.findall(r"cites=([0-9a-f-]{36})", taken.headers["location"])
    begun = legal.submit(f"/cases/{reference}/open", justification="LEGAL_ASSESSMENT", cites=draft, tab="legal")
    tab = legal.get(begun.headers["location"])
    legal.get(f"/cases/{reference}/legal/factor/TIMELINESS")
    kept = legal.submit(f"/cases/{reference}/legal/factor/TIMELINESS", **NOTE)
    said = [entry.action for entry in log.fresh()]
    shown = legal.get(f"/cases/{reference}/legal/assessment/{draft}")
    opening = log.last()

    assert f'value="{draft}" selected' in purpose.text, "the task brings what it serves"
    assert begun.headers["location"] == f"/cases/{reference}/legal"
    assert tab.text.count("Not answered yet") == 8
    assert said == ["mitigation.take", "case.visit", "mitigation.write"]
    text = Forms(shown.text).text
    for told in ("Timeliness", "Partly met", NOTE["reasons"], "Account 1, passage 2", NOTE["contrary_evidence"]):
        assert told in text
    assert kept.headers["location"] == f"/cases/{reference}/legal/factor/BEYOND_OWN_PART", "the next factor"
    assert (opening.action, opening.justification, opening.cites) == ("mitigation.read", "LEGAL_ASSESSMENT", draft)
    assert number_of(legal.get("/today").text, "Reviews nobody has taken") == "None"


@pytest.mark.parametrize("missing", ["reasons", "contrary_evidence", "finding"])
def test_a_note_without_a_part_keeps_what_was_typed(legal: Browser, world: World, missing: str) -> None:
    reference = handed(world)
    legal.get(f"/cases/{reference}/legal/factor/TIMELINESS")
    typed = {name: value for name, value in NOTE.items() if name != missing}

    again = legal.submit(f"/cases/{reference}/legal/factor/TIMELINESS", **typed)

    assert again.status_code == 422
    assert "Error:" in again.text
    for value in (NOTE["passages"], *(v for k, v in typed.items() if k in {"reasons", "contrary_evidence"})):
        assert value in again.text


def test_what_a_colleague_took_meanwhile_is_said_on_the_list(legal: Browser, world: World) -> None:
    reference = handed(world)
    legal.get("/reviews")
    world.do("legal-lead", legal_actions.take, subject=reference)

    again = legal.submit(f"/reviews/{reference}/take")

    assert again.status_code == 409
    assert "A colleague has taken this case." in again.text
    assert reference in legal.get("/reviews?standing=TAKEN").text


def test_without_a_visit_the_notes_are_shut(legal: Browser, world: World, log: Log) -> None:
    reference, mark = handed(world), world.canary()
    world.note(reference, reasons=mark)
    log.fresh()

    shut = legal.get(f"/cases/{reference}/legal")

    assert shut.status_code == 200
    assert CANARY not in shut.text
    assert log.fresh() == []


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", ["intake", "protection", "auditor", "administrator", "narrative-lead"])
def test_the_others_have_no_such_pages(staff_door: ASGIApp, world: World, log: Log, who: str) -> None:
    reference = world.whole_case("en")
    world.note(reference, reasons=world.canary())
    browser = Browser(staff_door)
    browser.sign_in(world, who)

    assert browser.get("/reviews").status_code == 404
    for path in (f"/cases/{reference}/legal", f"/cases/{reference}/legal/factor/TIMELINESS"):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert CANARY not in answer.text
    token = Forms(browser.get("/today").text).found[0].fields["csrf"]
    origin = {"Origin": "http://localhost:8000"}
    sent = [
        browser.ask("POST", path, data={"csrf": token, **NOTE}, headers=origin).status_code
        for path in (f"/reviews/{reference}/take", f"/cases/{reference}/legal/factor/TIMELINESS")
    ]
    assert set(sent) <= {403, 404}


def test_a_stranger_is_shown_the_way_in(staff_door: ASGIApp, world: World) -> None:
    reference = world.whole_case("en")

    for path in ("/reviews", f"/cases/{reference}/legal"):
        assert Browser(staff_door).get(path).headers["location"] == "/sign-in"


def test_a_reviewer_without_a_grant_finds_neither_case_nor_line(staff_door: ASGIApp, world: World) -> None:
    reference = handed(world)
    outside_the_team(world, "elsewhere", "legal_reviewer")
    browser = Browser(staff_door)
    browser.sign_in(world, "elsewhere")

    assert reference not in browser.get("/reviews").text
    assert browser.get(f"/cases/{reference}/legal").status_code == 404


def test_each_number_of_legals_day_is_the_length_of_its_list(staff_door: ASGIApp, world: World) -> None:
    made = [handed(world) for _ in range(3)]
    world.case()
    passed = SendHandoff(kind="STATEMENT", to_team="legal", words="asked before")
    world.do("intake", cases.send, passed, subject=made[0])
    half = world.case()
    world.do("intake", cases.hand_over, HandOver(team="legal"), subject=half)

    for who in ("legal", "legal-lead"):
        browser = Browser(staff_door)
        browser.sign_in(world, who)
        today = browser.get("/today").text
        for tile, path in {
            "Reviews nobody has taken": "/reviews?standing=UNASSIGNED", "Reviews of mine": "/reviews?standing=MINE",
            "Hand-offs to file": "/hand-offs",
        }.items():  # fmt: skip
            listed = len(re.findall(r'<tr class="govuk-table__row', browser.get(path).text.partition("<tbody")[2]))
            assert number_of(today, tile) == str(listed or "None"), f"{who}: {tile}"


def test_the_words_of_the_form_are_those_of_the_builder() -> None:
    assert set(NOTE) | {"factor"} == set(words.note())
