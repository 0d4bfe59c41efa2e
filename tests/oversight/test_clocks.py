"""The clock jumps: an entry says so, and after a long one nothing is destroyed until a person looked (D05, J11)."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from app import clock, jobs, worker
from app.clock import OFF_SECONDS_MAX, Mark, jumped, uuid7
from app.errors import Conflict
from app.oversight import clocks
from app.settings import Settings
from app.work import Caller, Office
from app.work.files import FileStore
from app.worker import ClockWatch
from tests.api.conftest import Staff, staff, staff_door
from tests.conftest import Clock
from tests.ladder import Log, Rung, climb
from tests.world import World

__all__ = ["staff", "staff_door"]

HOUR = 3600.0
BEFORE = Mark("this start", up=1_000.0, at=1_800_000_000.0)


class Machine:
    """A machine whose two clocks a test sets: ``passes`` moves both, ``jumps`` the one that can be set."""

    def __init__(self) -> None:
        self.now = BEFORE

    def __call__(self) -> Mark:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now = replace(self.now, up=self.now.up + seconds, at=self.now.at + seconds)

    def jumps(self, seconds: float) -> None:
        self.now = replace(self.now, at=self.now.at + seconds)

    def starts_again(self, after: float) -> None:
        self.now = Mark("another start", up=20.0, at=self.now.at + after)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def watch(tmp_path: Path, machine: Machine, office: Office, world: World) -> ClockWatch:
    """One that has looked already."""
    watch = ClockWatch(tmp_path / "clock.json", machine)
    watch.look(office)
    return watch


def jump(office: Office, seconds: int = 7200) -> None:
    office.perform(Caller.service("worker"), clocks.jump, clocks.Jumped(seconds=seconds))


def told(log: Log) -> list[tuple[str, object]]:
    return [(said.action, said.codes) for said in log.fresh()]


# by two clocks


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (replace(BEFORE, up=1_600, at=BEFORE.at + 600), 0.0),
        (replace(BEFORE, up=1_600, at=BEFORE.at + 600 + HOUR), HOUR),
        (replace(BEFORE, up=1_600, at=BEFORE.at + 600 - 2 * HOUR), -2 * HOUR),
        (Mark("another start", 20, BEFORE.at + HOUR), 0.0),
        (Mark("another start", 20, BEFORE.at + OFF_SECONDS_MAX + 1), OFF_SECONDS_MAX + 1),
        (Mark("another start", 20, BEFORE.at - 5), -5.0),
    ],
    ids=["no jump", "ahead", "back", "off for an hour", "off for too long", "back while it was off"],
)
def test_a_jump_is_what_moved_beyond_what_passed(now: Mark, moved: float) -> None:
    assert jumped(BEFORE, now) == moved


def test_this_machine_counts_by_itself() -> None:
    first, second = clock.mark(), clock.mark()

    assert first.boot == second.boot
    assert second.up >= first.up > 0


# what the log says


@pytest.mark.abuse("D05")
@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (60, []),
        (-60, []),
        (61, [("clock.jump", {"seconds": 61, "backward": False, "held": False})]),
        (-7200, [("clock.jump", {"seconds": 7200, "backward": True, "held": True})]),
        (172_800, [("clock.jump", {"seconds": 172_800, "backward": False, "held": True})]),
    ],
)
def test_a_jump_of_more_than_a_minute_is_an_entry(
    office: Office, watch: ClockWatch, machine: Machine, log: Log, seconds: int, said: list[tuple[str, object]]
) -> None:
    log.fresh()
    machine.passes(600)
    watch.look(office)
    machine.jumps(seconds)

    watch.look(office)
    watch.look(office)

    assert told(log) == said


@pytest.mark.abuse("D05")
def test_a_clock_set_while_no_worker_ran_is_noticed_by_the_next(
    office: Office, watch: ClockWatch, machine: Machine, log: Log, tmp_path: Path
) -> None:
    log.fresh()
    machine.passes(7200)
    ClockWatch(tmp_path / "clock.json", machine).look(office)
    assert told(log) == [], "the control: two hours that passed are no jump"
    machine.jumps(-7200)

    ClockWatch(tmp_path / "clock.json", machine).look(office)

    assert told(log) == [("clock.jump", {"seconds": 7200, "backward": True, "held": True})]


def test_what_an_earlier_run_left_unreadable_is_no_reason_to_stop(office: Office, world: World, tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("{")

    ClockWatch(tmp_path / "clock.json").look(office)

    assert "boot" in (tmp_path / "clock.json").read_text()


@pytest.mark.abuse("J11")
def test_the_order_of_the_log_is_not_the_clocks(office: Office, world: World, log: Log, standing_clock: Clock) -> None:
    jump(office)
    standing_clock.move(hours=-2)
    office.perform(world["administrator"], clocks.confirm)
    assert office.housekeep(clocks.waiting) is None, "said two hours earlier by the clock, and later in the log"

    standing_clock.move(hours=2)
    assert office.housekeep(clocks.waiting) is None
    jump(office)
    assert office.housekeep(clocks.waiting) is not None


# who says that it is right


def test_ladder_of_saying_that_the_clock_is_right(world: World, log: Log) -> None:
    jump(world.office)

    climb(
        world, log, clocks.confirm,
        Rung("anonymous", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        Rung("intake", "denied", "no-rule"),
        Rung("auditor", "denied", "no-rule"),
        Rung("administrator", "done", "administrator-confirms-the-clock"),
    )  # fmt: skip


def test_ladder_of_noting_a_jump(world: World, log: Log) -> None:
    climb(
        world, log, clocks.jump,
        Rung("administrator", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        form=clocks.Jumped(seconds=61),
    )  # fmt: skip


def test_of_a_clock_that_waits_for_nobody_there_is_nothing_to_say(world: World) -> None:
    jump(world.office, 3600)

    with pytest.raises(Conflict):
        world.office.perform(world["administrator"], clocks.confirm)


def test_a_refused_try_confirms_nothing(world: World, log: Log) -> None:
    jump(world.office)
    climb(world, log, clocks.confirm, Rung("auditor", "denied", "no-rule"))

    assert world.office.housekeep(clocks.waiting) is not None


# what waits meanwhile


@pytest.fixture
def destroying(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two jobs that are due, one of which destroys; and the names of those that were done."""
    done: list[str] = []
    monkeypatch.setattr(worker, "_perform", lambda _office, job: done.append(job.action))
    due = clock.in_(minutes=-5)
    office.housekeep(lambda session: jobs.later(session, "attachment.erase", uuid7(), due))
    office.housekeep(lambda session: jobs.later(session, "log.verify", uuid7(), due))
    return done


def do_due(office: Office) -> None:
    while office.housekeep(lambda session: worker.do_due(session, office)):
        pass


@pytest.mark.abuse("J11")
@pytest.mark.parametrize(
    ("seconds", "at_once"),
    [(3600, ["attachment.erase", "log.verify"]), (3601, ["log.verify"]), (-3601, ["log.verify"])],
    ids=["control: an hour", "ahead", "back"],
)
def test_after_a_long_jump_no_job_destroys_anything_until_a_person_has_looked(
    world: World, destroying: list[str], seconds: int, at_once: list[str]
) -> None:
    jump(world.office, seconds)

    do_due(world.office)
    assert sorted(destroying) == at_once

    if world.office.housekeep(clocks.waiting) is not None:
        world.office.perform(world["administrator"], clocks.confirm)
    do_due(world.office)
    assert sorted(destroying) == ["attachment.erase", "log.verify"]


@pytest.mark.abuse("J11")
def test_after_a_long_jump_no_file_is_swept_until_a_person_has_looked(
    world: World, files: FileStore, settings: Settings, standing_clock: Clock
) -> None:
    orphan = settings.attachments_folder / "ab" / ("ab" + "0" * 62)
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"bytes that no row names")
    os.utime(orphan, (0, 0))
    standing_clock.move(days=3650)
    jump(world.office, 3650 * 86_400)

    assert worker.sweep(world.office, files) == 0
    assert orphan.exists()

    world.sign_in("administrator")
    world.office.perform(world["administrator"], clocks.confirm)
    worker.sweep(world.office, files)
    assert not orphan.exists()


def test_the_administrator_is_told_at_the_door_and_says_so_there(staff: Staff, world: World) -> None:
    assert staff["administrator"].post("/api/clock", {}).status_code == 409
    jump(world.office)

    assert staff["auditor"].post("/api/clock", {}).status_code == 403
    assert staff["administrator"].post("/api/clock", {}).status_code == 200
    assert world.office.housekeep(clocks.waiting) is None


def test_a_jump_is_said_aloud_where_the_worker_writes(
    office: Office, watch: ClockWatch, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="amana.worker")
    machine.jumps(-61)

    watch.look(office)

    assert "the clock jumped by -61 seconds" in caplog.text
