"""``app.whole`` knows every action and every table, whatever else a process has loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What an action asks the worker for, by its name.
ASKED_LATER = re.compile(r'\.later\("([a-z_.]+)"')
DECLARING = ("@action(", "    __tablename__ = ")


def declaring() -> set[str]:
    """The modules under ``app`` that declare an action or a table."""
    found = set()
    for path in (ROOT / "app").rglob("*.py"):
        lines = path.read_text("utf-8").splitlines()
        if any(line.startswith(DECLARING) for line in lines):
            found.add(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return found


def loaded(module: str) -> set[str]:
    """What a process has loaded that imported this module and nothing else."""
    asked = f"import sys, {module}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(told.stdout.split())


def test_every_action_and_table_is_known_by_it_alone() -> None:
    assert len(declaring()) > 40
    assert declaring() - loaded("app.whole") == set()


# The control: each of these has only its own.
@pytest.mark.parametrize("module", ["app.main", "app.portal.routes", "app.worker"])
def test_one_that_leaves_something_out_is_found(module: str) -> None:
    assert declaring() - loaded(module) != set()


def test_the_worker_loads_every_action_that_anybody_asks_it_for_and_no_door() -> None:
    asked_for = {name for path in (ROOT / "app").rglob("*.py") for name in ASKED_LATER.findall(path.read_text("utf-8"))}
    asked = "import sys, app.worker; from app.work.actions import ACTIONS; print(*ACTIONS, *sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    have = set(told.stdout.split())

    assert asked_for
    assert asked_for <= have
    assert have.isdisjoint({"fastapi", "uvicorn", "jinja2", "alembic", "case.open"})


def test_a_start_does_not_load_what_migrates() -> None:
    assert "alembic" not in loaded("app.cli.service_commands, app.main")
    assert "alembic" in loaded("app.cli.migrating")


@pytest.mark.parametrize("desk", ["app.legal", "app.protection", "app.narratives", "app.web", "app.api", "app.people"])
def test_the_witnesses_door_has_nothing_of_the_office_behind_it(desk: str) -> None:
    have = loaded("app.main, app.portal.routes")

    assert not {name for name in have if name == desk or name.startswith(f"{desk}.")}
    assert "app.portal.routes" in have
