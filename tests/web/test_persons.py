"""Who the witness is, in the browser: recorded once, hidden until it is asked for by itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from tests.cases.canaries import Planted, plant
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, arrived
from tests.world import World


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def test_a_person_is_recorded_and_hidden_at_once(officer: Browser, world: World, log: Log) -> None:
    reference, name, alias = world.case(), world.canary(), world.canary()
    log.fresh()
    officer.get(f"/cases/{reference}/person/new")

    given: dict[str, Any] = {
        "legal_name": name, "aliases.lines": f"{alias}\r\nthe tall one", "birth_date.precision": "YEAR",
        "birth_date.words": "in spring", "birth_date.year": "\u0661\u0669\u0669\u0661", "sex": "FEMALE",
        "nationalities": "sy, TN", "languages": ["ar", "fr"],
    }  # fmt: skip
    saved = officer.submit(f"/cases/{reference}/person/new", **given)

    assert saved.headers["location"] == f"/cases/{reference}/person", saved.text
    assert [said.action for said in log.fresh()] == ["person.record"]
    page = officer.get(f"/cases/{reference}/person").text
    assert CANARY not in page
    row = world.row("intake", reference, "persons")
    shown = reveal(officer, reference, str(row), ["legal_name", "aliases", "nationalities", "birth_date", "sex"])
    for told in (name, alias, "the tall one", "SY", "TN", "in spring", "1991", "Female"):
        assert told in shown, told


def reveal(browser: Browser, reference: str, row: str, fields: list[str], why: str = "WITNESS_REQUEST") -> str:
    """Ask for fields of a row by itself; the tab that shows them."""
    address = f"/cases/{reference}/reveal/{row}"
    browser.get(address)
    begun = browser.submit(address, justification=why, fields=fields)
    assert begun.headers["location"] == f"/cases/{reference}/person#{row}", begun.text
    return browser.get(f"/cases/{reference}/person").text


def test_only_what_was_asked_for_is_shown_and_only_for_two_minutes(
    planted: Planted, officer: Browser, world: World, log: Log, standing_clock: Clock
) -> None:
    row = str(planted.rows["persons"])
    log.fresh()

    shown = reveal(officer, planted.reference, row, ["legal_name"])
    said = log.fresh()
    standing_clock.move(minutes=3)
    later = officer.get(f"/cases/{planted.reference}/person").text

    assert set(re.findall(r"CANARY-[0-9a-f]{24}", shown)) == {planted.canaries["persons.legal_name"]}
    # The planted officer has opened the account before, so the name joins it: an entry of its own.
    done = [one.action for one in said if one.operation != "combine"]
    assert done == ["case.visit", "person.reveal", "approach.open"]
    assert said[1].fields == ["persons.legal_name"]
    assert CANARY not in later


def test_a_visit_for_the_account_shows_nobodys_name(planted: Planted, officer: Browser, world: World) -> None:
    officer.get(f"/cases/{planted.reference}/open")
    officer.submit(f"/cases/{planted.reference}/open", justification="INTAKE", cites=str(planted.rows["testimonies"]))

    assert CANARY not in officer.get(f"/cases/{planted.reference}/person").text


def test_papers_and_ways_to_reach_them_are_recorded(officer: Browser, world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()
    officer.get(f"/cases/{reference}/documents/new")
    paper = officer.submit(
        f"/cases/{reference}/documents/new", kind="PASSPORT", condition="LOST", number=world.canary()
    )
    officer.get(f"/cases/{reference}/contacts/new")
    way = officer.submit(f"/cases/{reference}/contacts/new", channel="PHONE", address=world.canary())

    assert (paper.status_code, way.status_code) == (303, 303)
    assert [said.action for said in log.fresh()] == ["person.record_document", "person.record_contact"]
    assert CANARY not in officer.get(f"/cases/{reference}/person").text


def test_how_to_approach_somebody_is_recorded_and_stands_in_red_during_a_visit(officer: Browser, world: World) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="TRIAGED")
    officer.get(f"/cases/{reference}/approach/new")
    saved = officer.submit(f"/cases/{reference}/approach/new", codes=["PORTAL_ONLY", "WOMAN_INTERPRETER"])
    assert saved.headers["location"] == f"/cases/{reference}/person"
    before = officer.get(f"/cases/{reference}/person").text

    officer.get(f"/cases/{reference}/open")
    officer.submit(f"/cases/{reference}/open", justification="INTAKE", cites=str(account))
    during = officer.get(f"/cases/{reference}/person").text

    assert "Woman interpreter." not in before
    assert "Portal only. Woman interpreter." in during


@pytest.mark.parametrize(
    ("kind", "filled", "wanted"),
    [
        ("approach", {}, "codes"),
        ("person", {"sex": "FEMALE", "name_arabic": "أمينة"}, "legal_name"),
        ("documents", {"number": "N 44 71"}, "kind"),
        ("contacts", {"address": "+00 555"}, "channel"),
    ],
)
def test_a_mistake_keeps_what_was_typed(
    officer: Browser, world: World, kind: str, filled: dict[str, Any], wanted: str
) -> None:
    reference = world.case()
    officer.get(f"/cases/{reference}/{kind}/new")

    again = officer.submit(f"/cases/{reference}/{kind}/new", **filled)

    assert again.status_code == 422
    assert f'href="#{wanted}"' in again.text
    for typed in filled.values():
        assert typed in again.text


def test_a_second_person_in_one_case_is_refused_and_the_name_stays(officer: Browser, world: World) -> None:
    reference = world.case()
    world.person(reference)
    officer.get(f"/cases/{reference}/person/new")

    again = officer.submit(f"/cases/{reference}/person/new", legal_name="Somebody Else")

    assert again.status_code == 409
    assert "Somebody Else" in again.text


def test_a_caseworker_sees_the_person_and_a_reviewer_does_not(staff_door: ASGIApp, world: World) -> None:
    planted = plant(world)
    caseworker = arrived(staff_door, world, "protection")
    threat = str(planted.rows["threat_assessments"])

    address = f"/cases/{planted.reference}/reveal/{planted.rows['persons']}"
    caseworker.get(address)
    caseworker.submit(address, justification="SAFETY", cites=threat, fields="legal_name")

    assert planted.canaries["persons.legal_name"] in caseworker.get(f"/cases/{planted.reference}/person").text
    for login in ("legal", "narrative-lead", "auditor", "administrator"):
        browser = arrived(staff_door, world, login)
        for page in ("person", "person/new", "documents/new"):
            assert browser.get(f"/cases/{planted.reference}/{page}").status_code == 404, (login, page)


def test_a_kind_of_record_that_is_none_is_not_there(officer: Browser, world: World) -> None:
    assert officer.get(f"/cases/{world.case()}/secrets/new").status_code == 404
