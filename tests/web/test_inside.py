"""Opening the case of somebody still inside the group, by hand; and saying that they are out."""

from __future__ import annotations

import re

import pytest
from starlette.types import ASGIApp

from tests.ladder import Log
from tests.web.browser import Browser, arrived, text_of
from tests.world import World


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def test_a_colleague_is_named_or_no_case_is_opened(officer: Browser, world: World) -> None:
    page = officer.get("/testimonies/new").text
    offered = re.findall(r'<option value="(S-[0-9A-Z]+)"', page)
    assert world.members["protection"].code in offered
    assert world.members["intake"].code not in offered

    alone = officer.submit("/testimonies/new", pathway="ADULT", exit_stage="INSIDE")
    assert alone.status_code == 422
    assert "Name the colleague, or say that they are out." in alone.text
    assert 'value="INSIDE" checked' in alone.text

    officer.get("/testimonies/new")
    lead = world.members["protection-lead"].code
    led = officer.submit("/testimonies/new", pathway="ADULT", exit_stage="INSIDE", beside=lead)
    assert led.status_code == 403
    assert "neither of them a lead" in led.text


def test_two_know_and_one_of_them_says_that_they_are_out(officer: Browser, world: World, log: Log) -> None:
    officer.get("/testimonies/new")
    second = world.members["protection"].code
    begun = officer.submit("/testimonies/new", pathway="ADULT", exit_stage="INSIDE", beside=second)
    assert begun.status_code == 303, begun.text
    page = officer.get(begun.headers["location"]).text
    reference = re.search(r"/cases/([0-9A-Z-]+)/consent", page)[1]  # type: ignore[index]
    address = f"/cases/{reference}/keys"

    officer.get(address)
    assert "The witness is still inside the group. Two people know who it is" in text_of(officer)
    log.fresh()
    assert officer.submit(f"{address}/came-out").headers["location"] == address
    assert [(said.action, said.operation) for said in log.fresh()] == [("case.came_out", "grant")]

    officer.get(address)
    assert "still inside" not in text_of(officer)
    assert "IDENTITY" in world.show("intake-lead", reference).held


def test_what_came_through_the_portal_may_be_of_somebody_inside(officer: Browser, world: World) -> None:
    _, reference = world.submit()
    officer.get(f"/arrivals/{reference}")
    officer.submit(f"/arrivals/{reference}/open")
    officer.get(f"/arrivals/{reference}")
    officer.submit(f"/arrivals/{reference}/triage", decision="INTERVIEW")
    address = f"/arrivals/{reference}/take"

    officer.get(address)
    alone = officer.submit(address, into="new", pathway="ADULT", exit_stage="INSIDE")
    assert alone.status_code == 422
    assert "Name the colleague, or say that they are out." in alone.text

    officer.get(address)
    taken = officer.submit(
        address, into="new", pathway="ADULT", exit_stage="INSIDE", beside=world.members["protection"].code
    )
    assert taken.status_code == 303, taken.text
    case = taken.headers["location"].split("/")[2]
    assert world.show("intake", case).by_name == ("IDENTITY",)
