"""A change is made only from our own pages, in the session that was shown them."""

from __future__ import annotations

from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app.edge.origin import csrf_token
from tests.api.doors import PAGES, Scene
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World

FOREIGN = {"Origin": "https://evil.example"}
HEADERS: dict[str, dict[str, str]] = {
    "another origin": FOREIGN,
    "origin null": {"Origin": "null"},
    "another port": {"Origin": "http://localhost:8001"},
    "another scheme": {"Origin": "https://localhost:8000"},
    "a longer name": {"Origin": "http://localhost:8000.evil.example"},
    "no origin": {},
    "sent by another site": {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    "sent by a sister site": {"Sec-Fetch-Site": "same-site"},
}


@pytest.fixture
def signed_in(staff_door: ASGIApp, world: World, scene: Scene) -> Browser:
    assert scene, "hours go by in it, and nobody stays signed in"
    browser = Browser(staff_door)
    browser.sign_in(world, "intake")
    return browser


def changes(scene: Scene) -> dict[str, str]:
    """Every address of the pages that changes or discloses something, from the table of all of them: as asked for
    and as it stands in the table."""
    submission = scene.planted.submission
    example = {
        "{row}": str(scene.planted.rows["persons"]), "{tier}": "T1", "{kind}": "person", "{name}": "seal",
        "{code}": scene.spare_of("intake"), "{session}": str(UUID(int=7)),
        "{step}": "ask", "{factor}": "TIMELINESS", "{record}": str(scene.planted.rows["residences"]),
    }  # fmt: skip
    made = {}
    for path in (path for method, path in PAGES if method == "POST"):
        address = path.replace("{reference}", submission if "arrivals" in path else scene.planted.reference)
        for name, value in example.items():
            address = address.replace(name, value)
        made[address] = path
    return made


# Takes a file: its token is a part of the body, and what came without one is tried in test_account_tab.py.
FILES = ("/files/",)
# Whoever is covered by nothing has nothing to come back to, and is shown today.
LEADS_ON = ("/session/return",)
# Before sign-in there is no session whose token a form could carry; their origin is checked all the same.
UNSIGNED = ("/sign-in", "/sign-in/challenge", "/invitation")


@pytest.mark.abuse("D08")
def test_no_change_is_made_for_another_site(signed_in: Browser, scene: Scene, log: Log) -> None:
    token, forms = _token(signed_in), changes(scene)
    log.fresh()

    for why, headers in HEADERS.items():
        for path in forms:
            answer = signed_in.ask("POST", path, data={"csrf": token}, headers=headers)
            assert answer.status_code == 403, f"{path}, {why}: {answer.status_code}"
            assert "This did not come from one of our own pages." in answer.text
            assert CANARY not in answer.text
            assert "set-cookie" not in answer.headers

    assert log.fresh() == []
    assert signed_in.get("/today").status_code == 200, "still signed in"


@pytest.mark.abuse("D08")
def test_no_change_is_made_without_this_sessions_token(
    signed_in: Browser, staff_door: ASGIApp, world: World, scene: Scene, log: Log
) -> None:
    other = Browser(staff_door)
    other.sign_in(world, "intake-lead")
    mine = _token(signed_in)
    tokens = ("", "x", "A" * 64, _token(other), csrf_token(b"x" * 43), mine[:-2] + "AA", mine + "A")
    log.fresh()

    for path in changes(scene):
        for token in () if path in UNSIGNED or path.startswith(FILES) else (None, *tokens):
            data = {"team": "legal"} if token is None else {"csrf": token, "team": "legal"}
            answer = signed_in.ask("POST", path, data=data, headers={"Origin": ORIGIN})
            assert answer.status_code == 403, f"{path} {token}"
            assert CANARY not in answer.text

    assert log.fresh() == []
    assert signed_in.get("/today").status_code == 200


@pytest.mark.abuse("D08")
def test_the_same_forms_with_the_right_token_are_read(
    signed_in: Browser, world: World, scene: Scene, standing_clock: Clock
) -> None:
    """The control of both tests above."""

    for path in sorted(changes(scene), key=lambda path: path == "/sign-out"):
        if not signed_in.cookies.get("amana_session"):
            # A code of another half minute: each is good for one sign-in.
            standing_clock.move(seconds=30)
            signed_in.sign_in(world, "intake")
        answer = signed_in.ask("POST", path, data={"csrf": _token(signed_in)}, headers={"Origin": ORIGIN})
        # Where a reveal wants a second factor first, the form was read.
        assert answer.status_code != 403 or "second factor" in answer.text, path

    assert signed_in.get("/today").headers["location"] == "/sign-in", "the last of them signed out"


@pytest.mark.abuse("D08")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_is_changed_by_another_method(signed_in: Browser, scene: Scene, log: Log, method: str) -> None:
    token = _token(signed_in)
    asked = {path for kind, path in PAGES if kind == "GET"}
    log.fresh()

    for path, known in changes(scene).items():
        answer = signed_in.ask(method, path, params={"csrf": token, "team": "legal"}, headers={"Origin": ORIGIN})
        if method == "GET" and known in asked:
            assert answer.status_code in ({303} if path in LEADS_ON else {200, 404}), path
        else:
            assert answer.status_code == 405, path
        assert CANARY not in answer.text

    assert {said.operation for said in log.fresh()} <= {"refuse"}
    assert signed_in.get("/today").status_code == 200, "signing out by a link is impossible"


@pytest.mark.abuse("D08")
def test_a_cookie_alone_does_nothing_at_the_interface_for_programs(signed_in: Browser, scene: Scene) -> None:
    headers = {"Origin": ORIGIN, "content-type": "application/json"}

    for method, path in (("GET", "/api/me"), ("POST", "/api/sign-out"), ("POST", "/api/cases")):
        answer = signed_in.ask(method, path, headers=headers, content=b"{}")
        assert answer.status_code == 401
    assert signed_in.get(f"/cases/{scene.planted.reference}").status_code == 200


@pytest.mark.abuse("A11")
@pytest.mark.parametrize(
    "form", ["a=1&" * 100_000, "a=" + "x" * 2_000_000, "&" * 500_000], ids=["many", "long", "empty"]
)
def test_a_form_of_a_hundred_thousand_fields_or_of_megabytes_is_cut_off(signed_in: Browser, form: str) -> None:
    headers = {"Origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}

    for path in ("/sign-in", "/invitation", "/sign-out"):
        assert signed_in.ask("POST", path, content=form, headers=headers).status_code == 413, path


@pytest.mark.abuse("A06")
def test_a_secret_that_was_typed_never_comes_back(signed_in: Browser, world: World) -> None:
    """What somebody wrote stays on the page when a form is refused; a passphrase or a code does not."""
    canary = world.canary()
    secrets = {"passphrase": canary, "code": canary, "recovery_code": canary}

    for path in UNSIGNED:
        kept = {**secrets, "login_name": "somebody-who-wrote"}
        answer = signed_in.ask("POST", path, data=kept, headers={"Origin": ORIGIN})
        # What a key is asked to sign is told to everybody, whatever else came along.
        assert answer.status_code in ({200} if path == "/sign-in/challenge" else {401, 422}), path
        assert canary not in answer.text + str(answer.headers)


def _token(browser: Browser) -> str:
    return Forms(browser.get("/today").text).found[0].fields["csrf"]
