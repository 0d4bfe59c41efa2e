"""The page of whom and what an account speaks of: mute at first, read within a visit, named and tied by hand."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from tests.ladder import CANARY, Log
from tests.web.browser import Browser, arrived
from tests.web.test_account_tab import visit
from tests.world import World


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def test_somebody_is_named_hidden_and_read(officer: Browser, world: World, log: Log) -> None:
    reference, told = world.case(), world.canary()
    account = world.testimony(reference, upto="RECORDED")
    said = str(world.row("intake", reference, "segments"))
    address = f"/cases/{reference}/mentions"

    officer.get(address)
    kept = officer.submit(address, kind="PERSON", name=told, passage=said)
    assert kept.headers["location"] == address, kept.text
    mute = officer.get(address).text
    log.fresh()

    visit(officer, reference, "INTAKE", account)
    read = officer.get(address).text

    assert CANARY not in mute
    assert world.chip(reference) in mute
    assert told in read
    number = next(each.clear["number"] for each in world.show("intake", reference).records if str(each.id) == said)
    assert f"Passage {number}" in read
    assert [each.action for each in log.fresh()][-1] == "mention.read"


def test_two_cases_are_tied_and_the_other_is_a_link(officer: Browser, world: World) -> None:
    one, other = world.case(), world.case()
    for reference in (one, other):
        world.mention(reference)
    account = world.testimony(one, upto="RECORDED")
    address = f"/cases/{one}/mentions"

    officer.get(address)
    assert officer.submit(f"{address}/tie", chip=world.chip(one), other=world.chip(other)).status_code == 303
    visit(officer, one, "INTAKE", account)

    assert f'href="/cases/{other}/mentions"' in officer.get(address).text


def test_a_mistake_keeps_what_was_typed_and_is_said(officer: Browser, world: World) -> None:
    reference, told = world.case(), world.canary()
    world.mention(reference)
    address = f"/cases/{reference}/mentions"

    officer.get(address)
    again = officer.submit(address, name=told)
    assert again.status_code == 422
    assert told in again.text

    officer.get(address)
    same = officer.submit(f"{address}/tie", chip=world.chip(reference), other=world.chip(reference))
    assert same.status_code == 409
    assert "Both are of this case." in same.text


def test_who_holds_no_account_finds_no_such_page(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    world.mention(reference)
    world.hand_to_legal(reference)
    address = f"/cases/{reference}/mentions"

    assert {login: arrived(staff_door, world, login).get(address).status_code
            for login in ("protection", "administrator", "auditor", "legal")} == {
        "protection": 404, "administrator": 404, "auditor": 404, "legal": 200}  # fmt: skip


def test_legal_reads_and_names_nobody(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    world.mention(reference)
    world.hand_to_legal(reference)
    reviewer = arrived(staff_door, world, "legal")

    page = reviewer.get(f"/cases/{reference}/mentions").text

    assert "Keep the name" not in page
    assert world.chip(reference) in page
