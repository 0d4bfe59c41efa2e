"""My second factors at the pages: keys added, named and removed, signing in and confirming with them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from tests.ladder import Log
from tests.web.browser import ORIGIN, Browser, Forms, arrived
from tests.world import World
from tests.world.keys import PRESENT, SoftKey, added

ADD = "/me/second-factors/add"


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def asked(browser: Browser, address: str, **told: str) -> dict[str, Any]:
    """What the page's script asks for, as the script asks."""
    assert browser.page is not None
    page = browser.page
    fields = next((form.fields for form in Forms(page.text).found if form.fields.get("csrf")), {})
    answer = browser.ask("POST", address, data={"csrf": fields.get("csrf", "")} | told, headers={"Origin": ORIGIN})
    assert answer.status_code == 200, answer.text
    browser.page = page
    told_back: dict[str, Any] = answer.json()
    return told_back


def parts(name: str, answer: dict[str, str]) -> dict[str, Any]:
    """An answer of a key as the hidden fields of a form hold it."""
    return {f"{name}.{part}": value for part, value in answer.items()}


def factor(world: World, login: str) -> dict[str, Any]:
    return {**world.factor(login)}


def sent(browser: Browser, path: str, **changed: str) -> httpx.Response:
    """The form of this page that goes to ``path``, with what stands in it changed."""
    assert browser.page is not None
    fields = next(form.fields for form in Forms(browser.page.text).found if form.action == path)
    return browser.ask("POST", path, data=fields | changed, headers={"Origin": ORIGIN})


def enter(door: ASGIApp, world: World, login: str, key: SoftKey, **wrong: Any) -> Browser:
    """Through the page, with a key."""
    browser = Browser(door)
    browser.get("/sign-in")
    signed = key.sign(asked(browser, "/sign-in/challenge", login_name=login), **wrong)
    browser.submit("/sign-in", login_name=login, passphrase=world.members[login].passphrase, **parts("key", signed))
    return browser


@pytest.mark.parametrize("path", ["/me/second-factors", ADD])
def test_a_stranger_is_shown_the_way_in(staff_door: ASGIApp, world: World, path: str) -> None:
    assert Browser(staff_door).get(path).headers["location"] == "/sign-in"


def test_a_key_is_added_on_a_page_and_opens_the_next_session(staff_door: ASGIApp, world: World, log: Log) -> None:
    browser, key = arrived(staff_door, world, "intake"), SoftKey()
    assert "None yet." in said(browser.get("/me/second-factors").text)
    browser.get(ADD)
    log.steps = True
    log.fresh()

    sent = browser.submit(
        ADD, name="the blue one", **parts("new", key.make(asked(browser, "/me/security-keys/begin"))),
        **factor(world, "intake"),
    )  # fmt: skip

    assert sent.headers["location"] == "/me/second-factors", said(sent.text)
    assert [entry.action for entry in log.fresh()] == ["signin.step_up", "security_key.add"]
    assert "the blue one" in said(browser.get("/me/second-factors").text)
    entered = enter(staff_door, world, "intake", key)
    assert entered.page is not None
    assert (entered.page.status_code, entered.page.headers["location"]) == (303, "/today")
    assert log.last().codes["factor"] == "key"


def test_what_was_typed_comes_back_and_what_a_key_said_does_not(staff_door: ASGIApp, world: World) -> None:
    browser, key = arrived(staff_door, world, "intake"), SoftKey()
    browser.factor = None
    browser.get(ADD)
    new = parts("new", key.make(asked(browser, "/me/security-keys/begin")))

    without = browser.submit(ADD, name="the blue one", **new)
    wrong = browser.submit(ADD, name="the blue one", code="000000", **new)
    silent = browser.submit(ADD, name="the blue one", **factor(world, "intake"))
    nameless = browser.submit(ADD, **new, **factor(world, "intake"))

    assert [page.status_code for page in (without, wrong, silent, nameless)] == [403, 422, 422, 422]
    assert "Please confirm with your second factor first." in said(without.text)
    assert "The second factor is not right" in said(wrong.text)
    assert "The security key did not answer." in said(silent.text)
    for page in (without, wrong, silent):
        assert "the blue one" in page.text
        assert new["new.attestation"] not in page.text
    assert "None yet." in said(browser.get("/me/second-factors").text)


def test_a_wrong_key_gets_the_page_of_every_wrong_sign_in(staff_door: ASGIApp, world: World) -> None:
    key = added(world, "intake")

    page = enter(staff_door, world, "intake", key, flags=PRESENT).page

    assert page is not None
    assert page.status_code == 401
    assert "These particulars do not open an account." in said(page.text)
    assert key.sign({"challenge": "A" * 8, "keys": []}, unasked=True)["credential"] not in page.text


def test_a_reveal_is_confirmed_with_a_key(staff_door: ASGIApp, world: World, log: Log) -> None:
    reference, key = world.case(), added(world, "intake")
    person = world.person(reference).id
    browser = arrived(staff_door, world, "intake")
    address = f"/cases/{reference}/reveal/{person}"
    page = browser.get(address)
    part = next(each for tag, each in Forms(page.text).tags if "data-key" in each)
    told = {"action": part["data-action"], "subject": part["data-subject"]}
    log.steps = True
    log.fresh()

    shown = browser.submit(
        address, justification="WITNESS_REQUEST", fields="legal_name", words="for the letter", code="",
        **parts("key", key.sign(asked(browser, part["data-key"], **told))),
    )  # fmt: skip

    assert shown.status_code == 303, said(shown.text)
    step = next(entry for entry in log.fresh() if entry.action == "signin.step_up")
    assert (step.outcome, step.codes["factor"], step.codes["asked"]) == ("done", "key", "person.reveal")


def test_a_key_is_named_and_removed_on_its_page(staff_door: ASGIApp, world: World, log: Log) -> None:
    key = added(world, "intake")
    browser = arrived(staff_door, world, "intake")
    address = f"/me/second-factors/{key.row}"
    browser.get(address)
    log.fresh()

    renamed = sent(browser, f"{address}/rename", name="the red one")
    browser.get(address)
    unnamed = sent(browser, f"{address}/rename", name="")
    browser.get(address)
    unconfirmed = sent(browser, f"{address}/remove")
    removed = sent(browser, f"{address}/remove", **world.factor("intake"))

    assert unconfirmed.status_code == 403
    assert [page.status_code for page in (renamed, unnamed, removed)] == [303, 422, 303]
    assert [e.action for e in log.fresh()] == ["security_key.rename", "security_key.remove"]
    assert browser.get(address).status_code == 404
    assert "None yet." in said(browser.get("/me/second-factors").text)


def test_the_page_of_a_colleagues_key_is_nobodys(staff_door: ASGIApp, world: World) -> None:
    key = added(world, "intake")
    browser = arrived(staff_door, world, "auditor")

    for row in (str(key.row), "0" * 8, "add-one"):
        assert browser.get(f"/me/second-factors/{row}").status_code == 404


@pytest.mark.parametrize("login", ["auditor", "legal", "administrator"])
def test_whoever_lacks_the_key_of_their_role_is_led_to_add_it(strict_door: ASGIApp, world: World, login: str) -> None:
    browser = Browser(strict_door)

    led = browser.sign_in(world, login)

    assert led.headers["location"] == "/me/second-factors"
    page = browser.get("/me/second-factors").text
    assert "until then nothing else opens" in said(page)
    assert "am-nav" not in page
    for path in ("/today", "/me", "/admin/people", "/audit"):
        refused = browser.get(path)
        assert refused.status_code == 403
        assert "/me/second-factors/add" in refused.text
    browser.get(ADD)
    new = parts("new", SoftKey().make(asked(browser, "/me/security-keys/begin")))
    assert browser.submit(ADD, name="mine", **new, **factor(world, login)).status_code == 303
    assert browser.get("/today").status_code == 200
    page = said(browser.get("/me/second-factors").text)
    assert "You no longer confirm with six digits" in page


def test_a_caseworker_is_led_to_today_without_one(strict_door: ASGIApp, world: World) -> None:
    browser = Browser(strict_door)

    assert browser.sign_in(world, "protection").headers["location"] == "/today"


@pytest.mark.parametrize("path", ["/sign-in", ADD, "/me/passphrase"])
def test_without_script_a_page_says_what_else_serves(staff_door: ASGIApp, world: World, path: str) -> None:
    page = (Browser(staff_door) if path == "/sign-in" else arrived(staff_door, world, "intake")).get(path).text

    assert "<noscript>" in page
    assert "A security key needs script in this browser." in said(page)
    parts_of = [each for _, each in Forms(page).tags if "data-key" in each]
    assert [("hidden" in each) for each in parts_of] == [True], "shown by the script alone"
    assert any("keys.js" in each.get("src", "") for _, each in Forms(page).tags)
