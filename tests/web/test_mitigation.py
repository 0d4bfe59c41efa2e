"""An assessment on pages, without a script: factor by factor, checked, sent, read by a second, compared."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app.legal import queries
from app.legal.forms import FACTORS
from tests.ladder import CANARY, Log, handed
from tests.web.browser import Browser, Forms
from tests.world import World

TOLD: dict[str, Any] = {"finding": "UNKNOWN", "reasons": "No record has come yet.", "contrary_evidence": "Asked twice."}


@pytest.fixture
def legal(staff_door: ASGIApp, world: World) -> Browser:
    return signed_in(staff_door, world, "legal")


def signed_in(door: ASGIApp, world: World, who: str) -> Browser:
    browser = Browser(door)
    browser.sign_in(world, who)
    return browser


def visit(browser: Browser, reference: str, row: UUID, why: str = "LEGAL_ASSESSMENT") -> None:
    browser.get(f"/cases/{reference}/open")
    browser.submit(f"/cases/{reference}/open", justification=why, cites=str(row), tab="legal")


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return Forms(answer.text).text


def state(world: World, reference: str) -> str:
    found: str = world.office.ask(world["legal"], queries.assessments, reference)[0].state
    return found


def test_from_the_first_factor_to_the_second_signature(staff_door: ASGIApp, legal: Browser, world: World) -> None:
    reference = handed(world)
    legal.get("/reviews")
    row = legal.submit(f"/reviews/{reference}/take").headers["location"].rpartition("cites=")[2]
    visit(legal, reference, UUID(row))
    for factor in FACTORS:
        legal.get(f"/cases/{reference}/legal/factor/{factor}")
        kept = legal.submit(f"/cases/{reference}/legal/factor/{factor}", **TOLD)
        assert kept.status_code == 303, factor
    assert kept.headers["location"] == f"/cases/{reference}/legal", "after the last one, the list"
    here = f"/cases/{reference}/legal/assessment/{row}"

    check = page(legal, here)
    legal.submit(f"{here}/propose")
    assert check.count(TOLD["reasons"]) == 8
    assert state(world, reference) == "PROPOSED"
    assert "Take it back" in legal.get(here).text

    second = signed_in(staff_door, world, "legal-lead")
    today = second.get("/today").text
    (link,) = re.findall(r'href="(/cases/[^"]+SECOND_SIGNATURE[^"]+)"', today)
    second.get(link.replace("&amp;", "&"))
    second.submit(f"/cases/{reference}/open", justification="SECOND_SIGNATURE", cites=row, tab="legal")
    read = page(second, here)
    assert read.count(TOLD["reasons"]) == 8
    signed = second.submit(
        f"{here}/sign", answer="DISSENTED", words="Two of them can be said.", code=world.code("legal-lead")
    )

    assert signed.status_code == 303
    assert state(world, reference) == "DISSENTED"
    for browser in (legal, second):
        assert "Two of them can be said." in page(browser, here), "both texts stay"
        assert not [form for form in Forms(browser.get(here).text).found if "/assessment/" in form.action]


def test_who_wrote_it_is_told_that_another_signs_and_has_no_such_form(legal: Browser, world: World) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    here = f"/cases/{reference}/legal/assessment/{row}"
    visit(legal, reference, row)

    told = legal.get(here)
    forms = {form.action for form in Forms(told.text).found}
    token = Forms(told.text).found[0].fields["csrf"]
    sent = legal.ask(
        "POST", f"{here}/sign", headers={"Origin": "http://localhost:8000"},
        data={"csrf": token, "version": "8", "answer": "SIGNED", "code": world.code("legal")},
    )  # fmt: skip

    assert f"{here}/withdraw" in forms
    assert f"{here}/sign" not in forms
    assert "another legal reviewer reads and signs it" in told.text
    assert sent.status_code == 403
    assert state(world, reference) == "PROPOSED"


def test_a_question_goes_back_to_the_writers_today(staff_door: ASGIApp, legal: Browser, world: World) -> None:
    reference = handed(world)
    row = world.proposed(reference)
    second = signed_in(staff_door, world, "legal-lead")
    visit(second, reference, row, "SECOND_SIGNATURE")
    second.get(f"/cases/{reference}/legal/assessment/{row}")
    second.submit(f"/cases/{reference}/legal/assessment/{row}/return", words="Which hearing was it?")

    assert "Answer your second reader’s questions" in legal.get("/today").text
    visit(legal, reference, row)
    assert "Which hearing was it?" in page(legal, f"/cases/{reference}/legal/assessment/{row}")


def test_a_factor_that_was_kept_is_filled_in_and_its_passages_by_number(legal: Browser, world: World) -> None:
    reference = handed(world)
    segments = [line.id for line in world.show("legal", reference).records if line.table == "segments"]
    row = world.note(reference, passages=tuple(segments[:2]), reasons="as it was kept")
    visit(legal, reference, row)

    shown = legal.get(f"/cases/{reference}/legal/factor/TIMELINESS").text

    fields = next(form.fields for form in Forms(shown).found if form.action.endswith("TIMELINESS"))
    assert (fields["passages"], fields["seen"]) == ("1, 2", "1")
    assert "as it was kept" in shown


def test_nothing_is_written_over_what_was_not_read(
    staff_door: ASGIApp, legal: Browser, world: World, log: Log
) -> None:  # fmt: skip
    """Two who write the same factor: the second keeps what they typed, and sees that it was kept anew."""
    reference = handed(world)
    here = f"/cases/{reference}/legal/factor/TIMELINESS"
    legal.get(here)
    row = world.note(reference, by="legal-lead", reasons="theirs")
    log.fresh()

    again = legal.submit(here, **TOLD)

    assert again.status_code == 409
    assert TOLD["reasons"] in again.text
    assert "kept anew since you read it" in again.text
    assert log.last().outcome == "conflict"
    shut = legal.get(here).text
    assert "theirs" not in shut
    assert not [form for form in Forms(shut).found if form.action.endswith("TIMELINESS")], "first it is read"
    visit(legal, reference, row)
    assert "theirs" in legal.get(here).text


@pytest.mark.parametrize("passages", ["99", "2.1", "the first one"])
def test_a_passage_that_is_not_there_is_said_beside_the_field(legal: Browser, world: World, passages: str) -> None:
    reference = handed(world)
    legal.get(f"/cases/{reference}/legal/factor/TIMELINESS")

    again = legal.submit(f"/cases/{reference}/legal/factor/TIMELINESS", **TOLD, passages=passages)

    assert again.status_code == 422
    assert f'value="{passages}"' in again.text
    assert 'id="passages-error"' in again.text


def test_two_versions_stand_side_by_side_and_what_did_not_change_is_said(legal: Browser, world: World) -> None:
    reference = handed(world)
    row = world.note(reference, factor="RENUNCIATION", reasons="stays as it is")
    world.note(reference, reasons="the first text")
    world.note(reference, reasons="the second text")
    visit(legal, reference, row)
    here = f"/cases/{reference}/legal/assessment/{row}/compare"

    newest, whole = page(legal, here), page(legal, f"{here}?was=1&now=3")

    for told in ("the first text", "the second text", "Before", "After", "Unchanged"):
        assert told in newest
    assert "stays as it is" not in newest
    assert "the first text" not in whole
    assert "Not answered yet" in whole
    assert page(legal, f"{here}?was=x&now=99") == newest, "a version nobody kept is none"


def test_a_following_assessment_is_compared_with_the_one_two_signed(legal: Browser, world: World) -> None:
    reference = handed(world)
    world.seconded(world.proposed(reference, reasons="before the hearing"), reference)
    row = world.note(reference, factor="SIGNIFICANCE", reasons="after the hearing")
    visit(legal, reference, row)

    told = page(legal, f"/cases/{reference}/legal/assessment/{row}/compare")

    assert "before the hearing" in told
    assert "after the hearing" in told
    filled = legal.get(f"/cases/{reference}/legal/factor/TIMELINESS").text
    assert "before the hearing" in filled, "what was signed is the beginning of what follows it"
    assert next(f.fields["seen"] for f in Forms(filled).found if f.action.endswith("TIMELINESS")) == "0"


def test_claims_are_cited_with_their_grades_for_and_against(legal: Browser, world: World) -> None:
    reference = handed(world)
    bears = world.claimed(reference, proposition="The depot was emptied in May.", source_grade="B")
    speaks = world.claimed(reference, proposition="It was June.")
    row = world.note(reference)
    visit(legal, reference, row)
    here = f"/cases/{reference}/legal/factor/TIMELINESS"

    offered = page(legal, here)
    legal.submit(here, **TOLD, evidence=[str(bears)], against=[str(speaks)])
    read = page(legal, f"/cases/{reference}/legal/assessment/{row}")

    for told in ("The depot was emptied in May.", "It was June.", "B: usually reliable", "Claim 1", "Claim 2"):
        assert told in offered
    assert re.search(r"Claims that bear it out\s*Claim 1\s*Claims that speak against it\s*Claim 2", read)


def test_without_a_visit_no_word_is_shown_and_nothing_is_opened(legal: Browser, world: World, log: Log) -> None:
    reference, mark = handed(world), world.canary()
    row = world.note(reference, reasons=mark)
    log.fresh()

    for path in ("", f"/assessment/{row}", f"/assessment/{row}/compare", "/factor/TIMELINESS"):
        shut = legal.get(f"/cases/{reference}/legal{path}")
        assert shut.status_code == 200
        assert CANARY not in shut.text
    assert log.fresh() == []


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", ["intake", "protection", "auditor", "administrator", "narrative-lead"])
def test_the_others_have_no_such_pages(staff_door: ASGIApp, world: World, who: str) -> None:
    reference = world.whole_case("en")
    row = world.row("legal", reference, "mitigation_assessments")
    browser = signed_in(staff_door, world, who)

    for path in ("/factor/TIMELINESS", f"/assessment/{row}", f"/assessment/{row}/compare"):
        assert browser.get(f"/cases/{reference}/legal{path}").status_code == 404, path


def test_a_factor_or_an_assessment_that_is_none_is_not_found(legal: Browser, world: World) -> None:
    reference, other = handed(world), handed(world)
    elsewhere = world.note(other)

    for path in ("/factor/SINCERITY", f"/assessment/{elsewhere}", f"/assessment/{UUID(int=0)}", "/assessment/x"):
        assert legal.get(f"/cases/{reference}/legal{path}").status_code == 404, path


# A moment, and what somebody is known as in the office: drawn, and told of by nothing that was found.
DRAWN = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]|\d{1,2} \w+ 20\d\d|\d{1,2}:\d\d")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?\s*%|(?<!\d)\d+\s*(?:/|of|out of)\s*8(?!\d)")


def _reckoned(text: str) -> list[str]:
    """Shares and counts over the factors, such as "5 of 8", "5/8", "63 %". "Factor 3 of 8" is a place, not a count."""
    return NUMBER.findall(re.sub(r"Factor \d of 8", "", text))


def test_no_page_tells_a_number_over_the_factors(staff_door: ASGIApp, legal: Browser, world: World) -> None:
    """Whatever is found, no page of it differs in any digit: nothing is counted, weighed or foretold."""
    assert _reckoned("met: 5 of 8") == ["5 of 8"], "the control"
    told: dict[str, set[str]] = {}
    made = {finding: handed(world) for finding in ("MET", "NOT_MET", "UNKNOWN")}
    rows = {finding: world.proposed(reference, finding=finding) for finding, reference in made.items()}
    second = signed_in(staff_door, world, "legal-lead")
    for finding, reference in made.items():
        row = rows[finding]
        visit(legal, reference, row)
        visit(second, reference, row, "SECOND_SIGNATURE")
        base = f"/cases/{reference}/legal"
        for reader in (legal, second):
            for path in (
                base,
                f"{base}/assessment/{row}",
                f"{base}/assessment/{row}/compare",
                f"{base}/factor/TIMELINESS",
            ):
                text = page(reader, path)
                assert _reckoned(text) == [], path
                for word in ("score", "discount of", "credibility", "total of", "likely sentence"):
                    assert word not in text.lower(), path
                kind = path.replace(reference, "").replace(str(row), "")
                told.setdefault(f"{kind} {reader is second}", set()).add(
                    " ".join(re.findall(r"\S*\d\S*", DRAWN.sub("", text)))
                )
    for kind, said in told.items():
        assert len(said) == 1, f"{kind}: digits follow what was found: {said}"
