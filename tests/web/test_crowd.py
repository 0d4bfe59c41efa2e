"""What a tired officer sees who comes in with everybody else: two seconds and no place free (D10)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from starlette.types import ASGIApp

from app.accounts.forms import SignInForm
from app.accounts.lanes import lane_of
from app.accounts.models import Throttle
from app.accounts.signin import Crowded, SignIns
from app.errors import SignInRefused, TooManyTries
from app.keyholders.manager import FileKeyManager
from app.settings import Settings
from tests.api.conftest import program_of
from tests.api.test_sign_in import particulars
from tests.web.browser import Browser, Forms, said
from tests.world import World

TRIES = 12


@pytest.fixture
def one_place(world: World, manager: FileKeyManager, settings: Settings) -> SignIns:
    """Sign-ins of a process that stretches one passphrase at a time and lets nobody wait."""
    return SignIns(world.office, manager, replace(settings, argon2_parallel_max=1, pool_wait_seconds=0))


@contextmanager
def crowded(door: Any, signins: SignIns) -> Iterator[None]:
    """The door while somebody else has the one place."""
    state = program_of(door).state
    before = state.desk
    state.desk = replace(before, signins=signins)
    try:
        with signins._turn():
            yield
    finally:
        state.desk = before


@pytest.mark.abuse("D10")
def test_whoever_is_turned_away_keeps_their_name_and_their_code(
    staff_door: ASGIApp, world: World, one_place: SignIns
) -> None:
    browser, typed = Browser(staff_door), particulars(world)
    browser.get("/sign-in")

    with crowded(staff_door, one_place):
        away = browser.submit("/sign-in", **typed)

    assert (away.status_code, away.headers["retry-after"]) == (503, "2")
    assert "Many people are signing in at this moment, so nothing was tried." in said(away.text)
    form = next(form for form in Forms(away.text).found if form.action == "/sign-in")
    assert form.fields["login_name"] == "intake"
    assert typed["passphrase"] not in away.text
    assert browser.submit("/sign-in", **typed).status_code == 303, "the same six digits: they were not used up"


@pytest.mark.abuse("D10")
def test_programs_are_told_when_to_come_again(staff_door: ASGIApp, world: World, one_place: SignIns) -> None:
    browser, typed = Browser(staff_door), particulars(world)

    with crowded(staff_door, one_place):
        away = browser.ask("POST", "/api/sign-in", json=typed)

    assert (away.status_code, away.headers["retry-after"]) == (503, "2")
    assert away.json()["error"]["sentence"] == Crowded.sentence
    assert browser.ask("POST", "/api/sign-in", json=typed).status_code == 200


@pytest.mark.abuse("D10")
@pytest.mark.abuse("D02")
def test_a_try_that_was_not_made_is_not_counted_and_each_that_was_is(world: World, one_place: SignIns) -> None:
    """Else whoever sends again in a crowd waits as somebody who guesses; and a crowd would give guesses for nothing."""
    together = threading.Barrier(TRIES)
    wrong = SignInForm(login_name="intake", passphrase="a passphrase that is not the one", code="000000")

    def guess(_: int) -> str:
        together.wait()
        try:
            one_place.enter(wrong)
        except (Crowded, SignInRefused, TooManyTries) as refusal:
            return type(refusal).__name__
        return "in"

    with ThreadPoolExecutor(TRIES) as pool:
        told = Counter(pool.map(guess, range(TRIES)))
    tries_of = select(Throttle.tries).where(Throttle.lane == lane_of("intake", "strangers"))
    (tries,) = world.office.housekeep(lambda session: session.scalars(tries_of).all())

    assert told["Crowded"] > 0, "the control: it was crowded"
    assert told["SignInRefused"] > 0, "the control: somebody had the place"
    assert tries == told["SignInRefused"]
