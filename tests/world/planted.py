"""What was sealed while an office was filled, as it read before: for whoever hunts for it afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from app.crypto import fields
from tests.world.seed import CLOSED

# Fields that hold no words of anybody: one of a few codes, or a fingerprint.
CODES: Final = CLOSED | {
    ("testimonies", "seal"), ("testimonies", "found"), ("drafts", "words"), ("protocol_answers", "question"),
    ("attachments", "media_type"), ("submission_files", "media_type"),
}  # fmt: skip
# A shorter piece would also stand somewhere by chance.
LETTERS_MIN: Final = 6
_CODE: Final = re.compile(r"[A-Z0-9_-]+|[0-9a-f-]+")
_ENDS: Final = re.compile(r"[.,;:!?،؛؟\n]+\s*")


@contextmanager
def noted() -> Iterator[list[str]]:
    """While it lasts, the list takes every piece of every text that is sealed, each once and in its order.

    It is taken where all sealing passes, so nothing that a builder writes can be forgotten.
    """
    found: dict[str, None] = {}
    told: list[str] = []
    seal = fields.seal

    def seen(key: bytes, cell: fields.Cell, plaintext: bytes, *, nonce: bytes | None = None) -> bytes:
        if (cell.table, cell.column) not in CODES:
            found.update(dict.fromkeys(pieces(plaintext)))
        return seal(key, cell, plaintext, nonce=nonce)

    fields.seal = seen
    try:
        yield told
    finally:
        fields.seal = seal
        told += found


def pieces(plaintext: bytes) -> Iterator[str]:
    """The sentences and parts of sentences of a value, long enough to be sought; none of what is no text."""
    try:
        text = plaintext.decode()
    except UnicodeDecodeError:
        return
    for leaf in _leaves(text):
        yield from (part for part in _ENDS.split(leaf) if len(part) >= LETTERS_MIN and not _CODE.fullmatch(part))


def _leaves(text: str) -> Iterator[str]:
    try:
        yield from _strings(json.loads(text))
    except ValueError:
        yield text


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
        case dict():
            for each in value.values():
                yield from _strings(each)
