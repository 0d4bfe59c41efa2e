"""Keys drawn anew while people work: nothing is lost, nobody is kept from reading, and a cut goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.accounts import rotation
from app.accounts.forms import (
    MoveKeys,
    OrderRenewal,
    RetirePepper,
    RotateInstalled,
    RotatePepper,
    RotateTeam,
    SignInForm,
)
from app.accounts.signin import SignIns
from app.cases import renewal
from app.cases.forms import RenewKeys
from app.db import engine_for
from app.errors import Conflict, Refusal, SignInRefused, Unavailable
from app.keyholders.ages import ages
from app.keyholders.manager import FileKeyManager, make_unlock
from app.policy.engine import Policy
from app.settings import Settings
from app.work import Caller, Office
from tests.conftest import Clock, Database
from tests.keyholders.stored import cells
from tests.ladder import Log, Rung, climb
from tests.work.story import Story
from tests.world import World


def order(world: World, *, portion: int = 500) -> Any:
    form = OrderRenewal(before=clock.now(), portion=portion)
    return world.office.perform(Caller.operator(), rotation.order_renewal, form)


def behind(world: World, what: str) -> int:
    return sum(each.behind for each in world.office.housekeep(ages) if each.what == what)


# keys of cases


def test_a_key_that_was_ordered_is_drawn_by_whoever_comes_in(story: Story, world: World, database: Database) -> None:
    before = cells(database, "TESTIMONY")
    order(world)

    done = renewal.renew_due(world.office, world.sign_in("intake"))

    after = {stored.cell.generation for stored in cells(database, "TESTIMONY") if stored.cell.case == _case(before)}
    assert done > 0
    assert after == {2}
    assert "CANARY" in story.looks["segment.open"].take(world)


def _case(stored: list[Any]) -> Any:
    return stored[0].cell.case


def test_a_key_grows_old_without_an_order(world: World, standing_clock: Clock) -> None:
    world.case()
    assert world.office.housekeep(lambda s: renewal.due(s, world["intake"].actor.keyholders, clock.now())) == []

    standing_clock.move(days=renewal.DAYS)

    due = world.office.housekeep(lambda s: renewal.due(s, world["intake"].actor.keyholders, clock.now()))
    assert [compartment for _, compartment in due] == ["IDENTITY", "RELEASE", "TESTIMONY"]


def test_a_key_is_drawn_once_and_by_who_holds_it(world: World, log: Log) -> None:
    reference = world.case()
    form = RenewKeys(compartments=frozenset({"TESTIMONY"}))
    order(world)

    climb(
        world, log, renewal.renew,
        Rung("protection", "not_found", "none"), Rung("legal-lead", "denied", "no-rule"),
        Rung("auditor", "not_found", "none"), Rung("intake", "done", "holder-renews"),
        Rung("intake-lead", "conflict", "none"),
        form=form, subject=reference,
    )  # fmt: skip


def test_a_key_that_paper_alone_holds_is_not_waited_for(world: World) -> None:
    """Of a public report nobody holds who, where or what was said: an order for those would never come to its end."""
    world.case(origin="PUBLIC_REPORT")

    assert order(world).ordered == 1
    assert renewal.renew_due(world.office, world.sign_in("intake")) == 1
    assert behind(world, "compartment") == 0


def test_an_order_goes_on_where_it_was_cut(world: World, log: Log) -> None:
    world.case()
    log.fresh()

    first = order(world, portion=3)
    second = order(world)

    assert (first.ordered, first.left) == (3, 4)
    assert (second.ordered, second.left) == (4, 0)
    assert [(said.operation, said.codes["count"]) for said in log.fresh()] == [("key", 3), ("key", 4)]


@pytest.mark.parametrize(
    ("action", "form"),
    [
        (rotation.order_renewal, OrderRenewal(before="2026-01-01T00:00:00Z")),
        (rotation.rotate_team, RotateTeam(team="intake")),
        (rotation.rotate_pepper, RotatePepper(old=1, new=2)),
        (rotation.retire_pepper, RetirePepper(old=9)),
        (rotation.move_keys, MoveKeys(to="files")),
        (rotation.rotate_installed, RotateInstalled(key="log", old=1, new=2)),
    ],
    ids=["order", "team", "pepper", "retire", "moved", "installed"],
)
def test_keys_are_drawn_anew_by_order_of_the_operator_alone(world: World, log: Log, action: Any, form: Any) -> None:
    rungs = [Rung(who, "denied", "no-rule") for who in ("administrator", "auditor", "intake-lead")]

    climb(world, log, action, *rungs, Rung("operator", "done", "operator-renews-keys"), form=form)


@pytest.mark.abuse("H04")
def test_renewing_two_hundred_cells_is_cut_five_times_and_loses_none(
    world: World, database: Database, policy: Policy
) -> None:
    """Killed without a warning at any point while others read: what is stored opens, and the next one goes on."""
    references = [world.case() for _ in range(8)]
    for reference in references:
        world.testimony(reference, upto="RECORDED")
        for number in range(8):
            world.consents(reference, "T4", conditions=f"number {number}")
    stored = cells(database, "TESTIMONY")
    assert len(stored) >= 200
    order(world)
    wanted, failed, reads, ended = behind(world, "compartment"), [], [0], threading.Event()
    segments = [(world.row("intake", reference, "segments"), reference) for reference in references]
    caller = world["intake"]
    cuts = [_cut(database, policy, world, caller, 0.04 * number) for number in range(1, 2)]

    def read() -> None:
        from app.cases.forms import Opening
        from app.testimonies import actions as testimonies
        from app.work import Justification

        while not ended.is_set():
            for row, _ in segments:
                form = Opening(fields=("text",), justification=Justification.WITNESS_REQUEST)
                try:
                    world.office.perform(caller, testimonies.open_segment, form, subject=row)
                    reads[0] += 1
                except Exception as problem:  # noqa: BLE001  every way to fail is a failure here
                    failed.append(type(problem).__name__)

    for number in range(2, 6):
        reader = threading.Thread(target=read)
        pid = _cut(database, policy, world, caller, 0)
        reader.start()
        time.sleep(0.05 * number)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        ended.set()
        reader.join(60)
        ended.clear()
        cuts.append(pid)
    while renewal.renew_due(world.office, caller):
        continue

    assert (len(cuts), failed, reads[0] > 0) == (5, [], True)
    assert behind(world, "compartment") == wanted - 3 * len(references)
    assert {each.cell.generation for each in cells(database, "TESTIMONY")} == {2}
    assert len(cells(database, "TESTIMONY")) == len(stored)
    for row, _ in segments:
        assert world.open("intake", _segment(), row, "text", justification="WITNESS_REQUEST")["text"]


def _segment() -> Any:
    from app.testimonies import actions as testimonies

    return testimonies.open_segment


def _cut(database: Database, policy: Policy, world: World, caller: Caller, after: float) -> int:
    """A process of its own that renews what it can; with a time, ended by kill -9 after it."""
    pid = os.fork()
    if pid == 0:
        try:
            engine = engine_for(database.addresses.urls["app"], connections_max=2)
            renewal.renew_due(Office(engine, policy, register=world.office.register), caller)
        finally:
            os._exit(0)
    if after:
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return pid


# teams


def test_a_teams_new_key_is_followed_by_its_members(story: Story, world: World) -> None:
    world.office.perform(Caller.operator(), rotation.rotate_team, RotateTeam(team="legal"))
    assert behind(world, "team") > 0

    world.sign_in("legal")

    assert behind(world, "team") == 0
    assert "CANARY" in story.looks["mitigation.open"].take(world)


# the pepper


@pytest.fixture
def keys(tmp_path: Path) -> FileKeyManager:
    make_unlock(tmp_path / "unlock")
    return FileKeyManager.make(tmp_path / "staff.key", tmp_path / "unlock", "pepper", "wrap", "register")


def test_a_renewed_pepper_leaves_the_old_one_in_its_place(keys: FileKeyManager, tmp_path: Path) -> None:
    old = keys.pepper(b"d" * 32, 1)

    assert keys.renew("pepper") == 2

    again = FileKeyManager.open(tmp_path / "staff.key", tmp_path / "unlock")
    assert again.generations("pepper") == (1, 2)
    assert (again.pepper(b"d" * 32, 1), again.pepper(b"d" * 32, 2)) == (old, keys.pepper(b"d" * 32))
    assert old != keys.pepper(b"d" * 32)
    assert (tmp_path / "staff.key").stat().st_mode & 0o777 == 0o600


def test_a_process_that_runs_sees_the_pepper_that_another_renewed(keys: FileKeyManager, tmp_path: Path) -> None:
    running = FileKeyManager.open(tmp_path / "staff.key", tmp_path / "unlock")
    keys.renew("pepper")

    assert running.newest_pepper() == 2


def test_the_newest_pepper_is_never_destroyed(keys: FileKeyManager) -> None:
    with pytest.raises(ValueError, match="in use"):
        keys.retire("pepper", 1)
    keys.renew("pepper")
    keys.retire("pepper", 1)
    assert keys.generations("pepper") == (2,)
    with pytest.raises(Unavailable):
        keys.pepper(b"d" * 32, 1)


def test_a_file_that_was_half_written_changes_nothing(keys: FileKeyManager, tmp_path: Path) -> None:
    """Cut before the new file takes the old one's place: the old one stands, and the next time it is begun anew."""
    (tmp_path / ".staff.key.new").write_bytes(b"half")

    assert FileKeyManager.open(tmp_path / "staff.key", tmp_path / "unlock").generations("pepper") == (1,)
    assert keys.renew("pepper") == 2


@pytest.mark.abuse("H04")
def test_each_person_follows_a_renewed_pepper_as_they_sign_in(
    world: World, database: Database, settings: Settings, tmp_path: Path
) -> None:
    manager = _copy(settings, tmp_path)
    doors = SignIns(world.office, manager, settings)
    manager.renew("pepper")
    assert _pepper_of(database, "intake") == 1
    with pytest.raises(Conflict):
        world.office.perform(Caller.operator(), rotation.retire_pepper, RetirePepper(old=1))

    for login in world.members:
        doors.enter(_form(world, login))

    assert {_pepper_of(database, login) for login in world.members} == {2}
    world.office.perform(Caller.operator(), rotation.retire_pepper, RetirePepper(old=1))
    manager.retire("pepper", 1)
    assert doors.enter(_form(world, "intake")).user == world.members["intake"].code
    with pytest.raises(SignInRefused):
        doors.enter(_form(world, "intake", passphrase="another walk along the river"))


def test_a_wrong_passphrase_moves_nobody_to_the_new_pepper(
    world: World, database: Database, settings: Settings, tmp_path: Path
) -> None:
    manager = _copy(settings, tmp_path)
    manager.renew("pepper")
    doors = SignIns(world.office, manager, settings)

    with pytest.raises(Refusal):
        doors.enter(_form(world, "intake", passphrase="another walk along the river"))

    assert _pepper_of(database, "intake") == 1


def _copy(settings: Settings, tmp_path: Path) -> FileKeyManager:
    """The run's key file, to be changed: other tests go on with the first one."""
    (tmp_path / "staff.key").write_bytes((settings.keys_folder / "staff.key").read_bytes())
    (tmp_path / "staff.key").chmod(0o600)
    return FileKeyManager.open(tmp_path / "staff.key", settings.unlock_path)


def _form(world: World, login: str, passphrase: str = "") -> SignInForm:
    member = world.members[login]
    return SignInForm(login_name=login, passphrase=passphrase or member.passphrase, code=world.code(login))


def _pepper_of(database: Database, login: str) -> int:
    with database.connect("owner") as owner:
        found = owner.execute("SELECT pepper FROM users WHERE login_name = %s", [login]).fetchone()
    assert found is not None
    return int(found[0])
