"""The tab of the account: mute without a visit, one entry for a reading, what is folded by itself, files by number."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app.cases import actions as cases
from app.testimonies.forms import Passage
from app.testimonies.rules import SegmentClass
from tests.cases.canaries import Planted, plant
from tests.ladder import CANARY, Log, grant
from tests.web.browser import ORIGIN, Browser, Forms, arrived
from tests.world import World

# What the tab of a whole case opens: the account, what was said before (here and elsewhere), and the red line.
READS = ("testimony.read", "answer.read", "prior_account.open", "prior_account.open", "approach.open")


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def visit(browser: Browser, reference: str, why: str, cites: UUID | str = "", **more: Any) -> str:
    """Say why, and go to the account; the page."""
    browser.get(f"/cases/{reference}/open?tab=testimony")
    begun = browser.submit(f"/cases/{reference}/open", justification=why, cites=str(cites), **more)
    assert begun.headers["location"] == f"/cases/{reference}/testimony", begun.text
    return browser.get(f"/cases/{reference}/testimony").text


def test_nothing_is_read_before_a_reason_and_all_of_it_after(
    planted: Planted, officer: Browser, world: World, log: Log
) -> None:
    account = planted.rows["testimonies"]
    # The planted case is being visited.
    officer.get(f"/cases/{planted.reference}")
    officer.submit(f"/cases/{planted.reference}/leave")
    mute = officer.get(f"/cases/{planted.reference}/testimony").text
    log.fresh()

    page = visit(officer, planted.reference, "INTAKE", account)

    assert CANARY not in mute
    assert "Nothing is shown before you say why." in mute
    shown = set(re.findall(r"CANARY-[0-9a-f]{24}", page))
    whole = ("testimonies", "segments", "segment_versions", "session_events", "prior_accounts", "protocol_answers",
             "read_backs", "use_restrictions")  # fmt: skip
    # What came through the portal is an earlier account too.
    assert shown == planted.of(*whole) | {planted.canaries["submissions.account"]}
    began, *said = [(one.action, one.justification, one.cites) for one in log.fresh()]
    assert began[0] == "case.visit"
    assert said == [(name, "INTAKE", str(account)) for name in READS]


def test_a_folded_passage_is_shown_by_itself_for_two_minutes(officer: Browser, world: World, log: Log) -> None:
    told, hidden, reference = world.canary(), world.canary(), world.case()
    folded = Passage(text=hidden, classes=frozenset({SegmentClass.EXIT_METHOD}))
    account = world.testimony(reference, segments=(Passage(text=told), folded))
    page = visit(officer, reference, "INTAKE", account)
    assert told in page
    assert hidden not in page
    assert "Folded. At most" in page
    row = re.search(rf"/cases/{reference}/reveal/([0-9a-f-]+)", page)
    assert row is not None
    log.fresh()

    officer.get(row[0])
    begun = officer.submit(row[0], justification="INTAKE", cites=str(account), fields="text")
    shown = officer.get(f"/cases/{reference}/testimony").text

    assert begun.headers["location"] == f"/cases/{reference}/testimony#{row[1]}"
    assert hidden in shown
    said = [one.action for one in log.fresh()]
    assert sorted(said) == ["case.visit", "segment.open", "testimony.read"]


def test_the_name_of_a_file_is_shown_by_itself(officer: Browser, world: World, log: Log) -> None:
    name, reference = world.canary(), world.case()
    world.testimony(reference, upto="TRIAGED")
    file = world.attach(reference, b"x" * 3000, name, "text/plain")
    closed = officer.get(f"/cases/{reference}/testimony").text
    assert "Kept as file 1, 3 KiB" in re.sub(r"\s+", " ", Forms(closed).text)
    assert name not in closed
    address = f"/cases/{reference}/reveal/{file}"

    officer.get(address)
    officer.submit(address, justification="WITNESS_REQUEST", fields="file_name")

    assert name in officer.get(f"/cases/{reference}/testimony").text
    assert [one.action for one in log.fresh()][-1] == "attachment.open"


def test_legal_reads_it_for_a_demand_in_words(staff_door: ASGIApp, world: World, log: Log) -> None:
    told, reference = world.canary(), world.case()
    world.testimony(reference, segments=(Passage(text=told),))
    world.hand_to_legal(reference)
    reviewer = arrived(staff_door, world, "legal")

    denied = visit(reviewer, reference, "DEMAND")
    reviewer.submit(f"/cases/{reference}/leave")
    allowed = visit(reviewer, reference, "DEMAND", words="order 44 of the court")

    assert told not in denied
    assert "demand-in-words" in denied
    assert told in allowed
    assert "Begin another account" not in allowed


@pytest.mark.abuse("E08")
def test_who_holds_the_place_is_told_the_rule_and_shown_nothing(staff_door: ASGIApp, world: World) -> None:
    told, reference = world.canary(), world.case()
    world.testimony(reference, segments=(Passage(text=told),))
    world.do("protection-lead", cases.give, grant(world, "legal", "LOCATION", hours=1), subject=reference)
    world.hand_to_legal(reference)
    reviewer = arrived(staff_door, world, "legal")

    page = visit(reviewer, reference, "ASSURANCE", world.drafted(reference, by="legal-lead"))

    assert told not in page
    assert "no-account-for-who-holds-the-place" in page


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("login", ["protection", "narrative-lead", "auditor", "administrator", "another"])
def test_for_everybody_else_there_is_no_such_tab(staff_door: ASGIApp, world: World, login: str) -> None:
    planted = plant(world)
    world.invite("another", roles=("intake_officer",))
    browser = arrived(staff_door, world, login)

    for page in ("testimony", "consent", "consent/T1"):
        assert browser.get(f"/cases/{planted.reference}/{page}").status_code == 404, page
    assert browser.get(f"/files/{planted.reference}").status_code == 404
    case = browser.get(f"/cases/{planted.reference}").text
    assert f"/cases/{planted.reference}/testimony" not in case


def test_a_browser_that_looks_ahead_opens_nothing(planted: Planted, officer: Browser, world: World, log: Log) -> None:
    visit(officer, planted.reference, "INTAKE", planted.rows["testimonies"])
    log.fresh()

    ahead = officer.get(f"/cases/{planted.reference}/testimony", headers={"Sec-Purpose": "prefetch"})

    assert CANARY not in ahead.text
    assert log.fresh() == []


def test_another_account_is_begun_in_the_case(officer: Browser, world: World) -> None:
    reference = world.case()
    officer.get(f"/cases/{reference}/testimony")

    begun = officer.submit(f"/cases/{reference}/testimony")

    assert re.fullmatch(r"/testimonies/[0-9a-f-]{36}", begun.headers["location"])
    assert officer.get(begun.headers["location"]).status_code == 200


# files


def send(officer: Browser, reference: str, *parts: tuple[str, object]) -> int:
    """A multipart form with these parts in this order; the answer's status."""
    answer = officer.ask("POST", f"/files/{reference}", files=list(parts), headers={"Origin": ORIGIN})
    return answer.status_code


def token(officer: Browser, reference: str) -> str:
    form = next(f for f in Forms(officer.get(f"/files/{reference}").text).found if f.action == f"/files/{reference}")
    assert next(iter(form.fields)) == "csrf", "the token comes before the bytes"
    return form.fields["csrf"]


def test_a_file_is_kept_and_told_by_number_and_size(officer: Browser, world: World, log: Log) -> None:
    reference, name = world.case(), world.canary()
    parts = (
        ("csrf", (None, token(officer, reference))), ("once", (None, "x" * 32)),
        ("file", (name, b"z" * 1_600_000, "image/png")),
    )  # fmt: skip
    log.fresh()

    assert send(officer, reference, *parts) == 303

    page = re.sub(r"\s+", " ", Forms(officer.get(f"/files/{reference}").text).text)
    assert "Kept as file 1, 1563 KiB" in page
    assert name not in page
    assert [said.action for said in log.fresh()] == ["attachment.begin", "attachment.finish"]


@pytest.mark.abuse("D08")
def test_bytes_without_the_token_of_the_page_before_them_are_not_kept(officer: Browser, world: World, log: Log) -> None:
    reference = world.case()
    good, file = ("csrf", (None, token(officer, reference))), ("file", ("a.txt", b"bytes", "text/plain"))
    log.fresh()

    assert send(officer, reference, file, good) == 403
    assert send(officer, reference, ("csrf", (None, "A" * 64)), file) == 403
    assert send(officer, reference, file) == 403
    answer = officer.ask("POST", f"/files/{reference}", files=[good, file], headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert log.fresh() == []
    assert send(officer, reference, good, file) == 303, "the control"


def test_no_file_and_two_files_are_told(officer: Browser, world: World) -> None:
    reference = world.case()
    good, file = ("csrf", (None, token(officer, reference))), ("file", ("a.txt", b"bytes", "text/plain"))

    assert send(officer, reference, good) == 422
    assert officer.page is not None
    assert "Please choose a file." in officer.page.text
    assert send(officer, reference, good, file, file) == 422
    assert "Kept as file" not in officer.get(f"/files/{reference}").text
