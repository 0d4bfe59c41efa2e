"""A fresh second factor at the pages: asked for in the form itself, which keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import ASGIApp

from tests.ladder import Log
from tests.web.browser import Browser, Forms, arrived
from tests.world import World

ASKED: dict[str, Any] = {"justification": "WITNESS_REQUEST"}
# Who, on which page, sends which form with what.
Asked = tuple[str, str, str, dict[str, Any]]
NAME = ASKED | {"fields": "legal_name", "words": "for the letter"}


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def factor(world: World, login: str) -> dict[str, Any]:
    return {**world.factor(login)}


def begun(staff_door: ASGIApp, world: World, login: str, reference: str) -> Browser:
    """Somebody's browser in the middle of a visit; nobody types a second factor for them."""
    browser = arrived(staff_door, world, login)
    browser.factor = None
    browser.get(f"/cases/{reference}/open")
    browser.submit(f"/cases/{reference}/open", justification="WITNESS_REQUEST")
    return browser


def test_a_reveal_asks_for_it_and_one_serves_for_the_visit(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference = world.case()
    person, contact = world.person(reference).id, world.contact(reference)
    browser = begun(staff_door, world, "intake", reference)
    page = browser.get(f"/cases/{reference}/reveal/{person}").text
    assert "Six digits of your second factor" in said(page)
    log.steps = True
    log.fresh()

    address = f"/cases/{reference}/reveal/{person}"
    without = browser.submit(address, **NAME)
    wrong = browser.submit(address, **NAME, code="000000")
    right = browser.submit(address, **NAME, **factor(world, "intake"))

    assert (without.status_code, wrong.status_code, right.status_code) == (403, 422, 303)
    assert "Please confirm with your second factor first." in said(without.text)
    assert "The second factor is not right" in said(wrong.text)
    assert "for the letter" in without.text, "what was typed stands there again"
    assert "000000" not in wrong.text, "and the code does not"
    assert [e.action for e in log.fresh()] == ["signin.step_up", "signin.step_up", "case.visit"]
    assert "am-opened" in browser.get(f"/cases/{reference}/person").text
    assert "person.reveal" in {entry.action for entry in log.fresh()}

    page = browser.get(f"/cases/{reference}/reveal/{contact}").text
    assert "Six digits of your second factor" not in said(page), "a call is made with one in all"
    again = browser.submit(f"/cases/{reference}/reveal/{contact}", **ASKED, fields="address", words="to call them")
    assert again.status_code == 303
    browser.get(f"/cases/{reference}/person")
    assert ("person.reveal_contact", "done") in {(entry.action, entry.outcome) for entry in log.fresh()}


def test_where_somebody_is_asks_each_time(staff_door: ASGIApp, world: World) -> None:
    reference = world.whole_case()
    place, person = world.row("protection", reference, "residences"), world.row("protection", reference, "persons")
    browser = begun(staff_door, world, "protection", reference)
    browser.get(f"/cases/{reference}/reveal/{person}")
    sent = browser.submit(
        f"/cases/{reference}/reveal/{person}", **ASKED, fields="legal_name", **factor(world, "protection")
    )
    assert sent.status_code == 303
    browser.get(f"/cases/{reference}/person")

    for _ in range(2):
        assert "Six digits of your second factor" in said(browser.get(f"/cases/{reference}/reveal/{place}").text)
        sent = browser.submit(
            f"/cases/{reference}/reveal/{place}", fields="place", justification="LIFE_AT_RISK",
            words="somebody is at the door", **factor(world, "protection"),
        )  # fmt: skip
        assert sent.status_code == 303
        assert "am-opened" in browser.get(f"/cases/{reference}/moves").text


def test_a_key_is_given_with_it_and_not_without(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    browser = begun(staff_door, world, "intake", reference)
    address, code = f"/cases/{reference}/keys/give", world.members["legal"].code
    browser.get(f"/cases/{reference}/keys")

    without = browser.submit(address, user=code, compartments="TESTIMONY")
    given = browser.submit(address, user=code, compartments="TESTIMONY", **factor(world, "intake"))

    assert without.status_code == 403
    assert "Please confirm with your second factor first." in said(without.text)
    assert given.headers["location"] == f"/cases/{reference}/keys"
    assert "TESTIMONY" in world.show("legal", reference).held


def test_a_form_that_does_not_fit_spends_no_code(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference = world.case()
    browser = begun(staff_door, world, "intake", reference)
    browser.get(f"/cases/{reference}/keys")
    once = factor(world, "intake")
    log.steps = True
    log.fresh()

    address = f"/cases/{reference}/keys/give"
    assert browser.submit(address, user="", compartments="TESTIMONY", **once).status_code == 422
    assert log.fresh() == []
    code = world.members["legal"].code
    assert browser.submit(address, user=code, compartments="TESTIMONY", **once).status_code == 303


@pytest.mark.parametrize(
    ("login", "address", "typed"),
    [
        ("administrator", "/admin/people/invite",
         {"login_name": "newcomer", "display_name": "Kept As Typed", "roles": "caseworker"}),
        ("administrator", "/admin/people/{intake}/shut", {"why": "LEFT"}),
        ("intake-lead", "/teams/intake/remove/{intake}", {}),
        ("intake", "/cases/{case}/keys/hand-over", {"team": "legal"}),
    ],
    ids=["invite", "shut", "remove", "hand over"],
)  # fmt: skip
def test_a_page_that_lets_somebody_in_or_out_asks_for_it(
    staff_door: ASGIApp, world: World, log: Log, login: str, address: str, typed: dict[str, Any]
) -> None:
    address = address.format(intake=world.members["intake"].code, case=world.case())
    browser = arrived(staff_door, world, login)
    browser.factor = None
    page = browser.get(address.removesuffix("/hand-over"))
    assert "Six digits of your second factor" in said(page.text)
    log.steps = True
    log.fresh()

    without = browser.submit(address, **typed)
    right = browser.submit(address, **typed, **factor(world, login))

    assert (without.status_code, right.status_code) in {(403, 303), (403, 200)}
    assert "Please confirm with your second factor first." in said(without.text)
    assert [e.outcome for e in log.fresh()] == ["step_up.needed", "done", "done"]
    assert "Kept As Typed" in without.text or "display_name" not in typed


@pytest.mark.parametrize("kind", ["promise", "hold", "lifting", "destruction", "its second", "on duty"])
def test_a_page_that_signs_holds_or_destroys_asks_for_it(
    staff_door: ASGIApp, world: World, log: Log, kind: str
) -> None:
    login, page, address, typed = PAGES[kind](world)
    browser = arrived(staff_door, world, login)
    browser.factor = None
    assert "Six digits of your second factor" in said(browser.get(page).text)
    log.steps = True
    log.fresh()

    without = browser.submit(address, **typed)
    wrong = browser.submit(address, **typed, code="000000")
    right = browser.submit(address, **typed, **factor(world, login))

    assert (without.status_code, wrong.status_code, right.status_code) == (403, 422, 303)
    assert "Please confirm with your second factor first." in said(without.text)
    assert all(words in without.text for words in typed.values() if " " in words), "what was typed stands there again"
    assert [e.outcome for e in log.fresh() if e.operation != "consult"] == [
        "step_up.needed", "step_up.refused", "done", "done"
    ]  # fmt: skip


def _promise(world: World) -> Asked:
    reference = world.case()
    world.hand_to_legal(reference)
    at = f"/cases/{reference}/legal/promises/{world.drafted(reference)}/sign"
    return "legal-lead", at, at, {"verified": "Called back on a number of before."}


def _hold(world: World) -> Asked:
    reference = world.case()
    world.hand_to_legal(reference)
    at = f"/cases/{reference}/ending/hold"
    return "legal", at, at, {"words": "A court may ask for it."}


def _lifting(world: World) -> Asked:
    reference = world.case()
    world.hand_to_legal(reference)
    hold = world.hold(reference)
    return "legal", f"/cases/{reference}/ending", f"/cases/{reference}/holds/{hold}/lift", {}


def _destruction(world: World) -> Asked:
    reference = world.case()
    world.closed(reference, "DESTROY_AT_CLOSE")
    at = f"/cases/{reference}/ending/destroy"
    return "intake", at, at, {"offered": "DECLINED"}


def _second(world: World) -> Asked:
    reference = world.case()
    world.closed(reference, "DESTROY_AT_CLOSE")
    at = f"/cases/{reference}/proposals/{world.to_be_destroyed(reference)}"
    return "legal-lead", at, at, {}


def _on_duty(world: World) -> Asked:
    day = {"year": "2026", "month": "12", "day": "1"}
    at = {f"{side}.{part}": number for side in ("starts_at", "ends_at") for part, number in day.items()}
    hours = {"starts_at.time": "08:00", "ends_at.time": "20:00"}
    return "protection-lead", "/rota", "/rota", {"user": world.members["protection"].code, "rung": "1", **at, **hours}


PAGES: dict[str, Callable[[World], Asked]] = {
    "promise": _promise, "hold": _hold, "lifting": _lifting, "destruction": _destruction, "its second": _second,
    "on duty": _on_duty,
}  # fmt: skip
