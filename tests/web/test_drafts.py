"""Saving a step and coming back to it: by hand, by the page itself, and by two people."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.testimonies import drafts, queries
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms, arrived
from tests.web.writing import areas, at, later, lead, officer, send, stored
from tests.world import World

__all__ = ["lead", "officer"]


# by hand and by the page


@pytest.mark.parametrize(
    ("upto", "page", "filled"),
    [
        ("TRIAGED", "limits", {"own_words": "I can stop, she said."}),
        ("TRIAGED", "safety", {"hurt": "yes", "words": "her arm"}),
        ("LIMITS_EXPLAINED", "ready", {"counsel": "DECLINED", "counsel_reason": "too late"}),
        ("READY", "session", {"place": "HOSPITAL", "device": "D-77"}),
        ("IN_SESSION", "account", {"text": "We waited at the road."}),
    ],
)
def test_every_step_is_saved_and_come_back_to(
    officer: Browser, world: World, log: Log, upto: str, page: str, filled: dict[str, str]
) -> None:
    reference, account = at(world, upto)
    address = f"/testimonies/{account}/{page}"
    assert "Save and come back later" in officer.get(address).text
    log.fresh()

    assert later(officer, account, page, **filled).headers["location"] == f"/testimonies/{account}"
    back = officer.get(address).text

    # What the page of a session looks up besides has an entry of its own.
    said = [each for each in log.fresh() if each.action != "session.prepare"]
    assert [(each.action, each.actor) for each in said] == [
        ("draft.save", world["intake"].actor.code), ("draft.open", world["intake"].actor.code),
    ]  # fmt: skip
    for name, value in filled.items():
        assert re.search(rf'name="{name}"[^>]*value="{re.escape(value)}"( checked|>|[^>]*>)', back) or value in areas(
            back
        )
    assert "Draft saved by" in officer.get(f"/testimonies/{account}").text
    assert stored(world, reference, account) == [{name: [value] for name, value in filled.items()}]


def test_what_a_page_says_is_not_kept_is_in_no_draft_either(officer: Browser, world: World) -> None:
    reference, account = at(world, "READY")
    officer.get(f"/testimonies/{account}/session")

    later(officer, account, "session", place="OFFICE", home_district="the old quarter", group="a unit")

    assert stored(world, reference, account) == [{"place": ["OFFICE"]}]


def test_an_answer_of_consent_is_saved_and_come_back_to(officer: Browser, world: World) -> None:
    reference, _ = at(world)
    page = f"/cases/{reference}/consent/T2"
    officer.get(page)

    saved = send(officer, page, f"{page}/draft", conditions="not before spring", granted="yes")
    back = officer.get(page).text

    assert saved.headers["location"] == f"/cases/{reference}/consent"
    assert areas(back) == ["not before spring"]
    assert re.search(r'name="granted"[^>]*value="yes"[^>]*checked', back)
    assert "Save and come back later" in back


def test_without_an_account_a_consent_has_no_draft(officer: Browser, world: World) -> None:
    reference = world.case()
    page = f"/cases/{reference}/consent/T2"

    assert "Save and come back later" not in officer.get(page).text
    assert send(officer, page, f"{page}/draft", conditions="not before spring").status_code == 404


def test_a_page_saves_by_itself_and_is_told_the_number(officer: Browser, world: World) -> None:
    reference, account = at(world)
    officer.get(f"/testimonies/{account}/limits")
    page = officer.page

    first = later(officer, account, "limits", own_words="I can", auto="1")
    officer.page = page
    second = later(officer, account, "limits", own_words="I can stop", auto="1", draft="1")

    assert (first.json(), second.json()) == ({"saved": True, "version": 1}, {"saved": True, "version": 2})
    assert stored(world, reference, account) == [{"own_words": ["I can stop"]}]


def test_a_draft_is_gone_when_its_step_is_kept(officer: Browser, world: World) -> None:
    reference, account = at(world)
    page = f"/testimonies/{account}/limits"
    officer.get(page)
    later(officer, account, "limits", own_words="I can stop", language="ar")
    officer.get(page)

    kept = officer.submit(page, own_words="I can stop", language="ar")

    assert kept.status_code == 303, kept.text
    assert stored(world, reference, account) == []
    assert "You have no draft." in officer.get("/drafts").text


def test_a_mistake_keeps_the_draft_and_its_number(officer: Browser, world: World) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/limits"
    officer.get(page)
    later(officer, account, "limits", own_words="I can stop")
    officer.get(page)

    again = officer.submit(page, own_words="I can stop at any time")
    assert again.status_code == 422
    kept = officer.submit(page, own_words="I can stop at any time", language="ar")

    assert kept.status_code == 303, kept.text


def test_a_draft_is_thrown_away(officer: Browser, world: World) -> None:
    reference, account = at(world)
    officer.get(f"/testimonies/{account}/limits")
    later(officer, account, "limits", own_words="I can stop")
    shown = officer.get(f"/testimonies/{account}/limits").text
    address = re.search(r'action="(/drafts/[^"]+/discard)"', shown)[1]  # type: ignore[index]

    assert officer.submit(address).headers["location"] == "/drafts"

    assert stored(world, reference, account) == []
    assert "I can stop" not in officer.get(f"/testimonies/{account}/limits").text


def test_the_marks_of_passages_are_come_back_to(officer: Browser, world: World) -> None:
    _, account = at(world, "IN_SESSION")
    page = f"/testimonies/{account}/account"
    officer.get(page)
    officer.submit(page, language="en", text="one\n\ntwo")
    marked: dict[str, Any] = {"speaker.1": "INTERPRETER", "classes.2": "EXIT_METHOD"}
    later(officer, account, "account", **marked)

    back = officer.get(page).text

    assert "Passage 2" in back
    assert re.search(r'<option value="INTERPRETER" selected', back)
    assert re.search(r'value="EXIT_METHOD" checked', back)
    assert officer.submit(page, **marked).status_code == 303
    assert world.office.ask(world["intake"], queries.show, account).segments == 2


def test_today_names_step_and_reference_and_no_word(officer: Browser, world: World, log: Log) -> None:
    reference, account = at(world)
    told = world.canary()
    officer.get(f"/testimonies/{account}/limits")
    later(officer, account, "limits", own_words=told)
    log.fresh()

    today, listed = officer.get("/today").text, officer.get("/drafts").text

    for page in (today, listed):
        assert reference in page
        assert f"/testimonies/{account}/limits?draft=" in page
        assert CANARY not in page
    assert "Go on with your draft: what protects these words" in today
    assert log.fresh() == [], "a list opens nothing"


def test_a_prefetched_page_opens_no_draft(officer: Browser, world: World, log: Log) -> None:
    _, account = at(world)
    officer.get(f"/testimonies/{account}/limits")
    later(officer, account, "limits", own_words="I can stop")
    log.fresh()

    page = officer.get(f"/testimonies/{account}/limits", headers={"Sec-Purpose": "prefetch"})

    assert "I can stop" not in page.text
    assert log.fresh() == []


def test_more_than_a_draft_holds_is_told_and_stays_on_the_page(officer: Browser, world: World) -> None:
    reference, account = at(world, "IN_SESSION")
    officer.get(f"/testimonies/{account}/account")

    told = later(officer, account, "account", text="a" * 400_001)

    assert told.status_code == 422
    assert "longer than a draft can be" in told.text
    assert areas(told.text) == ["a" * 400_001]
    assert stored(world, reference, account) == []


# two people


@pytest.mark.domain("D53")
def test_the_second_is_told_who_and_when_and_nothing_is_written_over(
    officer: Browser, lead: Browser, world: World
) -> None:
    reference, account = at(world)
    page = f"/testimonies/{account}/limits"
    officer.get(page)
    later(officer, account, "limits", own_words="what she wrote")

    met = lead.get(page).text
    assert f"{world['intake'].actor.code} began to write at this step" in met
    assert "what she wrote" not in met
    both = later(lead, account, "limits", own_words="what I wrote")

    assert both.status_code == 409
    assert "what she wrote" in Forms(both.text).text
    assert areas(both.text)[0] == "what I wrote"
    assert stored(world, reference, account) == [{"own_words": ["what she wrote"]}]
    assert stored(world, reference, account, "ASIDE") == [{"own_words": ["what I wrote"]}]

    joined = later(lead, account, "limits", own_words="what she and I wrote")
    assert joined.status_code == 303
    assert stored(world, reference, account) == [{"own_words": ["what she and I wrote"]}]
    assert stored(world, reference, account, "ASIDE") == []


def test_a_colleague_opens_it_and_goes_on_with_it(officer: Browser, lead: Browser, world: World, log: Log) -> None:
    reference, account = at(world)
    page = f"/testimonies/{account}/limits"
    officer.get(page)
    later(officer, account, "limits", own_words="what she wrote")
    link = re.search(r'href="([^"]+\?draft=[^"]+)"', lead.get(page).text)[1]  # type: ignore[index]
    log.fresh()

    opened = lead.get(link).text

    assert areas(opened)[0] == "what she wrote"
    assert [(said.action, said.actor) for said in log.fresh()] == [("draft.open", world["intake-lead"].actor.code)]
    assert later(lead, account, "limits", own_words="what she wrote, and more").status_code == 303
    assert stored(world, reference, account) == [{"own_words": ["what she wrote, and more"]}]


@pytest.mark.domain("D53")
def test_a_step_is_not_kept_over_what_a_colleague_saved(officer: Browser, lead: Browser, world: World) -> None:
    reference, account = at(world)
    page = f"/testimonies/{account}/limits"
    lead.get(page)
    officer.get(page)
    later(officer, account, "limits", own_words="what she wrote")

    both = lead.submit(page, own_words="what I wrote", language="ar")

    assert both.status_code == 409
    assert "Both texts are kept" in both.text
    assert "what she wrote" in Forms(both.text).text
    assert stored(world, reference, account, "ASIDE") == [{"language": ["ar"], "own_words": ["what I wrote"]}]
    assert world.office.ask(world["intake"], queries.show, account).state == "TRIAGED"
    assert lead.submit(page, own_words="both", language="ar").status_code == 303
    assert stored(world, reference, account, "ASIDE") == []


def test_a_page_that_saves_by_itself_is_told_that_it_is_behind(officer: Browser, lead: Browser, world: World) -> None:
    reference, account = at(world)
    lead.get(f"/testimonies/{account}/limits")
    officer.get(f"/testimonies/{account}/limits")
    later(officer, account, "limits", own_words="hers")

    behind = later(lead, account, "limits", own_words="mine", auto="1")

    assert behind.status_code == 409
    (aside,) = [
        line.id for line in world.office.ask(world["intake-lead"], drafts.of_case, reference) if line.state == "ASIDE"
    ]
    assert behind.json() == {"saved": False, "aside": str(aside)}


def test_a_text_that_stands_aside_is_looked_at_beside_the_draft(officer: Browser, lead: Browser, world: World) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/limits"
    lead.get(page)
    officer.get(page)
    later(officer, account, "limits", own_words="hers")
    later(lead, account, "limits", own_words="mine", auto="1")

    link = re.search(rf'href="({page}\?draft=[^"]+)"', lead.get("/today").text)[1]  # type: ignore[index]
    both = lead.get(link).text

    assert "A text of yours stands aside" in lead.get(page).text
    again = later(lead, account, "limits", own_words="mine, once more")
    assert f'href="{link}"' in again.text, "also on the page that answers at the address of the draft"
    assert areas(both)[0] == "mine"
    assert "hers" in Forms(both).text


# who else


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("login", ["legal", "protection", "narrative-lead", "auditor", "administrator", "another"])
def test_drafts_are_the_intake_desks_alone(staff_door: ASGIApp, world: World, login: str) -> None:
    reference, account = at(world)
    saved = drafts.SaveDraft(step="LIMITS", testimony=account, fields=drafts.written({"own_words": ("I can stop",)}))
    draft = world.do("intake", drafts.save, saved, subject=reference)
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    if login == "another":
        world.invite("another", roles=("intake_officer",))
    browser = arrived(staff_door, world, login)
    browser.get("/me")
    token = Forms(browser.page.text).found[0].fields["csrf"]  # type: ignore[union-attr]
    given, headers = {"csrf": token, "own_words": "mine"}, {"Origin": ORIGIN}

    for address in (f"/testimonies/{account}/draft/limits", f"/drafts/{draft.id}/discard"):
        assert browser.ask("POST", address, data=given, headers=headers).status_code == 404, address
    assert browser.get(f"/testimonies/{account}/limits?draft={draft.id}").status_code == 404
    listed = browser.get("/drafts")
    assert listed.status_code == (200 if login == "another" else 404)
    assert reference not in listed.text


def test_a_step_without_a_form_has_no_draft(officer: Browser, world: World) -> None:
    _, account = at(world)
    officer.get(f"/testimonies/{account}/limits")

    for page in ("seal", "segments", "interpreter", "nothing"):
        to = f"/testimonies/{account}/draft/{page}"
        assert send(officer, f"/testimonies/{account}/limits", to, own_words="a").status_code == 404
        officer.get(f"/testimonies/{account}/limits")
