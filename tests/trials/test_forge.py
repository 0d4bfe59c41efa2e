"""``make forge``: a changed log is found, an unchanged one is not, and the demonstration itself stays as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cli import demonstration
from app.errors import CannotStart
from app.settings import Settings
from tests.cli.driving import Amana
from tests.trials import forge, results
from tests.trials.conftest import program, trial


@pytest.mark.abuse("G01")
def test_a_look_put_down_to_somebody_else_is_found_by_both_and_the_untouched_log_is_intact(shown: Amana) -> None:
    assert shown.run("audit", "checkpoint").code == 0

    done = trial(shown, "forge")

    assert done.code == 0, done.err + done.out
    kept = json.loads((shown.home / "trials.json").read_text())["forge"]
    assert kept["codes"] == kept["careful"] == [3, 3]
    assert f"BROKEN at entry {kept['number']}" in done.out
    assert shown.run("audit", "verify").code == 0
    for name, code in {"untouched": 0, "forged": 3, "forged-with-fingerprint": 3}.items():
        folder = shown.home / "forged" / name
        assert program(shown, "tests/kit/verify_log.py", str(folder)).code == code


def test_it_works_on_one_that_runs_and_changes_nothing_in_it(shown: Amana) -> None:
    with shown.running("run", until="Ctrl-C"):
        assert shown.run("audit", "checkpoint").code == 0
        done = trial(shown, "forge")
        verified = shown.run("audit", "verify", "--json")

    assert done.code == 0, done.err + done.out
    assert verified.json["intact"] is True


def test_where_nothing_was_forged_the_checks_find_nothing_and_the_trial_fails(
    shown: Amana, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control: an unchanged copy is intact to the end, so no finding comes from the copying."""
    assert shown.run("audit", "checkpoint").code == 0
    monkeypatch.setattr(forge, "forge", lambda *_, careful: None)
    monkeypatch.setattr("app.cli.process.harden", lambda: None)
    for name, value in shown.environ().items():
        monkeypatch.setenv(name, value)

    assert forge.main() == 1
    assert json.loads((shown.home / results.NAME).read_text())["forge"]["codes"] == [0, 0], capsys.readouterr().out


def test_a_copy_that_is_not_intact_stops_it_before_anything_is_forged(shown: Amana) -> None:
    assert shown.run("audit", "checkpoint").code == 0
    tile = next(path for path in (shown.home / "log" / "tile" / "0").rglob("*") if path.is_file())
    tile.write_bytes(bytes(len(tile.read_bytes())))

    done = trial(shown, "forge")

    assert done.code == 1
    assert "The control failed" in done.err
    assert not (shown.home / results.NAME).exists()


def test_where_the_database_lies_elsewhere_the_original_is_not_taken_for_a_copy(tmp_path: Path) -> None:
    (tmp_path / "home" / "postgres").mkdir(parents=True)

    with pytest.raises(CannotStart, match="account of its own"):
        forge.copy(tmp_path / "home", tmp_path / "copy")


def test_a_log_in_which_nobody_looked_is_told_so(shown: Amana) -> None:
    settings = replace(Settings.read(shown.environ()), demo=True)
    assert demonstration.read_cast(settings)

    with pytest.raises(CannotStart, match="Nobody has opened"):
        # Nothing is signed yet, so no look is under a checkpoint.
        forge.newest_look(settings)


def test_the_name_is_changed_and_nothing_else() -> None:
    said: dict[str, Any] = {"actor": "S-AAAAAA", "operation": "consult"}
    look = forge.Look(1, 7, b"", json.dumps(said, separators=(",", ":")).encode(), "S-AAAAAA", "S-BBBBBB")

    assert json.loads(look.forged) == said | {"actor": "S-BBBBBB"}
