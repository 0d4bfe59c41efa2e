"""From a passphrase to a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import passphrases
from app.errors import Unprocessable

SALT = bytes(range(16))


def quick(text: str, salt: bytes = SALT) -> bytes:
    return passphrases.stretch(text, salt, memory_mib=1, passes=1)


def test_the_digest_of_the_default_settings_is_argon2id_of_rfc_9106() -> None:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    other = Argon2id(salt=SALT, length=32, iterations=3, lanes=1, memory_cost=64 * 1024)
    assert passphrases.stretch("correct horse battery staple", SALT) == other.derive(b"correct horse battery staple")


def test_one_passphrase_typed_on_two_keyboards_is_one_passphrase() -> None:
    assert quick("café crème, deux fois") == quick("cafe\u0301 cre\u0300me, deux fois")
    assert quick("لا أحد") == quick("\ufefb أحد")
    assert quick("１２３ four") == quick("123 four")


@pytest.mark.parametrize("other", ["Open sesame seed", "open sesame seed ", " open sesame seed", "open sesame  seed"])
def test_case_and_blanks_count_in_a_passphrase(other: str) -> None:
    assert quick("open sesame seed") != quick(other)


def test_salt_memory_passes_and_lanes_each_change_the_digest() -> None:
    base = quick("open sesame seed")
    assert quick("open sesame seed", bytes(16)) != base
    assert passphrases.stretch("open sesame seed", SALT, memory_mib=2, passes=1) != base
    assert passphrases.stretch("open sesame seed", SALT, memory_mib=1, passes=2) != base
    assert passphrases.stretch("open sesame seed", SALT, memory_mib=1, passes=1, lanes=2) != base
    assert len(base) == 32


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=64))
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    once = passphrases.normal_form(text)
    assert passphrases.normal_form(once) == once


@pytest.mark.parametrize("text", ["with\x00zero", "line\nbreak", "tab\there", "\ud800", "\u0378", "\ufffe"])
def test_what_a_later_unicode_could_change_is_no_passphrase(text: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        quick(text)
    assert text not in refused.value.sentence


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17)])
def test_a_salt_of_another_length_is_a_defect(salt: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        quick("open sesame seed", salt)


def test_the_wrapping_key_needs_the_passphrase_and_the_key_manager() -> None:
    digest, pepper = quick("open sesame seed"), bytes(range(32))
    key = passphrases.wrapping_key(digest, pepper)
    assert len(key) == 32
    assert passphrases.wrapping_key(quick("another one here"), pepper) != key
    assert passphrases.wrapping_key(digest, bytes(32)) != key
    assert passphrases.wrapping_key(digest, pepper + b"\x00") != key
    assert key not in (digest, pepper)


def test_without_an_answer_of_the_key_manager_there_is_no_key() -> None:
    for digest, pepper in ((bytes(32), b""), (bytes(32), bytes(31)), (bytes(31), bytes(33))):
        with pytest.raises(ValueError, match="digest has 32"):
            passphrases.wrapping_key(digest, pepper)
