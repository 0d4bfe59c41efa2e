"""The tree as files that never change (c2sp.org/tlog-tiles).

``tile/<level>/<number>[.p/<width>]``: 256 hashes of 32 bytes, fewer in a partial tile.
Hash i of tile n at level l is the root of leaves (n * 256 + i) * 256^l and the 256^l from there on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from app.audit.tree import RightEdge, leaf_hash, root, root_of
from app.errors import LogForked

WIDTH = 256
HASH_BYTES = 32
LEVEL_BITS = 8


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile of hashes lies: ``tile/0/x001/x234/067.p/112`` for tile 1234067, 112 wide.

    level    0 to 63
    width    1 to 256; 256 is a full tile and has no suffix
    raises   ValueError outside these
    """
    if not 0 <= level <= 63:
        raise ValueError("a tile's level is 0 to 63")
    return _path(str(level), index, width)


def entries_path(index: int, width: int = WIDTH) -> str:
    """Where a bundle of entries lies: as a tile of level 0, under ``tile/entries``."""
    return _path("entries", index, width)


def bundle(commitments: Sequence[bytes]) -> bytes:
    """An entry bundle: for each entry its length as u16 big-endian, then the entry."""
    return b"".join(len(each).to_bytes(2, "big") + each for each in commitments)


def unbundle(raw: bytes) -> list[bytes]:
    """The entries of a bundle; LogForked if it was cut."""
    entries, at = [], 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if end > len(raw):
            raise LogForked("an entry bundle was cut")
        entries.append(raw[at + 2 : end])
        at = end
    return entries


class TileFolder:
    """A log's files under one folder. A tile is written once; the checkpoint is written last.

    A crash may leave tiles that no checkpoint covers yet. Appending the same leaves again finds
    them equal and goes on; appending others raises LogForked. So leaves must have their places
    for good before they come here. There must be one writer at a time; readers need no lock.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        # The sequencer publishes, and lines of witnesses come, in two threads of one process.
        self._publishing = threading.Lock()

    def append(self, size_before: int, leaf_hashes: Sequence[bytes]) -> None:
        """Write the tiles, at every level, that the tree has after ``size_before`` + these leaves.

        raises   LogForked if a file is there already with other bytes, or one it builds on is gone
        """
        level, fresh = 0, list(leaf_hashes)
        _require_hashes(fresh)
        while fresh:
            fresh = self._append_level(level, size_before, fresh)
            level, size_before = level + 1, size_before >> LEVEL_BITS

    def append_entries(self, size_before: int, commitments: Sequence[bytes]) -> None:
        """Write the entry bundles that hold ``size_before`` + these commitments, 32 bytes each."""
        _require_hashes(commitments)
        index, width = divmod(size_before, WIDTH)
        pending = [*self.commitments(index, width), *commitments]
        for number, start in enumerate(range(0, len(pending), WIDTH), start=index):
            chunk = pending[start : start + WIDTH]
            self._write_once(entries_path(number, len(chunk)), bundle(chunk))
            self._drop_partials(entries_path(number), len(chunk))

    def commitments(self, index: int, width: int = WIDTH) -> list[bytes]:
        """The first ``width`` commitments of bundle ``index``; LogForked if they are not there."""
        if width == 0:
            return []
        entry_bytes = 2 + HASH_BYTES
        raw = self._read(entries_path(index, width), entries_path(index), width * entry_bytes)
        found = unbundle(raw)
        if any(len(each) != HASH_BYTES for each in found):
            raise LogForked(f"{entries_path(index, width)} does not hold commitments")
        return found

    def hashes(self, level: int, index: int, width: int = WIDTH) -> list[bytes]:
        """The first ``width`` hashes of a tile; LogForked if they are not there."""
        if width == 0:
            return []
        raw = self._read(tile_path(level, index, width), tile_path(level, index), width * HASH_BYTES)
        return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]

    def hash_at(self, height: int, index: int) -> bytes:
        """The root of the complete subtree over leaves index * 2^height and the 2^height from there on.

        It reads one tile, and suits ``tree.inclusion_proof`` and ``tree.consistency_proof``.
        raises   LogForked if the folder does not hold that subtree
        """
        level, rest = divmod(height, LEVEL_BITS)
        tile, first = divmod(index << rest, WIDTH)
        raw = self._widest(level, tile)[first * HASH_BYTES : (first + (1 << rest)) * HASH_BYTES]
        if len(raw) != HASH_BYTES << rest:
            raise LogForked("a tile is too short")
        return root(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES))

    def root_at(self, size: int) -> bytes:
        """The root of the first ``size`` leaves of however many, from stored hashes; LogForked if one is missing."""
        return root_of(size, self.hash_at)

    def rebuild_right_edge(self, size: int) -> RightEdge:
        """The right edge of ``size`` leaves, computed from level 0 alone.

        Every stored hash above level 0 is compared on the way: one flipped bit in a tile would
        otherwise be signed into a root that nobody could ever prove anything against (G06).
        Whether level 0 itself is right shows when the caller compares the root with the last checkpoint.

        raises   LogForked if a tile is missing, cut or does not follow from the leaves
        """
        edge = RightEdge()
        stored = [self._level(level, size >> LEVEL_BITS * level) for level in range(1, 8)]
        for leaf in self._level(0, size):
            completed = edge.append(leaf)
            for tiles, computed in zip(stored, completed[LEVEL_BITS::LEVEL_BITS], strict=False):
                if next(tiles) != computed:
                    raise LogForked(f"a stored hash over leaf {edge.size - 1} does not follow from the leaves")
        return edge

    def ahead(self, size: int) -> list[bytes]:
        """Leaf hashes that lie here beyond the first ``size``: written, and not under that checkpoint."""
        index, skipped = divmod(size, WIDTH)
        found: list[bytes] = []
        while True:
            try:
                raw = self._widest(0, index)
            except LogForked:
                return found
            found += [raw[at : at + HASH_BYTES] for at in range(skipped * HASH_BYTES, len(raw), HASH_BYTES)]
            if len(raw) < WIDTH * HASH_BYTES:
                return found
            index, skipped = index + 1, 0

    def check_entries(self, size: int) -> None:
        """Return if the first ``size`` bundled commitments are those that the leaf hashes stand for.

        raises   LogForked if one is not, or is missing
        """
        for index, (data, leaf) in enumerate(zip(self._all_commitments(size), self._level(0, size), strict=True)):
            if leaf_hash(data) != leaf:
                raise LogForked(f"the bundled entry {index} is not the one in the tree")

    def write_checkpoint(self, note: bytes) -> None:
        """Publish a signed checkpoint: the one file that is replaced. All it covers is written."""
        with self._publishing:
            self._write("checkpoint", note)

    def add_signature(self, text: bytes, line: bytes) -> None:
        """Add a witness's line to the published checkpoint, if it is still the one with this text."""
        with self._publishing:
            note = self.read_checkpoint() or b""
            if note.startswith(text + b"\n") and line not in note:
                self._write("checkpoint", note + line)

    def keep_cosigned(self, note: bytes) -> None:
        """Keep the newest checkpoint that enough witnesses signed: the next one begins without them."""
        if self.read_cosigned() != note:
            self._write("cosigned", note)

    def read_cosigned(self) -> bytes | None:
        """The newest checkpoint that enough witnesses signed; None before the first."""
        path = self.root / "cosigned"
        return path.read_bytes() if path.exists() else None

    def add_succession(self, note: bytes) -> None:
        """Publish that another key signs from now on. What was published before stays."""
        self._write_once(f"succession/{len(self.successions()) + 1}", note)

    def successions(self) -> list[bytes]:
        """Each change of the log's key, from the first to the last."""
        found: list[bytes] = []
        while (path := self.root / "succession" / str(len(found) + 1)).exists():
            found.append(path.read_bytes())
        return found

    def read_checkpoint(self) -> bytes | None:
        """The signed checkpoint as published last; None before the first."""
        path = self.root / "checkpoint"
        return path.read_bytes() if path.exists() else None

    def _append_level(self, level: int, count_before: int, fresh: list[bytes]) -> list[bytes]:
        """Write the tiles of one level; returns the roots of those that became full."""
        index, width = divmod(count_before, WIDTH)
        pending = [*self.hashes(level, index, width), *fresh]
        full = []
        for number, start in enumerate(range(0, len(pending), WIDTH), start=index):
            chunk = pending[start : start + WIDTH]
            self._write_once(tile_path(level, number, len(chunk)), b"".join(chunk))
            self._drop_partials(tile_path(level, number), len(chunk))
            if len(chunk) == WIDTH:
                full.append(root(chunk))
        return full

    def _level(self, level: int, count: int) -> Iterator[bytes]:
        for index in range(count // WIDTH):
            yield from self.hashes(level, index)
        yield from self.hashes(level, count // WIDTH, count % WIDTH)

    def _all_commitments(self, count: int) -> Iterator[bytes]:
        for index in range(count // WIDTH):
            yield from self.commitments(index)
        yield from self.commitments(count // WIDTH, count % WIDTH)

    def _read(self, path: str, full_path: str, length: int) -> bytes:
        """The first ``length`` bytes of a tile, or of the full one that has replaced it."""
        for candidate in (path, full_path):
            # Trying, not asking first: the writer may remove a partial tile at any moment.
            with suppress(FileNotFoundError):
                raw = (self.root / candidate).read_bytes()[:length]
                if len(raw) != length:
                    raise LogForked(f"{path} is too short")
                return raw
        raise LogForked(f"{path} is missing")

    def _widest(self, level: int, index: int) -> bytes:
        """What there is of a tile: all of it, or its widest partial form."""
        full = self.root / tile_path(level, index)
        partials = full.with_name(full.name + ".p")
        widths = sorted(int(each.name) for each in partials.glob("[1-9]*"))
        # The partial form may become full, and go, between the listing and the reading.
        for candidate in (full, *(partials / str(width) for width in widths[-1:]), full):
            with suppress(FileNotFoundError):
                return candidate.read_bytes()
        raise LogForked(f"{tile_path(level, index)} is missing")

    def _write_once(self, path: str, raw: bytes) -> None:
        target = self.root / path
        if not target.exists():
            self._write(path, raw)
        elif target.read_bytes() != raw:
            raise LogForked(f"{path} was written before with other bytes")

    def _write(self, path: str, raw: bytes) -> None:
        """Write so that after a crash the file is there whole or not at all."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.tmp")
        with fresh.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(target)
        _sync_folder(target.parent)

    def _drop_partials(self, full_path: str, width: int) -> None:
        """Remove the partial forms of a tile that is now full, as the format allows: they are its beginnings.

        Their bytes are compared first. A partial that the full tile does not begin with is a fork.
        """
        folder = self.root / f"{full_path}.p"
        if width < WIDTH or not folder.exists():
            return
        whole = (self.root / full_path).read_bytes()
        for partial in folder.iterdir():
            if not partial.name.startswith(".") and not whole.startswith(partial.read_bytes()):
                raise LogForked(f"{full_path} does not begin with what was published before")
            partial.unlink()
        folder.rmdir()


def _path(kind: str, index: int, width: int) -> str:
    if index < 0 or not 1 <= width <= WIDTH:
        raise ValueError("a tile has an index from 0 and a width of 1 to 256")
    last, groups = f"{index % 1000:03}", []
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    path = "/".join(["tile", kind, *reversed(groups), last])
    return path if width == WIDTH else f"{path}.p/{width}"


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ValueError("hashes and commitments have 32 bytes")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
