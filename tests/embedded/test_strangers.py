"""Only the account that started the server, and those it gave a password, get in."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from app.embedded import Embedded
from app.embedded.settings import CLUSTER_ROLE, ROLES
from app.errors import CannotStart
from tests.embedded.conftest import QUICK, Enter, as_root, run_as, uid_without_a_name

KNOCK = """
import psycopg, sys
try:
    psycopg.connect(host=sys.argv[1], user=sys.argv[2], dbname="amana", password=sys.argv[3])
    print("came in")
except psycopg.OperationalError as refused:
    print(refused)
"""


@contextmanager
def standing_open(server: Embedded) -> Iterator[None]:
    """Plant the fault the 0700 folders guard against, so that the next door is tried by itself."""
    places = [server.folder.parent, server.folder, server._socket_folder]
    places += list(server._socket_folder.glob(".s.PGSQL.5432"))
    before = {place: stat.S_IMODE(place.stat().st_mode) for place in places}
    for place in places:
        place.chmod(0o777)
    yield
    for place, mode in before.items():
        place.chmod(mode)


@as_root
@pytest.mark.parametrize("role", ROLES)
def test_another_account_does_not_reach_the_socket(server: Embedded, role: str) -> None:
    said = run_as(uid_without_a_name(), KNOCK, str(server._socket_folder), f"amana_{role}", "x").stdout
    assert "Permission denied" in said


@as_root
@pytest.mark.parametrize("uid", [1, 65534, 101, 54_321])
@pytest.mark.parametrize("role", [*(f"amana_{role}" for role in ROLES), CLUSTER_ROLE])
def test_another_account_is_refused_even_where_the_folder_stands_open(server: Embedded, role: str, uid: int) -> None:
    with standing_open(server):
        said = run_as(uid, KNOCK, str(server._socket_folder), role, "guess").stdout
    expected = "Peer authentication failed" if role == "amana_owner" else "password authentication failed"
    assert expected in said


@as_root
def test_a_password_is_what_lets_another_account_in(server: Embedded) -> None:
    """The control of the two tests above: their knock can succeed."""
    password = json.loads((server.folder / "passwords.json").read_text())["amana_app"]
    with standing_open(server):
        assert run_as(65534, KNOCK, str(server._socket_folder), "amana_app", password).stdout == "came in\n"


def test_the_server_listens_on_no_network(enter: Enter) -> None:
    connection = enter("app")
    assert connection.execute("SELECT current_setting('listen_addresses')").fetchone() == ("",)
    assert connection.execute("SELECT inet_server_addr()").fetchone() == (None,)


@pytest.mark.parametrize("role", ["app", "portal", "sequencer", "eraser", "auditor"])
def test_no_password_of_ours_opens_the_superuser(server: Embedded, enter: Enter, role: str) -> None:
    password = json.loads((server.folder / "passwords.json").read_text())[f"amana_{role}"]
    for database in ("amana", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            enter("app", user=CLUSTER_ROLE, password=password, dbname=database)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_enters_its_own_database_only(enter: Enter, role: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="pg_hba"):
        enter(role, dbname="postgres")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_holds_no_power_over_the_server(enter: Enter, role: str) -> None:
    row = (
        enter(role)
        .execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        .fetchone()
    )
    assert row == (False,) * 5


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET log_statement = 'all'",
        "SET log_min_messages = 'debug5'",
        "ALTER SYSTEM SET fsync = off",
        "CREATE TABLE beside (n int)",
        "CREATE TEMPORARY TABLE aside (n int)",
        "CREATE SCHEMA mine",
        "SET ROLE amana_owner",
        "COPY (SELECT 1) TO PROGRAM 'id'",
    ],
)
def test_a_role_that_serves_requests_cannot(enter: Enter, role: str, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        enter(role).execute(statement.encode())


def test_only_a_test_cluster_lets_the_owner_put_triggers_aside(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    owner = server.start().urls["owner"].replace("+psycopg", "")
    switch = "SET session_replication_role = replica"
    with psycopg.connect(owner) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(switch)
    server.grant_replica_role()
    with psycopg.connect(owner) as connection:
        connection.execute(switch)


def test_nothing_of_the_server_can_be_read_by_others(server: Embedded) -> None:
    found = [path for path in server.folder.rglob("*") if not path.is_symlink()]
    assert len(found) > 100
    # PostgreSQL's socket and its lock lie in a folder that only we enter, and are 0700 and 0600.
    assert [path for path in [server.folder, *found] if path.lstat().st_mode & 0o077] == []


def test_the_passwords_lie_outside_the_cluster_and_nowhere_in_it(server: Embedded) -> None:
    passwords = json.loads((server.folder / "passwords.json").read_text()).values()
    inside = [path.read_bytes() for path in (server.folder / "cluster").rglob("*") if path.is_file()]
    assert len(inside) > 100
    for password in passwords:
        assert not [content for content in inside if password.encode() in content]
        assert password not in server.log.read_text()


def test_passwords_others_could_have_read_are_refused(folder: Path) -> None:
    server = Embedded(folder, settings=QUICK)
    server.start()
    (folder / "passwords.json").chmod(0o644)
    with pytest.raises(CannotStart, match="chmod 600"):
        server.start()


@pytest.mark.abuse("L04")
def test_a_folder_others_could_have_filled_is_refused(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o770)
    (folder / "cluster").mkdir()
    with pytest.raises(CannotStart, match="Others may enter"):
        Embedded(folder).start()


def test_an_empty_folder_is_shut_before_anything_lies_in_it(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    Embedded(folder, settings=QUICK).start()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
@pytest.mark.abuse("L04")
def test_a_folder_of_another_account_is_refused(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(CannotStart, match="not a folder of this account"):
        Embedded(folder).start()


def test_a_link_in_the_place_of_the_folder_is_refused(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    with pytest.raises(CannotStart, match="not a folder"):
        Embedded(folder).start()


@as_root
def test_a_short_socket_folder_prepared_by_a_stranger_is_refused(folder: Path) -> None:
    server = Embedded(folder / ("a-long-name-" * 8), settings=QUICK)
    trap = server._socket_folder
    trap.mkdir(mode=0o777)
    os.chown(trap, 65534, 65534)
    try:
        with pytest.raises(CannotStart, match="not a folder of this account"):
            server.start()
        assert not server.running
    finally:
        trap.rmdir()
