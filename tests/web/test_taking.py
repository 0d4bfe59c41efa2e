"""Taking an account by hand in the browser, step by step; what an officer does, and what nobody else is shown."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.cases import queries as case_queries
from app.testimonies import actions as testimonies
from app.testimonies import queries, sessions
from app.testimonies.rules import STATEMENT_VERSION
from app.web.account import divided
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, Forms, arrived, text_of
from tests.web.writing import at
from tests.world import World

TEMPLATES = Path("app/web/templates/intake")


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def test_an_account_is_taken_from_the_first_word_to_the_seal(officer: Browser, world: World, log: Log) -> None:
    first, second = world.canary(), world.canary()

    officer.get("/testimonies/new")
    begun = officer.submit("/testimonies/new", pathway="ADULT")
    assert begun.status_code == 303
    tasks = begun.headers["location"]
    page = officer.get(tasks)
    reference = re.search(r"/cases/([0-9A-Z-]+)/consent", page.text)[1]  # type: ignore[index]
    assert "First explain the limits" in page.text

    officer.get(f"{tasks}/limits")
    assert "We cannot promise" in officer.page.text  # type: ignore[union-attr]
    assert officer.submit(f"{tasks}/limits", language="ar", own_words=world.canary()).headers["location"] == tasks
    for tier in ("T1", "T2"):
        officer.get(f"/cases/{reference}/consent/{tier}")
        kept = officer.submit(
            f"/cases/{reference}/consent/{tier}", granted="yes", language="ar", how_given="SPOKEN",
            custody_status="FREE", guard_present="no",
        )  # fmt: skip
        assert kept.headers["location"] == f"/cases/{reference}/consent", kept.text
    officer.get(f"{tasks}/ready")
    assert officer.submit(f"{tasks}/ready", counsel="OFFERED").status_code == 303
    officer.get(f"{tasks}/session")
    begun = officer.submit(f"{tasks}/session", place="OFFICE", custody_status="FREE", guard_present="no")
    assert begun.status_code == 303, begun.text
    officer.get(f"{tasks}/account")
    shown = officer.submit(f"{tasks}/account", language="ar", text=f"{first}\r\n\r\n{second}")
    assert shown.status_code == 200
    assert "Passage 2" in shown.text
    assert "Passage 3" not in shown.text
    marked: dict[str, Any] = {"classes.2": "EXIT_METHOD", "speaker.1": "WITNESS"}
    kept = officer.submit(f"{tasks}/account", **marked)
    assert kept.status_code == 303, kept.text
    for step in ("read-back", "segments", "seal"):
        officer.get(f"{tasks}/move/{step}")
        asked: dict[str, Any] = {"language": "ar", "answer": "SIGNED"} if step == "read-back" else {}
        assert officer.submit(f"{tasks}/move/{step}", **asked).status_code == 303
    officer.get(tasks)

    row = tasks.rpartition("/")[2]
    view = world.office.ask(world["intake"], queries.show, row)
    assert (view.state, view.segments) == ("SEALED", 2)
    assert CANARY not in officer.page.text  # type: ignore[union-attr]


def test_a_step_that_cannot_start_says_why(officer: Browser, world: World) -> None:
    _, account = at(world, "TRIAGED")

    officer.get(f"/testimonies/{account}")

    text = text_of(officer)
    assert "Lawyer and readiness First explain the limits, and ask about care inside the office (T1)." in text
    assert "Cannot start yet" in text
    links = [given["href"] for tag, given in Forms(officer.page.text).tags if tag == "a" and "href" in given]  # type: ignore[union-attr]
    assert f"/testimonies/{account}/limits" in links
    assert f"/testimonies/{account}/ready" not in links


@pytest.mark.parametrize(
    ("upto", "page", "filled", "kept"),
    [
        ("TRIAGED", "limits", {"own_words": "I can stop, she said."}, "I can stop, she said."),
        ("LIMITS_EXPLAINED", "ready", {"counsel": "DECLINED", "counsel_reason": " "}, 'value="DECLINED" checked'),
        ("READY", "session", {"place": "HOSPITAL", "home_district": "by the old mill"}, "by the old mill"),
        ("IN_SESSION", "account", {"text": "We waited at the road."}, "We waited at the road."),
    ],
)
def test_a_mistake_keeps_what_was_typed(
    officer: Browser, world: World, upto: str, page: str, filled: dict[str, Any], kept: str
) -> None:
    _, account = at(world, upto)

    officer.get(f"/testimonies/{account}/{page}")
    again = officer.submit(f"/testimonies/{account}/{page}", **filled)

    assert again.status_code == 422
    assert "<title>Error:" in again.text
    assert kept in again.text
    assert world.office.ask(world["intake"], queries.show, account).state == upto


def test_an_admission_is_refused_with_what_to_do_and_the_text_stays(officer: Browser, world: World, log: Log) -> None:
    _, account = at(world, "IN_SESSION")
    told = world.canary()
    officer.get(f"/testimonies/{account}/account")
    officer.submit(f"/testimonies/{account}/account", language="en", text=told)
    log.fresh()

    marked: dict[str, Any] = {"classes.1": "SELF_INCRIMINATING"}
    again = officer.submit(f"/testimonies/{account}/account", **marked)

    assert again.status_code == 409
    assert "Stop, repeat the limits, go on without it." in again.text
    assert told in again.text
    assert [said.outcome for said in log.fresh()] == ["conflict"]


def test_the_text_can_be_changed_before_it_is_kept(officer: Browser, world: World) -> None:
    _, account = at(world, "IN_SESSION")
    officer.get(f"/testimonies/{account}/account")
    officer.submit(f"/testimonies/{account}/account", language="en", text="one\n\ntwo")

    back = officer.submit(f"/testimonies/{account}/account", go="text")

    assert back.status_code == 200
    assert "one\n\ntwo</textarea>" in back.text
    assert world.office.ask(world["intake"], queries.show, account).segments == 0


@pytest.mark.parametrize("count", [200, 201])
def test_an_account_of_two_hundred_passages_is_kept_and_one_more_is_told(
    officer: Browser, world: World, count: int
) -> None:
    _, account = at(world, "IN_SESSION")
    text = "\n\n".join(f"passage {number}" for number in range(count))
    officer.get(f"/testimonies/{account}/account")

    divided = officer.submit(f"/testimonies/{account}/account", language="en", text=text)
    if count > 200:
        assert divided.status_code == 422
        assert "more than 200 passages" in divided.text
        return
    more: dict[str, Any] = {f"speaker.{number}": "INTERVIEWER" for number in range(1, count + 1)}
    kept = officer.submit(f"/testimonies/{account}/account", **more)

    assert kept.status_code == 303
    assert world.office.ask(world["intake"], queries.show, account).segments == 200


def test_what_was_typed_is_kept_byte_for_byte_between_blank_lines(officer: Browser, world: World) -> None:
    reference, account = at(world, "IN_SESSION")
    told = "  He said:\n\t\u201estay\u201c\u202e\u0661  "
    officer.get(f"/testimonies/{account}/account")
    officer.submit(f"/testimonies/{account}/account", language="ar", text=f"{told}\n \n\nsecond")

    assert officer.submit(f"/testimonies/{account}/account").status_code == 303

    rows = [line.id for line in world.show("intake", reference).records if line.table == "segments"]
    read = [
        world.open("intake", testimonies.open_segment, row, "text", justification="WITNESS_REQUEST")["text"]
        for row in rows
    ]
    assert read == [told, "second"]


def test_a_conversation_is_paused_and_taken_up_again(officer: Browser, world: World) -> None:
    _, account = at(world, "IN_SESSION")

    for state in ("PAUSED", "IN_SESSION"):
        officer.get(f"/testimonies/{account}/account")
        assert officer.press(f"/testimonies/{account}/account", "go", "pause").status_code == 303
        assert world.office.ask(world["intake"], queries.show, account).state == state


@pytest.mark.parametrize(("go", "state"), [("pause", "PAUSED"), ("unprompted", "PAUSED")])
def test_what_is_typed_is_kept_when_the_conversation_stops(officer: Browser, world: World, go: str, state: str) -> None:
    _, account = at(world, "IN_SESSION")
    told = world.canary()
    address = f"/testimonies/{account}/account"

    officer.get(address)
    stopped = officer.press(address, "go", go, language="ar", text=told)
    assert stopped.headers["location"] == address, stopped.text
    page = officer.get(address).text

    assert world.office.ask(world["intake"], queries.show, account).state == state
    assert f"{told}</textarea>" in page
    assert "The conversation is paused." in page
    assert officer.press(address, "go", "pause", language="ar", text=told).status_code == 303
    assert world.office.ask(world["intake"], queries.show, account).state == "IN_SESSION"


def test_legal_reads_that_an_admission_was_spoken_in_a_sentence(staff_door: ASGIApp, world: World) -> None:
    _, account = at(world, "IN_SESSION")
    world.do("intake", sessions.unprompted, subject=account)
    reviewer = arrived(staff_door, world, "legal")
    (line,) = world.office.ask(world["legal"], case_queries.handoffs)
    address = f"/hand-offs/{line.id}"

    asked = reviewer.get(address).text
    why = re.search(r'name="justification" type="radio" value="([A-Z_]+)"', asked)[1]  # type: ignore[index]
    read = reviewer.submit(f"{address}/open", justification=why)

    assert "An admission was spoken although no promise is on file." in read.text


def test_the_list_is_narrowed_by_the_next_step(officer: Browser, world: World) -> None:
    waits, _ = at(world, "RECORDED")
    other, _ = at(world, "TRIAGED")

    assert {waits, other} <= set(re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", officer.get("/testimonies").text))
    narrowed = officer.get("/testimonies?step=READ_BACK").text
    assert waits in narrowed
    assert other not in narrowed
    assert officer.get("/testimonies?step=NOWHERE").status_code == 422


def test_a_case_is_handed_over_to_both_teams(officer: Browser, world: World, log: Log) -> None:
    reference, account = at(world, "SEALED")
    world.person(reference)
    address = f"/testimonies/{account}/hand-over"
    log.fresh()

    told = " ".join(re.sub(r"<[^>]+>", " ", officer.get(address).text).split())
    for sentence in (
        "Legal reviewers get the key of the account. They do not get who the witness is, nor where.",
        "Caseworkers get the key of who the witness is. They never read the account.",
        "From then on it is theirs: what intake holds of who the witness is ends on 21 October 2026.",
    ):
        assert sentence in told, sentence
    for team in ("legal", "protection"):
        officer.get(address)
        assert officer.submit(address, team=team).headers["location"] == address
    officer.get(address)

    assert text_of(officer).count("Done: the") == 2
    assert [(said.action, said.operation) for said in log.fresh()] == [("case.hand_over", "grant")] * 2
    assert reference in str(world.show("legal", reference))


def test_of_somebody_inside_the_page_says_who_goes_on_knowing(officer: Browser, world: World) -> None:
    reference = world.case(exit_stage="INSIDE", beside=world.members["protection"].code)
    account = world.testimony(reference, upto="TRIAGED")

    told = officer.get(f"/testimonies/{account}/hand-over").text

    assert "Who the witness is stays with the two people who know it by name." in told
    assert "what intake holds of who the witness is ends on" not in told


def test_sending_the_first_page_twice_opens_one_case(officer: Browser, world: World) -> None:
    officer.get("/testimonies/new")
    page = officer.page

    first = officer.submit("/testimonies/new", pathway="ADULT")
    officer.page = page
    second = officer.submit("/testimonies/new", pathway="ADULT")

    assert first.headers["location"] == second.headers["location"]
    assert world.office.ask(world["intake"], queries.accounts).total == 1


STEPS = ("", "/limits", "/ready", "/session", "/account", "/move/seal", "/hand-over")


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("login", ["legal", "protection", "narrative-lead", "auditor", "administrator", "another"])
def test_these_pages_are_the_intake_desks_alone(staff_door: ASGIApp, world: World, login: str) -> None:
    """Legal holds the very same key, and reads elsewhere; a colleague without the case finds no account."""
    reference, account = at(world, "RECORDED")
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    if login == "another":
        world.invite("another", roles=("intake_officer",))
    browser = arrived(staff_door, world, login)

    for step in STEPS:
        assert browser.get(f"/testimonies/{account}{step}").status_code == 404, step
    if login == "another":
        assert reference not in browser.get("/testimonies").text
    else:
        assert browser.get("/testimonies").status_code == 404
        assert browser.get("/testimonies/new").status_code == 404


def test_a_stranger_is_shown_the_way_in(staff_door: ASGIApp, world: World) -> None:
    _, account = at(world, "TRIAGED")
    browser = Browser(staff_door)

    for page in ("/testimonies", "/testimonies/new", *(f"/testimonies/{account}{step}" for step in STEPS)):
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), page


def test_a_step_that_is_none_is_not_there(officer: Browser, world: World) -> None:
    _, account = at(world, "READ_BACK")

    for page in (f"/testimonies/{account}/move/destroy", f"/testimonies/{account}/x", "/testimonies/1"):
        assert officer.get(page).status_code == 404


def test_the_statement_that_is_read_out_has_the_version_it_says() -> None:
    """The words a witness was told are found again by their version: other words, another version."""
    said = (TEMPLATES / "statement.html").read_text()

    assert {STATEMENT_VERSION: sha256(said.encode()).hexdigest()[:16]} == {"2026-11": "67434ed1df62cb6c"}


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("", ()),
        ("\n \n", ()),
        ("one", ("one",)),
        ("one\ntwo", ("one\ntwo",)),
        ("one\n\ntwo", ("one", "two")),
        ("\n\none\r\n\r\n\r\n  two \n \t\nthree\n", ("one", "  two ", "three")),
        (
            "\u0648\u0627\u062d\u062f\n\u00a0\n\u0627\u062b\u0646\u0627\u0646",
            ("\u0648\u0627\u062d\u062f", "\u0627\u062b\u0646\u0627\u0646"),
        ),
    ],
)
def test_blank_lines_divide_and_nothing_else_does(text: str, passages: tuple[str, ...]) -> None:
    assert divided(text) == passages
