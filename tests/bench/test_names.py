"""Ten thousand people, and two thousand of them a second time: nearly all are met again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import combinations
from uuid import UUID

from app.people import marks
from app.people.known import Known, pack
from tests.bench.names import Texts, filed, kept, recall

SIZE, ASKED = 10_000, 1_000


def tags(texts: Sequence[str]) -> list[bytes]:
    """As the index makes them, under a key that everybody knows."""
    return [hashlib.sha256(text.encode()).digest()[:8] for text in texts]


def as_typed(name: str, year: int | None) -> list[str]:
    """The same texts of the name as it was typed: a normaliser that does nothing."""
    parts = name.casefold().split()
    return ["+".join(sorted(two)) for two in combinations(parts, 2)] + [f"{part}+{year}" for part in parts]


def found_again(texts: Texts, asked: Texts) -> float:
    known, those = Known(), []
    for number, (texts_of, again) in enumerate(filed(SIZE, seed=4, asked=ASKED, texts=texts), start=1):
        known.add((UUID(int=number).bytes, packed) for packed in pack(tags(texts_of))[:1])
        those += [again] if again is not None else []
    assert len(those) == ASKED
    return recall(known, those, tags, asked).found


def test_nearly_everybody_is_met_again() -> None:
    assert found_again(kept, marks.of_question) >= 0.97


def test_without_the_normaliser_most_are_lost() -> None:
    """The control: the same people, the same mistakes, and names compared as they were typed."""
    assert found_again(as_typed, as_typed) < 0.5
