"""The administrator's desk at the pages: people and health, and nothing that counts or names a case."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.accounts import actions, queries, undertakings
from app.accounts.forms import AcceptInvitation, Invite, LeaveTeam
from app.errors import NotSignedIn
from app.oversight import clocks
from app.settings import Settings
from app.work import Caller
from tests.api.conftest import program_of
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World

PAGES = ("/admin/people", "/admin/people/invite", "/admin/people/{code}", "/admin/people/{code}/shut", "/admin/health")
POSTS = (
    "/admin/people/invite", "/admin/people/{code}/invite", "/admin/people/{code}/sign-out",
    "/admin/people/{code}/shut", "/admin/health",
)  # fmt: skip
NEWCOMER: dict[str, Any] = {"display_name": "Neu Hier", "login_name": "newcomer", "roles": ["caseworker"]}


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def invited(world: World, login: str = "newcomer") -> str:
    form = Invite(login_name=login, display_name="Neu Hier", roles=frozenset({"caseworker"}))
    code: str = world.do("administrator", actions.invite, form).user
    return code


# who gets in


@pytest.mark.parametrize("path", PAGES)
def test_these_pages_are_the_administrators_and_to_others_they_are_not_there(
    browser: Browser, world: World, log: Log, path: str
) -> None:
    address = path.replace("{code}", world.members["legal"].code)
    assert browser.get(address).headers["location"] == "/sign-in"
    for login in sorted(set(world.members) - {"administrator"}):
        browser.sign_in(world, login)
        log.fresh()
        answer = browser.get(address)
        assert answer.status_code == 404, login
        assert [(e.operation, e.outcome) for e in log.fresh()] == [("refuse", "not_found")], login
    browser.sign_in(world, "administrator")
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_nobody_else_sends_these_forms(browser: Browser, world: World, path: str) -> None:
    address = path.replace("{code}", world.members["legal"].code)
    for login in ("intake-lead", "auditor"):
        browser.sign_in(world, login)
        token = Forms(browser.get("/today").text).found[0].fields["csrf"]
        form = {**NEWCOMER, "why": "LEFT", "csrf": token}
        assert browser.ask("POST", address, data=form, headers={"Origin": ORIGIN}).status_code == 404, login

    assert world.signins.caller(world.members["legal"].token)
    listed = {each.login_name for each in world.office.ask(world["auditor"], queries.colleagues)}
    assert listed == set(world.members)


@pytest.mark.abuse("E09")
def test_no_page_of_the_administrator_names_or_counts_a_case(browser: Browser, world: World) -> None:
    browser.sign_in(world, "administrator")
    paths = (
        "/today",
        "/admin/people",
        "/admin/health",
        "/me",
        "/me/opened",
        f"/admin/people/{world.members['intake'].code}",
    )

    def shown() -> dict[str, str]:
        # Tokens differ from page to page, and free disk from moment to moment.
        return {p: re.sub(r'value="[^"]*"|\d+ (percent|MiB)|\d+</td>', "", browser.get(p).text) for p in paths}

    before = shown()
    reference = world.whole_case()
    after = shown()

    assert after == before
    assert not any(reference in page or CANARY in page for page in after.values())
    assert 'href="/cases' not in after["/today"]


# people


def test_people_are_listed_with_state_roles_teams_and_the_day_of_their_last_sign_in(
    browser: Browser, world: World
) -> None:
    browser.sign_in(world, "administrator")

    page = said(browser.get("/admin/people").text)

    for member in world.members.values():
        assert member.name in page
        assert member.code in page
    assert "Protection team" in page
    # A day and no hour: nobody's working day is drawn from it.
    assert not re.search(r"\d\d:\d\d", page)


def test_an_invitation_shows_its_code_once_and_the_code_works(browser: Browser, world: World, log: Log) -> None:
    browser.sign_in(world, "administrator")
    browser.get("/admin/people/invite")
    log.fresh()

    answer = browser.submit("/admin/people/invite", **NEWCOMER)

    code = re.findall(r'<code class="am-secret"[^>]*>([A-Z2-7-]+)</code>', answer.text)[0]
    assert answer.status_code == 200
    assert [(e.action, e.operation) for e in log.fresh()] == [("account.invite", "key")]
    assert code not in browser.get("/admin/people").text
    enrolled = world.signins.accept(
        AcceptInvitation(code=code, passphrase="several words by the river", undertaking=undertakings.VERSION)
    )
    assert f"/admin/people/{enrolled.user}" in answer.text


@pytest.mark.parametrize(
    ("filled", "status"),
    [
        ({"login_name": "No Such Name"}, 422),
        ({"roles": []}, 422),
        ({"display_name": ""}, 422),
        ({"login_name": "intake"}, 409),
        ({"roles": ["auditor", "caseworker"]}, 403),
    ],
)
def test_what_was_typed_stays_when_an_invitation_does_not_fit(
    browser: Browser, world: World, filled: dict[str, Any], status: int
) -> None:
    browser.sign_in(world, "administrator")
    browser.get("/admin/people/invite")
    given = {**NEWCOMER, "display_name": "Kept <b>As</b> Typed", **filled}

    answer = browser.submit("/admin/people/invite", **given)

    assert answer.status_code == status
    assert "This needs another look" in answer.text
    if given["display_name"]:
        assert 'value="Kept &lt;b&gt;As&lt;/b&gt; Typed"' in answer.text
    assert len(world.office.ask(world["auditor"], queries.colleagues)) == len(world.members)


def test_a_lapsed_invitation_is_drawn_again(
    browser: Browser, world: World, standing_clock: Clock, settings: Settings
) -> None:
    code = invited(world)
    standing_clock.move(hours=settings.invite_hours_max, seconds=1)
    browser.sign_in(world, "administrator")
    assert "Invitation lapsed" in said(browser.get(f"/admin/people/{code}").text)

    answer = browser.submit(f"/admin/people/{code}/invite")

    drawn = re.findall(r'<code class="am-secret"[^>]*>([A-Z2-7-]+)</code>', answer.text)[0]
    assert (
        world.signins.accept(
            AcceptInvitation(code=drawn, passphrase="several words by the river", undertaking=undertakings.VERSION)
        ).user
        == code
    )


def test_sessions_of_a_lost_machine_are_ended(browser: Browser, world: World, log: Log) -> None:
    member = world.members["legal"]
    browser.sign_in(world, "administrator")
    browser.get(f"/admin/people/{member.code}")
    log.fresh()

    answer = browser.submit(f"/admin/people/{member.code}/sign-out")

    assert answer.headers["location"] == f"/admin/people/{member.code}"
    assert [e.action for e in log.fresh()] == ["signin.end_all"]
    with pytest.raises(NotSignedIn):
        world.signins.caller(member.token)


def test_an_account_is_shut_on_a_page_of_its_own_for_a_reason(browser: Browser, world: World, log: Log) -> None:
    member = world.members["legal"]
    browser.sign_in(world, "administrator")
    address = f"/admin/people/{member.code}/shut"
    browser.get(address)
    log.fresh()

    without = browser.submit(address)
    assert (without.status_code, log.fresh()) == (422, [])
    strange = browser.submit(address, why="BECAUSE")
    assert (strange.status_code, log.fresh()) == (422, [])
    answer = browser.submit(address, why="LEFT")

    assert answer.headers["location"] == f"/admin/people/{member.code}"
    (entry,) = log.fresh()
    assert (entry.action, entry.codes["why"]) == ("account.disable", "LEFT")
    with pytest.raises(NotSignedIn):
        world.signins.caller(member.token)
    assert "/shut" not in browser.get(f"/admin/people/{member.code}").text
    assert browser.ask("GET", address).status_code == 200


def test_the_last_administrator_cannot_shut_themself_by_a_page(browser: Browser, world: World) -> None:
    me = world.members["administrator"].code
    browser.sign_in(world, "administrator")
    assert "/shut" not in browser.get(f"/admin/people/{me}").text
    browser.get(f"/admin/people/{me}/shut")

    answer = browser.submit(f"/admin/people/{me}/shut", why="LEFT")

    assert answer.status_code == 403
    assert "Nobody shuts their own account" in said(answer.text)
    assert browser.get("/admin/people").status_code == 200


@pytest.mark.parametrize(
    "path", ["/admin/people/S-333333", "/admin/people/x", "/admin/people?which=rich", "/admin/people?page=x"]
)
def test_an_account_or_a_list_that_is_not_there_is_not_found(browser: Browser, world: World, path: str) -> None:
    browser.sign_in(world, "administrator")

    assert browser.get(path).status_code == 404


# today and health


def test_each_number_of_accounts_is_the_length_of_the_list_it_leads_to(
    browser: Browser, world: World, standing_clock: Clock, settings: Settings
) -> None:
    for number in range(2):
        invited(world, f"late{number}")
    standing_clock.move(days=queries.IDLE_DAYS + 1)
    browser.sign_in(world, "administrator")

    rows = re.findall(
        r'<a class="govuk-link" href="(/admin/people\?[^"]+)">[^<]+</a></th><td class="govuk-table__cell">(\w+)</td>',
        re.sub(r">\s+<", "><", browser.get("/today").text),
    )  # fmt: skip

    found = {}
    for href, number in rows:
        page = browser.get(html.unescape(href)).text
        names = set(re.findall(r'href="/admin/people/(S-\w+)"', page))
        found[href.rpartition("=")[2]] = len(names)
        assert number == (str(len(names)) if names else "None"), href
    assert found == {
        "without-factor": 0, "without-team": 0, "lapsed": 2, "idle": len(world.members) - 1, "unsigned": 0, "ending": 0,
    }  # fmt: skip


def test_what_single_people_lack_is_said_on_their_lines_and_on_today(
    browser: Browser, world: World, standing_clock: Clock, settings: Settings
) -> None:
    out = world.members["legal"].code
    world.do("administrator", actions.leave_team, LeaveTeam(team="legal"), subject=out)
    standing_clock.move(days=settings.undertaking_days_max - undertakings.WARN_DAYS + 1)
    browser.sign_in(world, "administrator")

    today = said(browser.get("/today").text)
    team = browser.get("/admin/people?which=without-team").text
    ending = said(browser.get("/admin/people?which=ending").text)

    assert re.search(r"Accounts that hold no team’s key yet ?1", today)
    assert re.search(f"Undertakings that end within 30 days ?{len(world.members)}", today)
    assert set(re.findall(r'href="/admin/people/(S-\w+)"', team)) == {out}
    assert ending.count("Undertaking until") == len(world.members)


def test_health_tells_versions_ages_and_room(browser: Browser, world: World) -> None:
    browser.sign_in(world, "administrator")

    page = said(browser.get("/admin/health").text)

    for word in ("PostgreSQL", "0002", "percent", "Intake team", "Paper shares", "amana doctor", "No checkpoint"):
        assert word in page, word


def test_a_full_disk_is_told_in_red(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch, staff_door: ASGIApp
) -> None:
    office = program_of(staff_door).state.desk.office
    monkeypatch.setattr(office, "_settings", replace(office._settings, disk_free_percent_min=101))
    browser.sign_in(world, "administrator")

    assert "am-table__red" in browser.get("/today").text
    assert "am-table__red" in browser.get("/admin/health").text


@pytest.mark.abuse("D05")
def test_a_clock_that_jumped_waits_here_for_somebody_to_say_that_it_is_right(
    browser: Browser, world: World, log: Log
) -> None:
    browser.sign_in(world, "administrator")
    assert "jumped" not in said(browser.get("/admin/health").text), "the control"
    world.office.perform(Caller.service("worker"), clocks.jump, clocks.Jumped(seconds=-7200))
    page = said(browser.get("/admin/health").text)
    assert "The clock of this installation jumped back by 120 minutes" in page
    assert "Nothing is destroyed by its terms until somebody has looked." in page
    log.fresh()

    answer = browser.submit("/admin/health")

    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/health")
    assert [(e.action, e.outcome) for e in log.fresh()] == [("clock.confirm", "done")]
    assert "jumped" not in said(browser.get("/admin/health").text)
