"""The tree against RFC 6962, RFC 9162, published vectors and a second definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.tree import (
    EMPTY_ROOT,
    HashAt,
    RightEdge,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from app.errors import LogForked

LARGEST = 130

# The test data that Certificate Transparency implementations share.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(b"leaf %d" % index) for index in range(LARGEST)]


def root_by_the_book(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word: split at the largest power of two below the count."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = root_by_the_book(hashes[:split]), root_by_the_book(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def reader(hashes: Sequence[bytes]) -> HashAt:
    def hash_at(height: int, index: int) -> bytes:
        covered = hashes[index << height : (index + 1) << height]
        assert len(covered) == 1 << height, "a proof asked for a subtree that is not complete"
        return root_by_the_book(covered)

    return hash_at


def flipped(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


ROOT_OF = [root_by_the_book(LEAVES[:size]) for size in range(LARGEST + 1)]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([]) == RightEdge().root() == EMPTY_ROOT


def test_an_empty_leaf_hashes_as_rfc_6962_says() -> None:
    assert leaf_hash(b"").hex() == ROOTS[0]
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size: int) -> None:
    assert root(leaf_hash(bytes.fromhex(each)) for each in INPUTS[:size]).hex() == ROOTS[size - 1]


def test_published_proofs_come_out() -> None:
    hash_at = reader([leaf_hash(bytes.fromhex(each)) for each in INPUTS])
    assert [each.hex() for each in consistency_proof(2, 5, hash_at)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]
    assert [each.hex() for each in inclusion_proof(0, 8, hash_at)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@pytest.mark.abuse("G07")
def test_every_size_up_to_130_has_the_root_of_the_book() -> None:
    for size in range(LARGEST + 1):
        assert root(LEAVES[:size]) == ROOT_OF[size]


def test_every_leaf_of_every_size_up_to_130_is_proved_and_nothing_else() -> None:
    hash_at = reader(LEAVES)
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, hash_at)
            verify_inclusion(LEAVES[index], index, size, proof, ROOT_OF[size])
            assert_no_inclusion(flipped(LEAVES[index]), index, size, proof, ROOT_OF[size])
            assert_no_inclusion(LEAVES[index], index, size, [*proof, EMPTY_ROOT], ROOT_OF[size])
            if proof:
                assert_no_inclusion(LEAVES[index], index, size, proof[:-1], ROOT_OF[size])
                assert_no_inclusion(LEAVES[index], index ^ 1, size, proof, ROOT_OF[size])


def assert_no_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], expected: bytes) -> None:
    with pytest.raises(LogForked):
        verify_inclusion(leaf, index, size, proof, expected)


def test_every_pair_of_sizes_up_to_130_is_proved_consistent_and_no_other_root_is() -> None:
    hash_at = reader(LEAVES)
    for new in range(LARGEST + 1):
        for old in range(new + 1):
            proof = consistency_proof(old, new, hash_at)
            old_root, new_root = ROOT_OF[old], ROOT_OF[new]
            verify_consistency(old, new, proof, old_root=old_root, new_root=new_root)
            assert_inconsistent(old, new, proof, flipped(old_root), new_root)
            if old:
                assert_inconsistent(old, new, proof, old_root, flipped(new_root))
            assert_inconsistent(old, new, [*proof, EMPTY_ROOT], old_root, new_root)
            if proof:
                assert_inconsistent(old, new, proof[:-1], old_root, new_root)
                assert_inconsistent(old, new, [flipped(proof[0]), *proof[1:]], old_root, new_root)


def assert_inconsistent(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> None:
    with pytest.raises(LogForked):
        verify_consistency(old, new, proof, old_root=old_root, new_root=new_root)


def test_a_smaller_tree_never_extends_a_larger_one() -> None:
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(5, 4, reader(LEAVES))
    assert_inconsistent(5, 4, [], ROOT_OF[5], ROOT_OF[4])


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(index, size, reader(LEAVES))
    assert_no_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_a_proof_from_a_tree_of_another_size_does_not_count() -> None:
    """The hashes would even lead to the root shown: only their number tells the two trees apart."""
    hash_at = reader(LEAVES)
    assert_no_inclusion(LEAVES[0], 0, 4, inclusion_proof(0, 2, hash_at), ROOT_OF[2])
    assert_no_inclusion(LEAVES[3], 1, 2, inclusion_proof(3, 4, hash_at), ROOT_OF[4])
    assert_inconsistent(1, 4, consistency_proof(1, 2, hash_at), ROOT_OF[1], ROOT_OF[2])


@pytest.mark.abuse("G07")
def test_a_node_cannot_pass_for_a_leaf() -> None:
    """Second preimage: the two halves of a node, offered as one entry, give another root."""
    left, right = LEAVES[0], LEAVES[1]
    assert root([leaf_hash(left + right)]) != root([left, right])
    assert_no_inclusion(leaf_hash(left + right), 0, 1, [], root([left, right]))
    assert node_hash(left, right) != leaf_hash(left + right)


@pytest.mark.abuse("G07")
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 8, 9, 64, 65, 128, 129])
def test_a_right_edge_goes_on_where_it_was_left(size: int) -> None:
    edge = RightEdge()
    for leaf in LEAVES[:size]:
        edge.append(leaf)
    resumed = RightEdge(edge.size, edge.peaks)
    assert resumed.root() == ROOT_OF[size]
    resumed.append(LEAVES[size])
    assert resumed.root() == ROOT_OF[size + 1]
    assert (edge.size, edge.root()) == (size, ROOT_OF[size]), "a resumed edge does not change the first"


@pytest.mark.parametrize(
    ("size", "peaks"), [(1, []), (3, [EMPTY_ROOT]), (0, [EMPTY_ROOT]), (1, [b"short"]), (-1, [EMPTY_ROOT])]
)
def test_a_right_edge_that_does_not_fit_its_size_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="right edge"):
        RightEdge(size, peaks)


def test_appending_names_the_subtrees_that_became_complete() -> None:
    edge = RightEdge()
    completed = [edge.append(leaf) for leaf in LEAVES[:8]]
    assert [len(each) for each in completed] == [1, 2, 1, 3, 1, 2, 1, 4]
    assert completed[7][3] == ROOT_OF[8]
    assert completed[5][1] == node_hash(LEAVES[4], LEAVES[5])


@given(st.lists(st.binary(max_size=3), max_size=40), st.lists(st.binary(max_size=3), max_size=40))
def test_two_lists_have_one_root_only_if_they_are_one_list(first: list[bytes], second: list[bytes]) -> None:
    assert (root(map(leaf_hash, first)) == root(map(leaf_hash, second))) == (first == second)
