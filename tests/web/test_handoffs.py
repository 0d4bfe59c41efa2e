"""Passing facts on, reading and filing them, as pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.cases import actions as cases
from app.cases.forms import SendHandoff
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World


@pytest.fixture
def enter(staff_door: ASGIApp, world: World) -> Any:
    def enter(who: str) -> Browser:
        browser = Browser(staff_door)
        browser.sign_in(world, who)
        return browser

    return enter


def waiting(browser: Browser) -> list[str]:
    return re.findall(r'href="(/hand-offs/[0-9a-f-]{36})"', browser.get("/hand-offs").text)


def test_facts_go_from_a_case_to_another_team_and_leave_the_queue_when_filed(
    enter: Any, world: World, log: Log
) -> None:
    reference, mark = world.case(), world.canary()
    sender, receiver = enter("intake"), enter("protection")
    assert f'href="/cases/{reference}/pass-on"' in sender.get(f"/cases/{reference}").text
    sender.get(f"/cases/{reference}/pass-on")
    sent = sender.submit(f"/cases/{reference}/pass-on", to_team="protection", kind="SAFETY", words=mark)
    (address,) = waiting(receiver)
    shut = receiver.get(address)
    log.fresh()

    opened = receiver.submit(f"{address}/open", justification="SAFETY")
    read = log.last()
    filed = receiver.submit(f"{address}/file")

    assert (sent.status_code, sent.headers["location"]) == (303, f"/cases/{reference}")
    assert reference not in shut.text, "the case is named when it is read"
    assert mark in Forms(opened.text).text
    assert reference in opened.text
    assert (read.action, read.justification, read.cases) == ("handoff.open", "SAFETY", [reference])
    assert (filed.status_code, filed.headers["location"]) == (303, "/hand-offs")
    assert waiting(receiver) == []
    assert CANARY not in receiver.get(address).text, "a page that is loaded again is shut"
    assert address in receiver.get("/hand-offs?filed=1").text


def test_what_is_missing_is_said_and_the_words_stay(enter: Any, world: World) -> None:
    reference = world.case()
    browser = enter("intake")
    browser.get(f"/cases/{reference}/pass-on")

    again = browser.submit(f"/cases/{reference}/pass-on", to_team="protection", words="Somebody follows her home.")

    assert again.status_code == 422
    assert "Somebody follows her home." in again.text


def test_without_a_reason_nothing_is_read(enter: Any, world: World) -> None:
    reference = world.case()
    form = SendHandoff(kind="THREAT", to_team="protection", words=world.canary())
    world.do("intake", cases.send, form, subject=reference)
    browser = enter("protection")
    (address,) = waiting(browser)
    browser.get(address)

    none = browser.submit(f"{address}/open")
    foreign = browser.submit(f"{address}/open", justification="LEGAL_ASSESSMENT")

    assert (none.status_code, foreign.status_code) == (422, 403)
    assert CANARY not in none.text + foreign.text


def test_what_nobody_has_read_is_not_filed(enter: Any, world: World) -> None:
    world.do("intake", cases.send, SendHandoff(kind="NEED", to_team="protection", words="shoes"), subject=world.case())
    browser = enter("protection")
    (address,) = waiting(browser)
    token = Forms(browser.get("/today").text).found[0].fields["csrf"]

    refused = browser.ask("POST", f"{address}/file", data={"csrf": token}, headers={"Origin": ORIGIN})

    assert refused.status_code == 409
    assert "Nobody has read this yet." in refused.text
    assert waiting(browser) == [address]


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", ["intake", "legal", "auditor", "administrator", "narrative-lead"])
def test_another_team_finds_nothing_of_it(enter: Any, world: World, log: Log, who: str) -> None:
    reference = world.case("intake-lead")
    form = SendHandoff(kind="THREAT", to_team="protection", words=world.canary())
    sent = world.do("intake-lead", cases.send, form, subject=reference).id
    browser = enter(who)
    listed = browser.get("/hand-offs")
    token = Forms(browser.get("/today").text).found[0].fields["csrf"]

    assert str(sent) not in listed.text
    assert listed.status_code == (200 if who in {"intake", "legal"} else 404)
    assert browser.get(f"/hand-offs/{sent}").status_code == 404
    data = {"csrf": token, "justification": "SAFETY"}
    for path in (f"/hand-offs/{sent}/open", f"/hand-offs/{sent}/file", f"/cases/{reference}/pass-on"):
        answer = browser.ask("POST", path, data=data, headers={"Origin": ORIGIN})
        assert answer.status_code in {403, 404, 422}, path
        assert CANARY not in answer.text
    assert browser.get(f"/cases/{reference}/pass-on").status_code == 404


def test_nobody_passes_to_their_own_team(enter: Any, world: World) -> None:
    reference = world.whole_case("en")
    offered = {
        who: set(re.findall(r'name="to_team" type="radio" value="(\w+)"', enter(who).get(path).text))
        for who, path in dict.fromkeys(("intake", "legal", "protection"), f"/cases/{reference}/pass-on").items()
    }

    assert offered == {
        "intake": {"legal", "protection"}, "legal": {"intake", "protection"}, "protection": {"intake", "legal"},
    }  # fmt: skip
