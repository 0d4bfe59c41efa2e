"""The golden vectors: the product makes them, the strangers' verifier agrees with each."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.audit.checkpoint import open_checkpoint
from app.audit.tree import verify_consistency, verify_inclusion
from app.errors import SealBroken
from tests.audit.test_tree import root_by_the_book
from tests.audit.vectors import FOLDER, Document, documents, written
from tests.kit import verify_log

NOW = dict(documents())
STORED = {path.stem: path for path in sorted(FOLDER.glob("audit_*.json"))}


def stored(form: str) -> list[Any]:
    """The cases of every stored file of one format, each under the name of its file."""
    found: list[Any] = []
    for name, path in STORED.items():
        document: Document = json.loads(path.read_text("utf-8"))
        if document["format"] == form:
            found += [pytest.param(each, id=f"{name}-{n}") for n, each in enumerate(document["cases"])]
    assert found
    return found


def test_no_vector_has_moved() -> None:
    assert {name: Path(path).read_text("utf-8") for name, path in STORED.items()} == {
        name: written(each) for name, each in NOW.items()
    }


@pytest.mark.parametrize("case", stored("audit_leaf"))
def test_the_verifier_makes_the_same_leaf(case: Document) -> None:
    raw = bytes.fromhex(case["out"]["canonical"])
    assert verify_log.read_body(raw) == case["in"]["body"]
    line = b'{"body":%s,"salt":"%s"}\n' % (raw, case["in"]["salt"].encode())
    found, _ = verify_log.read_line(line)
    assert found.hex() == case["out"]["commitment"]
    assert hashlib.sha256(b"\0" + found).hexdigest() == case["out"]["leaf"]


@pytest.mark.abuse("G07")
@pytest.mark.parametrize("case", stored("audit_root"))
def test_the_verifier_finds_the_same_root(case: Document) -> None:
    tree = verify_log.Tree()
    leaves = [bytes.fromhex(leaf) for leaf in case["in"]["leaves"]]
    for leaf in leaves:
        assert next(iter(completed := list(tree.add(leaf)))) == (0, leaf)
        assert [height for height, _ in completed] == list(range(len(completed)))
    assert tree.root().hex() == root_by_the_book(leaves).hex() == case["out"]


@pytest.mark.parametrize("case", stored("audit_proof"))
def test_the_stored_proofs_hold(case: Document) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in case["in"]["leaves"]]
    index, old, size = case["in"]["index"], case["in"]["old"], len(leaves)
    inclusion, consistency = (
        [bytes.fromhex(each) for each in case["out"][name]] for name in ("inclusion", "consistency")
    )
    new_root = root_by_the_book(leaves)
    verify_inclusion(leaves[index], index, size, inclusion, new_root)
    old_root = root_by_the_book(leaves[:old])
    verify_consistency(old, size, consistency, old_root=old_root, new_root=new_root)


@pytest.mark.abuse("G05")
@pytest.mark.parametrize("case", stored("audit_checkpoint"))
def test_product_and_verifier_open_the_same_checkpoints(case: Document) -> None:
    note, key = case["in"]["note"].encode(), case["in"]["key"]
    if case["out"] is None:
        with pytest.raises(SealBroken):
            open_checkpoint(note, key)
        with pytest.raises(ValueError):  # noqa: PT011 (any of the ways to be refused)
            verify_log.open_checkpoint(note, [verify_log.Key.parse(key)], all_of_them=False)
        return
    ours = open_checkpoint(note, key)
    theirs, _ = verify_log.open_checkpoint(note, [verify_log.Key.parse(key)], all_of_them=True)
    assert [ours.origin, ours.size, ours.root.hex()] == list(case["out"].values())
    assert [theirs.origin, theirs.size, theirs.root.hex()] == list(case["out"].values())


@pytest.mark.parametrize("case", stored("audit_line"))
def test_the_verifier_refuses_a_line_of_another_form(case: Document) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any of the ways to be refused)
        verify_log.read_line(case["in"]["line"].encode() + b"\n")
