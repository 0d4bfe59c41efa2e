"""The sequencer on a real database: nothing is passed over, nothing is signed that does not extend the log."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from app import clock
from app.audit import sequencer as sequencing
from app.audit.append import Draft, append
from app.audit.checkpoint import open_checkpoint
from app.audit.models import Entry, Place, SignedCheckpoint
from app.audit.note import verifier_key
from app.audit.sequencer import CHECKPOINT_ENTRIES, Sequencer
from app.audit.succession import LogKeys, Succession
from app.audit.tiles import TileFolder, tile_path
from app.audit.tree import leaf_hash, root
from app.errors import LogForked, SealBroken
from app.keyholders.manager import FileKeyManager
from tests.conftest import Clock, Database
from tests.world import World

ORIGIN = "test/log"


@pytest.fixture
def engine(world: World, database: Database) -> Iterator[Engine]:
    """The sequencer's role, on a log that has the entries of a founded office."""
    made = database.engine("sequencer")
    yield made
    made.dispose()


@pytest.fixture
def writing(world: World, database: Database) -> Iterator[Engine]:
    made = database.engine("app")
    yield made
    made.dispose()


@pytest.fixture
def tiles(tmp_path: Path) -> TileFolder:
    return TileFolder(tmp_path / "log")


@pytest.fixture
def signer() -> FileKeyManager:
    """What the worker holds: the log's key and no other."""
    return FileKeyManager({"log": b"l" * 32})


def make(engine: Engine, tiles: TileFolder, signer: FileKeyManager) -> Sequencer:
    return Sequencer(engine, tiles, origin=ORIGIN, sign=signer.sign, public=signer.public())


@pytest.fixture
def sequencer(engine: Engine, tiles: TileFolder, signer: FileKeyManager) -> Iterator[Sequencer]:
    made = make(engine, tiles, signer)
    yield made
    made.close()


def write(engine: Engine, count: int = 1) -> list[UUID]:
    """Entries of the simplest kind, each in its own transaction."""
    made = []
    for _ in range(count):
        with Session(engine, info={"hallway": True}) as session, session.begin():
            made.append(append(session, draft()))
    return made


def draft() -> Draft:
    return Draft(operation="verify", action="log.verify", actor="operator", at=clock.now())


def placed(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Place.leaf_index).order_by(Place.leaf_index)))


def signed(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(SignedCheckpoint.size).order_by(SignedCheckpoint.size)))


def entries(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Entry)).scalar_one()


def test_a_log_goes_on_under_another_key_and_never_again_under_the_old_one(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    sequencer.tick(sign_now=True)
    last = sequencer.last()
    assert last is not None
    other = FileKeyManager({"log": b"m" * 32})
    fresh = verifier_key(ORIGIN, other.public())
    change = Succession(sequencer.key, fresh, last.size, last.root)
    tiles.add_succession(change.signed(signer.sign, other.sign))
    sequencer.close()
    write(writing)

    with pytest.raises(LogForked, match="another key"):
        sequencer.tick(sign_now=True)
    assert signed(engine)[-1] == last.size
    sequencer.close()
    again = Sequencer(
        engine, tiles, origin=ORIGIN, sign=other.sign, public=other.public(), ended={sequencer.key: last.size}
    )  # fmt: skip
    again.tick(sign_now=True)
    again.close()

    published = tiles.read_checkpoint()
    assert published is not None
    assert LogKeys(fresh, {sequencer.key: last.size}).open(published).size == entries(engine)
    with pytest.raises(SealBroken):
        open_checkpoint(published, sequencer.key)


def test_every_entry_gets_the_next_number_and_the_first_checkpoint_is_signed_at_once(
    sequencer: Sequencer, engine: Engine, tiles: TileFolder
) -> None:
    sequencer.tick()

    published = tiles.read_checkpoint()
    assert published is not None
    assert placed(engine) == list(range(entries(engine)))
    assert open_checkpoint(published, sequencer.key).size == entries(engine)


def test_the_signed_root_is_the_root_of_the_entries_in_their_order(sequencer: Sequencer, engine: Engine) -> None:
    sequencer.tick(sign_now=True)

    with engine.connect() as connection:
        in_order = select(Entry.commitment).join(Place, Place.entry == Entry.id).order_by(Place.leaf_index)
        leaves = [leaf_hash(bytes(each)) for each in connection.scalars(in_order)]
        kept = connection.execute(select(SignedCheckpoint.root)).scalar_one()
    assert bytes(kept) == root(leaves)


def test_a_checkpoint_waits_for_enough_entries_or_enough_time(
    sequencer: Sequencer, engine: Engine, writing: Engine, standing_clock: Clock
) -> None:
    sequencer.tick()
    first = signed(engine)
    write(writing)
    sequencer.tick()
    assert signed(engine) == first

    standing_clock.move(minutes=5)
    sequencer.tick()
    after_time = signed(engine)
    assert len(after_time) == len(first) + 1

    write(writing, CHECKPOINT_ENTRIES)
    sequencer.tick()
    assert signed(engine) == [*after_time, after_time[-1] + CHECKPOINT_ENTRIES]


def test_a_checkpoint_that_was_asked_for_is_signed_at_once_and_only_if_there_is_something_new(
    sequencer: Sequencer, engine: Engine, writing: Engine
) -> None:
    sequencer.tick(sign_now=True)
    write(writing)
    sequencer.tick(sign_now=True)
    sizes = signed(engine)
    sequencer.tick(sign_now=True)

    assert sizes[-1] == entries(engine)
    assert signed(engine) == sizes


def test_an_entry_that_commits_late_is_not_passed_over(sequencer: Sequencer, writing: Engine, engine: Engine) -> None:
    """Its id is older than the last one placed: a cursor over ids would skip it for ever."""
    with Session(writing, info={"hallway": True}) as slow:
        slow.begin()
        late = append(slow, draft())
        write(writing, 3)
        sequencer.tick()
        slow.commit()

    sequencer.tick()

    with engine.connect() as connection:
        index = connection.execute(select(Place.leaf_index).where(Place.entry == late)).scalar_one()
    assert index == entries(engine) - 1
    assert placed(engine) == list(range(entries(engine)))


def test_of_two_sequencers_one_leads_and_the_other_takes_over(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    second = make(engine, tiles, signer)
    sequencer.tick()
    write(writing, 2)

    assert second.tick() == 0
    sequencer.close()
    assert second.tick() == 2
    second.close()


def test_two_sequencers_at_once_give_every_entry_one_number(
    engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    """Both try at the same moment while others write; the places stay dense and no size is signed twice."""
    both = [make(engine, tiles, signer) for _ in range(2)]
    failures: list[BaseException] = []

    def work(which: Sequencer) -> None:
        try:
            for _ in range(20):
                which.tick(sign_now=True)
                which.close()
        except BaseException as problem:  # noqa: BLE001  shown by the assertion below
            failures.append(problem)

    threads = [threading.Thread(target=work, args=(each,)) for each in both]
    for thread in threads:
        thread.start()
    write(writing, 30)
    for thread in threads:
        thread.join()
    both[0].tick(sign_now=True)
    both[0].close()

    assert failures == []
    assert placed(engine) == list(range(entries(engine)))
    assert signed(engine) == sorted(set(signed(engine)))


def test_a_sequencer_that_lost_its_connection_resumes_from_what_is_stored(
    sequencer: Sequencer, engine: Engine, writing: Engine, database: Database
) -> None:
    sequencer.tick()
    write(writing, 3)
    stop_sessions_of(database, "amana_sequencer")
    turns = iter([False, False, True])

    sequencing.run(sequencer, tick_ms=1, minutes=5, stopped=lambda _seconds: next(turns))

    assert placed(engine) == list(range(entries(engine)))
    assert signed(engine)[-1] == entries(engine)


def stop_sessions_of(database: Database, role: str) -> None:
    """End a role's sessions from outside, as a fail-over or an administrator would."""
    database.server._as_cluster_role(  # only the cluster's own role may
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
    )


def test_what_is_left_at_the_end_is_signed_before_it_ends(
    sequencer: Sequencer, engine: Engine, writing: Engine
) -> None:
    sequencer.tick()
    write(writing)

    sequencing.run(sequencer, tick_ms=1, minutes=5, stopped=lambda _seconds: True)

    assert signed(engine)[-1] == entries(engine)


@pytest.mark.abuse("G03")
def test_a_database_restored_from_yesterday_is_refused(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager,
    database: Database,
) -> None:  # fmt: skip
    sequencer.tick(sign_now=True)
    size = signed(engine)[-1]
    write(writing, 5)
    sequencer.tick(sign_now=True)
    sequencer.close()
    go_back_to(database, size)
    before = tiles.read_checkpoint()

    with pytest.raises(LogForked, match="it was restored"):
        make(engine, tiles, signer).tick(sign_now=True)

    assert tiles.read_checkpoint() == before
    assert signed(engine) == [size]


@pytest.mark.abuse("G03")
def test_a_restored_database_that_went_on_is_refused_too(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager,
    database: Database,
) -> None:  # fmt: skip
    """Other entries under the same numbers. No checkpoint told of the first ones; the tiles still do."""
    sequencer.tick(sign_now=True)
    size = signed(engine)[-1]
    write(writing, 5)
    sequencer.tick()
    sequencer.close()
    go_back_to(database, size)
    write(writing, 9)

    with pytest.raises(LogForked, match="it was restored"):
        make(engine, tiles, signer).tick(sign_now=True)

    assert signed(engine) == [size]


def go_back_to(database: Database, size: int) -> None:
    """The database as a backup of that size would have it: triggers off, as only its owner can."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM checkpoints WHERE size > %s", [size])
        owner.execute(
            "WITH gone AS (DELETE FROM places WHERE leaf_index >= %s RETURNING entry), "
            "bodies AS (DELETE FROM entry_bodies USING gone WHERE entry_bodies.entry = gone.entry) "
            "DELETE FROM entries USING gone WHERE entries.id = gone.entry",
            [size],
        )


def test_a_log_whose_tiles_are_older_than_the_database_goes_on(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager, tmp_path: Path
) -> None:
    """A crash after the database's checkpoint and before the file's: the file is one behind, and no more."""
    sequencer.tick(sign_now=True)
    old = tiles.read_checkpoint()
    write(writing, 2)
    sequencer.tick(sign_now=True)
    sequencer.close()
    assert old is not None
    tiles.write_checkpoint(old)

    again = make(engine, tiles, signer)
    write(writing)
    again.tick(sign_now=True)
    again.close()

    published = tiles.read_checkpoint()
    assert published is not None
    assert open_checkpoint(published, again.key).size == entries(engine)


def test_a_crash_after_the_places_and_before_the_tiles_is_made_good(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    sequencer.tick(sign_now=True)
    sequencer.close()
    size = signed(engine)[-1]
    late = write(writing, 3)
    with engine.begin() as connection:
        connection.execute(insert(Place), [{"entry": e, "leaf_index": size + n} for n, e in enumerate(late)])

    again = make(engine, tiles, signer)
    again.tick(sign_now=True)
    again.close()

    assert signed(engine) == [size, size + 3]


@pytest.mark.abuse("G06")
def test_one_flipped_bit_in_a_tile_stops_the_log(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    sequencer.tick(sign_now=True)
    sequencer.close()
    size = signed(engine)[-1]
    path = tiles.root / tile_path(0, 0, size)
    spoilt = bytearray(path.read_bytes())
    spoilt[40] ^= 1
    path.write_bytes(spoilt)
    write(writing)

    with pytest.raises(LogForked):
        make(engine, tiles, signer).tick(sign_now=True)

    assert signed(engine) == [size]


def test_the_same_start_without_the_flipped_bit_goes_on(
    sequencer: Sequencer, engine: Engine, writing: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    """The control of the two drills above."""
    sequencer.tick(sign_now=True)
    sequencer.close()
    write(writing)

    again = make(engine, tiles, signer)
    again.tick(sign_now=True)
    again.close()

    assert signed(engine)[-1] == entries(engine)


@pytest.mark.abuse("G03")
def test_a_log_without_its_tiles_is_not_signed_anew(
    sequencer: Sequencer, engine: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    sequencer.tick(sign_now=True)
    sequencer.close()
    shutil.rmtree(tiles.root)

    with pytest.raises(LogForked):
        make(engine, tiles, signer).tick()

    assert tiles.read_checkpoint() is None


@pytest.mark.abuse("G05")
def test_a_checkpoint_by_another_key_stops_the_log(
    sequencer: Sequencer, engine: Engine, tiles: TileFolder, signer: FileKeyManager
) -> None:
    from app.errors import SealBroken

    sequencer.tick(sign_now=True)
    sequencer.close()
    stranger = FileKeyManager({"log": b"x" * 32})

    with pytest.raises(SealBroken):
        make(engine, tiles, stranger).tick()


@pytest.mark.abuse("G04")
def test_the_database_lets_no_second_checkpoint_of_one_size_in(sequencer: Sequencer, engine: Engine) -> None:
    from sqlalchemy.exc import IntegrityError

    sequencer.tick(sign_now=True)
    again = {"size": signed(engine)[-1], "root": b"\0" * 32, "note": "another", "at": clock.now()}

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(SignedCheckpoint).values(**again))


def test_waiting_counts_what_has_no_place(sequencer: Sequencer, engine: Engine, writing: Engine) -> None:
    sequencer.tick()
    write(writing, 4)

    with engine.connect() as connection:
        assert sequencing.waiting(connection) == 4
        connection.execute(text("SELECT 1"))
    sequencer.tick()
    with engine.connect() as connection:
        assert sequencing.waiting(connection) == 0
