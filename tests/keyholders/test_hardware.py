"""One contract for every place where keys are kept: a file, and a hardware module that gives none of them out.

The module is SoftHSM2, as Debian has it (``apt install softhsm2``). Where it is not there the tests
of the module are skipped in so many words; those of the file run everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from app.crypto import signing
from app.errors import CannotStart, SealBroken, Unavailable
from app.keyholders.hardware import HardwareKeyManager
from app.keyholders.manager import FileKeyManager, InstalledKeys, make_unlock
from app.private import write_private
from app.settings import Settings
from tests.cli.conftest import new_folder

MODULE = next((p for p in map(Path, (
    "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
)) if p.exists()), None)  # fmt: skip
needs_module = pytest.mark.skipif(MODULE is None, reason="no SoftHSM2 here: apt install softhsm2")
NAMES = ("pepper", "wrap", "log", "register")
TOKENS = 16


class Token(NamedTuple):
    """An empty token: its label, and the file with its PIN."""

    label: str
    pin: Path


Tokens = Callable[[], Token]


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tokens]:
    """An empty token at each call. One folder of tokens for the run."""
    if MODULE is None:
        pytest.skip("no SoftHSM2 here: apt install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    pin = folder / "pin"
    write_private(pin, b"walks home along the river\n")

    # All of them at once: a library lists its tokens when it is loaded, and never again.
    for name in ("office-staff", "office-log", *(f"token-{n}" for n in range(TOKENS))):
        command = ["softhsm2-util", "--init-token", "--free", "--label", name, "--so-pin", "over the old bridge"]
        subprocess.run(
            [*command, "--pin", pin.read_text().strip()], check=True, capture_output=True,
            env={"SOFTHSM2_CONF": str(conf), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    names = (f"token-{n}" for n in range(TOKENS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        yield lambda: Token(next(names), pin)


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., InstalledKeys]:
    """Draws keys by the backend that the test is called for."""
    count = iter(range(9))
    if request.param == "file":
        make_unlock(tmp_path / "unlock")
        return lambda *names: FileKeyManager.make(tmp_path / f"{next(count)}.key", tmp_path / "unlock", *names)
    tokens: Tokens = request.getfixturevalue("tokens")
    return lambda *names: HardwareKeyManager.make(str(MODULE), *tokens(), *names)


every_backend = pytest.mark.parametrize("made", ["file", pytest.param("module", marks=needs_module)], indirect=True)
Draw = Callable[..., InstalledKeys]


@every_backend
def test_signatures_verify_by_the_public_half_alone(made: Draw) -> None:
    keys = made(*NAMES)

    signing.verify(keys.public(), b"checkpoint", keys.sign(b"checkpoint"))
    signing.verify(keys.register(), b"fact", keys.vouch(b"fact"))
    assert keys.public() != keys.register()
    with pytest.raises(SealBroken):
        signing.verify(keys.public(), b"another", keys.sign(b"checkpoint"))


@every_backend
def test_what_was_wrapped_opens_for_its_purpose_alone(made: Draw) -> None:
    keys, others = made(*NAMES), made(*NAMES)
    sealed = keys.wrap(b"secret", context=b"a")

    assert keys.unwrap(sealed, context=b"a") == b"secret"
    assert keys.wrap(b"secret", context=b"a") != sealed
    for at in range(len(sealed)):
        with pytest.raises(SealBroken):
            keys.unwrap(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], context=b"a")
    for cut in (0, 5, len(sealed) - 1):
        with pytest.raises(SealBroken):
            keys.unwrap(sealed[:cut], context=b"a")
    with pytest.raises(SealBroken):
        keys.unwrap(sealed, context=b"b")
    with pytest.raises(SealBroken):
        others.unwrap(sealed, context=b"a")
    assert keys.unwrap(sealed, context=b"a") == b"secret"


@every_backend
def test_peppers_are_renewed_and_retired(made: Draw) -> None:
    keys = made(*NAMES)
    first = keys.pepper(b"d" * 32)

    assert (len(first), keys.newest_pepper(), keys.generations("pepper")) == (32, 1, (1,))
    assert keys.renew("pepper") == 2
    assert keys.pepper(b"d" * 32) != first == keys.pepper(b"d" * 32, 1)
    assert keys.since("pepper.2") is not None
    with pytest.raises(ValueError, match="in use"):
        keys.retire("pepper", 2)
    keys.retire("pepper", 1)
    assert keys.generations("pepper") == (2,)
    with pytest.raises(Unavailable):
        keys.pepper(b"d" * 32, 1)


@every_backend
def test_a_key_of_another_purpose_is_not_there(made: Draw) -> None:
    keys = made("log")

    with pytest.raises(Unavailable):
        keys.pepper(b"d" * 32, 1)
    with pytest.raises(Unavailable):
        keys.wrap(b"secret", context=b"c")
    with pytest.raises(Unavailable):
        keys.vouch(b"fact")
    assert keys.sign(b"checkpoint")


@every_backend
def test_many_at_once_get_their_own_answer(made: Draw) -> None:
    keys = made(*NAMES)
    public, together = keys.public(), threading.Barrier(8)

    def one(n: int) -> bytes:
        together.wait()
        message = b"%d" % n
        for _ in range(20):
            signing.verify(public, message, keys.sign(message))
            assert keys.unwrap(keys.wrap(message, context=b"c"), context=b"c") == message
        return keys.pepper(message)

    with ThreadPoolExecutor(8) as crowd:
        assert len(set(crowd.map(one, range(8)))) == 8


@every_backend
def test_keys_do_not_print(made: Draw) -> None:
    assert "manager" in repr(made(*NAMES))


# what only a module promises


@needs_module
@pytest.mark.abuse("H04")
def test_no_key_leaves_the_module(tokens: Tokens) -> None:
    label, pin = tokens()
    HardwareKeyManager.make(str(MODULE), label, pin, *NAMES)
    session = pkcs11.lib(str(MODULE)).get_token(token_label=label).open()
    found = [key for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
             for key in session.get_objects({Attribute.CLASS: kind})]  # fmt: skip

    assert sorted(key[Attribute.LABEL] for key in found) == sorted(NAMES)
    for key in found:
        assert (key[Attribute.EXTRACTABLE], key[Attribute.SENSITIVE]) == (False, True)
        with pytest.raises(pkcs11.AttributeSensitive):
            _ = key[Attribute.VALUE]


@needs_module
def test_a_token_is_never_drawn_on_twice_and_a_wrong_pin_opens_nothing(tokens: Tokens, tmp_path: Path) -> None:
    label, pin = tokens()
    with pytest.raises(CannotStart, match="holds no keys"):
        HardwareKeyManager.open(str(MODULE), label, pin)
    HardwareKeyManager.make(str(MODULE), label, pin, "log")
    with pytest.raises(CannotStart, match="holds keys already"):
        HardwareKeyManager.make(str(MODULE), label, pin, "log")
    write_private(tmp_path / "wrong", b"another pin altogether\n")
    with pytest.raises(CannotStart, match="no token"):
        HardwareKeyManager.open(str(MODULE), "nowhere", pin)
    with pytest.raises(CannotStart, match="does not answer"):
        HardwareKeyManager.open("/nowhere/module.so", label, pin)
    pin.chmod(0o644)
    try:
        with pytest.raises(CannotStart, match="read by others"):
            HardwareKeyManager.open(str(MODULE), label, pin)
    finally:
        pin.chmod(0o600)


@needs_module
@pytest.mark.domain("D49")
def test_an_office_is_founded_and_runs_on_a_module(tokens: Tokens, tmp_path: Path) -> None:
    pin = tokens().pin
    amana = new_folder()
    amana.more = {
        "AMANA_HSM": f"{MODULE}:office", "AMANA_UNLOCK_FILE": str(pin), "SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"],
    }  # fmt: skip
    try:
        founded = amana.run("init", "--no-input", "--shares-file", str(tmp_path / "shares"), "--i-have-no-backup")
        doctor = amana.run("doctor", "--json")
        signed = amana.run("audit", "checkpoint", "--json")
        verified = amana.run("audit", "verify", "--json")
        listed = amana.run("keys", "list", "--json")
        wrong = amana.run("doctor", "--json", env={"AMANA_HSM": f"{MODULE}:nobody"})
    finally:
        shutil.rmtree(amana.home.parent, ignore_errors=True)

    assert founded.code == 0, founded.err
    assert not list((amana.home / "keys").glob("*.key"))
    assert "hardware key manager: office-staff" in doctor.out
    assert (signed.code, verified.json["intact"]) == (0, True)
    assert "pepper" in listed.out
    assert "no token nobody-staff" in wrong.out


def test_a_module_is_named_with_its_tokens_and_a_pin() -> None:
    for wrong in ("libsofthsm2.so:office", "/usr/lib/x.so", "/usr/lib/x.so:"):
        with pytest.raises(CannotStart, match="AMANA_HSM"):
            Settings.read({"AMANA_HSM": wrong, "AMANA_UNLOCK_FILE": "/run/pin"})
    with pytest.raises(CannotStart, match="AMANA_UNLOCK_FILE"):
        Settings.read({"AMANA_HSM": "/usr/lib/x.so:office"})
    assert Settings.read({"AMANA_HSM": "/usr/lib/x.so:office", "AMANA_UNLOCK_FILE": "/run/pin"}).hsm_token("log") == (
        "/usr/lib/x.so", "office-log",
    )  # fmt: skip
