"""No answer of any door lists more than fifty cases, with more than fifty there (D10, E06)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest

from app.cases import actions as cases
from app.cases import erasing, takeovers
from app.cases.forms import HandOver, SendHandoff
from app.testimonies import drafts
from tests.api.conftest import Staff
from tests.api.doors import ACTIONS, PAGES, QUESTIONS, Scene, send
from tests.web.browser import arrived
from tests.world import World
from tests.world.build import CORE

CASES = 53
ROWS_MAX = 50
# What auditors ask is a body, for it is an action with an entry; the answer is a list all the same.
OF_THE_LOG = tuple(ask for ask in ACTIONS if ask.path in {"/api/log/entries", "/api/log/signs", "/api/log/sample"})
# Whom a page or a question about a colleague is about.
WHOSE = "intake"


def full(world: World) -> tuple[set[str], UUID]:
    """So many cases on every list that an office has; and a takeover of all of them, by the officer."""
    made = [world.case() for _ in range(CASES)]
    for reference in made:
        for login, team in (("intake", "legal"), ("legal-lead", "legal"), ("intake", "protection"),
                            ("protection-lead", "protection")):  # fmt: skip
            world.do(login, cases.hand_over, HandOver(team=team), subject=reference)
        account = world.testimony(reference, upto="TRIAGED")
        typed = drafts.written({"own_words": ("I see",)})
        world.do("intake", drafts.save, drafts.SaveDraft(step="LIMITS", testimony=account, fields=typed),
                 subject=reference)  # fmt: skip
        world.drafted(reference)
        world.threat(reference)
        world.check_in(reference)
        words = SendHandoff(kind="NEED", to_team="protection", words="winter shoes")
        world.do("intake", cases.send, words, subject=reference)
        world.do("legal", erasing.propose_lift, subject=world.hold(reference, by="legal"))
    return set(made), world.take_over(WHOSE, "intake-lead", by=WHOSE)[0]


def too_long(made: set[str], answer: str) -> int:
    """How many cases an answer names, if that is more than it may; 0 otherwise."""
    named = len({reference for reference in made if reference in answer})
    return named if named > ROWS_MAX else 0


def walk(staff: Staff, scene: Scene, made: set[str], login: str) -> Iterator[tuple[str, int, int]]:
    """Every question and every page that is a list, asked by somebody: address, status, and how many if too many."""
    for ask in (*QUESTIONS, *OF_THE_LOG):
        answer = send(staff, scene, ask, login)
        yield str(ask), answer.status_code, too_long(made, answer.text)
    browser = arrived(staff.program, scene.world, login)
    for path in pages(scene):
        answer = browser.get(path)
        yield re.sub(r"[0-9a-f-]{36}", "{row}", f"GET {path}"), answer.status_code, too_long(made, answer.text)


def pages(scene: Scene) -> list[str]:
    """The pages that are about no single row, and those of a colleague's cases that go to another."""
    plain = [path for method, path in PAGES if method == "GET" and "{" not in path]
    return [*plain, f"/take-over/{scene.spare['intake']}", f"/take-overs/{scene.planted.rows['takeovers']}"]


@pytest.mark.domain("D10")
@pytest.mark.abuse("E06")
def test_no_answer_names_more_than_fifty_cases(staff: Staff, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, (made, takeover) = Scene.set(world), full(world)
    code = world.members[WHOSE].code
    scene.planted.rows["takeovers"], scene.spare = takeover, dict.fromkeys(CORE, code)

    told = {login: list(walk(staff, scene, made, login)) for login in sorted(CORE)}

    assert [(login, each) for login, answers in told.items() for each in answers if each[2]] == []
    answered = {where for answers in told.values() for where, status, _ in answers if status == 200}
    assert {str(ask) for ask in (*QUESTIONS, *OF_THE_LOG)} <= answered, "each is answered to somebody"
    # The control: a list without pages is found, at its door and on its page.
    monkeypatch.setattr(takeovers, "PAGE", 500)
    found = {where for where, _, many in walk(staff, scene, made, WHOSE) if many}
    assert found == {
        "GET /api/people/{user}/held", "GET /api/takeovers/{row}", f"GET /take-over/{code}", "GET /take-overs/{row}"
    }  # fmt: skip
