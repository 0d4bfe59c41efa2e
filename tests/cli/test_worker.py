"""The worker's chores: due work once, failures put off, orphans swept, signals heard."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app import clock, jobs, presence, worker
from app.clock import uuid7
from app.errors import CannotStart, Conflict, Unavailable
from app.settings import Settings
from app.work import Caller, Office, Work
from app.work.actions import ACTIONS, Action
from app.work.files import FileStore
from tests.conftest import Clock
from tests.world import World

NAME = "log.verify"


@pytest.fixture
def deed() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Lets a test say what the action that is due does; afterwards there is the right one again."""
    kept = ACTIONS[NAME]

    def becomes(do: Callable[[], None]) -> None:
        def run(work: Work) -> None:
            do()
            work.record()

        ACTIONS[NAME] = Action(NAME, run, None, None, "verify")

    yield becomes
    ACTIONS[NAME] = kept


@pytest.fixture
def service_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """No action of today is a service's to perform; these tests lend one to it."""
    monkeypatch.setattr(worker, "_perform", lambda office, job: office.perform(Caller.operator(), ACTIONS[job.action]))


def due(office: Office, *, action: str = NAME, minutes: float = -1) -> UUID:
    """Ask for an action that was due a while ago."""
    subject = uuid7()
    office.housekeep(lambda session: jobs.later(session, action, subject, clock.in_(minutes=minutes)))
    return subject


def do_due(office: Office) -> bool:
    done: bool = office.housekeep(lambda session: worker.do_due(session, office))
    return done


def rows(office: Office) -> list[jobs.Job]:
    found: list[jobs.Job] = office.housekeep(lambda s: list(s.scalars(select(jobs.Job).order_by(jobs.Job.due_at))))
    return found


@pytest.mark.usefixtures("world", "service_may")
def test_due_work_is_done_once(office: Office, deed: Callable[[Callable[[], None]], None]) -> None:
    done: list[int] = []
    deed(lambda: done.append(1))
    due(office)

    assert do_due(office)
    assert not do_due(office)
    assert done == [1]
    assert rows(office)[0].done_at is not None


@pytest.mark.usefixtures("world", "service_may")
def test_what_is_not_due_yet_waits(
    office: Office, deed: Callable[[Callable[[], None]], None], standing_clock: Clock
) -> None:
    done: list[int] = []
    deed(lambda: done.append(1))
    due(office, minutes=10)

    assert not do_due(office)
    standing_clock.move(minutes=11)
    assert do_due(office)
    assert done == [1]


def refuse(problem: Exception) -> Callable[[], None]:
    def do() -> None:
        raise problem

    return do


@pytest.mark.usefixtures("world", "service_may")
def test_a_job_that_was_done_already_is_settled(office: Office, deed: Callable[[Callable[[], None]], None]) -> None:
    deed(refuse(Conflict()))
    due(office)

    assert do_due(office)
    assert not do_due(office)
    assert rows(office)[0].done_at is not None


@pytest.mark.usefixtures("world", "service_may")
@pytest.mark.parametrize("problem", [Unavailable(), RuntimeError("a value of a row")], ids=["busy", "a defect"])
def test_a_job_that_fails_is_put_off_longer_each_time_and_stops_nothing_behind_it(
    office: Office, deed: Callable[[Callable[[], None]], None], standing_clock: Clock, problem: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    deed(refuse(problem))
    due(office)
    assert do_due(office)
    assert not do_due(office)

    waited = rows(office)[0].due_at - clock.now()
    standing_clock.move(minutes=2)
    assert do_due(office)

    assert rows(office)[0].tries == 2
    assert rows(office)[0].due_at - clock.now() > waited
    assert "a value of a row" not in caplog.text


@pytest.mark.usefixtures("world")
def test_a_job_for_an_action_that_is_gone_stops_nothing_behind_it(office: Office) -> None:
    due(office, action="action.of_another_release")

    assert do_due(office)
    assert not do_due(office)
    assert rows(office)[0].done_at is None


@pytest.mark.usefixtures("world", "service_may")
@pytest.mark.abuse("J09")
def test_two_workers_do_a_job_once(office: Office, deed: Callable[[Callable[[], None]], None]) -> None:
    """The second comes while the first is in the middle of it."""
    begun, go_on, done = threading.Event(), threading.Event(), list[int]()

    def slow() -> None:
        done.append(1)
        begun.set()
        go_on.wait(30)

    deed(slow)
    due(office)
    first = threading.Thread(target=do_due, args=(office,))
    first.start()
    begun.wait(30)

    second = do_due(office)
    go_on.set()
    first.join()

    assert not second
    assert done == [1]


@pytest.mark.usefixtures("world")
@pytest.mark.domain("D32")
def test_a_service_may_not_do_what_no_rule_gives_it(office: Office) -> None:
    """The control of the lending above: as itself the worker is refused, and the job is settled."""
    due(office)

    assert do_due(office)
    assert rows(office)[0].done_at is not None


def test_orphans_are_swept_and_what_a_row_names_stays(world: World, files: FileStore, settings: Settings) -> None:
    reference = world.case()
    world.attach(reference, b"a letter", "letter.txt", "text/plain")
    orphan = settings.attachments_folder / "ab" / ("ab" + "0" * 62)
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"half of something")
    every = [path for path in settings.attachments_folder.rglob("*") if path.is_file()]
    for path in every:
        os.utime(path, (0, 0))
    named = world.office.housekeep(worker._named)

    worker.sweep(world.office, files)

    left = {path.name for path in settings.attachments_folder.rglob("*") if path.is_file()}
    assert orphan.name not in left
    assert left == set(named)
    assert len(left) >= 1


def test_a_file_of_today_is_no_orphan_yet(world: World, files: FileStore, settings: Settings) -> None:
    """Its row may be about to be written."""
    fresh = settings.attachments_folder / "cd" / ("cd" + "0" * 62)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_bytes(b"under way")

    worker.sweep(world.office, files)

    assert fresh.exists()
    fresh.unlink()


def test_a_bell_rings_once() -> None:
    bells = worker.Bells()
    assert not bells.sign_now()
    bells.signing.set()

    assert bells.sign_now()
    assert not bells.sign_now()


def test_signals_are_heard() -> None:
    bells = worker.Bells()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    try:
        bells.listen()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert bells.signing.wait(5)
        assert not bells.ending.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        assert bells.ending.wait(5)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_number_left_by_a_dead_worker_is_not_taken_for_one(tmp_path: Path) -> None:
    """The number may belong to anybody by now; only the lock counts."""
    settings = Settings(home=tmp_path)
    path = presence.path(settings)
    path.parent.mkdir()
    path.write_text(f"{os.getpid()}\n")

    assert presence.running(settings) is None
    with presence.only_worker(path):
        assert presence.running(settings) == os.getpid()
        with pytest.raises(CannotStart), presence.only_worker(path):
            pass
    assert presence.running(settings) is None
