"""A server starts in one step, is found again, and comes back after every crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app.embedded import Embedded
from app.embedded.settings import DATABASE, ROLES
from app.errors import CannotStart
from tests.embedded.conftest import QUICK, plain

FIRST_START_SECONDS_MAX = 10.0  # measured 0.8 s alone on two cores; the room is for a busy machine


def kept(folder: Path) -> list[int]:
    """The numbers a test wrote into the database of this folder."""
    with psycopg.connect(plain(Embedded(folder, settings=QUICK).start().urls["owner"])) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM kept ORDER BY n")]


def leave_lock_files(folder: Path, pid: int) -> None:
    """What a killed server leaves, with the number of a process that lives."""
    for path in (folder / "cluster" / "postmaster.pid", folder / "run" / ".s.PGSQL.5432.lock"):
        path.write_text(f"{pid}\n{folder / 'cluster'}\n1\n5432\n\n\n\nready\n")
        path.chmod(0o600)


def keep(folder: Path, number: int) -> None:
    with psycopg.connect(plain(Embedded(folder).start().urls["owner"])) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def test_the_first_start_takes_seconds_and_every_role_gets_in(folder: Path) -> None:
    began = time.monotonic()
    addresses = Embedded(folder).start()
    assert time.monotonic() - began < FIRST_START_SECONDS_MAX
    for role in ROLES:
        with psycopg.connect(plain(addresses.urls[role])) as connection:
            row = connection.execute("SELECT current_user, current_database()").fetchone()
        assert row == (f"amana_{role}", DATABASE)


def test_an_address_is_not_printed_with_its_password(folder: Path) -> None:
    addresses = Embedded(folder, settings=QUICK).start()
    password = addresses.urls["app"].split(":")[2].split("@")[0]
    assert len(password) >= 32
    assert password not in repr(addresses)


def test_a_running_server_is_used_again(folder: Path) -> None:
    first, second = Embedded(folder, settings=QUICK), Embedded(folder)
    assert first.start() == second.start()
    assert first.pid() == second.pid() is not None


def test_the_server_outlives_the_program_that_started_it(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.embedded import Embedded;"
        "s = Embedded(Path(sys.argv[1]), settings={'fsync': 'off'}); s.start(); print(s.pid())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert Embedded(folder).pid() == int(done.stdout)
    keep(folder, 1)


@pytest.mark.abuse("J09")
def test_starts_at_the_same_moment_give_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: Embedded(folder, settings=QUICK).start(), range(4)))
    assert all(addresses == found[0] for addresses in found)
    assert Embedded(folder).log.read_text().count("starting PostgreSQL") == 1


@pytest.mark.abuse("J09")
def test_a_start_waits_for_the_lock_and_says_who_holds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.embedded.server.LOCK_SECONDS_MAX", 0.1)
    folder.mkdir(mode=0o700)
    with Embedded(folder)._alone(), pytest.raises(CannotStart, match="Another start or stop holds"):
        Embedded(folder).start()


def test_stop_ends_the_server_even_while_a_client_is_busy(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    client = psycopg.connect(plain(server.start().urls["app"]))
    client.execute("SELECT 1")
    server.stop()
    assert not server.running
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT 1")
    client.close()


def test_stopping_what_does_not_run_is_no_error(folder: Path) -> None:
    Embedded(folder).stop()
    assert not folder.exists()
    server = Embedded(folder, settings=QUICK)
    server.start()
    server.stop()
    server.stop()
    assert server.pid() is None


def test_nothing_is_lost_between_stop_and_start(folder: Path) -> None:
    keep(folder, 1)
    Embedded(folder).stop()
    keep(folder, 2)
    assert kept(folder) == [1, 2]


def test_a_killed_server_comes_back_with_what_it_acknowledged(folder: Path) -> None:
    server = Embedded(folder)
    for round_ in range(3):
        keep(folder, round_)
        pid = server.pid()
        assert pid is not None
        # The parent only: its children live on for a moment and hold the shared memory.
        os.kill(pid, signal.SIGKILL)
        assert kept(folder) == list(range(round_ + 1))
        assert server.pid() != pid


def test_a_number_that_now_belongs_to_another_program_does_not_stop_the_start(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    keep(folder, 1)
    server.stop()
    # Not our own number: PostgreSQL knows its parents and would pass over it by itself.
    with subprocess.Popen(["sleep", "60"]) as other:
        leave_lock_files(folder, other.pid)
        assert server.pid() is None
        assert kept(folder) == [1]
        other.kill()


def test_lock_files_stay_while_an_orphan_still_works_in_the_cluster(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(folder, 1)
    Embedded(folder).stop()
    with (
        subprocess.Popen(["sleep", "60"]) as other,
        subprocess.Popen(["sleep", "60"], cwd=folder / "cluster") as orphan,
    ):
        leave_lock_files(folder, other.pid)
        with monkeypatch.context() as impatient:
            impatient.setattr("app.embedded.server.START_SECONDS_MAX", 1.0)
            with pytest.raises(CannotStart, match="Processes of an earlier server still hold"):
                Embedded(folder).start()
        assert (folder / "cluster" / "postmaster.pid").exists()
        orphan.kill()
        orphan.wait()
        assert kept(folder) == [1]
        other.kill()


def test_stop_never_signals_a_program_that_is_not_ours(folder: Path) -> None:
    Embedded(folder, settings=QUICK).start()
    Embedded(folder).stop()
    with subprocess.Popen(["sleep", "60"]) as other:
        (folder / "cluster" / "postmaster.pid").write_text(f"{other.pid}\n")
        Embedded(folder).stop()
        assert other.poll() is None
        other.kill()
    (folder / "cluster" / "postmaster.pid").unlink()


def test_a_first_start_cut_short_is_begun_again(folder: Path) -> None:
    (folder / "cluster.new").mkdir(parents=True)
    (folder / "cluster.new" / "half").write_text("of a cluster")
    folder.chmod(0o700)
    keep(folder, 1)
    assert not (folder / "cluster.new").exists()
    assert not (folder / "password.new").exists()


def test_a_server_left_before_its_roles_were_made_is_prepared(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    server.start()
    server._as_cluster_role("ALTER ROLE amana_portal PASSWORD NULL")
    (folder / "ready").unlink()
    with psycopg.connect(plain(server.start().urls["portal"])) as connection:
        connection.execute("SELECT 1")


def test_lost_passwords_are_named_and_not_drawn_again(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    server.start()
    (folder / "passwords.json").unlink()
    with pytest.raises(CannotStart, match=r"passwords\.json is missing"):
        server.start()


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    deep = folder / ("a-long-name-" * 8)
    server = Embedded(deep, settings=QUICK)
    try:
        url = server.start().urls["owner"]
        assert len(url.split("host=")[1]) < 60
        with psycopg.connect(plain(url)) as connection:
            connection.execute("SELECT 1")
    finally:
        server.stop()
        server._socket_folder.rmdir()


def test_the_older_release_of_the_same_wheel_starts_too(folder: Path) -> None:
    addresses = Embedded(folder, settings=QUICK, major=16).start()
    with psycopg.connect(plain(addresses.urls["app"])) as connection:
        assert connection.info.server_version // 10_000 == 16


def test_a_database_of_another_release_is_left_alone(folder: Path) -> None:
    Embedded(folder, settings=QUICK, major=16).start()
    Embedded(folder).stop()
    with pytest.raises(CannotStart, match="of another PostgreSQL release"):
        Embedded(folder, settings=QUICK).start()
    assert (folder / "cluster" / "PG_VERSION").read_text() == "16\n"


def test_a_setting_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(CannotStart, match="no_such_setting"):
        Embedded(folder, settings=QUICK | {"no_such_setting": "1"}).start()


def test_a_long_log_is_put_aside_at_the_next_start(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    server.start()
    server.stop()
    with server.log.open("a") as file:
        file.write("x" * 1_000_001)
    server.start()
    assert server.log.stat().st_size < 10_000
    assert server.log.with_suffix(".log.1").stat().st_size > 1_000_000
