"""The key manager's own keys drawn anew with the real command, also when it is killed on the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.audit.tiles import TileFolder
from app.cli import key_files, rotating
from app.cli.database import Roles, database
from app.cli.errand import office_as
from app.errors import SealBroken
from app.keyholders.backends import open_keys
from app.keyholders.manager import FileKeyManager
from app.keyholders.register import Register
from app.settings import Settings
from app.work import Office
from tests.cli.conftest import copy_of
from tests.cli.driving import Amana, wait_for
from tests.cuts import Cut, killed
from tests.kit.verify_log import verify


@pytest.fixture
def office(real: Amana) -> Iterator[Amana]:
    """A copy of a real installation, its database running."""
    made = copy_of(real)
    with database(Settings.read(made.environ())):
        yield made
    shutil.rmtree(made.home.parent, ignore_errors=True)


def settings_of(amana: Amana) -> Settings:
    return Settings.read(amana.environ())


def kept(office: Amana, folder: Path) -> None:
    """A checkpoint as somebody outside keeps it."""
    folder.mkdir(exist_ok=True)
    shutil.copy(office.home / "log" / "checkpoint", folder / str(len(list(folder.iterdir()))))


@pytest.mark.abuse("H04")
def test_another_key_signs_the_log_and_the_old_one_leads_to_it(office: Amana, tmp_path: Path) -> None:
    assert office.run("audit", "checkpoint").code == 0
    trust = Path(shutil.copy(office.home / "keys" / "log.trust", tmp_path / "mine"))
    first = key_files.log_key(settings_of(office))
    kept(office, tmp_path / "kept")

    done = office.run("keys", "rotate", "log", "--json")

    second = key_files.log_key(settings_of(office))
    assert (done.code, second in done.out) == (0, True), done.err
    assert first != second
    assert second in (office.home / "keys" / "log.trust").read_text()
    assert open_keys(settings_of(office), "log").generations("log") == (2,)
    assert "key 2 signs" in office.run("keys", "list").out
    assert office.run("keys", "check").code == 0
    kept(office, tmp_path / "kept")
    assert office.run("audit", "verify", "--json").json["intact"] is True
    assert office.run("audit", "export", str(tmp_path / "out")).code == 0
    assert verify(tmp_path / "out", trust, tmp_path / "kept").ok
    assert office.run("audit", "verify", str(tmp_path / "out"), "--json").json["intact"] is True
    # The control: without the change the same export is of a key that nobody was given.
    shutil.rmtree(tmp_path / "out" / "succession")
    assert verify(tmp_path / "out", trust, tmp_path / "kept").code == 3


CUTS = (
    Cut("before", FileKeyManager, "renew"), Cut("after", FileKeyManager, "renew"),
    Cut("before", TileFolder, "write_checkpoint"), Cut("before", TileFolder, "add_succession"),
    Cut("after", TileFolder, "add_succession"), Cut("before", key_files, "name_log_key"),
    Cut("before", Office, "perform"), Cut("after", Office, "perform"), Cut("after", TileFolder, "write_checkpoint", 2),
    Cut("before", FileKeyManager, "retire"), Cut("after", FileKeyManager, "retire"),
)  # fmt: skip


@pytest.mark.abuse("H04")
def test_a_change_of_the_logs_key_is_killed_at_each_step_and_goes_on(office: Amana, tmp_path: Path) -> None:
    """After each kill the log verifies as it lies there; said again, one key signs and none is left over."""
    assert office.run("audit", "checkpoint").code == 0
    trust = Path(shutil.copy(office.home / "keys" / "log.trust", tmp_path / "mine"))
    settings, changes = settings_of(office), 0
    with database(settings) as roles:
        for number, cut in enumerate(CUTS):
            before = key_files.log_key(settings)
            if cut.name == "write_checkpoint":
                # An entry that waits: the old key signs once more, and the new one after it.
                assert office.run("audit", "verify").code == 0
            assert killed(cut, lambda: change(settings, roles)), f"{cut} was never reached"
            assert verified(office, tmp_path / f"cut-{number}", trust, tmp_path / "kept"), str(cut)

            done = office.run("keys", "rotate", "log")

            assert done.code == 0, (str(cut), done.err)
            kept(office, tmp_path / "kept")
            assert key_files.log_key(settings) != before
            assert len(open_keys(settings, "log").generations("log")) == 1, str(cut)
            now = len(key_files.log_keys(settings).ended)
            assert changes < now <= changes + 2, str(cut)
            changes = now
    assert verified(office, tmp_path / "done", trust, tmp_path / "kept")
    assert office.run("audit", "verify").code == 0


LAST = Cut("after", FileKeyManager, "retire")


def change(settings: Settings, roles: Roles) -> None:
    register = Register.of(open_keys(settings, "staff"))
    with office_as(settings, roles, "app", register) as office:
        rotating.log_key(settings, roles, office)


def verified(office: Amana, folder: Path, trust: Path, saved: Path) -> bool:
    """Whether an export of the log as it lies there now is believed by who holds the first key."""
    done = office.run("audit", "export", str(folder))
    assert done.code == 0, done.err
    return verify(folder, trust, saved if saved.exists() else None).ok


def test_a_worker_that_signs_is_not_taken_by_surprise(office: Amana) -> None:
    first = key_files.log_key(settings_of(office))
    with office.running("worker"):
        wait_for(lambda: (office.home / "log" / "checkpoint").exists(), 60)
        done = office.run("keys", "rotate", "log")

    assert (done.code, "Stop it" in done.err) == (2, True)
    assert key_files.log_key(settings_of(office)) == first
    assert office.run("keys", "rotate", "log").code == 0
    with office.running("worker"):
        wait_for(lambda: office.run("doctor").out.count("runs as process") == 1, 60)
        assert office.run("audit", "checkpoint").code == 0


def test_tiles_of_another_backup_than_the_key_are_refused(office: Amana) -> None:
    """The log's folder is put back to before the change, and the key that signed then is gone."""
    assert office.run("audit", "checkpoint").code == 0
    trust = (office.home / "keys" / "log.trust").read_text()
    assert office.run("keys", "rotate", "log").code == 0
    shutil.copytree(office.home / "log" / "succession", office.home / "kept")
    shutil.rmtree(office.home / "log" / "succession")

    # The key in log.trust is the new one, and the published checkpoint is its own: nothing is missed but the old key's.
    assert office.run("keys", "check").code == 0
    (office.home / "keys" / "log.trust").write_text(trust)
    assert "not the key that keys/log.trust names" in office.run("keys", "check").err
    shutil.copytree(office.home / "kept", office.home / "log" / "succession")
    assert office.run("keys", "check").code == 0
    (office.home / "log" / "succession" / "1").write_bytes(b"nonsense\n")
    assert "does not lead on" in office.run("keys", "check").err


@pytest.mark.abuse("H04")
def test_the_wrapping_key_is_drawn_anew_and_a_kill_leaves_one_that_opens(office: Amana) -> None:
    settings = settings_of(office)
    with database(settings) as roles:
        for cut in (Cut("before", FileKeyManager, "renew"), Cut("after", FileKeyManager, "renew"), LAST):
            assert killed(cut, lambda: wrap(settings, roles))
            manager = open_keys(settings, "staff")
            assert manager.unwrap(manager.wrap(b"secret", context=b"c"), context=b"c") == b"secret"
    before = open_keys(settings, "staff").wrap(b"secret", context=b"c")

    done = office.run("keys", "rotate", "wrap")

    assert done.code == 0, done.err
    assert len(open_keys(settings, "staff").generations("wrap")) == 1
    with pytest.raises(SealBroken):
        open_keys(settings, "staff").unwrap(before, context=b"c")
    assert office.run("keys", "check").code == 0


def wrap(settings: Settings, roles: Roles) -> None:
    manager = open_keys(settings, "staff")
    with office_as(settings, roles, "app", Register.of(manager)) as office:
        rotating.wrapping_key(office, manager)
