"""Checkpoints: three lines, one spelling."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.checkpoint import Checkpoint, open_checkpoint
from app.audit.note import sign_note
from app.audit.tree import EMPTY_ROOT
from app.errors import SealBroken
from tests.audit.sample_log import ORIGIN, OTHER_SEED, SEED, entries, key, signed

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
EXAMPLE = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"


def test_the_published_example_reads_and_writes_alike() -> None:
    parsed = Checkpoint.parse(EXAMPLE)
    assert parsed == Checkpoint("example.com/behind-the-sofa", 20852163, base64.b64decode(ROOT))
    assert parsed.text() == EXAMPLE


def test_the_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert empty.text().split("\n")[1] == "0"
    assert Checkpoint.parse(empty.text()) == empty


@pytest.mark.abuse("G05")
@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE[:-1],
        EXAMPLE + "\n",
        EXAMPLE + "an extension line\n",
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "+20852163"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", "20852163 "),
        EXAMPLE.replace("20852163", "20_852_163"),
        EXAMPLE.replace("20852163", "٢٠"),
        EXAMPLE.replace("20852163", "1" * 20),
        EXAMPLE.replace("20852163", ""),
        EXAMPLE.replace("I=\n", "J=\n"),
        EXAMPLE.replace("I=\n", "I\n"),
        EXAMPLE.replace("I=\n", "I= \n"),
        EXAMPLE.replace(ROOT, base64.b64encode(bytes(31)).decode()),
        EXAMPLE.replace(ROOT, base64.b64encode(bytes(33)).decode()),
        EXAMPLE.replace("CsUY", "-_UY"),
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE.split("\n", 1)[1],
        "\n" + EXAMPLE.split("\n", 1)[1],
    ],
)
def test_another_spelling_is_no_checkpoint(text: str) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "changes", [{"origin": ""}, {"origin": "two\nlines"}, {"size": -1}, {"root": bytes(31)}, {"size": 10**19}]
)
def test_a_checkpoint_that_could_not_be_read_back_is_not_written(changes: dict[str, object]) -> None:
    bent = replace(Checkpoint.parse(EXAMPLE), **changes)  # type: ignore[arg-type] # each value fits its field
    with pytest.raises(ValueError, match="checkpoint"):
        bent.text()


def test_a_signed_checkpoint_opens_with_its_key() -> None:
    opened = open_checkpoint(signed(entries(3)), key())
    assert (opened.origin, opened.size) == (ORIGIN, 3)


@pytest.mark.abuse("G05")
def test_an_unknown_key_opens_no_checkpoint() -> None:
    with pytest.raises(SealBroken):
        open_checkpoint(signed(entries(3), OTHER_SEED), key())


@pytest.mark.abuse("G05")
def test_the_checkpoint_of_another_log_is_refused_though_our_key_signed_it() -> None:
    text = Checkpoint("amana.example/other", 0, EMPTY_ROOT).text()
    with pytest.raises(SealBroken):
        open_checkpoint(sign_note(text, ORIGIN, SEED), key())


@pytest.mark.abuse("G05")
def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(SealBroken):
        open_checkpoint(sign_note("minutes of a meeting\n", ORIGIN, SEED), key())


@given(st.integers(0, 10**19 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_reads_back(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
