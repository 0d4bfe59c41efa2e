"""The export: exactly what the verifier checks, computed from the entries themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.audit.canonical import commitment
from app.audit.export import trust_text, write_export
from tests.audit.sample_log import entries, entry, export, files_of, key, leaves, salt, signed
from tests.kit.verify_log import expected_files, verify


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_an_export_holds_the_files_of_its_size_and_no_other(tmp_path: Path, size: int) -> None:
    assert files_of(export(tmp_path / "log", entries(size))).keys() == expected_files(size)


def test_the_files_of_a_large_export_are_counted_right() -> None:
    names = expected_files(70_000)
    assert len(names) == 3 + 274 * 2 + 2 + 1
    assert {"tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"} <= names


def test_each_line_is_the_salted_body_or_what_is_left_of_it(tmp_path: Path) -> None:
    whole, erased = entry(0), commitment(*entry(1))
    lines = files_of(export(tmp_path / "log", [whole, erased]))["bodies.jsonl"].split(b"\n")
    assert lines[0] == b'{"body":' + whole[1] + b',"salt":"' + salt(0).hex().encode() + b'"}'
    assert lines[1] == b'{"erased":"' + erased.hex().encode() + b'"}'
    assert lines[2:] == [b""]


def test_the_tiles_hold_commitments_and_leaves_of_every_entry(tmp_path: Path) -> None:
    log = entries(3)
    files = files_of(export(tmp_path / "log", log))
    assert files["tile/0/000.p/3"] == b"".join(leaves(log))
    assert files["tile/entries/000.p/3"] == b"".join(b"\x00\x20" + commitment(*each) for each in log)


def test_what_does_not_fit_its_checkpoint_is_exported_as_it_is_and_found(tmp_path: Path) -> None:
    """The export is no judge: it shows what there is, and the verifier finds it."""
    folder = export(tmp_path / "log", [entry(0), entry(1, outcome="refused")], note=signed(entries(2)))
    assert verify(folder).code == 3


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("kept")
    with pytest.raises(FileExistsError):
        export(tmp_path, entries(1))
    assert files_of(tmp_path) == {"theirs": b"kept"}


def test_entries_may_come_one_by_one(tmp_path: Path) -> None:
    log = entries(300)
    write_export(tmp_path / "log", iter(log), signed(log), trust_text(key()))
    assert verify(tmp_path / "log").ok


def test_the_trust_file_names_the_keys_and_asks_for_no_witness() -> None:
    assert trust_text(key()) == f"log {key()}\nquorum none\n"
