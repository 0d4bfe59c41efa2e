"""The pages around a session: register, choice, notes, a finding, versions, the seal, and what goes over paper."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app import clock
from app.testimonies import queries
from app.testimonies.forms import Passage
from app.testimonies.rules import SegmentClass
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, arrived, text_of
from tests.world import World

_IN_2090 = {"day": "1", "month": "2", "year": "2090"}


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def state(world: World, account: UUID) -> str:
    return str(world.office.ask(world["intake"], queries.show, account).state)


def test_an_interpreter_is_entered_and_the_register_shows_a_code_and_a_day(officer: Browser, world: World) -> None:
    day = clock.now().date() - timedelta(days=1)
    officer.get("/interpreters/new")
    missing = officer.submit("/interpreters/new", origin="by the old mill")
    assert missing.status_code == 422
    assert "by the old mill" in missing.text
    told: dict[str, Any] = {
        "languages": "ar", "gender": "FEMALE", "vetting": "two referees", "undertaking_until.day": str(day.day),
        "undertaking_until.month": str(day.month), "undertaking_until.year": str(day.year),
    }  # fmt: skip
    kept = officer.submit("/interpreters/new", **told)
    assert (kept.status_code, kept.headers["location"]) == (303, "/interpreters"), kept.text

    page = officer.get("/interpreters")
    (line,) = world.office.ask(world["intake"], queries.interpreters)
    assert line.code in page.text
    assert "Run out" in text_of(officer)
    assert "old mill" not in page.text
    address = f"/interpreters/{line.id}/undertaking"
    later: dict[str, Any] = {f"undertaking_until.{part}": value for part, value in _IN_2090.items()}
    assert officer.submit(address, **later).status_code == 303
    officer.get("/interpreters")
    assert "Run out" not in text_of(officer)


def test_before_a_session_one_sees_what_was_told_and_what_speaks_against_an_interpreter(
    officer: Browser, world: World, log: Log
) -> None:
    reference = world.case()
    told = world.canary()
    world.told_before(reference, said_on=told, forum="ASYLUM")
    _, near = world.interpreter(origin="Old Harbour")
    account = world.testimony(reference, upto="READY")
    address = f"/testimonies/{account}/session"
    log.fresh()

    page = officer.get(address)
    assert told in page.text
    assert "to an asylum authority" in text_of(officer)
    assert [(said.action, said.justification) for said in log.fresh()] == [("session.prepare", "INTAKE")]
    checked = officer.submit(address, go="check", home_district="old harbour")
    assert checked.status_code == 200
    assert "From the same district as the witness." in text_of(officer)
    chosen: dict[str, Any] = {
        "place": "OFFICE", "custody_status": "FREE", "guard_present": "no", "interpreter_code": near,
        "home_district": "old harbour", "go": "",
    }  # fmt: skip
    refused = officer.submit(address, why_again="The winter is missing.", **chosen)
    assert refused.status_code == 409
    assert "The winter is missing." in refused.text
    assert state(world, account) == "READY"
    begun = officer.submit(
        address, why_again="The winter is missing.", conflict_reason="The witness asks for her.", **chosen
    )
    assert begun.status_code == 303, begun.text
    assert state(world, account) == "IN_SESSION"


def test_a_session_is_noted_the_interpreter_reported_and_another_one_chosen(officer: Browser, world: World) -> None:
    reference = world.case()
    _, code = world.interpreter()
    _, other = world.interpreter()
    account = world.testimony(reference, upto="IN_SESSION", interpreter=code)
    here = f"/testimonies/{account}"

    officer.get(f"{here}/session/note")
    assert officer.submit(f"{here}/session/note", kind="TRAUMA_SIGN", words="water, a pause").status_code == 303
    officer.get(f"{here}/session/report")
    missing = officer.submit(f"{here}/session/report", interpreter_code=code, words="her cousin")
    assert missing.status_code == 422
    assert "her cousin" in missing.text
    assert officer.submit(f"{here}/session/report", interpreter_code=code, found="SAME_GROUP").status_code == 422
    found = officer.submit(f"{here}/session/report", interpreter_code=code, found="SAME_GROUP", words="her cousin")
    assert found.status_code == 303
    assert state(world, account) == "PAUSED"
    officer.get(f"{here}/session/interpreter")
    changed = officer.submit(f"{here}/session/interpreter", interpreter_code=other, go="")
    assert changed.status_code == 303, changed.text
    officer.get(here)
    assert "Another interpreter" in text_of(officer)
    assert officer.get(f"{here}/session/x").status_code == 404


def test_what_was_told_before_the_first_question_and_what_was_spoken_of_stands_in_the_record(
    officer: Browser, world: World
) -> None:
    account = world.testimony(reference := world.case(), upto="READY")
    address = f"/testimonies/{account}/session"
    officer.get(address)
    assert "your office keeps that list apart" in text_of(officer), "nothing here says who stands behind a code"
    told: dict[str, Any] = {
        "custody_status": "FREE", "guard_present": "no", "modality": "TELEPHONE", "rights": ["LAWYER", "SILENCE"],
        "fitness": "FIT_WITH_BREAKS", "competence": "Ten years with survivors", "go": "",
    }  # fmt: skip
    missing = officer.submit(address, **told)
    assert missing.status_code == 422
    assert missing.text.count("checked") >= 4, "both rights are still ticked"
    assert officer.submit(address, place="REMOTE", **told).status_code == 303
    noted = {"TOPIC_DECLINED": "the winter", "COPY_HELD": "the lawyer", "NEXT_CONTACT": "in two weeks"}
    for kind, words in noted.items():
        officer.get(f"{address}/note")
        assert officer.submit(f"{address}/note", kind=kind, words=words).status_code == 303

    officer.get(f"/cases/{reference}/open?tab=testimony&justification=INTAKE&cites={account}")
    officer.submit(f"/cases/{reference}/open", justification="INTAKE", cites=str(account))
    officer.get(f"/cases/{reference}/testimony")

    shown = text_of(officer)
    for said in (
        "By telephone", "Hours by the clock of", "to have a lawyer, to say nothing",
        "Well enough, with breaks", "Ten years with survivors", "A topic the witness would not speak of",
        "Who holds a copy of the record", "in two weeks",
    ):  # fmt: skip
        assert said in shown, said


def test_versions_and_corrections_stand_beside_the_words_each_in_its_own_direction(
    officer: Browser, world: World, log: Log
) -> None:
    reference, said, corrected = world.case(), world.canary(), world.canary()
    account = world.testimony(reference, segments=(Passage(text=said),))
    here = f"/testimonies/{account}"
    (row,) = [line.id for line in world.show("intake", reference).records if line.table == "segments"]

    assert said in officer.get(f"{here}/beside/translation").text
    empty = officer.submit(f"{here}/beside/translation", language="en")
    assert (empty.status_code, "Please fill in at least one passage." in empty.text) == (422, True)
    written: dict[str, Any] = {f"text.{row}": "We waited.\r\nThen we went."}
    assert officer.submit(f"{here}/beside/translation", language="", **written).status_code == 422
    assert officer.submit(f"{here}/beside/translation", language="en", **written).status_code == 303
    officer.get(f"{here}/beside/correction")
    amended: dict[str, Any] = {"segment": str(row), "language": "ar", "reason": "a slip"}
    assert officer.submit(f"{here}/beside/correction", **amended).status_code == 422
    assert officer.submit(f"{here}/beside/correction", text=corrected, **amended).status_code == 303
    assert state(world, account) == "TRANSLATED"

    officer.get(f"/cases/{reference}/open?tab=testimony&justification=INTAKE&cites={account}")
    officer.submit(f"/cases/{reference}/open", justification="INTAKE", cites=str(account), tab="testimony")
    shown = officer.get(f"/cases/{reference}/testimony").text
    assert said in shown
    assert corrected in shown
    assert re.search(r'lang="en">\s*<p class="govuk-body" dir="auto">We waited\.', shown)
    assert len(re.findall(r'lang="ar">\s*<p class="govuk-body" dir="auto">CANARY', shown)) == 2


def test_a_correction_that_sets_something_free_comes_back_with_all_that_was_typed(
    officer: Browser, world: World, log: Log
) -> None:
    reference, corrected = world.case(), world.canary()
    account = world.testimony(reference, segments=(Passage(text="one", classes=frozenset({SegmentClass.FAMILY})),))
    here = f"/testimonies/{account}/beside/correction"
    (row,) = [line.id for line in world.show("intake", reference).records if line.table == "segments"]
    typed: dict[str, Any] = {"segment": str(row), "language": "ar", "reason": "a slip", "text": corrected}

    officer.get(here)
    assert "Speaks of the family" in text_of(officer)
    refused = officer.submit(here, classes="NARRATIVE", **typed)
    assert (refused.status_code, corrected in refused.text) == (409, True)
    assert "marked with a class that this correction leaves out" in text_of(officer)
    assert officer.submit(here, classes="SELF_INCRIMINATING", **typed).status_code == 409
    assert officer.submit(here, classes="FAMILY", **typed).status_code == 303


def test_a_refusal_at_the_read_back_comes_back_until_it_has_its_reason_and_is_shown(
    officer: Browser, world: World, log: Log
) -> None:
    reference, said, why = world.case(), world.canary(), world.canary()
    account = world.testimony(reference, segments=(Passage(text=said),))
    here = f"/testimonies/{account}/move/read-back"
    officer.get(here)
    assert officer.submit(here, language="ar", answer="REFUSED").status_code == 409
    refused = officer.submit(here, language="ar", answer="SIGNED", reason=why)
    assert (refused.status_code, why in refused.text) == (409, True)
    kept = officer.submit(here, language="ar", answer="REFUSED", reason=why)
    assert (kept.status_code, state(world, account)) == (303, "READ_BACK")

    officer.get(f"/cases/{reference}/open?tab=testimony&justification=INTAKE&cites={account}")
    officer.submit(f"/cases/{reference}/open", justification="INTAKE", cites=str(account), tab="testimony")
    shown = officer.get(f"/cases/{reference}/testimony").text
    assert "Refuses to stand by it" in shown
    assert why in shown
    assert said in shown


def test_whoever_seals_sees_the_hash_and_the_checkpoint(officer: Browser, world: World, log: Log) -> None:
    account = world.testimony(world.case(), upto="SEGMENTED")
    here = f"/testimonies/{account}"
    officer.get(f"{here}/sealed")
    assert "This account is not sealed yet." in text_of(officer)

    officer.get(f"{here}/move/seal")
    assert officer.submit(f"{here}/move/seal").headers["location"] == f"{here}/sealed"
    log.fresh()
    officer.get(f"{here}/sealed")

    text = text_of(officer)
    assert re.search(r"Hash of the words \(SHA-256\) ?[0-9a-f]{32} ?[0-9a-f]{32}", text), text
    assert [(said.action, said.fields) for said in log.fresh()] == [("testimony.open", ["testimonies.seal"])]


def test_sheets_for_paper_bear_an_envelope_number_and_no_reference(officer: Browser, world: World) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="TRIAGED")
    here = f"/testimonies/{account}/paper"
    officer.get(here)
    assert officer.submit(here, language="ar").status_code == 422

    sheets = officer.submit(here, language="ar", large="yes", carried_by="S-2")

    assert sheets.status_code == 200
    assert '<html lang="ar" dir="rtl"' in sheets.text
    assert re.search(r"E-[3-9A-Z]{8}", sheets.text)
    assert not any(word in sheets.text for word in (reference, str(account), "Amana", world.members["intake"].name))
    assert 'class="govuk-body"' not in sheets.text


def test_a_protocol_is_entered_with_its_scan_and_shown_as_entered_later(officer: Browser, world: World) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="TRIAGED")
    printed = world.print_protocol(account)
    scan = world.attach(reference, b"sheets", "scan.png", "image/png")
    world.consents(reference, "T1")
    address = f"/paper/{printed}"
    told: dict[str, Any] = {
        "scan": str(scan), "own_words": "I may stop", "counsel": "OFFERED", "place": "HOSPITAL",
        "custody_status": "FREE", "guard_present": "no", "language": "ar", "text": "I went\r\n\r\nI came back",
        "modality": "IN_PERSON", "rights": ["SILENCE", "DOCTOR"], "fitness": "FIT",
    }  # fmt: skip

    assert address in officer.get(f"/testimonies/{account}").text
    officer.get(address)
    missing = officer.submit(address, **told)
    assert missing.status_code == 422
    assert "I came back" in missing.text
    day = clock.now().date() - timedelta(days=2)
    given: dict[str, Any] = {
        "collected_on.day": day.day,
        "collected_on.month": day.month,
        "collected_on.year": day.year,
    }
    kept = officer.submit(address, **told, **given)
    assert (kept.status_code, kept.headers["location"]) == (303, f"/testimonies/{account}"), kept.text

    officer.get(f"/testimonies/{account}")
    assert "Written on paper, entered later" in text_of(officer)
    assert "Written on paper, entered later" in officer.get(f"/cases/{reference}/testimony").text
    assert officer.get(address).status_code == 404


def test_a_child_is_not_offered_name_or_face_and_the_guardian_is_asked(officer: Browser, world: World) -> None:
    child, adult = world.case(pathway="CHILD"), world.case(pathway="ADULT")

    assert f"/cases/{child}/consent/T6" not in officer.get(f"/cases/{child}/consent").text
    assert f"/cases/{adult}/consent/T6" in officer.get(f"/cases/{adult}/consent").text
    assert "The guardian" not in officer.get(f"/cases/{adult}/consent/T1").text
    address = f"/cases/{child}/consent/T1"
    officer.get(address)
    told: dict[str, Any] = {
        "granted": "yes",
        "language": "ar",
        "how_given": "SPOKEN",
        "custody_status": "FREE",
        "guard_present": "no",
    }
    assert officer.submit(address, **told).status_code == 409
    whole = told | {"guardian": "AGREED", "own_assent": "yes", "best_interest": "to be cared for"}
    assert officer.submit(address, **whole).status_code == 303


def test_what_was_told_elsewhere_is_recorded_with_its_country(officer: Browser, world: World) -> None:
    reference = world.case()
    address = f"/cases/{reference}/told-before"
    officer.get(address)
    assert officer.submit(address, forum="ASYLUM", said_on="last winter").status_code == 422
    kept = officer.submit(address, forum="ASYLUM", said_on="last winter", caution="NOT_GIVEN", jurisdiction="tn")
    assert kept.headers["location"] == f"/cases/{reference}/testimony"
    assert "prior_accounts" in {line.table for line in world.show("intake", reference).records}


PAGES = (
    "/testimonies/{account}/session/note", "/testimonies/{account}/session/interpreter",
    "/testimonies/{account}/session/report", "/testimonies/{account}/beside/correction",
    "/testimonies/{account}/beside/translation", "/testimonies/{account}/sealed", "/testimonies/{account}/paper",
    "/paper/{paper}", "/cases/{reference}/told-before", "/interpreters", "/interpreters/new",
)  # fmt: skip


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("login", ["legal", "protection", "narrative-lead", "auditor", "administrator", "another"])
def test_these_pages_are_the_intake_desks_alone(staff_door: ASGIApp, world: World, log: Log, login: str) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="TRIAGED")
    printed = world.print_protocol(account)
    world.hand_to_legal(reference)
    if login == "another":
        world.invite("another", roles=("intake_officer",))
    browser = arrived(staff_door, world, login)

    for page in PAGES:
        # The register belongs to every officer of the team; what lies in a case only to who holds it.
        ours = login == "another" and page.startswith("/interpreters")
        answer = browser.get(page.format(account=account, paper=printed, reference=reference))
        assert answer.status_code == (200 if ours else 404), page
        assert CANARY not in answer.text


def test_a_stranger_is_shown_the_way_in(staff_door: ASGIApp, world: World) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="TRIAGED")
    printed = world.print_protocol(account)
    browser = Browser(staff_door)

    for page in PAGES:
        answer = browser.get(page.format(account=account, paper=printed, reference=reference))
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), page
