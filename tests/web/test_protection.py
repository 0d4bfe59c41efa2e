"""Protection's desk as a caseworker uses it, and what of it anybody else finds: nothing."""

from __future__ import annotations

import re

import pytest
from starlette.types import ASGIApp

from app import clock
from app.cases import actions as cases
from app.cases.forms import HandOver, SendHandoff
from app.protection import queries
from tests.conftest import Clock
from tests.ladder import CANARY, Log, grant, outside_the_team
from tests.web.browser import ORIGIN, Browser, Forms, number_of, said
from tests.world import World, words

PATHS = ("threat", "plan", "moves", "protection/threat", "protection/need", "protection/check-in", "protection/place")


@pytest.fixture
def caseworker(staff_door: ASGIApp, world: World) -> Browser:
    browser = Browser(staff_door)
    browser.sign_in(world, "protection")
    return browser


def handed(world: World) -> str:
    reference = world.case()
    world.hand_to_protection(reference)
    return reference


def rows(page: str) -> int:
    return len(re.findall(r'<tr class="govuk-table__row', page.partition("<tbody")[2]))


def test_a_routine_check_in_takes_four_presses(
    caseworker: Browser, world: World, log: Log, standing_clock: Clock
) -> None:
    """From Today: the tile, the line, how it went, keep. The budget of the design is twelve."""
    row = world.check_in(handed(world), days=0.1)
    today = caseworker.get("/today").text
    assert number_of(today, "Check-ins due today") == "1"
    listed = caseworker.get("/check-ins?standing=TODAY").text
    assert f'href="/check-ins/{row}"' in listed
    caseworker.get(f"/check-ins/{row}")
    log.fresh()

    kept = caseworker.submit(f"/check-ins/{row}", state="MET_OK")
    said = log.last()
    after = caseworker.get(kept.headers["location"])

    assert (said.action, said.outcome) == ("checkin.settle", "done")
    assert "This check-in is settled." in after.text
    assert number_of(caseworker.get("/today").text, "Check-ins due today") == "None"


def test_the_agreed_word_is_shown_by_one_press_and_each_showing_is_an_entry(
    caseworker: Browser, world: World, log: Log
) -> None:
    reference, mark = handed(world), world.canary()
    row = world.check_in(reference, agreed_word=mark)
    shut = caseworker.get(f"/check-ins/{row}")
    log.fresh()

    shown = caseworker.submit(f"/check-ins/{row}/word")
    first = log.fresh()
    again = caseworker.submit(f"/check-ins/{row}", state="MET_CONCERN", outcome="She laughed.")

    assert CANARY not in shut.text
    assert mark in Forms(shown.text).text
    assert [(said.action, said.justification, said.cites) for said in first] == [("checkin.open", "CARE", str(row))]
    assert again.status_code == 303
    assert CANARY not in caseworker.get(f"/check-ins/{row}").text


def test_nobody_is_noted_as_missed_before_the_time_and_what_was_typed_is_still_there(
    caseworker: Browser, world: World
) -> None:
    row = world.check_in(handed(world), days=0.01)
    caseworker.get(f"/check-ins/{row}")

    answer = caseworker.submit(f"/check-ins/{row}", state="MISSED", outcome="The line was dead.")

    assert answer.status_code == 409
    assert "it cannot have been missed" in answer.text
    assert "The line was dead." in answer.text
    assert "Due today" in caseworker.get(f"/check-ins/{row}").text


def test_whoever_was_missed_stands_in_red_until_somebody_has_spoken_with_them(
    caseworker: Browser, world: World, standing_clock: Clock
) -> None:
    reference = handed(world)
    row = world.check_in(reference, days=0.01)
    standing_clock.move(hours=3)
    caseworker.sign_in(world, "protection")
    assert 'am-tile am-tile--red"' in caseworker.get("/today").text
    caseworker.get(f"/check-ins/{row}")
    caseworker.submit(f"/check-ins/{row}", state="MISSED")

    assert number_of(caseworker.get("/today").text, "Check-ins missed") == "1"
    assert "Nobody has spoken with them since." in caseworker.get(f"/check-ins/{row}").text
    next_one = world.check_in(reference, days=0.01) if world.sign_in("protection") else None
    caseworker.get(f"/check-ins/{next_one}")
    caseworker.submit(f"/check-ins/{next_one}", state="MET_OK")
    assert number_of(caseworker.get("/today").text, "Check-ins missed") == "None"


def test_without_an_answer_the_words_stay(caseworker: Browser, world: World) -> None:
    row = world.check_in(handed(world))
    caseworker.get(f"/check-ins/{row}")

    again = caseworker.submit(f"/check-ins/{row}", outcome="She sounded far away.")

    assert again.status_code == 422
    assert "She sounded far away." in again.text


def test_a_threat_is_assessed_and_read_in_a_visit_that_serves_it(caseworker: Browser, world: World, log: Log) -> None:
    reference = handed(world)
    caseworker.get(f"/cases/{reference}/protection/threat")
    kept = caseworker.submit(f"/cases/{reference}/protection/threat", **words.threat())
    shut = caseworker.get(kept.headers["location"])
    (way_in,) = re.findall(r'href="(/cases/[^"]+/open\?tab=threat[^"]+)"', shut.text)
    threat = world.row("protection", reference, "threat_assessments")
    purpose = caseworker.get(way_in.replace("&amp;", "&"))
    caseworker.submit(f"/cases/{reference}/open", justification="SAFETY", cites=str(threat), tab="threat")
    log.fresh()

    shown = caseworker.get(f"/cases/{reference}/threat")
    said = log.last()

    assert words.threat()["findings"] not in shut.text
    assert f'value="{threat}" selected' in purpose.text
    text = Forms(shown.text).text
    assert "High" in text
    assert words.threat()["fear_in_own_words"] in text
    assert (said.action, said.justification, said.cites) == ("threat.open", "SAFETY", str(threat))


def test_of_many_the_newest_ten_are_open_and_an_older_one_by_itself(caseworker: Browser, world: World) -> None:
    reference, told = handed(world), [f"need number {number}" for number in range(11)]
    rows = [world.need(reference, words=each) for each in told]
    caseworker.get(f"/cases/{reference}/open?tab=plan")
    caseworker.submit(f"/cases/{reference}/open", justification="CARE", cites=str(rows[-1]), tab="plan")

    before = Forms(caseworker.get(f"/cases/{reference}/plan").text).text
    caseworker.get(f"/cases/{reference}/reveal/{rows[0]}")
    asked = caseworker.submit(
        f"/cases/{reference}/reveal/{rows[0]}", justification="CARE", cites=str(rows[-1]), fields=["kind", "words"]
    )
    after = Forms(caseworker.get(asked.headers["location"].partition("#")[0]).text).text

    assert [each for each in told if each not in before] == ["need number 0"]
    assert all(each in after for each in told)


def test_a_need_and_a_check_in_are_planned_on_one_tab(caseworker: Browser, world: World) -> None:
    reference = handed(world)
    caseworker.get(f"/cases/{reference}/protection/need")
    need = caseworker.submit(f"/cases/{reference}/protection/need", **words.need())
    proposed = caseworker.get(f"/cases/{reference}/protection/check-in").text
    planned = caseworker.submit(
        f"/cases/{reference}/protection/check-in", agreed_word="the blue kettle", duty="REFUSED"
    )
    plan = caseworker.get(planned.headers["location"])
    due = clock.in_(days=7)

    assert need.headers["location"] == planned.headers["location"] == f"/cases/{reference}/plan"
    assert f'value="{due.year}"' in proposed, "a week from now is filled in"
    assert "Next seven days" in plan.text or "Later" in plan.text
    assert "the blue kettle" not in plan.text
    assert words.need()["words"] not in plan.text


def test_a_time_is_read_by_their_clock_and_shown_by_it_with_the_word_alone(
    caseworker: Browser, world: World, log: Log
) -> None:
    reference = handed(world)
    path = f"/cases/{reference}/protection/check-in"
    token = Forms(caseworker.get(path).text).found[0].fields["csrf"]
    data = {"csrf": token, "due_at.day": "1", "due_at.month": "3", "due_at.year": "2027", "due_at.time": "9:30",
            "agreed_word": "kettle", "duty": "AGREED"}  # fmt: skip

    wrong = caseworker.ask("POST", path, data={**data, "zone": "Nairobi"}, headers={"Origin": ORIGIN})
    kept = caseworker.ask("POST", path, data={**data, "zone": "Africa/Nairobi"}, headers={"Origin": ORIGIN})
    plan = caseworker.get(kept.headers["location"])

    assert wrong.status_code == 422
    assert 'value="Nairobi"' in wrong.text
    assert "No time zone has this name" in said(wrong.text)
    (line,) = world.office.ask(world["protection"], queries.of_case, reference)
    assert line.due_at.isoformat() == "2027-03-01T06:30:00+00:00", "half past nine there"
    shut = caseworker.get(f"/check-ins/{line.id}").text
    assert "Nairobi" not in plan.text + shut
    log.fresh()
    shown = caseworker.submit(f"/check-ins/{line.id}/word").text
    assert "2027-03-01 09:30 Africa/Nairobi" in shown
    assert [said.fields for said in log.fresh()] == [["check_ins.agreed_word", "check_ins.zone"]]


def test_a_time_that_is_none_keeps_what_was_typed(caseworker: Browser, world: World) -> None:
    reference = handed(world)
    caseworker.get(f"/cases/{reference}/protection/check-in")
    path = f"/cases/{reference}/protection/check-in"
    token = Forms(caseworker.page.text if caseworker.page else "").found[0].fields["csrf"]
    data = {"csrf": token, "due_at.day": "31", "due_at.month": "2", "due_at.year": "2027", "due_at.time": "9:30",
            "agreed_word": "the blue kettle", "duty": "AGREED"}  # fmt: skip

    wrong = caseworker.ask("POST", path, data=data, headers={"Origin": ORIGIN})
    past = caseworker.ask(
        "POST", path, data={**data, "due_at.day": "1", "due_at.year": "2020"}, headers={"Origin": ORIGIN}
    )
    arabic = caseworker.ask(
        "POST", path, data={**data, "due_at.day": "١", "due_at.month": "٣", "due_at.year": "٢٠٢٧"},
        headers={"Origin": ORIGIN},
    )  # fmt: skip

    assert (wrong.status_code, past.status_code, arabic.status_code) == (422, 409, 303)
    assert 'value="31"' in wrong.text
    assert "the blue kettle" in wrong.text
    assert "That time is over." in past.text


def test_a_place_is_recorded_and_shown_only_by_a_reveal_in_words(caseworker: Browser, world: World, log: Log) -> None:
    reference, mark = handed(world), world.canary()
    threat = world.threat(reference)
    caseworker.get(f"/cases/{reference}/protection/place")
    caseworker.submit(f"/cases/{reference}/protection/place", **{**words.residence(), "place": mark})
    row = world.row("protection", reference, "residences")
    caseworker.get(f"/cases/{reference}/open?tab=moves")
    caseworker.submit(f"/cases/{reference}/open", justification="SAFETY", cites=str(threat), tab="moves")
    shut = caseworker.get(f"/cases/{reference}/moves")
    reveal = f"/cases/{reference}/reveal/{row}"
    caseworker.get(reveal)
    log.fresh()

    shown = caseworker.submit(reveal, justification="SAFETY", cites=str(threat), words="to fetch them", fields="place")
    place = caseworker.get(shown.headers["location"].partition("#")[0])
    said = log.last()

    assert CANARY not in shut.text, "a visit does not open a place"
    assert shown.status_code == 303
    assert mark in Forms(place.text).text
    assert (said.action, said.fields) == ("location.reveal", ["residences.place"])


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", ["intake", "legal", "auditor", "administrator", "narrative-lead"])
def test_the_others_have_no_such_pages(staff_door: ASGIApp, world: World, log: Log, who: str) -> None:
    reference = world.whole_case("en")
    row = world.check_in(reference, agreed_word=world.canary())
    browser = Browser(staff_door)
    browser.sign_in(world, who)
    token = Forms(browser.get("/today").text).found[0].fields["csrf"]

    for path in ("/check-ins", "/threats", f"/check-ins/{row}", *(f"/cases/{reference}/{path}" for path in PATHS)):
        assert browser.get(path).status_code == 404, path
    for path in (f"/check-ins/{row}", f"/check-ins/{row}/word", *(f"/cases/{reference}/{p}" for p in PATHS[3:])):
        answer = browser.ask("POST", path, data={"csrf": token, "state": "MET_OK"}, headers={"Origin": ORIGIN})
        assert answer.status_code == 404, path
        assert CANARY not in answer.text


def test_strangers_and_those_without_a_grant_get_the_way_in_and_nothing(staff_door: ASGIApp, world: World) -> None:
    reference = world.whole_case("en")
    row = world.row("protection", reference, "check_ins")
    outside_the_team(world, "elsewhere", "caseworker")
    browser = Browser(staff_door)
    assert browser.get("/check-ins").headers["location"] == "/sign-in"
    browser.sign_in(world, "elsewhere")

    assert reference not in browser.get("/check-ins?standing=WEEK").text
    for path in (f"/check-ins/{row}", *(f"/cases/{reference}/{path}" for path in PATHS)):
        assert browser.get(path).status_code == 404, path


@pytest.mark.domain("D29")
def test_a_caseworkers_case_shows_no_account_at_all(caseworker: Browser, world: World) -> None:
    reference = world.whole_case("en")

    page = caseworker.get(f"/cases/{reference}").text

    for tab in ("testimony", "consent", "legal"):
        assert f"/cases/{reference}/{tab}" not in page
    for name in ("Account", "Passage", "Mitigation assessment", "File", "Consent"):
        assert f">{name}" not in page
    assert caseworker.get(f"/cases/{reference}/legal").status_code == 404


def test_each_number_of_protections_day_is_the_length_of_its_list(
    staff_door: ASGIApp, world: World, standing_clock: Clock
) -> None:
    made = [handed(world) for _ in range(4)]
    world.threat(made[0], level="CRITICAL")
    world.check_in(made[0], days=0.1)
    standing_clock.move(days=8)
    world.sign_in("protection")
    world.check_in(made[1], days=0.1)
    world.check_in(made[1], days=3)
    passed = SendHandoff(kind="NEED", to_team="protection", words="winter shoes")
    world.sign_in("intake")
    world.do("intake", cases.send, passed, subject=made[3])
    world.invite("protection3", roles=("caseworker",))
    lists = {
        "Check-ins missed": "/check-ins?standing=MISSED", "Check-ins due today": "/check-ins?standing=TODAY",
        "Check-ins in the next seven days": "/check-ins?standing=WEEK",
        "Threat assessments overdue": "/threats?standing=OVERDUE",
        "Cases without an assessment": "/threats?standing=NONE", "Hand-offs to file": "/hand-offs",
    }  # fmt: skip

    for who in ("protection", "protection-lead"):
        browser = Browser(staff_door)
        browser.sign_in(world, who)
        today = browser.get("/today").text
        numbers = {words: number_of(today, words) for words in lists}
        assert numbers == {words: str(rows(browser.get(path).text) or "None") for words, path in lists.items()}, who


def test_a_list_nobody_knows_is_refused(caseworker: Browser) -> None:
    for path in ("/check-ins?standing=SOON", "/threats?standing=HIGH", "/reviews?standing=X"):
        assert caseworker.get(path).status_code in {404, 422}, path


@pytest.mark.domain("D34")
@pytest.mark.parametrize("who", ["protection", "legal"])
def test_a_case_of_others_changes_no_byte_of_any_list(staff_door: ASGIApp, world: World, who: str) -> None:
    mine = world.case()
    world.hand_to_protection(mine)
    world.hand_to_legal(mine)
    browser = Browser(staff_door)
    browser.sign_in(world, who)
    paths = ["/today", "/hand-offs", "/cases"]
    paths += ["/reviews"] if who == "legal" else ["/check-ins", "/check-ins?standing=WEEK", "/threats?standing=NONE"]

    def told() -> list[str]:
        return [re.sub(r'name="(?:csrf|once)" value="[^"]*"', "", browser.get(path).text) for path in paths]

    before = told()
    other = world.case("intake-lead")
    world.check_in(other, by="protection-lead")
    world.note(other, by="legal-lead")
    passed = SendHandoff(kind="SAFETY", to_team="intake", words="not for you")
    world.do("protection-lead", cases.send, passed, subject=other)
    after = told()
    assert after == before
    # The control: a case of one's own is seen.
    world.do(
        "protection-lead" if who == "protection" else "intake-lead", cases.hand_over, HandOver(team=who), subject=other
    )
    assert told() != before


def test_a_reviewer_with_the_place_for_some_hours_shows_it_for_a_demand_and_records_nothing(
    staff_door: ASGIApp, world: World, log: Log
) -> None:
    reference = world.whole_case("en")
    outside_the_team(world, "reviewer", "legal_reviewer")
    world.do("protection-lead", cases.give, grant(world, "reviewer", "LOCATION", hours=8), subject=reference)
    row = world.row("protection", reference, "residences")
    browser = Browser(staff_door)
    browser.sign_in(world, "reviewer")
    shut = browser.get(f"/cases/{reference}/moves")
    reveal = f"/cases/{reference}/reveal/{row}"
    browser.get(reveal)
    log.fresh()

    mute = browser.submit(reveal, justification="DEMAND", fields="place")
    browser.get(reveal)
    browser.submit(reveal, justification="DEMAND", words="order 44", fields="place")
    shown = browser.get(f"/cases/{reference}/moves")
    said = log.last()

    assert f"/cases/{reference}/protection/place" not in shut.text
    assert browser.get(f"/cases/{reference}/protection/place").status_code == 404
    assert words.residence()["place"] not in shut.text + mute.text
    assert words.residence()["place"] in Forms(shown.text).text
    assert (said.action, said.justification) == ("location.reveal", "DEMAND")
