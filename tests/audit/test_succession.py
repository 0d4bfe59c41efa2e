"""A log whose key was changed: the old key leads to the new one, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.audit.checkpoint import Checkpoint, open_checkpoint
from app.audit.export import check_export, trust_text, write_export
from app.audit.note import sign_note, sign_note_by
from app.audit.succession import LogKeys, Succession, chain, follow, must_not_be_followed, until
from app.audit.tree import root
from app.crypto import signing
from app.errors import CannotStart, LogForked, SealBroken
from app.witness import Refused, Witness, found
from tests.audit.sample_log import ORIGIN, OTHER_SEED, SEED, entries, entry, key, leaves, public, save, signed
from tests.kit.verify_log import Verdict, verify

LOG = entries(300)
THIRD_SEED, THIEF = bytes(range(2, 34)), bytes(range(3, 35))
FIRST, SECOND = 120, 200


def change(old: bytes = SEED, new: bytes = OTHER_SEED, size: int = FIRST, **other: bytes) -> bytes:
    """A change of the key after so many entries; ``by_old`` and ``by_new`` sign in their places."""
    made = Succession(key(old), key(new), size, other.get("root", root(leaves(LOG[:size]))))
    by_old, by_new = other.get("by_old", old), other.get("by_new", new)
    return made.signed(lambda text: signing.sign(by_old, text), lambda text: signing.sign(by_new, text))


TWICE = (change(), change(OTHER_SEED, THIRD_SEED, SECOND))


def export(folder: Path, *changes: bytes, seed: bytes = THIRD_SEED, trust: str | None = None) -> Path:
    write_export(folder, LOG, signed(LOG, seed), trust or trust_text(key(seed)), changes)
    return folder


def mine(folder: Path, *seeds: bytes) -> Path:
    """The trust file of somebody who was given these keys."""
    path = folder / f"mine-{len(list(folder.iterdir()))}"
    path.write_text(trust_text(*(key(seed) for seed in seeds)))
    return path


def broken(verdict: Verdict, why: str) -> None:
    assert (verdict.code, why in verdict.problem) == (3, True), verdict


# what holds


def test_whoever_holds_any_key_of_a_row_follows_it_to_the_last(tmp_path: Path) -> None:
    folder = export(tmp_path / "log", *TWICE)
    kept = save(
        tmp_path / "kept",
        signed(LOG[:50]), signed(LOG[:FIRST]), signed(LOG[:150], OTHER_SEED), signed(LOG[:299], THIRD_SEED),
    )  # fmt: skip

    assert verify(folder, checkpoints=kept).ok
    for seed in (SEED, OTHER_SEED, THIRD_SEED):
        assert verify(folder, mine(tmp_path, seed), kept).ok
    assert check_export(folder).intact
    broken(verify(folder, mine(tmp_path, THIEF), kept), "does not name")


def test_a_log_may_be_changed_over_before_its_first_entry_at_its_last_and_between_two_tiles(tmp_path: Path) -> None:
    for number, size in enumerate((0, 1, 255, 257, len(LOG))):
        folder = export(tmp_path / f"log-{number}", change(size=size), seed=OTHER_SEED)

        assert verify(folder, mine(tmp_path, SEED)).ok
        assert check_export(folder).intact


def test_an_export_from_before_the_change_goes_on_verifying(tmp_path: Path) -> None:
    write_export(tmp_path / "log", LOG[:100], signed(LOG[:100]), trust_text(key()))

    assert verify(tmp_path / "log", mine(tmp_path, SEED)).ok


# what the old key did not vouch for

UNVOUCHED: dict[str, Callable[[Path], Path]] = {
    "no change at all": lambda to: export(to, seed=OTHER_SEED),
    "signed by a thief for the old key": lambda to: export(to, change(by_old=THIEF), seed=OTHER_SEED),
    "not signed by the new key": lambda to: export(to, change(by_new=THIEF), seed=OTHER_SEED),
    "the first of two is missing": lambda to: export(to, TWICE[1]),
    "the second of two is missing": lambda to: export(to, TWICE[0]),
    "in the wrong order": lambda to: export(to, *reversed(TWICE)),
    "to another key than signed": lambda to: export(to, change(), seed=THIEF),
    "from a key of no row": lambda to: export(to, change(THIEF, OTHER_SEED), seed=OTHER_SEED),
    "back in time": lambda to: export(to, change(size=200), change(OTHER_SEED, THIRD_SEED, 100)),
    "further than the log goes": lambda to: export(to, change(size=301, root=bytes(32)), seed=OTHER_SEED),
    "under another root": lambda to: export(to, change(root=bytes(32)), seed=OTHER_SEED),
    "a key that comes back": lambda to: export(to, change(), change(OTHER_SEED, SEED, SECOND), seed=SEED),
    "a note besides": lambda to: export(to, TWICE[0] + signed(LOG).split(b"\n\n")[1], TWICE[1]),
    "a checkpoint for a change": lambda to: export(to, signed(LOG), seed=OTHER_SEED),
}


@pytest.mark.abuse("G05")
@pytest.mark.parametrize("how", UNVOUCHED)
def test_a_change_that_the_old_key_did_not_vouch_for_is_refused(tmp_path: Path, how: str) -> None:
    folder = UNVOUCHED[how](tmp_path / "log")

    assert verify(folder, mine(tmp_path, SEED)).code == 3
    if how not in {"no change at all", "from a key of no row", "the first of two is missing"}:
        # Without a key of one's own an export says where it begins; all else is seen even so.
        assert verify(folder).code == 3
        assert not check_export(folder).intact


@pytest.mark.abuse("G05")
def test_what_the_old_key_signs_after_it_ended_is_a_fork(tmp_path: Path) -> None:
    """Whoever finds an old copy of the key can sign with it; nobody takes that for the log."""
    folder, trust = export(tmp_path / "log", *TWICE), mine(tmp_path, SEED)
    late = save(tmp_path / "late", signed(LOG[: FIRST + 1]))
    forked = save(tmp_path / "forked", signed([*LOG[:90], entry(90, actor="P-9999")]))

    broken(verify(folder, trust, late), "a key that had ended")
    assert verify(folder, trust, forked).bad_index == 0
    with pytest.raises(SealBroken):
        follow(key(), TWICE).open(signed(LOG[: FIRST + 1]))
    assert follow(key(), TWICE).open(signed(LOG[:FIRST])).size == FIRST


@pytest.mark.abuse("G01")
def test_every_bit_of_a_change_counts() -> None:
    for at in range(len(TWICE[0])):
        bent = TWICE[0][:at] + bytes([TWICE[0][at] ^ 1]) + TWICE[0][at + 1 :]
        with pytest.raises(SealBroken):
            Succession.open(bent)
    assert Succession.open(TWICE[0]).size == FIRST


# in the house


def test_neither_text_passes_for_the_other() -> None:
    with pytest.raises(SealBroken):
        open_checkpoint(TWICE[0], key(), key(OTHER_SEED))
    with pytest.raises(SealBroken):
        Succession.open(sign_note(Checkpoint(ORIGIN, 3, bytes(32)).text(), ORIGIN, SEED))


def test_a_key_is_followed_by_another_of_the_same_log() -> None:
    for old, new in ((key(), key()), (key(), key(OTHER_SEED, "other.example/log"))):
        with pytest.raises(ValueError, match="another key of the same log"):
            Succession(old, new, 1, bytes(32)).text()


def test_the_row_is_followed_from_wherever_one_stands() -> None:
    assert [follow(key(seed), TWICE).key for seed in (SEED, OTHER_SEED, THIRD_SEED)] == [key(THIRD_SEED)] * 3
    assert follow(key(), ()) == LogKeys(key())
    with pytest.raises(SealBroken):
        follow(key(THIEF), TWICE)
    assert [len(until(key(seed), TWICE)) for seed in (SEED, OTHER_SEED, THIRD_SEED)] == [0, 1, 2]
    assert [link.size for link in chain(TWICE)] == [FIRST, SECOND]


def test_a_process_with_a_key_that_ended_signs_nothing() -> None:
    must_not_be_followed(key(THIRD_SEED), TWICE)
    for seed in (SEED, OTHER_SEED):
        with pytest.raises(LogForked, match="another key"):
            must_not_be_followed(key(seed), TWICE)


# a witness


def asked(log: list[tuple[bytes, bytes]], seed: bytes, old: int = 0) -> bytes:
    return b"old %d\n\n" % old + signed(log, seed)


@pytest.mark.domain("D33")
def test_a_witness_follows_a_key_that_the_old_one_vouches_for(tmp_path: Path) -> None:
    found(tmp_path / "witness", "counsel.example")
    witness = Witness(tmp_path / "witness")
    witness.trust(key())
    witness.add_checkpoint(asked(LOG[:FIRST], SEED))
    with pytest.raises(Refused) as refused:
        witness.add_checkpoint(asked(LOG[:FIRST], OTHER_SEED, FIRST))
    assert refused.value.status == 403

    for false in (change(by_old=THIEF), TWICE[1], change(THIEF, OTHER_SEED), b"nothing"):
        with pytest.raises(CannotStart):
            witness.follow(false)
    assert witness.follow(TWICE[0]) == key(OTHER_SEED)

    again = Witness(tmp_path / "witness")
    assert again.add_checkpoint(asked(LOG[:FIRST], OTHER_SEED, FIRST)).startswith("— counsel.example")
    with pytest.raises(Refused):
        again.add_checkpoint(asked(LOG[:150], SEED, FIRST))


@pytest.mark.domain("D33")
def test_a_witness_that_saw_more_than_the_change_says_follows_nobody(tmp_path: Path) -> None:
    found(tmp_path / "witness", "counsel.example")
    witness = Witness(tmp_path / "witness")
    witness.trust(key())
    witness.add_checkpoint(asked(LOG[: FIRST + 1], SEED))

    with pytest.raises(CannotStart, match="proof of a fork"):
        witness.follow(TWICE[0])


def test_the_control_signs_as_the_old_key_does() -> None:
    """What the thief cannot do the owner of the key can: the same note, by the right hand."""
    made = Succession(key(), key(OTHER_SEED), FIRST, root(leaves(LOG[:FIRST])))
    first = sign_note_by(made.text(), ORIGIN, public(SEED), lambda text: signing.sign(SEED, text))
    assert change().startswith(first)
    assert Succession.open(change()) == made
