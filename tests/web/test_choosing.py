"""Whoever can be asked for something stands in the list to choose from, however large the office is."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app.accounts import actions as accounts
from app.accounts import queries
from tests.web.browser import Browser, arrived
from tests.world import World

PAGE = 2


@pytest.fixture
def lead(staff_door: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """The lead of protection, in an office whose list of colleagues has several pages."""
    monkeypatch.setattr(queries, "PAGE", PAGE)
    # The control: there is a second page, and the last by name stands on another.
    pages = [world.office.ask(world["protection-lead"], queries.colleagues, page) for page in range(2)]
    assert [len(page) for page in pages] == [PAGE, PAGE]
    assert world.members["protection"].code not in {each.user for page in pages for each in page}
    return arrived(staff_door, world, "protection-lead")


def test_a_key_can_be_given_to_anybody_at_work_but_oneself(lead: Browser, world: World) -> None:
    reference = world.whole_case("en")
    shut = world.members["narrative-lead"].code
    world.do("administrator", accounts.disable, subject=shut)

    page = lead.get(f"/cases/{reference}/keys").text

    at_work = {
        member.code for login, member in world.members.items() if login not in {"narrative-lead", "protection-lead"}
    }
    assert {code for code in at_work if f'value="{code}"' in page} == at_work
    assert f'value="{shut}"' not in page
    assert f'value="{world.members["protection-lead"].code}"' not in page


def test_anybodys_cases_can_be_taken_over_by_anybody(lead: Browser, world: World) -> None:
    world.whole_case("en")

    page = lead.get(f"/take-over/{world.members['protection'].code}")

    assert page.status_code == 200
    assert f'value="{world.members["legal-lead"].code}"' in page.text


def test_a_code_that_nobody_has_leads_nowhere(lead: Browser) -> None:
    assert lead.get("/take-over/S-NOBODY").status_code == 404
