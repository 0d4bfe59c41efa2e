"""Tiles: the published names and shapes, written once, never believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.tiles import TileFolder, bundle, entries_path, tile_path, unbundle
from app.audit.tree import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from app.errors import LogForked
from tests.audit.sample_log import Dice, files_of

LEAVES = [leaf_hash(b"%d" % index) for index in range(1200)]


def folder_of(path: Path, count: int) -> TileFolder:
    folder = TileFolder(path)
    folder.append(0, LEAVES[:count])
    return folder


def tile_files(path: Path) -> set[str]:
    return {name for name in files_of(path) if name.startswith("tile/")}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (tile_path(0, 0), "tile/0/000"),
        (tile_path(0, 999), "tile/0/999"),
        (tile_path(0, 1000), "tile/0/x001/000"),
        (tile_path(3, 1234067), "tile/3/x001/x234/067"),
        (tile_path(63, 1234067, 112), "tile/63/x001/x234/067.p/112"),
        (tile_path(1, 5, 256), "tile/1/005"),
        (entries_path(1234067), "tile/entries/x001/x234/067"),
        (entries_path(7, 1), "tile/entries/007.p/1"),
    ],
)
def test_tiles_lie_where_the_format_says(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize(("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_has_no_name(level: int, index: int, width: int) -> None:
    with pytest.raises(ValueError, match="tile"):
        tile_path(level, index, width)


def test_seventy_thousand_leaves_make_the_tiles_of_the_published_example(tmp_path: Path) -> None:
    """tlog-tiles: 273 full and one of 112; one full and one of 17; one of 1."""
    leaves = [leaf_hash(b"%d" % index) for index in range(70_000)]
    folder = TileFolder(tmp_path)
    folder.append(0, leaves)
    expected = {tile_path(0, index) for index in range(273)} | {tile_path(0, 273, 112)}
    expected |= {tile_path(1, 0), tile_path(1, 1, 17), tile_path(2, 0, 1)}
    assert tile_files(tmp_path) == expected
    assert folder.hashes(0, 273, 112) == leaves[-112:]
    assert folder.hashes(1, 1, 17)[16] == root(leaves[272 * 256 : 273 * 256])
    assert folder.hashes(2, 0, 1) == [root(leaves[:65536])]
    assert folder.rebuild_right_edge(70_000).root() == root(leaves)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, set()),
        (1, {"tile/0/000.p/1"}),
        (255, {"tile/0/000.p/255"}),
        (256, {"tile/0/000", "tile/1/000.p/1"}),
        (257, {"tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"}),
    ],
)
def test_partial_tiles_have_their_width_in_the_name(tmp_path: Path, count: int, expected: set[str]) -> None:
    folder_of(tmp_path, count)
    assert tile_files(tmp_path) == expected


@given(st.lists(st.integers(0, 300), max_size=6))
def test_a_log_grown_in_steps_is_the_log_written_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    grown, at_once = (TileFolder(tmp_path_factory.mktemp(name)) for name in ("grown", "at-once"))
    size = 0
    for step in (step for step in steps if size + step <= len(LEAVES)):
        grown.append(size, LEAVES[size : size + step])
        grown.append_entries(size, LEAVES[size : size + step])
        size += step
    at_once.append(0, LEAVES[:size])
    at_once.append_entries(0, LEAVES[:size])
    final, all_written = files_of(at_once.root), files_of(grown.root)
    assert {name: all_written[name] for name in final} == final
    assert all(".p/" in name for name in all_written.keys() - final.keys())
    assert grown.rebuild_right_edge(size).root() == root(LEAVES[:size])


def test_the_partial_forms_go_when_the_tile_is_full(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 100)
    folder.append(100, LEAVES[100:200])
    assert tile_files(tmp_path) == {"tile/0/000.p/100", "tile/0/000.p/200"}
    assert folder.hash_at(0, 150) == LEAVES[150], "the widest form is the one that is read"
    folder.append(200, LEAVES[200:256])
    assert tile_files(tmp_path) == {"tile/0/000", "tile/1/000.p/1"}
    assert folder.hashes(0, 0, 100) == LEAVES[:100], "an older size still reads from the full tile"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 1000, 1200])
def test_proofs_come_out_of_the_tiles(tmp_path: Path, size: int) -> None:
    folder = folder_of(tmp_path, size)
    for index in {0, size // 3, size - 1}:
        proof = inclusion_proof(index, size, folder.hash_at)
        verify_inclusion(LEAVES[index], index, size, proof, root(LEAVES[:size]))
        proof = consistency_proof(index, size, folder.hash_at)
        verify_consistency(index, size, proof, old_root=root(LEAVES[:index]), new_root=root(LEAVES[:size]))


def test_a_subtree_beyond_the_tiles_is_not_made_up(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 300)
    for height, index in [(0, 300), (0, 512), (8, 1), (9, 0), (16, 0)]:
        with pytest.raises(LogForked):
            folder.hash_at(height, index)


def test_writing_the_same_again_after_a_crash_is_fine(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 500)
    folder.append(500, LEAVES[500:900])
    before = files_of(tmp_path)
    folder.append(500, LEAVES[500:900])
    assert files_of(tmp_path) == before


def test_a_crash_between_any_two_files_is_repaired_by_going_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 250)
    folder.append(250, LEAVES[250:600])
    whole = files_of(tmp_path)
    for name in sorted(whole.keys() - {"tile/0/000"}):
        (tmp_path / name).unlink()
        (tmp_path / name).with_name(".left.tmp").write_bytes(b"torn")
        folder.append(250, LEAVES[250:600])
        (tmp_path / name).with_name(".left.tmp").unlink()
        assert files_of(tmp_path) == whole


@pytest.mark.abuse("G03")
@pytest.mark.parametrize("size_before", [0, 100, 256, 300])
def test_other_leaves_for_a_place_already_written_raise(tmp_path: Path, size_before: int) -> None:
    folder = folder_of(tmp_path, 400)
    before = files_of(tmp_path)
    other = [leaf_hash(b"another %d" % index) for index in range(400 - size_before)]
    with pytest.raises(LogForked):
        folder.append(size_before, other)
    assert files_of(tmp_path) == before


def test_a_full_tile_that_does_not_continue_its_partial_raises(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 10)
    with pytest.raises(LogForked, match="begin"):
        folder.append(0, LEAVES[256:512])


def test_growing_a_log_that_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(LogForked, match="missing"):
        TileFolder(tmp_path).append(10, LEAVES[10:20])


def test_a_hash_of_another_length_is_never_written(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path)
    for wrong in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32"):
            folder.append(0, [LEAVES[0], wrong])
        with pytest.raises(ValueError, match="32"):
            folder.append_entries(0, [wrong])
    assert files_of(tmp_path) == {}


@pytest.mark.abuse("G06")
def test_one_flipped_bit_in_any_stored_hash_is_found_at_start(tmp_path: Path) -> None:
    """1,000 trials: either a tile does not follow from the leaves, or the root is not the signed one."""
    folder, size, dice = folder_of(tmp_path, 600), 600, Dice(6)
    good = root(LEAVES[:size])
    assert folder.rebuild_right_edge(size).root() == good
    names = sorted(tile_files(tmp_path))
    missed = 0
    for _ in range(1000):
        path = tmp_path / names[dice.below(len(names))]
        pristine = path.read_bytes()
        path.write_bytes(dice.flip(pristine))
        missed += looks_well(folder, size, good)
        path.write_bytes(pristine)
    assert missed == 0


def looks_well(folder: TileFolder, size: int, good: bytes) -> bool:
    try:
        return folder.rebuild_right_edge(size).root() == good
    except LogForked:
        return False


@pytest.mark.abuse("G06")
@pytest.mark.parametrize("bytes_left", [0, 31, 32, 8191])
def test_a_cut_tile_is_found_at_start(tmp_path: Path, bytes_left: int) -> None:
    folder = folder_of(tmp_path, 300)
    path = tmp_path / tile_path(0, 0)
    path.write_bytes(path.read_bytes()[:bytes_left])
    with pytest.raises(LogForked, match="short"):
        folder.rebuild_right_edge(300)


def test_bundles_hold_each_entry_behind_its_length() -> None:
    assert bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert unbundle(b"\x00\x02ab\x00\x00") == [b"ab", b""]
    for cut in (b"\x00", b"\x00\x02a", b"\x00\x02ab\x00"):
        with pytest.raises(LogForked):
            unbundle(cut)


@pytest.mark.abuse("G06")
def test_one_flipped_bit_in_any_bundled_entry_is_found(tmp_path: Path) -> None:
    folder, dice = TileFolder(tmp_path), Dice(7)
    commitments = LEAVES[:300]
    folder.append_entries(0, commitments)
    folder.append(0, [leaf_hash(each) for each in commitments])
    folder.check_entries(300)
    for trial in range(300):
        path = tmp_path / (entries_path(0), entries_path(1, 44))[trial % 2]
        pristine = path.read_bytes()
        path.write_bytes(dice.flip(pristine))
        with pytest.raises(LogForked):
            folder.check_entries(300)
        path.write_bytes(pristine)
    path.unlink()
    with pytest.raises(LogForked, match="missing"):
        folder.check_entries(300)


def test_commitments_read_back_from_partial_and_full_bundles(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path)
    folder.append_entries(0, LEAVES[:200])
    folder.append_entries(200, LEAVES[200:300])
    assert folder.commitments(0) + folder.commitments(1, 44) == LEAVES[:300]
    assert folder.commitments(0, 200) == LEAVES[:200]
    assert files_of(tmp_path).keys() == {"tile/entries/000", "tile/entries/001.p/44"}


def test_the_checkpoint_is_the_one_file_that_is_replaced(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path)
    assert folder.read_checkpoint() is None
    folder.write_checkpoint(b"first")
    folder.write_checkpoint(b"second")
    assert folder.read_checkpoint() == b"second"
    assert files_of(tmp_path) == {"checkpoint": b"second"}


@pytest.mark.parametrize(("size", "there"), [(0, 0), (5, 5), (5, 9), (256, 256), (250, 300), (256, 700), (3, 1024)])
def test_leaves_beyond_a_checkpoint_are_told(tmp_path: Path, size: int, there: int) -> None:
    assert folder_of(tmp_path, there).ahead(size) == LEAVES[size:there]
