"""Two implementations read every golden file and must both find what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crypto import second
from tests.vectors import make, readers

FILES = sorted(second.VECTORS.glob("*.json"))
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_product_finds_in_each_file_what_it_says(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert document["cases"]
    for case in document["cases"]:
        assert readers.verdict(document["format"], case["in"]) == case["out"]
        assert (case["out"] is None) == (document["outcome"] == "broken")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stranger_finds_in_each_file_what_it_says(path: Path) -> None:
    assert second.disagreements(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_stranger_notices_a_wrong_expectation(path: Path, tmp_path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    document["outcome"] = "broken" if document["outcome"] == "same" else "same"
    for case in document["cases"]:
        case["out"] = "not this"
    planted = tmp_path / path.name
    planted.write_text(json.dumps(document), "utf-8")
    assert len(second.disagreements(planted)) == len(document["cases"])


def test_the_second_implementation_imports_nothing_of_the_product() -> None:
    source = "import sys, tests.crypto.second; print([m for m in sys.modules if m.split('.')[0] == 'app'])"
    run = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_format_has_a_file_that_opens() -> None:
    documents = [json.loads(path.read_text("utf-8")) for path in FILES]
    assert {one["format"] for one in documents if one["outcome"] == "same"} == set(second.READERS)
    assert set(readers.READERS) == set(second.READERS)


def test_making_the_vectors_again_moves_nothing(tmp_path: Path) -> None:
    made = {f"{name}.json": document for name, document in make.documents()}
    assert set(made) == {path.name for path in FILES}
    for path in FILES:
        assert json.loads(path.read_text("utf-8")) == made[path.name], path.name
