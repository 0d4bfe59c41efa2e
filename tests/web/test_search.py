"""Looking somebody up in the browser: nothing that is typed stands in an address, and the answer names no case."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import ASGIApp

from tests.ladder import Log
from tests.web.browser import ORIGIN, Browser, Forms, arrived
from tests.web.test_persons import reveal
from tests.world import World

HIM: dict[str, Any] = {
    "name": "Idriss Tamimy", "birth_date.precision": "YEAR", "birth_date.year": "١٩٩٠", "justification": "INTAKE",
}  # fmt: skip


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def known(world: World, by: str = "intake-lead") -> str:
    reference = world.case(by)
    world.claim(reference, by=by)
    world.document(reference, by=by, number="N 4471 902")
    return reference


def test_an_officer_is_told_whom_to_ask_and_not_which_case(officer: Browser, world: World, log: Log) -> None:
    reference, mine = known(world), world.case()
    officer.get("/search")
    log.fresh()

    answer = officer.submit("/search/known", **HIM, for_case=mine)

    assert answer.status_code == 200
    assert world.members["intake-lead"].code in answer.text
    assert reference not in answer.text
    assert "Tamimy" not in answer.text
    assert "You can ask 29 more" in answer.text
    assert [said.action for said in log.fresh()] == ["lookup.ask"]
    assert f"/cases/{mine}/same-person/new?look_up=" in answer.text


def test_no_match_says_so(officer: Browser, world: World) -> None:
    officer.get("/search")

    assert "No match on these particulars" in officer.submit("/search/known", **HIM).text


def test_what_a_caseworker_recorded_is_filed_before_the_question(officer: Browser, world: World, log: Log) -> None:
    world.person(world.case("intake-lead"), by="intake-lead")
    reference = world.case("intake-lead")
    world.hand_to_protection(reference, by="intake-lead")
    world.claim(reference, by="protection")
    officer.get("/search")
    log.fresh()

    assert "Possibly known" in officer.submit("/search/known", **HIM).text
    assert [said.action for said in log.fresh()] == ["lookup.file", "lookup.ask"]


@pytest.mark.domain("D35")
def test_a_name_alone_is_refused_with_the_reason_and_stays(officer: Browser, world: World) -> None:
    officer.get("/search")

    again = officer.submit("/search/known", name="Idris Tamimi", justification="INTAKE")

    assert again.status_code == 422
    assert "A name alone finds nobody, and one number alone" in again.text
    assert 'value="Idris Tamimi"' in again.text


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"name": "Idris Tamimi"}, 422, 'href="#justification"'),
        ({**HIM, "for_case": "no reference"}, 404, 'href="#for_case"'),
    ],
    ids=["no reason", "no case"],
)
def test_what_does_not_fit_comes_back_as_it_was_typed(
    officer: Browser, world: World, given: dict[str, Any], status: int, said: str
) -> None:
    officer.get("/search")

    again = officer.submit("/search/known", **given)

    assert (again.status_code, said in again.text) == (status, True)
    assert given["name"] in again.text


def test_who_has_asked_enough_is_told_to_wait_on_the_same_page(officer: Browser, world: World) -> None:
    for _ in range(30):
        world.ask_known()
    officer.get("/search")

    again = officer.submit("/search/known", **HIM)

    assert again.status_code == 429
    assert "as often as one person may in an hour" in again.text
    assert HIM["name"] in again.text


def test_a_case_of_mine_is_found_and_anothers_is_not(officer: Browser, world: World) -> None:
    theirs, mine = known(world), world.case()
    officer.get("/search")

    found = officer.submit("/search/find", reference=mine).text
    officer.get("/search")
    nothing = officer.submit("/search/find", document_number="N 4471 902").text
    officer.get("/search")
    both = officer.submit("/search/find", reference=mine, alias="Abu Layth")

    assert f'href="/cases/{mine}"' in found
    assert "None of your cases carries this" in nothing
    assert theirs not in nothing
    assert (both.status_code, "only one" in both.text) == (422, True)


def test_whether_it_is_the_same_person_is_recorded_from_the_answer(officer: Browser, world: World, log: Log) -> None:
    known(world)
    mine = world.case()
    officer.get("/search")
    answer = officer.submit("/search/known", **HIM, for_case=mine).text
    link = answer.split('href="/cases/' + mine + "/same-person/new?")[1].split('"')[0].replace("&amp;", "&")
    page = officer.get(f"/cases/{mine}/same-person/new?{link}").text
    assert world.members["intake-lead"].code in page
    log.fresh()

    given: dict[str, Any] = dict(part.split("=") for part in link.split("&"))
    told: dict[str, Any] = {
        "finding": "NOT_SAME",
        "attributes": ["NAME_AND_BIRTH", "KIN_BY_NAME"],
        "reasons": "another father",
    }
    short = officer.submit(f"/cases/{mine}/same-person/new", **{**given, **told, "attributes": "CONTACT"})
    officer.get(f"/cases/{mine}/same-person/new?{link}")
    saved = officer.submit(f"/cases/{mine}/same-person/new", **given, **told)

    assert (short.status_code, "another father" in short.text) == (422, True)
    assert saved.headers["location"] == f"/cases/{mine}/person"
    assert [said.outcome for said in log.fresh() if said.action == "person.settle_same"] == ["invalid", "done"]
    officer.get("/search")
    assert "No match" in officer.submit("/search/known", **HIM, for_case=mine).text
    row = str(world.row("intake", mine, "same_person_findings"))
    shown = reveal(officer, mine, row, ["finding", "attributes", "reasons"], "SAME_PERSON")
    for words in ("Not the same person", "Father or mother by name", "another father"):
        assert words in shown, words


def test_what_a_source_says_is_recorded_in_two_scripts_and_shown_part_by_part(officer: Browser, world: World) -> None:
    reference, name = world.case(), world.canary()
    officer.get(f"/cases/{reference}/claims/new")
    given: dict[str, Any] = {
        "about": "WITNESS", "name_use": "LEGAL", "arabic.given": "إدريس", "arabic.family": "التميمي",
        "latin.given": name, "birth_date.precision": "YEAR", "birth_date.year": "1990", "basis": "FACT",
    }  # fmt: skip

    lacking = officer.submit(f"/cases/{reference}/claims/new", **given)
    officer.get(f"/cases/{reference}/claims/new")
    saved = officer.submit(f"/cases/{reference}/claims/new", **given, source="a passport")

    assert (lacking.status_code, 'href="#source"' in lacking.text, name in lacking.text) == (422, True, True)
    assert saved.headers["location"] == f"/cases/{reference}/person"
    assert name not in officer.get(f"/cases/{reference}/person").text
    row = str(world.row("intake", reference, "identity_claims"))
    shown = reveal(officer, reference, row, ["name_parts", "source", "basis", "about"])
    for words in ("Given name", "Family name", "التميمي", name, "a passport", "A fact", "The witness"):
        assert words in shown, words


def test_the_pages_are_the_intake_desks(staff_door: ASGIApp, world: World, log: Log) -> None:
    known(world)
    reference = world.whole_case()
    for login in ("legal", "protection", "narrative-lead", "auditor", "administrator"):
        browser = arrived(staff_door, world, login)
        log.fresh()
        assert browser.get("/search").status_code == 404, login
        for address, given in (("/search/known", HIM), ("/search/find", {"reference": reference})):
            # With a token of their own session, as if they had the form.
            token = next(form.fields["csrf"] for form in Forms(browser.get("/me").text).found if "csrf" in form.fields)
            answer = browser.ask("POST", address, data={"csrf": token, **given}, headers={"Origin": ORIGIN})
            assert answer.status_code == 404, (login, address)
        assert not [said for said in log.fresh() if said.action.startswith("lookup")], login
    # A caseworker records what sources say, and does not settle who is who.
    caseworker = arrived(staff_door, world, "protection")
    assert caseworker.get(f"/cases/{reference}/claims/new").status_code == 200
    assert caseworker.get(f"/cases/{reference}/same-person/new").status_code == 404
    assert 'href="/search"' not in caseworker.get(f"/cases/{reference}/person").text


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_the_pages_speak_their_language(officer: Browser, world: World, language: str) -> None:
    officer.get("/me")
    officer.submit("/me/preferences", language=language, shortcuts="yes")
    reference = world.case()

    for address in ("/search", f"/cases/{reference}/claims/new", f"/cases/{reference}/same-person/new"):
        page = officer.get(address)
        assert page.status_code == 200
        for english in ("Look up", "What a source says", "Is it the same person"):
            assert english not in page.text, (address, english)
