"""Signed notes against the vectors of the reference implementation, and against forgery."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.note import key_id, open_note, parse_verifier_key, sign_note, verifier_key
from app.errors import SealBroken
from tests.audit.sample_log import OTHER_SEED, SEED, key, public

# golang.org/x/mod/sumdb/note: the note that every implementation can open.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
NEUMANN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NEUMANN_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NEUMANN_NOTE = f"{NEUMANN_TEXT}\n{NEUMANN_LINE}".encode()

EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Z"
    "tg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

NAME = "amana.example/log"
TEXT = "one line\nand another\n"


def lines_of(note: bytes) -> tuple[bytes, bytes]:
    text, _, signatures = note.rpartition(b"\n\n")
    return text + b"\n", signatures


def test_the_reference_note_opens_and_is_written_alike() -> None:
    assert open_note(NEUMANN_NOTE, [NEUMANN]) == NEUMANN_TEXT
    assert sign_note(NEUMANN_TEXT, "PeterNeumann", NEUMANN_SEED) == NEUMANN_NOTE
    assert verifier_key("PeterNeumann", public(NEUMANN_SEED)) == NEUMANN
    assert key_id("PeterNeumann", public(NEUMANN_SEED)).hex() == "c74f20a3"


def test_the_example_of_another_implementation_opens() -> None:
    assert open_note(EXAMPLE_NOTE, [EXAMPLE]) == "This is an example message.\n"


def test_unknown_keys_are_ignored_beside_a_known_one() -> None:
    text, line = lines_of(sign_note(NEUMANN_TEXT, NAME, SEED))
    both = text + b"\n" + NEUMANN_LINE.encode() + line
    assert open_note(both, [key()]) == NEUMANN_TEXT
    assert open_note(both, [NEUMANN]) == NEUMANN_TEXT
    assert open_note(both, [NEUMANN, key()]) == NEUMANN_TEXT


@pytest.mark.abuse("G05")
def test_a_note_by_unknown_keys_alone_is_refused() -> None:
    with pytest.raises(SealBroken):
        open_note(NEUMANN_NOTE, [key()])
    with pytest.raises(SealBroken):
        open_note(NEUMANN_NOTE, [])


@pytest.mark.abuse("G05")
def test_one_false_signature_of_a_known_key_condemns_the_note() -> None:
    text, line = lines_of(sign_note(TEXT, NAME, SEED))
    _, stale = lines_of(sign_note("another text\n", NAME, OTHER_SEED))
    note = text + b"\n" + line + stale
    assert open_note(note, [key()]) == TEXT, "a key we do not know may sign what it likes"
    with pytest.raises(SealBroken):
        open_note(note, [key(), key(OTHER_SEED)])


@pytest.mark.abuse("G05")
def test_the_same_name_with_another_key_does_not_count() -> None:
    with pytest.raises(SealBroken):
        open_note(sign_note(TEXT, NAME, OTHER_SEED), [key()])
    with pytest.raises(SealBroken):
        open_note(sign_note(TEXT, "amana.example/other", SEED), [key()])


@pytest.mark.abuse("G06")
def test_no_bit_of_a_note_can_be_flipped() -> None:
    note = sign_note(TEXT, NAME, SEED)
    for at in range(len(note)):
        for bit in range(8):
            bent = note[:at] + bytes([note[at] ^ 1 << bit]) + note[at + 1 :]
            with pytest.raises(SealBroken):
                open_note(bent, [key()])


def test_a_note_has_a_largest_size() -> None:
    note = sign_note(TEXT, NAME, SEED)
    many = NEUMANN_LINE.encode() * 16
    assert open_note(note + many, [key()]) == TEXT
    with pytest.raises(SealBroken):
        open_note(note + many * 1000, [key()])


def test_a_signature_has_one_spelling() -> None:
    """The last letter of 68 bytes in base64 carries two bits that mean nothing."""
    note = sign_note(TEXT, NAME, SEED)
    other = note[:-3] + bytes([note[-3] + 1]) + note[-2:]
    blobs = [base64.b64decode(each.split(b" ")[-1]) for each in (note, other)]
    assert blobs[0] == blobs[1]
    with pytest.raises(SealBroken):
        open_note(other, [key()])


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "first\n\nsecond\n"
    assert open_note(sign_note(text, NAME, SEED), [key()]) == text


@pytest.mark.parametrize(
    "bend",
    [
        lambda note: b"",
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: b"\xff" + note,
        lambda note: note.replace(b"\n\n", b"\n"),
        lambda note: note.replace("—".encode(), b"-"),
        lambda note: note.replace("— ".encode(), "—  ".encode()),
        lambda note: note.replace(b"one line\n", b"one line\r\n"),
        lambda note: note[:-2] + b"\n",
        lambda note: note[:-3] + b"A=\n",
        lambda note: note + b"no signature line\n",
        lambda note: note.rstrip(b"\n") + b" \n",
        lambda note: lines_of(note)[0],
        lambda note: note + b" " * (1 << 20),
    ],
)
def test_a_note_of_another_shape_is_refused(bend: object) -> None:
    note = sign_note(TEXT, NAME, SEED)
    assert open_note(note, [key()]) == TEXT
    assert callable(bend)
    assert bend(note) != note
    with pytest.raises(SealBroken):
        open_note(bend(note), [key()])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b", "a\nb", "\x07"])
def test_a_name_that_could_not_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        verifier_key(name, public(SEED))
    with pytest.raises(ValueError, match="name"):
        sign_note(TEXT, name, SEED)


@pytest.mark.parametrize("text", ["no newline at the end", "tab\there\n", "bell\x07\n", "return\r\n"])
def test_a_text_that_could_not_be_read_back_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="note"):
        sign_note(text, NAME, SEED)


def test_half_a_character_is_not_signed() -> None:
    with pytest.raises(UnicodeEncodeError):
        sign_note("\ud800\n", NAME, SEED)


@pytest.mark.parametrize(
    "bent",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        NEUMANN.replace("c74f20a3", "c74f20a4"),
        NEUMANN.replace("c74f20a3", "C74F20A3"),
        NEUMANN.replace("Peter", "Paul"),
        NEUMANN[:-4],
        NEUMANN + " ",
        NEUMANN.replace("+AR", "+BR"),
    ],
)
def test_a_malformed_verifier_key_is_our_mistake_and_said_at_once(bent: str) -> None:
    with pytest.raises(ValueError, match=r"key|base64"):
        parse_verifier_key(bent)
    with pytest.raises(ValueError, match=r"key|base64"):
        open_note(NEUMANN_NOTE, [bent])


@given(st.binary(min_size=32, max_size=32), st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1))
def test_what_is_signed_opens(seed: bytes, line: str) -> None:
    assert open_note(sign_note(line + "\n", NAME, seed), [key(seed, NAME)]) == line + "\n"
