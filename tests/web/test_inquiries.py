"""An inquiry at the pages: from an entry to its report, and on the Today of whoever is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.types import ASGIApp

from app.audit.sequencer import Sequencer
from app.audit.tiles import TileFolder
from app.keyholders.manager import FileKeyManager
from app.oversight import actions as oversight
from app.oversight import inquiries
from app.oversight.forms import AskLog, AskThem, Explain
from app.people import actions as people
from tests.conftest import Database
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, said
from tests.world import World


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


@pytest.fixture
def number(world: World, database: Database, tmp_path: Path) -> Iterator[int]:
    """The place in the log of a name that the intake officer had shown."""
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    row = world.row("intake", reference, "persons")
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
    manager, engine = FileKeyManager({"log": b"l" * 32}), database.engine("sequencer")
    sequencer = Sequencer(
        engine, TileFolder(tmp_path), origin="amana.test/log", sign=manager.sign, public=manager.public()
    )
    sequencer.tick(sign_now=True)
    place = world.do("auditor", oversight.ask, AskLog(action="person.reveal", outcome="done")).entries[0].place
    assert place is not None
    yield place
    sequencer.close()
    engine.dispose()


def test_an_inquiry_goes_from_an_entry_to_its_report(browser: Browser, world: World, number: int, log: Log) -> None:
    browser.sign_in(world, "auditor")
    browser.get(f"/audit/{number}")
    log.fresh()
    begun = browser.submit("/audit/inquiries", reason="NIGHT")
    address = begun.headers["location"]
    page = browser.get(address)
    asked = browser.submit(f"{address}/ask", question="WHY_THIS")

    assert (begun.status_code, asked.status_code) == (303, 303)
    assert f'href="/audit/{number}"' in page.text
    assert {"inquiry.open", "inquiry.ask"} <= {entry.action for entry in log.fresh()}

    browser.sign_in(world, "intake")
    today = browser.get("/today")
    (mine,) = re.findall(r'href="(/inquiries/[0-9a-f-]+)"', today.text)
    shown = browser.get(mine)
    answered = browser.submit(mine, answer="MY_TASK", vouched_by=world.members["intake-lead"].code)
    assert answered.headers["location"] == mine
    assert "What did you need this for?" in said(shown.text)
    assert mine not in browser.get("/today").text

    browser.sign_in(world, "auditor")
    assert "Inquiries that wait for an outcome" in said(browser.get("/today").text)
    browser.get(address)
    browser.submit(f"{address}/close", outcome="LAWFUL")
    report = browser.get(f"{address}/report")
    assert "It was work given to me" in said(report.text)
    assert "could have read without an entry" in said(report.text)
    assert "amana.test/log" in report.text
    for text in (page.text, shown.text, today.text, report.text):
        assert CANARY not in text


@pytest.mark.parametrize("path", ["/audit/inquiries", "/audit/inquiries/{row}", "/audit/inquiries/{row}/report"])
def test_inquiries_are_the_auditors_and_to_others_there_is_no_such_page(
    browser: Browser, world: World, path: str, log: Log
) -> None:
    address = path.replace("{row}", str(world.inquiry("intake", asked=True)))
    assert browser.get(address).headers["location"] == "/sign-in"
    for login in sorted(set(world.members) - {"auditor"}):
        Browser.sign_in(browser, world, login)
        log.fresh()
        assert browser.get(address).status_code == 404, login
        assert [(e.operation, e.outcome) for e in log.fresh()] == [("refuse", "not_found")], login
    browser.sign_in(world, "auditor")
    assert browser.get(address).status_code == 200
    if "{row}" in path:
        assert browser.get(path.replace("{row}", str(uuid4()))).status_code == 404


def test_what_somebody_is_asked_is_shown_to_them_alone_and_once_they_are_asked(browser: Browser, world: World) -> None:
    row = world.inquiry("intake")
    browser.sign_in(world, "intake")
    assert browser.get(f"/inquiries/{row}").status_code == 404
    world.do("auditor", inquiries.ask_them, AskThem(question="WHY_THEN"), subject=row)
    assert browser.get(f"/inquiries/{row}").status_code == 200
    for login in ("intake-lead", "legal", "administrator"):
        Browser.sign_in(browser, world, login)
        assert browser.get(f"/inquiries/{row}").status_code == 404, login


def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(browser: Browser, world: World, number: int) -> None:
    row = world.inquiry("intake", asked=True)
    browser.sign_in(world, "intake")
    browser.get(f"/inquiries/{row}")
    wrong = browser.submit(f"/inquiries/{row}", vouched_by="my cousin")
    assert wrong.status_code == 422
    assert 'value="my cousin"' in wrong.text
    assert "This needs another look" in wrong.text

    browser.sign_in(world, "auditor")
    browser.get(f"/audit/{number}")
    blank = browser.submit("/audit/inquiries")
    assert blank.status_code == 422
    assert "Why are they asked?" in said(blank.text)


def test_one_cannot_begin_at_an_entry_of_ones_own(
    browser: Browser, world: World, number: int, database: Database
) -> None:
    browser.sign_in(world, "auditor")
    with database.connect("owner") as owner:
        ((own,),) = owner.execute(
            "SELECT min(leaf_index) FROM places JOIN entry_bodies USING (entry) WHERE view ->> 'actor' = %s",
            (world.members["auditor"].code,),
        ).fetchall()
    assert "Begin an inquiry" in browser.get(f"/audit/{number}").text
    assert "Begin an inquiry" not in browser.get(f"/audit/{own}").text


def test_in_the_list_what_waits_longest_comes_first(browser: Browser, world: World) -> None:
    first, second = world.inquiry("intake", asked=True), world.inquiry("legal", asked=True)
    world.do("intake", inquiries.answer, Explain(answer="MY_TASK"), subject=first)
    browser.sign_in(world, "auditor")

    found = re.findall(r'href="/audit/inquiries/([0-9a-f-]{36})"', browser.get("/audit/inquiries").text)

    assert found == [str(first), str(second)]
