"""A conflict of interest at the pages: declared, lifted, listed; and what the log says."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from tests.ladder import Log
from tests.web.browser import ORIGIN, Forms, arrived
from tests.world import World


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def test_whoever_declares_their_own_finds_no_such_case_afterwards(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference = world.case()
    browser = arrived(staff_door, world, "intake")
    assert f"/cases/{reference}/conflict" in browser.get(f"/cases/{reference}/keys").text
    page = browser.get(f"/cases/{reference}/conflict")
    assert "Whose conflict" not in said(page.text), "nobody but a lead names a colleague"
    log.fresh()

    answer = browser.submit(f"/cases/{reference}/conflict", reason="FAMILY", words="a cousin")

    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert [entry.action for entry in log.fresh()] == ["conflict.declare"]
    assert reference not in browser.get("/cases").text
    gone, never = browser.get(f"/cases/{reference}/conflict"), browser.get("/cases/AAAA-AAAA-A/conflict")
    assert (gone.status_code, said(gone.text)) == (never.status_code, said(never.text)) == (404, said(never.text))


def test_a_form_that_does_not_fit_keeps_what_was_typed(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    browser = arrived(staff_door, world, "intake")
    browser.get(f"/cases/{reference}/conflict")

    answer = browser.submit(f"/cases/{reference}/conflict", words="Kept <b>as</b> typed")

    assert answer.status_code == 422
    assert "Kept &lt;b&gt;as&lt;/b&gt; typed" in answer.text
    assert "This needs another look" in answer.text


def test_a_lead_declares_it_of_a_colleague_and_lifts_it_again(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference = world.whole_case("en")
    code = world.members["protection"].code
    browser = arrived(staff_door, world, "protection-lead")
    address = f"/cases/{reference}/conflict"
    browser.get(address)
    log.fresh()

    declared = browser.submit(address, about=code, reason="SAME_TOWN")

    assert (declared.status_code, declared.headers["location"]) == (303, address)
    assert [entry.action for entry in log.fresh()] == ["conflict.declare"]
    assert arrived(staff_door, world, "protection").get(f"/cases/{reference}").status_code == 404
    page = browser.get(address)
    lifting = next(form.action for form in Forms(page.text).found if form.action.endswith("/lift"))
    assert browser.submit(lifting, words="Another village.").headers["location"] == address
    assert [entry.action for entry in log.fresh() if entry.outcome == "done"] == ["conflict.lift"]
    assert arrived(staff_door, world, "protection").get(f"/cases/{reference}").status_code == 200


@pytest.mark.parametrize(("who", "status"), [("legal", 403), ("protection", 404), ("auditor", 404)])
def test_who_may_not_lift_it_is_told_so_or_nothing(
    staff_door: ASGIApp, world: World, log: Log, who: str, status: int
) -> None:
    reference = world.whole_case("en")
    row = world.apart(reference, "protection", by="protection-lead")
    browser = arrived(staff_door, world, who)
    token = Forms(browser.get("/today").text).found[0].fields["csrf"]
    log.fresh()

    answer = browser.ask(
        "POST", f"/cases/{reference}/conflict/{row}/lift", data={"csrf": token, "words": "It is nothing."},
        headers={"Origin": ORIGIN},
    )  # fmt: skip

    assert answer.status_code == status
    assert log.fresh()[0].operation == "refuse"


def test_auditors_find_all_of_them_and_others_no_such_page(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    world.apart(reference, "intake", by="intake-lead", words="They were at school together.")
    page = arrived(staff_door, world, "auditor").get("/audit/conflicts")

    assert reference in page.text
    assert world.members["intake"].code in page.text
    assert "school" not in page.text
    assert [arrived(staff_door, world, who).get("/audit/conflicts").status_code
            for who in ("intake-lead", "administrator", "legal")] == [404] * 3  # fmt: skip
