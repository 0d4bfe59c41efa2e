"""The bare pages as a person uses them: sign in, my cases, one case, one field for a reason, sign out."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.types import ASGIApp

from app.accounts import actions
from app.accounts.forms import Invite
from app.accounts.undertakings import VERSION
from app.pseudonyms import references
from app.settings import Settings
from tests.api.doors import Scene
from tests.conftest import Clock
from tests.hostile import XSS
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World

TEMPLATES = sorted(Path("app").glob("*/templates/**/*.html"))


# Escaping switched off, or a script, a style or an address of another host in a template's own text.
TOKEN = re.compile(r'name="csrf" value="[^"]*"')
FORBIDDEN = re.compile(
    r"\|\s*safe|autoescape|Markup|<script(?! type=.module. src=.\{\{ static)|<style|\sstyle=|\son\w+="
    r"|javascript:|https?://"
)
# A sheet that no door serves: printed from a file of its own, so its style stands in it, and it names the address.
ON_PAPER = {Path("app/cli/templates/trust.html")}
FORBIDDEN_ON_PAPER = re.compile(
    r"\|\s*safe|autoescape|Markup|<script|<link|\sstyle=|\son\w+=|\s(src|href)=|url\(|@import"
)


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


def test_a_day_at_the_pages(browser: Browser, world: World, log: Log) -> None:
    scene = Scene.set(world)
    reference = scene.planted.reference

    entered = browser.sign_in(world, "intake")
    assert (entered.status_code, entered.headers["location"]) == (303, "/today")
    listed = browser.get("/cases").text
    assert " case" in listed
    assert reference in listed
    assert CANARY not in browser.get(f"/cases/{reference}").text, "nothing is open before a reason is given"
    browser.get(f"/cases/{reference}/open?tab=testimony")
    log.fresh()
    begun = browser.submit(
        f"/cases/{reference}/open", justification="INTAKE", cites=str(scene.planted.rows["testimonies"]),
        words="reading it back to them",
    )  # fmt: skip
    said = log.last()
    visiting = browser.get(f"/cases/{reference}")
    left = browser.submit(f"/cases/{reference}/leave")
    after = browser.get(f"/cases/{reference}")
    gone = browser.submit("/sign-out")

    assert (begun.status_code, begun.headers["location"]) == (303, f"/cases/{reference}/testimony")
    assert (said.operation, said.action, said.cases) == ("consult", "case.visit", [reference])
    assert "You are visiting" in visiting.text
    assert (left.status_code, left.headers["location"]) == (303, f"/cases/{reference}")
    assert "You are visiting" not in after.text
    assert (gone.status_code, gone.headers["location"]) == (303, "/signed-out")
    assert gone.headers["clear-site-data"] == '"cache", "storage"'
    assert browser.get("/today").headers["location"] == "/sign-in"


def test_a_newcomer_uses_an_invitation_and_signs_in(browser: Browser, world: World) -> None:
    invite = Invite(login_name="newcomer", display_name="Neu Hier", roles=frozenset({"caseworker"}))
    code = world.do("administrator", actions.invite, invite).invitation

    browser.get("/invitation")
    chosen = {"code": code, "passphrase": "several words by the river", "undertaking": VERSION}
    enrolled = browser.submit("/invitation", **chosen)
    browser.get("/invitation")
    again = browser.submit("/invitation", **chosen)

    codes = re.findall(r"<li><code [^>]*>([A-Z2-7-]+)</code></li>", enrolled.text)
    assert enrolled.status_code == 200
    assert len(codes) == 8
    assert again.status_code == 401
    browser.get("/sign-in")
    entered = browser.submit(
        "/sign-in", login_name="newcomer", passphrase="several words by the river", recovery_code=codes[0]
    )
    assert entered.status_code == 303
    assert "Neu Hier" in browser.get("/today").text


def test_a_cookie_of_a_session_that_has_ended_does_not_shut_its_owner_out(
    browser: Browser, world: World, standing_clock: Clock
) -> None:
    """It did: the form for signing in asked the old session for a token that no page could show."""
    browser.sign_in(world, "intake")
    standing_clock.move(hours=1)
    assert browser.get("/today").headers["location"] == "/sign-in"

    assert browser.sign_in(world, "intake").headers["location"] == "/today"
    assert browser.get("/today").status_code == 200


@pytest.mark.abuse("D06")
@pytest.mark.parametrize("planted", ["x", "", "A" * 43, "a b", "é" * 40])
def test_a_cookie_somebody_planted_is_replaced_by_signing_in(browser: Browser, world: World, planted: str) -> None:
    browser.ask("GET", "/sign-in")
    member = world.members["intake"]
    form = {"login_name": "intake", "passphrase": member.passphrase, "code": world.code("intake"), "csrf": "A" * 64}
    cookie = f"amana_session={planted}".encode()
    headers = {b"origin": ORIGIN.encode(), b"cookie": cookie}

    entered = browser.ask("POST", "/sign-in", data=form, headers=headers)

    assert entered.status_code == 303
    assert browser.cookies["amana_session"] not in {planted, ""}
    assert browser.get("/today").status_code == 200


def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(browser: Browser, world: World) -> None:
    entered = browser.sign_in(world, "intake")

    kept = entered.headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in kept} == {"amana_session", "amana_device"}
    for cookie in kept:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/"} <= attributes
        assert not any(attribute.startswith("domain") for attribute in attributes)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cases/2222-2222-2", 404),
        ("/cases/x", 404),
        ("/cases?page=x", 404),
        ("/cases?page=99999", 404),
        ("/cases?page=3", 200),
    ],
)
def test_a_refusal_is_a_page_with_its_sentence_and_nothing_else(
    browser: Browser, world: World, path: str, status: int
) -> None:
    browser.sign_in(world, "intake")

    answer = browser.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "2222" not in answer.text
    if status == 404:
        assert "There is nothing here for you" in answer.text


@pytest.mark.domain("D34")
def test_a_case_of_others_and_no_case_are_the_same_page(browser: Browser, world: World, log: Log) -> None:
    reference = world.case()
    browser.sign_in(world, "legal")
    log.fresh()

    theirs, nobodys = browser.get(f"/cases/{reference}"), browser.get(f"/cases/{references.draw()}")

    # The token of the form that signs out is drawn for each page; nothing else differs.
    assert TOKEN.sub("", theirs.text) == TOKEN.sub("", nobodys.text)
    assert theirs.headers == nobodys.headers
    assert [(said.action, said.outcome) for said in log.fresh()] == [("case.show", "not_found")] * 2


def test_a_rule_that_says_no_is_named_and_shows_nothing(browser: Browser, world: World) -> None:
    scene = Scene.set(world)
    browser.sign_in(world, "legal")
    path = f"/cases/{scene.planted.reference}/keys"
    browser.get(path)

    answer = browser.submit(f"{path}/give", user=world.members["protection"].code, compartments="TESTIMONY")

    assert answer.status_code == 403
    assert "An account is for intake and legal staff, or a service of theirs." in answer.text
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "spoilt",
    [{"justification": "OTHER"}, {"justification": ""}, {"cites": "x"}, {"words": "x" * 501}, {"cites": str(uuid4())}],
    ids=["no such reason", "no reason", "no id", "too many words", "nobody's row"],
)
def test_a_reason_that_does_not_fit_keeps_what_was_typed(
    browser: Browser, world: World, spoilt: dict[str, str], log: Log
) -> None:
    scene = Scene.set(world)
    path = f"/cases/{scene.planted.reference}/open"
    browser.sign_in(world, "intake")
    browser.get(path)
    right = {"justification": "INTAKE", "cites": str(scene.planted.rows["testimonies"]), "words": "as they asked"}

    answer = browser.submit(path, headers=None, **{**right, **spoilt})

    assert answer.status_code == 422
    assert "This needs another look" in answer.text
    assert ("as they asked" in answer.text) == ("words" not in spoilt)
    assert "<title>Error:" in answer.text
    assert browser.submit(path, headers=None, **right).status_code == 303, "the control"


def test_the_only_item_a_reason_can_name_names_itself(browser: Browser, world: World, log: Log) -> None:
    one, two = world.case(), world.case()
    account = world.testimony(one, upto="TRIAGED")
    world.testimony(two, upto="TRIAGED")
    world.testimony(two, upto="TRIAGED")
    browser.sign_in(world, "intake")

    def open_it(reference: str) -> int:
        browser.get(f"/cases/{reference}/open")
        return browser.submit(f"/cases/{reference}/open", justification="INTAKE").status_code

    assert open_it(one) == 303
    assert log.last().cites == str(account)
    assert open_it(two) == 422, "of two somebody has to choose"


def test_a_refusal_by_the_state_is_said_on_the_page_itself(browser: Browser, world: World) -> None:
    reference = world.case()
    browser.sign_in(world, "intake")
    path = f"/cases/{reference}/keys"
    browser.get(path)
    browser.submit(f"{path}/hand-over", team="protection")
    browser.get(path)

    again = browser.submit(f"{path}/hand-over", team="protection")

    assert again.status_code == 409
    assert "That team has everything you could give it." in again.text


def test_somebody_elses_reference_and_none_get_one_answer(browser: Browser, world: World) -> None:
    mine, theirs = world.case(), world.case()
    browser.sign_in(world, "intake")
    browser.get("/cases")
    found = browser.submit("/cases", reference=mine.lower().replace("-", " "))
    stranger = Browser(browser.program)
    stranger.sign_in(world, "auditor")

    def asked(typed: str) -> str:
        stranger.get("/cases")
        answer = stranger.submit("/cases", reference=typed)
        assert answer.status_code == 404
        return re.sub(r'value="[^"]*"', "", answer.text)

    assert found.headers["location"] == f"/cases/{mine}"
    assert asked(theirs) == asked(references.draw()) == asked("no reference")


@pytest.mark.abuse("D07")
def test_the_cookie_of_an_idle_session_opens_nothing(
    browser: Browser, world: World, standing_clock: Clock, settings: Settings
) -> None:
    browser.sign_in(world, "intake")
    reference = world.case()
    page = browser.get(f"/cases/{reference}")
    assert page.status_code == 200, "the control"

    standing_clock.move(minutes=settings.session_idle_minutes_max, seconds=1)

    assert browser.get(f"/cases/{reference}").headers["location"] == "/sign-in"


@pytest.mark.abuse("A07")
@pytest.mark.parametrize("payload", XSS, ids=range(len(XSS)))
def test_no_payload_becomes_part_of_a_page(browser: Browser, world: World, payload: str) -> None:
    world.invite("named", name=payload, roles=("intake_officer",))
    reference = world.case(by="named")
    browser.sign_in(world, "named")

    home, case = browser.get("/today"), browser.get(f"/cases/{reference}")
    browser.get(f"/cases/{reference}/open")
    again = browser.submit(f"/cases/{reference}/open", justification=payload, words=payload, cites=payload)

    assert again.status_code == 422
    for page in (home, case, again):
        read = Forms(page.text)
        assert not unknown(read)
        assert payload in read.text, "shown, and shown literally"


KNOWN_TAGS = {
    "html", "head", "meta", "title", "link", "body", "header", "footer", "nav", "p", "a", "form", "input",
    "span", "bdi", "button", "main", "div", "section", "h1", "h2", "h3", "ul", "ol", "li", "table", "caption", "thead",
    "tbody", "tr", "th", "td", "dl", "dt", "dd", "details", "summary", "fieldset", "legend", "label", "select",
    "option", "textarea", "dialog", "kbd", "code", "strong",
}  # fmt: skip
KNOWN_ATTRIBUTES = {
    "lang", "dir", "charset", "name", "content", "rel", "href", "method", "action", "type", "value", "class", "id",
    "for", "rows", "src", "role", "scope", "tabindex", "hidden", "novalidate", "autocomplete", "spellcheck",
    "inputmode", "selected", "checked", "maxlength", "disabled", "draggable", "aria-label", "aria-labelledby",
    "aria-describedby", "aria-current", "aria-hidden", "aria-live", "aria-controls", "data-module", "data-while",
    "data-after", "data-idle-seconds", "data-shortcuts", "data-prevent-double-click", "hreflang",
}  # fmt: skip


def unknown(read: Forms) -> set[str]:
    """Tags and attributes that no page of ours has; a script is known only by its address."""
    tags = {tag for tag, given in read.tags if tag != "script" or not given.get("src", "").startswith("/static/")}
    return (tags - KNOWN_TAGS) | ({name for _, given in read.tags for name in given} - KNOWN_ATTRIBUTES)


@pytest.mark.abuse("A07")
def test_a_payload_that_is_not_escaped_is_found() -> None:
    """The control of the reader: the same page with one payload let through."""
    for payload in ("<script>1</script>", "<b onclick=1>", "<svg/onload=1>"):
        read = Forms(f"<p>{payload}</p>")
        assert unknown(read)


@pytest.mark.abuse("A07")
@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_no_template_switches_escaping_off_or_carries_script_or_style(template: Path) -> None:
    forbidden = FORBIDDEN_ON_PAPER if template in ON_PAPER else FORBIDDEN

    assert not forbidden.search(template.read_text())


def test_every_template_is_looked_at() -> None:
    assert {path.name for path in TEMPLATES} >= {
        "page.html",
        "overview.html",
        "today.html",
        "reference.html",
        "sign_in.html",
    }


def test_no_page_asks_another_host_for_anything(browser: Browser, world: World) -> None:
    reference = world.whole_case()
    browser.sign_in(world, "intake")

    for path in ("/today", "/cases", "/sign-in", "/invitation", f"/cases/{reference}", "/api/reference"):
        for _tag, given in Forms(browser.get(path).text).tags:
            for name in ("href", "src", "action"):
                assert given.get(name, "/").startswith(("/", "#", "?")), path
                assert not given.get(name, "/").startswith("//"), path


@pytest.mark.abuse("C05")
def test_no_secret_stands_in_an_address_a_page_links_to(browser: Browser, world: World) -> None:
    reference = world.whole_case()
    browser.sign_in(world, "intake")
    secrets = {browser.cookies["amana_session"], browser.cookies["amana_device"]}

    for path in ("/today", "/cases", f"/cases/{reference}"):
        page = browser.get(path)
        assert not any(secret in page.text for secret in secrets)
        assert not re.search(
            r'(href|action)="[^"]*\?(?!page=\d|v=[0-9a-f]{16}"|tab=|language=|danger=yes"|step=[A-Z_]+")', page.text
        )
