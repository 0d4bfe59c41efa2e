"""My account, my team and the short texts, at the pages: my own and nobody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.accounts import actions, queries
from app.accounts.forms import LeaveTeam, SignInForm
from app.errors import NotSignedIn, SignInRefused
from app.people import actions as people
from app.web.help import TOPICS
from tests.ladder import CANARY, Log, next_request
from tests.tidy.test_house import forbidden
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World

NEW = "eleven wet stones under a bridge"


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


# my account


@pytest.mark.parametrize("path", ["/me", "/me/opened", "/me/passphrase", "/teams/intake", "/help/words"])
def test_a_stranger_is_shown_the_way_in(browser: Browser, world: World, path: str) -> None:
    assert browser.get(path).headers["location"] == "/sign-in"


def test_everybody_has_a_page_of_their_own(browser: Browser, world: World) -> None:
    for login, member in world.members.items():
        browser.sign_in(world, login)
        page = said(browser.get("/me").text)
        assert member.name in page
        assert member.code in page
        others = [each.code for each in world.members.values() if each.login != login]
        assert not any(code in page for code in others)


def test_the_language_chosen_is_the_language_of_the_next_page(browser: Browser, world: World, log: Log) -> None:
    browser.sign_in(world, "intake")
    assert '<html lang="en" dir="ltr"' in browser.get("/me").text
    log.fresh()

    sent = browser.submit("/me/preferences", language="ar")

    assert sent.headers["location"] == "/me"
    assert [e.action for e in log.fresh()] == ["account.prefer"]
    page = browser.get("/me").text
    assert '<html lang="ar" dir="rtl"' in page
    assert 'data-shortcuts="off"' in page, "the box was not ticked in what was sent"
    browser.submit("/me/preferences", language="en", shortcuts="yes")
    page = browser.get("/me").text
    assert '<html lang="en" dir="ltr"' in page
    assert 'data-shortcuts="off"' not in page


def test_whoever_signs_out_reads_on_in_their_language(browser: Browser, world: World) -> None:
    browser.sign_in(world, "intake")
    browser.get("/me")
    browser.submit("/me/preferences", language="ar")

    browser.get("/me")
    browser.submit("/sign-out")

    assert '<html lang="ar" dir="rtl"' in browser.get("/sign-in").text


@pytest.mark.parametrize("language", ["de", "xx", "../en"])
def test_a_language_there_is_not_is_refused_on_the_page(browser: Browser, world: World, language: str) -> None:
    browser.sign_in(world, "intake")
    browser.get("/me")

    answer = browser.submit("/me/preferences", language=language)

    assert answer.status_code == 422
    assert "This needs another look" in answer.text
    assert "amana_language" not in answer.headers.get("set-cookie", "")


def change(browser: Browser, world: World, **given: Any) -> Any:
    member = world.members["intake"]
    browser.get("/me/passphrase")
    form = {"passphrase": member.passphrase, "new_passphrase": NEW, "recovery_code": member.recovery[0]} | given
    return browser.submit("/me/passphrase", **form)


def test_a_passphrase_is_changed_and_the_other_sessions_end(browser: Browser, world: World, log: Log) -> None:
    member = world.members["intake"]
    other, old = member.token, member.passphrase
    browser.sign_in(world, "intake")
    log.fresh()

    sent = change(browser, world)

    assert sent.headers["location"] == "/me/passphrase/changed"
    assert [e.action for e in log.fresh()] == ["account.change_passphrase"]
    assert "Your passphrase is changed" in browser.get("/me/passphrase/changed").text
    with pytest.raises(NotSignedIn):
        world.signins.caller(other)
    with pytest.raises(SignInRefused):
        world.signins.enter(SignInForm(login_name="intake", passphrase=old, recovery_code=member.recovery[1]))
    assert world.signins.enter(SignInForm(login_name="intake", passphrase=NEW, recovery_code=member.recovery[2]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"passphrase": "not the one I walk home with"},
        {"recovery_code": "AAAAA-AAAAA-AAAAA-AAAAA-AAAA"},
        {"recovery_code": ""},
        {"code": "12345"},
        {"new_passphrase": "short"},
        {"passphrase": ""},
    ],
)
def test_a_change_that_does_not_fit_is_the_page_again_without_a_secret(
    browser: Browser, world: World, wrong: dict[str, str]
) -> None:
    browser.sign_in(world, "intake")

    answer = change(browser, world, **wrong)

    assert answer.status_code == 422
    assert "This needs another look" in answer.text
    for secret in (world.members["intake"].passphrase, NEW, world.members["intake"].recovery[0], "12345"):
        assert secret not in answer.text
    assert browser.get("/me").status_code == 200


def test_guessing_at_the_present_passphrase_has_to_wait(browser: Browser, world: World) -> None:
    browser.sign_in(world, "intake")

    answers = [change(browser, world, passphrase=f"a guess with number {n}") for n in range(7)]

    assert [answer.status_code for answer in answers[:5]] == [422] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_one_session_is_ended_or_all_of_them(browser: Browser, world: World, log: Log) -> None:
    other = world.members["intake"].token
    browser.sign_in(world, "intake")
    page = browser.get("/me")
    ends = [
        form.action for form in Forms(page.text).found if re.fullmatch(r"/me/sessions/[0-9a-f-]{36}/end", form.action)
    ]
    assert len(ends) == 1, "the session that asks is ended by signing out"
    log.fresh()

    browser.submit(ends[0])
    with pytest.raises(NotSignedIn):
        world.signins.caller(other)
    assert browser.get("/me").status_code == 200
    left = browser.submit("/me/sessions/end")

    assert [e.action for e in log.fresh()] == ["signin.end", "signin.leave_everywhere"]
    assert left.headers["location"] == "/signed-out"
    assert browser.get("/me").headers["location"] == "/sign-in"


@pytest.mark.parametrize("login", ["legal", "administrator"])
def test_nobody_ends_a_session_of_mine_by_its_address(browser: Browser, world: World, login: str) -> None:
    mine = world["intake"].actor.sign_in
    browser.sign_in(world, login)
    browser.get("/me")
    token = Forms(browser.get("/me").text).found[0].fields["csrf"]

    answer = browser.ask("POST", f"/me/sessions/{mine}/end", data={"csrf": token}, headers={"Origin": ORIGIN})

    assert answer.status_code in {403, 404}
    assert world.signins.caller(world.members["intake"].token)


def test_what_i_opened_is_on_my_page_by_reference_and_reason(browser: Browser, world: World) -> None:
    reference = world.case()
    row = world.person(reference, legal_name=world.canary()).id
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
    browser.sign_in(world, "intake")

    mine = browser.get("/me/opened").text
    browser.sign_in(world, "legal")
    theirs = browser.get("/me/opened").text

    assert reference in mine
    assert "Showed the person" in mine
    assert "The witness asked for it" in mine
    assert CANARY not in mine
    assert reference not in theirs
    assert "You have opened nothing in this time." in theirs


def test_recovery_codes_left_are_counted(browser: Browser, world: World) -> None:
    browser.sign_in(world, "intake")
    assert "8 recovery codes are left." in said(browser.get("/me").text)

    change(browser, world)

    assert "7 recovery codes are left." in said(browser.get("/me").text)


# my team


def test_a_lead_lets_a_colleague_in_and_removes_them(browser: Browser, world: World, log: Log) -> None:
    world.invite("second", roles=("intake_officer",))
    code = world.members["second"].code
    world.do("administrator", actions.leave_team, LeaveTeam(team="intake"), subject=code)
    browser.sign_in(world, "intake-lead")
    page = browser.get("/teams/intake")
    assert f'value="{code}"' in page.text
    log.fresh()

    added = browser.submit("/teams/intake/add", user=code)
    next_request(world, "second")
    assert world["second"].actor.teams == {"intake"}
    browser.get(f"/teams/intake/remove/{code}")
    removed = browser.submit(f"/teams/intake/remove/{code}")
    next_request(world, "second")

    assert (added.headers["location"], removed.headers["location"]) == ("/teams/intake", "/teams/intake")
    assert world["second"].actor.teams == frozenset()
    assert [(e.action, e.codes["account"]) for e in log.fresh() if e.operation in {"grant", "revoke"}] == [
        ("team.add", code), ("team.remove", code),
    ]  # fmt: skip


def test_a_member_sees_the_team_and_changes_nothing(browser: Browser, world: World, log: Log) -> None:
    lead = world.members["intake-lead"].code
    browser.sign_in(world, "intake")
    page = browser.get("/teams/intake")
    token = Forms(page.text).found[0].fields["csrf"]
    log.fresh()

    tries = [
        browser.get(f"/teams/intake/remove/{lead}"),
        browser.ask("POST", f"/teams/intake/remove/{lead}", data={"csrf": token}, headers={"Origin": ORIGIN}),
        browser.ask("POST", "/teams/intake/add", data={"csrf": token, "user": lead}, headers={"Origin": ORIGIN}),
    ]

    assert world.members["intake-lead"].name in page.text
    assert "Let a colleague in" not in page.text
    assert "/remove/" not in page.text
    assert [answer.status_code for answer in tries] == [404, 404, 404]


@pytest.mark.parametrize("login", ["legal-lead", "administrator", "auditor"])
def test_a_team_of_others_is_not_there(browser: Browser, world: World, log: Log, login: str) -> None:
    browser.sign_in(world, login)
    log.fresh()

    answer = browser.get("/teams/intake")

    assert answer.status_code == 404
    assert [(e.action, e.outcome) for e in log.fresh()] == [("team.show", "not_found")]


@pytest.mark.parametrize(("user", "status"), [("", 422), ("S-333333", 404), ("x", 404)])
def test_letting_in_nobody_is_told_on_the_page(browser: Browser, world: World, user: str, status: int) -> None:
    world.invite("second", roles=("intake_officer",))
    code = world.members["second"].code
    world.do("administrator", actions.leave_team, LeaveTeam(team="intake"), subject=code)
    browser.sign_in(world, "intake-lead")
    browser.get("/teams/intake")

    assert browser.submit("/teams/intake/add", user=user).status_code == status


def test_a_rule_across_the_wall_is_told_in_words(browser: Browser, world: World) -> None:
    world.invite("two-hats", roles=("intake_officer", "caseworker"))
    world.invite("second", roles=("caseworker",))
    second, hats = world.members["second"].code, world.members["two-hats"].code
    world.do("administrator", actions.leave_team, LeaveTeam(team="protection"), subject=second)
    browser.sign_in(world, "protection-lead")
    browser.get("/teams/protection")

    answer = browser.submit("/teams/protection/add", user=hats)

    assert answer.status_code == 403
    assert "Nobody holds team keys on both sides of the wall." in said(answer.text)


def test_candidates_of_a_page_are_those_the_action_takes(browser: Browser, world: World) -> None:
    for login in ("second", "third"):
        world.invite(login, roles=("intake_officer",))
    for login in ("second", "third"):
        world.do("administrator", actions.leave_team, LeaveTeam(team="intake"), subject=world.members[login].code)
    next_request(world, "intake-lead")
    offered = world.office.ask(world["intake-lead"], queries.team, "intake").candidates
    browser.sign_in(world, "intake-lead")

    for each in offered:
        browser.get("/teams/intake")
        assert browser.submit("/teams/intake/add", user=each.user).status_code == 303, each.login_name

    assert {each.login_name for each in offered} == {"second", "third"}


# short texts


@pytest.mark.parametrize("topic", TOPICS)
def test_every_text_is_there_for_everybody_and_promises_nothing(browser: Browser, world: World, topic: str) -> None:
    browser.sign_in(world, "auditor")

    page = browser.get(f"/help/{topic}")

    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert forbidden([said(page.text)]) == set()


def test_a_text_there_is_not_is_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world, "auditor")

    for topic in ("nothing", "..%2fme", "words.html"):
        assert browser.get(f"/help/{topic}").status_code == 404


def test_the_answer_to_outsiders_neither_confirms_nor_denies(browser: Browser, world: World) -> None:
    browser.sign_in(world, "intake")

    page = browser.get("/help/outsiders").text
    answer = said(re.findall(r'<div class="govuk-inset-text">(.*?)</div>', page, re.S)[0])

    assert answer.startswith("We do not say whether anybody has or has not been in touch with us.")
    assert not re.search(r"\b(?:yes|no|unknown|we will|tomorrow|days?|soon)\b", answer, re.IGNORECASE)


@pytest.mark.parametrize(("which", "shown", "hidden"), [
    ("CODES", "Copy these recovery codes", "Put this secret"), ("AUTHENTICATOR", "Put this secret", "Copy these"),
])  # fmt: skip
def test_what_was_lost_is_drawn_anew_and_shown_once(
    browser: Browser, world: World, which: str, shown: str, hidden: str
) -> None:
    browser.sign_in(world, "intake")
    browser.get("/me/factor")

    drawn = browser.submit(
        "/me/factor", which=which, passphrase=world.members["intake"].passphrase,
        recovery_code=world.members["intake"].recovery[0],
    )  # fmt: skip

    assert drawn.status_code == 200
    assert shown in drawn.text
    assert hidden not in drawn.text
    assert drawn.headers["cache-control"] == "no-store"
    assert 'class="am-secret"' not in browser.get("/me/factor").text


@pytest.mark.parametrize("wrong", [{"which": ""}, {"passphrase": "not mine at all"}, {"recovery_code": "12"}])
def test_a_draw_that_does_not_fit_is_the_page_again_without_a_secret(
    browser: Browser, world: World, wrong: dict[str, str]
) -> None:
    browser.sign_in(world, "intake")
    browser.get("/me/factor")
    member = world.members["intake"]
    given = {"which": "CODES", "passphrase": member.passphrase, "recovery_code": member.recovery[0]} | wrong

    answer = browser.submit("/me/factor", None, **given)

    assert answer.status_code == 422
    assert "This needs another look" in answer.text
    assert member.passphrase not in answer.text
    assert member.recovery[0] not in answer.text
