"""A server that may forget, or a role that could rewrite, is refused before anything is taken in."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from app.embedded import Embedded, check_durability
from app.embedded.durability import FLOORS, _check_release
from app.embedded.servant import OURSELVES
from app.errors import CannotStart
from tests.embedded.conftest import QUICK, Enter, plain


def checked(server: Embedded, role: str = "app") -> None:
    with psycopg.connect(plain(server.start().urls[role])) as connection:
        check_durability(connection)


@pytest.mark.parametrize("major", [16, 18])
def test_the_shipped_settings_pass_for_every_role(folder: Path, major: int) -> None:
    server = Embedded(folder, major=major)
    for role in ("app", "portal", "sequencer", "eraser", "auditor", "owner"):
        checked(server, role)


@pytest.mark.abuse("L04")
@pytest.mark.domain("D49")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("synchronous_commit", "remote_write"),
        ("data_sync_retry", "on"),
    ],
)
def test_a_weak_setting_is_refused_by_name(folder: Path, name: str, value: str) -> None:
    with pytest.raises(CannotStart, match=f"{name} = {value}"):
        checked(Embedded(folder, settings={name: value}))


def test_a_stronger_setting_passes(folder: Path) -> None:
    checked(Embedded(folder, settings={"synchronous_commit": "remote_apply"}))


@pytest.mark.abuse("L04")
def test_a_cluster_without_checksums_is_refused(folder: Path) -> None:
    server = Embedded(folder)
    server.start()
    server.stop()
    servant = server._servant()
    done = servant.run([server._programs(servant) / "pg_checksums", "--disable", "--pgdata", folder / "cluster"])
    assert done.returncode == 0, done.stderr
    with pytest.raises(CannotStart, match="data_checksums = off"):
        checked(server)


@pytest.mark.abuse("L04")
@pytest.mark.parametrize("version", [140_022, 150_017, 160_013, 170_009, 180_003])
def test_a_release_with_known_holes_is_refused(version: int) -> None:
    with pytest.raises(CannotStart, match=f"PostgreSQL {version // 10_000}"):
        _check_release(version)


def test_every_floor_itself_passes_and_so_does_what_comes_later() -> None:
    for major, minor in FLOORS.items():
        _check_release(major * 10_000 + minor)
    _check_release(190_000)


@pytest.mark.abuse("L04")
def test_an_app_role_that_is_superuser_is_refused(folder: Path) -> None:
    server = Embedded(folder)
    server.start()
    server._as_cluster_role("ALTER ROLE amana_app SUPERUSER")
    for role in ("app", "portal", "owner"):
        with pytest.raises(CannotStart, match="amana_app is a superuser or owns"):
            checked(server, role)


@pytest.mark.abuse("L04")
@pytest.mark.parametrize(
    "fault",
    [
        "CREATE TABLE t (n int); ALTER TABLE t OWNER TO amana_app",
        "ALTER DATABASE amana OWNER TO amana_app",
        "GRANT amana_owner TO amana_app",
    ],
)
def test_an_app_role_that_owns_what_it_writes_is_refused(folder: Path, fault: str) -> None:
    server = Embedded(folder)
    server.start()
    server._as_cluster_role(fault)
    with pytest.raises(CannotStart, match="amana_app is a superuser or owns"):
        checked(server)


@pytest.mark.abuse("L04")
def test_a_connection_as_the_superuser_is_refused_whatever_its_name(folder: Path) -> None:
    server = Embedded(folder)
    server.start()
    with (
        server._connect_as_cluster_role(server._passwords()) as connection,
        pytest.raises(CannotStart, match="amana_cluster is a superuser"),
    ):
        check_durability(connection)


def test_roles_wider_than_ours_stop_the_preparation(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    server.start()
    server._as_cluster_role("ALTER ROLE amana_eraser CREATEDB")
    (folder / "ready").unlink()
    with pytest.raises(CannotStart, match="hold more than they may: amana_eraser"):
        server.start()


def test_a_check_on_the_way_changes_nothing(enter: Enter) -> None:
    connection = enter("app")
    connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(CannotStart, match="fsync = off"):  # the shared server is a quick one
        check_durability(connection)
    with pytest.raises(errors.ReadOnlySqlTransaction):
        connection.execute("SELECT lo_create(0)")


def test_our_own_account_runs_the_programs_of_the_wheel(folder: Path) -> None:
    programs = Embedded(folder)._programs(OURSELVES)
    assert OURSELVES.run([programs / "postgres", "--version"]).stdout.strip() == "postgres (PostgreSQL) 18.4"
