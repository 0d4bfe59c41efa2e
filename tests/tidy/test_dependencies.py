"""What is installed is at least as new as its known holes ask, and pinned by its hash."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.tidy.repository import ROOT, program

FLOORS = tomllib.loads((ROOT / "tests" / "tidy" / "floors.toml").read_text())
# Each with how many packages it holds at the least, so that an empty one is no proof.
LOCKS = {"requirements.txt": 20, "requirements-dev.txt": 20, "requirements-browser.txt": 2}


def pinned(lock: str) -> dict[str, tuple[int, ...]]:
    """Packages of a lock file and their versions."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)", lock, re.M)
    return {name.lower().replace("_", "-"): numbers(number) for name, number in found}


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def below(lock: str) -> dict[str, tuple[int, ...]]:
    """Packages of a lock file that are older than their floor."""
    least = {name: numbers(row["version"]) for name, row in FLOORS["least"].items()}
    return {name: number for name, number in pinned(lock).items() if number < least.get(name, ())}


@pytest.mark.abuse("L05")
@pytest.mark.parametrize("lock", LOCKS)
def test_no_pinned_package_is_below_its_floor(lock: str) -> None:
    assert below((ROOT / lock).read_text()) == {}


@pytest.mark.abuse("L05")
def test_a_package_below_its_floor_is_found() -> None:
    assert below("starlette==1.5.0 \\\n    --hash=sha256:00\n") == {"starlette": (1, 5, 0)}
    assert below("Python_Multipart==0.0.33\n") == {"python-multipart": (0, 0, 33)}
    assert below("psycopg[binary]==3.3.8\n") == {"psycopg": (3, 3, 8)}
    assert below("starlette==1.10.0\n") == {}


@pytest.mark.abuse("L05")
@pytest.mark.parametrize("lock", LOCKS)
def test_what_must_never_be_installed_is_not(lock: str) -> None:
    assert set(pinned((ROOT / lock).read_text())) & set(FLOORS["never"]) == set()


def test_passlib_is_here_only_as_its_kept_fork() -> None:
    assert numbers(version("libpass")) >= (1, 9, 4)
    with pytest.raises(PackageNotFoundError):
        version("passlib")


@pytest.mark.abuse("L05")
@pytest.mark.parametrize("lock", LOCKS)
def test_every_pinned_package_has_its_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)

    assert len(pinned(text)) > LOCKS[lock]
    assert [entry.split("==")[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_every_floor_says_why() -> None:
    assert all(row["why"] for row in FLOORS["least"].values())
    assert all(FLOORS["never"].values())


def test_what_runs_is_what_is_pinned() -> None:
    runs = program("python", "-m", "pip", "--version")
    assert runs.returncode == 0
    lock = pinned((ROOT / "requirements.txt").read_text())
    for name in ("cryptography", "starlette", "sqlalchemy", "psycopg", "cedarpy", "libpass"):
        assert numbers(version(name)) == lock[name], name
