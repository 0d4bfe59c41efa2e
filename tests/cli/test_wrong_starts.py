"""Wrong starts: each is refused with the one line that says why, and the right one beside it serves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.database import database
from app.embedded import Embedded
from app.settings import Settings
from tests.cli.conftest import new_folder
from tests.cli.driving import Amana, wait_for


@pytest.fixture(scope="module")
def office() -> Iterator[Amana]:
    """An installation of this file's own, its database kept running between the starts."""
    amana = new_folder()
    shares = str(amana.home.parent / "shares")
    assert amana.run("init", "--no-input", "--shares-file", shares, "--i-have-no-backup").code == 0
    with database(Settings.read(amana.environ())):
        yield amana
    shutil.rmtree(amana.home.parent, ignore_errors=True)


@pytest.fixture
def keys(office: Amana) -> Iterator[Path]:
    """The key files, put back afterwards."""
    folder, aside = office.home / "keys", office.home.parent / "keys"
    shutil.copytree(folder, aside)
    yield folder
    shutil.rmtree(folder)
    aside.rename(folder)


def is_served(amana: Amana, door: str) -> bool:
    """The control: what is refused below serves when nothing is wrong."""
    with amana.running("serve", door) as running:
        portal = door == "--portal"
        wait_for(lambda: amana.serves(portal=portal) or running.process.poll() is not None, 30)
        return amana.serves(portal=portal)


@pytest.mark.parametrize("door", ["--staff", "--portal"])
def test_the_right_start_serves(office: Amana, door: str) -> None:
    assert is_served(office, door)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda key: key.unlink(), "missing"),
    "cut": (lambda key: key.write_bytes(key.read_bytes()[:-1]), "does not open"),
    "empty": (lambda key: key.write_bytes(b""), "does not open"),
    "readable by others": (lambda key: key.chmod(0o644), "can be read by others"),
    "readable by the group": (lambda key: key.chmod(0o640), "can be read by others"),
    "of another purpose": (lambda key: key.write_bytes((key.parent / other(key)).read_bytes()), "does not open"),
}


def other(key: Path) -> str:
    return "log.key" if key.name == "staff.key" else "staff.key"


@pytest.mark.abuse("H06")
@pytest.mark.abuse("L04")
@pytest.mark.parametrize("fault", SPOILT)
@pytest.mark.parametrize(("name", "words"), [("staff.key", ("serve", "--staff")), ("log.key", ("worker",))])
def test_a_key_file_that_is_wrong_is_refused_and_no_byte_changes(
    office: Amana, keys: Path, fault: str, name: str, words: tuple[str, ...]
) -> None:
    spoil, told = SPOILT[fault]
    spoil(keys / name)
    before = office.fingerprint("keys", "unlock")

    done = office.run(*words)

    assert done.code == 2
    assert name in done.err
    assert told in done.err
    assert "Traceback" not in done.err
    assert office.fingerprint("keys", "unlock") == before


@pytest.mark.abuse("H06")
def test_the_keys_of_another_installation_are_refused(office: Amana, keys: Path, real: Amana) -> None:
    shutil.copy(real.home / "keys" / "staff.key", keys / "staff.key")

    done = office.run("serve", "--staff")

    assert done.code == 2
    assert "does not open with this unlock secret" in done.err


@pytest.mark.abuse("H06")
def test_a_signing_key_that_is_not_the_logs_own_is_refused(office: Amana, keys: Path, real: Amana) -> None:
    """It opens; but what it signed would be the log of another name."""
    shutil.copy(real.home / "keys" / "log.trust", keys / "log.trust")

    done = office.run("worker")

    assert done.code == 2
    assert "not the key that keys/log.trust names" in done.err


@pytest.mark.abuse("H07")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is missing"),
        ("register 00\n", "does not hold"),
        ("log " + "0" * 64, "does not hold"),
        ("", "does not hold"),
    ],
)
def test_a_portal_that_cannot_tell_whom_to_seal_to_does_not_start(
    office: Amana, content: str | None, told: str
) -> None:
    """Without the register it would seal to whatever key stands in the database."""
    path = office.home / "register.trust"
    kept = path.read_text()
    path.unlink() if content is None else path.write_text(content)

    done = office.run("serve", "--portal")

    path.write_text(kept)
    path.chmod(0o600)
    assert done.code == 2
    assert told in done.err


@pytest.mark.abuse("H07")
def test_the_register_of_another_installation_is_told_by_the_check(office: Amana) -> None:
    path = office.home / "register.trust"
    kept = path.read_text()
    path.write_text("register " + "ab" * 32 + "\n")

    done = office.run("keys", "check")

    path.write_text(kept)
    assert done.code == 2
    assert "register.trust is not of the register" in done.err


@pytest.mark.domain("D49")
@pytest.mark.abuse("L04")
@pytest.mark.parametrize(
    ("secret", "told"), [("", "empty"), ("changeme", "default"), ("short", "too short"), ("f" * 64, "does not open")]
)
def test_an_unlock_secret_that_is_empty_a_default_or_another_is_refused(
    office: Amana, tmp_path: Path, secret: str, told: str
) -> None:
    file = tmp_path / "secret"
    file.write_text(secret)
    file.chmod(0o600)

    done = office.run("serve", "--staff", env={"AMANA_UNLOCK_FILE": str(file)})

    assert done.code == 2
    assert told in done.err
    assert secret not in done.err.split() or not secret


@pytest.mark.domain("D49")
@pytest.mark.abuse("L04")
@pytest.mark.parametrize("door", ["--staff", "--portal"])
def test_no_door_opens_to_others_without_tls(office: Amana, door: str) -> None:
    done = office.run("serve", door, env={"AMANA_HOST": "192.0.2.1"})

    assert done.code == 2
    assert "AMANA_TLS=proxy" in done.err


@pytest.mark.abuse("L04")
@pytest.mark.parametrize(
    ("name", "value"),
    [("AMANA_PASSPHRASE_LENGTH_MIN", "8"), ("AMANA_ARGON2_MEMORY_MIB", "1"), ("AMANA_PROFILE", "none"),
     ("AMANA_PORT", "eighty"), ("AMANA_TLS", "off")],
)  # fmt: skip
def test_a_setting_that_weakens_a_promise_is_named(office: Amana, name: str, value: str) -> None:
    done = office.run("serve", "--staff", env={name: value})

    assert done.code == 2
    assert name in done.err


@pytest.mark.abuse("L04")
@pytest.mark.parametrize("door", ["--staff", "--portal"])
def test_no_door_serves_as_the_owner_of_the_tables(office: Amana, door: str) -> None:
    url = Embedded(office.home / "postgres").start().urls["owner"]

    done = office.run("serve", door, env={"AMANA_DATABASE_URL": url})

    assert done.code == 2
    assert "owner" in done.err
    assert url not in done.err


@pytest.mark.abuse("L04")
@pytest.mark.parametrize("revision", ["9999", "0001"])
@pytest.mark.parametrize("words", [("serve", "--staff"), ("serve", "--portal"), ("worker",)])
def test_a_schema_that_is_not_this_programs_is_refused(office: Amana, words: tuple[str, ...], revision: str) -> None:
    with database(Settings.read(office.environ())) as roles, roles.using("owner") as owner:
        with owner.begin() as connection:
            right = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        done = office.run(*words)
        with owner.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{right}'")

    assert done.code == 2
    assert f"revision {revision}" in done.err
    assert "amana db migrate" in done.err


@pytest.mark.abuse("L04")
@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_database_that_may_forget_is_refused(amana: Amana, real: Amana, setting: str) -> None:
    """The same installation on a server that was started with that one setting off."""
    shutil.copytree(real.home, amana.home, symlinks=True)
    server = Embedded(amana.home / "postgres", settings={setting: "off"})
    server.start()
    try:
        done = amana.run("serve", "--portal")
    finally:
        server.stop()

    assert done.code == 2
    assert f"{setting} = off" in done.err


def test_a_door_must_be_named(office: Amana) -> None:
    assert office.run("serve").code == 2
    assert office.run("serve", "--staff", "--portal").code == 2


def test_a_second_worker_in_one_folder_is_refused(office: Amana) -> None:
    from app.presence import running as worker_of

    settings = Settings.read(office.environ())
    with office.running("worker"):
        wait_for(lambda: worker_of(settings) is not None, 30)
        done = office.run("worker")
        assert worker_of(settings) is not None
    assert done.code == 2
    assert "A worker runs in this folder already" in done.err
    assert worker_of(settings) is None


@pytest.mark.abuse("G03")
def test_a_worker_on_a_forked_log_signs_nothing_and_says_what_to_do(spoilt: Amana) -> None:
    """The log folder of today beside the database of before it: exit code 3, which no service restarts."""
    with database(Settings.read(spoilt.environ())) as roles, roles.using("owner") as owner:
        with owner.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE checkpoints DISABLE TRIGGER USER")
            connection.exec_driver_sql("DELETE FROM checkpoints")
        before = spoilt.fingerprint("log")
        done = spoilt.run("worker")

    assert done.code == 3
    assert "RUNBOOK.md" in done.err
    assert spoilt.fingerprint("log") == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("db", "migrate"), "AMANA_OWNER_URL"),
        (("serve", "--portal"), "database did not answer"),
        (("audit", "verify"), "AMANA_HOME"),
    ],
)
def test_a_database_that_is_not_there_gets_a_line_without_its_password(
    amana: Amana, words: tuple[str, ...], told: str
) -> None:
    url = "postgresql+psycopg://amana_app:very-secret@/amana?host=/nowhere"

    done = amana.run(*words, env={"AMANA_DATABASE_URL": url})

    assert done.code in {1, 2}
    assert told in done.err or "amana init" in done.err
    assert "very-secret" not in done.err
    assert "Traceback" not in done.err
