"""Two implementations read every golden file and must both find what it says."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.crypto import receipts
from tests.crypto import second
from tests.vectors import make, readers

FILES = second.files()
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


def test_making_the_vectors_again_moves_nothing() -> None:
    made = {f"{name}.json": document for name, document in make.documents()}
    assert set(made) == {path.name for path in FILES}
    for path in FILES:
        assert json.loads(path.read_text("utf-8")) == made[path.name], path.name


def test_the_examples_of_the_readme_are_vectors() -> None:
    blocks = (ROOT / "app/crypto/README.md").read_text("utf-8").split("```\n")[1::2]
    examples = {"".join(line.split(" ")[0] for line in block.splitlines()) for block in blocks}
    field, box, chunk = (inputs(name)[at] for name, at in (("seal_opens", -1), ("box_opens", 1), ("chunks_open", 1)))
    assert field["sealed"] in examples
    assert box["sealed"] in examples
    assert base64.b64decode(chunk["sealed"]).hex() in examples
    sealed = inputs("hpke_opens")[1]["sealed"]
    assert f"{sealed[:18]}…{sealed[2162:]}" in examples


def inputs(name: str) -> list[dict[str, str]]:
    cases = json.loads((second.VECTORS / f"{name}.json").read_text("utf-8"))["cases"]
    return [case["in"] for case in cases]


def test_the_receipt_of_the_readme_is_one_receipt() -> None:
    readme = (ROOT / "app/crypto/README.md").read_text("utf-8")
    entropy, words, digits = readme.split("## Receipt\n```\n")[1].split("\n")[:3]
    assert receipts.read(words) == receipts.read(digits) == bytes.fromhex(entropy)
