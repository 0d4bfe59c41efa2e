"""Going through the questions of the office: on a page, in a draft, on paper, and beside the account."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app.testimonies import answers, protocols
from app.testimonies.forms import ReadAccount
from app.work import Justification
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, arrived
from tests.web.writing import areas, at, later, lead, officer, said_on, stored
from tests.world import World

__all__ = ["lead", "officer"]


@pytest.fixture
def protocol(world: World) -> UUID:
    return world.protocol()


# Names with a dot are no keywords, so fields are sent as a dictionary of their own.
Typed = dict[str, Any]


def told(world: World, account: UUID) -> list[tuple[str, dict[str, Any]]]:
    form = ReadAccount(justification=Justification.INTAKE, cites=account)
    view = world.do("intake", answers.read_answers, form, subject=account)
    return [(each.question.read(), json.loads(each.answer.read())) for each in view.answers]


def fields(page: str) -> set[str]:
    """The questions that stand on a page."""
    return {name.split(".")[1] for name in re.findall(r'name="(q\.[a-z_.]+)"', page)}


def test_what_was_answered_on_paper_is_entered_under_the_version_of_its_sheets(
    officer: Browser, world: World, protocol: UUID
) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="TRIAGED")
    printed = world.print_protocol(account)
    of_sheets = world.office.ask(world["intake"], protocols.show, protocol)
    world.protocol(version="2027-01")
    scan = world.attach(reference, b"sheets", "scan.png", "image/png")
    world.consents(reference, "T1")
    told: dict[str, Any] = {
        "scan": str(scan), "own_words": "I may stop", "counsel": "OFFERED", "place": "HOSPITAL",
        "custody_status": "FREE", "guard_present": "no", "language": "en", "text": "I went",
        "collected_on.day": "20", "collected_on.month": "9", "collected_on.year": "2026",
    }  # fmt: skip

    assert "are entered on the page that follows" in officer.get(f"/paper/{printed}").text
    kept = officer.submit(f"/paper/{printed}", **told)
    assert (kept.status_code, kept.headers["location"]) == (303, f"/testimonies/{account}/protocol")
    page = officer.get(kept.headers["location"])
    answer: Typed = {"q.next_talk": "As it stands on the sheet", "language": "ar"}
    answered = officer.submit(f"/testimonies/{account}/protocol", **answer)
    assert answered.status_code == 303

    assert "Enter what stands on the sheets" in page.text
    assert of_sheets.sha256 in page.text, "and not the version in force today"
    visit = f"/cases/{reference}/open"
    officer.get(f"{visit}?tab=testimony&justification=INTAKE&cites={account}")
    officer.submit(visit, justification="INTAKE", cites=str(account))
    read = officer.get(f"/cases/{reference}/testimony").text
    assert "As it stands on the sheet" in read
    assert read.count("Written on paper, entered later") == 2, "of the account, and of its answers"


def test_who_goes_through_the_questions(staff_door: ASGIApp, officer: Browser, world: World, protocol: UUID) -> None:
    assert protocol
    reference, account = at(world, "IN_SESSION")
    world.hand_to_legal(reference)
    address = f"/testimonies/{account}/protocol"

    assert [arrived(staff_door, world, who).get(address).status_code for who in ("legal", "protection")] == [404, 404]
    assert officer.get(address).status_code == 200


@pytest.mark.domain("D43")
def test_only_what_may_be_asked_stands_there_in_the_language_of_the_session(
    officer: Browser, world: World, log: Log, protocol: UUID
) -> None:
    assert protocol
    _, account = at(world, "IN_SESSION")
    log.fresh()

    page = officer.get(f"/testimonies/{account}/protocol").text

    assert fields(page) == {"at_ease", "who_knows", "called", "papers", "way_home", "next_talk"}
    # The limits were read out in Arabic; the page around the questions is the officer's own.
    assert "هل لديكم أوراق تثبت هويتكم؟" in page
    assert "only questions about safety and identity are asked" in page
    assert [(each.action, each.operation) for each in log.fresh()] == [("answer.read", "consult")]
    french = officer.get(f"/testimonies/{account}/protocol?language=fr").text
    assert "Avez-vous des papiers" in french
    assert "Pour savoir ce qu’une fouille ou un bureau pourrait trouver" in french


@pytest.mark.parametrize(("language", "words"), [("ar", "حفظ الإجابات"), ("en", "Keep the answers"), ("fr", "Garder")])
def test_the_page_speaks_the_officers_language(
    officer: Browser, world: World, protocol: UUID, language: str, words: str
) -> None:
    assert protocol
    _, account = at(world, "IN_SESSION")
    officer.get("/me")
    officer.submit("/me/preferences", language=language)

    assert words in officer.get(f"/testimonies/{account}/protocol").text
    assert officer.get("/protocols").status_code == 200


def test_answers_are_kept_and_what_follows_is_asked_next(
    officer: Browser, world: World, log: Log, protocol: UUID
) -> None:
    assert protocol
    reference, account = at(world, "IN_SESSION")
    address = f"/testimonies/{account}/protocol"
    assert "Go through the questions When needed" in said_on(officer.get(f"/testimonies/{account}").text)
    officer.get(address)
    mark = world.canary()
    log.fresh()

    kept = officer.submit(address, **Typed({"q.papers": "TAKEN", "q.next_talk": mark, "language": "ar"}))

    assert kept.headers["location"] == f"{address}#q-taken_when"
    said = [each for each in log.fresh() if each.action == "answer.record"]
    assert [(each.operation, each.cases) for each in said] == [("collect", [reference])]
    page = officer.get(address).text
    assert mark in areas(page)
    assert re.search(r'value="TAKEN" checked', page)
    date: Typed = {
        "q.taken_when.precision": "SEASON",
        "q.taken_when.year": "٢٠١٩",
        "q.taken_when.words": "in the rains",
    }
    last = officer.submit(address, **date | {"q.papers": "TAKEN", "q.next_talk": mark, "language": "ar"})
    assert last.headers["location"] == f"/testimonies/{account}"
    assert told(world, account) == [
        ("papers", {"chosen": ["TAKEN"]}), ("next_talk", {"words": mark}),
        ("taken_when", {"day": {"precision": "SEASON", "year": 2019, "words": "in the rains"}}),
    ]  # fmt: skip
    assert "Go through the questions Done" in said_on(officer.get(f"/testimonies/{account}").text)


def test_what_follows_is_shown_before_anything_is_kept(officer: Browser, world: World, protocol: UUID) -> None:
    assert protocol
    _, account = at(world, "IN_SESSION")
    address = f"/testimonies/{account}/protocol"
    before = officer.get(address).text

    shown = officer.submit(
        address, **Typed({"q.at_ease": "YES", "q.who_knows": "GROUP", "language": "fr", "go": "look"})
    )

    assert shown.status_code == 200
    assert fields(shown.text) - fields(before) == {"needed", "group_reaction"}
    assert "Avant de commencer" in shown.text
    assert told(world, account) == []


def test_a_sheet_that_does_not_fit_comes_back_with_all_that_was_typed(
    officer: Browser, world: World, protocol: UUID
) -> None:
    assert protocol
    _, account = at(world, "IN_SESSION")
    address = f"/testimonies/{account}/protocol"
    officer.get(address)
    long = "w" * 501

    again = officer.submit(address, **Typed({"q.papers": "NONE", "q.next_talk": long, "language": "en"}))
    assert again.status_code == 422
    assert long in areas(again.text)
    assert re.search(r'value="NONE" checked', again.text)
    assert 'href="#q-next_talk"' in again.text
    empty = officer.submit(address, **Typed({"q.next_talk": " ", "language": "en"}))
    assert (empty.status_code, "Please answer at least one question." in empty.text) == (422, True)
    officer.get(address)
    # Typed under a question that falls away by another answer on the same sheet: it stays in sight.
    officer.submit(address, **Typed({"q.papers": "TAKEN", "language": "en", "go": "look"}))
    hanging: Typed = {
        "q.papers": "NONE",
        "q.taken_when.precision": "YEAR",
        "q.taken_when.year": "2019",
        "language": "en",
    }
    fallen = officer.submit(address, **hanging)
    assert (fallen.status_code, "taken_when" in fields(fallen.text)) == (409, True)
    assert told(world, account) == []


def test_an_admission_is_refused_in_words_and_not_kept(officer: Browser, world: World, protocol: UUID) -> None:
    assert protocol
    _, account = at(world, "IN_SESSION")
    address = f"/testimonies/{account}/protocol"
    officer.get(address)

    refused = officer.submit(address, **Typed({"q.own_part": "I was there", "language": "en"}))

    assert refused.status_code == 409
    assert "stop, repeat the limits" in refused.text
    assert told(world, account) == []


def test_a_draft_of_the_answers_is_saved_and_come_back_to(officer: Browser, world: World, protocol: UUID) -> None:
    assert protocol
    reference, account = at(world, "IN_SESSION")
    address = f"/testimonies/{account}/protocol"
    officer.get(address)

    saved = later(officer, account, "protocol", **Typed({"q.next_talk": "after noon", "q.papers": "TAKEN"}))
    back = officer.get(address).text

    assert saved.headers["location"] == f"/testimonies/{account}"
    assert "after noon" in areas(back)
    # What hangs on an answer that is not kept yet is asked too.
    assert "taken_when" in fields(back)
    assert stored(world, reference, account) == [{"q.next_talk": ["after noon"], "q.papers": ["TAKEN"]}]
    officer.submit(address, **Typed({"q.next_talk": "after noon", "language": "ar"}))
    assert stored(world, reference, account) == []


def test_a_colleagues_answer_is_seen_before_it_is_followed_by_another(
    officer: Browser, world: World, protocol: UUID
) -> None:
    _, account = at(world, "IN_SESSION")
    address = f"/testimonies/{account}/protocol"
    officer.get(address)
    world.answers(account, protocol, by="intake-lead", next_talk="at noon")

    refused = officer.submit(address, **Typed({"q.next_talk": "at six", "language": "en"}))

    assert refused.status_code == 409
    assert "at six" in areas(refused.text)
    assert "at noon" in refused.text
    assert officer.submit(address, **Typed({"q.next_talk": "at six", "language": "en"})).status_code == 303
    assert [value for _, value in told(world, account)] == [{"words": "at noon"}, {"words": "at six"}]


def test_answers_stand_beside_their_questions_in_the_account(
    officer: Browser, staff_door: ASGIApp, world: World, log: Log, protocol: UUID
) -> None:
    reference, account = at(world, "RECORDED")
    mark = world.canary()
    world.answers(account, protocol, next_talk="at noon", at_ease=["NOT_ASKED"])
    world.answers(account, protocol, next_talk=mark)
    page = f"/cases/{reference}/testimony"
    assert mark not in officer.get(page).text
    officer.get(f"/cases/{reference}/open?tab=testimony&justification=INTAKE&cites={account}")
    officer.submit(f"/cases/{reference}/open", justification="INTAKE", cites=str(account))
    log.fresh()

    shown = officer.get(page).text

    assert mark in shown
    assert "at noon" in shown
    assert "When and how may we speak again, if you want to?" in shown
    assert "Not asked" in shown
    assert "answer.read" in [each.action for each in log.fresh()]
    assert CANARY not in arrived(staff_door, world, "intake-lead").get(page).text


def test_the_sheets_carry_the_questions_in_their_language(officer: Browser, world: World, protocol: UUID) -> None:
    assert protocol
    _, account = at(world, "TRIAGED")
    address = f"/testimonies/{account}/paper"
    officer.get(address)

    sheets = officer.submit(address, language="fr", carried_by="S-2").text

    assert "Avez-vous des papiers qui disent qui vous êtes" in sheets
    assert "interview 2026-11" in sheets
    assert "Si vous voulez parler de ce que vous avez fait" not in sheets


# versions


def test_the_lead_publishes_what_is_asked(
    officer: Browser, lead: Browser, staff_door: ASGIApp, world: World, log: Log
) -> None:
    _, account = at(world, "IN_SESSION")
    assert "No questions are published yet" in officer.get(f"/testimonies/{account}/protocol").text
    assert "Publish" not in said_on(officer.get("/protocols").text)
    assert arrived(staff_door, world, "protection").get("/protocols").status_code == 404
    lead.get("/protocols")
    log.fresh()

    assert lead.submit("/protocols", shipped="yes").status_code == 303

    assert [(each.action, each.rule) for each in log.fresh()] == [
        ("protocol.publish", "intake-lead-publishes-protocols")
    ]
    page = lead.get("/protocols").text
    assert "interview 2026-11" in said_on(page)
    assert 'value="yes"' not in page
    read = officer.get(re.search(r'href="(/protocols/[0-9a-f-]{36})"', page)[1]).text  # type: ignore[index]
    assert "Do you have papers that say who you are?" in read
    assert "Only after the answer to:" in read


def test_an_officer_cannot_publish_and_a_contradiction_is_shown_with_its_place(
    officer: Browser, lead: Browser, world: World
) -> None:
    data = protocols.shipped().model_dump(mode="json", by_alias=True, exclude_none=True)
    data["sections"][0]["questions"][1]["when"]["question"] = "nothing"
    broken = json.dumps(data, ensure_ascii=False)
    world.protocol()
    lead.get("/protocols")

    refused = lead.submit("/protocols", data=broken)
    assert refused.status_code == 422
    assert "A condition names an earlier question of choice" in refused.text
    assert json.loads(areas(refused.text)[0]) == data
    data["sections"][0]["questions"][1] = {"key": "It"}
    places = lead.submit("/protocols", data=json.dumps(data)).text
    assert "sections.0.questions.1.key" in places
    assert lead.submit("/protocols", data="{").status_code == 422
    own = json.dumps(protocols.shipped().model_dump(mode="json", by_alias=True) | {"version": "2026-12"})
    assert lead.submit("/protocols", data=own).status_code == 303
    assert [line.version for line in world.office.ask(world["intake"], protocols.versions)] == ["2026-12", "2026-11"]
    officer.get("/testimonies/new")
    csrf = re.search(r'name="csrf" value="([^"]+)"', officer.page.text)[1]  # type: ignore[index, union-attr]
    sent = officer.ask("POST", "/protocols", data={"csrf": csrf, "shipped": "yes"}, headers={"Origin": ORIGIN})
    assert sent.status_code == 403
    assert len(world.office.ask(world["intake"], protocols.versions)) == 2
