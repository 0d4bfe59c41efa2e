"""The auditor's desk: who did what to which reference, when and why; no content, and a trace of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from app import clock
from app.errors import Refusal
from app.oversight import actions as oversight
from app.oversight.forms import AskLog
from app.oversight.views import LogPage
from app.testimonies import actions as testimonies
from app.testimonies.forms import Passage
from tests.cases.canaries import plant
from tests.conftest import Clock
from tests.ladder import CANARY, Log, Rung, climb
from tests.world import World


def ask(world: World, **filters: Any) -> list[dict[str, Any]]:
    """What the auditor is shown, newest first."""
    page: LogPage = world.do("auditor", oversight.ask, AskLog(**filters))
    return [line.body for line in page.entries]


def read_passage(world: World, login: str, reference: str, why: str, **more: Any) -> None:
    row = world.row(login, reference, "segments")
    world.open(login, testimonies.open_segment, row, "text", justification=why, **more)


def a_case_for_legal(world: World) -> str:
    reference = world.case()
    world.testimony(reference, segments=(Passage(text=world.canary()),))
    world.hand_to_legal(reference)
    return reference


@pytest.mark.abuse("G13")
def test_auditors_read_the_log_and_nobody_else_does(world: World, log: Log) -> None:
    climb(
        world, log, oversight.ask,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "auditor"),
        Rung("operator", "denied", "no-rule"),
        Rung("anonymous", "denied", "no-rule"),
        Rung("auditor", "done", "auditor-reads-the-log"),
        form=AskLog(),
    )  # fmt: skip


@pytest.mark.domain("D30")
def test_an_auditor_is_told_who_opened_a_case_between_two_dates_and_why(
    world: World, log: Log, standing_clock: Clock
) -> None:
    reference, other = a_case_for_legal(world), a_case_for_legal(world)
    note = world.note(reference)
    read_passage(world, "intake", reference, "WITNESS_REQUEST")
    standing_clock.move(seconds=60)
    since = clock.now()
    standing_clock.move(seconds=60)
    read_passage(world, "legal", reference, "LEGAL_ASSESSMENT", cites=note)
    read_passage(world, "legal", other, "ASSURANCE")
    standing_clock.move(seconds=60)
    until = clock.now()
    standing_clock.move(seconds=60)
    read_passage(world, "legal", reference, "ASSURANCE")

    (found,) = ask(world, case=reference, operation="consult", since=since, until=until)

    assert found["actor"] == world.members["legal"].code
    assert (found["roles"], found["justification"], found["cites"]) == (
        ["legal_reviewer"], "LEGAL_ASSESSMENT", str(note),
    )  # fmt: skip
    assert since <= datetime.fromisoformat(found["at"]) < until


@pytest.mark.domain("D30")
def test_a_date_means_the_same_in_every_zone(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    standing_clock.move(hours=1)
    after = clock.now()
    far = [after.astimezone(timezone(timedelta(hours=hours))) for hours in (-11, 0, 5, 14)]

    world.sign_in("auditor")
    world.sign_in("intake")
    world.document(reference)

    assert [len(ask(world, case=reference, since=moment)) for moment in far] == [1, 1, 1, 1]
    assert [len(ask(world, case=reference, until=moment)) for moment in far] == [1, 1, 1, 1]


def test_the_first_instant_counts_and_the_last_does_not(world: World, log: Log) -> None:
    world.case()
    at = datetime.fromisoformat(log.last().at)
    step = timedelta(milliseconds=1)

    assert at.tzinfo == UTC
    assert [len(ask(world, action="case.open", since=since)) for since in (at, at + step)] == [1, 0]
    assert [len(ask(world, action="case.open", until=until)) for until in (at, at + step)] == [0, 1]
    assert len(ask(world, action="case.open", since=at.replace(microsecond=0))) == 1


@pytest.mark.parametrize(
    ("filters", "counted"),
    [
        ({"action": "case.open"}, 2),
        ({"operation": "refuse"}, 1),
        ({"outcome": "denied"}, 1),
        ({"outcome": "not_found"}, 0),
        ({"action": "case.open", "outcome": "denied"}, 1),
        ({"action": "segment.open"}, 0),
        ({"actor": "S-333333"}, 0),
        ({"rule": "no-rule"}, 1),
        ({"rule": "intake-opens-cases"}, 1),
        ({"justification": "WITNESS_REQUEST"}, 0),
        ({"days": 1, "action": "case.open"}, 2),
    ],
)
def test_all_filters_must_hold(world: World, filters: dict[str, Any], counted: int) -> None:
    since = clock.now()
    world.case()
    with pytest.raises(Refusal):
        world.case(by="legal")

    assert len(ask(world, since=since, **filters)) == counted


def test_a_refusal_is_found_by_the_case_that_was_sought(world: World) -> None:
    reference = world.case()
    with pytest.raises(Refusal):
        world.hand_to_legal(reference, by="narrative-lead")

    refused = [body for body in ask(world, case=reference) if body["operation"] == "refuse"]

    assert [(body["sought"], body["actor"]) for body in refused] == [
        (reference, world.members["narrative-lead"].code)
    ]  # fmt: skip


def test_entries_come_newest_first_each_once_and_pages_join(world: World) -> None:
    reference = world.case()
    for _ in range(60):
        world.document(reference)

    first = ask(world, case=reference)
    second = ask(world, case=reference, before=first[-1]["id"])
    back = ask(world, case=reference, after=second[0]["id"])

    numbers = [body["subjects"][0]["seq"] for body in (*first, *second)]
    assert numbers == list(range(61, 0, -1))
    assert (len(first), len(second)) == (50, 11)
    assert back == first


def test_what_is_added_meanwhile_moves_no_page(world: World) -> None:
    """With pages that are counted, each entry more pushes one of those shown onto the next page."""
    reference = world.case()
    for _ in range(55):
        world.document(reference)
    first = ask(world, case=reference)

    world.document(reference)
    second = ask(world, case=reference, before=first[-1]["id"])

    assert [body["subjects"][0]["seq"] for body in second] == [6, 5, 4, 3, 2, 1]


def test_an_auditors_look_ups_are_entries_themselves(world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()

    shown = ask(world, case=reference)

    said = log.last()
    assert (said.action, said.actor) == ("log.query", world.members["auditor"].code)
    assert said.codes == {"count": len(shown), "asked_case": reference}
    assert ask(world, action="log.query")[0]["id"] == said.id


@pytest.mark.abuse("G13")
def test_of_whom_an_auditor_asked_is_kept_and_a_name_typed_in_that_place_is_not(world: World, log: Log) -> None:
    code = world.members["intake"].code
    log.fresh()

    for actor, case in ((code, None), ("Idris", "Tamimi"), (None, "ABCD-EFGH-J")):
        ask(world, actor=actor, case=case)

    assert [said.codes.get("asked_actor") for said in log.fresh()] == [code, None, None]
    assert not any("Idris" in str(body) or "Tamimi" in str(body) for body in ask(world, action="log.query"))


@pytest.mark.abuse("G13")
def test_no_entry_of_a_whole_case_holds_a_name_a_place_or_a_word_of_it(world: World, log: Log) -> None:
    planted = plant(world)

    pages, behind = [], None
    while page := ask(world, before=behind):
        pages.append(page)
        behind = page[-1]["id"]

    everything = str(pages)
    assert planted.reference in everything
    assert CANARY not in everything
    assert not any(member.name in everything for member in world.members.values())


@pytest.mark.parametrize(
    "filters",
    [
        {"case": "two words"},
        {"actor": "' OR 1=1 --"},
        {"action": "x" * 65},
        {"page": 1},
        {"before": "the last one"},
        {"before": "01991c5e-7f00-7000-8000-000000000000", "after": "01991c5e-7f00-7000-8000-000000000000"},
        {"days": 0},
        {"justification": "he asked for it"},
        {"since": "2026-09-21T10:00:00"},
        {"content": "bread"},
    ],
)
def test_the_log_is_asked_in_codes_and_not_in_words(filters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AskLog.model_validate(filters)
