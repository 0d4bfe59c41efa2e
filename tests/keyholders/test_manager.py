"""The key manager's files: sealed, private to one account, and never replaced or half read."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.crypto import signing
from app.errors import CannotStart, SealBroken, Unavailable
from app.keyholders import manager
from app.keyholders.keyring import Keyring
from app.keyholders.manager import FileKeyManager, make_unlock
from app.private import write_private
from tests.world import World


@pytest.fixture
def unlock(tmp_path: Path) -> Path:
    path = tmp_path / "unlock"
    make_unlock(path)
    return path


@pytest.fixture
def made(tmp_path: Path, unlock: Path) -> Path:
    path = tmp_path / "keys" / "staff.key"
    FileKeyManager.make(path, unlock, "pepper", "wrap", "log")
    return path


def bytes_under(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_was_made_opens_again_and_does_the_same(made: Path, unlock: Path) -> None:
    first, again = FileKeyManager.open(made, unlock), FileKeyManager.open(made, unlock)

    assert first.pepper(b"d" * 32) == again.pepper(b"d" * 32) != b"d" * 32
    assert again.unwrap(first.wrap(b"secret", context=b"c"), context=b"c") == b"secret"
    signing.verify(again.public(), b"checkpoint", first.sign(b"checkpoint"))


def test_two_installations_share_no_key(tmp_path: Path, unlock: Path, made: Path) -> None:
    other = FileKeyManager.make(tmp_path / "other.key", unlock, "pepper", "wrap", "log")
    mine = FileKeyManager.open(made, unlock)

    assert mine.pepper(b"d" * 32) != other.pepper(b"d" * 32)
    assert mine.public() != other.public()
    with pytest.raises(SealBroken):
        other.unwrap(mine.wrap(b"secret", context=b"c"), context=b"c")


def test_what_was_wrapped_for_one_purpose_opens_for_no_other(made: Path, unlock: Path) -> None:
    keys = FileKeyManager.open(made, unlock)

    with pytest.raises(SealBroken):
        keys.unwrap(keys.wrap(b"secret", context=b"a"), context=b"b")


@pytest.mark.abuse("H06")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601, 0o777])
@pytest.mark.parametrize("which", ["the key file", "the unlock secret"])
def test_a_file_that_others_can_read_does_not_start(made: Path, unlock: Path, mode: int, which: str) -> None:
    wide = made if which == "the key file" else unlock
    wide.chmod(mode)
    before = bytes_under(unlock.parent)

    with pytest.raises(CannotStart, match="0600"):
        FileKeyManager.open(made, unlock)

    assert bytes_under(unlock.parent) == before


@pytest.mark.abuse("H06")
@pytest.mark.parametrize("which", ["the key file", "the unlock secret"])
def test_a_missing_file_does_not_start_and_none_is_made(made: Path, unlock: Path, which: str) -> None:
    gone = made if which == "the key file" else unlock
    gone.unlink()
    before = bytes_under(unlock.parent)

    with pytest.raises(CannotStart, match="missing"):
        FileKeyManager.open(made, unlock)

    assert bytes_under(unlock.parent) == before


@pytest.mark.abuse("H06")
def test_a_wrong_unlock_secret_does_not_start(made: Path, tmp_path: Path) -> None:
    make_unlock(tmp_path / "other")
    before = bytes_under(tmp_path)

    with pytest.raises(CannotStart, match="does not open"):
        FileKeyManager.open(made, tmp_path / "other")

    assert bytes_under(tmp_path) == before


@pytest.mark.abuse("H06")
def test_a_key_file_under_another_name_does_not_start(made: Path, unlock: Path) -> None:
    """The worker's file, put in the place of the staff app's, would give it a key it must not have."""
    other = made.with_name("log.key")
    write_private(other, made.read_bytes())

    with pytest.raises(CannotStart, match="does not open"):
        FileKeyManager.open(other, unlock)


@pytest.mark.abuse("H06")
def test_every_changed_byte_of_a_key_file_is_seen(made: Path, unlock: Path) -> None:
    right = made.read_bytes()

    for place in range(0, len(right), 7):
        made.write_bytes(right[:place] + bytes([right[place] ^ 1]) + right[place + 1 :])
        with pytest.raises(CannotStart):
            FileKeyManager.open(made, unlock)
    made.write_bytes(right)
    assert FileKeyManager.open(made, unlock).public()


@pytest.mark.abuse("H06")
@pytest.mark.parametrize("cut", [0, 1, 20, -1])
def test_a_key_file_cut_short_does_not_start(made: Path, unlock: Path, cut: int) -> None:
    made.write_bytes(made.read_bytes()[:cut])

    with pytest.raises(CannotStart):
        FileKeyManager.open(made, unlock)


@pytest.mark.abuse("L04")
@pytest.mark.parametrize("weak", ["", "\n", "changeme", "CHANGEME", "secret", "default", "short secret"])
def test_a_default_or_short_unlock_secret_does_not_start(made: Path, unlock: Path, weak: str) -> None:
    unlock.write_text(weak)

    with pytest.raises(CannotStart, match="empty, a default or too short"):
        FileKeyManager.open(made, unlock)


def test_an_operators_own_passphrase_opens_what_it_made(tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    write_private(phrase, b"a kettle that sings in the morning\n")
    made = FileKeyManager.make(tmp_path / "staff.key", phrase, "pepper")

    assert FileKeyManager.open(tmp_path / "staff.key", phrase).pepper(b"d") == made.pepper(b"d")


def test_no_file_is_ever_written_over(made: Path, unlock: Path) -> None:
    before = made.read_bytes()

    with pytest.raises(FileExistsError):
        FileKeyManager.make(made, unlock, "pepper")
    with pytest.raises(FileExistsError):
        make_unlock(unlock)
    with pytest.raises(FileExistsError):
        write_private(made, b"x")

    assert made.read_bytes() == before


def test_files_and_folders_of_keys_are_for_one_account_alone(made: Path, unlock: Path) -> None:
    assert [path.stat().st_mode & 0o777 for path in (made, unlock, made.parent)] == [0o600, 0o600, 0o700]


@pytest.mark.abuse("H05")
def test_a_process_has_only_the_keys_of_its_purpose(tmp_path: Path, unlock: Path) -> None:
    """The staff app cannot sign the log; the worker cannot test passphrases; the portal holds nothing."""
    staff = FileKeyManager.make(tmp_path / "staff.key", unlock, "pepper", "wrap", "register")
    worker = FileKeyManager.make(tmp_path / "log.key", unlock, "log")

    none = FileKeyManager({})

    asked: list[Callable[[], bytes]] = [
        staff.public, partial(staff.sign, b"x"), partial(worker.pepper, b"x"), partial(none.wrap, b"x", context=b"c"),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(Unavailable):
            ask()


def test_keys_do_not_print_and_are_not_stored(made: Path, unlock: Path, world: World) -> None:
    keys = FileKeyManager.open(made, unlock)
    ring = world["intake"].keyring
    assert isinstance(ring, Keyring)

    assert repr(keys) == "<file key manager: log, pepper, wrap>"
    assert repr(ring) == str(ring) == "<keyring>"
    assert "keyring" in repr(world["intake"])
    assert ring.private(ring.holder, 1).raw.hex() not in repr(world["intake"])
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def test_the_contract_of_a_key_manager_is_small() -> None:
    assert {name for name in vars(manager.KeyManager) if not name.startswith("_")} == {
        "pepper", "newest_pepper", "wrap", "unwrap", "sign", "public", "vouch", "register",
    }  # fmt: skip


@pytest.fixture
def given(tmp_path: Path, unlock: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The unlock secret as systemd hands it to a service: mode 0440 in a folder of its own, mode 0500."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    secret = folder / "unlock"
    secret.write_bytes(unlock.read_bytes())
    secret.chmod(0o440)
    folder.chmod(0o550)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return secret


def test_a_credential_of_systemd_opens_the_key_file(made: Path, given: Path) -> None:
    assert FileKeyManager.open(made, given).pepper(b"d" * 32)


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o441, 0o640 | 0o004])
def test_a_credential_that_strangers_read_or_the_group_writes_is_refused(made: Path, given: Path, mode: int) -> None:
    given.chmod(mode)

    with pytest.raises(CannotStart, match="0600"):
        FileKeyManager.open(made, given)


def test_a_credential_in_a_folder_that_others_write_to_is_refused(made: Path, given: Path) -> None:
    given.parent.chmod(0o770)

    with pytest.raises(CannotStart, match="0600"):
        FileKeyManager.open(made, given)


def test_no_other_file_is_taken_for_a_credential(
    made: Path, given: Path, unlock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what lies in the folder that systemd named, and only when it named one."""
    unlock.chmod(0o440)
    with pytest.raises(CannotStart, match="0600"):
        FileKeyManager.open(made, unlock)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(CannotStart, match="0600"):
        FileKeyManager.open(made, given)
