"""The pages of the night: the rota, breaking glass, what it opens and for how long, the auditor's judgement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app import clock
from app.accounts import actions as accounts
from app.accounts import rota
from app.accounts.forms import LeaveTeam
from app.pseudonyms import references
from tests.conftest import Clock
from tests.ladder import Log, next_request
from tests.web.browser import Browser, arrived
from tests.world import World

SignedIn = Callable[[str], Browser]


@pytest.fixture
def signed_in(staff_door: ASGIApp, world: World) -> SignedIn:
    """The browser of a member who has signed in."""
    return lambda login: arrived(staff_door, world, login)


@pytest.fixture
def night(world: World) -> str:
    """A caseworker of the duty team alone, on duty now."""
    world.invite("night", name="Rania Nassar", roles=("caseworker",), duty="duty")
    gone = LeaveTeam(team="protection")
    world.do("protection-lead", accounts.leave_team, gone, subject=world.members["night"].code)
    for login in ("night", "protection-lead", "protection"):
        next_request(world, login)
    world.on_duty("night")
    return "night"


def broken(page: Browser, reference: str) -> str:
    """The address of a glass that was just broken."""
    page.get("/break-glass")
    return page.submit("/break-glass", reference=reference, words="Men at the door.").headers["location"]


@pytest.mark.domain("D47")
def test_whoever_is_on_duty_opens_one_case_and_ends_it(world: World, night: str, signed_in: SignedIn, log: Log) -> None:
    reference = world.whole_case()
    place = world.row("protection", reference, "residences")
    page = signed_in("night")
    log.fresh()

    address = broken(page, reference)
    shown = page.get(address).text
    opened = page.submit(f"{address}/open/{place}").text
    said = log.last()
    ended = page.submit(f"{address}/end")

    assert "It shuts by itself at" in shown
    assert "Place" in shown
    assert "Need" not in shown
    assert "On record as entry" in opened
    assert (said.action, said.justification, said.cites) == ("location.reveal", "LIFE_AT_RISK", address.split("/")[-1])
    assert ended.headers["location"] == address
    assert "What you can open" not in page.get(address).text


@pytest.mark.abuse("E10")
def test_a_wrong_reference_and_one_that_was_never_drawn_get_one_page(
    world: World, night: str, signed_in: SignedIn
) -> None:
    page, asleep, drawn = signed_in("night"), world.case(), references.draw()
    answers = []
    for reference in (asleep, drawn, "nonsense"):
        page.get("/break-glass")
        answer = page.submit("/break-glass", reference=reference, words="Men at the door.")
        answers.append((answer.status_code, "Nothing can be opened by this reference" in answer.text))
        assert "Men at the door." in answer.text, "what was typed is still there"

    assert answers == [(404, True)] * 3


def test_without_words_nothing_is_broken_and_who_is_off_duty_has_no_form(
    world: World, night: str, signed_in: SignedIn
) -> None:
    reference = world.whole_case()
    page = signed_in("night")
    page.get("/break-glass")

    refused = page.submit("/break-glass", reference=reference, words="")

    assert refused.status_code == 403
    assert reference in refused.text
    off = signed_in("protection").get("/break-glass").text
    assert "You are not on duty now." in off
    assert 'name="reference"' not in off


@pytest.mark.domain("D47")
def test_it_stands_first_on_the_days_of_those_who_are_told(
    world: World, night: str, signed_in: SignedIn, standing_clock: Clock
) -> None:
    reference = world.whole_case()
    address = broken(signed_in("night"), reference)

    for login in ("auditor", "protection-lead", "intake-lead"):
        today = signed_in(login).get("/today").text
        assert "Glass is broken now" in today, login
        assert address in today, login
    for login in ("intake", "legal", "administrator"):
        assert address not in signed_in(login).get("/today").text, login
    standing_clock.move(hours=73)
    world.sign_in("auditor")
    late = signed_in("auditor").get("/today").text
    assert late.index("Broken glasses past their review") < late.index("Minutes since the last checkpoint")


@pytest.mark.abuse("E10")
def test_the_auditor_judges_by_its_entries_and_nobody_else_has_that_form(
    world: World, night: str, signed_in: SignedIn, standing_clock: Clock, log: Log
) -> None:
    reference = world.whole_case()
    page = signed_in("night")
    address = broken(page, reference)
    page.get(address)
    page.submit(f"{address}/open/{world.row('protection', reference, 'persons')}")
    standing_clock.move(minutes=31)
    for login in ("auditor", "protection-lead", "administrator"):
        world.sign_in(login)
    auditor, lead = signed_in("auditor"), signed_in("protection-lead")

    shown = auditor.get(address).text
    log.fresh()
    kept = auditor.submit(f"{address}/review", why="HOLDERS_IN_REACH")

    assert "What was opened under it" in shown
    assert shown.count(world.members["night"].code) >= 2
    assert kept.headers["location"] == address
    assert log.last().codes == {"verdict": "MISUSE", "why": "HOLDERS_IN_REACH"}
    assert "Misuse" in auditor.get(address).text
    assert "Judge it" not in lead.get(address).text
    assert signed_in("administrator").get(address).status_code == 404


def test_the_lead_writes_the_rota_and_everybody_reads_it(world: World, night: str, signed_in: SignedIn) -> None:
    lead, start = signed_in("protection-lead"), clock.now() + timedelta(days=2)
    lead.get("/rota")
    when = {"day": start.day, "month": start.month, "year": start.year, "time": "20:00"}
    until = start + timedelta(days=1)
    ends = {"day": until.day, "month": until.month, "year": until.year, "time": "08:00"}
    fields: dict[str, Any] = {f"starts_at.{part}": str(value) for part, value in when.items()}
    fields |= {f"ends_at.{part}": str(value) for part, value in ends.items()}

    nobody = lead.submit("/rota", rung="2", **fields)
    lead.get("/rota")
    kept = lead.submit("/rota", user=world.members["night"].code, rung="2", **fields)

    assert nobody.status_code == 422
    assert kept.headers["location"] == "/rota"
    page = signed_in("intake").get("/rota").text
    assert page.count("Rania Nassar") == 2
    assert "Put somebody on duty" not in page
    assert "Rania Nassar" in signed_in("intake").get("/today").text


def test_whoever_is_on_duty_passes_it_on_by_the_page(world: World, night: str, signed_in: SignedIn) -> None:
    (mine,) = (line for line in _rota(world) if line[1] == world.members["night"].code)
    page = signed_in("night")
    page.get("/rota")

    page.submit(f"/rota/{mine[0]}/pass", to=world.members["protection"].code)

    assert [code for _, code in _rota(world)] == [world.members["protection"].code]
    lead = signed_in("protection-lead")
    lead.get("/rota")
    lead.submit(f"/rota/{_rota(world)[0][0]}/cut")
    assert _rota(world) == []


def _rota(world: World) -> list[tuple[UUID, str]]:
    return [(line.id, line.user) for line in world.office.ask(world["intake"], rota.rota)]


def test_a_check_in_asks_whether_duty_may_look(world: World, signed_in: SignedIn) -> None:
    """Silence is no answer: the page comes back with what was typed."""
    reference = world.case()
    world.hand_to_protection(reference)
    page, path = signed_in("protection"), f"/cases/{reference}/protection/check-in"
    page.get(path)

    silent = page.submit(path, agreed_word="the blue kettle")

    assert silent.status_code == 422
    assert "the blue kettle" in silent.text
    assert "Please fill this in." in silent.text
