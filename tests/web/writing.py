"""What tests of forms that are written in several goes have in common."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app.testimonies import drafts
from tests.web.browser import ORIGIN, Browser, Forms, arrived
from tests.world import World


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


@pytest.fixture
def lead(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake-lead")


def at(world: World, upto: str = "TRIAGED") -> tuple[str, UUID]:
    reference = world.case()
    return reference, world.testimony(reference, upto=upto)


def send(browser: Browser, page: str, to: str, **filled: Any) -> Any:
    """Press a button of the form that stands on a page and goes elsewhere, as ``formaction`` does."""
    assert browser.page is not None
    form = next(form for form in Forms(browser.page.text).found if form.action == page)
    return browser.ask("POST", to, data=form.fields | filled, headers={"Origin": ORIGIN})


def later(browser: Browser, account: UUID, page: str, **filled: Any) -> Any:
    """Save and come back later."""
    return send(browser, f"/testimonies/{account}/{page}", f"/testimonies/{account}/draft/{page}", **filled)


def stored(world: World, reference: str, account: UUID, state: str = "SAVED") -> list[dict[str, list[str]]]:
    lines = world.office.ask(world["intake"], drafts.of_case, reference)
    return [
        json.loads(
            world.open("intake", drafts.open_draft, line.id, "words", justification="INTAKE", cites=account)["words"]
            or ""
        )
        for line in lines
        if line.state == state
    ]


def areas(page: str) -> list[str]:
    """What stands in the text areas of a page, as a browser reads it: without the first line end after the tag."""
    found = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    whole = [
        part.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"').replace("&#39;", "'") for part in found
    ]
    return [part.replace("&amp;", "&").removeprefix("\n") for part in whole]


def said_on(page: str) -> str:
    return re.sub(r"\s+", " ", Forms(page).text)
