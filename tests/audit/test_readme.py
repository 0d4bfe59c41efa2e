"""The format page's example bytes are real."""

from __future__ import annotations

import json
import re
from pathlib import Path

import app.audit
from app.audit.canonical import canonical, commitment
from app.audit.checkpoint import open_checkpoint
from app.audit.succession import Succession
from app.audit.tiles import entries_path, tile_path
from app.audit.tree import leaf_hash
from tests.audit.sample_log import OTHER_SEED, body, key, salt
from tests.audit.vectors import FOLDER
from tests.kit.verify_log import Change, expected_files

PAGE = (Path(app.audit.__file__).parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_entry_has_the_commitment_and_leaf_shown() -> None:
    raw = canonical(body(0))
    unfolded = re.sub(r"\n {17}", "", BLOCKS[0])
    assert raw.decode() in unfolded
    data = commitment(salt(0), raw)
    assert [salt(0).hex(), data.hex(), leaf_hash(data).hex()] == re.findall(
        r"^[a-z ]+ ([0-9a-f]{32,})$", BLOCKS[0], re.M
    )


def test_the_example_checkpoint_opens_with_the_key_shown_and_is_the_vector() -> None:
    opened = open_checkpoint(BLOCKS[1].encode(), key())
    vector = json.loads((FOLDER / "audit_checkpoint_opens.json").read_text("utf-8"))["cases"][0]
    assert BLOCKS[1] == vector["in"]["note"]
    assert opened.root.hex() == vector["out"]["root"]
    assert f"`{key()}`" in PAGE


def test_the_example_change_of_the_key_opens_by_both_verifiers() -> None:
    """The key that follows is the tests' other one: seed 01 02 ... 20."""
    opened = Succession.open(BLOCKS[2].encode())
    before = open_checkpoint(BLOCKS[1].encode(), key())
    assert opened == Succession(key(), key(OTHER_SEED), before.size, before.root)
    theirs = Change.open(BLOCKS[2].encode())
    assert (theirs.size, theirs.root) == (opened.size, opened.root)


def test_the_example_tiles_are_those_of_seventy_thousand_entries() -> None:
    assert set(re.findall(r"tile/[\w./]+", BLOCKS[3])) <= expected_files(70_000)
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert entries_path(273, 112) in BLOCKS[3]


def test_the_page_says_what_the_proof_does_not_exclude() -> None:
    assert (
        "A person with full control of the running server could have read without an entry; "
        "this proof does not exclude that."
    ) in " ".join(PAGE.split())
