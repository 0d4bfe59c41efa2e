"""The hash tree of RFC 6962 and its proofs. Knows hashes only: no files, no entries, no keys.

Every subtree named here is complete and aligned: *the hash at (height, index)* covers the
leaves from index * 2^height up to, not including, (index + 1) * 2^height.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from app.errors import LogForked

HashAt = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data). The first byte keeps a leaf from ever passing for a node (G07)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in order; EMPTY_ROOT over none."""
    edge = RightEdge()
    for each in hashes:
        edge.append(each)
    return edge.root()


class RightEdge:
    """All of a tree that is needed to go on: its size and the roots of its complete subtrees.

    peaks   largest subtree first, one for each 1 in the binary form of the size
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count() or any(len(peak) != 32 for peak in self.peaks):
            raise ValueError("a right edge has one hash of 32 bytes for each 1 in its size")

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf hash, as a 1 is added to a binary number with carries.

        returns   the complete subtrees that end with this leaf, by height: the leaf hash first
        """
        completed = [leaf]
        carry = self.size
        while carry & 1:
            completed.append(node_hash(self.peaks.pop(), completed[-1]))
            carry >>= 1
        self.peaks.append(completed[-1])
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of all leaves so far, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        right = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            right = node_hash(left, right)
        return right


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """The hashes that lead from leaf ``index`` to the root of ``size`` leaves, leaf's sibling first.

    raises   ValueError unless 0 <= index < size
    source   RFC 6962 section 2.1.1
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    start, end = 0, size
    siblings = []
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            siblings.append(_subtree(middle, end, hash_at))
            end = middle
        else:
            siblings.append(_subtree(start, middle, hash_at))
            start = middle
    return siblings[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Return if the proof leads from this leaf hash at ``index`` to the root ``expected``.

    raises   LogForked for every way in which it does not
    source   RFC 9162 section 2.1.3.2
    """
    if not 0 <= index < size:
        raise LogForked("no such leaf in a tree of this size")
    node, position, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise LogForked("the proof is too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last or node != expected:
        raise LogForked("the proof does not lead to this root")


def root_of(size: int, hash_at: HashAt) -> bytes:
    """The root of the first ``size`` leaves of a tree that has as many or more."""
    return _subtree(0, size, hash_at) if size else EMPTY_ROOT


def consistency_proof(old: int, new: int, hash_at: HashAt) -> list[bytes]:
    """The hashes which show that the tree of ``new`` leaves begins with the tree of ``old``.

    returns  empty for old == 0, which every tree extends, and for old == new
    raises   ValueError unless 0 <= old <= new
    source   RFC 6962 section 2.1.2
    """
    if not 0 <= old <= new:
        raise ValueError("a tree does not extend a larger one")
    if old == 0:
        return []
    start, end = 0, new
    hashes = []
    while old != end:
        middle = start + _largest_power_below(end - start)
        if old <= middle:
            hashes.append(_subtree(middle, end, hash_at))
            end = middle
        else:
            hashes.append(_subtree(start, middle, hash_at))
            start = middle
    if start:  # Otherwise this is the old root itself, and whoever checks has it.
        hashes.append(_subtree(start, end, hash_at))
    return hashes[::-1]


def verify_consistency(old: int, new: int, proof: Sequence[bytes], *, old_root: bytes, new_root: bytes) -> None:
    """Return if the tree of ``new`` leaves begins with the tree of ``old`` leaves.

    raises   LogForked for every way in which it does not
    source   RFC 9162 section 2.1.4.2
    """
    if not 0 <= old <= new:
        raise LogForked("a tree does not extend a larger one")
    if old in (0, new):
        if proof or (old == 0 and old_root != EMPTY_ROOT) or (old == new and old_root != new_root):
            raise LogForked("these trees do not agree")
        return
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not hashes:
        raise LogForked("the proof is too short")
    position, last = _skip_ones(old - 1, new - 1)
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise LogForked("the proof is too long")
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    if last or first != old_root or second != new_root:
        raise LogForked("the newer tree does not begin with the older one")


def _largest_power_below(count: int) -> int:
    """The largest power of two smaller than count, for count >= 2: where RFC 6962 splits a tree."""
    return 1 << (count - 1).bit_length() - 1


def _subtree(start: int, end: int, hash_at: HashAt) -> bytes:
    """The root over leaves start to end, where start is a multiple of a power of two >= end - start."""
    count = end - start
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return hash_at(height, start >> height)
    middle = start + _largest_power_below(count)
    return node_hash(_subtree(start, middle, hash_at), _subtree(middle, end, hash_at))


def _skip_ones(position: int, last: int) -> tuple[int, int]:
    while position & 1:
        position, last = position >> 1, last >> 1
    return position, last
