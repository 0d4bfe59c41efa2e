"""``make steal``: it finds nothing where nothing lies, and whatever does lie there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.cli.database import database
from app.cli.installation import Installation
from app.errors import CannotStart
from app.settings import Settings
from tests.cli.driving import Amana
from tests.trials.conftest import is_private, trial
from tests.trials.steal import Stolen, sought, unseen


@pytest.mark.abuse("K01")
def test_a_thief_of_the_demonstration_finds_no_word_of_it(shown: Amana) -> None:
    done = trial(shown, "steal")

    assert done.code == 0, done.err + done.out
    assert "0 hits in " in done.out
    assert "Control: a sentence written in clear into one more table was found" in done.out
    kept = json.loads((shown.home / "trials.json").read_text())["steal"]
    assert kept["hits"] == 0
    assert kept["mib"] > 20
    assert kept["words"] == len(shown.cast()["planted"]) > 40
    assert is_private(str(shown.home / "trials.json"))


def test_it_hunts_names_places_and_sentences_in_both_scripts(lying: Amana) -> None:
    hunted = lying.cast()["planted"]

    assert {"Yusuf Darwish al-Amin", "يوسف درويش الأمين", "Kleinhausen", "the blue kettle", "Insulin"} - set(
        hunted
    ) == set()


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le"])
def test_one_word_in_one_file_is_found_and_the_place_is_named(shown: Amana, coding: str) -> None:
    (shown.home / "logs").mkdir(exist_ok=True)
    (shown.home / "logs" / "staff.log").write_bytes(b"error in " + "يوسف درويش الأمين".encode(coding))

    done = trial(shown, "steal")

    assert done.code == 3
    assert f"FOUND in {shown.home}/logs/staff.log: يوسف درويش الأمين" in done.out


def test_what_lies_there_in_clear_is_found_in_the_table_and_in_the_file_of_the_database(shown: Amana) -> None:
    """Login names are no secret: somebody who names one as their own words sees the hunt find it."""
    done = trial(shown, "steal", WORDS="\nintake-lead\n")

    assert done.code == 3
    assert "FOUND in public.users: intake-lead" in done.out
    assert f"FOUND in {shown.home}/postgres/cluster/base/" in done.out


def test_a_hunt_that_does_not_see_is_not_believed() -> None:
    cast: dict[str, Any] = {"members": {"intake-lead": {}}}
    control = "the house behind the 0123456789abcdef"

    assert unseen(Stolen([("public.users", b"intake-lead"), ("/file", b"intake-lead")], 1, control), cast)
    raw = ("control", control.encode())
    assert unseen(Stolen([raw], 1, control), cast)


def test_it_leaves_nothing_of_its_own_in_the_database(shown: Amana) -> None:
    assert trial(shown, "steal").code == 0

    with database(Settings.read(shown.environ())) as roles, roles.using("owner") as engine, engine.connect() as owner:
        assert owner.exec_driver_sql("SELECT to_regclass('control')").scalar() is None


def test_a_demonstration_of_before_is_told_so() -> None:
    with pytest.raises(CannotStart, match="earlier version"):
        sought({"planted": []})


def test_it_is_not_tried_on_a_real_installation(shown: Amana) -> None:
    Installation("real", "2026-01-01T00:00:00+00:00", ready=True).write(shown.home)

    done = trial(shown, "steal")

    assert done.code == 2
    assert "real installation" in done.err
    assert not (shown.home / "trials.json").exists()
