"""One key, one deed: however often, however parallel, and whatever became of the first answer."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from app.cases import actions as cases
from app.cases.forms import OpenCase
from app.cases.models import Pathway
from app.cases.views import CaseOpened
from app.db import engine_for
from app.errors import Conflict, Denied, Unavailable, Unprocessable
from app.policy.engine import Policy
from app.testimonies import actions as testimonies
from app.testimonies.forms import BeginTestimony
from app.work import Office, Replayed
from tests.conftest import Database
from tests.work.story import Story, count
from tests.world import World


def shown(view: CaseOpened) -> dict[str, Any]:
    return {"reference": view.reference, "state": view.state}


def key() -> str:
    return secrets.token_urlsafe(24)


def open_once(world: World, used: str, *, by: str = "intake", form: OpenCase | None = None) -> Any:
    return world.office.perform(world[by], cases.open_case, form or OpenCase(), idempotency=used, render=shown)


@pytest.mark.abuse("A13")
def test_fifty_at_once_with_one_key_open_one_case(world: World, database: Database) -> None:
    """The others get the same answer, or hear that they should come again: never a second case."""
    used, start = key(), Barrier(50)

    def one(_: int) -> Any:
        start.wait()
        try:
            return open_once(world, used)
        except Unavailable as busy:
            return busy

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, range(50)))

    first = [a for a in answers if isinstance(a, CaseOpened)]
    replayed = [a for a in answers if isinstance(a, Replayed)]
    assert len(first) == 1
    assert all(answer == shown(first[0]) for answer in replayed)
    assert len(replayed) + sum(isinstance(a, Unavailable) for a in answers) == 49
    assert count(database, "cases") == 1


def test_fifty_at_once_with_fifty_keys_open_fifty(world: World, database: Database) -> None:
    """The control: it is the key that holds them together, not the crowd."""

    def one(_: int) -> int:
        try:
            open_once(world, key())
        except Unavailable:
            return 0
        return 1

    with ThreadPoolExecutor(50) as pool:
        opened = sum(pool.map(one, range(50)))

    assert opened > 1
    assert count(database, "cases") == opened


@pytest.mark.abuse("A13")
def test_the_same_key_after_a_restart_gets_the_same_answer(world: World, database: Database, policy: Policy) -> None:
    used = key()
    first = open_once(world, used)
    engine = engine_for(database.addresses.urls["app"], connections_max=1)
    restarted = Office(engine, policy)

    again = restarted.perform(world["intake"], cases.open_case, OpenCase(), idempotency=used, render=shown)
    engine.dispose()

    assert isinstance(again, Replayed)
    assert again == shown(first)
    assert count(database, "cases") == 1


def test_a_replay_has_no_entry_since_nothing_was_done(world: World, database: Database) -> None:
    used = key()
    open_once(world, used)
    before = count(database, "entries")

    open_once(world, used)

    assert count(database, "entries") == before


@pytest.mark.abuse("A13")
def test_the_same_key_for_another_form_is_a_conflict(world: World, database: Database) -> None:
    used = key()
    open_once(world, used)

    with pytest.raises(Conflict, match="conflict") as refused:
        open_once(world, used, form=OpenCase(pathway=Pathway.CHILD))

    assert "something else" in refused.value.sentence
    assert count(database, "cases") == 1


def test_the_same_key_for_another_subject_is_a_conflict(world: World) -> None:
    used = key()
    first, second = world.case(), world.case()

    def begin(reference: str) -> Any:
        return world.office.perform(
            world["intake"], testimonies.begin, BeginTestimony(), subject=reference, idempotency=used, render=str_of
        )

    begin(first)

    with pytest.raises(Conflict):
        begin(second)


def str_of(view: Any) -> dict[str, Any]:
    return {"id": str(view.id)}


@pytest.mark.abuse("A13")
def test_another_callers_same_key_is_another_key(world: World, database: Database) -> None:
    used = key()

    mine = open_once(world, used)
    theirs = open_once(world, used, by="intake-lead")

    assert isinstance(theirs, CaseOpened)
    assert theirs.reference != mine.reference
    assert count(database, "cases") == 2


def test_a_deed_that_was_refused_leaves_its_key_free(world: World, database: Database) -> None:
    used = key()
    with pytest.raises(Denied):
        open_once(world, used, by="protection")

    assert count(database, "kept_answers") == 0


@pytest.mark.parametrize("wrong", ["", "short", "x" * 15, "x" * 129])
def test_a_key_that_could_be_guessed_or_is_too_long_is_refused(world: World, wrong: str) -> None:
    with pytest.raises(Unprocessable):
        open_once(world, wrong)


def test_what_is_opened_is_never_kept_for_a_key(story: Story, world: World, database: Database) -> None:
    """An opening answers with content, so it is done anew, and recorded anew, each time."""
    look, used = story.looks["segment.open"], key()
    before, kept = count(database, "entries"), count(database, "kept_answers")

    for _ in range(2):
        world.office.perform(
            world[look.login], look.action, look.form(), subject=look.row, idempotency=used,
            render=lambda view: {"text": view.values["text"].read()},
        )  # fmt: skip

    assert count(database, "entries") >= before + 2
    assert count(database, "kept_answers") == kept


def test_a_kept_answer_can_be_found_only_with_the_key(world: World, database: Database) -> None:
    used = key()
    open_once(world, used)

    with database.connect("owner") as owner:
        (row,) = owner.execute("SELECT key_hash, form_mac FROM kept_answers").fetchall()

    assert used.encode() not in b"".join(bytes(cell) for cell in row)
    assert {len(bytes(cell)) for cell in row} == {32}
