"""A clash that only the database sees is a refusal like any other: it has its entry."""

from __future__ import annotations

import threading

import pytest

from app.errors import Conflict
from app.people import actions as people
from app.people.forms import RecordPerson
from tests.conftest import Database
from tests.work.story import entries
from tests.world import World


def test_two_who_record_the_same_person_at_once_leave_one_row_and_two_entries(world: World, database: Database) -> None:
    reference = world.case()
    barrier, outcomes = threading.Barrier(2), list[str]()

    def record(login: str) -> None:
        barrier.wait()
        try:
            world.do(login, people.record, RecordPerson(legal_name="Yusuf Darwish"), subject=reference)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")

    both = [threading.Thread(target=record, args=(login,)) for login in ("intake", "intake-lead")]
    for each in both:
        each.start()
    for each in both:
        each.join()

    said = [view for view in entries(database) if view["action"] == "person.record"]
    assert sorted(outcomes) == ["conflict", "done"]
    assert sorted(str(view["outcome"]) for view in said) == ["conflict", "done"]


def test_an_insert_that_clashes_is_recorded(world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without luck: the check that comes first is blinded, so only the constraint speaks."""
    reference = world.case()
    world.person(reference)
    monkeypatch.setattr("app.work.work.Work.first", lambda *_args, **_more: None)

    with pytest.raises(Conflict):
        world.do("intake", people.record, RecordPerson(legal_name="Yusuf Darwish"), subject=reference)

    assert [view["outcome"] for view in entries(database) if view["action"] == "person.record"][-1] == "conflict"
