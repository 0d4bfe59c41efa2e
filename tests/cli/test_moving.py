"""An installation's keys move from files into a hardware module and back, also when that is killed on the way."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.database import database
from app.private import write_private
from app.settings import Settings
from tests.cli.conftest import copy_of
from tests.cli.driving import Amana
from tests.cli.nursery import ROOT
from tests.keyholders.test_hardware import MODULE, needs_module

pytestmark = needs_module
HSM = f"{MODULE}:office"


@pytest.fixture
def office(real: Amana) -> Iterator[Amana]:
    """A copy of a real installation with its database running, beside it a module with two empty tokens."""
    made = copy_of(real)
    folder = made.home.parent
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    write_private(folder / "pin", b"walks home along the river\n")
    made.more = {"SOFTHSM2_CONF": str(folder / "conf")}
    for name in ("office-staff", "office-log"):
        command = ["softhsm2-util", "--init-token", "--free", "--label", name, "--so-pin", "over the old bridge"]
        subprocess.run(
            [*command, "--pin", "walks home along the river"], check=True, capture_output=True,
            env={"SOFTHSM2_CONF": str(folder / "conf"), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    shutil.copytree(made.home / "keys", folder / "copies")
    with database(Settings.read(made.environ())):
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def there(office: Amana) -> dict[str, str]:
    """The settings of an installation whose keys are in the module."""
    return {"AMANA_HSM": HSM, "AMANA_UNLOCK_FILE": str(office.home.parent / "pin")}


def words(office: Amana) -> tuple[str, ...]:
    return ("keys", "move", HSM, "--unlock", str(office.home.parent / "pin"))


def python(office: Amana, code: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=office.environ(env), capture_output=True, text=True, cwd=ROOT, check=False
    )


def pepper(office: Amana, env: dict[str, str] | None = None) -> str:
    """What the keys make of a passphrase, wherever they are."""
    code = (
        "from app.keyholders.backends import open_keys; from app.settings import Settings;"
        "keys = open_keys(Settings.read(), 'staff'); print(keys.pepper(b'd' * 32).hex(), keys.register().hex())"
    )
    return python(office, code, env).stdout


def killed(office: Amana, when: str, place: str, name: str, nth: int) -> bool:
    """The real command, ended by kill -9 there; whether it came so far."""
    code = (
        "import runpy, sys; from app.cli import moving; from app.keyholders import moving as keys;"
        "from app.keyholders.hardware import HardwareKeyManager;"
        "from app.work import Office; from tests.cuts import Cut;"
        f"Cut({when!r}, {place}, {name!r}, {nth}).arm(); sys.argv = ['amana', *{list(words(office))!r}];"
        "runpy.run_module('app.cli', run_name='__main__')"
    )
    return python(office, code).returncode == -signal.SIGKILL


def key_files(office: Amana) -> list[str]:
    return sorted(path.name for path in (office.home / "keys").glob("*.key"))


STEPS = (
    ("before", "HardwareKeyManager", "take", 1), ("after", "HardwareKeyManager", "take", 1),
    ("before", "HardwareKeyManager", "take", 3), ("before", "keys", "must_answer_alike", 1),
    ("before", "Office", "perform", 1), ("after", "Office", "perform", 1), ("after", "moving", "_destroy", 1),
)  # fmt: skip


@pytest.mark.abuse("H04")
@pytest.mark.timeout(900)
def test_keys_move_into_a_module_and_a_kill_at_any_step_loses_none(office: Amana) -> None:
    before = pepper(office)
    for step in STEPS:
        assert killed(office, *step), f"{step} was never reached"
        if step != STEPS[-1]:
            assert key_files(office) == ["log.key", "staff.key"], "nothing is destroyed before all of it opens"
            assert pepper(office) == before, str(step)
    assert key_files(office) == ["log.key"]

    done = office.run(*words(office))

    assert (done.code, key_files(office)) == (0, []), done.err
    assert pepper(office, there(office)) == before != ""
    assert office.run("keys", "check").code == 2
    for command in (("keys", "check"), ("audit", "checkpoint"), ("audit", "verify"), ("keys", "list")):
        assert office.run(*command, env=there(office)).code == 0, command
    assert office.run(*words(office), env=there(office)).code == 2


@pytest.mark.abuse("H04")
@pytest.mark.timeout(900)
def test_kept_copies_go_back_while_they_are_the_modules_keys(office: Amana, tmp_path: Path) -> None:
    before, copies = pepper(office), office.home.parent / "copies"
    back = ("keys", "move", "files", "--unlock", str(office.home / "unlock"), "--copies")
    assert office.run(*back, str(copies)).code == 2
    assert office.run(*words(office)).code == 0
    shutil.copytree(copies, tmp_path / "others")
    shutil.copy(copies / "log.key", tmp_path / "others" / "staff.key")

    assert office.run(*back, str(tmp_path / "others"), env=there(office)).code == 2
    assert key_files(office) == []
    done = office.run(*back, str(copies), env=there(office))

    assert (done.code, key_files(office)) == (0, ["log.key", "staff.key"]), done.err
    assert pepper(office) == before
    assert "holds no keys" in office.run("keys", "check", env=there(office)).err
    # Once a key was drawn in the module no copy has it, and the module gives it to nobody.
    assert office.run(*words(office)).code == 0
    assert office.run("keys", "rotate", "pepper", env=there(office)).code == 0
    refused = office.run(*back, str(copies), env=there(office))
    assert (refused.code, "pepper.2" in refused.err, key_files(office)) == (2, True, [])
    assert office.run("keys", "check", env=there(office)).code == 0


@pytest.mark.abuse("H06")
@pytest.mark.parametrize(
    ("drawn", "told"), [("log", "not of this installation"), ("pepper", "not the one in the file")]
)
def test_a_token_with_keys_of_somebody_else_destroys_nothing(office: Amana, drawn: str, told: str) -> None:
    code = (
        "from pathlib import Path; from app.keyholders.hardware import HardwareKeyManager as Keys;"
        f"Keys.make({str(MODULE)!r}, 'office-staff', Path({str(office.home.parent / 'pin')!r}), {drawn!r})"
    )
    assert python(office, code).returncode == 0
    before = office.fingerprint("keys")

    done = office.run(*words(office))

    assert (done.code, told in done.err) == (2, True), done.err
    assert office.fingerprint("keys") == before
    assert office.run("keys", "check").code == 0


def test_a_move_that_is_not_said_whole_is_refused(office: Amana) -> None:
    pin = str(office.home.parent / "pin")
    for wrong in (("files",), (HSM, "--copies", "x"), ("softhsm",)):
        done = office.run("keys", "move", *wrong, "--unlock", pin)
        assert done.code == 2, wrong
    assert key_files(office) == ["log.key", "staff.key"]
