"""The log from the terminal, and that a stranger's program finds the same."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.audit.checkpoint import open_checkpoint
from app.cli import key_files
from app.cli.database import database
from app.settings import Settings
from tests.cli.driving import Amana, Done, processes_in
from tests.cli.nursery import ROOT


def settings_of(amana: Amana) -> Settings:
    return Settings.read(amana.environ())


def stranger(folder: Path, *words: str) -> Done:
    """The one-file verifier as an outsider runs it: by itself, from somewhere else."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "kit" / "verify_log.py", folder, "--json", *words],
        capture_output=True, text=True, cwd=folder.parent, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def owner(amana: Amana, *statements: str) -> None:
    """What somebody with the whole machine could do: as owner, triggers off."""
    with database(settings_of(amana)) as roles, roles.using("owner") as engine, engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def actions_of(amana: Amana) -> list[str]:
    """Actions of the operator in the log, oldest first."""
    statement = "SELECT view->>'action' FROM entry_bodies WHERE view->>'actor' = 'operator' ORDER BY entry"
    with database(settings_of(amana)) as roles, roles.using("app") as engine, engine.connect() as connection:
        return list(connection.exec_driver_sql(statement).scalars())


@pytest.fixture
def exported(seeded: Amana, tmp_path: Path) -> Path:
    out = tmp_path / "log"
    done = seeded.run("audit", "export", str(out))
    assert done.code == 0, done.err
    return out


def test_an_untouched_log_is_intact_for_the_house_and_for_strangers(seeded: Amana, exported: Path) -> None:
    house = seeded.run("audit", "verify", "--json")
    folder = seeded.run("audit", "verify", str(exported), "--json")
    outside = stranger(exported)

    assert (house.code, folder.code, outside.code) == (0, 0, 0)
    assert house.json["intact"]
    assert folder.json["size"] == outside.json["size"] > 300
    assert base64.b64encode(bytes.fromhex(folder.json["root"])).decode() == outside.json["root"]


def test_every_check_and_every_export_is_an_entry(seeded: Amana, tmp_path: Path) -> None:
    before = actions_of(seeded)

    seeded.run("audit", "verify")
    seeded.run("audit", "export", str(tmp_path / "out"))

    assert actions_of(seeded)[len(before) :] == ["log.verify", "log.export"]


def test_checking_a_folder_says_who_should_rather_do_it(seeded: Amana, exported: Path) -> None:
    done = seeded.run("audit", "verify", str(exported))

    assert "tests/kit/verify_log.py" in done.err
    assert done.out.startswith("INTACT")


def test_an_export_extends_the_one_before(seeded: Amana, exported: Path, tmp_path: Path) -> None:
    seeded.run("audit", "checkpoint")
    later = tmp_path / "later"
    assert seeded.run("audit", "export", str(later)).code == 0

    found = stranger(later, "--checkpoints", str(exported / "checkpoint"), "--trust", str(exported / "trust"))

    assert found.code == 0
    assert found.json["size"] > stranger(exported).json["size"]


def test_an_export_goes_into_a_new_folder_only_and_a_refused_one_leaves_no_entry(seeded: Amana, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    before = actions_of(seeded)

    done = seeded.run("audit", "export", str(tmp_path))

    assert done.code == 2
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]
    assert actions_of(seeded) == before


def test_an_export_betrays_no_content(seeded: Amana, exported: Path) -> None:
    whole = b"".join(f.read_bytes() for f in exported.rglob("*") if f.is_file())
    marks = [canary["text"] for canary in seeded.cast()["canaries"]]

    assert marks
    assert [mark for mark in marks if mark.encode() in whole] == []


@pytest.mark.abuse("G01")
@pytest.mark.parametrize("index", [0, 17, 300])
def test_a_body_changed_in_an_export_is_named_by_both(seeded: Amana, exported: Path, index: int) -> None:
    bodies = exported / "bodies.jsonl"
    lines = bodies.read_text().splitlines(keepends=True)
    lines[index] = lines[index].replace('"v":1', '"v":2')
    bodies.write_text("".join(lines))

    house, outside = seeded.run("audit", "verify", str(exported), "--json"), stranger(exported)

    assert (house.code, outside.code) == (3, 3)
    assert house.json["bad_index"] == outside.json["bad_index"] == index


@pytest.mark.abuse("G05")
@pytest.mark.abuse("G06")
@pytest.mark.parametrize("part", ["checkpoint", "tile/0/000", "tile/entries/000", "bodies.jsonl"])
def test_one_flipped_bit_in_an_export_is_found_by_both(seeded: Amana, exported: Path, part: str) -> None:
    raw = bytearray((exported / part).read_bytes())
    raw[len(raw) // 2] ^= 1
    (exported / part).write_bytes(raw)

    assert seeded.run("audit", "verify", str(exported)).code == 3
    assert stranger(exported).code == 3


def test_what_is_no_export_could_not_be_checked(seeded: Amana, tmp_path: Path) -> None:
    assert seeded.run("audit", "verify", str(tmp_path)).code == 1
    assert seeded.run("audit", "verify", str(tmp_path / "nothing")).code == 1


@pytest.mark.abuse("G01")
def test_a_body_changed_in_the_database_is_named(spoilt: Amana) -> None:
    owner(
        spoilt,
        "ALTER TABLE entry_bodies DISABLE TRIGGER USER",
        "UPDATE entry_bodies SET salt = decode(repeat('00', 16), 'hex') "
        "WHERE entry = (SELECT entry FROM places WHERE leaf_index = 123)",
    )

    done = spoilt.run("audit", "verify", "--json")

    assert done.code == 3
    assert done.json["bad_index"] == 123


@pytest.mark.abuse("G02")
def test_a_log_cut_in_the_database_is_found(spoilt: Amana) -> None:
    owner(
        spoilt,
        "ALTER TABLE places DISABLE TRIGGER USER",
        "DELETE FROM places WHERE leaf_index >= (SELECT max(leaf_index) - 3 FROM places)",
    )

    assert spoilt.run("audit", "verify").code == 3


@pytest.mark.abuse("G06")
def test_a_bit_flipped_in_the_published_tiles_is_found(spoilt: Amana) -> None:
    tile = spoilt.home / "log" / "tile" / "0" / "000"
    raw = bytearray(tile.read_bytes())
    raw[99] ^= 4
    tile.write_bytes(raw)

    assert spoilt.run("audit", "verify").code == 3


@pytest.mark.abuse("G05")
def test_a_checkpoint_signed_by_another_key_is_found(spoilt: Amana, real: Amana) -> None:
    shutil.copy(real.home / "keys" / "log.trust", spoilt.home / "keys" / "log.trust")

    assert spoilt.run("audit", "verify").code == 3


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300])
def test_a_proof_leads_from_the_entry_to_the_signed_root(seeded: Amana, exported: Path, index: int) -> None:
    """Followed by hand from RFC 9162, with nothing of ours but the signature check."""
    proof = seeded.run("audit", "prove", str(index), "--json").json["proof"]
    head, note = proof.split("\n\n", 1)
    header, told, *hashes = head.split("\n")
    signed = open_checkpoint(note.encode(), key_files.log_key(settings_of(seeded)))
    body = json.loads((exported / "bodies.jsonl").read_text().splitlines()[index])
    line = (exported / "bodies.jsonl").read_bytes().splitlines()[index]
    canonical = line[len(b'{"body":') : line.rindex(b',"salt":')]

    leaf = hashlib.sha256(b"\0" + hashlib.sha256(bytes.fromhex(body["salt"]) + canonical).digest()).digest()

    assert header == "c2sp.org/tlog-proof@v1"
    assert told == f"index {index}"
    assert root_over(leaf, index, signed.size, [base64.b64decode(each) for each in hashes]) == signed.root


def root_over(node: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2."""
    last = size - 1
    for sibling in proof:
        if index & 1 or index == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return node


def test_an_entry_is_found_by_its_id_too(seeded: Amana, exported: Path) -> None:
    entry = json.loads((exported / "bodies.jsonl").read_text().splitlines()[7])["body"]["id"]

    assert seeded.run("audit", "prove", entry).out == seeded.run("audit", "prove", "7").out


@pytest.mark.parametrize("name", ["999999", "no-entry", "018f0000-0000-7000-8000-000000000000"])
def test_what_is_no_entry_has_no_proof(seeded: Amana, name: str) -> None:
    done = seeded.run("audit", "prove", name)

    assert done.code == 2
    assert done.out == ""


def test_an_entry_that_is_not_signed_yet_has_to_wait(seeded: Amana) -> None:
    seeded.run("audit", "checkpoint")
    size = seeded.run("audit", "checkpoint", "--json").json["size"]
    seeded.run("audit", "verify")

    assert seeded.run("audit", "prove", str(size)).code == 2
    seeded.run("audit", "checkpoint")
    assert seeded.run("audit", "prove", str(size)).code == 0


def test_after_a_checkpoint_nothing_waits(seeded: Amana) -> None:
    seeded.run("audit", "verify")
    signed = seeded.run("audit", "checkpoint", "--json").json

    checked = seeded.run("audit", "verify", "--json").json

    assert signed["size"] == checked["size"]
    assert (
        bytes.fromhex(checked["root"])
        == open_checkpoint(signed["note"].encode(), key_files.log_key(settings_of(seeded))).root
    )


def test_with_a_worker_running_the_checkpoint_is_the_workers(seeded: Amana) -> None:
    from app.presence import running as worker_of
    from tests.cli.driving import wait_for

    settings = settings_of(seeded)
    with seeded.running("worker"):
        wait_for(lambda: worker_of(settings) is not None, 30)
        seeded.run("audit", "verify")
        # Without the key file at hand it can only be the worker that signs.
        aside = (seeded.home / "keys" / "log.key").rename(seeded.home / "aside.key")
        done = seeded.run("audit", "checkpoint", "--json")
        aside.rename(seeded.home / "keys" / "log.key")

    assert done.code == 0, done.err
    assert seeded.run("audit", "verify").code == 0


def test_a_command_that_started_the_database_stops_it(spoilt: Amana) -> None:
    assert spoilt.run("audit", "verify").code == 0

    assert processes_in(spoilt.home) == []
