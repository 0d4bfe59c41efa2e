"""A door that would be unsafe is not opened: secrets, database role, address (D49)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.errors import CannotStart
from app.main import portal_app, staff_app
from app.settings import Settings
from tests.conftest import Database

pytestmark = pytest.mark.domain("D49")
DOORS: tuple[Callable[[Settings], ASGIApp], ...] = (staff_app, portal_app)


@pytest.fixture
def home(tmp_path: Path, settings: Settings, manager: Any, database: Database) -> Settings:
    """The run's settings over a copy of its secrets, to be spoilt."""
    shutil.copytree(settings.keys_folder, tmp_path / "keys")
    shutil.copy(settings.unlock_path, tmp_path / "unlock")
    shutil.copy(settings.register_path, tmp_path / "register.trust")
    return replace(settings, home=tmp_path, database_url=database.addresses.urls["app"])


@pytest.mark.parametrize("door", DOORS)
def test_no_database_no_door(home: Settings, door: Callable[[Settings], ASGIApp]) -> None:
    with pytest.raises(CannotStart, match="AMANA_DATABASE_URL is not set"):
        door(replace(home, database_url=""))


@pytest.mark.parametrize("door", DOORS)
def test_the_owner_of_the_database_serves_nobody(
    home: Settings, database: Database, door: Callable[[Settings], ASGIApp]
) -> None:
    with pytest.raises(CannotStart, match="owner's role"):
        door(replace(home, database_url=database.addresses.urls["owner"]))


@pytest.mark.parametrize("secret", ["", "changeme", "secret", "password", "amana", "short", " \n", "default"])
def test_an_empty_a_default_or_a_short_secret_opens_no_door(home: Settings, secret: str) -> None:
    home.unlock_path.write_text(secret)

    with pytest.raises(CannotStart, match="empty, a default or too short"):
        staff_app(home)


def test_another_secret_opens_no_door_and_changes_no_byte(home: Settings) -> None:
    before = (home.keys_folder / "staff.key").read_bytes()
    home.unlock_path.write_text("ab" * 32)

    with pytest.raises(CannotStart, match="does not open with this unlock secret"):
        staff_app(home)

    assert (home.keys_folder / "staff.key").read_bytes() == before


@pytest.mark.parametrize("which", ["unlock", "keys/staff.key"])
def test_a_secret_that_others_can_read_opens_no_door(home: Settings, which: str) -> None:
    os.chmod(home.home / which, 0o644)

    with pytest.raises(CannotStart, match="can be read by others"):
        staff_app(home)


@pytest.mark.parametrize("which", ["unlock", "keys/staff.key"])
def test_a_secret_that_is_missing_opens_no_door_and_none_is_made(home: Settings, which: str) -> None:
    (home.home / which).unlink()

    with pytest.raises(CannotStart, match="is missing"):
        staff_app(home)

    assert not (home.home / which).exists()


def test_the_portal_needs_no_key_and_is_given_none(home: Settings, database: Database) -> None:
    shutil.rmtree(home.keys_folder)
    home.unlock_path.unlink()

    door: Any = portal_app(replace(home, database_url=database.addresses.urls["portal"]))

    assert door is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "amana.example", "10.0.0.1"])  # noqa: S104  refused
def test_an_address_that_others_reach_needs_tls_in_front(host: str) -> None:
    with pytest.raises(CannotStart, match="AMANA_TLS=proxy"):
        Settings.read({"AMANA_HOST": host})
    assert Settings.read({"AMANA_HOST": host, "AMANA_TLS": "proxy"}).tls == "proxy", "the control"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_an_address_of_this_machine_alone_does_not(host: str) -> None:
    assert Settings.read({"AMANA_HOST": host}).host == host


def test_the_demonstration_is_not_for_others(home: Settings) -> None:
    with pytest.raises(CannotStart, match="this machine only"):
        Settings.read({"AMANA_HOST": "192.0.2.7", "AMANA_TLS": "proxy", "AMANA_DEMO": "1"})
