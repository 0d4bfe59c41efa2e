"""Chance that one number repeats: the next moment and the next choice, out of a hash and a count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws that follow from the seed alone."""

    def __init__(self, seed: str) -> None:
        self._seed, self._drawn = seed, 0

    def between(self, least: float, most: float) -> float:
        self._drawn += 1
        drawn = hashlib.sha256(f"{self._seed}/{self._drawn}".encode()).digest()
        return least + (most - least) * int.from_bytes(drawn[:7], "big") / 2**56

    def order(self, things: Iterable[T]) -> list[T]:
        """The same things in an order of chance."""
        return sorted(things, key=lambda _: self.between(0, 1))
