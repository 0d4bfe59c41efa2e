"""Promises of others on the pages: from a draft to the passage that carries it, and what may leave."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

import app.web
from app.testimonies.rules import STATEMENT_VERSION
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, Forms, arrived
from tests.world import World, words

TEMPLATES = Path(app.web.__file__).parent / "templates" / "intake"
QUESTION: dict[str, Any] = {"use": "DERIVATIVE", "subject": "DECLARANT", "jurisdiction": "US", "body": "CRIMINAL_COURT"}


@pytest.fixture
def legal(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "legal")


@pytest.fixture
def second(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "legal-lead")


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def handed(world: World) -> str:
    reference = world.case()
    world.hand_to_legal(reference)
    return reference


def typed(**changed: Any) -> dict[str, Any]:
    """A promise as somebody types it."""
    promise = {name: value for name, value in words.assurance().items() if name != "bodies"}
    day = {"starts_on.day": "1", "starts_on.month": "1", "starts_on.year": "2026"}
    return {**promise, "bodies": ["CRIMINAL_COURT"], **day, **changed}


@pytest.mark.domain("D43")
def test_from_a_draft_to_the_passage_that_carries_it(
    legal: Browser, second: Browser, officer: Browser, world: World, log: Log
) -> None:
    """Legal drafts, a second signs, intake reads the limits out in Arabic, an admission is kept, legal asks."""
    reference = handed(world)
    here = f"/cases/{reference}/legal/promises"

    legal.get(f"{here}/new")
    drafted = legal.submit(f"{here}/new", **typed())
    listed = legal.get(here)
    promise = next(each.clear for each in world.show("legal", reference).records if each.table == "assurances")
    row = world.row("legal", reference, "assurances")
    today = second.get("/today")
    second.get(f"/cases/{reference}/open?tab=legal&justification=SECOND_SIGNATURE&cites={row}")
    second.submit(f"/cases/{reference}/open", justification="SECOND_SIGNATURE", cites=str(row))
    read = second.get(f"{here}/{row}/sign")
    signed = second.submit(f"{here}/{row}/sign", verified="Called back on the number of last year.")

    assert (drafted.status_code, drafted.headers["location"]) == (303, here)
    assert promise["state"] == "OFFERED"
    assert "You drafted it, so another legal reviewer has to sign." in listed.text
    assert "Sign a promise a colleague drafted" in today.text
    for told in (words.assurance()["instrument"], "a contract, not immunity"):
        assert told in Forms(read.text).text
    assert signed.headers["location"] == here

    account = world.testimony(reference, upto="TRIAGED")
    limits = officer.get(f"/testimonies/{account}/limits")
    for told in (
        "عقد، لا حصانة",
        "للعثور على أدلة أخرى · ضدكم",
        "a contract, not immunity",
        "un contrat, pas une immunité",
    ):
        assert told in Forms(limits.text).text
    assert "govuk-tag--red" in limits.text
    assert f"{STATEMENT_VERSION}.1" in limits.text
    assert log.last().action == "terms.read"
    kept = officer.submit(f"/testimonies/{account}/limits", language="ar", own_words="فهمت أنه عقد")
    assert kept.headers["location"] == f"/testimonies/{account}"
    assert "An admission can be kept" in officer.get(f"/testimonies/{account}").text

    world.consents(reference, "T1", "T2")
    officer.get(f"/testimonies/{account}/ready")
    officer.submit(f"/testimonies/{account}/ready", counsel="PRESENT")
    officer.get(f"/testimonies/{account}/session")
    officer.submit(f"/testimonies/{account}/session", place="OFFICE", custody_status="FREE", guard_present="no")
    page = officer.get(f"/testimonies/{account}/account")
    assert "An admission was spoken" not in page.text
    officer.submit(f"/testimonies/{account}/account", language="en", text="I drove the lorry.")
    saved = officer.press(
        f"/testimonies/{account}/account", "go", "", **{"classes.1": ["SELF_INCRIMINATING"], "speaker.1": "WITNESS"}
    )
    assert saved.status_code == 303, Forms(saved.text).text

    legal.get(f"/cases/{reference}/open?tab=testimony&justification=ASSURANCE&cites={row}")
    legal.submit(f"/cases/{reference}/open", justification="ASSURANCE", cites=str(row))
    shown = Forms(legal.get(f"/cases/{reference}/testimony").text).text
    assert "To find other evidence · against the witness" in shown
    legal.get(f"/cases/{reference}/legal/leaving")
    asked = legal.submit(f"/cases/{reference}/legal/leaving", **QUESTION)
    barred = legal.submit(f"/cases/{reference}/legal/leaving", **{**QUESTION, "use": "DIRECT"})

    assert (asked.status_code, barred.status_code) == (200, 200)
    assert "May leave" in Forms(asked.text).text
    assert "Stays here" in Forms(barred.text).text
    assert "Stays here" not in Forms(asked.text).text


def test_what_may_leave_is_asked_under_a_visit(legal: Browser, world: World) -> None:
    reference = handed(world)
    world.promise(reference)
    world.testimony(reference)
    legal.get(f"/cases/{reference}/legal/leaving")

    shut = legal.submit(f"/cases/{reference}/legal/leaving", **QUESTION)

    assert shut.status_code == 409
    assert "Open the case first" in Forms(shut.text).text


def test_a_question_that_is_not_whole_comes_back_as_it_was(legal: Browser, world: World) -> None:
    reference = handed(world)
    promise = world.promise(reference)
    world.testimony(reference)
    legal.get(f"/cases/{reference}/open")
    legal.submit(f"/cases/{reference}/open", justification="ASSURANCE", cites=str(promise))
    legal.get(f"/cases/{reference}/legal/leaving")

    again = legal.submit(f"/cases/{reference}/legal/leaving", **{**QUESTION, "jurisdiction": "Frankreich"})

    assert again.status_code == 422
    assert "Error:" in again.text
    assert 'value="Frankreich"' in again.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"instrument": ""}, "Please give the text of the instrument"),
        ({"kind": "USE_UNDERTAKING"}, "names the proceedings or offences"),
        ({"ends_on.day": "1", "ends_on.month": "1", "ends_on.year": "2020"}, "Its last day is before its first."),
        ({"issuer": ""}, "Please fill this in."),
    ],
    ids=["no instrument", "not stated", "ended before", "nobody"],
)
def test_a_draft_that_does_not_fit_keeps_what_was_typed(
    legal: Browser, world: World, changed: dict[str, Any], said: str
) -> None:
    reference = handed(world)
    here = f"/cases/{reference}/legal/promises/new"
    legal.get(here)

    again = legal.submit(here, **typed(**changed))

    assert again.status_code == 422
    assert said in again.text
    assert words.assurance()["basis"] in again.text


def test_a_passage_is_made_stricter_on_its_page(legal: Browser, world: World) -> None:
    reference = handed(world)
    world.promise(reference)
    world.testimony(reference)
    segment = world.row("legal", reference, "segments")
    here = f"/cases/{reference}/legal/tighten/{segment}"
    legal.get(here)

    done = legal.submit(here, **{k: v for k, v in QUESTION.items() if k != "body"}, bodies=["PRESS"], reason="Named.")

    assert done.headers["location"] == f"/cases/{reference}/legal/leaving"
    assert world.row("legal", reference, "use_restrictions")


@pytest.mark.parametrize("kind", ["revoke", "lapse", "decline"])
def test_what_becomes_of_a_promise_is_recorded_on_its_page(legal: Browser, world: World, kind: str) -> None:
    reference = handed(world)
    promise = world.drafted(reference) if kind == "decline" else world.promise(reference)
    here = f"/cases/{reference}/legal/promises"
    said: dict[str, Any] = {"revoke": {"by": "the court", "heard": "yes", "words": "Its order."}, "decline": {},
            "lapse": {"cause": "CONDITION", "words": "The second account was refused."}}[kind]  # fmt: skip
    legal.get(f"{here}/{promise}/{kind}")

    done = legal.submit(f"{here}/{promise}/{kind}", **said)

    assert done.headers["location"] == here
    state = {"revoke": "Revoked", "lapse": "Lapsed", "decline": "Not signed"}[kind]
    assert state in Forms(legal.get(here).text).text
    assert legal.get(f"{here}/{promise}/{kind}").status_code == 404


def test_without_a_visit_promises_are_shut(legal: Browser, world: World, log: Log) -> None:
    reference = handed(world)
    world.promise(reference, issuer=world.canary())
    log.fresh()

    shut = legal.get(f"/cases/{reference}/legal/promises")

    assert shut.status_code == 200
    assert CANARY not in shut.text
    assert log.fresh() == []


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", ["intake", "protection", "auditor", "administrator", "narrative-lead"])
def test_the_others_have_no_such_pages(staff_door: ASGIApp, world: World, who: str) -> None:
    reference = world.whole_case("en")
    promise = world.promise(reference, issuer=world.canary())
    segment = world.row("legal", reference, "segments")
    browser = arrived(staff_door, world, who)

    for path in ("promises", "promises/new", f"promises/{promise}/revoke", "leaving", f"tighten/{segment}"):
        answer = browser.get(f"/cases/{reference}/legal/{path}")
        assert answer.status_code == 404, path
        assert CANARY not in answer.text


def test_a_promise_of_another_case_has_no_page_here(legal: Browser, world: World) -> None:
    reference, other = handed(world), handed(world)
    promise = world.promise(other)

    for path in (f"promises/{promise}/revoke", f"promises/{promise}/destroy", "promises/1/sign"):
        assert legal.get(f"/cases/{reference}/legal/{path}").status_code == 404


def test_limits_that_changed_are_to_be_read_out_once_more(officer: Browser, world: World) -> None:
    reference = handed(world)
    account = world.testimony(reference, upto="LIMITS_EXPLAINED")
    world.promise(reference)

    tasks = officer.get(f"/testimonies/{account}")
    officer.get(f"/testimonies/{account}/limits")
    kept = officer.submit(f"/testimonies/{account}/limits", language="ar", own_words="Now there is one.")

    assert "What protects these words has changed" in tasks.text
    assert kept.status_code == 303
    assert "What protects these words has changed" not in officer.get(f"/testimonies/{account}").text


def test_limits_that_changed_while_they_were_read_are_not_kept(officer: Browser, world: World) -> None:
    reference = handed(world)
    account = world.testimony(reference, upto="TRIAGED")
    officer.get(f"/testimonies/{account}/limits")
    world.promise(reference)

    again = officer.submit(f"/testimonies/{account}/limits", language="ar", own_words="There is none.")

    assert again.status_code == 409
    assert "as it stands now" in again.text
    assert "There is none." in again.text


def test_the_statement_of_a_promise_has_the_version_it_says() -> None:
    """Other words, another version: see the statement of a case in which nobody promised anything."""
    said = (TEMPLATES / "promised.html").read_text()

    assert {STATEMENT_VERSION: sha256(said.encode()).hexdigest()[:16]} == {"2026-11": "a4a12fa17878d182"}
