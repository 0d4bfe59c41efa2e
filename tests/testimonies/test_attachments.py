"""Files: sealed as they came, kept once, found again under their hash."""

from __future__ import annotations

import hashlib

import pytest
from pydantic import ValidationError

from app.errors import Conflict, SealBroken, TooLarge
from app.settings import Settings
from app.testimonies import actions as testimonies
from app.testimonies.forms import BeginAttachment, FinishAttachment
from app.work.files import FileStore
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, with_an_onlooker
from tests.world import World

FINISHED = FinishAttachment(blob="0" * 64, size_bytes=5, sha256=b"h" * 32, file_name="a", media_type=None)


def test_only_intake_with_the_account_in_hand_begins_a_file(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_legal(reference)

    begun = climb(
        world, log, testimonies.begin_attachment,
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=BeginAttachment(), subject=reference,
    )  # fmt: skip

    climb(
        world, log, testimonies.finish_attachment,
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        Rung("intake", "conflict", "none"),
        form=FINISHED, subject=begun.id,
    )  # fmt: skip


def test_a_closed_case_takes_no_file(world: World, database: Database) -> None:
    reference = world.case()
    begun = world.do("intake", testimonies.begin_attachment, BeginAttachment(), subject=reference)
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("intake", testimonies.begin_attachment, BeginAttachment(), subject=reference)
    with pytest.raises(Conflict):
        world.do("intake", testimonies.finish_attachment, FINISHED, subject=begun.id)


@pytest.mark.abuse("B05")
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x", "a\r\nSet-Cookie: b", "\u202egnp.exe", ".htaccess", "", "\U0001f54a"]
)
def test_a_file_is_never_named_by_whoever_sent_it(world: World, log: Log, settings: Settings, name: str) -> None:
    reference, mark = world.case(), world.canary()
    file = world.attach(reference, b"content", f"{mark}{name}", "text/plain")

    seen = world.open("intake", testimonies.open_attachment, file, "file_name", justification="WITNESS_REQUEST")

    assert seen["file_name"] == f"{mark}{name}"
    assert not [path for path in settings.attachments_folder.rglob("*") if mark in str(path)]


def test_the_hash_of_the_original_can_be_shown_in_court(world: World, log: Log) -> None:
    content = b"the evidentiary original"
    file = world.attach(world.case(), content, "a.txt", "text/plain")

    seen = world.open("intake", testimonies.open_attachment, file, "original_sha256", justification="WITNESS_REQUEST")

    assert seen["original_sha256"] == hashlib.sha256(content).hexdigest()


def test_what_lies_on_the_disk_is_sealed(world: World, log: Log, settings: Settings) -> None:
    canary = world.canary().encode()

    world.attach(world.case(), canary * 50, "a.txt", "text/plain")

    stored = [path for path in settings.attachments_folder.rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if canary in path.read_bytes()]


def test_the_key_of_one_file_opens_no_other(world: World, files: FileStore) -> None:
    reference = world.case()
    keys, blobs = [], []
    for content in (b"first", b"second"):
        begun = world.do("intake", testimonies.begin_attachment, BeginAttachment(), subject=reference)
        with files.receive(begun.key.raw()) as incoming:
            incoming.write(content)
            blobs.append(incoming.finish().blob)
        keys.append(begun.key.raw())

    assert b"".join(files.read(blobs[0], keys[0])) == b"first"
    with pytest.raises(SealBroken):
        b"".join(files.read(blobs[0], keys[1]))


def test_a_file_past_the_cap_leaves_nothing_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("files")
    store = FileStore(folder, bytes_max=10, free_percent_min=0)

    with pytest.raises(TooLarge), store.receive(b"k" * 32) as incoming:
        incoming.write(b"x" * 11)

    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("blob", ["../" * 22, "A" * 64, "0" * 63, "0" * 65, ""])
def test_a_file_is_named_by_a_hash_and_by_nothing_else(blob: str) -> None:
    with pytest.raises(ValidationError):
        FinishAttachment(blob=blob, size_bytes=1, sha256=b"", file_name=None, media_type=None)
