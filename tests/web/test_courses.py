"""The course of a mitigation on pages, without a script: step by step, its report, its days, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp

from app import clock
from app.accounts import mine
from app.accounts.forms import Prefer
from app.legal import course
from app.legal.course import State
from app.testimonies import actions as testimonies
from tests.conftest import Clock
from tests.ladder import CANARY, Log, handed
from tests.web.browser import Browser, Forms, arrived
from tests.web.test_mitigation import page, visit
from tests.world import World

DAY = {"happened_on.day": "5", "happened_on.month": "1", "happened_on.year": "2026"}
TYPED: dict[str, Any] = {"authority": "The court of the third section", "reason": "A letter of theirs says so.", **DAY}
ALL = ("INITIAL_VIEW", "OFFER_PENDING", "AGREEMENT_SIGNED", "PERFORMING", "PERFORMED")


@pytest.fixture
def legal(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "legal")


@pytest.fixture
def lead(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "legal-lead")


def test_from_the_first_view_to_the_report_and_the_credit(legal: Browser, lead: Browser, world: World) -> None:
    """Every step on its page, each by whoever can: the report by somebody who never opened the account."""
    reference = handed(world)
    here = f"/cases/{reference}/legal/course"
    assert "Not raised yet" in page(legal, here)
    assert "The course of the mitigation" in page(legal, f"/cases/{reference}/legal")
    for state in ALL:
        asked = page(legal, f"{here}/{state}")
        if state in course.BY_TWO:
            assert "two people stand behind it" in asked
            world.assessed(reference)
            legal.get(f"{here}/{state}")
        more: dict[str, Any] = {"whose": str(min(course.WHOSE[State(state)]))}
        more |= {"instrument": "As the paper has it."} if state in course.ON_PAPER else {}
        kept = legal.submit(f"{here}/{state}", **TYPED, **more)
        assert (kept.status_code, kept.headers.get("location")) == (303, here), f"{state}: {Forms(kept.text).text}"

    asked = page(lead, f"{here}/REPORTED")
    assert "does not write it" in asked
    signed = lead.submit(f"{here}/REPORTED", **TYPED, instrument="He named the depot.", uninvolved="yes")
    assert (signed.status_code, signed.headers.get("location")) == (303, here), Forms(signed.text).text
    for state in ("CONSIDERED", "CREDITED"):
        legal.get(f"{here}/{state}")
        legal.submit(f"{here}/{state}", **TYPED, whose="COURT", instrument="Its judgment.")

    told = world.course(reference)
    assert told.state == "CREDITED"
    shut = page(legal, here)
    assert "Taken into account" in shut
    assert "The court of the third section" not in shut
    visit(legal, reference, world.row("legal", reference, "mitigation_assessments"))
    shown = page(legal, here)
    for words in ("The court of the third section", "He named the depot.", "2026-01-05", "This office", "A court"):
        assert words in shown
    assert "%" not in shown


def test_whoever_opened_the_account_is_told_who_writes_the_report(legal: Browser, world: World, log: Log) -> None:
    reference = handed(world)
    world.upto(reference, *ALL)
    here = f"/cases/{reference}/legal/course"
    legal.get(f"{here}/REPORTED")
    note, segment = world.row("legal", reference, "mitigation_assessments"), world.row("legal", reference, "segments")
    world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)

    refused = legal.submit(f"{here}/REPORTED", **TYPED, instrument="He named the depot.", uninvolved="yes")

    assert refused.status_code == 403
    assert "a legal reviewer does who had no part in the case" in Forms(refused.text).text
    assert "He named the depot." in refused.text, "what was typed stays"
    assert log.last().rule == "report-by-who-had-no-part"
    told = page(legal, here)
    assert "It waits for a legal reviewer who had none: of this office, or from an outside seat" in told
    assert f'href="{here}/REPORTED"' not in (legal.page.text if legal.page else "")


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("uninvolved", "Please fill this in."),
        ("instrument", "Please fill this in."),
        ("factor", "second factor"),
    ],
)
def test_a_report_that_lacks_something_is_not_signed(lead: Browser, world: World, without: str, said: str) -> None:
    reference = handed(world)
    world.upto(reference, *ALL)
    here = f"/cases/{reference}/legal/course/REPORTED"
    lead.get(here)
    filled = {**TYPED, "instrument": "He named the depot.", "uninvolved": "yes"}
    filled.pop(without, None)
    lead.factor = None if without == "factor" else lead.factor

    refused = lead.submit(here, **filled)

    assert refused.status_code in {403, 422}
    assert said in Forms(refused.text).text
    assert world.course(reference).state == "PERFORMED"


def test_a_new_arrest_is_no_finding_on_the_page_either(legal: Browser, world: World) -> None:
    reference = handed(world)
    world.upto(reference, *ALL[:4])
    here = f"/cases/{reference}/legal/course"
    legal.get(f"{here}/BREACH_ALLEGED")
    legal.submit(f"{here}/BREACH_ALLEGED", **TYPED, whose="AUTHORITY", ground="NEW_ARREST")
    assert "A new arrest alone is an allegation" in page(legal, f"{here}/BREACH_FOUND")

    refused = legal.submit(
        f"{here}/BREACH_FOUND", **TYPED, whose="AUTHORITY", ground="NEW_ARREST", instrument="Arrest."
    )

    assert refused.status_code == 409
    assert "Until then it is an allegation, and so is a new arrest." in Forms(refused.text).text
    assert world.course(reference).state == "BREACH_ALLEGED"


def test_a_step_that_cannot_follow_has_no_page(legal: Browser, world: World) -> None:
    reference = handed(world)
    here = f"/cases/{reference}/legal/course"

    for state in ("CREDITED", "REPORTED", "NOTHING", "initial_view"):
        assert legal.get(f"{here}/{state}").status_code == 404, state
    assert legal.get(f"{here}/INITIAL_VIEW").status_code == 200, "the control"
    assert "waits for a second legal reviewer" in page(legal, f"{here}/INITIAL_VIEW")


def test_a_step_recorded_meanwhile_is_told_and_what_was_typed_stays(legal: Browser, world: World) -> None:
    reference = handed(world)
    world.upto(reference, "INITIAL_VIEW")
    here = f"/cases/{reference}/legal/course"
    legal.get(f"{here}/OFFER_PENDING")
    world.stepped(reference, "OFFER_PENDING", by="legal-lead")

    refused = legal.submit(f"{here}/OFFER_PENDING", **TYPED, whose="WITNESS")

    assert refused.status_code == 409
    assert "A step was recorded since you looked." in Forms(refused.text).text
    assert "A letter of theirs says so." in refused.text
    assert [step.state for step in world.course(reference).steps] == ["OFFER_PENDING", "INITIAL_VIEW"]


def test_a_day_that_runs_stands_on_today_and_ends_on_its_page(
    legal: Browser, world: World, standing_clock: Clock
) -> None:
    reference = handed(world)
    here, today = f"/cases/{reference}/legal/course", clock.now().date()
    began: dict[str, Any] = {f"runs_from.{part}": str(getattr(today, part)) for part in ("day", "month", "year")}
    legal.get(f"{here}/NOT_RAISED")
    begun = legal.submit(
        f"{here}/NOT_RAISED", **TYPED, whose="WITNESS", clock="FULL_ACCOUNT",
        **began,
    )  # fmt: skip
    assert begun.status_code == 303, Forms(begun.text).text
    near, past = "A day that runs in a mitigation is near", "A day that ran in a mitigation is past"
    assert near not in page(legal, "/today")

    standing_clock.move(days=151)
    legal.sign_in(world, "legal")
    assert near in page(legal, "/today")
    standing_clock.move(days=30)
    legal.sign_in(world, "legal")
    assert past in page(legal, "/today")
    assert "Overdue" in page(legal, here)
    legal.get(f"{here}/NOT_RAISED")
    met = legal.submit(f"{here}/NOT_RAISED", **TYPED, whose="OFFICE", clock="MET")

    assert met.status_code == 303, Forms(met.text).text
    assert past not in page(legal, "/today")
    assert today + timedelta(days=180) not in {world.course(reference).due_on}


@pytest.mark.parametrize("login", ["intake", "protection", "auditor", "administrator"])
def test_nobody_else_has_these_pages(staff_door: ASGIApp, world: World, login: str) -> None:
    reference = handed(world)
    other = arrived(staff_door, world, login)

    for path in ("course", "course/INITIAL_VIEW"):
        assert other.get(f"/cases/{reference}/legal/{path}").status_code == 404
        assert CANARY not in other.page.text if other.page else True


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_the_pages_speak_the_language_of_who_reads(legal: Browser, world: World, language: str) -> None:
    reference = handed(world)
    world.upto(reference, *ALL)
    here = f"/cases/{reference}/legal/course"
    plain = {path: page(legal, f"{here}{path}") for path in ("", "/REPORTED", "/BREACH_ALLEGED")}
    world.do("legal", mine.prefer, Prefer(language=language))

    for path in plain:
        told = page(legal, f"{here}{path}")
        for sentence in ("The course of the mitigation", "What can follow", "Whose step is it?", "On which day?"):
            assert sentence not in told
    # The control: in English they say so.
    assert "The course of the mitigation" in plain[""]
    assert "Whose step is it?" in plain["/BREACH_ALLEGED"]
