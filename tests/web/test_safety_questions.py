"""Whether somebody is safe now: asked before anything is told, and a yes is with protection at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.cases import queries as case_queries
from app.testimonies import safety
from app.testimonies.safety import QUESTIONS
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, arrived
from tests.web.writing import at, later, lead, officer, said_on
from tests.world import World

__all__ = ["lead", "officer"]


NO: dict[str, Any] = dict.fromkeys(QUESTIONS, "no")


def test_nobody_in_danger_is_kept_and_done(officer: Browser, world: World, log: Log) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/safety"
    assert "Immediate safety To do" in said_on(officer.get(f"/testimonies/{account}").text)
    officer.get(page)
    log.fresh()

    assert officer.submit(page, **NO).headers["location"] == f"/testimonies/{account}"

    assert [(said.action, said.operation) for said in log.fresh()] == [("safety.record", "collect")]
    assert "Immediate safety Done" in said_on(officer.get(f"/testimonies/{account}").text)


@pytest.mark.domain("D44")
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_yes_reaches_protection_at_once_and_its_writer_no_more(
    officer: Browser, staff_door: ASGIApp, world: World, log: Log, question: str
) -> None:
    reference, account = at(world)
    page, told = f"/testimonies/{account}/safety", world.canary()
    officer.get(page)
    log.fresh()

    sent = officer.submit(page, **NO | {question: "yes", "words": told})

    assert sent.status_code == 303, sent.text
    (said,) = log.fresh()
    assert (said.action, said.operation, said.cases) == ("safety.alert", "disclose", [reference])
    guard = arrived(staff_door, world, "protection")
    today = guard.get("/today").text
    link = re.search(r'href="(/hand-offs/[^"]+)">Somebody may be in danger', today)[1]  # type: ignore[index]
    assert "am-table__red" in today
    assert CANARY not in today
    assert "to be read by" in guard.get("/hand-offs").text
    guard.get(link)
    assert told in guard.submit(f"{link}/open", justification="LIFE_AT_RISK").text
    assert "Somebody may be in danger" not in guard.get("/today").text
    assert officer.get(link).status_code == 404
    records = world.show("intake", reference).records
    (answer,) = [record.id for record in records if record.table == "safety_answers"]
    opened = world.open("intake", safety.open_answer, answer, "answers", justification="INTAKE", cites=account)
    assert json.loads(opened["answers"] or "") == {each: each == question for each in QUESTIONS}


def test_a_yes_without_words_is_asked_for_them_and_sends_nothing(officer: Browser, world: World) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/safety"
    officer.get(page)

    again = officer.submit(page, **NO | {"hurt": "yes"})

    assert again.status_code == 422
    assert re.search(r'name="hurt"[^>]*value="yes" checked', again.text)
    assert world.office.ask(world["protection"], case_queries.count_handoffs) == 0


def test_an_unanswered_question_is_not_a_no(officer: Browser, world: World) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/safety"
    officer.get(page)

    assert officer.submit(page, in_danger="no", others="no", hurt="no").status_code == 422


def test_a_danger_that_was_begun_and_not_sent_stands_first_and_red(officer: Browser, world: World) -> None:
    _, account = at(world)
    officer.get(f"/testimonies/{account}/safety")
    later(officer, account, "safety", in_danger="yes", words="her brother")

    today = officer.get("/today").text

    assert re.search(r'am-table__red">\s*<th[^>]*>\s*<a[^>]*>Go on with your draft: immediate safety', today)
    assert world.office.ask(world["protection"], case_queries.count_handoffs) == 0
