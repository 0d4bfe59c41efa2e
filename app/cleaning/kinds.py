"""What every kind of file has in common: a working copy, or one word why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Copy:
    """The cleaned bytes, what they are, and codes of what was there before."""

    content: bytes
    media_type: str
    removed: frozenset[str]


class Unclean(Exception):
    """No working copy can be made; ``why`` is one of the room's reasons."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
