"""The bare pages as a person uses them: sign in, my cases, one case, one field for a reason, sign out."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from app.accounts import actions
from app.accounts.forms import Invite
from app.pseudonyms import references
from app.settings import Settings
from tests.api.doors import Scene
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World

TEMPLATES = sorted(Path("app").glob("*/templates/*.html"))
# Joined by blanks to lines as long as a name may be.
XSS = (
    '<script>alert(1)</script> "><img src=x onerror=alert(1)> '
    """'><svg/onload=alert(1)> </dd><script>1</script> \\"-alert(1)//""",
    "<iframe src=javascript:alert(1)> javascript:alert(1) <a "
    "href='javascript:1'>x</a> <body onload=1> &lt;script&gt; <!--",
    "<style>*{background:url(//evil)}</style> ]]> "
    "<math><mtext></p><script>1 <input autofocus onfocus=1> <bdi> \u202e<b>",
    "<details open ontoggle=alert(1)> {{7*7}} {% raw %} "
    "<script\x0c>alert(1)</script> ＜script＞ %3Cscript%3E `${alert(1)}`",
    "<object data=//evil> <link rel=stylesheet href=//evil> <meta "
    "http-equiv=refresh content='0;//evil'> <base href=//evil>",
    "<form action=//evil><button> "
    "<textarea></textarea><script>1</script> <template><script>1</script></template> <marquee>",
    """' onmouseover='1 " style="position:fixed" <video><source """
    "onerror=1> <x contenteditable onblur=1> <svg><animate onbegin=1>",
    "</title><script>1</script> <isindex "
    "action=j&Tab;a&Tab;vas&Tab;c&Tab;r&Tab;ipt:1> </select><option> </table><form> -->",
)  # fmt: skip


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


def test_a_day_at_the_pages(browser: Browser, world: World, log: Log) -> None:
    scene = Scene.set(world)
    reference, canary = scene.planted.reference, scene.planted.canaries["segments.text"]

    entered = browser.sign_in(world, "intake")
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    home = browser.get("/")
    assert reference in home.text
    assert "1 known to you." in home.text
    shown = browser.get(f"/cases/{reference}")
    assert CANARY not in shown.text, "nothing is open before a reason is given"
    log.fresh()
    opened = browser.submit(
        f"/cases/{reference}/open", row=str(scene.planted.rows["segments"]), table="segments", fields="text",
        justification="INTAKE", cites=str(scene.planted.rows["testimonies"]), words="reading it back to them",
    )  # fmt: skip
    said = log.last()
    left = browser.submit("/sign-out")

    assert opened.status_code == 200
    assert canary in Forms(opened.text).text
    assert set(re.findall(r"CANARY-[0-9a-f]{24}", opened.text)) == {canary}, "only what was asked for is open"
    assert (said.operation, said.action, said.fields) == ("consult", "segment.open", ["segments.text"])
    assert (said.justification, said.cites) == ("INTAKE", str(scene.planted.rows["testimonies"]))
    assert said.cases == [reference]
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert left.headers["clear-site-data"] == '"cache", "storage"'
    assert browser.get("/").headers["location"] == "/sign-in"


def test_a_newcomer_uses_an_invitation_and_signs_in(browser: Browser, world: World) -> None:
    invite = Invite(login_name="newcomer", display_name="Neu Hier", roles=frozenset({"caseworker"}))
    code = world.do("administrator", actions.invite, invite).invitation

    browser.get("/invitation")
    chosen = {"code": code, "passphrase": "several words by the river"}
    enrolled = browser.submit("/invitation", **chosen)
    browser.get("/invitation")
    again = browser.submit("/invitation", **chosen)

    codes = re.findall(r"<li><code>([A-Z2-7-]+)</code></li>", enrolled.text)
    assert enrolled.status_code == 200
    assert len(codes) == 8
    assert again.status_code == 401
    browser.get("/sign-in")
    entered = browser.submit(
        "/sign-in", login_name="newcomer", passphrase="several words by the river", recovery_code=codes[0]
    )
    assert entered.status_code == 303
    assert "Neu Hier" in browser.get("/").text


def test_a_cookie_of_a_session_that_has_ended_does_not_shut_its_owner_out(
    browser: Browser, world: World, standing_clock: Clock
) -> None:
    """It did: the form for signing in asked the old session for a token that no page could show."""
    browser.sign_in(world, "intake")
    standing_clock.move(hours=1)
    assert browser.get("/").headers["location"] == "/sign-in"

    assert browser.sign_in(world, "intake").headers["location"] == "/"
    assert browser.get("/").status_code == 200


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
    assert browser.get("/").status_code == 200


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
    [("/cases/2222-2222-2", 404), ("/cases/x", 404), ("/?page=x", 404), ("/?page=99999", 404), ("/?page=3", 200)],
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
        assert "There is nothing here for you." in answer.text


@pytest.mark.abuse("D34")
def test_a_case_of_others_and_no_case_are_the_same_page(browser: Browser, world: World, log: Log) -> None:
    reference = world.case()
    browser.sign_in(world, "legal")
    log.fresh()

    theirs, nobodys = browser.get(f"/cases/{reference}"), browser.get(f"/cases/{references.draw()}")

    assert theirs.content == nobodys.content
    assert theirs.headers == nobodys.headers
    assert [(said.action, said.outcome) for said in log.fresh()] == [("case.show", "not_found")] * 2


def test_a_rule_that_says_no_is_named_and_shows_nothing(browser: Browser, world: World) -> None:
    scene = Scene.set(world)
    reference = scene.planted.reference
    browser.sign_in(world, "legal")
    browser.get(f"/cases/{reference}")

    answer = browser.submit(
        f"/cases/{reference}/open", row=str(scene.planted.rows["segments"]), table="segments", fields="text",
        justification="DEMAND",
    )  # fmt: skip

    assert answer.status_code == 403
    assert "Opening an account for a demand needs a sentence." in answer.text
    assert "demand-in-words" in answer.text
    assert CANARY not in answer.text


SPOILT = (
    {"justification": "OTHER"}, {"justification": ""}, {"fields": ""}, {"fields": "no_such"}, {"row": "x"}, {"row": ""},
    {"table": "users"}, {"table": ""}, {"table": "submissions"}, {"cites": "x"}, {"words": "x" * 501},
    {"fields": "file_key", "table": "attachments"},
)  # fmt: skip


def test_a_form_that_does_not_fit_is_refused_as_a_page(browser: Browser, world: World) -> None:
    """Asked for a submission by its row, a page once answered that the log could not be written."""
    scene = Scene.set(world)
    rows, path = scene.planted.rows, f"/cases/{scene.planted.reference}"
    browser.sign_in(world, "intake")
    right = {
        "csrf": Forms(browser.get(path).text).found[0].fields["csrf"], "table": "segments", "fields": "text",
        "row": str(rows["segments"]), "justification": "INTAKE", "cites": str(rows["testimonies"]),
    }  # fmt: skip

    def send(**spoilt: str) -> httpx.Response:
        row = str(rows.get(spoilt.get("table", "segments"), ""))
        return browser.ask("POST", f"{path}/open", data={**right, "row": row, **spoilt}, headers={"Origin": ORIGIN})

    for spoilt in SPOILT:
        answer = send(**spoilt)
        assert answer.status_code in {404, 422}, spoilt
        assert answer.headers["content-type"].startswith("text/html"), spoilt
        assert CANARY not in answer.text
    assert send().status_code == 200, "the control"


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
    world.person(reference, by="named", legal_name=payload)
    browser.sign_in(world, "named")

    home, case = browser.get("/"), browser.get(f"/cases/{reference}")
    row = str(world.row("named", reference, "persons"))
    opened = browser.submit(
        f"/cases/{reference}/open", row=row, table="persons", fields="legal_name",
        justification="WITNESS_REQUEST", words=payload,
    )  # fmt: skip

    assert opened.status_code == 200
    for page in (home, case, opened):
        read = Forms(page.text)
        assert payload in read.text, "shown, and shown literally"
        assert {tag for tag, _ in read.tags} <= KNOWN_TAGS
        assert {name for _, given in read.tags for name in given} <= KNOWN_ATTRIBUTES
    assert Forms(opened.text).text.count(payload) >= 2, "the name of the account, and what was opened"


KNOWN_TAGS = {
    "html", "head", "meta", "title", "link", "body", "header", "p", "a", "form", "input", "span", "bdi", "button",
    "main", "h1", "h2", "table", "thead", "tbody", "tr", "th", "td", "em", "section", "dl", "dt", "dd", "details",
    "summary", "fieldset", "legend", "label", "select", "option", "ul", "li",
}  # fmt: skip
KNOWN_ATTRIBUTES = {
    "lang", "dir", "charset", "name", "content", "rel", "href", "method", "action", "type", "value", "class",
    "aria-label", "maxlength",
}  # fmt: skip


@pytest.mark.abuse("A07")
def test_a_payload_that_is_not_escaped_is_found() -> None:
    """The control of the reader: the same page with one payload let through."""
    for payload in ("<script>1</script>", "<b onclick=1>", "<svg/onload=1>"):
        read = Forms(f"<p>{payload}</p>")
        unknown = {tag for tag, _ in read.tags} - KNOWN_TAGS
        assert unknown | ({name for _, given in read.tags for name in given} - KNOWN_ATTRIBUTES)


@pytest.mark.abuse("A07")
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_switches_escaping_off_or_carries_script_or_style(template: Path) -> None:
    text = template.read_text()

    assert not re.search(r"\|\s*safe|autoescape|Markup|<script|<style|\sstyle=|\son\w+=|javascript:|https?://", text)


def test_every_template_is_looked_at() -> None:
    assert {path.name for path in TEMPLATES} >= {
        "base.html",
        "case.html",
        "home.html",
        "reference.html",
        "sign_in.html",
    }


def test_no_page_asks_another_host_for_anything(browser: Browser, world: World) -> None:
    reference = world.whole_case()
    browser.sign_in(world, "intake")

    for path in ("/", "/sign-in", "/invitation", f"/cases/{reference}", "/api/reference"):
        for _tag, given in Forms(browser.get(path).text).tags:
            for name in ("href", "src", "action"):
                assert given.get(name, "/").startswith("/"), path
                assert not given.get(name, "/").startswith("//"), path


@pytest.mark.abuse("C05")
def test_no_secret_stands_in_an_address_a_page_links_to(browser: Browser, world: World) -> None:
    reference = world.whole_case()
    browser.sign_in(world, "intake")
    secrets = {browser.cookies["amana_session"], browser.cookies["amana_device"]}

    for path in ("/", f"/cases/{reference}"):
        page = browser.get(path)
        assert not any(secret in page.text for secret in secrets)
        assert not re.search(r'(href|action)="[^"]*\?(?!page=\d)', page.text)
