"""The house's own check and the verifier that shares no code with it say the same of the same log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from app.audit.bodies import read_body
from app.audit.export import check_export, entries_under, trust_text, write_export
from app.audit.models import SignedCheckpoint
from app.audit.note import verifier_key
from app.audit.sequencer import Sequencer
from app.clock import uuid7
from app.keyholders.manager import FileKeyManager
from app.oversight import actions as oversight
from tests.conftest import Database
from tests.kit.verify_log import read_body as theirs
from tests.kit.verify_log import verify as verify_export
from tests.oversight.test_verifying import as_owner
from tests.world import World

SALT = b"s" * 16
Verdict = tuple[bool, int | None]


def said(world: World, database: Database, folder: Path) -> tuple[Verdict, Verdict, Verdict]:
    """What the house finds in the database, in an export, and what the stranger finds in that export."""
    ours = world.do("auditor", oversight.verify)
    key = verifier_key("amana.test/log", FileKeyManager({"log": b"l" * 32}).public())
    with Session(database.engine("owner")) as session:
        signed = session.query(SignedCheckpoint).order_by(SignedCheckpoint.size).all()
        (folder / "kept").mkdir(parents=True)
        for each in signed:
            (folder / "kept" / str(each.size)).write_text(each.note, encoding="utf-8", newline="")
        last = signed[-1]
        write_export(folder / "log", entries_under(session, last.size), last.note.encode(), trust_text(key))
    exported, stranger = check_export(folder / "log"), verify_export(folder / "log", checkpoints=folder / "kept")
    return (
        (ours.intact, ours.bad_index), (exported.intact, exported.bad_index), (stranger.ok, stranger.bad_index)
    )  # fmt: skip


def plant(database: Database, role: str, body: str) -> None:
    """Append an entry by hand, committed to as it should be, with a body of one's own writing."""
    with database.connect(role) as connection:
        if role == "owner":
            connection.execute("SET session_replication_role = replica")
        entry, raw = uuid7(), body.encode()
        connection.execute(
            "INSERT INTO entries (id, commitment) VALUES (%s, %s)", (entry, hashlib.sha256(SALT + raw).digest())
        )
        connection.execute(
            "INSERT INTO entry_bodies (entry, salt, body, view) VALUES (%s, %s, %s, convert_from(%s, 'UTF8')::jsonb)",
            (entry, SALT, raw, raw),
        )


def written(**more: Any) -> str:
    body = {"actor": "anonymous", "host": "portal", "subjects": [], **more}
    return json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def subjects(*given: Any) -> str:
    return written(subjects=list(given))


# Bodies that are JSON and say what an entry of the portal may say, in another spelling.
SPELLINGS = {
    "blank": written().replace(",", ", ", 1),
    "order": '{"host":"portal","actor":"anonymous","subjects":[]}',
    "twice": written().replace('{"actor"', '{"actor":"S-333333","actor"'),
    "escape": written().replace("portal", "port\\u0061l"),
    "slash": written(x="/").replace('"/"', '"\\/"'),
    "upper escape": written(x="\x0b").replace("\\u000b", "\\u000B"),
    "fraction": written(x=1).replace("1", "1.0"),
    "exponent": written(x=1).replace("1", "1e0"),
    "large": written(x=2**53),
    "minus nought": written(x=1).replace("1", "-0"),
    "new line": written() + "\n",
    "escaped letter": written(x="é").replace("é", "\\u00e9"),
    "order beyond the first plane": written(**{"\U00010000": 1, "\uff5e": 2}),
}
# Bodies in the one spelling that number the entries of a case wrongly: only who owns the database can.
NUMBERS = {
    "nought": subjects({"case": "AAAA-AAAA-A", "seq": 0}),
    "begins late": subjects({"case": "AAAA-AAAA-A", "seq": 2}),
    "twice in one": subjects({"case": "AAAA-AAAA-A", "seq": 1}, {"case": "AAAA-AAAA-A", "seq": 1}),
    "text": subjects({"case": "AAAA-AAAA-A", "seq": "1"}),
    "truth": subjects({"case": "AAAA-AAAA-A", "seq": True}),
    "no case": subjects({"seq": 1}),
    "no number": subjects({"case": "AAAA-AAAA-A"}),
    "a word": subjects("AAAA-AAAA-A"),
    "no list": written(subjects={}),
}


def test_both_find_an_untouched_log_whole(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path
) -> None:  # fmt: skip
    world.case()
    plant(database, "portal", written())
    plant(database, "portal", written(x="é\uff5e"))
    plant(database, "owner", subjects({"case": "AAAA-AAAA-A", "seq": 1}, {"case": "AAAA-AAAA-A", "seq": 2}))
    sequencer.tick(sign_now=True)

    assert said(world, database, tmp_path) == ((True, None),) * 3


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("name", SPELLINGS)
def test_both_name_a_body_in_a_second_spelling_which_the_portals_role_can_plant(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path, name: str
) -> None:
    plant(database, "portal", SPELLINGS[name])
    size = sequencer.tick(sign_now=True)

    assert said(world, database, tmp_path) == ((False, size - 1),) * 3


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("name", NUMBERS)
def test_both_name_an_entry_whose_number_is_off(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path, name: str
) -> None:
    plant(database, "owner", NUMBERS[name])
    size = sequencer.tick(sign_now=True)

    assert said(world, database, tmp_path) == ((False, size - 1),) * 3


def test_the_portals_role_can_give_no_number_at_all(world: World, database: Database) -> None:
    with pytest.raises(psycopg.errors.DatabaseError):
        plant(database, "portal", NUMBERS["begins late"])


@pytest.mark.abuse("G01")
def test_both_name_the_same_gap_in_a_case_of_the_offices_own(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path
) -> None:
    """The owner takes one entry out before it has its place, and counts the case on from there."""
    reference = world.case()
    world.person(reference)
    world.document(reference)
    gone = "(SELECT entry FROM entry_subjects WHERE seq = 2)"
    as_owner(database, f"DELETE FROM entry_bodies WHERE entry = {gone}")
    as_owner(database, f"DELETE FROM entries WHERE id = {gone}")
    size = sequencer.tick(sign_now=True)

    assert said(world, database, tmp_path) == ((False, size - 1),) * 3


def test_an_erased_body_stands_for_one_number_and_no_more(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path
) -> None:
    reference = world.case()
    world.person(reference)
    world.document(reference)
    as_owner(database, "DELETE FROM entry_bodies WHERE entry = (SELECT entry FROM entry_subjects WHERE seq = 2)")
    sequencer.tick(sign_now=True)

    assert said(world, database, tmp_path) == ((True, None),) * 3


@pytest.mark.abuse("G01")
@pytest.mark.parametrize("cut", ["first", "middle", "last"])
def test_both_doubt_the_same_entries_when_a_leaf_was_replaced_whole(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path, cut: str
) -> None:
    """Body, salt and commitment are made anew: the first checkpoint over them is what tells."""
    first = sequencer.tick(sign_now=True)
    world.case()
    second = first + sequencer.tick(sign_now=True)
    world.case()
    sequencer.tick(sign_now=True)
    at, agreed = {"first": (1, 0), "middle": (first, first), "last": (second, second)}[cut]
    raw = written(x="another").encode()
    entry = f"(SELECT entry FROM places WHERE leaf_index = {at})"
    as_owner(database, f"UPDATE entries SET commitment = %s WHERE id = {entry}", hashlib.sha256(SALT + raw).digest())
    as_owner(
        database, f"UPDATE entry_bodies SET salt = %s, body = %s, view = convert_from(%s, 'UTF8')::jsonb "
        f"WHERE entry = {entry}", SALT, raw, raw,
    )  # fmt: skip

    ours, _, stranger = said(world, database, tmp_path)

    assert ours == stranger == (False, agreed)


@pytest.mark.parametrize("raw", [text.encode() for text in SPELLINGS.values()], ids=list(SPELLINGS))
def test_both_readers_refuse_the_same_bodies(raw: bytes) -> None:
    readers: tuple[Callable[[bytes], Any], ...] = (read_body, theirs)

    for read in readers:
        with pytest.raises(ValueError, match=r"."):
            read(raw)


@pytest.mark.parametrize(
    "raw", [b"[]", b"1", b"null", b'"a"', b"", b"{", b"\xff{}", b"[" * 100_000, b'{"x":"\\ud800"}', b'{"x":NaN}'],
)  # fmt: skip
def test_both_readers_refuse_what_is_no_body_at_all(raw: bytes) -> None:
    for read in (read_body, theirs):
        with pytest.raises(ValueError, match=r"."):
            read(raw)


def test_both_readers_take_what_the_product_writes(world: World, database: Database) -> None:
    world.whole_case()
    with database.connect("auditor") as auditor:
        bodies = [bytes(body) for (body,) in auditor.execute("SELECT body FROM entry_bodies").fetchall()]

    assert len(bodies) > 30
    assert [read_body(raw) for raw in bodies] == [theirs(raw) for raw in bodies]


@pytest.mark.domain("D48")
def test_both_find_the_log_whole_after_a_case_was_destroyed(
    world: World, database: Database, sequencer: Sequencer, tmp_path: Path
) -> None:
    reference = world.case()
    world.testimony(reference)
    world.destroyed(reference)
    sequencer.tick(sign_now=True)

    assert said(world, database, tmp_path) == ((True, None),) * 3
